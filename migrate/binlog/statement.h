// What the statements in a binary log mean to somebody who follows its rows.
//
// In row format most statements are brackets around rows (BEGIN, COMMIT, XA ...) or DDL. This is not an SQL parser: it
// looks at the first words and at the names behind a few keywords, past comments and strings.
#ifndef MIGRATE_BINLOG_STATEMENT_H_
#define MIGRATE_BINLOG_STATEMENT_H_

#include <string>
#include <string_view>

#include "migrate/binlog/value.h"

namespace migrate::binlog {

enum class StatementKind {
  kBegin,
  kCommit,
  kRollback,
  kRollbackToSavepoint,
  kXaStart,
  kXaCommit,
  kXaRollback,
  kNeutral,  // cannot change a table or its rows: SAVEPOINT, XA END, GRANT, ANALYZE ...
  kOther,
};

struct Statement {
  StatementKind kind = StatementKind::kOther;
  std::string xid;  // of kXaStart, kXaCommit and kXaRollback: X'6162',X'',1 in lower-case digits
};

Statement Classify(std::string_view sql);

// Whether a statement of kind kOther, run with `default_schema`, may change the table or the rows in it: DDL on it, a
// foreign key that refers to it, an index or trigger on it, DROP of its schema, or INSERT, UPDATE ... logged as a
// statement. Names are compared without regard to case, as some servers do. A statement that only reads the table
// (CREATE TABLE x LIKE it) is not.
bool TouchesTable(std::string_view sql, std::string_view default_schema, const TableSpec& table);

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_STATEMENT_H_
