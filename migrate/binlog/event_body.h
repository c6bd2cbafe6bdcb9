// Decodes the events that are not about rows: transactions, GTIDs, files, statements.
#ifndef MIGRATE_BINLOG_EVENT_BODY_H_
#define MIGRATE_BINLOG_EVENT_BODY_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "migrate/binlog/event.h"

namespace migrate::binlog {

// `body` is the event without header and checksum. Types that say nothing to us become IgnoredEvent. A type that is not
// known and not marked as ignorable is FailedPrecondition: it might hold changes.
absl::StatusOr<Event> DecodeEventBody(const EventHeader& header, std::string_view body);

}  // namespace migrate::binlog

#endif  // MIGRATE_BINLOG_EVENT_BODY_H_
