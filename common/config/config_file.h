#ifndef COMMON_CONFIG_CONFIG_FILE_H_
#define COMMON_CONFIG_CONFIG_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace common::config {

// Merges a config file, protobuf text or (where it begins with '{') JSON, into `*options`: what the file names is set,
// also to zero, the rest stays. InvalidArgument names the file and, for protobuf text, line and column.
absl::Status MergeConfigFile(const std::string& path, google::protobuf::Message* options);

}  // namespace common::config

#endif  // COMMON_CONFIG_CONFIG_FILE_H_
