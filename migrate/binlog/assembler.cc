#include "migrate/binlog/assembler.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace migrate::binlog {
namespace {

constexpr size_t kMaxHeldBytes = size_t{256} << 20;

size_t ApproximateSize(const RowChange& change) {
  size_t size = sizeof(RowChange);
  for (const RowImage* image : {&change.before, &change.after}) {
    for (const Value& value : *image) size += sizeof(Value) + value.text().size();
  }
  return size;
}

}  // namespace

Assembler::Assembler(const std::vector<TableSpec>* tables, GtidSet gtids, const Position& start)
    : tables_(tables), position_(start), resume_(start), gtids_(std::move(gtids)), resume_gtids_(gtids_) {}

void Assembler::Restart() {
  position_ = resume_;
  gtids_ = resume_gtids_;
  in_transaction_ = false;
  delivered_ = false;
  gtid_ = Gtid();
  holding_.reset();
  prepared_.clear();
  held_bytes_ = 0;
}

absl::StatusOr<std::optional<Item>> Assembler::Handle(Event event) {
  Advance(event);
  if (auto* gtid = std::get_if<GtidEvent>(&event.body)) {
    BeginTransaction(*gtid);
    return std::nullopt;
  }
  if (auto* query = std::get_if<QueryEvent>(&event.body)) return HandleQuery(event, *query);
  if (auto* rows = std::get_if<RowsEvent>(&event.body)) return HandleRows(event, std::move(*rows));
  if (std::holds_alternative<XidEvent>(event.body)) return EndTransaction(event);
  if (auto* prepare = std::get_if<XaPrepareEvent>(&event.body)) return HandleXaPrepare(event, *prepare);
  if (auto* heartbeat = std::get_if<HeartbeatEvent>(&event.body)) return HandleHeartbeat(event, *heartbeat);
  if (auto* incident = std::get_if<IncidentEvent>(&event.body)) {
    return absl::DataLossError(absl::StrCat("the server lost changes before ", position_.ToString(),
                                            " of its binary log (incident: ", incident->message, "); start again"));
  }
  return std::nullopt;
}

void Assembler::Advance(const Event& event) {
  if (const auto* rotate = std::get_if<RotateEvent>(&event.body)) {
    position_.file = rotate->file;
    position_.offset = rotate->offset;
    if (!in_transaction_) UpdateResume();
    return;
  }
  const bool counts = !event.in_payload && event.header.next_position != 0 &&
                      (event.header.flags & EventHeader::kArtificial) == 0 &&
                      !std::holds_alternative<HeartbeatEvent>(event.body);
  if (counts) AdvanceTo(event.header.next_position);
}

void Assembler::AdvanceTo(uint32_t next_position) {
  // The field has 32 bits; a file that one big transaction made longer than 4 GiB goes on counting from zero.
  uint64_t offset = (position_.offset & ~uint64_t{0xffffffff}) | next_position;
  constexpr uint64_t kHalf = uint64_t{1} << 31;
  if (offset + kHalf < position_.offset) offset += uint64_t{1} << 32;
  if (offset > position_.offset) position_.offset = offset;
}

void Assembler::BeginTransaction(const GtidEvent& event) {
  gtid_ = event.gtid;
  in_transaction_ = event.mariadb && !event.standalone;
  delivered_ = false;
  holding_.reset();
  if (event.prepared_xa) holding_ = Prepared{{}, resume_, resume_gtids_};
}

void Assembler::UpdateResume() {
  // Not past the beginning of a prepared transaction that is still undecided.
  const Prepared* oldest = nullptr;
  for (const auto& [xid, prepared] : prepared_) {
    if (oldest == nullptr || Compare(prepared.begin, oldest->begin) < 0) oldest = &prepared;
  }
  resume_ = oldest != nullptr ? oldest->begin : position_;
  resume_gtids_ = oldest != nullptr ? oldest->begin_gtids : gtids_;
}

Item Assembler::MakeItem(const Event& event) const {
  Item item;
  item.position = position_;
  item.resume = resume_;
  item.timestamp = event.header.timestamp;
  return item;
}

