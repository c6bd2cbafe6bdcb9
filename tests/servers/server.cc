#include "tests/servers/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

extern char** environ;

namespace tests::servers {
namespace {

constexpr int kExitUnavailable = 69;

// The binary is a data dependency: in the runfiles of a test, or of a program started by hand.
absl::StatusOr<std::string> Guardian() {
  std::vector<std::string> candidates = {"tests/servers/servers"};
  const char* runfiles = getenv("TEST_SRCDIR");
  const char* workspace = getenv("TEST_WORKSPACE");
  if (runfiles != nullptr && workspace != nullptr) {
    candidates.push_back(absl::StrCat(runfiles, "/", workspace, "/tests/servers/servers"));
  }
  candidates.push_back("bazel-bin/tests/servers/servers");
  for (const std::string& candidate : candidates) {
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return absl::NotFoundError("the binary tests/servers/servers is not among the runfiles");
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  bool Open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
};

absl::StatusOr<pid_t> SpawnGuardian(const std::vector<std::string>& arguments, int orders, int answers) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, orders, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, answers, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, answers, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A Ctrl-C at the terminal is for the test; the guardian sees the test end.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t child = -1;
  const int error = posix_spawn(&child, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat("starting ", arguments[0]));
  return child;
}

std::vector<std::string> Arguments(const std::string& guardian, const Server::Options& options) {
  std::vector<std::string> arguments = {guardian, options.kind == Server::kMySql ? "mysql" : "mariadb",
                                        absl::StrCat("--owner=", getpid()), "--orders"};
  if (options.replica) arguments.push_back("--replica");
  arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
  for (const std::string& flag : options.replica_flags) arguments.push_back("--replica-flag=" + flag);
  return arguments;
}

void Set(std::string_view name, const std::string& value, Endpoint& endpoint) {
  if (name == "HOST") endpoint.host = value;
  if (name == "PORT") (void)absl::SimpleAtoi(value, &endpoint.port);
  if (name == "USER") endpoint.user = value;
  if (name == "PASSWORD") endpoint.password = value;
  if (name == "SOCKET") endpoint.socket = value;
  if (name == "DATA") endpoint.data_folder = value;
  if (name == "LOG") endpoint.log = value;
  if (name == "PID") (void)absl::SimpleAtoi(value, &endpoint.pid);
}

// A line without its newline; false at the end of the stream.
bool ReadLine(int from, std::string& line) {
  line.clear();
  char byte;
  while (true) {
    const ssize_t count = read(from, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return !line.empty();
    if (byte == '\n') return true;
    line.push_back(byte);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options) {
  absl::StatusOr<std::string> guardian = Guardian();
  if (!guardian.ok()) return guardian.status();
  Pipe orders, answers;
  if (!orders.Open() || !answers.Open()) return absl::ErrnoToStatus(errno, "pipe2");
  absl::StatusOr<pid_t> child = SpawnGuardian(Arguments(*guardian, options), orders.read_end, answers.write_end);
  close(orders.read_end);
  close(answers.write_end);
  std::unique_ptr<Server> server(new Server());
  server->orders_ = orders.write_end;
  server->answers_ = answers.read_end;
  if (!child.ok()) return child.status();
  server->guardian_ = *child;
  if (absl::Status status = server->ReadAnswer(); !status.ok()) return status;
  return server;
}

Server::~Server() {
  close(orders_);
  if (guardian_ > 0) {
    kill(guardian_, SIGTERM);
    while (waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  close(answers_);
}

absl::Status Server::ReadAnswer() {
  std::string line, said;
  while (ReadLine(answers_, line)) {
    if (line == "READY=1") return absl::OkStatus();
    std::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "ERROR=")) return absl::InternalError(rest);
    const size_t equals = rest.find('=');
    const std::string value(rest.substr(equals == std::string_view::npos ? rest.size() : equals + 1));
    std::string_view name = rest.substr(0, equals);
    if (name == "SERVER_VERSION") {
      version_ = value;
    } else if (absl::ConsumePrefix(&name, "PRIMARY_")) {
      Set(name, value, primary_);
    } else if (absl::ConsumePrefix(&name, "REPLICA_")) {
      if (!replica_.has_value()) replica_.emplace();
      Set(name, value, *replica_);
    } else {
      said = line;
    }
  }
  int status = 0;
  while (waitpid(guardian_, &status, 0) < 0 && errno == EINTR) {
  }
  guardian_ = -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kExitUnavailable) return absl::UnavailableError(said);
  return absl::InternalError(said.empty() ? "the process that owns the servers has ended" : said);
}

absl::Status Server::Order(const std::string& order, Role role) {
  if (guardian_ <= 0) return absl::FailedPreconditionError("the servers are gone");
  const std::string line = absl::StrCat(order, role == kPrimary ? " primary\n" : " replica\n");
  if (write(orders_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return absl::ErrnoToStatus(errno, order);
  return ReadAnswer();
}

absl::Status Server::Stop(Role role) { return Order("stop", role); }

absl::Status Server::Kill(Role role) { return Order("kill", role); }

absl::Status Server::Restart(Role role) {
  if (absl::Status status = Stop(role); !status.ok()) return status;
  return Order("start", role);
}

}  // namespace tests::servers
