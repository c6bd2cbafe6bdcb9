// What the binary log says about tables and their values, in a form that can be written back as SQL without loss.
//
// A Value is one column of one row. It knows the bytes, not the meaning: signedness, character set, ENUM members come
// from the ColumnSpec that the caller read from the schema (with binlog_row_metadata=MINIMAL, the default, they are not
// in the log).
#ifndef MIGRATE_BINLOG_VALUE_H_
#define MIGRATE_BINLOG_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace migrate::binlog {

// One column of the original table.
struct ColumnSpec {
  std::string name;
  std::string data_type;              // information_schema's DATA_TYPE in lower case: "int", "enum", "geometry"
  bool is_unsigned = false;           // of a number
  std::string charset;                // CHARACTER_SET_NAME: "utf8mb4", "gbk"; empty for what is not text
  std::vector<std::string> elements;  // members of an ENUM or SET, in order, UTF-8
  // The change cannot be applied without it: it exists in the ghost table and is not generated.
  bool required = true;
};

// One table to watch: every column in ordinal order, generated and invisible ones too.
struct TableSpec {
  std::string schema;
  std::string name;
  std::vector<ColumnSpec> columns;
};

class Value {
 public:
  enum class Kind : uint8_t {
    kMissing,  // not in the log: a partial row image, or a value that SQL text cannot carry exactly
    kNull,
    kInt,     // signed number
    kUint,    // unsigned number; ENUM index, SET bits, YEAR
    kDouble,  // FLOAT (widened) and DOUBLE
    kText,    // ASCII: DECIMAL digits, dates and times; TIMESTAMP as UTC
    kBytes,   // a string in the column's character set; binary data; JSON (UTF-8 text)
    kBits,    // BIT(n): big-endian, ceil(n / 8) bytes
  };

  Value() : kind_(Kind::kMissing), uint_(0) {}
  static Value Missing() { return Value(); }
  static Value Null() { return Value(Kind::kNull); }
  static Value Int(int64_t value) {
    Value v(Kind::kInt);
    v.int_ = value;
    return v;
  }
  static Value Uint(uint64_t value) {
    Value v(Kind::kUint);
    v.uint_ = value;
    return v;
  }
  static Value Double(double value) {
    Value v(Kind::kDouble);
    v.double_ = value;
    return v;
  }
  static Value Text(std::string text) { return Value(Kind::kText, std::move(text)); }
  static Value Bytes(std::string bytes) { return Value(Kind::kBytes, std::move(bytes)); }
  static Value Bits(std::string bytes) { return Value(Kind::kBits, std::move(bytes)); }

  Kind kind() const { return kind_; }
  bool missing() const { return kind_ == Kind::kMissing; }
  bool null() const { return kind_ == Kind::kNull; }
  int64_t int_value() const { return int_; }        // kInt
  uint64_t uint_value() const { return uint_; }     // kUint
  double double_value() const { return double_; }   // kDouble
  std::string_view text() const { return bytes_; }  // kText, kBytes, kBits

  // Bitwise: two values of one column are equal if and only if their SQL texts are.
  friend bool operator==(const Value& a, const Value& b) {
    return a.kind_ == b.kind_ && a.uint_ == b.uint_ && a.bytes_ == b.bytes_;
  }

 private:
  explicit Value(Kind kind) : kind_(kind), uint_(0) {}
  Value(Kind kind, std::string bytes) : kind_(kind), uint_(0), bytes_(std::move(bytes)) {}

  Kind kind_;
  union {
    int64_t int_;
    uint64_t uint_;
    double double_;
  };
  std::string bytes_;
};

using RowImage = std::vector<Value>;  // one value a column, in ordinal order

// Appends `value` as an SQL literal that gives exactly this value when it is written to `column`, or to a column of
// another type or character set just as INSERT .. SELECT would convert it: a string carries its character set, an ENUM
// its name. Needs a session with SET NAMES utf8mb4, time_zone '+00:00', and no NO_BACKSLASH_ESCAPES. `value` must not
// be kMissing.
//
// The text is a function of the stored bytes and different for different bytes, so the literals of a row's key columns,
// joined with commas, identify the row.
void AppendSql(const ColumnSpec& column, const Value& value, std::string* out);

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_VALUE_H_
