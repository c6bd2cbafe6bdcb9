#include "migrate/binlog/column_value.h"

#include <cstring>
#include <initializer_list>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "migrate/binlog/compression.h"
#include "migrate/binlog/decimal.h"
#include "migrate/binlog/json_binary.h"
#include "migrate/binlog/temporal.h"

namespace migrate::binlog {
namespace {

Value ReadInteger(size_t bytes, bool is_unsigned, ByteReader* in) {
  return is_unsigned ? Value::Uint(in->Uint(bytes)) : Value::Int(in->Int(bytes));
}

Value ReadFloat(ByteReader* in) {
  const uint32_t bits = static_cast<uint32_t>(in->Uint(4));
  float value;
  memcpy(&value, &bits, sizeof(value));
  return Value::Double(value);
}

Value ReadDouble(ByteReader* in) {
  const uint64_t bits = in->Uint(8);
  double value;
  memcpy(&value, &bits, sizeof(value));
  return Value::Double(value);
}

// xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
std::string UuidText(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    absl::StrAppendFormat(&text, "%02x", static_cast<uint8_t>(bytes[i]));
  }
  return text;
}

// MariaDB's fixed-length types are logged as CHAR of their size, cut off like one at the end.
Value FixedBinary(const ColumnSpec& spec, std::string bytes, size_t size) {
  bytes.resize(size, '\0');
  if (spec.data_type == "uuid") return Value::Text(UuidText(bytes));
  if (spec.data_type == "inet4") {
    return Value::Text(absl::StrFormat("%d.%d.%d.%d", static_cast<uint8_t>(bytes[0]), static_cast<uint8_t>(bytes[1]),
                                       static_cast<uint8_t>(bytes[2]), static_cast<uint8_t>(bytes[3])));
  }
  std::string text;  // inet6, written in full
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    absl::StrAppendFormat(&text, "%s%x", i == 0 ? "" : ":",
                          static_cast<uint8_t>(bytes[i]) << 8 | static_cast<uint8_t>(bytes[i + 1]));
  }
  return Value::Text(text);
}

Value ReadString(const LoggedColumn& column, const ColumnSpec& spec, ByteReader* in) {
  std::string bytes(in->Bytes(in->Uint(column.meta > 255 ? 2 : 1)));
  if (column.type == ColumnType::kString) {
    if ((spec.data_type == "uuid" || spec.data_type == "inet6") && column.meta == 16) {
      return FixedBinary(spec, std::move(bytes), 16);
    }
    if (spec.data_type == "inet4" && column.meta == 4) return FixedBinary(spec, std::move(bytes), 4);
    // The log leaves out the zeros at the end of a BINARY(n).
    if (spec.data_type == "binary" && bytes.size() < column.meta) bytes.resize(column.meta, '\0');
  }
  return Value::Bytes(std::move(bytes));
}

absl::Status ReadJson(const LoggedColumn& column, ByteReader* in, Value* value) {
  std::string_view binary = in->Bytes(in->Uint(column.meta));
  std::string text;
  switch (AppendJsonText(binary, &text)) {
    case JsonText::kExact:
      *value = Value::Bytes(std::move(text));
      return absl::OkStatus();
    case JsonText::kInexact:
      *value = Value::Missing();
      return absl::OkStatus();
    case JsonText::kMalformed:
      break;
  }
  return absl::DataLossError("a JSON value cannot be read");
}

absl::Status ReadCompressed(size_t length_bytes, ByteReader* in, Value* value) {
  absl::StatusOr<std::string> bytes = InflateColumn(in->Bytes(in->Uint(length_bytes)));
  if (!bytes.ok()) return bytes.status();
  *value = Value::Bytes(*std::move(bytes));
  return absl::OkStatus();
}

Value ReadYear(ByteReader* in) {
  const uint64_t year = in->Uint(1);
  return Value::Uint(year == 0 ? 0 : year + 1900);
}

