// /sys: the little that programs read of it (the number of CPUs, the network devices).
#include "sandbox/fs/sys.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sandbox/fs/proc.h"

namespace sandbox {
namespace {

std::shared_ptr<StaticDirectory> Directory(StaticDirectory& parent, std::string_view name) {
  auto directory = std::make_shared<StaticDirectory>(NextProcInode());
  parent.Add(name, directory);
  return directory;
}

void Text(StaticDirectory& directory, std::string_view name, std::string text) {
  directory.Add(name, MakeTextFile(NextProcInode(), 0444, 0, 0, [text]() -> Result<std::string> { return text; }));
}

}  // namespace

std::shared_ptr<Inode> MakeSys() {
  auto root = std::make_shared<StaticDirectory>(NextProcInode());
  long cpus = std::max(1L, sysconf(_SC_NPROCESSORS_ONLN));
  std::string range = cpus == 1 ? "0\n" : absl::StrCat("0-", cpus - 1, "\n");
  auto devices = Directory(*root, "devices");
  auto cpu = Directory(*Directory(*devices, "system"), "cpu");
  for (const char* name : {"online", "possible", "present"}) Text(*cpu, name, range);
  Text(*cpu, "offline", "\n");
  for (long i = 0; i < cpus; ++i) {
    auto topology = Directory(*Directory(*cpu, absl::StrCat("cpu", i)), "topology");
    Text(*topology, "core_id", absl::StrCat(i, "\n"));
    Text(*topology, "physical_package_id", "0\n");
    Text(*topology, "thread_siblings_list", absl::StrCat(i, "\n"));
  }
  auto loopback = Directory(*Directory(*Directory(*root, "class"), "net"), "lo");
  Text(*loopback, "address", "00:00:00:00:00:00\n");
  Text(*loopback, "mtu", "65536\n");
  Text(*loopback, "ifindex", "1\n");
  Text(*loopback, "operstate", "unknown\n");
  for (const char* name : {"block", "bus", "dev", "firmware", "fs", "module", "power"}) Directory(*root, name);
  auto kernel = Directory(*root, "kernel");
  auto huge = Directory(*Directory(*kernel, "mm"), "transparent_hugepage");
  Text(*huge, "enabled", "always [madvise] never\n");
  Text(*huge, "hpage_pmd_size", "2097152\n");
  return root;
}

}  // namespace sandbox
