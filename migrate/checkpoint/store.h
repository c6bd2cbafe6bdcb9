// Keeps a migration's checkpoint in its changelog table (_T_ghc), beside the tables that it speaks of.
//
// One row, replaced at each save. It is written after what it speaks of was committed, so whenever it can be read it is
// true.
#ifndef MIGRATE_CHECKPOINT_STORE_H_
#define MIGRATE_CHECKPOINT_STORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "migrate/checkpoint/checkpoint.pb.h"
#include "migrate/mysql/connection.h"

namespace migrate::checkpoint {

class Store {
 public:
  // `table` is qualified and quoted.
  explicit Store(std::string table) : table_(std::move(table)) {}

  // Makes the table, empty; one that is there is dropped.
  absl::Status Create(mysql::Connection& connection) const;
  absl::Status Save(mysql::Connection& connection, const Checkpoint& checkpoint) const;
  // NotFound if there is no table or nothing was saved; DataLoss if what is there cannot be read.
  absl::StatusOr<Checkpoint> Load(mysql::Connection& connection) const;

  const std::string& table() const { return table_; }

 private:
  const std::string table_;
};

}  // namespace migrate::checkpoint

#endif  // MIGRATE_CHECKPOINT_STORE_H_
