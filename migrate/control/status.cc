#include "migrate/control/status.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace migrate::control {
namespace {

std::string Seconds(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  return seconds == 0 ? "0s" : absl::FormatDuration(absl::Seconds(seconds));
}

std::string Eta(const StatusReport& report) {
  if (report.copy_done) return "due";
  const std::optional<absl::Duration> eta = report.eta();
  return eta ? Seconds(*eta) : "N/A";
}

}  // namespace

double StatusReport::progress_percent() const {
  if (copy_done || rows_total == 0) return copy_done ? 100.0 : 0.0;
  // The estimate may be too small; only the end of the copy is the end.
  return std::min(99.9, 100.0 * rows_copied / rows_total);
}

std::optional<absl::Duration> StatusReport::eta() const {
  if (copy_done) return absl::ZeroDuration();
  const double percent = progress_percent();
  if (percent < 0.1) return std::nullopt;
  return copy_elapsed * ((100.0 - percent) / percent);
}

std::string FormatText(const StatusReport& report) {
  return absl::StrFormat(
      "Copy: %d/%d %.1f%%; Applied: %d; Backlog: %d; Time: %s(total), %s(copy); streamer: %s; Lag: %.2fs, State: %s; "
      "ETA: %s",
      report.rows_copied, report.rows_total, report.progress_percent(), report.changes_applied, report.backlog,
      Seconds(report.elapsed), Seconds(report.copy_elapsed), report.position, absl::ToDoubleSeconds(report.lag),
      report.state, Eta(report));
}

std::string FormatJson(const StatusReport& report) {
  nlohmann::ordered_json json = {
      {"table", report.table},
      {"state", report.state},
      {"rows_copied", report.rows_copied},
      {"rows_total", report.rows_total},
      {"progress_percent", report.progress_percent()},
      {"changes_applied", report.changes_applied},
      {"backlog", report.backlog},
      {"elapsed_seconds", absl::ToDoubleSeconds(report.elapsed)},
      {"copy_elapsed_seconds", absl::ToDoubleSeconds(report.copy_elapsed)},
      {"position", report.position},
      {"lag_seconds", absl::ToDoubleSeconds(report.lag)},
  };
  const std::optional<absl::Duration> eta = report.eta();
  json["eta_seconds"] = eta ? nlohmann::ordered_json(absl::ToDoubleSeconds(*eta)) : nlohmann::ordered_json(nullptr);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string FormatBar(const StatusReport& report, int width) {
  const std::string text = absl::StrFormat(" %5.1f%% of %d rows, ETA %s, %s", report.progress_percent(),
                                           report.rows_total, Eta(report), report.state);
  const int room = std::clamp(width - static_cast<int>(text.size()) - 2, 0, 40);
  if (room < 5) return text.substr(1, std::max(0, width));
  const int filled = static_cast<int>(room * report.progress_percent() / 100);
  std::string bar(filled, '=');
  if (filled < room) bar.push_back('>');
  bar.resize(room, ' ');
  return absl::StrCat("[", bar, "]", text);
}

bool IsStatusDue(int64_t second, const StatusReport& report) {
  const std::optional<absl::Duration> eta = report.eta();
  if (second <= 60 || (eta && *eta <= absl::Minutes(1))) return true;
  if (second <= 180 || (eta && *eta <= absl::Minutes(3))) return second % 5 == 0;
  return second % 30 == 0;
}

}  // namespace migrate::control
