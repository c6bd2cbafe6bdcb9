#include "migrate/schema/names.h"

#include <cstddef>

#include "absl/strings/str_cat.h"

namespace migrate::schema {
namespace {

constexpr size_t kMaxCharacters = 64;

bool BeginsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

// _BASE_SUFFIX with BASE shortened at a character boundary so that the whole has at most 64 characters.
std::string Decorate(std::string_view base, std::string_view suffix) {
  const size_t room = kMaxCharacters - 2 - suffix.size();
  size_t characters = 0;
  size_t end = 0;
  while (end < base.size()) {
    if (BeginsCharacter(base[end]) && ++characters > room) break;
    ++end;
  }
  return absl::StrCat("_", base.substr(0, end), "_", suffix);
}

}  // namespace

TableNames MakeTableNames(std::string_view original, std::string_view base, std::string_view timestamp) {
  const std::string old = timestamp.empty() ? "del" : absl::StrCat(timestamp, "_del");
  return {std::string(original), Decorate(base, "gho"), Decorate(base, "ghc"), Decorate(base, old)};
}

}  // namespace migrate::schema
