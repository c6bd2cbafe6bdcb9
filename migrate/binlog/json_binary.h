// MySQL's binary JSON (a JSON column as it is stored and logged) as text.
//
// The format is described in MySQL's sql-common/json_binary.h. MariaDB stores JSON as text and needs none of this.
#ifndef MIGRATE_BINLOG_JSON_BINARY_H_
#define MIGRATE_BINLOG_JSON_BINARY_H_

#include <string>
#include <string_view>

namespace migrate::binlog {

enum class JsonText {
  kExact,      // the server reads the text back as the same document
  kInexact,    // the document holds what text cannot say: a DECIMAL, a date, an unsigned integer that fits a signed one
  kMalformed,  // not a document
};

// Appends the document in `binary` to *out. After kMalformed *out is unspecified.
JsonText AppendJsonText(std::string_view binary, std::string* out);

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_JSON_BINARY_H_
