#include "migrate/binlog/decoder.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "migrate/binlog/byte_reader.h"
#include "migrate/binlog/event_body.h"

namespace migrate::binlog {
namespace {

constexpr size_t kChecksumSize = 4;
constexpr uint32_t kMaxEvent = 1u << 30;

EventHeader ParseHeader(std::string_view bytes) {
  ByteReader in(bytes);
  EventHeader header;
  header.timestamp = static_cast<uint32_t>(in.Uint(4));
  header.type = static_cast<uint8_t>(in.Uint(1));
  header.server_id = static_cast<uint32_t>(in.Uint(4));
  header.size = static_cast<uint32_t>(in.Uint(4));
  header.next_position = static_cast<uint32_t>(in.Uint(4));
  header.flags = static_cast<uint16_t>(in.Uint(2));
  return header;
}

bool ChecksumMatches(std::string_view packet) {
  if (packet.size() < EventHeader::kSize + kChecksumSize) return false;
  const size_t length = packet.size() - kChecksumSize;
  const uint64_t stored = ByteReader(packet.substr(length)).Uint(kChecksumSize);
  return crc32(0, reinterpret_cast<const Bytef*>(packet.data()), static_cast<uInt>(length)) == stored;
}

// What the rows events have in common, by type.
struct RowsKind {
  bool version_2;
  bool has_before;
  bool has_after;
  bool partial = false;
  bool compressed = false;
};

std::optional<RowsKind> RowsKindOf(EventType type) {
  switch (type) {
    case EventType::kWriteRowsV1:
      return RowsKind{false, false, true};
    case EventType::kUpdateRowsV1:
      return RowsKind{false, true, true};
    case EventType::kDeleteRowsV1:
      return RowsKind{false, true, false};
    case EventType::kWriteRows:
      return RowsKind{true, false, true};
    case EventType::kUpdateRows:
      return RowsKind{true, true, true};
    case EventType::kDeleteRows:
      return RowsKind{true, true, false};
    case EventType::kPartialUpdateRows:
      return RowsKind{true, true, true, true};
    case EventType::kWriteRowsCompressedV1:
      return RowsKind{false, false, true, false, true};
    case EventType::kUpdateRowsCompressedV1:
      return RowsKind{false, true, true, false, true};
    case EventType::kDeleteRowsCompressedV1:
      return RowsKind{false, true, false, false, true};
    case EventType::kWriteRowsCompressed:
      return RowsKind{true, false, true, false, true};
    case EventType::kUpdateRowsCompressed:
      return RowsKind{true, true, true, false, true};
    case EventType::kDeleteRowsCompressed:
      return RowsKind{true, true, false, false, true};
    default:
      return std::nullopt;
  }
}

}  // namespace

void Decoder::Reset() {
  rows_.Clear();
  checksums_.reset();
  pending_.reset();
  payload_.reset();
  plain_payload_ = {};
}

absl::Status Decoder::Feed(std::string_view packet) {
  if (packet.size() < EventHeader::kSize) return absl::DataLossError("an event is shorter than its header");
  const EventHeader header = ParseHeader(packet);
  if (header.size != packet.size()) {
    return absl::DataLossError(absl::StrCat("an event of ", header.size, " bytes came in a packet of ", packet.size()));
  }
  absl::StatusOr<std::string_view> body = StripChecksum(header, packet);
  if (!body.ok()) return body.status();
  if (static_cast<EventType>(header.type) == EventType::kTransactionPayload) {
    payload_end_ = header.next_position;
    return OpenPayload(*body);
  }
  pending_ = header;
  pending_body_ = *body;
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> Decoder::StripChecksum(const EventHeader& header, std::string_view packet) {
  const EventType type = static_cast<EventType>(header.type);
  bool has_checksum;
  if (type == EventType::kFormatDescription) {
    // The algorithm's byte and room for a checksum end every format description since MySQL 5.6 and MariaDB 5.3.
    if (packet.size() < EventHeader::kSize + 57 + 1 + kChecksumSize)
      return absl::DataLossError("a format description is cut off");
    const uint8_t algorithm = static_cast<uint8_t>(packet[packet.size() - kChecksumSize - 1]);
    if (algorithm > 1)
      return absl::FailedPreconditionError(absl::StrCat("binary log checksum algorithm ", algorithm, " is not known"));
    checksums_ = algorithm == 1;
    has_checksum = *checksums_;
    if (!has_checksum) return packet.substr(EventHeader::kSize, packet.size() - EventHeader::kSize - kChecksumSize);
  } else {
    // Before the format description only the made-up ROTATE comes, with a checksum or without.
    has_checksum = checksums_.has_value() ? *checksums_ : ChecksumMatches(packet);
  }
  if (!has_checksum) return packet.substr(EventHeader::kSize);
  if (!ChecksumMatches(packet)) {
    return absl::DataLossError(absl::StrCat("the checksum of an event of type ", header.type, " that ends at byte ",
                                            header.next_position, " of the binary log is wrong"));
  }
  return packet.substr(EventHeader::kSize, packet.size() - EventHeader::kSize - kChecksumSize);
}

absl::StatusOr<std::optional<Event>> Decoder::Next() {
  if (payload_ != nullptr || !plain_payload_.empty()) return NextInPayload();
  if (!pending_.has_value()) return std::nullopt;
  const EventHeader header = *std::exchange(pending_, std::nullopt);
  absl::StatusOr<Event> event = DecodeEvent(header, pending_body_);
  if (!event.ok()) return event.status();
  return std::optional<Event>(*std::move(event));
}

absl::Status Decoder::OpenPayload(std::string_view body) {
  // A list of fields (type, length, value) up to type 0, then the payload.
  constexpr uint64_t kEnd = 0, kCompression = 2, kZstd = 0, kNone = 255;
  ByteReader in(body);
  uint64_t compression = kNone;
  while (in.ok()) {
    const uint64_t type = in.LengthEncoded();
    if (type == kEnd) break;
    ByteReader value(in.Bytes(in.LengthEncoded()));
    if (type == kCompression) compression = value.LengthEncoded();
  }
  if (!in.ok()) return absl::DataLossError("a compressed transaction is cut off");
  if (compression == kZstd) {
    payload_ = std::make_unique<ZstdReader>(in.rest());
  } else if (compression == kNone) {
    plain_payload_ = in.rest();
  } else {
    return absl::FailedPreconditionError(
        absl::StrCat("a transaction is compressed in a way (", compression, ") that is not known"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Event>> Decoder::NextInPayload() {
  buffer_.clear();
  auto read = [this](size_t count) -> absl::Status {
    if (payload_ != nullptr) return payload_->Read(count, &buffer_);
    count = std::min(count, plain_payload_.size());
    buffer_.append(plain_payload_.substr(0, count));
    plain_payload_.remove_prefix(count);
    return absl::OkStatus();
  };
  if (absl::Status status = read(EventHeader::kSize); !status.ok()) return status;
  if (buffer_.empty()) {
    payload_.reset();
    return std::nullopt;
  }
  EventHeader header = ParseHeader(buffer_);
  header.next_position = payload_end_;  // its own means nothing
  if (buffer_.size() < EventHeader::kSize || header.size < EventHeader::kSize || header.size > kMaxEvent) {
    return absl::DataLossError("an event inside a compressed transaction is damaged");
  }
  if (absl::Status status = read(header.size - EventHeader::kSize); !status.ok()) return status;
  if (buffer_.size() != header.size) return absl::DataLossError("a compressed transaction is cut off");
  if (static_cast<EventType>(header.type) == EventType::kTransactionPayload) {
    return absl::DataLossError("a compressed transaction inside another");
  }
  absl::StatusOr<Event> event = DecodeEvent(header, std::string_view(buffer_).substr(EventHeader::kSize));
  if (!event.ok()) return event.status();
  event->in_payload = true;
  return std::optional<Event>(*std::move(event));
}

absl::StatusOr<Event> Decoder::DecodeEvent(const EventHeader& header, std::string_view body) {
  const EventType type = static_cast<EventType>(header.type);
  if (RowsKindOf(type).has_value()) return DecodeRows(header, body);
  if (type == EventType::kTableMap) {
    if (absl::Status status = rows_.AddTableMap(body); !status.ok()) return status;
    return Event{.header = header};
  }
  absl::StatusOr<Event> event = DecodeEventBody(header, body);
  if (!event.ok()) return event;
  const bool between_transactions =
      std::holds_alternative<GtidEvent>(event->body) || std::holds_alternative<RotateEvent>(event->body);
  if (between_transactions) rows_.Clear();
  return event;
}

absl::StatusOr<Event> Decoder::DecodeRows(const EventHeader& header, std::string_view body) {
  const RowsKind kind = *RowsKindOf(static_cast<EventType>(header.type));
  absl::StatusOr<RowsHeader> rows =
      ParseRowsHeader(body, kind.version_2, kind.has_before, kind.has_after, kind.partial);
  if (!rows.ok()) return rows.status();
  absl::StatusOr<int> table = rows_.FindTable(*rows);
  if (!table.ok()) return table.status();
  Event event{.header = header};
  RowsEvent& result = event.body.emplace<RowsEvent>();
  if (*table < 0) return event;
  std::string inflated;
  if (kind.compressed) {
    absl::StatusOr<std::string> bytes = InflateEventPart(rows->rows);
    if (!bytes.ok()) return bytes.status();
    inflated = *std::move(bytes);
    rows->rows = inflated;
  }
  if (absl::Status status = rows_.Decode(*rows, rows->rows, &result.changes); !status.ok()) return status;
  return event;
}

}  // namespace migrate::binlog
