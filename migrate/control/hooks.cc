#include "migrate/control/hooks.h"

#include <glob.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/log/log.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"

extern char** environ;

namespace migrate::control {
namespace {

std::vector<std::string> Matching(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  return paths;
}

// The environment with `variables` in place of what it had under their names.
std::vector<std::string> Environment(const Variables& variables) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    // The password may have come through the environment; hooks have no use for it.
    if (!absl::StartsWith(*entry, "GH_OST_") && !absl::StartsWith(*entry, "MIGRATE_")) environment.emplace_back(*entry);
  }
  for (const auto& [name, value] : variables) environment.push_back(absl::StrCat(name, "=", value));
  return environment;
}

absl::Status RunOne(const std::string& path, std::vector<std::string> environment) {
  std::vector<char*> envp;
  for (std::string& entry : environment) envp.push_back(entry.data());
  envp.push_back(nullptr);
  std::string name = path;
  char* argv[] = {name.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, path.c_str(), &actions, nullptr, argv, envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return absl::FailedPreconditionError(absl::StrCat("hook ", path, " cannot be run: ", std::strerror(error)));
  int result = 0;
  while (waitpid(pid, &result, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(result) && WEXITSTATUS(result) == 0) return absl::OkStatus();
  return absl::AbortedError(absl::StrCat("hook ", path,
                                         WIFEXITED(result) ? " ended with code " : " was ended by signal ",
                                         WIFEXITED(result) ? WEXITSTATUS(result) : WTERMSIG(result)));
}

}  // namespace

absl::Status Hooks::Run(std::string_view event, const Variables& more) const {
  if (options_.path.empty()) return absl::OkStatus();
  Variables variables = options_.variables;
  variables.insert(variables.end(), more.begin(), more.end());
  for (const std::string& path : Matching(absl::StrCat(options_.path, "/gh-ost-on-", event, "*"))) {
    EXPLAIN() << "running hook " << path;
    VLOG(1) << "running hook " << path;
    if (absl::Status status = RunOne(path, Environment(variables)); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace migrate::control
