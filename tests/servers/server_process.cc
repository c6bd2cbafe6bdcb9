#include "tests/servers/server_process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tests::servers {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);
constexpr absl::Duration kStopTimeout = absl::Seconds(30);
constexpr absl::Duration kPollInterval = absl::Milliseconds(30);

absl::StatusOr<int> FreePort() {
  int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return absl::ErrnoToStatus(errno, "socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool is_bound = bind(probe, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                        getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  absl::Status error = is_bound ? absl::OkStatus() : absl::ErrnoToStatus(errno, "finding a free port on 127.0.0.1");
  close(probe);
  if (!error.ok()) return error;
  return ntohs(address.sin_port);
}

}  // namespace

ServerProcess::ServerProcess(const Installation& installation, const ServerUser& user, Settings settings)
    : installation_(installation), user_(user), settings_(std::move(settings)) {}

ServerProcess::~ServerProcess() { Kill(); }

absl::Status ServerProcess::InitializeData() {
  return Run(installation_.InitializeCommand(data_folder(), user_), user_, settings_.folder + "/initialize.log");
}

absl::Status ServerProcess::CopyData(const ServerProcess& other) {
  absl::Status copied =
      Run({"/bin/cp", "-a", other.data_folder(), data_folder()}, user_, settings_.folder + "/initialize.log");
  std::error_code ignored;
  std::filesystem::remove(data_folder() + "/auto.cnf", ignored);  // holds MySQL's server UUID, which must differ
  return copied;
}

// Run by the server at every start, before it answers anybody. It must not be in the binary log: a replica would have
// transactions that its primary does not know.
absl::Status ServerProcess::WriteInitFile() const {
  std::ofstream file(settings_.folder + "/init.sql");
  file << "SET sql_log_bin = 0;\n";
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const std::string account = absl::StrCat("'root'@'", host, "'");
    file << "CREATE USER IF NOT EXISTS " << account << ";\n"
         << "ALTER USER " << account << " IDENTIFIED BY '" << settings_.password << "';\n"
         << "GRANT ALL ON *.* TO " << account << " WITH GRANT OPTION;\n";
  }
  file << "CREATE DATABASE IF NOT EXISTS test;\n";
  file.close();
  if (file.fail()) return absl::InternalError(absl::StrCat("cannot write ", settings_.folder, "/init.sql"));
  return absl::OkStatus();
}

absl::Status ServerProcess::Start() {
  if (pid_ > 0 && !Exited()) return absl::FailedPreconditionError("the server is running already");
  absl::Status written = WriteInitFile();
  if (!written.ok()) return written;
  const bool keep_port = port_ != 0;
  absl::Status status;
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (!keep_port) {
      absl::StatusOr<int> port = FreePort();
      if (!port.ok()) return port.status();
      port_ = *port;
    }
    status = StartOnce();
    // Somebody else may have taken the port meanwhile.
    if (status.ok() || !absl::StrContains(status.message(), "port")) break;
  }
  return status;
}

absl::Status ServerProcess::StartOnce() {
  std::vector<std::string> command = installation_.ServerCommand(user_);
  for (const std::string& option :
       {absl::StrCat("--datadir=", data_folder()), absl::StrCat("--socket=", socket()), absl::StrCat("--port=", port_),
        absl::StrCat("--pid-file=", settings_.folder, "/pid"), absl::StrCat("--tmpdir=", settings_.folder),
        absl::StrCat("--init-file=", settings_.folder, "/init.sql"), absl::StrCat("--server-id=", settings_.server_id),
        std::string("--bind-address=127.0.0.1"), std::string("--skip-name-resolve"), std::string("--log-bin=binlog"),
        std::string("--secure-file-priv="), std::string("--local-infile=ON")}) {
    command.push_back(option);
  }
  command.insert(command.end(), settings_.flags.begin(), settings_.flags.end());
  absl::StatusOr<pid_t> child = Spawn(command, user_, log());
  if (!child.ok()) return child.status();
  pid_ = *child;
  absl::Status last;
  for (const absl::Time deadline = absl::Now() + kStartTimeout; absl::Now() < deadline; absl::SleepFor(kPollInterval)) {
    if (Exited()) return absl::InternalError(absl::StrCat("the server did not start: ", LastError(log())));
    last = Client::Connect(address()).status();
    if (last.ok()) return last;
  }
  Kill();
  return absl::InternalError(absl::StrCat("the server did not answer in time: ", last.message()));
}

bool ServerProcess::Exited() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0) return false;
  pid_ = -1;
  return true;
}

void ServerProcess::Stop() {
  if (pid_ > 0) kill(pid_, SIGTERM);
  for (const absl::Time deadline = absl::Now() + kStopTimeout; absl::Now() < deadline; absl::SleepFor(kPollInterval)) {
    if (Exited()) return;
  }
  Kill();
}

void ServerProcess::Kill() {
  if (pid_ > 0 && kill(pid_, SIGKILL) == 0) waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace tests::servers
