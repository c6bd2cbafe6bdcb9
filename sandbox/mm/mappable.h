// A file that guests can map into their memory.
//
// The memory manager never copies a file to map it: it asks where the bytes live and lets the guest's stub map that
// descriptor. A file of the host answers with its own host descriptor; files in memory (tmpfs, memfd, SysV segments)
// keep their pages in the MemoryFile and answer with that.
#ifndef SANDBOX_MM_MAPPABLE_H_
#define SANDBOX_MM_MAPPABLE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "sandbox/abi/result.h"

namespace sandbox {

class Mappable {
 public:
  virtual ~Mappable() = default;

  // Bytes [offset, offset + length) of the file are bytes [host_offset, ...) of `host_fd`; `length` may be less than
  // asked, never 0. Page aligned.
  struct Extent {
    int host_fd;
    uint64_t host_offset;
    uint64_t length;
    // In the MemoryFile: the mapping holds a reference to these pages while it lasts.
    bool in_memory_file;
  };
  // Where the file's bytes are. With `shared_write` the guest will write to them through a shared mapping: EACCES if it
  // may not, and a file in memory makes room for them. A page that does not exist yet (hole, beyond the end) answers
  // SIGBUS semantics by Error(ENXIO).
  virtual Result<Extent> Translate(uint64_t offset, uint64_t length, bool shared_write) = 0;

  // Whether mmap(2) may make a mapping that writes to the file.
  virtual Result<void> CheckSharedWrite() const { return Ok(); }

  // For /proc/PID/maps.
  virtual std::string MappedName() const = 0;
  // Files in memory do not know where they are; the first mapping tells them.
  virtual bool HasMappedName() const { return true; }
  virtual void SetMappedName(std::string) {}
  virtual uint64_t MappedDevice() const = 0;
  virtual uint64_t MappedInode() const = 0;
};

}  // namespace sandbox
#endif  // SANDBOX_MM_MAPPABLE_H_
