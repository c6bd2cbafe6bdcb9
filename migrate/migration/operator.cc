#include "migrate/migration/operator.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "migrate/mysql/quote.h"
#include "migrate/schema/names.h"

namespace migrate::migration {
namespace {

constexpr char kByUser[] = "user";

struct Range {
  double least;
  double most;
};
const std::map<std::string, Range, std::less<>>& NumberSettings() {
  static const auto* settings = new std::map<std::string, Range, std::less<>>{{"chunk-size", {10, 100'000}},
                                                                              {"dml-batch-size", {1, 10'000}},
                                                                              {"nice-ratio", {0, 100}},
                                                                              {"max-lag-millis", {100, 3'600'000}}};
  return *settings;
}

}  // namespace

Operator::Operator(const MigrationOptions& options, const Progress& progress, throttle::Gate& gate)
    : options_(options), progress_(progress), gate_(gate), max_lag_millis_(options.max_lag_millis()) {
  settings_ = {{"chunk-size", absl::StrCat(options.chunk_size())},
               {"dml-batch-size", absl::StrCat(options.dml_batch_size())},
               {"nice-ratio", absl::StrCat(options.nice_ratio())},
               {"max-lag-millis", absl::StrCat(options.max_lag_millis())},
               {"max-load", options.max_load()},
               {"critical-load", options.critical_load()},
               {"throttle-query", options.throttle_query()},
               {"throttle-http", options.throttle_http()},
               {"throttle-control-replicas", options.throttle_control_replicas()}};
}

void Operator::SetCopier(copy::Copier* copier) {
  absl::MutexLock lock(&mutex_);
  copier_ = copier;
  Push();
}

void Operator::SetApplier(apply::Applier* applier) {
  absl::MutexLock lock(&mutex_);
  applier_ = applier;
  Push();
}

void Operator::SetEndpoint(std::string endpoint) {
  absl::MutexLock lock(&mutex_);
  endpoint_ = std::move(endpoint);
}

void Operator::SetListener(Listener listener) {
  absl::MutexLock lock(&mutex_);
  listener_ = std::move(listener);
}

std::string Operator::Endpoint() {
  absl::MutexLock lock(&mutex_);
  return endpoint_;
}

std::string Operator::Describe() {
  absl::MutexLock lock(&mutex_);
  const schema::TableNames names = schema::MakeTableNames(
      options_.table(), options_.force_table_names().empty() ? options_.table() : options_.force_table_names(), "");
  std::string text =
      absl::StrCat("# Migrating ", mysql::QualifiedName(options_.database(), names.original), "; Ghost table is ",
                   mysql::QualifiedName(options_.database(), names.ghost), "\n# Migrating ", endpoint_,
                   "; migration started at ", absl::FormatTime(progress_.begin()), "\n#");
  for (const auto& [name, value] : settings_)
    absl::StrAppend(&text, " ", name, ": ", value.empty() || value == "0" ? "-" : value, ";");
  text.push_back('\n');
  if (!options_.postpone_cut_over_flag_file().empty())
    absl::StrAppend(&text, "# postpone-cut-over-flag-file: ", options_.postpone_cut_over_flag_file(), "\n");
  if (!options_.throttle_flag_file().empty())
    absl::StrAppend(&text, "# throttle-flag-file: ", options_.throttle_flag_file(), "\n");
  if (!options_.panic_flag_file().empty())
    absl::StrAppend(&text, "# panic-flag-file: ", options_.panic_flag_file(), "\n");
  return text;
}

absl::StatusOr<std::string> Operator::Get(std::string_view setting) {
  absl::MutexLock lock(&mutex_);
  auto it = settings_.find(setting);
  if (it == settings_.end()) return absl::NotFoundError(absl::StrCat("Unknown command: ", setting, "; try help"));
  return it->second;
}

absl::Status Operator::Set(std::string_view setting, const std::string& value) {
  absl::MutexLock lock(&mutex_);
  auto it = settings_.find(setting);
  if (it == settings_.end()) return absl::NotFoundError(absl::StrCat("Unknown command: ", setting, "; try help"));
  if (absl::Status status = SetNumber(it->first, value); !status.ok()) return status;
  if (listener_) {
    if (absl::Status status = listener_(setting, value); !status.ok()) return status;
  }
  it->second = value;
  commanded_.insert(it->first);
  Push();
  return absl::OkStatus();
}

absl::Status Operator::SetNumber(const std::string& setting, const std::string& value) {
  auto it = NumberSettings().find(setting);
  if (it == NumberSettings().end()) return absl::OkStatus();
  double number = 0;
  if (!absl::SimpleAtod(value, &number) || !(number >= it->second.least && number <= it->second.most)) {
    return absl::InvalidArgumentError(
        absl::StrCat(setting, "=", value, ": expected a number from ", it->second.least, " to ", it->second.most));
  }
  if (setting == "max-lag-millis") max_lag_millis_ = static_cast<uint32_t>(number);
  return absl::OkStatus();
}

// Hands the settings to copier and applier, which were made with the sizes of the flags.
void Operator::Push() {
  auto commanded = [this](const char* setting) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return commanded_.count(setting) > 0 ? std::strtoull(settings_[setting].c_str(), nullptr, 10) : 0;
  };
  const uint64_t chunk_size = commanded("chunk-size");
  const uint64_t batch = commanded("dml-batch-size");
  if (copier_ != nullptr) {
    copier_->SetNiceRatio(std::atof(settings_["nice-ratio"].c_str()));
    if (chunk_size > 0) copier_->SetChunkOptions({.rows = chunk_size, .target_time = absl::ZeroDuration()});
  }
  if (applier_ != nullptr && batch > 0) applier_->SetBatchRows(batch);
}

void Operator::SetThrottledByUser(bool throttled) {
  if (throttled) {
    gate_.Close(kByUser, "commanded by user");
  } else {
    gate_.Open(kByUser);
  }
}

absl::Status Operator::CheckTableNamed(std::string_view command, std::string_view table, bool must_be_named) const {
  if (table.empty() && must_be_named) {
    return absl::InvalidArgumentError(absl::StrCat("User commanded '", command,
                                                   "' without specifying table name, but --force-named-",
                                                   command == "panic" ? "panic" : "cut-over", " is set"));
  }
  if (!table.empty() && table != options_.table()) {
    return absl::InvalidArgumentError(absl::StrCat("User commanded '", command, "' on ", table,
                                                   ", but migrated table is ", options_.table(),
                                                   "; ignoring request."));
  }
  return absl::OkStatus();
}

absl::Status Operator::Unpostpone(std::string_view table) {
  if (absl::Status status = CheckTableNamed("unpostpone", table, options_.force_named_cut_over()); !status.ok())
    return status;
  unpostponed_ = true;
  return absl::OkStatus();
}

absl::Status Operator::Panic(std::string_view table) {
  if (absl::Status status = CheckTableNamed("panic", table, options_.force_named_panic()); !status.ok()) return status;
  panic_.request_stop();
  return absl::OkStatus();
}

}  // namespace migrate::migration
