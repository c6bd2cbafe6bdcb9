#include "sandbox/policy/policy.h"

#include <fnmatch.h>
#include <string.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace sandbox {
namespace {

constexpr int kLastErrno = 133;

// 0 if there is no such error.
int ErrnoOf(const std::string& name) {
  for (int number = 1; number <= kLastErrno; ++number) {
    const char* candidate = strerrorname_np(number);
    if (candidate != nullptr && name == candidate) return number;
  }
  return 0;
}

absl::StatusOr<Verdict> VerdictOf(Action action, const std::string& error, int default_error) {
  switch (action) {
    case ALLOW:
      return Verdict{};
    case LOG:
      return Verdict{.action = Verdict::Action::kLog};
    case KILL:
      return Verdict{.action = Verdict::Action::kKillProcess};
    default:
      break;
  }
  const int number = error.empty() ? default_error : ErrnoOf(error);
  if (number == 0)
    return absl::InvalidArgumentError(absl::StrCat("unknown error \"", error, "\"; expected a name like EACCES"));
  return Verdict{.action = Verdict::Action::kError, .data = static_cast<uint16_t>(number)};
}

bool Holds(const Argument& condition, uint64_t value) {
  switch (condition.test_case()) {
    case Argument::kEqual:
      return value == condition.equal();
    case Argument::kNotEqual:
      return value != condition.not_equal();
    case Argument::kLess:
      return value < condition.less();
    case Argument::kGreater:
      return value > condition.greater();
    case Argument::kMasked:
      return (value & condition.masked().mask()) == condition.masked().value();
    case Argument::TEST_NOT_SET:
      break;
  }
  return true;
}

// Keeps the first error of the text parser.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat("line ", line + 1, " column ", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

absl::Status Policy::AddCallRule(const CallRule& rule, const NumberOf& number_of) {
  absl::StatusOr<Verdict> verdict = VerdictOf(rule.action(), rule.error(), EPERM);
  if (!verdict.ok()) return verdict.status();
  if (rule.call().empty()) return absl::InvalidArgumentError("a rule names no call");
  for (const Argument& condition : rule.argument()) {
    if (condition.index() > 5)
      return absl::InvalidArgumentError(absl::StrCat("argument index ", condition.index(), " is not 0 to 5"));
    if (condition.test_case() == Argument::TEST_NOT_SET) return absl::InvalidArgumentError("an argument has no test");
  }
  for (const std::string& name : rule.call()) {
    const int number = number_of(name);
    if (number < 0) return absl::InvalidArgumentError(absl::StrCat("unknown system call \"", name, "\""));
    if (number >= static_cast<int>(by_number_.size())) by_number_.resize(number + 1);
    by_number_[number].push_back({{rule.argument().begin(), rule.argument().end()}, *verdict});
  }
  return absl::OkStatus();
}

absl::Status Policy::AddPathRule(const PathRule& rule) {
  absl::StatusOr<Verdict> verdict = VerdictOf(rule.action(), rule.error(), EACCES);
  if (!verdict.ok()) return verdict.status();
  if (rule.path().empty() || (rule.path()[0] != '/' && rule.path()[0] != '*')) {
    return absl::InvalidArgumentError(absl::StrCat("path \"", rule.path(), "\" must begin with /"));
  }
  Path path{.pattern = rule.path(), .access = {}, .verdict = *verdict};
  if (rule.access().empty()) path.access.fill(true);
  for (int access : rule.access()) {
    if (access == ANY)
      path.access.fill(true);
    else
      path.access[access - READ] = true;
  }
  paths_.push_back(std::move(path));
  return absl::OkStatus();
}

absl::StatusOr<Policy> Policy::Parse(const std::string& text, const NumberOf& number_of) {
  PolicyFile file;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(text, &file)) return absl::InvalidArgumentError(error.text());
  Policy policy;
  absl::StatusOr<Verdict> default_verdict = VerdictOf(file.default_action(), file.default_error(), EPERM);
  if (!default_verdict.ok()) return default_verdict.status();
  policy.default_ = *default_verdict;
  for (const CallRule& rule : file.rule()) {
    absl::Status status = policy.AddCallRule(rule, number_of);
    if (!status.ok()) return status;
  }
  for (const PathRule& rule : file.path()) {
    absl::Status status = policy.AddPathRule(rule);
    if (!status.ok()) return status;
  }
  return policy;
}

absl::StatusOr<Policy> Policy::Load(const std::string& file, const NumberOf& number_of) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  if (!stream) return absl::InvalidArgumentError(absl::StrCat("cannot read policy ", file, ": ", strerror(errno)));
  absl::StatusOr<Policy> policy = Parse(text.str(), number_of);
  if (!policy.ok()) return absl::InvalidArgumentError(absl::StrCat("policy ", file, ": ", policy.status().message()));
  return policy;
}

Verdict Policy::CheckCall(int number, const std::array<uint64_t, 6>& arguments) const {
  if (number < 0 || number >= static_cast<int>(by_number_.size())) return default_;
  for (const Call& rule : by_number_[number]) {
    if (std::all_of(rule.conditions.begin(), rule.conditions.end(),
                    [&](const Argument& c) { return Holds(c, arguments[c.index()]); })) {
      return rule.verdict;
    }
  }
  return default_;
}

Verdict Policy::CheckPath(std::string_view path, PathAccess access) const {
  const std::string text(path);
  for (const Path& rule : paths_) {
    if (rule.access[static_cast<int>(access)] && fnmatch(rule.pattern.c_str(), text.c_str(), 0) == 0)
      return rule.verdict;
  }
  return {};
}

}  // namespace sandbox
