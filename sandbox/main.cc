// sandbox: runs a program that one does not trust, on an application kernel. Reads the options, builds a container,
// runs it.
#include "common/lifecycle/main.h"

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/config/program.h"
#include "sandbox/boot/container.h"
#include "sandbox/boot/request.h"
#include "sandbox/boot/sandbox_options.pb.h"
#include "sandbox/confine/confine.h"
#include "sandbox/syscalls/table.h"

namespace {

constexpr char kDescription[] =
    R"(Runs COMMAND on an application kernel: every system call of the program is served by the sentry in user space, and the host's
kernel executes none of them. By default the program sees the host's files read-only under an overlay in memory.

  sandbox do -- COMMAND [ARGUMENTS]    run a program
  sandbox syscalls                     the table of system calls and what is missing
  sandbox help                         this text

Exit code: the program's own; 128+N if signal N ended it; 124 after --timeout; 125 if the sandbox itself failed, 126 if COMMAND
cannot be run, 127 if it was not found; 2 for bad usage.)";

absl::StatusOr<int> RunCommand(const std::vector<std::string>& arguments, const sandbox::SandboxOptions& options) {
  const std::string verb = arguments.empty() ? "" : arguments[0];
  if (verb == "syscalls") {
    std::fputs(sandbox::DescribeSyscalls().c_str(), stdout);
    return 0;
  }
  if (verb != "do") {
    return absl::InvalidArgumentError(
        verb.empty() ? "nothing to do: expected sandbox do [flags] -- COMMAND, sandbox syscalls or sandbox --help"
                     : absl::StrCat("unknown command \"", verb, "\": expected do, syscalls or help"));
  }
  absl::StatusOr<sandbox::Request> request =
      sandbox::ParseRequest(options, std::vector<std::string>(arguments.begin() + 1, arguments.end()));
  if (!request.ok()) return request.status();
  return sandbox::RunContainer(*request);
}

}  // namespace

int main(int argc, char** argv) {
  sandbox::CloseInheritedDescriptors();
  sandbox::SandboxOptions options;
  const common::config::Program program{.name = "sandbox",
                                        .summary = "an application kernel for programs one does not trust",
                                        .usage = "sandbox do [flags] -- COMMAND [ARGUMENTS]",
                                        .description = kDescription,
                                        .stop_after_arguments = 2};
  std::string help = "--help";
  if (argc == 2 && std::string(argv[1]) == "help") argv[1] = help.data();
  return common::lifecycle::Main(program, argc, argv, &options, [&](const std::vector<std::string>& arguments) {
    return RunCommand(arguments, options);
  });
}
