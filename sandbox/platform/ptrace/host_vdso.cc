#include "sandbox/platform/ptrace/host_vdso.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace sandbox {
namespace {

std::string ReadMaps() {
  std::string text;
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[8192];
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) text.append(buffer, n);
  close(fd);
  return text;
}

}  // namespace

HostVdso FindHostVdso() {
  HostVdso vdso;
  for (const std::string_view line : absl::StrSplit(ReadMaps(), '\n')) {
    const bool code = absl::EndsWith(line, "[vdso]");
    if (!code && !absl::EndsWith(line, "[vvar]") && !absl::EndsWith(line, "[vvar_vclock]")) continue;
    const std::pair<std::string_view, std::string_view> bounds =
        absl::StrSplit(line.substr(0, line.find(' ')), absl::MaxSplits('-', 1));
    AddrRange range;
    if (!absl::SimpleHexAtoi(bounds.first, &range.start) || !absl::SimpleHexAtoi(bounds.second, &range.end)) return {};
    const bool adjacent = vdso.count == 0 || vdso.pieces[vdso.count - 1].end == range.start;
    if (vdso.count == HostVdso::kMaxPieces || !adjacent) return {};
    vdso.pieces[vdso.count++] = range;
    if (code) vdso.code = range.start;
  }
  return vdso.code == 0 ? HostVdso{} : vdso;
}

bool HostVdso::MoveTo(Addr target) const {
  for (size_t i = 0; i < count; ++i) {
    const AddrRange& piece = pieces[i];
    auto* const to = reinterpret_cast<void*>(target + (piece.start - start()));
    if (mremap(reinterpret_cast<void*>(piece.start), piece.length(), piece.length(), MREMAP_MAYMOVE | MREMAP_FIXED,
               to) != to) {
      return false;
    }
  }
  return count != 0;
}

}  // namespace sandbox
