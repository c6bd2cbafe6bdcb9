// Writes a ChangeSet to the ghost table.
//
// First phase: DELETE of every key whose row has to make room. Second phase: REPLACE of the surviving images, and
// re-reading of the rows that the log told incompletely. Inside a phase the order does not matter, so statements may
// run on several connections; between the phases it does: two rows that swapped the value of a second unique key would
// otherwise delete each other.
//
// MakeStatements() makes the SQL text, RunStatement() runs one. Applier runs those of one phase in parallel.
#ifndef MIGRATE_APPLY_WRITER_H_
#define MIGRATE_APPLY_WRITER_H_

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "migrate/apply/change_set.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/table_pair.h"

namespace migrate::apply {

struct BatchLimits {
  size_t rows = 500;          // changes in one statement
  size_t bytes = 512 * 1024;  // of SQL text, unless one row alone has more
};

struct Statements {
  std::vector<std::string> deletes;
  std::vector<std::string> writes;
};

class Writer {
 public:
  explicit Writer(const schema::TablePair& pair);

  Statements MakeStatements(const ChangeSet& set, const BatchLimits& limits) const;

 private:
  const schema::TablePair& pair_;
  std::string replace_head_;  // REPLACE INTO ghost (columns) VALUES
  std::string delete_head_;   // DELETE FROM ghost WHERE
  std::string reread_head_;   // REPLACE INTO ghost (columns) SELECT columns FROM original WHERE
};

// Runs one statement, again after deadlocks and lost connections.
absl::Status RunStatement(mysql::Connection& connection, const std::string& sql, int retries,
                          const std::stop_token& stop);

}  // namespace migrate::apply

#endif  // MIGRATE_APPLY_WRITER_H_
