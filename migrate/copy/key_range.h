// A range of the migration key and how it is said in SQL.
//
// Bounds are SQL literals, one a key column, as a KeyReader made them: exact for every type that can be part of a key,
// and compared by the server in the column's own order (collation, ENUM index, ...).
#ifndef MIGRATE_COPY_KEY_RANGE_H_
#define MIGRATE_COPY_KEY_RANGE_H_

#include <string>
#include <vector>

#include "migrate/mysql/result.h"
#include "migrate/schema/table_pair.h"

namespace migrate::copy {

using KeyValue = std::vector<std::string>;  // SQL literals in key order

// (lower, upper], or [lower, upper] for the first range. An empty bound is no bound.
struct KeyRange {
  KeyValue lower;
  KeyValue upper;
  bool lower_inclusive = false;
};

// Reads key values of the original and writes conditions on them.
class KeyReader {
 public:
  explicit KeyReader(const schema::TablePair& pair);

  // What to SELECT so that Literals() can be applied: "`a`, HEX(`b`), `c`+0".
  const std::string& SelectList() const { return select_list_; }
  // The same of the ghost.
  const std::string& GhostSelectList() const { return ghost_select_list_; }
  // "`a`, `b`" and "`a` DESC, `b` DESC" for ORDER BY.
  const std::string& OrderBy() const { return order_by_; }
  const std::string& OrderByDescending() const { return order_by_descending_; }

  // The key of a row, whose columns from `first` on are SelectList() or GhostSelectList().
  KeyValue Literals(const mysql::Row& row, size_t first = 0) const;

  // The condition that a row of the original (of the ghost) lies in `range`; "TRUE" for the range without bounds.
  std::string InOriginal(const KeyRange& range) const { return Condition(original_names_, range); }
  std::string InGhost(const KeyRange& range) const { return Condition(ghost_names_, range); }
  // The condition that a row has this key: "(`a` = 1 AND `b` = 2)".
  std::string IsInOriginal(const KeyValue& key) const { return Equality(original_names_, key); }
  std::string IsInGhost(const KeyValue& key) const { return Equality(ghost_names_, key); }

 private:
  enum class Form { kPlain, kQuoted, kHex, kNumber };
  struct ColumnForm {
    Form form;
    std::string introducer;  // "_latin1 " before a hexadecimal literal of text
  };

  static std::string Readable(Form form, const std::string& name);
  static ColumnForm FormOf(const schema::Column& column);
  static std::string Condition(const std::vector<std::string>& names, const KeyRange& range);
  static std::string Equality(const std::vector<std::string>& names, const KeyValue& key);

  std::vector<ColumnForm> forms_;
  std::vector<std::string> original_names_;  // quoted
  std::vector<std::string> ghost_names_;
  std::string select_list_;
  std::string ghost_select_list_;
  std::string order_by_;
  std::string order_by_descending_;
};

// "(`a` > 1 OR (`a` = 1 AND `b` > 2))": tuples compared in lexicographic order. `op` is ">" or "<"; with `or_equal` the
// bound itself belongs to it. Spelled out because row constructors keep older optimizers from using the key.
std::string CompareTuple(const std::vector<std::string>& names, const KeyValue& bound, char op, bool or_equal);

}  // namespace migrate::copy

#endif  // MIGRATE_COPY_KEY_RANGE_H_
