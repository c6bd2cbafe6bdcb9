#include "common/logging/logging.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"
#include "absl/log/initialize.h"
#include "absl/log/log_sink.h"
#include "absl/log/log_sink_registry.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace common::logging {
namespace {

// Writes each entry with one write(2), which keeps the lines of several threads and processes whole.
class DescriptorSink : public absl::LogSink {
 public:
  DescriptorSink(int descriptor, config::LogFormat format)
      : descriptor_(descriptor), format_(format), begin_(isatty(descriptor) != 0 ? "\r\x1b[K" : "") {}

  void Send(const absl::LogEntry& entry) override {
    const std::string line =
        absl::StrCat(begin_, format_ == config::LOG_FORMAT_JSON ? FormatJson(entry) : FormatText(entry), "\n");
    size_t done = 0;
    while (done < line.size()) {
      const ssize_t written = write(descriptor_, line.data() + done, line.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;  // there is no better place to say that the log cannot be written
      done += written;
    }
  }

  void Flush() override {
    if (descriptor_ != STDERR_FILENO) fsync(descriptor_);
  }

 private:
  const int descriptor_;
  const config::LogFormat format_;
  const std::string_view begin_;  // on a terminal: takes away a progress bar that stands there
};

DescriptorSink* sink = nullptr;

std::string_view Component(const absl::LogEntry& entry) {
  std::string_view file = entry.source_filename();
  const size_t slash = file.rfind('/');
  return slash == std::string_view::npos ? "main" : file.substr(0, slash);
}

std::string_view LevelName(const absl::LogEntry& entry) {
  if (entry.verbosity() == 1) return "debug";
  if (entry.verbosity() > 1) return "trace";
  switch (entry.log_severity()) {
    case absl::LogSeverity::kInfo:
      return "info";
    case absl::LogSeverity::kWarning:
      return "warning";
    case absl::LogSeverity::kError:
      return "error";
    default:
      return "fatal";
  }
}

void SetLevel(config::LogLevel level) {
  absl::SetGlobalVLogLevel(level == config::LOG_LEVEL_TRACE ? 2 : level == config::LOG_LEVEL_DEBUG ? 1 : 0);
  absl::SetMinLogLevel(level == config::LOG_LEVEL_ERROR     ? absl::LogSeverityAtLeast::kError
                       : level == config::LOG_LEVEL_WARNING ? absl::LogSeverityAtLeast::kWarning
                                                            : absl::LogSeverityAtLeast::kInfo);
}

}  // namespace

std::string FormatText(const absl::LogEntry& entry) {
  const std::string time = absl::FormatTime("%Y-%m-%d %H:%M:%E6S", entry.timestamp(), absl::UTCTimeZone());
  return absl::StrFormat("%s %c %-18s %s  (%s:%d)", time, absl::ascii_toupper(LevelName(entry)[0]), Component(entry),
                         entry.text_message(), entry.source_basename(), entry.source_line());
}

std::string FormatJson(const absl::LogEntry& entry) {
  const nlohmann::ordered_json line = {
      {"time", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", entry.timestamp(), absl::UTCTimeZone())},
      {"level", LevelName(entry)},
      {"component", Component(entry)},
      {"source", absl::StrCat(std::string_view(entry.source_basename()), ":", entry.source_line())},
      {"message", std::string_view(entry.text_message())},
  };
  // Bytes that are not UTF-8 come out as U+FFFD instead of an exception.
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

absl::Status Start(const config::CommonOptions& options) {
  int descriptor = STDERR_FILENO;
  if (!options.log_file().empty()) {
    descriptor = open(options.log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (descriptor < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--log-file: cannot open ", options.log_file(), ": ", strerror(errno)));
    }
  }
  SetLevel(options.log_level());
  sink = new DescriptorSink(descriptor, options.log_format());  // lives as long as the process
  absl::AddLogSink(sink);
  absl::SetStderrThreshold(absl::LogSeverityAtLeast::kInfinity);  // Abseil's own standard-error output
  absl::InitializeLog();
  return absl::OkStatus();
}

void Flush() {
  if (sink != nullptr) sink->Flush();
}

}  // namespace common::logging
