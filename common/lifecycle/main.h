#ifndef COMMON_LIFECYCLE_MAIN_H_
#define COMMON_LIFECYCLE_MAIN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config/program.h"
#include "google/protobuf/message.h"

namespace common::lifecycle {

// What a program does once its options are there: returns its exit code, or a status that becomes one line on standard
// error and the code of ExitCodeFor().
using Body = std::function<absl::StatusOr<int>(const std::vector<std::string>& arguments)>;

// The main function of every program:
//
//   int main(int argc, char** argv) {
//     migrate::MigrationOptions options;
//     return common::lifecycle::Main(kProgram, argc, argv, &options, [&](const auto& arguments) { ... });
//   }
//
// Loads `*options` from flags, environment and config file (common/config/config.h), hides secrets from the process
// list, starts logging, narration and metrics as the options' `common` field (CommonOptions) says, installs the signal
// handlers, runs `body`, writes --metrics_file, and turns the outcome into an exit code (common/lifecycle/shutdown.h).
int Main(const config::Program& program, int argc, char** argv, google::protobuf::Message* options, const Body& body);

}  // namespace common::lifecycle

#endif  // COMMON_LIFECYCLE_MAIN_H_
