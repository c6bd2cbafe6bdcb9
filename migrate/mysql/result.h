// The rows of a query, read to the end into memory.
//
//   ASSIGN_OR_RETURN(Result result, connection.Query("SELECT id, name FROM t"));
//   for (Row row : result) Use(row.Int(0), row.Text(1));
//
// Values are the server's text (the text protocol). They stay valid as long as the Result. Result is movable; a
// moved-from Result is empty. Not thread-safe.
#ifndef MIGRATE_MYSQL_RESULT_H_
#define MIGRATE_MYSQL_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace migrate::mysql {

class Result;

// One row; a cheap view into its Result.
class Row {
 public:
  size_t size() const;
  bool IsNull(size_t column) const { return !(*this)[column].has_value(); }

  // The value of a column by position, nullopt for NULL. `column` must be < size().
  std::optional<std::string_view> operator[](size_t column) const;

  // The value of a column by its name (case-insensitive); nullopt for NULL and for a column that is not there.
  std::optional<std::string_view> Get(std::string_view name) const;

  // The value as text, empty for NULL.
  std::string Text(size_t column) const { return std::string((*this)[column].value_or("")); }
  // The value as a number; 0 for NULL and for what is not a number or out of range.
  int64_t Int(size_t column) const;
  uint64_t Uint(size_t column) const;
  double Double(size_t column) const;

 private:
  friend class Result;
  Row(const Result* result, size_t index) : result_(result), index_(index) {}

  const Result* result_;
  size_t index_;
};

class Result {
 public:
  class Iterator {
   public:
    Iterator(const Result* result, size_t index) : result_(result), index_(index) {}
    Row operator*() const { return (*result_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    const Result* result_;
    size_t index_;
  };

  const std::vector<std::string>& columns() const { return columns_; }
  size_t size() const { return columns_.empty() ? 0 : cells_.size() / columns_.size(); }
  bool empty() const { return size() == 0; }
  Row operator[](size_t index) const { return Row(this, index); }
  Iterator begin() const { return Iterator(this, 0); }
  Iterator end() const { return Iterator(this, size()); }

 private:
  friend class Connection;
  friend class Row;

  std::vector<std::string> columns_;
  std::vector<std::optional<std::string_view>> cells_;  // row after row, into handle_
  std::shared_ptr<void> handle_;                        // the client library's result
};

}  // namespace migrate::mysql

#endif  // MIGRATE_MYSQL_RESULT_H_
