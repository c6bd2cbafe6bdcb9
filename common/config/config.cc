#include "common/config/config.h"

#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/config/common_options.pb.h"
#include "common/config/config_file.h"
#include "common/config/flag_table.h"
#include "common/config/help.h"
#include "google/protobuf/text_format.h"

namespace common::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kMask = "(hidden)";

struct Setting {
  const FlagField* flag;
  std::string value;
  std::string origin;  // "--port", for messages
};

struct CommandLine {
  std::vector<Setting> settings;
  std::vector<std::string> arguments;
};

// "--name=value" or "-name" in parts; nullopt-like: `name` is empty where the word is no flag.
struct FlagWord {
  std::string name;
  std::string value;
  bool has_value = false;
};

FlagWord SplitFlagWord(std::string_view word) {
  FlagWord flag;
  if (word.size() < 2 || word[0] != '-') return flag;
  word.remove_prefix(absl::StartsWith(word, "--") ? 2 : 1);
  const size_t equals = word.find('=');
  flag.name = std::string(word.substr(0, equals));
  flag.has_value = equals != std::string_view::npos;
  if (flag.has_value) flag.value = std::string(word.substr(equals + 1));
  return flag;
}

absl::Status UnknownFlag(const Program& program, const FlagTable& table, const std::string& name) {
  const FlagField* nearest = table.Nearest(name);
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown flag --", name, nearest == nullptr ? "" : absl::StrCat("; did you mean --", nearest->name, "?"),
      " (see ", program.name, " --help)"));
}

absl::StatusOr<CommandLine> ParseCommandLine(const Program& program, const FlagTable& table,
                                             absl::Span<const std::string> words) {
  CommandLine line;
  size_t i = 0;
  for (; i < words.size(); ++i) {
    if (words[i] == "--") {
      ++i;
      break;
    }
    FlagWord word = SplitFlagWord(words[i]);
    if (word.name.empty()) {
      line.arguments.push_back(words[i]);
      if (static_cast<int>(line.arguments.size()) == program.stop_after_arguments) {
        ++i;
        break;
      }
      continue;
    }
    const FlagField* flag = table.Find(word.name);
    bool negated = false;
    if (flag == nullptr && absl::StartsWith(word.name, "no") && !word.has_value) {
      flag = table.Find(std::string_view(word.name).substr(2));
      negated = flag != nullptr && flag->is_bool();
      if (!negated) flag = nullptr;
    }
    if (flag == nullptr) return UnknownFlag(program, table, word.name);
    if (!word.has_value) {
      if (flag->is_bool()) {
        word.value = negated ? "false" : "true";
      } else if (!flag->definition.bare_value().empty()) {
        word.value = flag->definition.bare_value();
      } else if (i + 1 < words.size()) {
        word.value = words[++i];
      } else {
        return absl::InvalidArgumentError(
            absl::StrCat("--", flag->name, " needs a value: --", flag->name, "=", ValueName(*flag)));
      }
    }
    line.settings.push_back({flag, word.value, absl::StrCat("--", flag->name)});
  }
  line.arguments.insert(line.arguments.end(), words.begin() + i, words.end());
  return line;
}

std::vector<Setting> FromEnvironment(const Program& program, const FlagTable& table, const Environment& environment) {
  std::vector<Setting> settings;
  for (const FlagField& flag : table.flags()) {
    const std::string name =
        absl::AsciiStrToUpper(absl::StrReplaceAll(absl::StrCat(program.name, "_", flag.name), {{"-", "_"}}));
    const char* value = environment(name.c_str());
    if (value != nullptr) settings.push_back({&flag, value, absl::StrCat("environment variable ", name)});
  }
  return settings;
}

absl::Status Apply(const std::vector<Setting>& settings, Message* options) {
  for (const Setting& setting : settings) {
    if (absl::Status status = SetFlag(*setting.flag, setting.value, options); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(setting.origin, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status ApplyDefaults(const FlagTable& table, Message* options) {
  for (const FlagField& flag : table.flags()) {
    if (flag.definition.default_value().empty()) continue;
    if (absl::Status status = SetFlag(flag, flag.definition.default_value(), options); !status.ok()) {
      return absl::InternalError(absl::StrCat("default of --", flag.name, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

// The value of a flag that decides how options are loaded; the last setting wins.
std::string Last(const std::vector<Setting>& settings, std::string_view name) {
  std::string value;
  for (const Setting& setting : settings) {
    if (setting.flag->name == name && setting.flag->parent != nullptr) value = setting.value;
  }
  return value;
}

bool IsTrue(const std::vector<Setting>& settings, std::string_view name) {
  const std::string value = absl::AsciiStrToLower(Last(settings, name));
  return value == "true" || value == "1" || value == "yes" || value == "t" || value == "y";
}

}  // namespace

absl::StatusOr<Loaded> Load(const Program& program, absl::Span<const std::string> arguments,
                            const Environment& environment, Message* options) {
  const FlagTable table(options->GetDescriptor());
  absl::StatusOr<CommandLine> line = ParseCommandLine(program, table, arguments);
  if (!line.ok()) return line.status();
  Loaded loaded;
  if (IsTrue(line->settings, "help")) {
    loaded.answer = HelpText(program, table);
    return loaded;
  }
  if (IsTrue(line->settings, "version")) {
    loaded.answer = absl::StrCat(program.name, " ", program.version, "\n");
    return loaded;
  }
  // Everything at once, lowest precedence first, so that a later source overwrites an earlier one.
  std::vector<Setting> settings = FromEnvironment(program, table, environment);
  settings.insert(settings.end(), line->settings.begin(), line->settings.end());
  absl::Status status = ApplyDefaults(table, options);
  if (status.ok() && !Last(settings, "config").empty()) status = MergeConfigFile(Last(settings, "config"), options);
  if (status.ok()) status = Apply(settings, options);
  if (!status.ok()) return status;
  if (IsTrue(settings, "print-config")) loaded.answer = Print(*options);
  loaded.arguments = std::move(line->arguments);
  return loaded;
}

std::string Print(const Message& options) {
  std::unique_ptr<Message> masked(options.New());
  masked->CopyFrom(options);
  const FlagTable table(options.GetDescriptor());
  for (const FlagField& flag : table.flags()) {
    Message* message = masked.get();
    if (flag.parent != nullptr) message = message->GetReflection()->MutableMessage(message, flag.parent);
    const auto* reflection = message->GetReflection();
    if (flag.name == "print-config" || flag.name == "config") {
      reflection->ClearField(message, flag.field);
    } else if (flag.definition.secret() && flag.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      if (!flag.field->is_repeated()) {
        if (!reflection->GetString(*message, flag.field).empty()) {
          reflection->SetString(message, flag.field, std::string(kMask));
        }
      } else {
        for (int i = 0; i < reflection->FieldSize(*message, flag.field); ++i) {
          reflection->SetRepeatedString(message, flag.field, i, std::string(kMask));
        }
      }
    }
  }
  std::string text;
  google::protobuf::TextFormat::PrintToString(*masked, &text);
  return text;
}

void HideSecrets(const Message& options, int argc, char** argv) {
  const FlagTable table(options.GetDescriptor());
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const FlagWord word = SplitFlagWord(argv[i]);
    const FlagField* flag = word.name.empty() ? nullptr : table.Find(word.name);
    if (flag == nullptr || !flag->definition.secret()) continue;
    char* value = word.has_value ? strchr(argv[i], '=') + 1 : (i + 1 < argc ? argv[++i] : nullptr);
    if (value != nullptr) memset(value, 'x', strlen(value));
  }
}

}  // namespace common::config