bool OneOf(std::string_view text, std::initializer_list<std::string_view> choices) {
  for (std::string_view choice : choices) {
    if (text == choice) return true;
  }
  return false;
}

}  // namespace

absl::Status ReadLoggedColumn(uint8_t type_code, ByteReader* metadata, LoggedColumn* column) {
  column->type = static_cast<ColumnType>(type_code);
  column->meta = 0;
  switch (column->type) {
    case ColumnType::kTiny:
    case ColumnType::kShort:
    case ColumnType::kLong:
    case ColumnType::kLongLong:
    case ColumnType::kInt24:
    case ColumnType::kDate:
    case ColumnType::kTimeOld:
    case ColumnType::kDateTimeOld:
    case ColumnType::kTimestampOld:
    case ColumnType::kYear:
      return absl::OkStatus();
    case ColumnType::kFloat:
    case ColumnType::kDouble:
    case ColumnType::kTimestamp2:
    case ColumnType::kDateTime2:
    case ColumnType::kTime2:
    case ColumnType::kBlob:
    case ColumnType::kBlobCompressed:
    case ColumnType::kGeometry:
    case ColumnType::kJson:
    case ColumnType::kVector:
      column->meta = static_cast<uint16_t>(metadata->Uint(1));
      return absl::OkStatus();
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
    case ColumnType::kVarcharCompressed:
      column->meta = static_cast<uint16_t>(metadata->Uint(2));
      return absl::OkStatus();
    case ColumnType::kBit:  // bits modulo 8, whole bytes
    case ColumnType::kNewDecimal:
      column->meta = static_cast<uint16_t>(metadata->BigEndian(2));
      return absl::OkStatus();
    case ColumnType::kEnum:
    case ColumnType::kSet:
    case ColumnType::kString: {
      // The real type, then the length; its bits 8 and 9 hide, inverted, in the type's bits 4 and 5.
      const uint16_t type = static_cast<uint16_t>(metadata->Uint(1));
      const uint16_t length = static_cast<uint16_t>(metadata->Uint(1));
      column->type = static_cast<ColumnType>(type | 0x30);
      column->meta = static_cast<uint16_t>(length | ((type & 0x30) ^ 0x30) << 4);
      if (column->type != ColumnType::kEnum && column->type != ColumnType::kSet) column->type = ColumnType::kString;
      return absl::OkStatus();
    }
  }
  return absl::UnimplementedError(absl::StrCat("column type ", type_code, " of the binary log is not known"));
}

bool TypeMatches(const ColumnSpec& spec, ColumnType type) {
  const std::string& name = spec.data_type;
  switch (type) {
    case ColumnType::kTiny:
      return OneOf(name, {"tinyint", "bool", "boolean"});
    case ColumnType::kShort:
      return name == "smallint";
    case ColumnType::kInt24:
      return name == "mediumint";
    case ColumnType::kLong:
      return OneOf(name, {"int", "integer"});
    case ColumnType::kLongLong:
      return name == "bigint";
    case ColumnType::kFloat:
      return name == "float";
    case ColumnType::kDouble:
      return OneOf(name, {"double", "real"});
    case ColumnType::kNewDecimal:
      return OneOf(name, {"decimal", "numeric"});
    case ColumnType::kDate:
      return name == "date";
    case ColumnType::kTimeOld:
    case ColumnType::kTime2:
      return name == "time";
    case ColumnType::kDateTimeOld:
    case ColumnType::kDateTime2:
      return name == "datetime";
    case ColumnType::kTimestampOld:
    case ColumnType::kTimestamp2:
      return name == "timestamp";
    case ColumnType::kYear:
      return name == "year";
    case ColumnType::kBit:
      return name == "bit";
    case ColumnType::kEnum:
      return name == "enum";
    case ColumnType::kSet:
      return name == "set";
    case ColumnType::kJson:
      return name == "json";
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
    case ColumnType::kVarcharCompressed:
      return OneOf(name, {"varchar", "varbinary"});
    case ColumnType::kString:
      return OneOf(name, {"char", "binary", "uuid", "inet4", "inet6"});
    case ColumnType::kBlob:
    case ColumnType::kBlobCompressed:
      return OneOf(name, {"tinyblob", "blob", "mediumblob", "longblob", "tinytext", "text", "mediumtext", "longtext",
                          "json", "vector"});
    case ColumnType::kVector:
      return name == "vector";
    case ColumnType::kGeometry:
      return OneOf(name, {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
                          "geometrycollection", "geomcollection"});
  }
  return false;
}

