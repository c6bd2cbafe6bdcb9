#include "migrate/verify/checksum.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "migrate/mysql/quote.h"

namespace migrate::verify {
namespace {

using schema::Column;

template <size_t N>
bool OneOf(std::string_view type, const std::array<std::string_view, N>& types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

constexpr std::array<std::string_view, 3> kMoments = {"datetime", "timestamp", "date"};
constexpr std::array<std::string_view, 10> kSpatial = {
    "geometry",        "point",        "linestring",         "polygon",        "multipoint",
    "multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector"};

bool IsExactNumber(const Column& column) {
  return column.IsInteger() || column.data_type == "decimal" || column.data_type == "bit" || column.data_type == "year";
}
bool IsNumber(const Column& column) { return IsExactNumber(column) || column.IsFloat(); }

// One side alone, given what the other side is.
std::string Comparable(const Column& column, const Column& other) {
  const std::string name = mysql::QuoteIdentifier(column.name);
  if (IsNumber(column) && IsNumber(other)) {
    if (column.IsFloat() || other.IsFloat()) return absl::StrCat("(", name, " + 0e0)");
    if (column.data_type == "decimal" || other.data_type == "decimal") {
      // 35 digits before the point are more than any exact type needs that is not itself a longer DECIMAL of the same
      // scale.
      return column.column_type == other.column_type ? name : absl::StrCat("CAST(", name, " AS DECIMAL(65,30))");
    }
    return absl::StrCat("(", name, " + 0)");
  }
  if (OneOf(column.data_type, kMoments) && OneOf(other.data_type, kMoments))
    return absl::StrCat("CAST(", name, " AS DATETIME(6))");
  if (column.data_type == "time" && other.data_type == "time") return absl::StrCat("CAST(", name, " AS TIME(6))");
  if (OneOf(column.data_type, kSpatial)) return absl::StrCat("HEX(", name, ")");
  if (column.data_type == "json" || other.data_type == "json") {
    return column.data_type == other.data_type
               ? absl::StrCat("CAST(", name, " AS CHAR CHARACTER SET utf8mb4)")
               : absl::StrCat("CAST(CAST(", name, " AS JSON) AS CHAR CHARACTER SET utf8mb4)");
  }
  if (column.data_type == "binary" || other.data_type == "binary") {
    return column.column_type == other.column_type
               ? name
               : absl::StrCat("TRIM(TRAILING x'00' FROM CAST(", name, " AS BINARY))");
  }
  if (column.IsTextual()) {
    // Text that becomes bytes, or bytes that become text, keep the bytes.
    return other.IsBinary() ? absl::StrCat("CAST(", name, " AS BINARY)")
                            : absl::StrCat("CONVERT(", name, " USING utf8mb4)");
  }
  return name;
}

bool IsShortText(const Column& column) {
  return column.IsTextual() && column.data_type != "json" && !column.data_type.ends_with("text");
}

// Whether values of both sides can be put into the text of a row as they are. All others are summed up by themselves
// first: rows of long values might be longer than the server lets one value be, and texts of different collations do
// not go together.
bool GoAsTheyAre(const Column& a, const Column& b, bool one_collation) {
  if (IsShortText(a) && IsShortText(b)) return one_collation;
  if (a.column_type != b.column_type || a.data_type == "bit") return false;
  return IsExactNumber(a) || OneOf(a.data_type, kMoments) || a.data_type == "time";
}

// Whether the server writes a value of both columns alike.
bool SameText(const Column& a, const Column& b) {
  if (a.IsInteger() && b.IsInteger())
    return !absl::StrContains(a.column_type, "zerofill") && !absl::StrContains(b.column_type, "zerofill");
  return a.column_type == b.column_type && a.collation == b.collation;
}

// Whether all text of the shared columns has one collation, in both tables.
bool HaveOneCollation(const schema::TablePair& pair) {
  std::set<std::string> collations;
  for (schema::SharedColumn shared : pair.columns) {
    for (const Column* column : {&pair.OriginalColumn(shared), &pair.GhostColumn(shared)}) {
      if (column->IsTextual()) collations.insert(column->collation);
    }
  }
  return collations.size() <= 1;
}

// Keys of both sides sort alike if they are compared alike.
bool SameOrder(const Column& a, const Column& b) {
  if (a.IsInteger() && b.IsInteger()) return true;
  if (OneOf(a.data_type, kMoments) && OneOf(b.data_type, kMoments)) return true;
  if (a.IsEnumOrSet() || b.IsEnumOrSet()) return a.column_type == b.column_type;
  return a.IsTextual() == b.IsTextual() && a.IsBinary() == b.IsBinary() && a.collation == b.collation &&
         (a.IsTextual() || a.data_type == b.data_type);
}

// An integer that tells a row from any other. NULLs are skipped by CONCAT_WS and therefore written down apart. A CRC is
// linear: of two rows that differ in the same bits, or that exchanged a value, the changes of both CRCs are the same
// and would cancel out; the factor, another one for each key, keeps them apart. The product has 64 bits.
std::string RowSum(const std::vector<std::string>& values, const std::vector<std::string>& nulls,
                   const std::vector<std::string>& keys) {
  const std::string null_text = nulls.empty() ? "" : absl::StrCat(", CONCAT(", absl::StrJoin(nulls, ", "), ")");
  return absl::StrCat("CRC32(CONCAT_WS('#', ", absl::StrJoin(values, ", "), null_text, ")) * (CRC32(CONCAT_WS('#', ",
                      absl::StrJoin(keys, ", "), ")) | 1)");
}

std::string Shorten(std::string text) {
  constexpr size_t kMost = 60;
  return text.size() <= kMost ? text : absl::StrCat(text.substr(0, kMost), "...");
}

}  // namespace

ValueExpressions ComparableValues(const Column& original, const Column& ghost, bool one_collation) {
  if (GoAsTheyAre(original, ghost, one_collation))
    return {mysql::QuoteIdentifier(original.name), mysql::QuoteIdentifier(ghost.name)};
  if (original.IsTextual() && original.data_type != "json" && original.charset == ghost.charset)
    return {absl::StrCat("CRC32(", mysql::QuoteIdentifier(original.name), ")"),
            absl::StrCat("CRC32(", mysql::QuoteIdentifier(ghost.name), ")")};
  return {absl::StrCat("CRC32(", Comparable(original, ghost), ")"),
          absl::StrCat("CRC32(", Comparable(ghost, original), ")")};
}

Checksum::Checksum(const schema::TablePair& pair) : pair_(pair), reader_(pair), ranges_match_(true), keys_match_(true) {
  const bool one_collation = HaveOneCollation(pair);
  std::vector<std::string> original_keys;
  std::vector<std::string> ghost_keys;
  std::vector<std::string> original_nulls;
  std::vector<std::string> ghost_nulls;
  for (schema::SharedColumn shared : pair.columns) {
    const Column& original = pair.OriginalColumn(shared);
    const Column& ghost = pair.GhostColumn(shared);
    ValueExpressions values = ComparableValues(original, ghost, one_collation);
    if (original.nullable || ghost.nullable) {
      original_nulls.push_back(absl::StrCat("ISNULL(", mysql::QuoteIdentifier(original.name), ")"));
      ghost_nulls.push_back(absl::StrCat("ISNULL(", mysql::QuoteIdentifier(ghost.name), ")"));
    }
    original_.values.push_back(std::move(values.original));
    ghost_.values.push_back(std::move(values.ghost));
    original_.shown.push_back(Comparable(original, ghost));
    ghost_.shown.push_back(Comparable(ghost, original));
  }
  for (schema::SharedColumn shared : pair.key.columns) {
    const Column& original = pair.OriginalColumn(shared);
    const Column& ghost = pair.GhostColumn(shared);
    ranges_match_ &= SameOrder(original, ghost);
    keys_match_ &= SameText(original, ghost);
    ValueExpressions values = ComparableValues(original, ghost, one_collation);
    original_keys.push_back(std::move(values.original));
    ghost_keys.push_back(std::move(values.ghost));
  }
  original_.row = RowSum(original_.values, original_nulls, original_keys);
  ghost_.row = RowSum(ghost_.values, ghost_nulls, ghost_keys);
}

std::string Checksum::From(bool ghost) const {
  return absl::StrCat(" FROM ", ghost ? pair_.ghost.QualifiedName() : pair_.original.QualifiedName(), " FORCE INDEX (",
                      mysql::QuoteIdentifier(ghost ? pair_.key.ghost_index : pair_.key.original_index), ") WHERE ");
}

std::string Checksum::Where(bool ghost, const copy::KeyRange& range) const {
  return absl::StrCat(From(ghost), ghost ? reader_.InGhost(range) : reader_.InOriginal(range));
}

std::string Checksum::Sums(bool ghost, const copy::KeyRange& range) const {
  return absl::StrCat("SELECT COUNT(*) AS n, BIT_XOR(", SideOf(ghost).row, ") AS x", Where(ghost, range));
}

absl::StatusOr<RangeSums> Checksum::Compare(mysql::Connection& connection, const copy::KeyRange& range) const {
  absl::StatusOr<mysql::Result> rows = connection.Query(absl::StrCat(
      "SELECT o.n, g.n, o.n = g.n AND o.x = g.x FROM (", Sums(false, range), ") AS o, (", Sums(true, range), ") AS g"));
  if (!rows.ok()) return rows.status();
  const mysql::Row row = (*rows)[0];
  return RangeSums{.original_rows = row.Uint(0), .ghost_rows = row.Uint(1), .equal = row.Text(2) == "1"};
}

absl::StatusOr<std::vector<DifferingRow>> Checksum::CompareRows(mysql::Connection& connection,
                                                                const copy::KeyRange& range) const {
  return CompareRowsWhere(connection, reader_.InOriginal(range), reader_.InGhost(range));
}

absl::StatusOr<std::vector<DifferingRow>> Checksum::CompareKeys(mysql::Connection& connection,
                                                                const std::vector<copy::KeyValue>& keys) const {
  if (keys.empty()) return std::vector<DifferingRow>();
  std::vector<std::string> in_original;
  std::vector<std::string> in_ghost;
  for (const copy::KeyValue& key : keys) {
    in_original.push_back(reader_.IsInOriginal(key));
    in_ghost.push_back(reader_.IsInGhost(key));
  }
  return CompareRowsWhere(connection, absl::StrJoin(in_original, " OR "), absl::StrJoin(in_ghost, " OR "));
}

absl::StatusOr<std::vector<DifferingRow>> Checksum::CompareRowsWhere(mysql::Connection& connection,
                                                                     const std::string& in_original,
                                                                     const std::string& in_ghost) const {
  absl::StatusOr<mysql::Result> rows = connection.Query(
      absl::StrCat("SELECT 0, ", original_.row, ", ", reader_.SelectList(), From(false), in_original,
                   " UNION ALL SELECT 1, ", ghost_.row, ", ", reader_.GhostSelectList(), From(true), in_ghost));
  if (!rows.ok()) return rows.status();
  // Rows of the original come first; those that the ghost has too are taken out again.
  absl::flat_hash_map<std::string, DifferingRow> by_key;
  for (mysql::Row row : *rows) {
    copy::KeyValue key = reader_.Literals(row, 2);
    const std::string name = absl::StrJoin(key, ",");
    const bool of_ghost = row.Text(0) == "1";
    auto it = of_ghost ? by_key.find(name) : by_key.end();
    if (it != by_key.end() && it->second.original == row.Text(1)) {
      by_key.erase(it);
      continue;
    }
    DifferingRow& entry = by_key[name];
    (of_ghost ? entry.ghost : entry.original) = row.Text(1);
    entry.key = std::move(key);
  }
  std::vector<DifferingRow> differing;
  differing.reserve(by_key.size());
  for (auto& [name, row] : by_key) differing.push_back(std::move(row));
  return differing;
}

absl::StatusOr<std::vector<Difference>> Checksum::FindDifferences(mysql::Connection& connection,
                                                                  const copy::KeyRange& range, int limit) const {
  std::vector<std::string> key_names;
  std::vector<std::string> ghost_keys;
  for (schema::SharedColumn column : pair_.key.columns) {
    key_names.push_back(pair_.OriginalColumn(column).name);
    ghost_keys.push_back(mysql::QuoteIdentifier(pair_.GhostColumn(column).name));
  }
  const size_t keys = key_names.size();
  std::vector<std::string> original_keys;
  for (const std::string& name : key_names) original_keys.push_back(mysql::QuoteIdentifier(name));
  absl::StatusOr<mysql::Result> original = connection.Query(absl::StrCat(
      "SELECT ", absl::StrJoin(original_keys, ", "), ", ", absl::StrJoin(original_.shown, ", "), Where(false, range)));
  if (!original.ok()) return original.status();
  absl::StatusOr<mysql::Result> ghost = connection.Query(absl::StrCat(
      "SELECT ", absl::StrJoin(ghost_keys, ", "), ", ", absl::StrJoin(ghost_.shown, ", "), Where(true, range)));
  if (!ghost.ok()) return ghost.status();

  auto key_of = [&](const mysql::Row& row) {
    std::vector<std::string> parts;
    for (size_t i = 0; i < keys; ++i) parts.push_back(absl::StrCat(key_names[i], "=", row.Text(i)));
    return absl::StrJoin(parts, ", ");
  };
  std::map<std::string, mysql::Row> in_ghost;
  for (mysql::Row row : *ghost) in_ghost.emplace(key_of(row), row);
  std::vector<Difference> differences;
  for (mysql::Row row : *original) {
    if (static_cast<int>(differences.size()) >= limit) return differences;
    const std::string key = key_of(row);
    auto it = in_ghost.find(key);
    if (it == in_ghost.end()) {
      differences.push_back({key, "is missing in the new table"});
      continue;
    }
    for (size_t i = 0; i < pair_.columns.size(); ++i) {
      if (row[keys + i] == it->second[keys + i]) continue;
      auto show = [&](const mysql::Row& side) {
        return side.IsNull(keys + i) ? "NULL" : Shorten(absl::StrCat("'", side.Text(keys + i), "'"));
      };
      differences.push_back({key, absl::StrCat("column ", pair_.OriginalColumn(pair_.columns[i]).name, " is ",
                                               show(row), " and would become ", show(it->second))});
      break;
    }
    in_ghost.erase(it);
  }
  for (const auto& [key, row] : in_ghost) {
    if (static_cast<int>(differences.size()) < limit) differences.push_back({key, "is in the new table only"});
  }
  return differences;
}

}  // namespace migrate::verify
