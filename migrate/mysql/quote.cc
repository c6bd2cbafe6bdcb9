#include "migrate/mysql/quote.h"

#include "absl/strings/str_cat.h"

namespace migrate::mysql {

std::string QuoteIdentifier(std::string_view name) {
  std::string out;
  out.reserve(name.size() + 2);
  out.push_back('`');
  for (char c : name) {
    if (c == '`') out.push_back('`');
    out.push_back(c);
  }
  out.push_back('`');
  return out;
}

std::string QualifiedName(std::string_view schema, std::string_view table) {
  return absl::StrCat(QuoteIdentifier(schema), ".", QuoteIdentifier(table));
}

std::string QuoteString(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  AppendQuotedString(text, &out);
  return out;
}

void AppendQuotedString(std::string_view text, std::string* out) {
  out->push_back('\'');
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char escape;
    switch (text[i]) {
      case '\0':
        escape = '0';
        break;
      case '\n':
        escape = 'n';
        break;
      case '\r':
        escape = 'r';
        break;
      case '\x1a':  // some terminals and clients take it for the end of the input
        escape = 'Z';
        break;
      case '\'':
      case '"':
      case '\\':
        escape = text[i];
        break;
      default:
        continue;
    }
    out->append(text, done, i - done);
    out->push_back('\\');
    out->push_back(escape);
    done = i + 1;
  }
  out->append(text, done, text.size() - done);
  out->push_back('\'');
}

void AppendHexLiteral(std::string_view bytes, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out->reserve(out->size() + 2 * bytes.size() + 3);
  out->append("x'");
  for (unsigned char c : bytes) {
    out->push_back(kDigits[c >> 4]);
    out->push_back(kDigits[c & 15]);
  }
  out->push_back('\'');
}

}  // namespace migrate::mysql
