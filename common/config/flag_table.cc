#include "common/config/flag_table.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"

namespace common::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kDuration = "google.protobuf.Duration";

std::string Canonical(std::string_view name) { return absl::StrReplaceAll(name, {{"_", "-"}}); }

void Collect(const Descriptor* message, const FieldDescriptor* parent, std::vector<FlagField>& flags) {
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    if (field->options().HasExtension(flag)) {
      flags.push_back({Canonical(field->name()), field, parent, field->options().GetExtension(flag)});
    } else if (parent == nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated()) {
      Collect(field->message_type(), field, flags);
    }
  }
}

absl::Status Expected(std::string_view what, std::string_view got) {
  return absl::InvalidArgumentError(absl::StrCat("expected ", what, ", got \"", got, "\""));
}

template <typename T>
absl::Status ParseWholeNumber(std::string_view text, T* value) {
  if (absl::SimpleAtoi(text, value)) return absl::OkStatus();
  return Expected(
      absl::StrCat("a whole number from ", std::numeric_limits<T>::min(), " to ", std::numeric_limits<T>::max()), text);
}

absl::Status ParseBool(std::string_view text, bool* value) {
  return absl::SimpleAtob(text, value) ? absl::OkStatus() : Expected("true or false", text);
}

absl::Status ParseDouble(std::string_view text, double* value) {
  return absl::SimpleAtod(text, value) ? absl::OkStatus() : Expected("a number", text);
}

// Puts `value` into a singular field or at the end of a repeated one.
#define COMMON_CONFIG_STORE(Kind, value)                                         \
  (flag.field->is_repeated() ? reflection->Add##Kind(message, flag.field, value) \
                             : reflection->Set##Kind(message, flag.field, value))

absl::Status SetEnum(const FlagField& flag, std::string_view text, Message* message) {
  const auto* reflection = message->GetReflection();
  const auto* type = flag.field->enum_type();
  std::vector<std::string> names;
  for (int i = 0; i < type->value_count(); ++i) {
    names.push_back(EnumValueName(type->value(i)));
    if (Canonical(absl::AsciiStrToLower(text)) == names.back()) {
      COMMON_CONFIG_STORE(Enum, type->value(i));
      return absl::OkStatus();
    }
  }
  return Expected(absl::StrCat("one of ", absl::StrJoin(names, ", ")), text);
}

absl::Status SetDuration(const FlagField& flag, std::string_view text, Message* message) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) return Expected("a duration like 500ms, 1.5s or 2m", text);
  const auto* reflection = message->GetReflection();
  Message* target = flag.field->is_repeated() ? reflection->AddMessage(message, flag.field)
                                              : reflection->MutableMessage(message, flag.field);
  const Descriptor* type = target->GetDescriptor();
  const int64_t seconds = absl::ToInt64Seconds(duration);
  target->GetReflection()->SetInt64(target, type->FindFieldByName("seconds"), seconds);
  target->GetReflection()->SetInt32(target, type->FindFieldByName("nanos"),
                                    static_cast<int32_t>(absl::ToInt64Nanoseconds(duration - absl::Seconds(seconds))));
  return absl::OkStatus();
}

template <typename T, typename Parse, typename Store>
absl::Status ParseAndStore(std::string_view text, Parse parse, Store store) {
  T value;
  absl::Status status = parse(text, &value);
  if (status.ok()) store(value);
  return status;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

bool FlagField::is_bool() const { return field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL; }

std::string FlagField::path() const {
  return parent == nullptr ? field->name() : absl::StrCat(parent->name(), ".", field->name());
}

FlagTable::FlagTable(const Descriptor* options) { Collect(options, nullptr, flags_); }

const FlagField* FlagTable::Find(std::string_view name) const {
  const std::string canonical = Canonical(name);
  for (const FlagField& flag : flags_) {
    if (flag.name == canonical) return &flag;
    for (const std::string& alias : flag.definition.aliases()) {
      if (Canonical(alias) == canonical) return &flag;
    }
  }
  return nullptr;
}

const FlagField* FlagTable::Nearest(std::string_view name) const {
  const std::string canonical = Canonical(name);
  const FlagField* nearest = nullptr;
  size_t least = std::max<size_t>(2, canonical.size() / 3) + 1;
  for (const FlagField& flag : flags_) {
    const size_t distance = EditDistance(canonical, flag.name);
    if (distance < least) {
      least = distance;
      nearest = &flag;
    }
  }
  return nearest;
}

std::string EnumValueName(const EnumValueDescriptor* value) {
  // CamelCase to UPPER_CASE, as the style guide prefixes the values of LogFormat with LOG_FORMAT_.
  std::string prefix;
  for (char c : value->type()->name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  std::string_view name = value->name();
  if (absl::StartsWith(name, prefix + "_")) name.remove_prefix(prefix.size() + 1);
  return Canonical(absl::AsciiStrToLower(name));
}

std::string ValueName(const FlagField& flag) {
  if (!flag.definition.value_name().empty()) return flag.definition.value_name();
  switch (flag.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "";
    case FieldDescriptor::CPPTYPE_ENUM: {
      std::vector<std::string> names;
      for (int i = 0; i < flag.field->enum_type()->value_count(); ++i) {
        names.push_back(EnumValueName(flag.field->enum_type()->value(i)));
      }
      return absl::StrJoin(names, "|");
    }
    case FieldDescriptor::CPPTYPE_STRING:
      return "TEXT";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "DURATION";
    default:
      return "N";
  }
}

absl::Status SetFlag(const FlagField& flag, std::string_view value, Message* options) {
  Message* message = options;
  if (flag.parent != nullptr) message = options->GetReflection()->MutableMessage(options, flag.parent);
  const auto* reflection = message->GetReflection();
  switch (flag.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return ParseAndStore<bool>(value, ParseBool, [&](bool v) { COMMON_CONFIG_STORE(Bool, v); });
    case FieldDescriptor::CPPTYPE_INT32:
      return ParseAndStore<int32_t>(value, ParseWholeNumber<int32_t>,
                                    [&](int32_t v) { COMMON_CONFIG_STORE(Int32, v); });
    case FieldDescriptor::CPPTYPE_INT64:
      return ParseAndStore<int64_t>(value, ParseWholeNumber<int64_t>,
                                    [&](int64_t v) { COMMON_CONFIG_STORE(Int64, v); });
    case FieldDescriptor::CPPTYPE_UINT32:
      return ParseAndStore<uint32_t>(value, ParseWholeNumber<uint32_t>,
                                     [&](uint32_t v) { COMMON_CONFIG_STORE(UInt32, v); });
    case FieldDescriptor::CPPTYPE_UINT64:
      return ParseAndStore<uint64_t>(value, ParseWholeNumber<uint64_t>,
                                     [&](uint64_t v) { COMMON_CONFIG_STORE(UInt64, v); });
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ParseAndStore<double>(value, ParseDouble, [&](double v) { COMMON_CONFIG_STORE(Double, v); });
    case FieldDescriptor::CPPTYPE_STRING:
      COMMON_CONFIG_STORE(String, std::string(value));
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(flag, value, message);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (flag.field->message_type()->full_name() == kDuration) return SetDuration(flag, value, message);
      [[fallthrough]];
    default:
      return absl::InternalError(absl::StrCat("field ", flag.field->full_name(), " has a type that no flag can have"));
  }
}

#undef COMMON_CONFIG_STORE

}  // namespace common::config
