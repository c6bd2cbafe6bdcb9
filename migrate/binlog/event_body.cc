#include "migrate/binlog/event_body.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "migrate/binlog/byte_reader.h"
#include "migrate/binlog/compression.h"

namespace migrate::binlog {
namespace {

absl::Status CutOff(const EventHeader& header) {
  return absl::DataLossError(absl::StrCat("an event of type ", header.type, " is cut off"));
}

// Numbers of MySQL's serialization library: as many one-bits at the low end of the first byte as bytes follow.
uint64_t ReadVarint(ByteReader* in) {
  const uint64_t first = in->Uint(1);
  int more = 0;
  while (more < 8 && (first >> more & 1) != 0) ++more;
  const uint64_t rest = in->Uint(more);
  if (more >= 8) return rest;
  return first >> (more + 1) | rest << (7 - more);
}

std::string UuidText(std::string_view bytes) {
  const std::string hex = absl::BytesToHexString(bytes);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                      hex.substr(20));
}

GtidEvent ReadGtid(ByteReader* in) {
  GtidEvent event;
  in->Skip(1);  // flags
  const std::string_view uuid = in->Bytes(16);
  if (in->ok()) event.gtid.source = UuidText(uuid);
  event.gtid.number = in->Uint(8);
  return event;
}

// Gtid_event with a tag (MySQL 8.3): version, size, last field that must be understood, then fields by ascending
// number: 0 flags, 1 uuid (each byte a number), 2 sequence number (signed), 3 tag; the rest is not needed.
GtidEvent ReadTaggedGtid(ByteReader* in) {
  GtidEvent event;
  std::string uuid;
  std::string tag;
  ReadVarint(in);
  ReadVarint(in);
  ReadVarint(in);
  for (uint64_t field = ReadVarint(in); in->ok() && field <= 3; field = ReadVarint(in)) {
    switch (field) {
      case 0:
        ReadVarint(in);
        break;
      case 1:
        for (int i = 0; i < 16; ++i) uuid.push_back(static_cast<char>(ReadVarint(in)));
        break;
      case 2:
        event.gtid.number = ReadVarint(in) >> 1;  // the lowest bit is the sign
        break;
      case 3:
        tag = std::string(in->Bytes(ReadVarint(in)));
        break;
    }
    if (field == 3) break;
  }
  if (uuid.size() != 16 || event.gtid.number == 0) in->Fail();
  if (in->ok()) event.gtid.source = absl::StrCat(UuidText(uuid), tag.empty() ? "" : ":", tag);
  return event;
}

GtidEvent ReadMariaDbGtid(const EventHeader& header, ByteReader* in) {
  constexpr uint64_t kStandalone = 1, kPreparedXa = 0x40;
  GtidEvent event;
  event.mariadb = true;
  event.gtid.flavour = mysql::Flavour::kMariaDb;
  event.gtid.server = header.server_id;
  event.gtid.number = in->Uint(8);
  event.gtid.domain = static_cast<uint32_t>(in->Uint(4));
  const uint64_t flags = in->Uint(1);
  event.standalone = (flags & kStandalone) != 0;
  event.prepared_xa = (flags & kPreparedXa) != 0;
  return event;
}

// X'6162',X'',1 as the servers write it into XA statements.
XaPrepareEvent ReadXaPrepare(ByteReader* in) {
  XaPrepareEvent event;
  event.one_phase = in->Uint(1) != 0;
  const uint64_t format = in->Uint(4);
  const uint64_t gtrid = in->Uint(4);
  const uint64_t bqual = in->Uint(4);
  const std::string_view gtrid_bytes = in->Bytes(gtrid);
  const std::string_view bqual_bytes = in->Bytes(bqual);
  event.xid = absl::StrCat("X'", absl::BytesToHexString(gtrid_bytes), "',X'", absl::BytesToHexString(bqual_bytes), "',",
                           format);
  return event;
}

// Reads up to the statement; what is left in `in` is the statement itself.
QueryEvent ReadQueryHead(const EventHeader& header, ByteReader* in) {
  QueryEvent event;
  in->Skip(8);  // thread, seconds
  const uint64_t schema_length = in->Uint(1);
  in->Skip(2);  // error code
  const uint64_t variables = in->Uint(2);
  if (static_cast<EventType>(header.type) == EventType::kExecuteLoadQuery) in->Skip(13);
  in->Skip(variables);
  event.schema = std::string(in->Bytes(schema_length));
  in->Skip(1);  // a zero byte
  return event;
}

HeartbeatEvent ReadHeartbeatV2(ByteReader* in) {
  HeartbeatEvent event;  // fields (type, length, value) up to type 0: 1 file name, 2 offset
  while (in->ok()) {
    const uint64_t type = in->LengthEncoded();
    if (type == 0) break;
    ByteReader value(in->Bytes(in->LengthEncoded()));
    if (type == 1) event.file = std::string(value.rest());
    if (type == 2) event.offset = value.LengthEncoded();
  }
  return event;
}

}  // namespace

