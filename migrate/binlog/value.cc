#include "migrate/binlog/value.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "migrate/mysql/quote.h"

namespace migrate::binlog {
namespace {

bool IsUtf8(std::string_view charset) { return charset == "utf8mb4" || charset == "utf8mb3" || charset == "utf8"; }

// In these character sets an ASCII character is not one ASCII byte.
bool IsWide(std::string_view charset) {
  return charset == "ucs2" || charset == "utf16" || charset == "utf16le" || charset == "utf32" || charset == "swe7";
}

bool IsAscii(std::string_view text) {
  for (char c : text) {
    if (static_cast<signed char>(c) < 0) return false;
  }
  return true;
}

void AppendBytes(const ColumnSpec& column, std::string_view bytes, std::string* out) {
  const std::string& charset = column.charset;
  if (charset.empty() || charset == "binary") {
    out->append(column.data_type == "json" ? "" : "_binary");
    mysql::AppendQuotedString(bytes, out);
  } else if (IsUtf8(charset) || (!IsWide(charset) && IsAscii(bytes))) {
    mysql::AppendQuotedString(bytes, out);
  } else {
    absl::StrAppend(out, "_", charset, " ");
    mysql::AppendHexLiteral(bytes, out);
  }
}

void AppendDouble(double value, std::string* out) {
  // Shortest text that reads back as the same number; with an exponent, because a literal without one is a DECIMAL.
  char buffer[40];
  std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  out->append(buffer, end.ptr);
}

void AppendEnum(const ColumnSpec& column, uint64_t index, std::string* out) {
  // Index 0 is the error value, which reads as an empty string.
  if (index == 0 || index > column.elements.size()) {
    out->append("''");
  } else {
    mysql::AppendQuotedString(column.elements[index - 1], out);
  }
}

void AppendSet(const ColumnSpec& column, uint64_t bits, std::string* out) {
  std::string members;
  for (size_t i = 0; i < column.elements.size() && i < 64; ++i) {
    if ((bits >> i & 1) == 0) continue;
    if (!members.empty()) members.push_back(',');
    members += column.elements[i];
  }
  mysql::AppendQuotedString(members, out);
}

}  // namespace

void AppendSql(const ColumnSpec& column, const Value& value, std::string* out) {
  switch (value.kind()) {
    case Value::Kind::kMissing:
    case Value::Kind::kNull:
      out->append("NULL");
      return;
    case Value::Kind::kInt:
      absl::StrAppend(out, value.int_value());
      return;
    case Value::Kind::kUint:
      if (column.data_type == "enum") return AppendEnum(column, value.uint_value(), out);
      if (column.data_type == "set") return AppendSet(column, value.uint_value(), out);
      absl::StrAppend(out, value.uint_value());
      return;
    case Value::Kind::kDouble:
      AppendDouble(value.double_value(), out);
      return;
    case Value::Kind::kText:
      if (column.data_type == "decimal") {
        absl::StrAppend(out, value.text());
      } else {
        absl::StrAppend(out, "'", value.text(), "'");
      }
      return;
    case Value::Kind::kBits: {
      // 0x.. is a number where a number is wanted and bytes where text is wanted, like the column itself.
      const size_t start = out->size();
      mysql::AppendHexLiteral(value.text(), out);
      out->replace(start, 2, "0x");
      out->pop_back();
      return;
    }
    case Value::Kind::kBytes:
      AppendBytes(column, value.text(), out);
      return;
  }
}

}  // namespace migrate::binlog
