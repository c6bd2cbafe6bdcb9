#include "migrate/schema/alter.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace migrate::schema {
namespace {

struct Token {
  enum Kind { kWord, kName, kString, kPunctuation } kind;  // kName: `quoted`; words may be names too
  std::string text;
  size_t end = 0;  // offset behind the token
  int depth = 0;   // of parentheses around it

  bool Is(std::string_view word) const {
    return kind != kName && kind != kString && absl::EqualsIgnoreCase(text, word);
  }
};

bool IsWordByte(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// Reads a quoted token that begins at `i`; doubled quotes stand for one, and in strings backslash escapes.
absl::StatusOr<std::string> ReadQuoted(std::string_view text, size_t& i) {
  const char quote = text[i];
  std::string out;
  for (++i; i < text.size(); ++i) {
    if (text[i] == '\\' && quote != '`' && i + 1 < text.size()) {
      out.push_back(text[++i]);
    } else if (text[i] != quote) {
      out.push_back(text[i]);
    } else if (i + 1 < text.size() && text[i + 1] == quote) {
      out.push_back(text[++i]);
    } else {
      ++i;
      return out;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("--alter: no closing ", std::string(1, quote)));
}

void SkipComment(std::string_view text, size_t& i) {
  if (text.substr(i, 2) == "/*") {
    const size_t end = text.find("*/", i + 2);
    i = end == std::string_view::npos ? text.size() : end + 2;
  } else {
    const size_t end = text.find('\n', i);
    i = end == std::string_view::npos ? text.size() : end + 1;
  }
}

absl::StatusOr<std::vector<Token>> Tokenize(std::string_view text) {
  std::vector<Token> tokens;
  int depth = 0;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (absl::ascii_isspace(c)) {
      ++i;
      continue;
    }
    if (text.substr(i, 2) == "/*" || text.substr(i, 3) == "-- " || c == '#') {
      SkipComment(text, i);
      continue;
    }
    Token token;
    token.depth = depth;
    if (c == '`' || c == '\'' || c == '"') {
      absl::StatusOr<std::string> quoted = ReadQuoted(text, i);
      if (!quoted.ok()) return quoted.status();
      token.kind = c == '`' ? Token::kName : Token::kString;
      token.text = *std::move(quoted);
    } else if (IsWordByte(c)) {
      const size_t begin = i;
      while (i < text.size() && IsWordByte(text[i])) ++i;
      token.kind = Token::kWord;
      token.text = std::string(text.substr(begin, i - begin));
    } else {
      if (c == '(') ++depth;
      if (c == ')') token.depth = --depth;
      if (depth < 0) return absl::InvalidArgumentError("--alter: a ')' without '('");
      token.kind = Token::kPunctuation;
      token.text = std::string(1, c);
      ++i;
    }
    token.end = i;
    tokens.push_back(std::move(token));
  }
  if (depth > 0) return absl::InvalidArgumentError("--alter: a '(' without ')'");
  return tokens;
}

// The tokens of one clause, from `next` on.
class Clause {
 public:
  Clause(const Token* begin, const Token* end) : next_(begin), end_(end) {}

  bool Accept(std::string_view word) {
    if (next_ == end_ || !next_->Is(word)) return false;
    ++next_;
    return true;
  }
  void AcceptIfExists() {
    const Token* begin = next_;
    if (Accept("IF") && (Accept("NOT"), Accept("EXISTS"))) return;
    next_ = begin;
  }
  std::string Name() { return next_ == end_ ? "" : (next_++)->text; }
  bool Contains(std::string_view word) const {
    return std::any_of(next_, end_, [&](const Token& token) { return token.depth == 0 && token.Is(word); });
  }

 private:
  const Token* next_;
  const Token* end_;
};

void ReadRename(Clause clause, Alter& alter) {
  if (clause.Accept("INDEX") || clause.Accept("KEY")) return;
  if (!clause.Accept("COLUMN")) {
    alter.renames_table = true;
    return;
  }
  clause.AcceptIfExists();
  std::string from = clause.Name();
  if (!clause.Accept("TO")) return;
  alter.renamed.emplace_back(std::move(from), clause.Name());
}

void ReadDrop(Clause clause, Alter& alter) {
  for (std::string_view other :
       {"INDEX", "KEY", "PRIMARY", "FOREIGN", "CONSTRAINT", "CHECK", "PARTITION", "PERIOD", "SYSTEM"}) {
    if (clause.Accept(other)) return;
  }
  clause.Accept("COLUMN");
  clause.AcceptIfExists();
  alter.dropped.push_back(clause.Name());
}

void ReadClause(Clause clause, Alter& alter) {
  if (clause.Contains("UNIQUE") || clause.Contains("PRIMARY")) alter.adds_unique_key = true;
  if (clause.Accept("AUTO_INCREMENT")) {
    alter.changes_auto_increment = true;
  } else if (clause.Accept("RENAME")) {
    ReadRename(clause, alter);
  } else if (clause.Accept("DROP")) {
    ReadDrop(clause, alter);
  } else if (clause.Accept("CHANGE")) {
    clause.Accept("COLUMN");
    clause.AcceptIfExists();
    std::string from = clause.Name();
    std::string to = clause.Name();
    if (!absl::EqualsIgnoreCase(from, to)) alter.renamed.emplace_back(std::move(from), std::move(to));
  }
}

// Offset behind "ALTER TABLE [IF EXISTS] [db.]table"; 0 if the text does not begin so.
absl::StatusOr<size_t> SkipPrefix(const std::vector<Token>& tokens, std::string_view database, std::string_view table) {
  if (tokens.size() < 3 || !tokens[0].Is("ALTER")) return 0;
  size_t i = 1;
  while (i < tokens.size() && (tokens[i].Is("ONLINE") || tokens[i].Is("IGNORE"))) ++i;
  if (i >= tokens.size() || !tokens[i].Is("TABLE")) return 0;
  ++i;
  if (i + 1 < tokens.size() && tokens[i].Is("IF")) i += 2;
  if (i >= tokens.size()) return 0;
  std::string named_database(database);
  std::string named = tokens[i].text;
  if (i + 2 < tokens.size() && tokens[i + 1].Is(".")) {
    named_database = named;
    i += 2;
    named = tokens[i].text;
  }
  if (named != table || named_database != database) {
    return absl::InvalidArgumentError(absl::StrCat("--alter names the table ", named_database, ".", named,
                                                   " but --database and --table say ", database, ".", table));
  }
  return tokens[i].end;
}

}  // namespace

absl::StatusOr<Alter> ParseAlter(std::string_view text, std::string_view database, std::string_view table) {
  text = absl::StripAsciiWhitespace(text);
  while (!text.empty() && text.back() == ';') text = absl::StripAsciiWhitespace(text.substr(0, text.size() - 1));
  absl::StatusOr<std::vector<Token>> tokens = Tokenize(text);
  if (!tokens.ok()) return tokens.status();
  absl::StatusOr<size_t> prefix = SkipPrefix(*tokens, database, table);
  if (!prefix.ok()) return prefix.status();

  Alter alter;
  alter.clauses = std::string(absl::StripAsciiWhitespace(text.substr(*prefix)));
  if (alter.clauses.empty())
    return absl::InvalidArgumentError("--alter is empty: say what to change, for example --alter=\"ADD COLUMN c int\"");
  const Token* begin = tokens->data();
  const Token* const end = begin + tokens->size();
  while (begin != end && begin->end <= *prefix) ++begin;
  while (begin != end) {
    const Token* comma = std::find_if(begin, end, [](const Token& token) { return token.depth == 0 && token.Is(","); });
    ReadClause(Clause(begin, comma), alter);
    begin = comma == end ? end : comma + 1;
  }
  return alter;
}

}  // namespace migrate::schema
