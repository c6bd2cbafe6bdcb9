#include "migrate/binlog/rows.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace migrate::binlog {
namespace {

constexpr uint64_t kNoTable = 0xffffff;  // a rows event that only ends a statement
constexpr uint64_t kMaxColumns = 4096;   // the servers' own limit

bool Bit(std::string_view bitmap, size_t index) { return static_cast<uint8_t>(bitmap[index / 8]) >> (index % 8) & 1; }

size_t CountBits(std::string_view bitmap, size_t bits) {
  size_t count = 0;
  for (size_t i = 0; i < bits; ++i) count += Bit(bitmap, i);
  return count;
}

RowChange::Op OpOf(const RowsHeader& header) {
  if (!header.has_before) return RowChange::Op::kInsert;
  return header.has_after ? RowChange::Op::kUpdate : RowChange::Op::kDelete;
}

absl::Status Changed(const TableSpec& spec, std::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat("the table ", spec.schema, ".", spec.name,
                                                    " was changed while it is being migrated: ", what,
                                                    "; start again with the new table"));
}

}  // namespace

absl::StatusOr<RowsHeader> ParseRowsHeader(std::string_view body, bool version_2, bool has_before, bool has_after,
                                           bool partial) {
  ByteReader in(body);
  RowsHeader header;
  header.has_before = has_before;
  header.has_after = has_after;
  header.partial = partial;
  header.table_id = in.Uint(6);
  in.Skip(2);  // flags
  if (version_2) {
    const uint64_t extra = in.Uint(2);  // counts its own two bytes
    if (extra < 2) in.Fail();
    in.Skip(extra - 2);
  }
  header.columns = in.LengthEncoded();
  if (header.columns > kMaxColumns) in.Fail();
  const uint64_t bitmap = (header.columns + 7) / 8;
  const std::string_view first = in.Bytes(bitmap);
  (has_before ? header.before_columns : header.after_columns) = first;
  if (has_before && has_after) header.after_columns = in.Bytes(bitmap);
  header.rows = in.rest();
  if (!in.ok()) return absl::DataLossError("a rows event is cut off");
  return header;
}

absl::Status RowsDecoder::AddTableMap(std::string_view body) {
  ByteReader in(body);
  const uint64_t table_id = in.Uint(6);
  in.Skip(2);  // flags
  const std::string_view schema = in.Bytes(in.Uint(1));
  in.Skip(1);  // a zero byte
  const std::string_view name = in.Bytes(in.Uint(1));
  in.Skip(1);
  const uint64_t columns = in.LengthEncoded();
  const std::string_view types = in.Bytes(columns);
  ByteReader metadata(in.Bytes(in.LengthEncoded()));
  in.Skip((columns + 7) / 8);  // which columns may be NULL
  if (!in.ok() || columns > kMaxColumns) return absl::DataLossError("a table map is damaged");

  TableMap map;
  for (size_t i = 0; i < tables_->size() && map.table < 0; ++i) {
    if ((*tables_)[i].schema == schema && (*tables_)[i].name == name) map.table = static_cast<int>(i);
  }
  if (map.table >= 0) {
    const TableSpec& spec = (*tables_)[map.table];
    if (columns != spec.columns.size()) {
      return Changed(spec, absl::StrCat("it has ", columns, " columns in the binary log, not ", spec.columns.size()));
    }
    map.columns.resize(columns);
    for (size_t i = 0; i < columns; ++i) {
      const uint8_t type = static_cast<uint8_t>(types[i]);
      if (absl::Status status = ReadLoggedColumn(type, &metadata, &map.columns[i]); !status.ok()) return status;
      if (!TypeMatches(spec.columns[i], map.columns[i].type)) {
        return Changed(spec, absl::StrCat("its column ", spec.columns[i].name, " of type ", spec.columns[i].data_type,
                                          " is logged as type ", type));
      }
    }
    if (!metadata.ok()) return absl::DataLossError("a table map is damaged");
  }
  maps_[table_id] = std::move(map);
  return absl::OkStatus();
}

