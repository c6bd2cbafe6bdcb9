// Events in, steps of the stream out: knows what a transaction is.
//
// Keeps the position, the GTID set, whether a transaction is open, and the changes of prepared XA transactions until
// they are decided. No I/O; one thread.
#ifndef MIGRATE_BINLOG_ASSEMBLER_H_
#define MIGRATE_BINLOG_ASSEMBLER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "migrate/binlog/event.h"
#include "migrate/binlog/gtid.h"
#include "migrate/binlog/position.h"
#include "migrate/binlog/statement.h"
#include "migrate/binlog/stream_item.h"
#include "migrate/binlog/value.h"

namespace migrate::binlog {

class Assembler {
 public:
  // `tables` must outlive the assembler. `gtids` is start.gtid_set.
  Assembler(const std::vector<TableSpec>* tables, GtidSet gtids, const Position& start);

  // The step that `event` completes, if it does.
  //   DataLoss            the server says that its log lost changes (INCIDENT)
  //   ResourceExhausted   prepared XA transactions hold more than 256 MiB of changes of the watched tables
  absl::StatusOr<std::optional<Item>> Handle(Event event);

  // Where a new connection has to start to lose nothing.
  const Position& resume() const { return resume_; }

  // The connection was lost: forgets the open transaction and undecided XA transactions, which come again after
  // resume().
  void Restart();

 private:
  struct Prepared {
    std::vector<RowChange> changes;
    Position begin;
    GtidSet begin_gtids;
  };

  void Advance(const Event& event);
  void AdvanceTo(uint32_t next_position);
  void BeginTransaction(const GtidEvent& event);
  absl::StatusOr<std::optional<Item>> HandleQuery(const Event& event, const QueryEvent& query);
  absl::StatusOr<std::optional<Item>> HandleRows(const Event& event, RowsEvent rows);
  std::optional<Item> HandleXaPrepare(const Event& event, const XaPrepareEvent& prepare);
  std::optional<Item> HandleRollback(const Event& event, const QueryEvent& query, bool whole);
  std::optional<Item> HandleHeartbeat(const Event& event, const HeartbeatEvent& heartbeat);
  Item EndTransaction(const Event& event);
  Item MakeItem(const Event& event) const;
  void UpdateResume();

  const std::vector<TableSpec>* tables_;
  Position position_;
  Position resume_;
  GtidSet gtids_;
  GtidSet resume_gtids_;
  bool in_transaction_ = false;
  bool delivered_ = false;                    // changes of the open transaction have gone out
  Gtid gtid_;                                 // of the open transaction
  std::optional<Prepared> holding_;           // the open transaction is an XA one: its changes so far
  std::map<std::string, Prepared> prepared_;  // by xid
  size_t held_bytes_ = 0;
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_ASSEMBLER_H_
