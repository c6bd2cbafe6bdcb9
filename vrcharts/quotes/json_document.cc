#include "vrcharts/quotes/json_document.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace vrcharts::quotes {

namespace {

std::string FaultOf(simdjson::error_code error) {
  switch (error) {
    case simdjson::DEPTH_ERROR:
      return absl::StrCat("nesting deeper than ", JsonDocument::kMaxDepth);
    case simdjson::NUMBER_ERROR:
      return "a number that is none, or beyond all measure";
    case simdjson::UTF8_ERROR:
      return "text that is not UTF-8";
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC:
      return "too much of it";
    default:
      return "a syntax error";
  }
}

}  // namespace

// Turns simdjson's document into nodes. Recursion ends at kMaxDepth, which the parser has checked.
class JsonTree {
 public:
  explicit JsonTree(JsonDocument* document) : nodes_(document->nodes_) {}

  // False if there are more values than a document may have.
  bool Add(const simdjson::dom::element& element, std::string_view key) {
    if (nodes_.size() >= JsonDocument::kMaxNodes) return false;
    const size_t index = nodes_.size();
    nodes_.emplace_back();
    nodes_[index].key = key;
    using simdjson::dom::element_type;
    switch (element.type()) {
      case element_type::ARRAY: {
        nodes_[index].kind = JsonDocument::Kind::kArray;
        simdjson::dom::array array;
        if (element.get(array) != simdjson::SUCCESS) return false;
        Children children{index};
        for (const simdjson::dom::element child : array) {
          if (!AddChild(child, "", &children)) return false;
        }
        return true;
      }
      case element_type::OBJECT: {
        nodes_[index].kind = JsonDocument::Kind::kObject;
        simdjson::dom::object object;
        if (element.get(object) != simdjson::SUCCESS) return false;
        Children children{index};
        for (const simdjson::dom::key_value_pair child : object) {
          if (!AddChild(child.value, child.key, &children)) return false;
        }
        return true;
      }
      case element_type::STRING:
        nodes_[index].kind = JsonDocument::Kind::kString;
        return element.get(nodes_[index].text) == simdjson::SUCCESS;
      case element_type::BOOL:
        nodes_[index].kind = JsonDocument::Kind::kBool;
        return true;
      case element_type::NULL_VALUE:
        return true;
      default:  // whole numbers as well
        nodes_[index].kind = JsonDocument::Kind::kNumber;
        return element.get(nodes_[index].number) == simdjson::SUCCESS;
    }
  }

 private:
  struct Children {
    size_t parent;
    size_t last = 0;
  };

  bool AddChild(const simdjson::dom::element& child, std::string_view key, Children* children) {
    const size_t index = nodes_.size();
    if (!Add(child, key)) return false;
    (children->last == 0 ? nodes_[children->parent].first : nodes_[children->last].next) = static_cast<uint32_t>(index);
    children->last = index;
    ++nodes_[children->parent].children;
    return true;
  }

  std::vector<JsonDocument::Node>& nodes_;
};

absl::StatusOr<JsonDocument> JsonDocument::Parse(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::string_view start = absl::StripLeadingAsciiWhitespace(text);
  if (start.empty()) return absl::DataLossError("an empty answer instead of JSON");
  if (start.front() == '<') return absl::DataLossError("a web page (HTML) instead of JSON");
  auto parser = std::make_shared<simdjson::dom::parser>();
  simdjson::error_code error = parser->allocate(text.size(), kMaxDepth);
  simdjson::dom::element root;
  if (error == simdjson::SUCCESS) error = parser->parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS) return absl::DataLossError(absl::StrCat("no proper JSON: ", FaultOf(error)));
  JsonDocument document;
  document.nodes_.reserve(text.size() / 12);
  if (!JsonTree(&document).Add(root, "")) {
    return absl::DataLossError(absl::StrCat("no proper JSON: more than ", kMaxNodes, " values"));
  }
  document.texts_ = std::move(parser);
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
  return node().text;
}

std::string_view JsonDocument::Value::key() const { return exists() ? node().key : std::string_view(); }

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
        if (child.key() == step) found = child;
        if (step.size() != path.size() && child.key() == path) whole = child;
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
