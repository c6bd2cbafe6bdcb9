// The SQL by which a range of the original and of the ghost are compared.
//
// Both checksums come from one statement, so that they see the same moment: what differs then is either a change that
// has not been applied yet, or wrong.
//
// Values are compared as what they mean, not as how they are stored: an INT that became a BIGINT, a DATETIME that
// became a DATETIME(3), a latin1 text that became utf8mb4 are equal if nothing was lost.
#ifndef MIGRATE_VERIFY_CHECKSUM_H_
#define MIGRATE_VERIFY_CHECKSUM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "migrate/copy/key_range.h"
#include "migrate/mysql/connection.h"
#include "migrate/schema/table_pair.h"

namespace migrate::verify {

struct RangeSums {
  uint64_t original_rows = 0;
  uint64_t ghost_rows = 0;
  bool equal = false;
};

// A row that is not the same on both sides.
struct Difference {
  std::string key;      // "id=7"
  std::string problem;  // "is missing in the new table", "column `s` is 'long text' and would become 'long'"
};

// A row whose sums are not the same on both sides. An empty sum: the row is not there.
struct DifferingRow {
  copy::KeyValue key;
  std::string original;
  std::string ghost;
};

class Checksum {
 public:
  explicit Checksum(const schema::TablePair& pair);

  // False if the ghost's key does not have the original's order (another type or collation), so that a range of one is
  // not a range of the other: then only the range without bounds can be compared.
  bool ranges_match() const { return ranges_match_; }

  // Two scans of the range, one round trip.
  absl::StatusOr<RangeSums> Compare(mysql::Connection& connection, const copy::KeyRange& range) const;

  // Whether rows can be told by their keys on both sides: CompareRows() and CompareKeys() may be called.
  bool keys_match() const { return keys_match_; }
  // The rows of the range that differ, at one moment. For ranges of some thousand rows.
  absl::StatusOr<std::vector<DifferingRow>> CompareRows(mysql::Connection& connection,
                                                        const copy::KeyRange& range) const;
  // The same for some hundred keys; those that are equal are left out.
  absl::StatusOr<std::vector<DifferingRow>> CompareKeys(mysql::Connection& connection,
                                                        const std::vector<copy::KeyValue>& keys) const;

  // The first few rows of the range that differ, one by one. For small ranges.
  absl::StatusOr<std::vector<Difference>> FindDifferences(mysql::Connection& connection, const copy::KeyRange& range,
                                                          int limit) const;

  const copy::KeyReader& reader() const { return reader_; }

 private:
  std::string Sums(bool ghost, const copy::KeyRange& range) const;
  std::string Where(bool ghost, const copy::KeyRange& range) const;
  std::string From(bool ghost) const;
  absl::StatusOr<std::vector<DifferingRow>> CompareRowsWhere(mysql::Connection& connection,
                                                             const std::string& in_original,
                                                             const std::string& in_ghost) const;

  // What is read from one side.
  struct Side {
    std::vector<std::string> values;  // expressions, one a shared column
    std::vector<std::string> shown;   // the same for people
    std::string row;                  // the checksum of a row, an integer
  };
  const Side& SideOf(bool ghost) const { return ghost ? ghost_ : original_; }

  const schema::TablePair& pair_;
  const copy::KeyReader reader_;
  Side original_;
  Side ghost_;
  bool ranges_match_;
  bool keys_match_;
};

// How a column's value is written down on each side so that equal meanings are equal texts. With `one_collation` all
// text of both tables has the same one, so that values may be put together as they are.
struct ValueExpressions {
  std::string original;
  std::string ghost;
};
ValueExpressions ComparableValues(const schema::Column& original, const schema::Column& ghost, bool one_collation);

}  // namespace migrate::verify

#endif  // MIGRATE_VERIFY_CHECKSUM_H_
