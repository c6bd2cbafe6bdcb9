// The files of /proc that describe the system: the sandbox, as far as it is a system of its own.
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sandbox/fs/proc.h"
#include "sandbox/kernel/clock.h"
#include "sandbox/kernel/current.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {
namespace {

int Cpus() { return static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN))); }

void AddText(StaticDirectory& directory, std::string_view name, TextMaker maker, TextTaker taker = nullptr) {
  uint32_t mode = taker ? 0644 : 0444;
  directory.Add(name, MakeTextFile(NextProcInode(), mode, 0, 0, std::move(maker), std::move(taker)));
}

void AddConstant(StaticDirectory& directory, std::string_view name, std::string text) {
  AddText(directory, name, [text]() -> Result<std::string> { return text; });
}

std::shared_ptr<StaticDirectory> AddDirectory(StaticDirectory& parent, std::string_view name) {
  auto directory = std::make_shared<StaticDirectory>(NextProcInode());
  parent.Add(name, directory);
  return directory;
}

// The registers of the cpuid instruction for leaf `leaf`.
struct Cpuid {
  uint32_t a = 0, b = 0, c = 0, d = 0;
  explicit Cpuid(uint32_t leaf) { __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(leaf), "c"(0)); }
};

std::string ModelName() {
  if (Cpuid(0x80000000).a < 0x80000004) return "unknown";
  std::string name;
  for (uint32_t leaf = 0x80000002; leaf <= 0x80000004; ++leaf) {
    Cpuid part(leaf);
    for (uint32_t word : {part.a, part.b, part.c, part.d}) name.append(reinterpret_cast<const char*>(&word), 4);
  }
  name = name.c_str();
  return std::string(absl::StripAsciiWhitespace(name));
}

// Flags that programs look for; all of cpuid leaf 1 that have names everybody knows.
std::string CpuFlags() {
  struct Flag {
    char reg;
    int bit;
    const char* name;
  };
  static constexpr Flag kFlags[] = {
      {'d', 0, "fpu"},     {'d', 4, "tsc"},      {'d', 5, "msr"},     {'d', 6, "pae"},       {'d', 8, "cx8"},
      {'d', 15, "cmov"},   {'d', 19, "clflush"}, {'d', 23, "mmx"},    {'d', 24, "fxsr"},     {'d', 25, "sse"},
      {'d', 26, "sse2"},   {'d', 28, "ht"},      {'c', 0, "pni"},     {'c', 1, "pclmulqdq"}, {'c', 9, "ssse3"},
      {'c', 12, "fma"},    {'c', 13, "cx16"},    {'c', 19, "sse4_1"}, {'c', 20, "sse4_2"},   {'c', 22, "movbe"},
      {'c', 23, "popcnt"}, {'c', 25, "aes"},     {'c', 26, "xsave"},  {'c', 28, "avx"},      {'c', 29, "f16c"},
      {'c', 30, "rdrand"}};
  Cpuid leaf1(1);
  std::string text;
  for (const Flag& flag : kFlags) {
    if (((flag.reg == 'c' ? leaf1.c : leaf1.d) >> flag.bit & 1) != 0)
      absl::StrAppend(&text, text.empty() ? "" : " ", flag.name);
  }
  Cpuid leaf7(7);
  if ((leaf7.b >> 5 & 1) != 0) text += " avx2";
  if ((leaf7.b >> 8 & 1) != 0) text += " bmi2";
  return text + " lm";
}

