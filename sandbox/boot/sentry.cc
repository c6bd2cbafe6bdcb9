#include "sandbox/boot/sentry.h"

#include <malloc.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/explain/explain.h"
#include "sandbox/boot/container.h"
#include "sandbox/boot/signal_forwarder.h"
#include "sandbox/confine/filter.h"
#include "sandbox/fs/devpts.h"
#include "sandbox/fs/proc.h"
#include "sandbox/fs/root.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/kernel_lock.h"
#include "sandbox/loader/loader.h"
#include "sandbox/platform/ptrace/ptrace_platform.h"
#include "sandbox/socket/proc_net.h"
#include "sandbox/socket/socket.h"
#include "sandbox/syscalls/dispatch.h"
#include "sandbox/syscalls/path_policy.h"
#include "sandbox/syscalls/sysv_proc.h"

namespace sandbox {
namespace {

int Fail(int code, absl::string_view message) {
  std::fprintf(stderr, "sandbox: %s\n", std::string(message).c_str());
  return code;
}

// Guests and sentry share `cpus` CPUs of those the caller may use; 0: all. Returns how many.
int UseCpus(int cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  const int available = CPU_COUNT(&set);
  if (cpus == 0 || cpus >= available) return available;
  int kept = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set) && ++kept > cpus) CPU_CLR(cpu, &set);
  }
  sched_setaffinity(0, sizeof(set), &set);
  return cpus;
}

RootOptions RootOptionsOf(const Request& request, const Confined& confined, MemoryFile* memory) {
  RootOptions options;
  options.root_fd = confined.tree_fds[0];
  options.overlay = request.overlay == "memory" ? RootOptions::Overlay::kMemory
                    : request.overlay == "none" ? RootOptions::Overlay::kNone
                                                : RootOptions::Overlay::kKept;
  for (size_t i = 0; i < request.binds.size(); ++i) {
    options.binds.push_back({confined.tree_fds[1 + i], request.binds[i].target, !request.binds[i].writable});
  }
  if (options.overlay == RootOptions::Overlay::kKept) options.overlay_fd = confined.tree_fds.back();
  options.memory = memory;
  return options;
}

std::array<rlimit, RLIM_NLIMITS> HostLimits() {
  std::array<rlimit, RLIM_NLIMITS> limits;
  for (int i = 0; i < RLIM_NLIMITS; ++i) {
    if (getrlimit(static_cast<__rlimit_resource>(i), &limits[i]) != 0) limits[i] = {RLIM_INFINITY, RLIM_INFINITY};
  }
  return limits;
}

// A command without a slash is looked for in the PATH of its environment, inside.
std::string FindInPath(const Request& request, Vfs& vfs, const FsContext& fs, const Credentials& credentials) {
  const std::string& name = request.command[0];
  if (name.find('/') != std::string::npos) return name;
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (const std::string& variable : request.environment) {
    if (variable.starts_with("PATH=")) path = variable.substr(5);
  }
  for (const absl::string_view directory : absl::StrSplit(path, ':')) {
    const std::string candidate = absl::StrCat(directory.empty() ? "." : directory, "/", name);
    if (OpenExecutable(ExecSource{vfs, fs, credentials}, candidate).ok()) return candidate;
  }
  return "";
}

// Ends everything when --timeout has passed.
class Deadliner {
 public:
  Deadliner(Kernel* kernel, absl::Duration timeout) {
    if (timeout == absl::InfiniteDuration()) return;
    absl::MutexLock lock(&KernelLock());
    timer_ = std::make_unique<TimerQueue::Timer>(&kernel->timers(), [this, kernel] {
      expired_ = true;
      kernel->Terminate(SIGKILL);
    });
    timer_->Set(DeadlineIn(absl::ToInt64Nanoseconds(timeout)));
  }
  ~Deadliner() {
    absl::MutexLock lock(&KernelLock());
    timer_.reset();
  }
  bool expired() const { return expired_; }

 private:
  std::unique_ptr<TimerQueue::Timer> timer_;
  bool expired_ = false;
};

