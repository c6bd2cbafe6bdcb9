// Measures the sandbox against the bare machine and gVisor in one run, and prints a table.
//
//   bazel run -c opt //tools/bench/sandbox          (as root; apt-get install runsc for the third column)
//
// Each column runs the very same commands. Single operations are measured inside by `operations`; programs are timed
// inside, best of three, so that only the first row has the start of the sandbox in it.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Command = std::vector<std::string>;

struct Row {
  std::string key, title;
  double scale;  // from what is measured to what is shown
  const char* unit;
  Command program;  // timed by `operations run`; empty: a line of `operations`
};

const char kSqlite[] =
    "create table t(a integer primary key, b text); begin; with recursive n(i) as (select 1 union all select i + 1 "
    "from n where i < 100000) "
    "insert into t select i, 'value ' || i from n; commit; select count(*) from t;";
const char kSource[] =
    "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
    "int main(int c, char** v) { for (int i = 0; i < c; ++i) printf(\"%s %zu\\n\", v[i], strlen(v[i])); return 0; }\n";

std::vector<Row> Rows(const std::string& folder) {
  return {
      {"getpid", "getpid", 1, "us", {}},
      {"read_zero", "read 1 B of /dev/zero", 1, "us", {}},
      {"write_null", "write 1 B to /dev/null", 1, "us", {}},
      {"open_close", "open + close", 1, "us", {}},
      {"stat", "stat", 1, "us", {}},
      {"pipe_ping_pong", "pipe ping-pong, two processes", 1, "us", {}},
      {"futex_ping_pong", "futex ping-pong, two threads", 1, "us", {}},
      {"map_touch_unmap", "mmap + touch + munmap", 1, "us", {}},
      {"thread_create_join", "thread create + join", 1, "us", {}},
      {"fork_wait", "fork + wait", 1, "us", {}},
      {"fork_exec", "fork + exec /bin/true", 1, "us", {}},
      {"read_64M", "read 64 MiB by 64 KiB", 1e-3, "ms", {}},
      {"python", "python3 -c pass", 1e-6, "s", {"python3", "-c", "pass"}},
      {"find", "find /usr/share", 1e-6, "s", {"find", "/usr/share"}},
      {"gcc", "gcc -O2 of one file", 1e-6, "s", {"gcc", "-O2", "-o", folder + "/out", folder + "/bench.c"}},
      {"sqlite", "sqlite3, 100,000 inserts", 1e-6, "s", {"sqlite3", ":memory:", kSqlite}},
      {"tar", "tar of /usr/include/linux", 1e-6, "s", {"tar", "-cf", folder + "/out.tar", "/usr/include/linux"}},
      {"loop",
       "200 x /bin/true in sh",
       1e-6,
       "s",
       {"sh", "-c", "i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done"}},
  };
}

double NowMicroseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

pid_t Start(const Command& command, int out) {
  const pid_t child = fork();
  if (child != 0) return child;
  setpgid(0, 0);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, 0);
  dup2(out >= 0 ? out : null, 1);
  if (getenv("BENCH_VERBOSE") == nullptr) dup2(null, 2);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

// What it writes to standard output; "" if it fails.
std::string Output(const Command& command) {
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) return "";
  const pid_t child = Start(command, pipe_fds[1]);
  close(pipe_fds[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(pipe_fds[0], buffer, sizeof(buffer))) > 0;) text.append(buffer, n);
  close(pipe_fds[0]);
  int status;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "";
}

Command Join(Command a, const Command& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Median wall time of `command`, milliseconds; 0 if it fails.
double MedianMilliseconds(const Command& command, int rounds) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const double begin = NowMicroseconds();
    if (Output(command).empty()) return 0;
    times.push_back((NowMicroseconds() - begin) / 1e3);
  }
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  return times[rounds / 2];
}

pid_t ParentOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t name_end = text.rfind(')');
  return name_end == std::string::npos ? 0 : std::atoi(text.c_str() + name_end + 4);
}

double PssMegabytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("Pss:", 0) == 0) return std::atof(line.c_str() + 4) / 1024;
  }
  return 0;
}

