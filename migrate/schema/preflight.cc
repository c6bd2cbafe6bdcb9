#include "migrate/schema/preflight.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"

namespace migrate::schema {
namespace {

using mysql::QuoteString;

absl::StatusOr<std::string> Variable(mysql::Connection& connection, const std::string& name) {
  absl::StatusOr<std::optional<std::string>> value = connection.QueryValue(absl::StrCat("SELECT @@global.", name));
  if (!value.ok()) return value.status();
  return value->value_or("");
}

absl::Status CheckBinaryLog(mysql::Connection& connection, const MigrationOptions& options) {
  const std::string where = mysql::DescribeEndpoint(connection.options());
  absl::StatusOr<std::string> log_bin = Variable(connection, "log_bin");
  if (!log_bin.ok()) return log_bin.status();
  if (*log_bin != "1")
    return absl::FailedPreconditionError(absl::StrCat(where, " must have binary logs enabled (log_bin)"));
  if (options.assume_rbr()) return absl::OkStatus();
  absl::StatusOr<std::string> format = Variable(connection, "binlog_format");
  if (!format.ok()) return format.status();
  if (*format == "ROW") return absl::OkStatus();
  if (options.switch_to_rbr()) return connection.Execute("SET GLOBAL binlog_format = 'ROW'").status();
  return absl::FailedPreconditionError(
      absl::StrCat("You must be using ROW binlog format; ", where, " uses ", *format,
                   ". --switch-to-rbr sets it; sessions that are connected already keep theirs"));
}

// The position can only be read with the privilege that reading the log needs.
absl::Status CheckPrivileges(mysql::Connection& connection, const MigrationOptions& options) {
  const char* sql = connection.server().ShowBinaryLogStatus() ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
  absl::Status status = connection.Query(sql).status();
  if (status.ok()) return status;
  return absl::PermissionDeniedError(absl::StrCat(
      "User has insufficient privileges for migration. Needed: REPLICATION CLIENT, REPLICATION SLAVE and ALL on `",
      options.database(), "`.*: ", status.message()));
}

absl::StatusOr<int64_t> Count(mysql::Connection& connection, const std::string& sql) {
  absl::StatusOr<std::optional<std::string>> value = connection.QueryValue(sql);
  if (!value.ok()) return value.status();
  return std::strtoll(value->value_or("0").c_str(), nullptr, 10);
}

absl::Status CheckForeignKeys(mysql::Connection& connection, const Table& table, const MigrationOptions& options) {
  if (options.skip_foreign_key_checks()) return absl::OkStatus();
  absl::StatusOr<int64_t> parent_side =
      Count(connection,
            absl::StrCat(
                "SELECT COUNT(*) FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND "
                "referenced_table_schema=",
                QuoteString(table.schema), " AND referenced_table_name=", QuoteString(table.name)));
  if (!parent_side.ok()) return parent_side.status();
  if (*parent_side > 0) {
    return absl::FailedPreconditionError(absl::StrCat("Found ", *parent_side, " parent-side foreign keys on ",
                                                      table.QualifiedName(),
                                                      ". Parent-side foreign keys are not supported. Bailing out"));
  }
  absl::StatusOr<int64_t> child_side =
      Count(connection,
            absl::StrCat(
                "SELECT COUNT(*) FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL AND "
                "table_schema=",
                QuoteString(table.schema), " AND table_name=", QuoteString(table.name)));
  if (!child_side.ok()) return child_side.status();
  if (*child_side > 0 && !options.discard_foreign_keys()) {
    return absl::FailedPreconditionError(
        absl::StrCat("Found ", *child_side, " child-side foreign keys on ", table.QualifiedName(),
                     ". Child-side foreign keys are not supported (--discard-foreign-keys drops them). Bailing out"));
  }
  return absl::OkStatus();
}

absl::Status CheckTriggers(mysql::Connection& connection, const Table& table, const MigrationOptions& options) {
  absl::StatusOr<int64_t> triggers =
      Count(connection, absl::StrCat("SELECT COUNT(*) FROM information_schema.triggers WHERE event_object_schema=",
                                     QuoteString(table.schema), " AND event_object_table=", QuoteString(table.name)));
  if (!triggers.ok()) return triggers.status();
  if (*triggers == 0 || options.include_triggers()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("Found triggers on ", table.QualifiedName(),
                   ". Triggers are not supported by default; use --include-triggers. Bailing out"));
}

}  // namespace

absl::Status CheckServer(mysql::Connection& connection, const MigrationOptions& options) {
  if (absl::Status status = CheckBinaryLog(connection, options); !status.ok()) return status;
  return CheckPrivileges(connection, options);
}

std::string DescribeRenamedColumns(const Alter& alter) {
  return absl::StrJoin(alter.renamed, ", ", absl::PairFormatter(" -> "));
}

absl::Status CheckAlter(const Alter& alter, const MigrationOptions& options) {
  if (alter.renames_table) {
    return absl::InvalidArgumentError(
        "ALTER statement seems to RENAME the table. This is not supported; rename it outside of the migration");
  }
  if (!alter.renamed.empty() && !options.approve_renamed_columns() && !options.skip_renamed_columns()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the ALTER statement renames columns, as follows: ", DescribeRenamedColumns(alter),
        "; confirm with --approve-renamed-columns that this is meant, or drop their data with --skip-renamed-columns"));
  }
  return absl::OkStatus();
}

absl::Status CheckTable(mysql::Connection& connection, const Table& table, const MigrationOptions& options) {
  const std::string wanted = absl::AsciiStrToLower(options.storage_engine());
  if (table.engine != wanted) {
    return absl::FailedPreconditionError(
        absl::StrCat("table ", table.QualifiedName(), " has engine ", table.engine, ", not ", wanted,
                     " (--storage-engine): copying while it changes needs a transactional engine"));
  }
  if (absl::Status status = CheckForeignKeys(connection, table, options); !status.ok()) return status;
  return CheckTriggers(connection, table, options);
}

}  // namespace migrate::schema