std::string CpuInfo() {
  Cpuid vendor(0), signature(1);
  char name[13] = {};
  memcpy(name, &vendor.b, 4);
  memcpy(name + 4, &vendor.d, 4);
  memcpy(name + 8, &vendor.c, 4);
  std::string text;
  const std::string model = ModelName(), flags = CpuFlags();
  for (int cpu = 0; cpu < Cpus(); ++cpu) {
    absl::StrAppendFormat(
        &text,
        "processor\t: %d\nvendor_id\t: %s\ncpu family\t: %d\nmodel\t\t: %d\nmodel name\t: %s\nstepping\t: %d\ncpu "
        "MHz\t\t: 2000.000\n"
        "cache size\t: 1024 KB\nphysical id\t: 0\nsiblings\t: %d\ncore id\t\t: %d\ncpu cores\t: %d\nfpu\t\t: "
        "yes\nwp\t\t: yes\nflags\t\t: %s\n"
        "bogomips\t: 4000.00\nclflush size\t: 64\naddress sizes\t: 46 bits physical, 48 bits virtual\n\n",
        cpu, name, (signature.a >> 8 & 15) + (signature.a >> 20 & 255),
        (signature.a >> 4 & 15) | (signature.a >> 12 & 0xf0), model, signature.a & 15, Cpus(), cpu, Cpus(), flags);
  }
  return text;
}

std::string MemInfo(Kernel& kernel) {
  const uint64_t used = kernel.memory_file()->UsedBytes() / 1024;
  uint64_t limit = kernel.memory_file()->limit_bytes() / 1024;
  if (limit == 0) limit = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * 4;
  const uint64_t free = limit > used ? limit - used : 0;
  std::string text;
  auto line = [&text](const char* name, uint64_t kilobytes) {
    absl::StrAppendFormat(&text, "%-16s%8d kB\n", absl::StrCat(name, ":"), kilobytes);
  };
  line("MemTotal", limit);
  line("MemFree", free);
  line("MemAvailable", free);
  for (const char* name : {"Buffers", "Cached", "SwapCached"}) line(name, 0);
  line("Active", used);
  line("Inactive", 0);
  for (const char* name : {"SwapTotal", "SwapFree", "Dirty", "Writeback"}) line(name, 0);
  line("AnonPages", used);
  for (const char* name : {"Mapped", "Shmem", "Slab", "SReclaimable", "SUnreclaim", "PageTables"}) line(name, 0);
  line("CommitLimit", limit);
  line("Committed_AS", used);
  line("VmallocTotal", 34359738367);
  line("VmallocUsed", 0);
  absl::StrAppend(&text, "HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n");
  return text;
}

struct Load {
  CpuTimes times;
  int running = 0;
  int threads = 0;
};

Load LoadOf(Kernel& kernel) {
  Load load;
  for (const auto& [tid, task] : kernel.tasks()) {
    ++load.threads;
    if (task->StateLetter() == 'R') ++load.running;
  }
  for (const auto& [pid, group] : kernel.thread_groups()) {
    const CpuTimes times = group->Times();
    load.times.user += times.user;
    load.times.system += times.system;
  }
  return load;
}

double UptimeSeconds(Kernel& kernel) {
  return static_cast<double>(MonotonicNow() - kernel.boot_time()) / kNanosecondsPerSecond;
}

std::string SystemStat(Kernel& kernel) {
  constexpr int64_t kTick = kNanosecondsPerSecond / 100;
  Load load = LoadOf(kernel);
  int64_t user = load.times.user / kTick, system = load.times.system / kTick;
  int64_t total = static_cast<int64_t>(UptimeSeconds(kernel) * 100) * Cpus();
  int64_t idle = std::max<int64_t>(0, total - user - system);
  std::string text = absl::StrFormat("cpu  %d 0 %d %d 0 0 0 0 0 0\n", user, system, idle);
  for (int cpu = 0; cpu < Cpus(); ++cpu)
    absl::StrAppendFormat(&text, "cpu%d %d 0 %d %d 0 0 0 0 0 0\n", cpu, user / Cpus(), system / Cpus(), idle / Cpus());
  int64_t boot = (ClockNow(CLOCK_REALTIME) - (MonotonicNow() - kernel.boot_time())) / kNanosecondsPerSecond;
  absl::StrAppendFormat(
      &text,
      "intr 0\nctxt 0\nbtime %d\nprocesses %d\nprocs_running %d\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n",
      boot, kernel.tasks_made(), std::max(1, load.running));
  return text;
}

