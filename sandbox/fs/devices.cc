#include "sandbox/fs/devices.h"

#include <errno.h>
#include <linux/random.h>
#include <sys/random.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "sandbox/fs/special_inode.h"
#include "sandbox/kernel/task.h"

namespace sandbox {
namespace {

// Seeks go nowhere and succeed, as on Linux.
class Device : public File {
 public:
  Device(const OpenRequest& request) : File(*request.path, request.flags) {}  // NOLINT: used through RegisterAs
  Result<size_t> ReadAt(IoBuffer& to, uint64_t) override { return Read(to); }
  Result<size_t> WriteAt(IoBuffer& from, uint64_t) override { return Write(from); }
  Result<uint64_t> Seek(int64_t, int) override { return uint64_t{0}; }
};

Result<size_t> Swallow(IoBuffer& from) {
  size_t n = from.remaining();
  from.Advance(n);
  return n;
}

class NullDevice : public Device {
 public:
  using Device::Device;
  Result<size_t> Read(IoBuffer&) override { return size_t{0}; }
  Result<size_t> Write(IoBuffer& from) override { return Swallow(from); }
};

// Zero-filled pages; private mappings of it are anonymous memory.
class ZeroDevice : public Device {
 public:
  using Device::Device;
  Result<size_t> Read(IoBuffer& to) override { return to.ZeroOut(to.remaining()); }
  Result<size_t> Write(IoBuffer& from) override { return Swallow(from); }
};

class FullDevice : public Device {
 public:
  using Device::Device;
  Result<size_t> Read(IoBuffer& to) override { return to.ZeroOut(to.remaining()); }
  Result<size_t> Write(IoBuffer&) override { return Error(ENOSPC); }
};

class RandomDevice : public Device {
 public:
  using Device::Device;
  Result<size_t> Read(IoBuffer& to) override {
    size_t total = 0;
    char bytes[4096];
    while (to.remaining() > 0) {
      size_t want = std::min(to.remaining(), sizeof(bytes));
      ssize_t got = getrandom(bytes, want, 0);
      if (got <= 0) return total > 0 ? Result<size_t>(total) : Error(EAGAIN);
      Result<size_t> copied = to.CopyOut(bytes, static_cast<size_t>(got));
      if (!copied.ok()) return total > 0 ? Result<size_t>(total) : copied;
      total += *copied;
      if (*copied < static_cast<size_t>(got)) break;
    }
    return total;
  }
  Result<size_t> Write(IoBuffer& from) override { return Swallow(from); }
  Result<uint64_t> Ioctl(Task& task, uint64_t command, uint64_t argument) override {
    if (command != RNDGETENTCNT) return Error(ENOTTY);
    RETURN_IF_ERROR(task.memory().Write<int>(argument, 256));
    return uint64_t{0};
  }
};

template <typename T>
void RegisterAs(unsigned major, unsigned minor) {
  RegisterCharacterDevice(gnu_dev_makedev(major, minor), [](const OpenRequest& request) {
    return std::shared_ptr<File>(std::make_shared<T>(request));
  });
}

}  // namespace

void RegisterMemoryDevices() {
  RegisterAs<NullDevice>(1, 3);
  RegisterAs<ZeroDevice>(1, 5);
  RegisterAs<FullDevice>(1, 7);
  RegisterAs<RandomDevice>(1, 8);
  RegisterAs<RandomDevice>(1, 9);
}

std::shared_ptr<Inode> MakeDevDirectory(const std::shared_ptr<Tmpfs>& tmpfs) {
  std::shared_ptr<Inode> root = tmpfs->MakeRoot(0755);
  auto add = [&root](std::string_view name, const CreateRequest& request) { (void)root->Create(name, request).ok(); };
  auto node = [](unsigned major, unsigned minor, uint32_t permissions) {
    return CreateRequest{.mode = S_IFCHR | permissions, .special_device = gnu_dev_makedev(major, minor)};
  };
  add("null", node(1, 3, 0666));
  add("zero", node(1, 5, 0666));
  add("full", node(1, 7, 0666));
  add("random", node(1, 8, 0666));
  add("urandom", node(1, 9, 0666));
  add("tty", node(5, 0, 0666));
  add("console", node(5, 1, 0600));
  add("ptmx", CreateRequest{.mode = S_IFLNK | 0777, .target = "pts/ptmx"});
  add("fd", CreateRequest{.mode = S_IFLNK | 0777, .target = "/proc/self/fd"});
  add("stdin", CreateRequest{.mode = S_IFLNK | 0777, .target = "/proc/self/fd/0"});
  add("stdout", CreateRequest{.mode = S_IFLNK | 0777, .target = "/proc/self/fd/1"});
  add("stderr", CreateRequest{.mode = S_IFLNK | 0777, .target = "/proc/self/fd/2"});
  add("pts", CreateRequest{.mode = S_IFDIR | 0755});
  add("shm", CreateRequest{.mode = S_IFDIR | 01777});
  add("mqueue", CreateRequest{.mode = S_IFDIR | 01777});
  return root;
}

}  // namespace sandbox
