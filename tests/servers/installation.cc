#include "tests/servers/installation.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/servers/peers.h"

namespace tests::servers {
namespace {

// Small files and no waiting for the disk: what is in these servers is thrown away.
const char* const kQuick[] = {"--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0"};

bool IsProgram(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

void Append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

absl::StatusOr<Installation> Installation::Find(Kind kind) {
  Installation found(kind);
  if (kind == Kind::kMariaDb) {
    if (!IsProgram("/usr/sbin/mariadbd") || !IsProgram("/usr/bin/mariadb-install-db")) {
      return absl::UnavailableError("MariaDB is not installed; run: apt-get install mariadb-server");
    }
    found.program_ = {"/usr/sbin/mariadbd", "--no-defaults"};
    return found;
  }
  const std::string folder = absl::StrCat(PeersFolder(), "/mysql/usr");
  if (!IsProgram(folder + "/sbin/mysqld")) {
    return absl::UnavailableError(absl::StrCat(
        "MySQL is not in ", folder, "; tools/setup fetches it from Debian sid where a mirror can be reached"));
  }
  // sid's server needs sid's C library, hence its own dynamic loader.
  const std::string libraries = folder + "/lib/x86_64-linux-gnu";
  found.program_ = {libraries + "/ld-linux-x86-64.so.2",
                    "--library-path",
                    libraries,
                    folder + "/sbin/mysqld",
                    "--no-defaults",
                    "--basedir=" + folder,
                    "--lc-messages-dir=" + folder + "/share/mysql",
                    "--plugin-dir=" + folder + "/lib/mysql/plugin",
                    "--character-sets-dir=" + folder + "/share/mysql/charsets"};
  return found;
}

std::vector<std::string> Installation::ServerCommand(const ServerUser& user) const {
  std::vector<std::string> command = program_;
  if (user.is_still_root) command.push_back("--user=root");
  command.insert(command.end(), std::begin(kQuick), std::end(kQuick));
  if (kind_ == Kind::kMySql) {
    Append(command,
           {"--mysqlx=OFF", "--innodb-redo-log-capacity=64M", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"});
  } else {
    Append(command, {"--innodb-log-file-size=64M", "--binlog-format=ROW", "--log-slave-updates"});
  }
  return command;
}

std::vector<std::string> Installation::InitializeCommand(const std::string& data_folder, const ServerUser& user) const {
  if (kind_ == Kind::kMySql) {
    std::vector<std::string> command = ServerCommand(user);
    Append(command, {"--datadir=" + data_folder, "--initialize-insecure"});
    return command;
  }
  std::vector<std::string> command = {"/usr/bin/mariadb-install-db", "--no-defaults", "--datadir=" + data_folder,
                                      // Its own: two that start at once would use the same names in /tmp.
                                      "--tmpdir=" + data_folder, "--auth-root-authentication-method=normal",
                                      "--skip-test-db", "--innodb-log-file-size=64M", "--innodb-flush-method=nosync"};
  if (user.is_still_root) command.push_back("--user=root");
  return command;
}

std::vector<std::string> Installation::ReplicateFrom(int port, const std::string& user,
                                                     const std::string& password) const {
  if (kind_ == Kind::kMariaDb) {
    return {
        absl::StrFormat(
            "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = %d, MASTER_USER = '%s', MASTER_PASSWORD = '%s', "
            "MASTER_CONNECT_RETRY = 1, MASTER_USE_GTID = slave_pos",
            port, user, password),
        "START SLAVE"};
  }
  return {absl::StrFormat(
              "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %d, SOURCE_USER = '%s', "
              "SOURCE_PASSWORD = '%s', SOURCE_CONNECT_RETRY = 1, SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1",
              port, user, password),
          "START REPLICA"};
}

}  // namespace tests::servers
