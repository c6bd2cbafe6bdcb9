// Reads numbers and strings out of a byte buffer without ever leaving it.
//
// A read past the end returns zero (or an empty string), and from then on ok() is false and everything reads as zero.
// So a parser can read a whole structure and check ok() once, before it acts on what it read.
#ifndef MIGRATE_BINLOG_BYTE_READER_H_
#define MIGRATE_BINLOG_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace migrate::binlog {

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  size_t remaining() const { return rest_.size(); }
  std::string_view rest() const { return rest_; }

  // `count` bytes; empty if there are fewer.
  std::string_view Bytes(uint64_t count) {
    if (count > rest_.size()) {
      Fail();
      return {};
    }
    std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  void Skip(uint64_t count) { Bytes(count); }

  // Little-endian, `count` <= 8 bytes.
  uint64_t Uint(size_t count) {
    uint64_t value = 0;
    std::string_view bytes = Bytes(count);
    for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
    return value;
  }

  // Big-endian, `count` <= 8 bytes.
  uint64_t BigEndian(size_t count) {
    uint64_t value = 0;
    for (char c : Bytes(count)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }

  // Little-endian two's complement.
  int64_t Int(size_t count) {
    const int shift = static_cast<int>(64 - 8 * count);
    return static_cast<int64_t>(Uint(count) << shift) >> shift;
  }

  // The protocol's length-encoded integer: one byte below 251, else 0xfc, 0xfd, 0xfe and 2, 3, 8 bytes.
  uint64_t LengthEncoded() {
    const uint64_t first = Uint(1);
    if (first < 251) return first;
    if (first == 0xfc) return Uint(2);
    if (first == 0xfd) return Uint(3);
    if (first == 0xfe) return Uint(8);
    Fail();
    return 0;
  }

  void Fail() {
    ok_ = false;
    rest_ = {};
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_BYTE_READER_H_
