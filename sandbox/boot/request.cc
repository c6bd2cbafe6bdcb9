#include "sandbox/boot/request.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sandbox {
namespace {

absl::StatusOr<Bind> ParseBind(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  const bool mode_ok = parts.size() == 2 || (parts.size() == 3 && (parts[2] == "ro" || parts[2] == "rw"));
  if (!mode_ok || parts[0].empty() || parts[1].empty() || parts[1][0] != '/') {
    return absl::InvalidArgumentError(
        absl::StrCat("--bind=", text, ": expected SRC:DST, SRC:DST:ro or SRC:DST:rw with an absolute DST"));
  }
  return Bind{parts[0], parts[1], parts.size() == 3 && parts[2] == "rw"};
}

absl::Status ParseUser(const std::string& text, Request* request) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  if (parts.size() > 2 || !absl::SimpleAtoi(parts[0], &request->uid) ||
      (parts.size() == 2 && !absl::SimpleAtoi(parts[1], &request->gid))) {
    return absl::InvalidArgumentError(absl::StrCat("--user=", text, ": expected UID or UID:GID, both numbers"));
  }
  if (parts.size() == 1) request->gid = request->uid;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ParseEnvironment(const SandboxOptions& options) {
  std::vector<std::string> environment;
  if (options.env().empty()) {
    const char* path = getenv("PATH");
    environment.push_back(
        absl::StrCat("PATH=", path != nullptr ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
    for (const char* name : {"HOME", "TERM", "LANG", "USER"}) {
      if (const char* value = getenv(name)) environment.push_back(absl::StrCat(name, "=", value));
    }
    return environment;
  }
  for (const std::string& text : options.env()) {
    const size_t equals = text.find('=');
    if (equals == 0 || text.empty())
      return absl::InvalidArgumentError(absl::StrCat("--env=", text, ": expected NAME or NAME=VALUE"));
    if (equals != std::string::npos) {
      environment.push_back(text);
    } else if (const char* value = getenv(text.c_str())) {
      environment.push_back(absl::StrCat(text, "=", value));
    }
  }
  return environment;
}

std::string PresentDirectory() {
  char* path = get_current_dir_name();
  std::string text = path == nullptr ? "/" : path;
  free(path);
  return text;
}

}  // namespace

absl::StatusOr<uint64_t> ParseSize(const std::string& text) {
  uint64_t factor = 1;
  std::string digits = text;
  if (!digits.empty()) {
    switch (digits.back()) {
      case 'k':
      case 'K':
        factor = uint64_t{1} << 10;
        break;
      case 'm':
      case 'M':
        factor = uint64_t{1} << 20;
        break;
      case 'g':
      case 'G':
        factor = uint64_t{1} << 30;
        break;
      default:
        break;
    }
    if (factor != 1) digits.pop_back();
  }
  uint64_t number = 0;
  if (!absl::SimpleAtoi(digits, &number) || number == 0 || number > (uint64_t{1} << 50) / factor) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a size: expected a number with K, M or G, like 512M"));
  }
  return number * factor;
}

absl::StatusOr<Request> ParseRequest(const SandboxOptions& options, const std::vector<std::string>& command) {
  if (command.empty())
    return absl::InvalidArgumentError("nothing to run: expected sandbox do [flags] -- COMMAND [ARGUMENTS]");
  Request request;
  request.command = command;
  absl::StatusOr<std::vector<std::string>> environment = ParseEnvironment(options);
  if (!environment.ok()) return environment.status();
  request.environment = *std::move(environment);
  request.root = options.root();
  request.overlay = options.overlay();
  for (const std::string& text : options.bind()) {
    absl::StatusOr<Bind> bind = ParseBind(text);
    if (!bind.ok()) return bind.status();
    request.binds.push_back(*std::move(bind));
  }
  request.working_directory = options.cwd();
  request.must_have_directory = !options.cwd().empty();
  if (request.working_directory.empty()) {
    request.working_directory = request.root == "/" ? PresentDirectory() : "/";
  } else if (request.working_directory[0] != '/') {
    return absl::InvalidArgumentError(absl::StrCat("--cwd=", options.cwd(), ": expected an absolute path"));
  }
  if (absl::Status status = ParseUser(options.user(), &request); !status.ok()) return status;
  request.hostname = options.hostname();
  if (request.hostname.size() > 64) return absl::InvalidArgumentError("--hostname: at most 64 bytes");
  request.host_network = options.network() == NETWORK_HOST;
  if (!options.memory().empty()) {
    absl::StatusOr<uint64_t> size = ParseSize(options.memory());
    if (!size.ok()) return absl::InvalidArgumentError(absl::StrCat("--memory: ", size.status().message()));
    request.memory_bytes = *size;
  }
  request.cpus = static_cast<int>(options.cpus());
  request.max_tasks = options.pids();
  if (request.max_tasks == 0 || request.max_tasks > 4000)
    return absl::InvalidArgumentError("--pids: expected 1 to 4000");
  const absl::Duration timeout =
      absl::Seconds(options.timeout().seconds()) + absl::Nanoseconds(options.timeout().nanos());
  if (timeout < absl::ZeroDuration()) return absl::InvalidArgumentError("--timeout: expected a duration above 0");
  if (timeout > absl::ZeroDuration()) request.timeout = timeout;
  request.policy_file = options.policy();
  request.unconfined = options.debug_unconfined();
  request.metrics = !options.common().metrics_address().empty() || !options.common().metrics_file().empty();
  request.strace = options.strace();
  return request;
}

}  // namespace sandbox
