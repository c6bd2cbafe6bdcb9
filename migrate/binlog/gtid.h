// Sets of global transaction identifiers, in MySQL's and in MariaDB's notation.
//
//   MySQL    3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7, with tags: uuid:1-5:blue:1-3
//   MariaDB  0-1-100,2-7-3: for each domain the last transaction, as domain-server-sequence
//
// Pure values: no I/O, copyable.
#ifndef MIGRATE_BINLOG_GTID_H_
#define MIGRATE_BINLOG_GTID_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "migrate/mysql/server_info.h"

namespace migrate::binlog {

// The identifier of one transaction.
struct Gtid {
  mysql::Flavour flavour = mysql::Flavour::kMySql;
  std::string source;   // MySQL: "uuid" or "uuid:tag", lower case
  uint32_t domain = 0;  // MariaDB
  uint32_t server = 0;  // MariaDB
  uint64_t number = 0;  // 0: none
};

class GtidSet {
 public:
  explicit GtidSet(mysql::Flavour flavour) : flavour_(flavour) {}

  // Accepts what the servers print; white space is ignored. InvalidArgument names the part that is wrong.
  static absl::StatusOr<GtidSet> Parse(mysql::Flavour flavour, std::string_view text);

  // Of the other flavour or of number 0: ignored.
  void Add(const Gtid& gtid);

  // Whether every transaction of `other` is in this set (MariaDB: whether each domain is at least as far).
  bool Contains(const GtidSet& other) const;

  bool empty() const { return mysql_.empty() && mariadb_.empty(); }
  std::string ToString() const;

  // MySQL: the body of COM_BINLOG_DUMP_GTID (Gtid_set::encode in sql/rpl_gtid_set.cc). The form with tags is used only
  // if there are tags, which needs MySQL 8.3.
  std::string Encode() const;

 private:
  using Intervals = std::map<uint64_t, uint64_t>;  // first -> one past the last; disjoint, not adjacent

  static bool ParseInterval(std::string_view text, Intervals* intervals);
  static void AddInterval(uint64_t first, uint64_t end, Intervals* intervals);

  struct Last {
    uint32_t server = 0;
    uint64_t number = 0;
  };

  mysql::Flavour flavour_;
  std::map<std::string, Intervals> mysql_;  // by "uuid" or "uuid:tag"
  std::map<uint32_t, Last> mariadb_;        // by domain
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_GTID_H_
