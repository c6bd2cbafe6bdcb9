#include "migrate/copy/key_range.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "migrate/mysql/quote.h"

namespace migrate::copy {

KeyReader::ColumnForm KeyReader::FormOf(const schema::Column& column) {
  if (column.IsInteger() || column.data_type == "decimal" || column.data_type == "year" ||
      column.data_type == "double") {
    return {Form::kPlain, ""};
  }
  // ENUM and SET are indexed by number; only a number is compared in the index's order.
  if (column.IsEnumOrSet() || column.data_type == "bit") return {Form::kNumber, ""};
  if (column.IsBinary()) return {Form::kHex, ""};
  if (column.IsTextual()) return {Form::kHex, absl::StrCat("_", column.charset, " ")};
  return {Form::kQuoted, ""};  // temporal types, UUID, INET6
}

std::string KeyReader::Readable(Form form, const std::string& name) {
  if (form == Form::kHex) return absl::StrCat("HEX(", name, ")");
  return form == Form::kNumber ? absl::StrCat(name, "+0") : name;
}

KeyReader::KeyReader(const schema::TablePair& pair) {
  std::vector<std::string> select;
  std::vector<std::string> ghost_select;
  std::vector<std::string> descending;
  for (schema::SharedColumn shared : pair.key.columns) {
    const ColumnForm form = FormOf(pair.OriginalColumn(shared));
    const std::string name = mysql::QuoteIdentifier(pair.OriginalColumn(shared).name);
    const std::string ghost_name = mysql::QuoteIdentifier(pair.GhostColumn(shared).name);
    select.push_back(Readable(form.form, name));
    ghost_select.push_back(Readable(form.form, ghost_name));
    descending.push_back(absl::StrCat(name, " DESC"));
    forms_.push_back(form);
    original_names_.push_back(name);
    ghost_names_.push_back(ghost_name);
  }
  select_list_ = absl::StrJoin(select, ", ");
  ghost_select_list_ = absl::StrJoin(ghost_select, ", ");
  order_by_ = absl::StrJoin(original_names_, ", ");
  order_by_descending_ = absl::StrJoin(descending, ", ");
}

KeyValue KeyReader::Literals(const mysql::Row& row, size_t first) const {
  KeyValue key;
  for (size_t i = 0; i < forms_.size(); ++i) {
    const std::string text = row.Text(first + i);
    if (row.IsNull(first + i)) {
      key.push_back("NULL");
    } else if (forms_[i].form == Form::kHex) {
      key.push_back(absl::StrCat(forms_[i].introducer, "x'", text, "'"));
    } else if (forms_[i].form == Form::kQuoted) {
      key.push_back(mysql::QuoteString(text));
    } else {
      key.push_back(text);
    }
  }
  return key;
}

std::string CompareTuple(const std::vector<std::string>& names, const KeyValue& bound, char op, bool or_equal) {
  std::vector<std::string> alternatives;
  std::string prefix;
  for (size_t i = 0; i < names.size(); ++i) {
    const bool last = i + 1 == names.size();
    alternatives.push_back(
        absl::StrCat("(", prefix, names[i], " ", std::string(1, op), last && or_equal ? "=" : "", " ", bound[i], ")"));
    absl::StrAppend(&prefix, names[i], " = ", bound[i], " AND ");
  }
  return absl::StrCat("(", absl::StrJoin(alternatives, " OR "), ")");
}

std::string KeyReader::Equality(const std::vector<std::string>& names, const KeyValue& key) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < names.size(); ++i) parts.push_back(absl::StrCat(names[i], " = ", key[i]));
  return absl::StrCat("(", absl::StrJoin(parts, " AND "), ")");
}

std::string KeyReader::Condition(const std::vector<std::string>& names, const KeyRange& range) {
  std::vector<std::string> conditions;
  if (!range.lower.empty()) conditions.push_back(CompareTuple(names, range.lower, '>', range.lower_inclusive));
  if (!range.upper.empty()) conditions.push_back(CompareTuple(names, range.upper, '<', true));
  return conditions.empty() ? "TRUE" : absl::StrJoin(conditions, " AND ");
}

}  // namespace migrate::copy
