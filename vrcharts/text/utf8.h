#ifndef VRCHARTS_TEXT_UTF8_H_
#define VRCHARTS_TEXT_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vrcharts::text {

// The code point at *position, which moves past it. A byte that is not part of valid UTF-8 (RFC 3629: no overlong
// forms, no surrogates) counts as U+FFFD by itself. *position must be < utf8.size().
uint32_t NextCodepoint(std::string_view utf8, size_t* position);

// The same text with U+FFFD for each invalid byte and blanks for control characters: names come from the web.
std::string CleanUtf8(std::string_view utf8);

}  // namespace vrcharts::text

#endif  // VRCHARTS_TEXT_UTF8_H_