absl::StatusOr<int> RowsDecoder::FindTable(const RowsHeader& header) const {
  if (header.table_id == kNoTable) return -1;
  auto it = maps_.find(header.table_id);
  if (it == maps_.end())
    return absl::DataLossError(absl::StrCat("rows of table ", header.table_id, " without a table map"));
  return it->second.table;
}

absl::Status RowsDecoder::ReadImage(const TableMap& map, std::string_view present, bool partial, ByteReader* in,
                                    RowImage* image) const {
  const std::vector<ColumnSpec>& specs = (*tables_)[map.table].columns;
  std::string_view partial_columns;  // one bit for each JSON column of the table
  size_t json_columns = 0;
  if (partial && (in->LengthEncoded() & 1) != 0) {
    for (const LoggedColumn& column : map.columns) json_columns += column.type == ColumnType::kJson;
    partial_columns = in->Bytes((json_columns + 7) / 8);
  }
  const std::string_view nulls = in->Bytes((CountBits(present, map.columns.size()) + 7) / 8);
  if (!in->ok()) return absl::DataLossError("a rows event is cut off");
  image->assign(map.columns.size(), Value::Missing());
  size_t json_index = 0;
  size_t null_index = 0;
  for (size_t i = 0; i < map.columns.size(); ++i) {
    const LoggedColumn& column = map.columns[i];
    const size_t json = column.type == ColumnType::kJson ? json_index++ : 0;
    if (!Bit(present, i)) continue;
    if (Bit(nulls, null_index++)) {
      (*image)[i] = Value::Null();
    } else if (column.type == ColumnType::kJson && !partial_columns.empty() && Bit(partial_columns, json)) {
      in->Skip(in->Uint(4));  // a list of edits; the applier reads the row again
      if (!in->ok()) return absl::DataLossError("a partial JSON update is cut off");
    } else if (absl::Status status = ReadValue(column, specs[i], in, &(*image)[i]); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat("column ", specs[i].name, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status RowsDecoder::ReadRow(const TableMap& map, const RowsHeader& header, ByteReader* in,
                                  RowChange* change) const {
  change->table = map.table;
  change->op = OpOf(header);
  if (header.has_before) {
    if (absl::Status status = ReadImage(map, header.before_columns, false, in, &change->before); !status.ok())
      return status;
  }
  if (!header.has_after) return absl::OkStatus();
  if (absl::Status status = ReadImage(map, header.after_columns, header.partial, in, &change->after); !status.ok()) {
    return status;
  }
  const std::vector<ColumnSpec>& specs = (*tables_)[map.table].columns;
  for (size_t i = 0; i < map.columns.size(); ++i) {
    Value& value = change->after[i];
    if (!value.missing()) continue;
    // Not in the image at all: not changed.
    if (header.has_before && !Bit(header.after_columns, i)) value = change->before[i];
    if (value.missing() && specs[i].required) change->incomplete = true;
  }
  return absl::OkStatus();
}

absl::Status RowsDecoder::Decode(const RowsHeader& header, std::string_view rows,
                                 std::vector<RowChange>* changes) const {
  auto it = maps_.find(header.table_id);
  if (it == maps_.end() || it->second.table < 0) return absl::InternalError("rows of a table that is not watched");
  const TableMap& map = it->second;
  if (header.columns != map.columns.size()) return absl::DataLossError("a rows event does not fit its table map");
  ByteReader in(rows);
  while (in.remaining() > 0) {
    const size_t before = in.remaining();
    RowChange& change = changes->emplace_back();
    if (absl::Status status = ReadRow(map, header, &in, &change); !status.ok()) {
      const TableSpec& spec = (*tables_)[map.table];
      return absl::Status(status.code(), absl::StrCat(spec.schema, ".", spec.name, ": ", status.message()));
    }
    if (in.remaining() == before) return absl::DataLossError("a rows event of empty rows");
  }
  return absl::OkStatus();
}

}  // namespace migrate::binlog