std::string RandomUuid() {
  unsigned char bytes[16];
  if (getentropy(bytes, sizeof(bytes)) != 0) return "";
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  std::string text;
  for (int i = 0; i < 16; ++i)
    absl::StrAppendFormat(&text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
  return text + "\n";
}

std::map<std::string, std::function<std::string()>>& Provided() {
  static auto& provided = *new std::map<std::string, std::function<std::string()>>();
  return provided;
}

void AddProvided(std::string_view directory, StaticDirectory& to) {
  for (const auto& [name, maker] : Provided()) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(name, absl::MaxSplits('/', 1));
    if (parts.first != directory) continue;
    AddText(to, parts.second, [maker = maker]() -> Result<std::string> { return maker(); });
  }
}

void AddNetFiles(StaticDirectory& net) {
  AddConstant(net, "dev",
              "Inter-|   Receive                                                |  Transmit\n"
              " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "
              "carrier compressed\n"
              "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0 "
              "      0          0\n");
  AddConstant(net, "if_inet6", "00000000000000000000000000000001 01 80 10 80       lo\n");
  AddConstant(net, "route",
              "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                     "
              "                                  \n");
  AddConstant(net, "protocols", "");
  AddProvided("net", net);
}

}  // namespace

void ProvideProcText(std::string_view name, std::function<std::string()> maker) {
  Provided()[std::string(name)] = std::move(maker);
}

