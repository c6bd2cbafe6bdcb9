// A temporary folder that does not outlive the process that made it, however that process ends.
//
// The owner holds a lock on the file `lock` in the folder. An orderly end removes the folder; after a SIGKILL nobody
// can, but the kernel drops the lock, and the next process that asks for such a folder sweeps away those whose lock is
// free.
//
//   ASSIGN_OR_RETURN(auto folder, ScratchFolder::Create("programs-servers"));
//   WriteTo(folder->path() + "/data");
#ifndef TESTS_SERVERS_SCRATCH_FOLDER_H_
#define TESTS_SERVERS_SCRATCH_FOLDER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tests::servers {

class ScratchFolder {
 public:
  // Sweeps, then makes PARENT/PREFIX.XXXXXX with mode 0755. The parent is $TMPDIR, or /tmp where that is unset or so
  // long that a socket in the folder would exceed the 107 bytes of a unix socket's name. Fails with the system's error.
  static absl::StatusOr<std::unique_ptr<ScratchFolder>> Create(const std::string& prefix);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }

  // Removes the folders PARENT/PREFIX.* that no process owns any more.
  static void Sweep(const std::string& parent, const std::string& prefix);

 private:
  ScratchFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;
};

}  // namespace tests::servers

#endif  // TESTS_SERVERS_SCRATCH_FOLDER_H_
