#include "vrcharts/quotes/json_document.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace vrcharts::quotes {

// Receives the parser's events.
class JsonHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit JsonHandler(JsonDocument* document) : document_(document) {}

  bool null() override { return Add(JsonDocument::Kind::kNull); }
  bool boolean(bool value) override { return Add(JsonDocument::Kind::kBool, value ? 1 : 0); }
  bool number_integer(number_integer_t value) override {
    return Add(JsonDocument::Kind::kNumber, static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Add(JsonDocument::Kind::kNumber, static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return Add(JsonDocument::Kind::kNumber, value); }
  bool string(string_t& value) override {
    if (!Add(JsonDocument::Kind::kString)) return false;
    JsonDocument::Node& node = document_->nodes_.back();
    return Keep(value, &node.text, &node.text_size);
  }
  bool binary(binary_t&) override { return Fail("binary data"); }
  bool start_object(std::size_t) override { return Open(JsonDocument::Kind::kObject); }
  bool end_object() override { return Close(); }
  bool start_array(std::size_t) override { return Open(JsonDocument::Kind::kArray); }
  bool end_array() override { return Close(); }
  bool key(string_t& value) override { return Keep(value, &key_, &key_size_); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
    return Fail(
        absl::StrCat(error.id == 406 ? "a number beyond all measure" : "a syntax error", " at byte ", position));
  }

  const std::string& fault() const { return fault_; }

 private:
  struct Container {
    uint32_t node;
    uint32_t last_child;
  };

  bool Fail(std::string fault) {
    fault_ = std::move(fault);
    return false;
  }

  bool Keep(const std::string& value, uint32_t* at, uint32_t* size) {
    if (document_->texts_.size() + value.size() > std::numeric_limits<uint32_t>::max()) return Fail("too much text");
    *at = static_cast<uint32_t>(document_->texts_.size());
    *size = static_cast<uint32_t>(value.size());
    document_->texts_ += value;
    return true;
  }

  bool Add(JsonDocument::Kind kind, double number = 0) {
    std::vector<JsonDocument::Node>& nodes = document_->nodes_;
    if (nodes.size() >= JsonDocument::kMaxNodes) {
      return Fail(absl::StrCat("more than ", JsonDocument::kMaxNodes, " values"));
    }
    const uint32_t index = static_cast<uint32_t>(nodes.size());
    nodes.emplace_back();
    nodes.back().kind = kind;
    nodes.back().number = number;
    nodes.back().key = key_;
    nodes.back().key_size = key_size_;
    key_size_ = 0;
    if (!open_.empty()) {
      Container& parent = open_.back();
      if (parent.last_child == 0) {
        nodes[parent.node].first = index;
      } else {
        nodes[parent.last_child].next = index;
      }
      parent.last_child = index;
      ++nodes[parent.node].children;
    }
    return true;
  }

  bool Open(JsonDocument::Kind kind) {
    if (open_.size() >= JsonDocument::kMaxDepth) {
      return Fail(absl::StrCat("nesting deeper than ", JsonDocument::kMaxDepth));
    }
    if (!Add(kind)) return false;
    open_.push_back({static_cast<uint32_t>(document_->nodes_.size() - 1), 0});
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  JsonDocument* const document_;
  std::vector<Container> open_;
  uint32_t key_ = 0, key_size_ = 0;
  std::string fault_;
};

absl::StatusOr<JsonDocument> JsonDocument::Parse(std::string_view text) {
  const std::string_view start = absl::StripLeadingAsciiWhitespace(text);
  if (start.empty()) return absl::DataLossError("an empty answer instead of JSON");
  if (start.front() == '<') return absl::DataLossError("a web page (HTML) instead of JSON");
  JsonDocument document;
  document.nodes_.reserve(text.size() / 12);
  JsonHandler handler(&document);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &handler)) {
    return absl::DataLossError(absl::StrCat("no proper JSON: ", handler.fault()));
  }
  return document;
}

std::optional<double> JsonDocument::Value::number() const {
  if (!exists()) return std::nullopt;
  if (kind() == Kind::kNumber) return node().number;
  if (kind() != Kind::kString) return std::nullopt;
  const std::string_view text = absl::StripAsciiWhitespace(string());
  double value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view JsonDocument::Value::string() const {
  if (!exists() || kind() != Kind::kString) return "";
  return std::string_view(document_->texts_).substr(node().text, node().text_size);
}

std::string_view JsonDocument::Value::key() const {
  return exists() ? std::string_view(document_->texts_).substr(node().key, node().key_size) : std::string_view();
}

JsonDocument::Value JsonDocument::Value::first_child() const {
  return exists() && node().first != 0 ? Value(document_, node().first) : Value();
}

JsonDocument::Value JsonDocument::Value::next() const {
  return exists() && node().next != 0 ? Value(document_, node().next) : Value();
}

JsonDocument::Value JsonDocument::Value::At(std::string_view path) const {
  Value at = *this;
  while (at.exists() && !path.empty()) {
    const std::string_view step = path.substr(0, path.find('.'));
    Value found, whole;
    if (at.is_object()) {
      for (Value child = at.first_child(); child.exists(); child = child.next()) {
        if (child.key() == path) whole = child;
        if (child.key() == step) found = child;
      }
    } else if (at.is_array()) {
      uint32_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (error == std::errc() && end == step.data() + step.size() && index < at.size()) {
        found = at.first_child();
        for (; index > 0; --index) found = found.next();
      }
    }
    if (whole.exists()) return whole;
    at = found;
    path.remove_prefix(std::min(path.size(), step.size() + 1));
  }
  return at;
}

}  // namespace vrcharts::quotes