void AddSystemFiles(Kernel& kernel, StaticDirectory& root) {
  AddText(root, "cpuinfo", []() -> Result<std::string> { return CpuInfo(); });
  AddText(root, "meminfo", [&kernel]() -> Result<std::string> { return MemInfo(kernel); });
  AddText(root, "stat", [&kernel]() -> Result<std::string> { return SystemStat(kernel); });
  AddText(root, "uptime", [&kernel]() -> Result<std::string> {
    double up = UptimeSeconds(kernel);
    return absl::StrFormat("%.2f %.2f\n", up, up * Cpus());
  });
  AddText(root, "loadavg", [&kernel]() -> Result<std::string> {
    Load load = LoadOf(kernel);
    return absl::StrFormat("0.00 0.00 0.00 %d/%d %d\n", std::max(1, load.running), load.threads, kernel.tasks_made());
  });
  AddConstant(root, "filesystems",
              "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tdevpts\nnodev\toverlay\n");
  AddConstant(root, "version", "Linux version 6.1.0-sandbox (sandbox) #1 SMP PREEMPT_DYNAMIC\n");
  AddConstant(root, "cmdline", "sandbox\n");
  AddConstant(
      root, "devices",
      "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n");
  AddConstant(root, "partitions", "major minor  #blocks  name\n\n");
  AddConstant(root, "diskstats", "");
  AddConstant(root, "swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
  AddConstant(root, "vmstat", "nr_free_pages 0\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\n");
  AddConstant(root, "modules", "");
  AddConstant(root, "interrupts", "");
  auto self_link = [](const char* target) {
    return MakeProcLink(NextProcInode(), 0, 0, [target]() -> Result<LinkTarget> {
      return LinkTarget{target, std::nullopt};
    });
  };
  root.Add("mounts", self_link("self/mounts"));
  root.Add("net", self_link("self/net"));
  AddNetFiles(*AddDirectory(root, "net-files"));
  AddProvided("sysvipc", *AddDirectory(root, "sysvipc"));
}

std::shared_ptr<Inode> MakeSysctl(Kernel& kernel) {
  auto root = std::make_shared<StaticDirectory>(NextProcInode());
  auto kernel_directory = AddDirectory(*root, "kernel");
  AddText(
      *kernel_directory, "hostname", [&kernel]() -> Result<std::string> { return kernel.hostname + "\n"; },
      [&kernel](std::string_view text) -> Result<void> {
        if (CurrentTask() == nullptr || !CurrentTask()->credentials().Has(CAP_SYS_ADMIN)) return Error(EPERM);
        kernel.hostname = std::string(text.substr(0, std::min<size_t>(64, text.find('\n'))));
        return Ok();
      });
  AddText(*kernel_directory, "domainname", [&kernel]() -> Result<std::string> { return kernel.domainname + "\n"; });
  const std::pair<const char*, const char*> kKernel[] = {{"ostype", "Linux\n"},
                                                         {"osrelease", "6.1.0-sandbox\n"},
                                                         {"version", "#1 SMP PREEMPT_DYNAMIC\n"},
                                                         {"pid_max", "4194304\n"},
                                                         {"threads-max", "32768\n"},
                                                         {"ngroups_max", "65536\n"},
                                                         {"cap_last_cap", "40\n"},
                                                         {"overflowuid", "65534\n"},
                                                         {"overflowgid", "65534\n"},
                                                         {"core_pattern", "core\n"},
                                                         {"randomize_va_space", "2\n"},
                                                         {"sem", "32000\t1024000000\t500\t32000\n"},
                                                         {"shmmax", "18446744073692774399\n"},
                                                         {"shmall", "18446744073692774399\n"},
                                                         {"shmmni", "4096\n"},
                                                         {"msgmax", "8192\n"},
                                                         {"msgmni", "32000\n"},
                                                         {"msgmnb", "16384\n"},
                                                         {"tainted", "0\n"},
                                                         {"printk", "4\t4\t1\t7\n"},
                                                         {"perf_event_paranoid", "4\n"},
                                                         {"sched_child_runs_first", "0\n"}};
  for (const auto& [name, text] : kKernel) {
    AddConstant(*kernel_directory, name, text);
  }
  auto random = AddDirectory(*kernel_directory, "random");
  AddText(*random, "uuid", []() -> Result<std::string> { return RandomUuid(); });
  AddConstant(*random, "boot_id", RandomUuid());
  AddConstant(*random, "entropy_avail", "256\n");
  AddConstant(*random, "poolsize", "256\n");
  auto vm = AddDirectory(*root, "vm");
  AddConstant(*vm, "overcommit_memory", "0\n");
  AddConstant(*vm, "max_map_count", "65530\n");
  AddConstant(*vm, "mmap_min_addr", "65536\n");
  AddConstant(*vm, "swappiness", "60\n");
  auto fs = AddDirectory(*root, "fs");
  AddConstant(*fs, "file-max", "9223372036854775807\n");
  AddConstant(*fs, "file-nr", "0\t0\t9223372036854775807\n");
  AddConstant(*fs, "nr_open", "1048576\n");
  AddConstant(*fs, "pipe-max-size", "1048576\n");
  AddConstant(*fs, "protected_symlinks", "0\n");
  auto inotify = AddDirectory(*fs, "inotify");
  AddConstant(*inotify, "max_user_watches", "65536\n");
  AddConstant(*inotify, "max_user_instances", "128\n");
  AddConstant(*inotify, "max_queued_events", "16384\n");
  auto net = AddDirectory(*root, "net");
  auto core = AddDirectory(*net, "core");
  AddConstant(*core, "somaxconn", "4096\n");
  AddConstant(*core, "rmem_max", "212992\n");
  AddConstant(*core, "wmem_max", "212992\n");
  auto ipv4 = AddDirectory(*net, "ipv4");
  AddConstant(*ipv4, "ip_local_port_range", "32768\t60999\n");
  AddConstant(*ipv4, "tcp_rmem", "4096\t131072\t6291456\n");
  AddConstant(*ipv4, "tcp_wmem", "4096\t16384\t4194304\n");
  AddConstant(*ipv4, "ip_unprivileged_port_start", "1024\n");
  return root;
}

}  // namespace sandbox
