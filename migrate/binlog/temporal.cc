#include "migrate/binlog/temporal.h"

#include <cstdint>
#include <ctime>

#include "absl/strings/str_format.h"

namespace migrate::binlog {
namespace {

constexpr int64_t kPowersOfTen[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

// ".123" for 123000 microseconds and 3 digits.
std::string Fraction(int64_t micros, int digits) {
  if (digits <= 0 || digits > 6) return "";
  return absl::StrFormat(".%0*d", digits, micros / kPowersOfTen[6 - digits]);
}

// The fraction is stored in as few bytes as hold its digits, rounded up to an even number of them.
int64_t ReadMicros(int digits, ByteReader* in) {
  const int bytes = (digits + 1) / 2;
  if (bytes <= 0 || bytes > 3) return 0;
  return static_cast<int64_t>(in->BigEndian(bytes)) * kPowersOfTen[6 - 2 * bytes];
}

std::string FormatUtc(int64_t seconds, int64_t micros, int digits) {
  if (seconds == 0 && micros == 0) return "0000-00-00 00:00:00" + Fraction(0, digits);
  time_t time = static_cast<time_t>(seconds);
  struct tm utc = {};
  gmtime_r(&time, &utc);
  return absl::StrFormat("%04d-%02d-%02d %02d:%02d:%02d%s", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                         utc.tm_hour, utc.tm_min, utc.tm_sec, Fraction(micros, digits));
}

}  // namespace

std::string ReadDate(ByteReader* in) {
  const uint64_t packed = in->Uint(3);
  return absl::StrFormat("%04d-%02d-%02d", packed >> 9, packed >> 5 & 15, packed & 31);
}

std::string ReadTime2(int digits, ByteReader* in) {
  // One signed number, offset so that bytes compare like times: 2 bits, 10 hours, 6 minutes, 6 seconds, then the
  // fraction.
  const int bytes = (digits + 1) / 2;
  if (bytes > 3) {
    in->Fail();
    return "";
  }
  const int fraction_bits = 8 * bytes;
  int64_t packed = static_cast<int64_t>(in->BigEndian(3 + bytes)) - (int64_t{0x800000} << fraction_bits);
  const bool negative = packed < 0;
  if (negative) packed = -packed;
  const int64_t seconds = packed >> fraction_bits;
  const int64_t fraction = packed & ((int64_t{1} << fraction_bits) - 1);
  return absl::StrFormat("%s%02d:%02d:%02d%s", negative ? "-" : "", seconds >> 12 & 0x3ff, seconds >> 6 & 0x3f,
                         seconds & 0x3f, Fraction(fraction * kPowersOfTen[6 - 2 * bytes], digits));
}

std::string ReadDateTime2(int digits, ByteReader* in) {
  // 1 sign (always set), 17 year * 13 + month, 5 day, 5 hour, 6 minute, 6 second.
  const int64_t packed = static_cast<int64_t>(in->BigEndian(5)) - 0x8000000000;
  const int64_t micros = ReadMicros(digits, in);
  const int64_t date = packed >> 17;
  const int64_t month = date >> 5;
  return absl::StrFormat("%04d-%02d-%02d %02d:%02d:%02d%s", month / 13, month % 13, date & 31, packed >> 12 & 31,
                         packed >> 6 & 63, packed & 63, Fraction(micros, digits));
}

std::string ReadTimestamp2(int digits, ByteReader* in) {
  const int64_t seconds = static_cast<int64_t>(in->BigEndian(4));
  const int64_t micros = ReadMicros(digits, in);
  return FormatUtc(seconds, micros, digits);
}

std::string ReadTimeOld(ByteReader* in) {
  int64_t packed = in->Int(3);
  const bool negative = packed < 0;
  if (negative) packed = -packed;
  return absl::StrFormat("%s%02d:%02d:%02d", negative ? "-" : "", packed / 10000, packed / 100 % 100, packed % 100);
}

std::string ReadDateTimeOld(ByteReader* in) {
  const uint64_t packed = in->Uint(8);
  const uint64_t date = packed / 1000000;
  const uint64_t time = packed % 1000000;
  return absl::StrFormat("%04d-%02d-%02d %02d:%02d:%02d", date / 10000, date / 100 % 100, date % 100, time / 10000,
                         time / 100 % 100, time % 100);
}

std::string ReadTimestampOld(ByteReader* in) { return FormatUtc(static_cast<int64_t>(in->Uint(4)), 0, 0); }

}  // namespace migrate::binlog
