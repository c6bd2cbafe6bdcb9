// Files of the trees that only root's privileges make readable.
//
// A root inside expects to read what root may read: a directory of mode 0700 or a file of mode 0600 of another user.
// The sentry has no capabilities, so the host refuses it these. If the sandbox was started by root, a *reader* opens
// them for it: a process made by the launcher at the first such wish, in the sentry's user and mount namespaces, that
// keeps CAP_DAC_READ_SEARCH and nothing else, and whose seccomp filter leaves it openat for reading and passing
// descriptors. It is asked for one name in a directory that the sentry has a descriptor of, and follows no symbolic
// links: it reaches what the trees hold, no more.
#ifndef SANDBOX_CONFINE_READER_H_
#define SANDBOX_CONFINE_READER_H_

#include <sys/types.h>

#include <string_view>

namespace sandbox {

// Where the sentry finds its end of the socket; the sentry's filter allows sendmsg and recvmsg on this one only.
inline constexpr int kReaderDescriptor = 1000;

// For the sentry: a descriptor of the entry `name` (one component, or ".") of `directory`, opened with `flags`
// (O_RDONLY or O_PATH, O_DIRECTORY) and never through a symbolic link; or -1 and errno, EACCES if there is no reader.
int OpenByReader(int directory, std::string_view name, int flags);

// For the launcher.
class Reader {
 public:
  // Makes the sockets, if this process has the privileges that the reader needs. `wanted` false: never a reader.
  explicit Reader(bool wanted);
  ~Reader();

  // In the sentry's process: puts its end in place.
  void EnterSentry();
  // In the launcher, once the sentry's process runs.
  void EnterLauncher();
  // Readable when the sentry wants a reader; -1 if it has one or cannot have one.
  int wish_fd() const { return own_; }
  void Start(pid_t sentry);
  // The sentry has gone.
  void Dismiss();

 private:
  int own_ = -1;
  int sentrys_ = -1;
  pid_t process_ = -1;
};

}  // namespace sandbox
#endif  // SANDBOX_CONFINE_READER_H_
