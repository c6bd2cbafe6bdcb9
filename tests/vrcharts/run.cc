#include "tests/vrcharts/run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

extern char** environ;

namespace tests::vrcharts {
namespace {

std::string ProgramPath() {
  const char* sources = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  if (sources == nullptr || workspace == nullptr) return "vrcharts/vrcharts";
  return absl::StrCat(sources, "/", workspace, "/vrcharts/vrcharts");
}

std::vector<std::string> MergedEnvironment(const std::vector<std::string>& changes) {
  std::map<std::string, std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(*entry, absl::MaxSplits('=', 1));
    merged[pair.first] = pair.second;
  }
  for (const std::string& change : changes) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(change, absl::MaxSplits('=', 1));
    if (absl::StrContains(change, "=")) {
      merged[pair.first] = pair.second;
    } else {
      merged.erase(pair.first);
    }
  }
  std::vector<std::string> result;
  for (const auto& [name, value] : merged) result.push_back(absl::StrCat(name, "=", value));
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

int Occurrences(const std::string& text, const std::string& what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

std::vector<std::string> Outcome::messages() const {
  std::vector<std::string> found;
  for (const auto line : absl::StrSplit(err, '\n')) {
    if (absl::StartsWith(line, "vrcharts: ")) found.emplace_back(line);
  }
  return found;
}

std::string TempPath(const std::string& name) {
  const char* folder = std::getenv("TEST_TMPDIR");
  return absl::StrCat(folder != nullptr ? folder : "/tmp", "/", name);
}

Outcome RunProgram(const RunOptions& options) {
  static int runs = 0;
  const std::string folder = TempPath(absl::StrCat("run", ++runs));
  std::filesystem::create_directories(absl::StrCat(folder, "/cwd"));
  const std::string program = std::filesystem::absolute(ProgramPath());
  std::vector<std::string> arguments = {program};
  arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
  std::vector<std::string> changes = {absl::StrCat("HOME=", folder), absl::StrCat("XDG_RUNTIME_DIR=", folder),
                                      // Compiled shaders are kept from run to run of one test.
                                      absl::StrCat("MESA_SHADER_CACHE_DIR=", TempPath("mesa"))};
  changes.insert(changes.end(), options.environment.begin(), options.environment.end());
  std::vector<std::string> environment = MergedEnvironment(changes);
  std::vector<char*> argv = Pointers(arguments), envp = Pointers(environment);
  const std::string out = folder + "/out", err = folder + "/err";

  const pid_t child = fork();
  if (child == 0) {
    if (chdir(absl::StrCat(folder, "/cwd").c_str()) != 0) _exit(127);
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    execve(program.c_str(), argv.data(), envp.data());
    _exit(127);
  }
  std::atomic<bool> script_over{false}, program_over{false};
  std::thread script;
  if (options.meanwhile) {
    script = std::thread([&] {
      options.meanwhile([&](const std::string& text, int times) {
        const absl::Time give_up = absl::Now() + absl::Minutes(3);
        while (Occurrences(ReadFile(err), text) < times) {
          if (absl::Now() > give_up || program_over) return false;
          absl::SleepFor(absl::Milliseconds(20));
        }
        return true;
      });
      script_over = true;
    });
  }
  Outcome outcome;
  const absl::Time start = absl::Now();
  bool stopped = false;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const absl::Duration elapsed = absl::Now() - start;
    const bool time_is_over = options.stop_after_seconds > 0 && elapsed > absl::Seconds(options.stop_after_seconds);
    if (!stopped && (time_is_over || script_over)) {
      kill(child, SIGTERM);
      stopped = true;
    }
    if (elapsed > absl::Seconds(options.give_up_after_seconds)) kill(child, SIGKILL);
    absl::SleepFor(absl::Milliseconds(10));
  }
  program_over = true;
  if (script.joinable()) script.join();
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = ReadFile(out);
  outcome.err = ReadFile(err);
  return outcome;
}

std::vector<std::string> MonadoEnvironment() {
  const char* peers = std::getenv("PROGRAMS_PEERS");
  const std::string manifest =
      absl::StrCat(peers != nullptr ? peers : "/var/cache/programs", "/monado-25.0.0/openxr_monado.json");
  if (!std::filesystem::exists(manifest)) return {};
  return {"XR_RUNTIME_JSON=" + manifest, "XRT_COMPOSITOR_NULL=1", "SIMULATED_ENABLE=1"};
}

std::vector<std::string> LossLayerEnvironment(const std::string& events) {
  const std::string layer = std::filesystem::absolute("tests/vrcharts/libloss_layer.so");
  const std::string folder = TempPath("layers");
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/loss.json")
      << R"({"file_format_version": "1.0.0", "api_layer": {"name": "XR_APILAYER_TEST_loss", "library_path": ")" << layer
      << R"(", "api_version": "1.0", "implementation_version": "1", "description": "loses things"}})";
  return {"XR_API_LAYER_PATH=" + folder, "XR_ENABLE_API_LAYERS=XR_APILAYER_TEST_loss",
          "VRCHARTS_TEST_EVENTS=" + events};
}

}  // namespace tests::vrcharts
