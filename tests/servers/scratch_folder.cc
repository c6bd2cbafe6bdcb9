#include "tests/servers/scratch_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tests::servers {
namespace {

constexpr size_t kLongestParent = 60;
// A folder without a lock file is one that is being made right now, or whose maker died in between.
constexpr time_t kSecondsToMakeALock = 60;

std::string Parent() {
  const char* parent = getenv("TMPDIR");
  if (parent == nullptr || *parent == '\0' || std::string(parent).size() > kLongestParent) return "/tmp";
  return parent;
}

bool Abandoned(const std::filesystem::path& folder) {
  int lock = open((folder / "lock").c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) {
    struct stat status;
    return errno == ENOENT && stat(folder.c_str(), &status) == 0 &&
           time(nullptr) - status.st_mtime > kSecondsToMakeALock;
  }
  bool is_free = flock(lock, LOCK_EX | LOCK_NB) == 0;
  close(lock);
  return is_free;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ScratchFolder>> ScratchFolder::Create(const std::string& prefix) {
  const std::string parent = Parent();
  Sweep(parent, prefix);
  std::string path = absl::StrCat(parent, "/", prefix, ".XXXXXX");
  if (mkdtemp(path.data()) == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat("making a folder in ", parent));
  int lock = open(absl::StrCat(path, "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX) != 0 || chmod(path.c_str(), 0755) != 0) {
    absl::Status status = absl::ErrnoToStatus(errno, absl::StrCat("locking ", path));
    if (lock >= 0) close(lock);
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
    return status;
  }
  return std::unique_ptr<ScratchFolder>(new ScratchFolder(std::move(path), lock));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  close(lock_);
}

void ScratchFolder::Sweep(const std::string& parent, const std::string& prefix) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    if (!absl::StartsWith(entry.path().filename().string(), absl::StrCat(prefix, "."))) continue;
    if (Abandoned(entry.path())) std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace tests::servers