// Proportional set size of a process and all its descendants.
double TreeMegabytes(pid_t root) {
  double sum = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0) continue;
    for (pid_t at = pid; at > 1; at = ParentOf(at)) {
      if (at != root) continue;
      sum += PssMegabytes(pid);
      break;
    }
  }
  return sum;
}

double SleepMegabytes(const Command& prefix) {
  const pid_t child = Start(Join(prefix, {"/bin/sleep", "30"}), -1);
  sleep(2);
  const double megabytes = TreeMegabytes(child);
  kill(-child, SIGKILL);
  waitpid(child, nullptr, 0);
  return megabytes;
}

struct Column {
  std::string title;
  Command prefix;
  std::map<std::string, double> values = {};
};

void MeasureColumn(Column& column, const std::vector<Row>& rows, const std::string& operations) {
  fprintf(stderr, "measuring: %s\n", column.title.c_str());
  column.values["start"] = MedianMilliseconds(Join(column.prefix, {"/bin/echo", "Hello"}), 15);
  column.values["memory"] = SleepMegabytes(column.prefix);
  std::istringstream lines(Output(Join(column.prefix, {operations})));
  std::string key;
  for (double value; lines >> key >> value;) column.values[key] = value;
  for (const Row& row : rows) {
    if (row.program.empty()) continue;
    std::istringstream line(Output(Join(column.prefix, Join({operations, "run"}, row.program))));
    if (double value; line >> key >> value) column.values[row.key] = value;
  }
}

std::string Cell(const Column& column, const Column& native, const std::string& key, double scale) {
  const auto it = column.values.find(key);
  if (it == column.values.end() || it->second == 0) return "failed";
  char text[64];
  const double value = it->second * scale;
  const auto base = native.values.find(key);
  const double ratio = base == native.values.end() || base->second == 0 ? 0 : it->second / base->second;
  if (&column == &native || ratio == 0)
    snprintf(text, sizeof(text), "%.3g", value);
  else
    snprintf(text, sizeof(text), "%.4g (%.3gx)", value, ratio);
  return text;
}

void PrintMachine() {
  utsname name;
  uname(&name);
  std::ifstream cpus("/proc/cpuinfo");
  std::string model;
  for (std::string line; model.empty() && std::getline(cpus, line);) {
    if (line.rfind("model name", 0) == 0) model = line.substr(line.find(':') + 2);
  }
  printf("%s, %ld CPUs, Linux %s\n", model.c_str(), sysconf(_SC_NPROCESSORS_ONLN), name.release);
}

void PrintTable(const std::vector<Column>& columns, const std::vector<Row>& rows) {
  printf("\n| |");
  for (const Column& column : columns) printf(" %s |", column.title.c_str());
  printf("\n|---|");
  for (size_t i = 0; i < columns.size(); ++i) printf("---|");
  std::vector<Row> all = {{"start", "start: echo Hello", 1, "ms", {}},
                          {"memory", "memory with sleep inside, PSS", 1, "MB", {}}};
  all.insert(all.end(), rows.begin(), rows.end());
  for (const Row& row : all) {
    printf("\n| %s, %s |", row.title.c_str(), row.unit);
    for (const Column& column : columns) printf(" %s |", Cell(column, columns[0], row.key, row.scale).c_str());
  }
  printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  // From `bazel run`: both binaries are beside each other under the runfiles.
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::string sandbox = argc > 1 ? argv[1] : (here / "../../../sandbox/sandbox").lexically_normal().string();
  std::string folder = "/var/tmp/sandbox-bench-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    perror("mkdtemp");
    return 1;
  }
  std::filesystem::copy_file(here / "operations", folder + "/operations");
  std::ofstream(folder + "/bench.c") << kSource;

  std::vector<Column> columns = {{"native", {}}, {"sandbox", {sandbox, "do", "--"}}};
  if (!Output({"runsc", "--version"}).empty()) {
    columns.push_back({"gVisor ptrace", {"runsc", "--platform=ptrace", "--network=none", "--ignore-cgroups", "do"}});
  }
  const std::vector<Row> rows = Rows(folder);
  PrintMachine();
  for (Column& column : columns) MeasureColumn(column, rows, folder + "/operations");
  PrintTable(columns, rows);
  std::filesystem::remove_all(folder);
}