absl::StatusOr<Event> DecodeEventBody(const EventHeader& header, std::string_view body) {
  Event event{.header = header};
  ByteReader in(body);
  switch (static_cast<EventType>(header.type)) {
    case EventType::kQuery:
    case EventType::kExecuteLoadQuery: {
      QueryEvent query = ReadQueryHead(header, &in);
      query.sql = std::string(in.rest());
      event.body = std::move(query);
      break;
    }
    case EventType::kQueryCompressed: {
      QueryEvent query = ReadQueryHead(header, &in);
      if (!in.ok()) break;
      absl::StatusOr<std::string> sql = InflateEventPart(in.rest());
      if (!sql.ok()) return sql.status();
      query.sql = *std::move(sql);
      event.body = std::move(query);
      break;
    }
    case EventType::kRotate: {
      RotateEvent rotate;
      rotate.offset = in.Uint(8);
      rotate.file = std::string(in.rest());
      event.body = std::move(rotate);
      break;
    }
    case EventType::kXid:
      event.body = XidEvent();
      break;
    case EventType::kXaPrepare:
      event.body = ReadXaPrepare(&in);
      break;
    case EventType::kGtid:
      event.body = ReadGtid(&in);
      break;
    case EventType::kAnonymousGtid:
      event.body = GtidEvent();
      break;
    case EventType::kGtidTagged:
      event.body = ReadTaggedGtid(&in);
      break;
    case EventType::kMariaDbGtid:
      event.body = ReadMariaDbGtid(header, &in);
      break;
    case EventType::kHeartbeat:
      event.body = HeartbeatEvent{.file = std::string(body), .offset = header.next_position};
      break;
    case EventType::kHeartbeatV2:
      event.body = ReadHeartbeatV2(&in);
      break;
    case EventType::kIncident: {
      in.Skip(2);
      const std::string message(in.Bytes(in.Uint(1)));
      event.body = IncidentEvent{.message = message};
      break;
    }
    case EventType::kStop:
    case EventType::kIntvar:
    case EventType::kAppendBlock:
    case EventType::kDeleteFile:
    case EventType::kRand:
    case EventType::kUserVar:
    case EventType::kFormatDescription:
    case EventType::kBeginLoadQuery:
    case EventType::kIgnorable:
    case EventType::kRowsQuery:
    case EventType::kPreviousGtids:
    case EventType::kTransactionContext:
    case EventType::kViewChange:
    case EventType::kAnnotateRows:
    case EventType::kBinlogCheckpoint:
    case EventType::kMariaDbGtidList:
    case EventType::kStartEncryption:
      break;
    default:
      if ((header.flags & EventHeader::kIgnorable) != 0) break;
      return absl::FailedPreconditionError(absl::StrCat("the binary log holds an event of type ", header.type,
                                                        ", which is not known here and may hold changes"));
  }
  if (!in.ok()) return CutOff(header);
  return event;
}

}  // namespace migrate::binlog