absl::Status ReadValue(const LoggedColumn& column, const ColumnSpec& spec, ByteReader* in, Value* value) {
  switch (column.type) {
    case ColumnType::kTiny:
      *value = ReadInteger(1, spec.is_unsigned, in);
      break;
    case ColumnType::kShort:
      *value = ReadInteger(2, spec.is_unsigned, in);
      break;
    case ColumnType::kInt24:
      *value = ReadInteger(3, spec.is_unsigned, in);
      break;
    case ColumnType::kLong:
      *value = ReadInteger(4, spec.is_unsigned, in);
      break;
    case ColumnType::kLongLong:
      *value = ReadInteger(8, spec.is_unsigned, in);
      break;
    case ColumnType::kFloat:
      *value = ReadFloat(in);
      break;
    case ColumnType::kDouble:
      *value = ReadDouble(in);
      break;
    case ColumnType::kNewDecimal:
      *value = Value::Text(ReadDecimal(column.meta >> 8, column.meta & 0xff, in));
      break;
    case ColumnType::kDate:
      *value = Value::Text(ReadDate(in));
      break;
    case ColumnType::kTimeOld:
      *value = Value::Text(ReadTimeOld(in));
      break;
    case ColumnType::kTime2:
      *value = Value::Text(ReadTime2(column.meta, in));
      break;
    case ColumnType::kDateTimeOld:
      *value = Value::Text(ReadDateTimeOld(in));
      break;
    case ColumnType::kDateTime2:
      *value = Value::Text(ReadDateTime2(column.meta, in));
      break;
    case ColumnType::kTimestampOld:
      *value = Value::Text(ReadTimestampOld(in));
      break;
    case ColumnType::kTimestamp2:
      *value = Value::Text(ReadTimestamp2(column.meta, in));
      break;
    case ColumnType::kYear:
      *value = ReadYear(in);
      break;
    case ColumnType::kEnum:
    case ColumnType::kSet:
      if (column.meta > 8) return absl::DataLossError("an ENUM or SET of more than 8 bytes");
      *value = Value::Uint(in->Uint(column.meta));
      break;
    case ColumnType::kBit:
      *value = Value::Bits(std::string(in->Bytes((column.meta & 0xff) + (column.meta > 0xff ? 1 : 0))));
      break;
    case ColumnType::kVarchar:
    case ColumnType::kVarString:
    case ColumnType::kString:
      *value = ReadString(column, spec, in);
      break;
    case ColumnType::kBlob:
    case ColumnType::kGeometry:
    case ColumnType::kVector:
      if (column.meta > 4) return absl::DataLossError("a BLOB with a length of more than 4 bytes");
      *value = Value::Bytes(std::string(in->Bytes(in->Uint(column.meta))));
      break;
    case ColumnType::kJson:
      if (column.meta > 4) return absl::DataLossError("a JSON with a length of more than 4 bytes");
      return ReadJson(column, in, value);
    case ColumnType::kBlobCompressed:
      if (column.meta > 4) return absl::DataLossError("a BLOB with a length of more than 4 bytes");
      return ReadCompressed(column.meta, in, value);
    case ColumnType::kVarcharCompressed:
      return ReadCompressed(column.meta > 255 ? 2 : 1, in, value);
  }
  return in->ok() ? absl::OkStatus() : absl::DataLossError("a row ends in the middle of a column");
}

}  // namespace migrate::binlog
