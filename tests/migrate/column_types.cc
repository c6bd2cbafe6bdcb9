#include "tests/migrate/column_types.h"

namespace tests::migrate {
namespace {

std::vector<TypeCase> NumberCases() {
  return {
      {"TINYINT", {"-128", "127", "0", "-1"}, "c"},
      {"TINYINT UNSIGNED", {"0", "128", "255"}, "c"},
      {"SMALLINT", {"-32768", "32767", "-1"}, "c"},
      {"SMALLINT UNSIGNED", {"65535", "32768"}, "c"},
      {"MEDIUMINT", {"-8388608", "8388607", "-1"}, "c"},
      {"MEDIUMINT UNSIGNED", {"16777215", "8388608"}, "c"},
      {"INT", {"-2147483648", "2147483647", "-1"}, "c"},
      {"INT UNSIGNED ZEROFILL", {"4294967295", "2147483648", "7"}, "c"},
      {"BIGINT", {"-9223372036854775808", "9223372036854775807", "-1"}, "c"},
      {"BIGINT UNSIGNED", {"18446744073709551615", "9223372036854775808"}, "c"},
      {"BOOLEAN", {"TRUE", "FALSE"}, "c"},
      {"FLOAT", {"0.1", "-3.402823466e38", "1.175494351e-38", "16777217", "-0e0", "3.14159274"}, "c * 1e0"},
      {"FLOAT(7,3)", {"1234.567", "-0.001"}, "c * 1e0"},
      {"DOUBLE",
       {"0.1", "-1.7976931348623157e308", "2.2250738585072014e-308", "1e22", "123456789012345678", "5e-324"},
       "c"},
      {"DECIMAL(65,30)",
       {"12345678901234567890123456789012345.123456789012345678901234567891", "-0.000000000000000000000000000001", "0"},
       "c"},
      {"DECIMAL(10,2)", {"-12345678.90", "99999999.99", "0.01", "-0.01"}, "c"},
      {"DECIMAL(9,9)", {"0.123456789", "-0.999999999"}, "c"},
      {"DECIMAL(18,9)", {"123456789.987654321", "-1.000000001"}, "c"},
      {"DECIMAL(30,0)", {"123456789012345678901234567890", "-1"}, "c"},
      {"DECIMAL(1,0)", {"-9", "9"}, "c"},
      {"BIT(1)", {"b'0'", "b'1'"}},
      {"BIT(12)", {"b'101010101010'", "1"}},
      {"BIT(64)", {"18446744073709551615", "1", "b'0'"}},
  };
}

std::vector<TypeCase> TimeCases() {
  return {
      {"DATE", {"'1000-01-01'", "'9999-12-31'", "'0000-00-00'", "'2026-00-00'", "'2024-02-29'"}, "c"},
      {"TIME", {"'-838:59:59'", "'838:59:59'", "'00:00:00'", "'-00:00:01'"}, "c"},
      {"TIME(1)", {"'-00:00:00.1'", "'12:34:56.7'", "'-12:34:56.7'"}, "c"},
      {"TIME(3)", {"'-00:00:00.001'", "'12:34:56.789'", "'-838:59:58.999'"}, "c"},
      {"TIME(6)", {"'-00:00:00.000001'", "'12:34:56.789012'", "'-838:59:58.999999'", "'-12:00:00'"}, "c"},
      {"DATETIME", {"'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'", "'0000-00-00 00:00:00'"}, "c"},
      {"DATETIME(2)", {"'2026-11-23 06:07:08.09'"}, "c"},
      {"DATETIME(4)", {"'2026-11-23 06:07:08.0901'"}, "c"},
      {"DATETIME(6)", {"'2026-11-23 06:07:08.090123'", "'0000-00-00 00:00:00'"}, "c"},
      {"TIMESTAMP NULL", {"'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'", "'0000-00-00 00:00:00'"}, "c"},
      {"TIMESTAMP(5) NULL", {"'2026-03-29 01:30:00.12345'", "'0000-00-00 00:00:00'"}, "c"},
      {"TIMESTAMP(6) NULL", {"'2026-10-25 00:30:00.999999'"}, "c"},
      {"YEAR", {"1901", "2155", "0", "2000"}, "c"},
  };
}

std::vector<TypeCase> TextCases() {
  return {
      {"CHAR(10) CHARACTER SET utf8mb4", {"'値 段'", "''", "'it''s \\\\ \\0 \\n \"'", "'😀'"}},
      {"CHAR(255) CHARACTER SET utf8mb4", {"REPEAT('😀', 255)", "'a'"}},
      {"VARCHAR(20) CHARACTER SET latin1", {"'café'", "_latin1 x'80818d9fff'", "'plain'"}},
      {"VARCHAR(300) CHARACTER SET utf8mb4", {"REPEAT('é', 300)", "'x'", "'trailing  '"}},
      {"VARCHAR(20) CHARACTER SET gbk", {"'价格'", "_gbk x'bf5c'", "_gbk x'815c27'"}},
      {"VARCHAR(20) CHARACTER SET sjis", {"'表示'", "'ソ'"}},
      {"VARCHAR(20) CHARACTER SET utf16", {"'aé値😀'", "'plain'"}},
      {"VARCHAR(20) CHARACTER SET ucs2", {"'値'"}},
      {"VARCHAR(20) CHARACTER SET utf32", {"'値'"}},
      {"VARCHAR(20) CHARACTER SET utf8mb3", {"'値段'"}},
      {"VARCHAR(20) CHARACTER SET ascii", {"'plain'"}},
      {"TINYTEXT", {"'a'", "REPEAT('b', 255)"}},
      {"TEXT CHARACTER SET gbk", {"'价格'"}},
      {"MEDIUMTEXT", {"REPEAT('é', 50000)"}},
      {"LONGTEXT", {"REPEAT('x', 200000)"}},
      {"BINARY(8)", {"x'0001020304050607'", "x'41'", "x'410000'", "x''", "x'2020202020202020'"}},
      {"VARBINARY(300)", {"x'00ff5c27220a0d1a'", "x'4100'", "''", "REPEAT(x'ff', 300)"}},
      {"TINYBLOB", {"x'00'", "REPEAT(x'5c', 255)"}},
      {"BLOB", {"x'efbfbd80'", "''"}},
      {"MEDIUMBLOB", {"REPEAT(x'00', 70000)"}},
      {"LONGBLOB", {"REPEAT(x'27', 1000000)"}},
      {"ENUM('a','it''s','値','') CHARACTER SET utf8mb4", {"'a'", "'it''s'", "'値'", "''"}, "CONCAT(c + 0, ':', c)"},
      {"SET('a','b','値') CHARACTER SET utf8mb4", {"''", "'a'", "'a,値'", "'a,b,値'"}, "CONCAT(c + 0, ':', c)"},
      {"GEOMETRY",
       {"ST_GeomFromText('POINT(1 -2.5)')", "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')"}},
      {"POINT", {"ST_GeomFromText('POINT(0.1 0.2)')"}},
  };
}

std::vector<TypeCase> FlavourCases(bool mariadb) {
  if (mariadb) {
    return {
        {"JSON", {"'{\"a\": [1, 2.50, \"x\"]}'"}},
        {"UUID",
         {"'123e4567-e89b-12d3-a456-426655440000'", "'00000000-0000-0000-0000-000000000000'",
          "'ffffffff-ffff-ffff-ffff-ffffffffff00'", "'01890a5d-ac96-774b-bcce-b302099a8057'"},
         "c"},
        {"INET6", {"'2001:db8::ff00:42:8329'", "'::'", "'::ffff:192.0.2.1'", "'fe80::'"}, "c"},
        {"INET4", {"'192.168.0.1'", "'0.0.0.0'", "'255.255.255.0'"}, "c"},
        {"VARCHAR(2000) COMPRESSED", {"REPEAT('compress me ', 100)", "'x'", "''"}},
        {"VARCHAR(200) COMPRESSED CHARACTER SET latin1", {"REPEAT('é', 200)", "'x'"}},
        {"BLOB COMPRESSED", {"REPEAT('compress me ', 1000)", "x'00'", "''"}},
        {"LONGTEXT COMPRESSED", {"REPEAT('値', 100000)"}},
    };
  }
  return {
      {"JSON",
       {"'{\"a\": [1, 2.5, \"x\", null, true, false], \"長い\": {\"b\": -1}}'", "'[]'", "'{}'",
        "'\"it\\\\u0027s \\\\\\\\ \\\\\"q\\\\\" \\\\n\"'", "'null'", "'1'", "'-9223372036854775808'",
        "'18446744073709551615'", "'1e100'", "'1.0'", "'0.1'", "'70000'", "'-40000'",
        "JSON_OBJECT('long', REPEAT('x', 70000), 'n', 5)", "JSON_ARRAY(1.5e0, '値')"},
       "CONCAT(JSON_TYPE(c), HEX(c))"},
      {"VECTOR(3)", {"STRING_TO_VECTOR('[1,2.5,-3]')"}},
  };
}

}  // namespace

std::vector<TypeCase> AllTypes(bool mariadb) {
  std::vector<TypeCase> cases = NumberCases();
  for (const std::vector<TypeCase>& more : {TimeCases(), TextCases(), FlavourCases(mariadb)}) {
    cases.insert(cases.end(), more.begin(), more.end());
  }
  return cases;
}

}  // namespace tests::migrate
