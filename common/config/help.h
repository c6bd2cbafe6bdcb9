#ifndef COMMON_CONFIG_HELP_H_
#define COMMON_CONFIG_HELP_H_

#include <string>

#include "common/config/flag_table.h"
#include "common/config/program.h"

namespace common::config {

// The text of --help: summary, usage, description, the program's flags under their groups, the common flags last.
// Lines are at most 100 characters wide.
std::string HelpText(const Program& program, const FlagTable& table);

}  // namespace common::config

#endif  // COMMON_CONFIG_HELP_H_
