// What an ALTER statement says, as far as copying rows depends on it: which columns keep their data under another name,
// which are dropped, and whether it would rename the table itself.
//
//   ParseAlter("ADD KEY (a), CHANGE b `c` int, DROP COLUMN d")->renamed  == {{"b", "c"}}
//                                                              ->dropped  == {"d"}
//
// Only the head of each clause is understood; whether the statement is right is the server's to say.
#ifndef MIGRATE_SCHEMA_ALTER_H_
#define MIGRATE_SCHEMA_ALTER_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace migrate::schema {

struct Alter {
  std::string clauses;                                       // without a leading "ALTER TABLE name" and a trailing ';'
  std::vector<std::pair<std::string, std::string>> renamed;  // old column -> new column, only where the names differ
  std::vector<std::string> dropped;                          // columns dropped (and perhaps added again)
  bool renames_table = false;
  bool changes_auto_increment = false;  // AUTO_INCREMENT = n is among the clauses
  bool adds_unique_key = false;
};

// InvalidArgument if there is nothing to do, or quotes or parentheses do not match. A leading "ALTER TABLE `t`" or
// "ALTER TABLE `db`.`t`" is taken off, provided that it names `table`.
absl::StatusOr<Alter> ParseAlter(std::string_view text, std::string_view database, std::string_view table);

}  // namespace migrate::schema

#endif  // MIGRATE_SCHEMA_ALTER_H_
