// Loads a program's options from its flags, environment and config file: all three are one schema, a protobuf message
// whose fields carry the option (common.config.flag); see flags.proto.
//
//   migrate::MigrationOptions options;
//   absl::StatusOr<common::config::Loaded> loaded = common::config::Load(kProgram, arguments, getenv, &options);
//
// A value comes from, in this order: the command line, the environment variable PROGRAM_FLAG_NAME, the file of
// --config, the default. In flag names '-' and '_' mean the same, and so do one dash and two. A bool flag is --name,
// --name=false or
// --noname; every other is --name=value or --name value. "--" ends the flags.
#ifndef COMMON_CONFIG_CONFIG_H_
#define COMMON_CONFIG_CONFIG_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/config/program.h"
#include "google/protobuf/message.h"

namespace common::config {

// Looks up an environment variable, like getenv(3).
using Environment = std::function<const char*(const char* name)>;

struct Loaded {
  std::vector<std::string> arguments;  // what is not a flag
  std::string answer;                  // text of --help, --version or --print_config: print it and exit; else empty
};

// Fills `*options`, which should be empty. `arguments` are those of main without the program's name.
// InvalidArgument is one line that names the flag, variable or file and what was expected.
absl::StatusOr<Loaded> Load(const Program& program, absl::Span<const std::string> arguments,
                            const Environment& environment, google::protobuf::Message* options);

// The options in force as protobuf text that --config reads back, secrets masked.
std::string Print(const google::protobuf::Message& options);

// Overwrites the values of secret flags in the argument vector of main, so that no process list shows them.
void HideSecrets(const google::protobuf::Message& options, int argc, char** argv);

}  // namespace common::config

#endif  // COMMON_CONFIG_CONFIG_H_
