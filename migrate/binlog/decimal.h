// DECIMAL values of row events.
#ifndef MIGRATE_BINLOG_DECIMAL_H_
#define MIGRATE_BINLOG_DECIMAL_H_

#include <string>

#include "migrate/binlog/byte_reader.h"

namespace migrate::binlog {

// Reads a DECIMAL(precision, scale) in the server's binary form (strings/decimal.c, decimal2bin): base 10^9 words, the
// outer ones shortened to as few bytes as their digits need, all bits inverted if negative, the top bit inverted. Gives
// the digits, e.g. "-12.50". Fails the reader if precision and scale are out of range or a word is not a number of its
// digits.
std::string ReadDecimal(int precision, int scale, ByteReader* in);

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_DECIMAL_H_
