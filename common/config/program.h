#ifndef COMMON_CONFIG_PROGRAM_H_
#define COMMON_CONFIG_PROGRAM_H_

#include <string_view>

namespace common::config {

// What --help and --version say of a program. All views must outlive the call they are given to; literals do.
struct Program {
  std::string_view name;         // "migrate": also the prefix of its environment variables, MIGRATE_PORT
  std::string_view summary;      // one line
  std::string_view usage;        // "migrate --database=DB --table=T --alter=... [--execute]"
  std::string_view description;  // paragraphs and examples, printed between usage and flags; may be empty
  std::string_view version = "0.1.0";
  // Flags are no longer looked for once this many arguments were seen; 0: they may stand anywhere before "--".
  // `sandbox do [flags] CMD ARGS` sets 2: what follows CMD is CMD's own.
  int stop_after_arguments = 0;
};

}  // namespace common::config

#endif  // COMMON_CONFIG_PROGRAM_H_
