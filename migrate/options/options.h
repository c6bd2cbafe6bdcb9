// From the flags as given to options that can be worked with.
#ifndef MIGRATE_OPTIONS_OPTIONS_H_
#define MIGRATE_OPTIONS_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "migrate/options/migration_options.pb.h"

namespace migrate {

// gh-ost's defaults. Here a copy only begins with such chunks, and a statement for changes has at least so many if
// there are as many; other values of --chunk-size and --dml-batch-size are kept to.
inline constexpr uint32_t kFirstChunkSize = 1000;
inline constexpr uint32_t kLeastBatchSize = 10;

// Reads --conf and --ask-pass, fills in what depends on the machine (threads), and checks every value; InvalidArgument
// names the flag and what was expected.
absl::Status CompleteOptions(MigrationOptions& options);

// One line for each flag that was given and has no effect here.
std::vector<std::string> FlagsWithoutEffect(const MigrationOptions& options);

}  // namespace migrate

#endif  // MIGRATE_OPTIONS_OPTIONS_H_
