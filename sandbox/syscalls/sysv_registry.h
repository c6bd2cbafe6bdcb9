// Keys, identifiers and permissions of System V IPC objects (sysvipc(7)); the three kinds share them.
//
// Runs under the kernel lock.
#ifndef SANDBOX_SYSCALLS_SYSV_REGISTRY_H_
#define SANDBOX_SYSCALLS_SYSV_REGISTRY_H_

#include <sys/ipc.h>
#include <time.h>

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "sandbox/abi/result.h"
#include "sandbox/kernel/credentials.h"

namespace sandbox {

struct SysvObject {
  key_t key = IPC_PRIVATE;
  int id = 0;
  uint32_t uid = 0, gid = 0, creator_uid = 0, creator_gid = 0;
  uint32_t mode = 0;
  time_t change_time = 0;
  bool removed = false;

  // `access`: bits of one class, 4 read, 2 write.
  bool Allows(const Credentials& credentials, uint32_t access) const {
    uint32_t bits = mode;
    if (credentials.euid == uid || credentials.euid == creator_uid)
      bits >>= 6;
    else if (credentials.InGroup(gid) || credentials.InGroup(creator_gid))
      bits >>= 3;
    return (access & ~bits & 7) == 0 || credentials.Has(CAP_IPC_OWNER);
  }
  bool OwnedBy(const Credentials& credentials) const {
    return credentials.euid == uid || credentials.euid == creator_uid || credentials.Has(CAP_SYS_ADMIN);
  }
  ipc_perm Describe() const {
    ipc_perm result = {};
    result.__key = key;
    result.uid = uid;
    result.gid = gid;
    result.cuid = creator_uid;
    result.cgid = creator_gid;
    result.mode = static_cast<decltype(result.mode)>(mode);
    return result;
  }
};

// Objects of one kind by id. `T` derives from SysvObject.
template <typename T>
class SysvRegistry {
 public:
  explicit SysvRegistry(size_t limit) : limit_(limit) {}

  // What shmget, semget and msgget share: finds or makes. `make` returns a new object or an error; `check` judges a
  // found one.
  template <typename Make, typename Check>
  Result<int> Get(key_t key, int flags, const Credentials& credentials, Make make, Check check) {
    if (key != IPC_PRIVATE) {
      for (const auto& [id, object] : objects_) {
        if (object->key != key) continue;
        if ((flags & IPC_CREAT) != 0 && (flags & IPC_EXCL) != 0) return Error(EEXIST);
        uint32_t wanted = ((flags >> 6) | (flags >> 3) | flags) & 7;
        if (!object->Allows(credentials, wanted)) return Error(EACCES);
        RETURN_IF_ERROR(check(*object));
        return id;
      }
      if ((flags & IPC_CREAT) == 0) return Error(ENOENT);
    }
    if (objects_.size() >= limit_) return Error(ENOSPC);
    Result<std::shared_ptr<T>> made = make();
    if (!made.ok()) return Error(made.error());
    T& object = **made;
    object.key = key;
    object.id = next_id_++;
    object.uid = object.creator_uid = credentials.euid;
    object.gid = object.creator_gid = credentials.egid;
    object.mode = static_cast<uint32_t>(flags) & 0777;
    object.change_time = time(nullptr);
    objects_[object.id] = *made;
    return object.id;
  }

  // EINVAL if there is none.
  Result<std::shared_ptr<T>> Find(int id) const {
    auto it = objects_.find(id);
    if (it == objects_.end()) return Error(EINVAL);
    return it->second;
  }
  Result<std::shared_ptr<T>> Find(int id, const Credentials& credentials, uint32_t access) const {
    ASSIGN_OR_RETURN(std::shared_ptr<T> object, Find(id));
    if (!object->Allows(credentials, access)) return Error(EACCES);
    return object;
  }
  void Remove(int id) { objects_.erase(id); }
  // The kernel's array of slots, which *_STAT goes through up to what *_INFO answers: here the slot is the id.
  Result<std::shared_ptr<T>> At(int index) const { return Find(index); }
  uint64_t LastIndex() const { return objects_.empty() ? 0 : static_cast<uint64_t>(objects_.rbegin()->first); }
  const std::map<int, std::shared_ptr<T>>& objects() const { return objects_; }

 private:
  const size_t limit_;
  int next_id_ = 0;
  std::map<int, std::shared_ptr<T>> objects_;
};

// IPC_SET of all kinds.
inline Result<void> SysvSet(SysvObject& object, const Credentials& credentials, const ipc_perm& wanted) {
  if (!object.OwnedBy(credentials)) return Error(EPERM);
  object.uid = wanted.uid;
  object.gid = wanted.gid;
  object.mode = (object.mode & ~0777u) | (wanted.mode & 0777);
  object.change_time = time(nullptr);
  return Ok();
}

}  // namespace sandbox

#endif  // SANDBOX_SYSCALLS_SYSV_REGISTRY_H_