int ExitCodeOf(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Puts the sentry under its filter. The host takes a sixth of a millisecond to check and translate it; a thread of its
// own waits for that while the rest is built.
class SentryFilter {
 public:
  explicit SentryFilter(const Request& request) {
    if (request.unconfined) return;
    FilterOptions options{.host_network = request.host_network, .host_writes = request.overlay != "memory"};
    for (const Bind& bind : request.binds) options.host_writes = options.host_writes || bind.writable;
    thread_ = std::thread([this, options] { status_ = InstallSentryFilter(options); });
  }
  ~SentryFilter() {
    if (thread_.joinable()) thread_.join();
  }
  // Until it is in force for all threads; before the first guest runs.
  absl::Status Await() {
    if (!thread_.joinable()) return absl::OkStatus();
    thread_.join();
    EXPLAIN() << "the sentry is now under its own seccomp filter; the first stub process is under another";
    return status_;
  }

 private:
  std::thread thread_;
  absl::Status status_;
};

// Everything that the filter forbids later: memory files, the first stub, the mounts.
struct Parts {
  std::shared_ptr<MemoryFile> memory;
  std::unique_ptr<PtracePlatform> platform;
  Root root;
};

absl::StatusOr<Parts> MakeParts(const Request& request, const HostVdso& vdso, const Confined& confined) {
  Parts parts;
  absl::StatusOr<std::unique_ptr<MemoryFile>> memory = MemoryFile::Create(request.memory_bytes, confined.memory_fd);
  if (!memory.ok()) return memory.status();
  parts.memory = *std::move(memory);
  absl::StatusOr<std::unique_ptr<PtracePlatform>> platform = PtracePlatform::Create(vdso);
  if (!platform.ok()) return platform.status();
  parts.platform = *std::move(platform);
  absl::StatusOr<Root> root = BuildRoot(RootOptionsOf(request, confined, parts.memory.get()));
  if (!root.ok()) return root.status();
  parts.root = *std::move(root);
  return parts;
}

absl::StatusOr<Kernel::InitProcess> MakeInit(const Request& request, const Parts& parts) {
  Kernel::InitProcess init;
  init.credentials = Credentials::ForUser(request.uid, request.gid, {});
  absl::StatusOr<std::shared_ptr<FsContext>> fs =
      MakeFsContext(*parts.root.vfs, request.working_directory, *init.credentials);
  if (!fs.ok() && !request.must_have_directory) fs = MakeFsContext(*parts.root.vfs, "/", *init.credentials);
  if (!fs.ok()) return fs.status();
  init.fs_context = *std::move(fs);
  absl::StatusOr<std::shared_ptr<FdTable>> descriptors = MakeStandardDescriptors(*parts.root.vfs);
  if (!descriptors.ok()) return descriptors.status();
  init.fd_table = *std::move(descriptors);
  init.path = FindInPath(request, *parts.root.vfs, *init.fs_context, *init.credentials);
  init.arguments = request.command;
  init.environment = request.environment;
  init.limits = HostLimits();
  init.session_made = GiveConsoleTo;
  absl::StatusOr<std::unique_ptr<Context>> context = parts.platform->FirstContext();
  if (!context.ok()) return context.status();
  init.context = *std::move(context);
  return init;
}

// From here on there are threads. Returns the exit code.
int RunGuest(const Request& request, const Parts& parts, Kernel& kernel, const SignalForwarder& forwarder,
             SentryFilter& filter) {
  absl::StatusOr<Kernel::InitProcess> init = MakeInit(request, parts);
  if (!init.ok()) return Fail(kExitSandboxFailed, init.status().message());
  if (init->path.empty()) {
    return Fail(kExitNotFound, absl::StrCat(request.command[0], ": not found in the PATH inside the sandbox"));
  }
  const Deadliner deadline(&kernel, request.timeout);
  forwarder.Start(&kernel);
  if (const absl::Status status = filter.Await(); !status.ok()) return Fail(kExitSandboxFailed, status.message());
  absl::StatusOr<int> status = kernel.Run(*std::move(init));
  if (!status.ok()) {
    return Fail(absl::IsNotFound(status.status()) ? kExitNotFound : kExitNotRunnable, status.status().message());
  }
  if (deadline.expired()) return Fail(kExitTimeout, "the time of --timeout has passed; everything inside was killed");
  return ExitCodeOf(*status);
}

// What rooms beside fs/ tell in /proc.
void ProvideProcFiles() {
  for (const auto& [name, domain] : {std::pair("", AF_INET), std::pair("6", AF_INET6)}) {
    ProvideProcText(absl::StrCat("net/tcp", name), [domain = domain] { return InetSocketsText(domain, IPPROTO_TCP); });
    ProvideProcText(absl::StrCat("net/udp", name), [domain = domain] { return InetSocketsText(domain, IPPROTO_UDP); });
    ProvideProcText(absl::StrCat("net/udplite", name),
                    [domain = domain] { return InetSocketsText(domain, IPPROTO_UDPLITE); });
  }
  ProvideProcText("net/unix", UnixSocketsText);
  ProvideProcText("sysvipc/shm", SharedMemoryText);
  ProvideProcText("sysvipc/sem", SemaphoreSetsText);
  ProvideProcText("sysvipc/msg", MessageQueuesText);
}

}  // namespace

int RunSentry(const Request& request, const Policy& policy, const HostVdso& vdso, const Confined& confined) {
  const int cpus = UseCpus(request.cpus);
  // One arena: under the one kernel lock more would only keep what a guest's load once needed.
  mallopt(M_ARENA_MAX, 1);
  prctl(PR_SET_DUMPABLE, 1);  // or the sentry could not trace its own children
  const SignalForwarder forwarder;
  absl::StatusOr<Parts> parts = MakeParts(request, vdso, confined);
  if (!parts.ok()) return Fail(kExitSandboxFailed, parts.status().message());
  if (request.host_network) UseHostNetwork();
  SentryFilter filter(request);

  Kernel::Options options;
  options.memory_file = parts->memory;
  options.vfs = parts->root.vfs;
  options.platform = parts->platform.get();
  options.shared_memory = parts->root.memory;
  options.dispatcher = Dispatch;
  options.max_tasks = request.max_tasks;
  options.cpu_count = cpus;
  options.hostname = request.hostname;
  // Never destroyed: threads of the kernel may still look at it while the process ends.
  Kernel& kernel = *new Kernel(std::move(options));
  ProvideProcFiles();
  if (absl::Status status = MountProc(*parts->root.vfs, kernel); !status.ok()) {
    return Fail(kExitSandboxFailed, status.message());
  }
  SetOperatorPolicy(&policy);
  GuardPaths(*parts->root.vfs, policy);

  return RunGuest(request, *parts, kernel, forwarder, filter);
}

}  // namespace sandbox
