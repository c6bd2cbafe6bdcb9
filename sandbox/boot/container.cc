#include "sandbox/boot/container.h"

#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/explain/explain.h"
#include "sandbox/boot/metrics.h"
#include "sandbox/boot/sentry.h"
#include "sandbox/confine/confine.h"
#include "sandbox/platform/ptrace/host_vdso.h"
#include "sandbox/platform/ptrace/ptrace_platform.h"
#include "sandbox/policy/policy.h"
#include "sandbox/strace/strace.h"
#include "sandbox/syscalls/table.h"

namespace sandbox {
namespace {

int NumberOf(std::string_view name) {
  const SyscallEntry* entry = FindSyscallByName(name);
  return entry == nullptr ? -1 : entry->number;
}

ConfineOptions TreesOf(const Request& request) {
  ConfineOptions options;
  options.trees.push_back({request.root, request.overlay == "none"});
  for (const Bind& bind : request.binds) options.trees.push_back({bind.source, bind.writable});
  if (request.overlay != "memory" && request.overlay != "none") options.trees.push_back({request.overlay, true});
  options.host_network = request.host_network;
  options.memory_bytes = request.memory_bytes;
  options.unconfined = request.unconfined;
  return options;
}

}  // namespace

absl::StatusOr<int> RunContainer(const Request& request) {
  struct stat root;
  if (stat(request.root.c_str(), &root) == 0 && !S_ISDIR(root.st_mode)) {
    std::fprintf(stderr, "sandbox: --root=%s: not a directory\n", request.root.c_str());
    return kExitSandboxFailed;
  }
  // What can be wrong with files of the operator is found while they can still be read.
  Policy policy;
  if (!request.policy_file.empty()) {
    absl::StatusOr<Policy> loaded = Policy::Load(request.policy_file, NumberOf);
    if (!loaded.ok()) return loaded.status();
    policy = *std::move(loaded);
  }
  if (!request.strace.empty()) {
    if (absl::Status status = strace::Start(request.strace, /*fd=*/2); !status.ok()) return status;
  }
  if (request.metrics && !OfferMetrics()) return absl::ResourceExhaustedError("no memory for metrics");
  RememberPtraceScope();
  const HostVdso vdso = FindHostVdso();
  EXPLAIN() << "opening " << request.root
            << " and entering new user, PID, mount, IPC, UTS and network namespaces with an empty root";
  absl::StatusOr<int> code = RunConfined(
      TreesOf(request), [&](const Confined& confined) { return RunSentry(request, policy, vdso, confined); });
  if (!code.ok() && !absl::IsInvalidArgument(code.status())) {
    std::fprintf(stderr, "sandbox: %s\n", std::string(code.status().message()).c_str());
    return kExitSandboxFailed;
  }
  return code;
}

}  // namespace sandbox
