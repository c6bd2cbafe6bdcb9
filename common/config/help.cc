#include "common/config/help.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace common::config {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kHelpColumn = 34;
constexpr std::string_view kCommonGroup = "Common to all programs";
constexpr std::string_view kOtherGroup = "Options";

// Appends `text` word by word at column kHelpColumn, beginning on the line that `out` ends with.
void AppendWrapped(std::string_view text, size_t column, std::string& out) {
  const std::string indent(kHelpColumn, ' ');
  for (std::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (column + 1 + word.size() > kWidth) {
      absl::StrAppend(&out, "\n", indent);
      column = kHelpColumn;
    } else if (column > kHelpColumn) {
      out += ' ';
      ++column;
    }
    absl::StrAppend(&out, word);
    column += word.size();
  }
  out += '\n';
}

void AppendFlag(const FlagField& flag, std::string& out) {
  std::string head = absl::StrCat("  --", flag.name);
  const std::string value_name = ValueName(flag);
  if (!value_name.empty()) {
    const bool optional = !flag.definition.bare_value().empty();
    absl::StrAppend(&head, optional ? "[=" : "=", value_name, optional ? "]" : "");
  }
  for (const std::string& alias : flag.definition.aliases()) absl::StrAppend(&head, ", -", alias);
  out += head;
  if (head.size() + 2 > kHelpColumn) {
    out += '\n';
    head.clear();
  }
  out.append(kHelpColumn - head.size(), ' ');
  std::string help = flag.definition.help();
  const std::string& value = flag.definition.default_value();
  if (flag.field->is_repeated()) absl::StrAppend(&help, " May be given several times.");
  if (!value.empty() && value != "false") absl::StrAppend(&help, " (default: ", value, ")");
  AppendWrapped(help, kHelpColumn, out);
}

}  // namespace

std::string HelpText(const Program& program, const FlagTable& table) {
  std::vector<std::pair<std::string_view, std::vector<const FlagField*>>> groups;
  auto group_of = [&](const FlagField& flag) -> std::string_view {
    if (flag.parent != nullptr && flag.definition.group().empty()) return kCommonGroup;
    return flag.definition.group().empty() ? kOtherGroup : std::string_view(flag.definition.group());
  };
  std::vector<const FlagField*> common_flags;
  for (const FlagField& flag : table.flags()) {
    const std::string_view name = group_of(flag);
    if (name == kCommonGroup) {
      common_flags.push_back(&flag);
      continue;
    }
    auto group = groups.begin();
    while (group != groups.end() && group->first != name) ++group;
    if (group == groups.end()) group = groups.insert(group, {name, {}});
    group->second.push_back(&flag);
  }
  groups.push_back({kCommonGroup, common_flags});

  std::string out = absl::StrCat(program.name, ": ", program.summary, "\n\nUsage: ", program.usage, "\n");
  if (!program.description.empty()) absl::StrAppend(&out, "\n", program.description, "\n");
  for (const auto& [name, flags] : groups) {
    if (flags.empty()) continue;
    absl::StrAppend(&out, "\n", name, ":\n");
    for (const FlagField* flag : flags) AppendFlag(*flag, out);
  }
  absl::StrAppend(
      &out, "\nIn flag names '-' and '_' mean the same, and so do one dash and two. A flag may also be set in the\n",
      "file of --config or by an environment variable, for example ", absl::AsciiStrToUpper(program.name),
      "_LOG_LEVEL=debug.\n");
  return out;
}

}  // namespace common::config
