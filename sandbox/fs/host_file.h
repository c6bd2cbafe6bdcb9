// Open files and directories of the host.
#ifndef SANDBOX_FS_HOST_FILE_H_
#define SANDBOX_FS_HOST_FILE_H_

#include <memory>
#include <string>
#include <vector>

#include "sandbox/fs/host_tree.h"
#include "sandbox/mm/mappable.h"
#include "sandbox/vfs/file.h"

namespace sandbox {

// A regular file. Data moves straight between the host's descriptor and guest memory; mappings are mappings of the
// descriptor.
class HostFile : public SeekableFile, public Mappable {
 public:
  HostFile(Path path, int flags, UniqueFd fd, std::shared_ptr<HostTree> tree);

  int host_fd() const { return fd_.get(); }
  Result<size_t> ReadAt(IoBuffer& to, uint64_t offset) override;
  Result<size_t> WriteAt(IoBuffer& from, uint64_t offset) override;
  Result<uint64_t> Seek(int64_t offset, int whence) override;
  Result<Attributes> GetAttributes() override;
  Result<void> SetAttributes(const AttributeChange& change) override;
  Result<void> Sync(bool data_only) override;
  Result<void> Allocate(int mode, uint64_t offset, uint64_t length) override;
  Result<std::shared_ptr<Mappable>> GetMappable() override;

  Result<Extent> Translate(uint64_t offset, uint64_t length, bool shared_write) override;
  std::string MappedName() const override;
  uint64_t MappedDevice() const override;
  uint64_t MappedInode() const override;

 protected:
  Result<uint64_t> End() override;

 private:
  const UniqueFd fd_;
  const std::shared_ptr<HostTree> tree_;
};

// Passes the host's own listing on; positions are the host's.
class HostDirectoryFile : public File {
 public:
  // Without a descriptor the directory is shown empty.
  HostDirectoryFile(Path path, int flags, UniqueFd fd) : File(std::move(path), flags), fd_(std::move(fd)) {}

  Result<void> ListDirectory(DirectorySink& sink) override;
  Result<uint64_t> Seek(int64_t offset, int whence) override;
  Result<size_t> Read(IoBuffer&) override { return Error(EISDIR); }
  Result<void> Sync(bool) override { return Ok(); }
  uint64_t position() const override { return static_cast<uint64_t>(position_); }

 private:
  const UniqueFd fd_;
  int64_t position_ = 0;
  int64_t host_position_ = 0;
};

}  // namespace sandbox

#endif  // SANDBOX_FS_HOST_FILE_H_
