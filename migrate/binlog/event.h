// The events of a binary log, decoded.
#ifndef MIGRATE_BINLOG_EVENT_H_
#define MIGRATE_BINLOG_EVENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "migrate/binlog/gtid.h"
#include "migrate/binlog/row_change.h"

namespace migrate::binlog {

// Type codes, by MySQL's names (libs/mysql/binlog/event/binlog_event.h) and, from 160 on, MariaDB's (sql/log_event.h).
enum class EventType : uint8_t {
  kQuery = 2,
  kStop = 3,
  kRotate = 4,
  kIntvar = 5,
  kAppendBlock = 9,
  kDeleteFile = 11,
  kRand = 13,
  kUserVar = 14,
  kFormatDescription = 15,
  kXid = 16,
  kBeginLoadQuery = 17,
  kExecuteLoadQuery = 18,
  kTableMap = 19,
  kWriteRowsV1 = 23,
  kUpdateRowsV1 = 24,
  kDeleteRowsV1 = 25,
  kIncident = 26,
  kHeartbeat = 27,
  kIgnorable = 28,
  kRowsQuery = 29,
  kWriteRows = 30,
  kUpdateRows = 31,
  kDeleteRows = 32,
  kGtid = 33,
  kAnonymousGtid = 34,
  kPreviousGtids = 35,
  kTransactionContext = 36,
  kViewChange = 37,
  kXaPrepare = 38,
  kPartialUpdateRows = 39,
  kTransactionPayload = 40,
  kHeartbeatV2 = 41,
  kGtidTagged = 42,
  kAnnotateRows = 160,
  kBinlogCheckpoint = 161,
  kMariaDbGtid = 162,
  kMariaDbGtidList = 163,
  kStartEncryption = 164,
  kQueryCompressed = 165,
  kWriteRowsCompressedV1 = 166,
  kUpdateRowsCompressedV1 = 167,
  kDeleteRowsCompressedV1 = 168,
  kWriteRowsCompressed = 169,
  kUpdateRowsCompressed = 170,
  kDeleteRowsCompressed = 171,
};

// The first 19 bytes of every event.
struct EventHeader {
  static constexpr size_t kSize = 19;
  static constexpr uint16_t kArtificial = 0x20;  // made up by the sending thread, not in the file
  static constexpr uint16_t kIgnorable = 0x80;   // a reader that does not know the type may skip it

  uint32_t timestamp = 0;
  uint8_t type = 0;
  uint32_t server_id = 0;
  uint32_t size = 0;
  uint32_t next_position = 0;  // where the next event starts, modulo 2^32; 0 if it says nothing
  uint16_t flags = 0;
};

struct IgnoredEvent {};

struct RotateEvent {
  std::string file;
  uint64_t offset = 0;
};

struct QueryEvent {
  std::string schema;  // the session's default schema
  std::string sql;
};

struct GtidEvent {
  Gtid gtid;                 // number 0: an anonymous transaction
  bool standalone = false;   // MariaDB: one event follows and there is no commit
  bool prepared_xa = false;  // MariaDB: the events up to XA PREPARE
  bool mariadb = false;
};

struct XidEvent {};  // commit

struct XaPrepareEvent {
  std::string xid;  // as in "XA COMMIT <xid>": X'6162',X'',1
  bool one_phase = false;
};

struct RowsEvent {
  std::vector<RowChange> changes;  // of the watched tables only
};

struct HeartbeatEvent {
  std::string file;
  uint64_t offset = 0;
};

struct IncidentEvent {
  std::string message;
};

struct Event {
  EventHeader header;
  bool in_payload = false;  // came out of a TRANSACTION_PAYLOAD: header.next_position is where all of that ends
  std::variant<IgnoredEvent, RotateEvent, QueryEvent, GtidEvent, XidEvent, XaPrepareEvent, RowsEvent, HeartbeatEvent,
               IncidentEvent>
      body;
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_EVENT_H_
