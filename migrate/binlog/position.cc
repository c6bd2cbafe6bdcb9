#include "migrate/binlog/position.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace migrate::binlog {
namespace {

uint64_t FileNumber(std::string_view file) {
  size_t digits = 0;
  while (digits < file.size() && absl::ascii_isdigit(file[file.size() - 1 - digits])) ++digits;
  uint64_t number = 0;
  return absl::SimpleAtoi(file.substr(file.size() - digits), &number) ? number : 0;
}

}  // namespace

std::string Position::ToString() const { return absl::StrCat(file, ":", offset); }

int Compare(const Position& a, const Position& b) {
  const uint64_t a_number = FileNumber(a.file);
  const uint64_t b_number = FileNumber(b.file);
  if (a_number != b_number) return a_number < b_number ? -1 : 1;
  if (a.offset != b.offset) return a.offset < b.offset ? -1 : 1;
  return 0;
}

absl::StatusOr<Position> CurrentPosition(mysql::Connection& connection) {
  Position position;
  if (connection.server().IsMariaDb()) {
    // Asked first, so that they are never ahead of the offset. BINLOG_GTID_POS() would tell those of the offset itself,
    // but reads the whole file for it: most of a second, also while a cut-over holds its lock.
    absl::StatusOr<std::optional<std::string>> gtids = connection.QueryValue("SELECT @@GLOBAL.gtid_binlog_pos");
    if (!gtids.ok()) return gtids.status();
    position.gtid_set = gtids->value_or("");
  }
  const char* sql = connection.server().ShowBinaryLogStatus() ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
  absl::StatusOr<mysql::Result> status = connection.Query(sql);
  if (!status.ok()) return status.status();
  if (status->empty()) {
    return absl::FailedPreconditionError(absl::StrCat(mysql::DescribeEndpoint(connection.options()),
                                                      " writes no binary log: start the server with log_bin"));
  }
  mysql::Row row = (*status)[0];
  position.file = row.Text(0);
  position.offset = row.Uint(1);
  if (!connection.server().IsMariaDb())
    position.gtid_set = absl::StrReplaceAll(row.Get("Executed_Gtid_Set").value_or(""), {{"\n", ""}});
  return position;
}

}  // namespace migrate::binlog
