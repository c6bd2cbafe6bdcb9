#include "vrcharts/text/utf8.h"

namespace vrcharts::text {

uint32_t NextCodepoint(std::string_view utf8, size_t* position) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(utf8[i]); };
  const uint8_t lead = byte((*position)++);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xc2 && lead < 0xe0   ? 1
                   : lead >= 0xe0 && lead < 0xf0 ? 2
                   : lead >= 0xf0 && lead < 0xf5 ? 3
                                                 : 0;
  if (more == 0 || *position + more > utf8.size()) return 0xfffd;
  uint32_t code = lead & (0x3f >> more);
  for (int i = 0; i < more; ++i) {
    const uint8_t next = byte(*position + i);
    if ((next & 0xc0) != 0x80) return 0xfffd;
    code = code << 6 | (next & 0x3f);
  }
  static constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return 0xfffd;
  *position += more;
  return code;
}

std::string CleanUtf8(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (size_t at = 0; at < utf8.size();) {
    const size_t begin = at;
    const uint32_t code = NextCodepoint(utf8, &at);
    if (code == 0xfffd) {
      out += "\xef\xbf\xbd";
    } else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      out += ' ';
    } else {
      out.append(utf8.substr(begin, at - begin));
    }
  }
  return out;
}

}  // namespace vrcharts::text
