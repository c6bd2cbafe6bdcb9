// Where the sentry runs: a process of its own that has almost nothing left of the host.
//
// RunConfined starts a child in new user, PID, mount, IPC, UTS and network namespaces, with an empty read-only root, no
// capabilities and no_new_privs, and runs `body` in it. Of the host's files it reaches the trees named in the options
// and nothing else, through descriptors. The trees are detached mounts: they have no parent, so ".." at their top leads
// nowhere, they are nosuid and nodev, and a read-only tree is read-only by the host's kernel, whatever the sentry does.
//
//   ConfineOptions options;
//   options.trees = {{.path = "/"}, {.path = "/home/me/work", .writable = true}};
//   absl::StatusOr<int> code = RunConfined(options, [&](const Confined& confined) -> int {
//     Boot(confined.tree_fds[0], ...);             // open what is needed, create the memory file
//     absl::Status status = InstallSentryFilter({...});   // confine/filter.h, while there is one thread
//     return RunGuest();                           // threads, stubs
//   });
//
// The order is fixed by what each step takes away: trees are opened before the root goes, the root before the
// capabilities, everything before the filter. Stubs are children of the sentry and so inherit all of it.
//
// The child is PID 1 of its namespace: when it ends, the host kills everything it started. When the caller of
// RunConfined ends, even by SIGKILL, the child is killed.
#ifndef SANDBOX_CONFINE_CONFINE_H_
#define SANDBOX_CONFINE_CONFINE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sandbox {

// A directory (or a file, for binds) of the host that the sentry may reach.
struct HostTree {
  std::string path;
  bool writable = false;
  // Puts an empty directory over the tree's proc, sys and dev, where the kernel's own files would be: the sentry serves
  // those itself.
  bool hide_kernel_files = true;
};

struct ConfineOptions {
  std::vector<HostTree> trees;
  // Limit of the guests' memory; 0: none.
  uint64_t memory_bytes = 0;
  // Stays in the host's network namespace.
  bool host_network = false;
  // --debug_unconfined: runs `body` in this process with all of its rights, and says so on standard error.
  bool unconfined = false;
};

struct Confined {
  // O_PATH descriptors, close-on-exec, in the order of ConfineOptions::trees.
  std::vector<int> tree_fds;
  // With ConfineOptions::memory_bytes: an empty file that the host lets grow no larger. Else -1.
  int memory_fd = -1;
  bool unconfined = false;
};

// Closes every descriptor above 2 that the program inherited: one that names a directory would lead out of the trees.
// The first thing in main.
void CloseInheritedDescriptors();

// Runs `body` as described above and returns its value, or 128+N if signal N ended the child. Signals that are sent to
// this process (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT) are passed on to the child;
// those of the terminal reach the child by themselves. A second SIGINT or SIGTERM kills the child.
//
// Call it while the process has one thread. Fails with NotFound for a tree that cannot be opened, with InvalidArgument
// for a standard stream that is a directory, with FailedPrecondition if the host does not allow a step, saying which
// and what helps.
absl::StatusOr<int> RunConfined(const ConfineOptions& options, const std::function<int(const Confined&)>& body);

}  // namespace sandbox
#endif  // SANDBOX_CONFINE_CONFINE_H_
