#include "tests/servers/peers.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

namespace tests::servers {

std::string PeersFolder() {
  if (const char* folder = getenv("PROGRAMS_PEERS"); folder != nullptr && *folder != '\0') return folder;
  if (geteuid() == 0) return "/var/cache/programs";
  if (const char* caches = getenv("XDG_CACHE_HOME"); caches != nullptr && *caches != '\0') {
    return std::string(caches) + "/programs";
  }
  // Bazel changes HOME for tests, so the user's entry in the password file counts.
  const passwd* user = getpwuid(geteuid());
  return std::string(user == nullptr ? "" : user->pw_dir) + "/.cache/programs";
}

}  // namespace tests::servers
