#include "migrate/binlog/statement.h"

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace migrate::binlog {
namespace {

struct Token {
  enum Kind { kEnd, kWord, kQuotedName, kString, kSymbol } kind = kEnd;
  std::string text;  // without quotes
};

// Splits SQL into words, `quoted names`, strings and single symbols. Comments vanish, except that the inside of /*! */
// and
// /*M! */ is code.
class Tokenizer {
 public:
  explicit Tokenizer(std::string_view sql) : rest_(sql) {}

  Token Next() {
    SkipSpaceAndComments();
    if (rest_.empty()) return {};
    const char c = rest_[0];
    if (c == '`') return Quoted(Token::kQuotedName);
    if (c == '\'' || c == '"') return Quoted(c == '"' ? Token::kQuotedName : Token::kString);
    if (IsWordChar(c)) {
      size_t length = 1;
      while (length < rest_.size() && IsWordChar(rest_[length])) ++length;
      return Take(Token::kWord, length);
    }
    return Take(Token::kSymbol, 1);
  }

  std::string_view rest() const { return rest_; }

 private:
  static bool IsWordChar(char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
           static_cast<signed char>(c) < 0;
  }

  Token Take(Token::Kind kind, size_t length) {
    Token token{kind, std::string(rest_.substr(0, length))};
    rest_.remove_prefix(length);
    return token;
  }

  Token Quoted(Token::Kind kind) {
    const char quote = rest_[0];
    Token token{kind, ""};
    size_t i = 1;
    for (; i < rest_.size(); ++i) {
      if (rest_[i] == '\\' && quote != '`' && i + 1 < rest_.size()) {
        token.text.push_back(rest_[++i]);
      } else if (rest_[i] != quote) {
        token.text.push_back(rest_[i]);
      } else if (i + 1 < rest_.size() && rest_[i + 1] == quote) {
        token.text.push_back(rest_[i++]);
      } else {
        break;
      }
    }
    rest_.remove_prefix(std::min(i + 1, rest_.size()));
    return token;
  }

  void SkipPast(std::string_view end) {
    const size_t at = rest_.find(end);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + end.size());
  }

  void SkipSpaceAndComments() {
    while (!rest_.empty()) {
      if (absl::ascii_isspace(static_cast<unsigned char>(rest_[0]))) {
        rest_.remove_prefix(1);
      } else if (absl::StartsWith(rest_, "/*!") || absl::StartsWith(rest_, "/*M!")) {
        SkipPast("!");
        while (!rest_.empty() && absl::ascii_isdigit(static_cast<unsigned char>(rest_[0]))) rest_.remove_prefix(1);
      } else if (absl::StartsWith(rest_, "/*")) {
        SkipPast("*/");
      } else if (absl::StartsWith(rest_, "*/")) {
        rest_.remove_prefix(2);
      } else if (rest_[0] == '#' || absl::StartsWith(rest_, "-- ")) {
        SkipPast("\n");
      } else {
        return;
      }
    }
  }

  std::string_view rest_;
};

bool IsWord(const Token& token, std::string_view word) {
  return token.kind == Token::kWord && absl::EqualsIgnoreCase(token.text, word);
}

bool IsOneOf(const Token& token, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words) {
    if (IsWord(token, word)) return true;
  }
  return false;
}

std::vector<Token> Tokenize(std::string_view sql) {
  std::vector<Token> tokens;
  Tokenizer tokenizer(sql);
  for (Token token = tokenizer.Next(); token.kind != Token::kEnd; token = tokenizer.Next())
    tokens.push_back(std::move(token));
  tokens.emplace_back();  // so that looking one ahead is always possible
  tokens.emplace_back();
  return tokens;
}

