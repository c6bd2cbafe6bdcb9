#ifndef VRCHARTS_QUOTES_JSON_DOCUMENT_H_
#define VRCHARTS_QUOTES_JSON_DOCUMENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace vrcharts::quotes {

// A JSON text from the web as one flat array of nodes: a few bytes a value, freed at once. simdjson does the parsing.
//
//   absl::StatusOr<JsonDocument> document = JsonDocument::Parse(body);
//   JsonDocument::Value closes = document->root().At("chart.result.0.indicators.quote.0.close");
//   for (auto v = closes.first_child(); v.exists(); v = v.next()) v.number();
class JsonDocument {
 public:
  static constexpr int kMaxDepth = 64;
  static constexpr size_t kMaxNodes = 20'000'000;

  enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

 private:
  struct Node {
    double number = 0;
    std::string_view text, key;    // in texts_
    uint32_t first = 0, next = 0;  // nodes; 0 is none, as the root is nobody's child
    uint32_t children = 0;
    Kind kind = Kind::kNull;
  };

 public:
  // Fails with DataLoss: no JSON (an HTML page is called so), nested deeper than kMaxDepth, more values than kMaxNodes,
  // a number beyond the range of a double.
  static absl::StatusOr<JsonDocument> Parse(std::string_view text);

  class Value {
   public:
    bool exists() const { return document_ != nullptr; }
    Kind kind() const { return node().kind; }
    bool is_array() const { return exists() && kind() == Kind::kArray; }
    bool is_object() const { return exists() && kind() == Kind::kObject; }
    // The number, or a string that is one ("184.62"); nullopt for everything else, null among it.
    std::optional<double> number() const;
    // Empty for what is no string.
    std::string_view string() const;
    std::string_view key() const;  // within an object
    size_t size() const { return exists() ? node().children : 0; }
    Value first_child() const;
    Value next() const;
    // Follows a path of keys and indices separated by dots. A key that has dots in itself is found if all that is left
    // of the path matches it. An empty path is the value itself.
    Value At(std::string_view path) const;

   private:
    friend class JsonDocument;
    Value() = default;
    Value(const JsonDocument* document, uint32_t index) : document_(document), index_(index) {}
    const Node& node() const { return document_->nodes_[index_]; }

    const JsonDocument* document_ = nullptr;
    uint32_t index_ = 0;
  };

  Value root() const { return Value(this, 0); }

 private:
  friend class JsonTree;

  std::vector<Node> nodes_;
  std::shared_ptr<const void> texts_;  // the parser, which holds all strings
};

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_JSON_DOCUMENT_H_
