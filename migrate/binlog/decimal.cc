#include "migrate/binlog/decimal.h"

#include <algorithm>
#include <cstdint>

namespace migrate::binlog {
namespace {

constexpr int kDigitsPerWord = 9;
constexpr int kBytesOfDigits[] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};
constexpr uint32_t kPowersOfTen[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

int SizeOf(int digits) { return digits / kDigitsPerWord * 4 + kBytesOfDigits[digits % kDigitsPerWord]; }

// Appends `digits` digits read from the next bytes.
void AppendWord(int digits, ByteReader* in, std::string* out) {
  if (digits == 0) return;
  uint64_t word = in->BigEndian(kBytesOfDigits[digits]);
  if (word >= kPowersOfTen[digits]) in->Fail();
  const size_t start = out->size();
  out->append(digits, '0');
  for (int i = digits; i-- > 0 && word > 0; word /= 10) (*out)[start + i] = static_cast<char>('0' + word % 10);
}

}  // namespace

std::string ReadDecimal(int precision, int scale, ByteReader* in) {
  if (precision < 1 || precision > 65 || scale < 0 || scale > precision || scale > 38) {
    in->Fail();
    return "";
  }
  const int whole = precision - scale;
  std::string bytes(in->Bytes(SizeOf(whole) + SizeOf(scale)));
  if (!in->ok()) return "";
  const bool negative = (bytes[0] & 0x80) == 0;
  if (negative) {
    for (char& c : bytes) c = static_cast<char>(~c);
  }
  bytes[0] = static_cast<char>(bytes[0] ^ 0x80);

  ByteReader words(bytes);
  std::string digits;
  AppendWord(whole % kDigitsPerWord, &words, &digits);
  for (int i = 0; i < whole / kDigitsPerWord; ++i) AppendWord(kDigitsPerWord, &words, &digits);
  const size_t first = std::min(digits.find_first_not_of('0'), digits.size());
  std::string text = negative ? "-" : "";
  text += first == digits.size() ? "0" : digits.substr(first);
  if (scale > 0) {
    text.push_back('.');
    for (int i = 0; i < scale / kDigitsPerWord; ++i) AppendWord(kDigitsPerWord, &words, &text);
    AppendWord(scale % kDigitsPerWord, &words, &text);
  }
  if (!words.ok()) in->Fail();
  return text;
}

}  // namespace migrate::binlog
