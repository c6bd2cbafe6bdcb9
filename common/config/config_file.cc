#include "common/config/config_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"

namespace common::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Keeps the first error of a parse.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read config file ", path, ": it is a directory"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read config file ", path, ": ", strerror(errno)));
  }
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

absl::Status MergeText(const std::string& path, const std::string& text, Message* options) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.MergeFromString(text, options)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("config file ", path, ":", error.text()));
}

// Moves the fields that the JSON object names from `parsed` to `options`; a message that both have is merged field by
// field.
void TakeNamedFields(const nlohmann::json& object, Message* parsed, Message* options) {
  std::vector<const FieldDescriptor*> named;
  for (int i = 0; i < options->GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = options->GetDescriptor()->field(i);
    auto value = object.find(field->name());
    if (value == object.end()) value = object.find(field->json_name());
    if (value == object.end()) continue;
    if (!field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && value->is_object()) {
      TakeNamedFields(*value, parsed->GetReflection()->MutableMessage(parsed, field),
                      options->GetReflection()->MutableMessage(options, field));
    } else {
      named.push_back(field);
    }
  }
  options->GetReflection()->SwapFields(options, parsed, named);
}

absl::Status MergeJson(const std::string& path, const std::string& text, Message* options) {
  std::unique_ptr<Message> parsed(options->New());
  const auto status = google::protobuf::util::JsonStringToMessage(text, parsed.get());
  if (!status.ok()) {
    // protobuf draws the offending place over several lines; an error of ours is one line.
    std::string reason = status.ToString();
    reason = reason.substr(0, reason.find('\n'));
    return absl::InvalidArgumentError(absl::StrCat("config file ", path, ": ", reason));
  }
  // Read once more as plain JSON, for the names: a message does not tell a field set to zero from one not set. (Not as
  // google.protobuf.Struct: the system's protobuf is not instrumented, and its maps differ in layout under thread
  // sanitizer.)
  const nlohmann::json object = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return absl::InvalidArgumentError(absl::StrCat("config file ", path, ": not a JSON object"));
  TakeNamedFields(object, parsed.get(), options);
  return absl::OkStatus();
}

}  // namespace

absl::Status MergeConfigFile(const std::string& path, Message* options) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  const bool is_json = absl::StartsWith(absl::StripLeadingAsciiWhitespace(*text), "{");
  return is_json ? MergeJson(path, *text, options) : MergeText(path, *text, options);
}

}  // namespace common::config
