#include "migrate/control/command.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace migrate::control {
namespace {

constexpr std::string_view kHelp = R"(available commands:
status                               # Print a detailed status message
sup                                  # Print a short status message
coordinates                          # Print the currently inspected coordinates
applier                              # Print the hostname of the applier
inspector                            # Print the hostname of the inspector
chunk-size=<newsize>                 # Set a new chunk-size
dml-batch-size=<newsize>             # Set a new dml-batch-size
nice-ratio=<ratio>                   # Set a new nice-ratio, immediate sleep after each row-copy operation, float (examples: 0 is aggressive, 0.7 adds 70% runtime, 1.0 doubles runtime, 2.0 triples runtime, ...)
critical-load=<load>                 # Set a new set of max-load thresholds
max-lag-millis=<max-lag>             # Set a new replication lag threshold
replication-lag-query=<query>        # Accepted without effect
max-load=<load>                      # Set a new set of max-load thresholds
throttle-query=<query>               # Set a new throttle-query
throttle-http=<URL>                  # Set a new throttle URL
throttle-control-replicas=<replicas> # Set a new comma delimited list of throttle control replicas
throttle                             # Force throttling
no-throttle                          # End forced throttling (other throttling may still apply)
unpostpone                           # Bail out a cut-over postpone; proceed to cut-over
panic                                # panic and quit without cleanup
help                                 # This message
- use '?' (question mark) as argument to get info rather than set. e.g. "max-load=?" will just print out current max-load.
)";

bool Is(std::string_view command, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), command) != names.end();
}

std::string Answer(const absl::Status& status, std::string_view done) {
  return status.ok() ? absl::StrCat(done, "\n") : absl::StrCat(status.message(), "\n");
}

std::string SetOrGet(Controls& controls, std::string_view setting, std::string_view value) {
  if (value == "?") {
    const absl::StatusOr<std::string> current = controls.Get(setting);
    return current.ok() ? absl::StrCat(*current, "\n") : Answer(current.status(), "");
  }
  const absl::Status status = controls.Set(setting, std::string(value));
  return status.ok() ? absl::StrCat(controls.Describe(), FormatText(controls.Report()), "\n") : Answer(status, "");
}

}  // namespace

std::string RunCommand(std::string_view line, Controls& controls) {
  const std::pair<std::string_view, std::string_view> parts =
      absl::StrSplit(absl::StripAsciiWhitespace(line), absl::MaxSplits('=', 1));
  const std::string command = absl::AsciiStrToLower(absl::StripAsciiWhitespace(parts.first));
  const std::string_view argument = absl::StripAsciiWhitespace(parts.second);
  const bool has_argument = line.find('=') != std::string_view::npos;

  if (Is(command, {"help", "?"})) return std::string(kHelp);
  if (command == "sup") return absl::StrCat(FormatText(controls.Report()), "\n");
  if (Is(command, {"status", "info"})) return absl::StrCat(controls.Describe(), FormatText(controls.Report()), "\n");
  if (command == "coordinates") return absl::StrCat(controls.Report().position, "\n");
  if (Is(command, {"applier", "inspector"})) return absl::StrCat(controls.Endpoint(), "\n");
  if (Is(command, {"throttle", "pause", "suspend"})) {
    controls.SetThrottledByUser(true);
    return absl::StrCat(controls.Describe(), FormatText(controls.Report()), "\n");
  }
  if (Is(command, {"no-throttle", "unthrottle", "resume", "continue"})) {
    controls.SetThrottledByUser(false);
    return absl::StrCat(controls.Describe(), FormatText(controls.Report()), "\n");
  }
  if (Is(command, {"unpostpone", "no-postpone", "cut-over"}))
    return Answer(controls.Unpostpone(argument), "Unpostponed");
  if (command == "panic") return Answer(controls.Panic(argument), "Panicking");
  if (command == "replication-lag-query") return "replication-lag-query has no effect\n";
  if (has_argument && !command.empty()) return SetOrGet(controls, command, argument);
  return absl::StrCat("Unknown command: ", command, "; try help\n");
}

}  // namespace migrate::control
