#ifndef COMMON_CONFIG_FLAG_TABLE_H_
#define COMMON_CONFIG_FLAG_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/config/flags.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace common::config {

// One flag: a field of the options message, or of a message in it that holds flags (CommonOptions).
struct FlagField {
  std::string name;                                          // canonical: the field's name, words joined by '-'
  const google::protobuf::FieldDescriptor* field = nullptr;  // the field itself
  const google::protobuf::FieldDescriptor* parent =
      nullptr;  // the field of the root that holds it; null: the root does
  Flag definition;

  bool is_bool() const;
  // Path as in a config file: "common.log_level".
  std::string path() const;
};

// All flags of an options message, in the order of its fields. Immutable.
class FlagTable {
 public:
  explicit FlagTable(const google::protobuf::Descriptor* options);

  const std::vector<FlagField>& flags() const { return flags_; }

  // The flag of this name or alias; '-' and '_' are the same. Null if there is none.
  const FlagField* Find(std::string_view name) const;

  // The flag whose name is nearest to a mistyped one, or null if none is near.
  const FlagField* Nearest(std::string_view name) const;

 private:
  std::vector<FlagField> flags_;
};

// Stores `value`, as written on a command line, in the flag's field; a repeated field grows by one.
// InvalidArgument says what was expected: `expected a whole number from 0 to 65535, got "x"`.
absl::Status SetFlag(const FlagField& flag, std::string_view value, google::protobuf::Message* options);

// What --help calls the value of a flag: its value_name, its enum's values, or its type. Empty for bool.
std::string ValueName(const FlagField& flag);

// The command-line spelling of an enum value: VIEWER_IMAGE of enum Viewer is "image".
std::string EnumValueName(const google::protobuf::EnumValueDescriptor* value);

}  // namespace common::config

#endif  // COMMON_CONFIG_FLAG_TABLE_H_