// The xid behind XA START, COMMIT or ROLLBACK, without spaces and options such as ONE PHASE.
std::string ReadXid(std::string_view text) {
  std::string xid;
  for (char c : absl::StripAsciiWhitespace(text)) {
    if (absl::ascii_isspace(static_cast<unsigned char>(c))) break;
    xid.push_back(c == 'x' || c == 'X' ? 'X' : absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return xid;
}

Statement ClassifyXa(Tokenizer* tokenizer) {
  const Token verb = tokenizer->Next();
  Statement statement{StatementKind::kNeutral, ""};
  if (IsOneOf(verb, {"START", "BEGIN"})) statement.kind = StatementKind::kXaStart;
  if (IsWord(verb, "COMMIT")) statement.kind = StatementKind::kXaCommit;
  if (IsWord(verb, "ROLLBACK")) statement.kind = StatementKind::kXaRollback;
  statement.xid = ReadXid(tokenizer->rest());
  return statement;
}

// Does a name that starts at tokens[i] mean the table?
bool NamesTable(const std::vector<Token>& tokens, size_t i, std::string_view default_schema, const TableSpec& table) {
  auto is_name = [&](size_t at) { return tokens[at].kind == Token::kWord || tokens[at].kind == Token::kQuotedName; };
  if (!is_name(i)) return false;
  const bool qualified = tokens[i + 1].kind == Token::kSymbol && tokens[i + 1].text == ".";
  if (!qualified) {
    return absl::EqualsIgnoreCase(tokens[i].text, table.name) && absl::EqualsIgnoreCase(default_schema, table.schema);
  }
  return i + 2 < tokens.size() && is_name(i + 2) && absl::EqualsIgnoreCase(tokens[i].text, table.schema) &&
         absl::EqualsIgnoreCase(tokens[i + 2].text, table.name);
}

bool MentionsTable(const std::vector<Token>& tokens, std::string_view default_schema, const TableSpec& table) {
  for (size_t i = 1; i + 2 < tokens.size(); ++i) {
    const bool after_dot = tokens[i - 1].kind == Token::kSymbol && tokens[i - 1].text == ".";
    if (!after_dot && NamesTable(tokens, i, default_schema, table)) return true;
  }
  return false;
}

// CREATE and ALTER: only names in a place where a table is changed or referred to.
bool DefinesTable(const std::vector<Token>& tokens, std::string_view default_schema, const TableSpec& table) {
  for (size_t i = 1; i + 2 < tokens.size(); ++i) {
    if (!IsOneOf(tokens[i], {"TABLE", "EXISTS", "ON", "RENAME", "TO", "AS", "REFERENCES", "INTO"})) continue;
    // RENAME COLUMN a TO b is not about tables.
    const bool renames_part = IsWord(tokens[i], "TO") && i >= 2 && (IsOneOf(tokens[i - 2], {"COLUMN", "INDEX", "KEY"}));
    const size_t name = tokens[i + 1].kind == Token::kSymbol && tokens[i + 1].text == "=" ? i + 2 : i + 1;
    if (!renames_part && NamesTable(tokens, name, default_schema, table)) return true;
  }
  return false;
}

bool DropsSchema(const std::vector<Token>& tokens, const TableSpec& table) {
  if (!IsWord(tokens[0], "DROP") || !IsOneOf(tokens[1], {"DATABASE", "SCHEMA"})) return false;
  const size_t name = IsWord(tokens[2], "IF") ? 4 : 2;
  return name < tokens.size() && absl::EqualsIgnoreCase(tokens[name].text, table.schema);
}

}  // namespace

Statement Classify(std::string_view sql) {
  Tokenizer tokenizer(sql);
  const Token first = tokenizer.Next();
  if (IsWord(first, "BEGIN")) return {StatementKind::kBegin, ""};
  if (IsWord(first, "START")) return {StatementKind::kBegin, ""};
  if (IsWord(first, "COMMIT")) return {StatementKind::kCommit, ""};
  if (IsWord(first, "XA")) return ClassifyXa(&tokenizer);
  if (IsWord(first, "ROLLBACK")) {
    for (Token token = tokenizer.Next(); token.kind != Token::kEnd; token = tokenizer.Next()) {
      if (IsWord(token, "TO")) return {StatementKind::kRollbackToSavepoint, ""};
    }
    return {StatementKind::kRollback, ""};
  }
  if (IsOneOf(first, {"SAVEPOINT", "RELEASE", "GRANT", "REVOKE", "ANALYZE", "OPTIMIZE", "REPAIR", "FLUSH", "SET"})) {
    return {StatementKind::kNeutral, ""};
  }
  return {StatementKind::kOther, ""};
}

bool TouchesTable(std::string_view sql, std::string_view default_schema, const TableSpec& table) {
  // Most statements of a log are about other tables; do not take those apart.
  if (!absl::StrContainsIgnoreCase(sql, table.name) && !absl::StrContainsIgnoreCase(sql, table.schema) &&
      sql.find('`') == std::string_view::npos) {
    return false;
  }
  const std::vector<Token> tokens = Tokenize(sql);
  if (tokens.size() < 4) return false;
  if (DropsSchema(tokens, table)) return true;
  if (IsOneOf(tokens[0], {"CREATE", "ALTER"})) return DefinesTable(tokens, default_schema, table);
  return MentionsTable(tokens, default_schema, table);
}

}  // namespace migrate::binlog
