#include "sandbox/fs/special_inode.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "sandbox/fs/memory_inode.h"
#include "sandbox/fs/pipe.h"

namespace sandbox {
namespace {

class SpecialInode : public MemoryInode {
 public:
  SpecialInode(uint64_t device, uint64_t inode, const CreateRequest& request)
      : MemoryInode(device, inode, request.mode, request.uid, request.gid) {
    attributes_.special_device = request.special_device;
  }

  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override {
    switch (type()) {
      case S_IFCHR:
        return OpenCharacterDevice(attributes_.special_device, request);
      case S_IFIFO:
        if (!pipe_) pipe_ = std::make_shared<Pipe>();
        return OpenFifo(pipe_, request);
      default:
        return Error(ENXIO);
    }
  }

 private:
  std::shared_ptr<Pipe> pipe_;
};

absl::flat_hash_map<uint64_t, DeviceOpener>& Devices() {
  static auto& devices = *new absl::flat_hash_map<uint64_t, DeviceOpener>;
  return devices;
}

}  // namespace

Result<std::shared_ptr<Inode>> MakeSpecialInode(uint64_t device, uint64_t inode, const CreateRequest& request) {
  switch (request.mode & S_IFMT) {
    case S_IFCHR:
    case S_IFBLK:
    case S_IFIFO:
    case S_IFSOCK:
      return std::shared_ptr<Inode>(std::make_shared<SpecialInode>(device, inode, request));
    default:
      return Error(EINVAL);
  }
}

void RegisterCharacterDevice(uint64_t number, DeviceOpener opener) { Devices()[number] = std::move(opener); }

Result<std::shared_ptr<File>> OpenCharacterDevice(uint64_t number, const OpenRequest& request) {
  auto it = Devices().find(number);
  if (it == Devices().end()) return Error(ENXIO);
  return it->second(request);
}

}  // namespace sandbox
