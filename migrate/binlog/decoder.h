// Bytes of a binary log in, events out.
//
//   Decoder decoder(&tables);
//   RETURN_IF_ERROR(decoder.Feed(packet));            // one event as the server sent it
//   while (true) {
//     ASSIGN_OR_RETURN(std::optional<Event> event, decoder.Next());
//     if (!event.has_value()) break;                  // feed the next packet
//     ...
//   }
//
// One packet gives one event; a TRANSACTION_PAYLOAD (MySQL's binlog_transaction_compression) gives all that it holds,
// taken out of the zstd stream one at a time, so that memory does not grow with the transaction. Checksums are verified
// and MariaDB's compressed events are inflated. Rows of tables that are not watched are not decoded.
//
// No I/O, no clock: any bytes give events or an error, never more. After an error the decoder is of no further use.
//   DataLoss             damaged: wrong checksum, cut off, impossible values
//   FailedPrecondition   a watched table no longer fits its TableSpec; an event type we do not know and may not skip
//   Unimplemented        a column type we do not know
#ifndef MIGRATE_BINLOG_DECODER_H_
#define MIGRATE_BINLOG_DECODER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "migrate/binlog/compression.h"
#include "migrate/binlog/event.h"
#include "migrate/binlog/rows.h"
#include "migrate/binlog/value.h"

namespace migrate::binlog {

class Decoder {
 public:
  // `tables` must outlive the decoder.
  explicit Decoder(const std::vector<TableSpec>* tables) : rows_(tables) {}

  // Takes one packet: header, body, checksum. It must stay valid until Next() has returned nullopt.
  absl::Status Feed(std::string_view packet);

  absl::StatusOr<std::optional<Event>> Next();

  // Forgets table maps and half-read packets, for a new connection.
  void Reset();

 private:
  // The event in `bytes`, which have no checksum (any more).
  absl::StatusOr<Event> DecodeEvent(const EventHeader& header, std::string_view body);
  absl::StatusOr<Event> DecodeRows(const EventHeader& header, std::string_view body);
  absl::Status OpenPayload(std::string_view body);
  absl::StatusOr<std::optional<Event>> NextInPayload();
  absl::StatusOr<std::string_view> StripChecksum(const EventHeader& header, std::string_view packet);

  RowsDecoder rows_;
  std::optional<bool> checksums_;  // what the format description said; before one is seen: unknown
  std::optional<EventHeader> pending_;
  std::string_view pending_body_;
  std::unique_ptr<ZstdReader> payload_;  // while inside a TRANSACTION_PAYLOAD
  uint32_t payload_end_ = 0;             // header.next_position of the TRANSACTION_PAYLOAD
  std::string_view plain_payload_;       // the same, for one that is not compressed
  std::string buffer_;                   // the current event of the payload
};

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_DECODER_H_
