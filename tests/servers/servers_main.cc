// Runs private database servers for as long as somebody needs them. See Usage() below, and server.h for tests in C++.
//
// This process is the one that owns the servers. It ends, and takes them and their folder along, when it is asked to (a
// signal, or the end of COMMAND) or when the process that started it is gone, however that ended. Should it be killed
// itself, the kernel kills the servers, and the next run removes the folder.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/servers/server_group.h"

namespace tests::servers {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitUnavailable = 69;  // EX_UNAVAILABLE of sysexits(3)

void Usage(std::ostream& out) {
  out << "usage: servers mariadb|mysql [--replica] [--replica-flag=FLAG]... [SERVER FLAG]... [-- COMMAND "
         "[ARGUMENT]...]\n"
         "\n"
         "Starts a private server on 127.0.0.1 in a temporary folder, prints how to reach it and keeps it until it is "
         "interrupted or its\n"
         "parent process ends; then removes everything. With COMMAND: runs it with the same variables in its "
         "environment, and ends with it.\n"
         "\n"
         "  --replica             a second server that replicates the first by GTID\n"
         "  --replica-flag=FLAG   a server flag for the replica only\n"
         "  SERVER FLAG           any flag of the server, such as --binlog_row_image=MINIMAL\n"
         "\n"
         "  servers mysql -- sh -c 'mysql -h127.0.0.1 -P$PRIMARY_PORT -uroot -p$PRIMARY_PASSWORD -e \"SELECT "
         "VERSION()\"'\n";
}

struct Options {
  ServerGroup::Settings group;
  pid_t owner = 0;            // --owner=PID: end when that process is gone; default: the parent
  bool takes_orders = false;  // --orders: read orders from stdin, see Obey()
  std::vector<std::string> command;
};

bool Parse(const std::vector<std::string>& arguments, Options& options) {
  if (arguments.empty()) return false;
  if (arguments[0] != "mariadb" && arguments[0] != "mysql") return false;
  options.group.kind = arguments[0] == "mysql" ? Kind::kMySql : Kind::kMariaDb;
  for (size_t i = 1; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (argument == "--") {
      options.command.assign(arguments.begin() + i + 1, arguments.end());
      return !options.command.empty();
    } else if (argument == "--replica") {
      options.group.has_replica = true;
    } else if (absl::ConsumePrefix(&argument, "--replica-flag=")) {
      options.group.replica_flags.emplace_back(argument);
    } else if (absl::ConsumePrefix(&argument, "--owner=")) {
      if (!absl::SimpleAtoi(argument, &options.owner)) return false;
    } else if (argument == "--orders") {
      options.takes_orders = true;
    } else if (absl::StartsWith(argument, "--")) {
      options.group.flags.emplace_back(argument);
    } else {
      return false;
    }
  }
  return true;
}

using Variables = std::vector<std::pair<std::string, std::string>>;

void Describe(const std::string& prefix, const ServerProcess& server, Variables& variables) {
  const Address address = server.address();
  variables.emplace_back(prefix + "HOST", address.host);
  variables.emplace_back(prefix + "PORT", absl::StrCat(address.port));
  variables.emplace_back(prefix + "USER", address.user);
  variables.emplace_back(prefix + "PASSWORD", address.password);
  variables.emplace_back(prefix + "SOCKET", server.socket());
  variables.emplace_back(prefix + "DATA", server.data_folder());
  variables.emplace_back(prefix + "LOG", server.log());
  variables.emplace_back(prefix + "PID", absl::StrCat(server.pid()));
}

Variables Describe(ServerGroup& group) {
  Variables variables = {{"SERVER_VERSION", group.version()}};
  Describe("PRIMARY_", group.primary(), variables);
  if (group.replica() != nullptr) Describe("REPLICA_", *group.replica(), variables);
  return variables;
}

void Print(const Variables& variables) {
  for (const auto& [name, value] : variables) std::cout << name << "=" << value << "\n";
  std::cout << "READY=1" << std::endl;
}

// An order is one line: "start", "stop" or "kill", a space, "primary" or "replica". Answered by the variables, or by
// "ERROR=...".
void Obey(const std::string& order, ServerGroup& group) {
  const size_t space = order.find(' ');
  const std::string verb = order.substr(0, space);
  ServerProcess* server = absl::EndsWith(order, " replica") ? group.replica() : &group.primary();
  absl::Status status;
  if (server == nullptr) {
    status = absl::InvalidArgumentError("there is no replica");
  } else if (verb == "start") {
    status = server->Start();
  } else if (verb == "stop") {
    server->Stop();
  } else if (verb == "kill") {
    server->Kill();
  } else {
    status = absl::InvalidArgumentError(absl::StrCat("unknown order: ", order));
  }
  if (status.ok()) {
    Print(Describe(group));
  } else {
    std::cout << "ERROR=" << status.message() << std::endl;
  }
}

pid_t StartCommand(const std::vector<std::string>& command, const Variables& variables) {
  pid_t child = fork();
  if (child != 0) return child;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> argv;
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  fprintf(stderr, "servers: cannot run %s: %s\n", argv[0], strerror(errno));
  _exit(127);
}

// Waits for what ends the servers' life; returns the exit code of this process.
int Serve(ServerGroup& group, const Options& options, int signals, int owner, pid_t command) {
  std::string pending;
  while (true) {
    pollfd events[] = {{signals, POLLIN, 0}, {owner, POLLIN, 0}, {options.takes_orders ? STDIN_FILENO : -1, POLLIN, 0}};
    if (poll(events, 3, -1) < 0 && errno != EINTR) return 1;
    if (events[0].revents != 0) {
      signalfd_siginfo signal;
      if (read(signals, &signal, sizeof signal) != sizeof signal) return 1;
      if (signal.ssi_signo != SIGCHLD) {
        if (command > 0) kill(command, SIGTERM);
        return options.takes_orders ? 0 : 130;
      }
      int status = 0;
      if (command > 0 && waitpid(command, &status, WNOHANG) == command) {
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
    }
    if (events[1].revents != 0) {
      if (command > 0) kill(command, SIGTERM);
      return 1;
    }
    if (events[2].revents != 0) {
      char buffer[256];
      ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
      if (count <= 0) return 0;
      pending.append(buffer, count);
      for (size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
        Obey(pending.substr(0, end), group);
      }
    }
  }
}

int Main(const Options& options) {
  sigset_t mask;
  sigemptyset(&mask);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&mask, signal);
  sigprocmask(SIG_BLOCK, &mask, nullptr);
  signal(SIGPIPE, SIG_IGN);
  const int signals = signalfd(-1, &mask, SFD_CLOEXEC);
  const pid_t owner_pid = options.owner != 0 ? options.owner : getppid();
  const int owner = static_cast<int>(syscall(SYS_pidfd_open, owner_pid, 0));
  if (owner < 0) {
    std::cerr << "servers: process " << owner_pid << " cannot be watched: " << strerror(errno) << "\n";
    return 1;
  }
  absl::StatusOr<std::unique_ptr<ServerGroup>> group = ServerGroup::Start(options.group);
  if (!group.ok()) {
    std::cerr << "servers: " << group.status().message() << "\n";
    return absl::IsUnavailable(group.status()) ? kExitUnavailable : 1;
  }
  const Variables variables = Describe(**group);
  pid_t command = -1;
  if (options.command.empty()) {
    Print(variables);
  } else {
    command = StartCommand(options.command, variables);
  }
  return Serve(**group, options, signals, owner, command);
}

}  // namespace
}  // namespace tests::servers

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
    tests::servers::Usage(std::cout);
    return 0;
  }
  tests::servers::Options options;
  if (!tests::servers::Parse(arguments, options)) {
    tests::servers::Usage(std::cerr);
    return tests::servers::kExitUsage;
  }
  return tests::servers::Main(options);
}
