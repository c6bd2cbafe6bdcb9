// Which server is at the other end, and what it can do.
//
// The rest of the program asks for abilities (RenameUnderLock()), not for versions, so that what is known about each
// server stands in one place.
#ifndef MIGRATE_MYSQL_SERVER_INFO_H_
#define MIGRATE_MYSQL_SERVER_INFO_H_

#include <string>
#include <string_view>

namespace migrate::mysql {

enum class Flavour { kMySql, kMariaDb };

struct ServerInfo {
  Flavour flavour = Flavour::kMySql;
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::string version;  // as the server says it: "10.11.11-MariaDB-0+deb12u1-log"

  // From VERSION(). Text it does not understand gives 0.0.0, which has no ability at all.
  static ServerInfo Parse(std::string_view version);

  bool IsMariaDb() const { return flavour == Flavour::kMariaDb; }
  bool IsMySql() const { return flavour == Flavour::kMySql; }
  bool AtLeast(int want_major, int want_minor, int want_patch = 0) const;

  // RENAME TABLE in the session that holds LOCK TABLES .. WRITE on the tables (MySQL 8.0.13).
  bool RenameUnderLock() const { return IsMySql() && AtLeast(8, 0, 13); }
  // SHOW BINARY LOG STATUS and SHOW REPLICAS (MySQL 8.2); otherwise SHOW MASTER STATUS and SHOW SLAVE HOSTS.
  bool ShowBinaryLogStatus() const { return IsMySql() && AtLeast(8, 2); }
  // SHOW REPLICA STATUS, START/STOP REPLICA (MySQL 8.0.22, MariaDB 10.5.1).
  bool ReplicaWords() const { return IsMySql() ? AtLeast(8, 0, 22) : AtLeast(10, 5, 1); }
};

}  // namespace migrate::mysql

#endif  // MIGRATE_MYSQL_SERVER_INFO_H_
