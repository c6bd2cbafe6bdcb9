#include "migrate/mysql/server_info.h"

#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace migrate::mysql {

ServerInfo ServerInfo::Parse(std::string_view version) {
  ServerInfo info;
  info.version = std::string(version);
  if (absl::StrContainsIgnoreCase(version, "mariadb")) info.flavour = Flavour::kMariaDb;
  // Old MariaDB servers put this in front for the sake of MySQL replicas.
  if (info.IsMariaDb() && absl::StartsWith(version, "5.5.5-")) version.remove_prefix(6);
  int* parts[] = {&info.major, &info.minor, &info.patch};
  size_t i = 0;
  for (int* part : parts) {
    while (i < version.size() && absl::ascii_isdigit(version[i]) && *part < 10000)
      *part = *part * 10 + (version[i++] - '0');
    if (i >= version.size() || version[i] != '.') break;
    ++i;
  }
  return info;
}

bool ServerInfo::AtLeast(int want_major, int want_minor, int want_patch) const {
  return std::tie(major, minor, patch) >= std::tie(want_major, want_minor, want_patch);
}

}  // namespace migrate::mysql
