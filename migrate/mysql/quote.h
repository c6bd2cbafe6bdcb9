// Quoting of names and values for SQL text.
//
// The results are right on every connection that Connection::Open made: character set utf8mb4, neither ANSI_QUOTES nor
// NO_BACKSLASH_ESCAPES in sql_mode.
#ifndef MIGRATE_MYSQL_QUOTE_H_
#define MIGRATE_MYSQL_QUOTE_H_

#include <string>
#include <string_view>

namespace migrate::mysql {

// a`b -> `a``b`
std::string QuoteIdentifier(std::string_view name);

// `schema`.`table`
std::string QualifiedName(std::string_view schema, std::string_view table);

// UTF-8 text as a string literal: it's -> 'it\'s'. Any bytes are safe; what the server reads back are the same bytes.
std::string QuoteString(std::string_view text);
void AppendQuotedString(std::string_view text, std::string* out);

// Bytes as a binary literal: x'00ff'.
void AppendHexLiteral(std::string_view bytes, std::string* out);

}  // namespace migrate::mysql

#endif  // MIGRATE_MYSQL_QUOTE_H_
