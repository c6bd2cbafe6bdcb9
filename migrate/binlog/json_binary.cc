#include "migrate/binlog/json_binary.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "migrate/binlog/byte_reader.h"

namespace migrate::binlog {
namespace {

enum Type : uint8_t {
  kSmallObject = 0,
  kLargeObject = 1,
  kSmallArray = 2,
  kLargeArray = 3,
  kLiteral = 4,
  kInt16 = 5,
  kUint16 = 6,
  kInt32 = 7,
  kUint32 = 8,
  kInt64 = 9,
  kUint64 = 10,
  kDouble = 11,
  kString = 12,
};

constexpr int kMaxDepth = 128;  // the server's own limit is 100

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out->push_back('"');
  for (char c : text) {
    switch (c) {
      case '"':
      case '\\':
        out->push_back('\\');
        out->push_back(c);
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20) {
          out->append("\\u00");
          out->push_back(kDigits[c >> 4]);
          out->push_back(kDigits[c & 15]);
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

class Printer {
 public:
  explicit Printer(std::string* out) : out_(out) {}

  // `bytes` starts with the value (without its type byte) and may go on after it. False if malformed.
  bool Value(uint8_t type, std::string_view bytes, int depth) {
    ByteReader in(bytes);
    switch (type) {
      case kSmallObject:
      case kSmallArray:
        return Container(type == kSmallObject, 2, bytes, depth);
      case kLargeObject:
      case kLargeArray:
        return Container(type == kLargeObject, 4, bytes, depth);
      case kLiteral:
        return Literal(in.Uint(1)) && in.ok();
      case kInt16:
        absl::StrAppend(out_, in.Int(2));
        return in.ok();
      case kInt32:
        absl::StrAppend(out_, in.Int(4));
        return in.ok();
      case kInt64:
        absl::StrAppend(out_, in.Int(8));
        return in.ok();
      case kUint16:
        return Unsigned(in.Uint(2)) && in.ok();
      case kUint32:
        return Unsigned(in.Uint(4)) && in.ok();
      case kUint64:
        return Unsigned(in.Uint(8)) && in.ok();
      case kDouble:
        return Double(in.Uint(8)) && in.ok();
      case kString:
        return String(&in);
      default:
        // Opaque (15): a value of some SQL type, DECIMAL or DATETIME or a blob. Its text would read back as another
        // type.
        exact_ = false;
        out_->append("null");
        return type == 15;
    }
  }

  bool exact() const { return exact_; }

 private:
  bool Literal(uint64_t which) {
    static constexpr std::string_view kNames[] = {"null", "true", "false"};
    if (which > 2) return false;
    out_->append(kNames[which]);
    return true;
  }

  bool Unsigned(uint64_t value) {
    // Text for a number that fits int64 reads back as a signed one; JSON_TYPE() tells the difference.
    if (value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) exact_ = false;
    absl::StrAppend(out_, value);
    return true;
  }

  bool Double(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof(value));
    if (!std::isfinite(value)) return false;
    char buffer[40];
    std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
    out_->append(buffer, end.ptr);
    return true;
  }

  // Length in 7-bit groups, lowest first; the high bit says that another byte follows.
  bool String(ByteReader* in) {
    uint64_t length = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const uint64_t byte = in->Uint(1);
      length |= (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) {
        std::string_view text = in->Bytes(length);
        AppendJsonString(text, out_);
        return in->ok();
      }
    }
    return false;
  }

  // Element count, size in bytes, [key offset, 2-byte key length]*, [type, offset or small value]*, keys, values.
  // Counts and offsets are `width` bytes; offsets count from the start of `bytes`.
  bool Container(bool object, size_t width, std::string_view bytes, int depth) {
    if (depth >= kMaxDepth) return false;
    ByteReader in(bytes);
    const uint64_t count = in.Uint(width);
    const uint64_t size = in.Uint(width);
    const uint64_t entry_bytes = count * ((object ? width + 2 : 0) + 1 + width);
    if (!in.ok() || size > bytes.size() || entry_bytes > in.remaining()) return false;
    bytes = bytes.substr(0, size);
    ByteReader keys(in.Bytes(object ? count * (width + 2) : 0));
    ByteReader values(in.Bytes(count * (1 + width)));
    out_->push_back(object ? '{' : '[');
    for (uint64_t i = 0; i < count; ++i) {
      if (i > 0) out_->append(", ");
      if (object) {
        const uint64_t offset = keys.Uint(width);
        const uint64_t length = keys.Uint(2);
        if (offset > bytes.size() || length > bytes.size() - offset) return false;
        AppendJsonString(bytes.substr(offset, length), out_);
        out_->append(": ");
      }
      if (!Element(&values, width, bytes, depth)) return false;
    }
    out_->push_back(object ? '}' : ']');
    return true;
  }

  bool Element(ByteReader* values, size_t width, std::string_view bytes, int depth) {
    const uint8_t type = static_cast<uint8_t>(values->Uint(1));
    const std::string_view slot = values->Bytes(width);
    const bool in_place =
        type == kLiteral || type == kInt16 || type == kUint16 || (width == 4 && (type == kInt32 || type == kUint32));
    if (in_place) return Value(type, slot, depth + 1);
    const uint64_t offset = ByteReader(slot).Uint(width);
    // A value lies behind the entries; an offset that points back into them would make a document contain itself.
    if (offset < 2 * width || offset >= bytes.size()) return false;
    return Value(type, bytes.substr(offset), depth + 1);
  }

  std::string* out_;
  bool exact_ = true;
};

}  // namespace

JsonText AppendJsonText(std::string_view binary, std::string* out) {
  if (binary.empty()) {  // what a NOT NULL column holds after INSERT IGNORE without a value
    out->append("null");
    return JsonText::kExact;
  }
  Printer printer(out);
  if (!printer.Value(static_cast<uint8_t>(binary[0]), binary.substr(1), 0)) return JsonText::kMalformed;
  return printer.exact() ? JsonText::kExact : JsonText::kInexact;
}

}  // namespace migrate::binlog
