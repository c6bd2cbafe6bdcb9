// The operator's policy: which system calls, with which arguments and on which paths, the sentry serves at all.
//
//   absl::StatusOr<Policy> policy = Policy::Load("strict.policy", SyscallNumber);
//   if (policy->has_call_rules()) verdict = policy->CheckCall(number, arguments);
//   if (policy->has_path_rules()) verdict = policy->CheckPath("/etc/shadow", PathAccess::kRead);
//
// Immutable after it was made. The language is in policy.proto.
#ifndef SANDBOX_POLICY_POLICY_H_
#define SANDBOX_POLICY_POLICY_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sandbox/policy/policy.pb.h"
#include "sandbox/policy/verdict.h"

namespace sandbox {

enum class PathAccess { kRead, kWrite, kExecute };

class Policy {
 public:
  // The number of a system call, or -1 for a name that is none.
  using NumberOf = std::function<int(std::string_view name)>;

  // Everything is allowed.
  Policy() = default;
  // InvalidArgument names the file and what is wrong in it.
  static absl::StatusOr<Policy> Load(const std::string& file, const NumberOf& number_of);
  static absl::StatusOr<Policy> Parse(const std::string& text, const NumberOf& number_of);

  bool has_call_rules() const { return !by_number_.empty() || default_.action != Verdict::Action::kAllow; }
  bool has_path_rules() const { return !paths_.empty(); }

  Verdict CheckCall(int number, const std::array<uint64_t, 6>& arguments) const;
  // `path` is absolute in the sandbox, without links or "..".
  Verdict CheckPath(std::string_view path, PathAccess access) const;

 private:
  struct Call {
    std::vector<Argument> conditions;
    Verdict verdict;
  };
  struct Path {
    std::string pattern;
    std::array<bool, 3> access;  // by PathAccess
    Verdict verdict;
  };

  absl::Status AddCallRule(const CallRule& rule, const NumberOf& number_of);
  absl::Status AddPathRule(const PathRule& rule);

  std::vector<std::vector<Call>> by_number_;
  std::vector<Path> paths_;
  Verdict default_;
};

}  // namespace sandbox
#endif  // SANDBOX_POLICY_POLICY_H_