Item Assembler::EndTransaction(const Event& event) {
  if (event.in_payload && event.header.next_position != 0) AdvanceTo(event.header.next_position);
  if (gtid_.number != 0) {
    gtids_.Add(gtid_);
    position_.gtid_set = gtids_.ToString();
  }
  gtid_ = Gtid();
  in_transaction_ = false;
  delivered_ = false;
  holding_.reset();
  UpdateResume();
  Item item = MakeItem(event);
  item.transaction_end = true;
  return item;
}

absl::StatusOr<std::optional<Item>> Assembler::HandleRows(const Event& event, RowsEvent rows) {
  if (rows.changes.empty()) return std::nullopt;
  if (!holding_.has_value()) {
    delivered_ = true;
    Item item = MakeItem(event);
    item.changes = std::move(rows.changes);
    return item;
  }
  for (RowChange& change : rows.changes) {
    held_bytes_ += ApproximateSize(change);
    holding_->changes.push_back(std::move(change));
  }
  if (held_bytes_ > kMaxHeldBytes) {
    return absl::ResourceExhaustedError(
        "prepared XA transactions hold more than 256 MiB of changes of the table; commit them or roll them back and "
        "start again");
  }
  return std::nullopt;
}

std::optional<Item> Assembler::HandleXaPrepare(const Event& event, const XaPrepareEvent& prepare) {
  std::optional<Prepared> held = std::exchange(holding_, std::nullopt);
  if (prepare.one_phase || !held.has_value()) {
    Item item = EndTransaction(event);
    if (held.has_value()) item.changes = std::move(held->changes);
    return item;
  }
  if (!held->changes.empty()) prepared_.insert_or_assign(prepare.xid, *std::move(held));
  return EndTransaction(event);
}

std::optional<Item> Assembler::HandleRollback(const Event& event, const QueryEvent& query, bool whole) {
  // Only transactions that also changed something that cannot be rolled back are in the log with their ROLLBACK.
  const bool lost = delivered_ || (holding_.has_value() && !holding_->changes.empty());
  if (!whole && !lost) return std::nullopt;
  Item item = whole ? EndTransaction(event) : MakeItem(event);
  if (lost) item.statement = query.sql;
  return item;
}

absl::StatusOr<std::optional<Item>> Assembler::HandleQuery(const Event& event, const QueryEvent& query) {
  Statement statement = Classify(query.sql);
  switch (statement.kind) {
    case StatementKind::kBegin:
      in_transaction_ = true;
      return std::nullopt;
    case StatementKind::kXaStart:
      in_transaction_ = true;
      holding_ = Prepared{{}, resume_, resume_gtids_};
      return std::nullopt;
    case StatementKind::kCommit:
      return EndTransaction(event);
    case StatementKind::kRollback:
      return HandleRollback(event, query, true);
    case StatementKind::kRollbackToSavepoint:
      return HandleRollback(event, query, false);
    case StatementKind::kXaCommit:
    case StatementKind::kXaRollback: {
      std::vector<RowChange> changes;
      if (auto it = prepared_.find(statement.xid); it != prepared_.end()) {
        changes = std::move(it->second.changes);
        prepared_.erase(it);
        if (prepared_.empty()) held_bytes_ = 0;
      }
      Item item = EndTransaction(event);
      if (statement.kind == StatementKind::kXaCommit) item.changes = std::move(changes);
      return item;
    }
    case StatementKind::kNeutral:
      if (in_transaction_) return std::nullopt;
      return EndTransaction(event);
    case StatementKind::kOther:
      break;
  }
  bool touches = false;
  for (const TableSpec& table : *tables_) touches = touches || TouchesTable(query.sql, query.schema, table);
  if (in_transaction_ && !touches) return std::nullopt;
  Item item = in_transaction_ ? MakeItem(event) : EndTransaction(event);
  if (touches) item.statement = query.sql;
  return item;
}

std::optional<Item> Assembler::HandleHeartbeat(const Event& event, const HeartbeatEvent& heartbeat) {
  Position reached = position_;
  reached.file = heartbeat.file;
  reached.offset = heartbeat.offset;
  if (Compare(reached, position_) > 0) {
    position_ = reached;
    if (!in_transaction_) UpdateResume();
  }
  Item item = MakeItem(event);
  item.timestamp = 0;
  return item;
}

}  // namespace migrate::binlog
