// migrate: an online schema change for MySQL and MariaDB. Reads the options, builds the migration, runs it.
#include "common/lifecycle/main.h"

#include <iostream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/log_severity.h"
#include "absl/log/globals.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/lifecycle/shutdown.h"
#include "migrate/migration/migration.h"
#include "migrate/migration/topology.h"
#include "migrate/mysql/quote.h"
#include "migrate/options/migration_options.pb.h"
#include "migrate/options/options.h"

namespace {

constexpr char kDescription[] =
    R"text(Changes the definition of a big, busy table without stopping the application: a ghost table with the new definition is
filled in chunks while the binary log's changes are replayed on it, then it takes the table's name. Flags are gh-ost's.

  migrate --host=db1 --user=dba --ask-pass --allow-on-master --database=shop --table=orders \
      --alter="ADD COLUMN note VARCHAR(100)" --execute

Ends with 0: the new table is in place; 1: failed, 2: bad usage, 130: interrupted; the last line says what is in place.
What is on by default is switched off by --flag=false.)text";

absl::StatusOr<int> RunMigrate(const std::vector<std::string>& arguments, migrate::MigrationOptions& options) {
  if (!arguments.empty())
    return absl::InvalidArgumentError(
        absl::StrCat("unexpected argument \"", arguments[0], "\"; every option is a flag, see --help"));
  if (absl::Status status = migrate::CompleteOptions(options); !status.ok()) return status;
  for (const std::string& line : migrate::FlagsWithoutEffect(options)) std::cerr << "migrate: " << line << "\n";
  if (options.check_flag()) return 0;
  if (options.quiet()) absl::SetMinLogLevel(absl::LogSeverityAtLeast::kError);
  if (options.debug()) absl::SetGlobalVLogLevel(1);

  std::stop_source stop;
  std::jthread signals([&](std::stop_token done) {
    while (!done.stop_requested()) {
      if (common::lifecycle::WaitForShutdown(absl::Milliseconds(100))) {
        stop.request_stop();
        return;
      }
    }
  });
  absl::StatusOr<migrate::MigrationOptions> resolved = migrate::migration::ResolveTopology(options);
  if (!resolved.ok()) {
    return absl::Status(
        resolved.status().code(),
        absl::StrCat(resolved.status().message(), "; ",
                     migrate::mysql::QualifiedName(options.database(), options.table()), " is unchanged"));
  }
  absl::Status status = migrate::migration::Migration(*resolved).Run(stop.get_token());
  if (!status.ok()) return status;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  migrate::MigrationOptions options;
  const common::config::Program program{.name = "migrate",
                                        .summary = "online schema change for MySQL and MariaDB",
                                        .usage = "migrate --database=NAME --table=NAME --alter=DDL [--execute] [flags]",
                                        .description = kDescription};
  return common::lifecycle::Main(program, argc, argv, &options, [&](const std::vector<std::string>& arguments) {
    return RunMigrate(arguments, options);
  });
}
