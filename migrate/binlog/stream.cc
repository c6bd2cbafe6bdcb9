#include "migrate/binlog/stream.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/log/log.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/explain/explain.h"
#include "common/metrics/metrics.h"
#include "migrate/binlog/assembler.h"
#include "migrate/binlog/decoder.h"
#include "migrate/mysql/binlog_dump.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"

namespace migrate::binlog {
namespace {

constexpr int kErrorReadingBinlog = 1236;  // ER_SOURCE_FATAL_ERROR_READING_BINLOG: purged, damaged, wrong server id ...

// A dead peer is noticed after this long without even a heartbeat.
absl::Duration ReadTimeout(absl::Duration heartbeat) { return std::max(absl::Seconds(10), 5 * heartbeat); }

bool ConnectionIsGone(const absl::Status& status) {
  return mysql::Classify(status) == mysql::ErrorClass::kLostConnection ||
         mysql::Classify(status) == mysql::ErrorClass::kKilledQuery ||
         absl::IsOutOfRange(status);  // the server ended the stream: it shuts down, or the dump was killed
}

// What the server has to know before it starts to send.
std::string SessionSetUp(const mysql::ServerInfo& server, const StreamOptions& options, const Position& start) {
  const int64_t heartbeat = absl::ToInt64Nanoseconds(options.heartbeat);
  std::string sql = absl::StrCat(
      "SET @master_heartbeat_period = ", heartbeat, ", @source_heartbeat_period = ", heartbeat,
      ", @master_binlog_checksum = @@global.binlog_checksum", ", @source_binlog_checksum = @@global.binlog_checksum");
  if (server.IsMariaDb()) {
    absl::StrAppend(&sql, ", @mariadb_slave_capability = 4");  // understands MariaDB's GTID events
    if (options.use_gtid) {
      absl::StrAppend(&sql, ", @slave_connect_state = ", mysql::QuoteString(start.gtid_set),
                      ", @slave_gtid_strict_mode = 0, @slave_gtid_ignore_duplicates = 0");
    }
  }
  return sql;
}

// Names the server, so that a reconnect does not take another server's log for this one's.
absl::StatusOr<std::string> ServerIdentity(mysql::Connection& connection) {
  const char* sql = connection.server().IsMySql() ? "SELECT @@server_uuid"
                                                  : "SELECT CONCAT(@@server_id, '@', @@hostname, ':', @@port)";
  absl::StatusOr<std::optional<std::string>> identity = connection.QueryValue(sql);
  if (!identity.ok()) return identity.status();
  return identity->value_or("");
}

}  // namespace

class Stream::Impl {
 public:
  explicit Impl(StreamOptions options) : options_(std::move(options)), decoder_(&options_.tables) {}

  absl::Status Start(const Position& start);
  absl::StatusOr<Item> Next();
  void Cancel();

 private:
  absl::Status Connect();
  absl::Status Reconnect(const absl::Status& cause);
  absl::StatusOr<std::optional<Item>> NextInPacket();
  absl::Status ReadPacket();
  absl::Status Explain(const absl::Status& status) const;

  StreamOptions options_;
  Decoder decoder_;
  std::optional<Assembler> assembler_;
  std::string identity_;
  int failures_ = 0;  // reconnects since the last event
  absl::Notification cancelled_;
  absl::Mutex mutex_;  // a leaf; guards the pointer: Next()'s thread reads the log without it, only Cancel() needs it
  std::unique_ptr<mysql::BinlogDump> dump_ ABSL_GUARDED_BY(mutex_);
  mysql::BinlogDump* reading_ = nullptr;  // dump_, for the thread that replaces it
};

absl::Status Stream::Impl::Start(const Position& start) {
  options_.connection.read_timeout = ReadTimeout(options_.heartbeat);
  absl::StatusOr<std::unique_ptr<mysql::Connection>> probe = mysql::Connection::Open(options_.connection);
  if (!probe.ok()) return probe.status();
  absl::StatusOr<std::string> identity = ServerIdentity(**probe);
  if (!identity.ok()) return identity.status();
  identity_ = *std::move(identity);
  absl::StatusOr<GtidSet> gtids = GtidSet::Parse((*probe)->server().flavour, start.gtid_set);
  if (!gtids.ok()) return gtids.status();
  assembler_.emplace(&options_.tables, *std::move(gtids), start);
  return Connect();
}

absl::Status Stream::Impl::Connect() {
  absl::StatusOr<std::unique_ptr<mysql::Connection>> opened = mysql::Connection::Open(options_.connection);
  if (!opened.ok()) return opened.status();
  std::unique_ptr<mysql::Connection> connection = *std::move(opened);
  const mysql::ServerInfo server = connection->server();
  if (!options_.use_gtid) {
    absl::StatusOr<std::string> identity = ServerIdentity(*connection);
    if (!identity.ok()) return identity.status();
    if (*identity != identity_) {
      return absl::FailedPreconditionError(absl::StrCat(mysql::DescribeEndpoint(options_.connection),
                                                        " is now another server (", *identity, ", was ", identity_,
                                                        "); file positions mean nothing there: use GTIDs"));
    }
  }
  const Position& start = assembler_->resume();
  if (absl::Status status = connection->Execute(SessionSetUp(server, options_, start)).status(); !status.ok())
    return status;
  auto dump = std::make_unique<mysql::BinlogDump>(std::move(connection));
  if (absl::Status status = dump->Register(options_.server_id); !status.ok()) return status;
  absl::Status status;
  if (!options_.use_gtid) {
    status = dump->StartAt(start.file, start.offset, options_.server_id);
  } else if (server.IsMariaDb()) {
    status = dump->StartAt("", 4, options_.server_id);
  } else {
    absl::StatusOr<GtidSet> gtids = GtidSet::Parse(server.flavour, start.gtid_set);
    if (!gtids.ok()) return gtids.status();
    status = dump->StartAfterGtids(gtids->Encode(), options_.server_id);
  }
  if (!status.ok()) return status;
  EXPLAIN() << "asked " << mysql::DescribeEndpoint(options_.connection) << " for its binary log from "
            << start.ToString() << (options_.use_gtid ? absl::StrCat(" (after GTIDs ", start.gtid_set, ")") : "")
            << " as replica " << options_.server_id;
  decoder_.Reset();
  reading_ = dump.get();
  absl::MutexLock lock(&mutex_);
  dump_ = std::move(dump);
  return absl::OkStatus();
}

absl::Status Stream::Impl::Reconnect(const absl::Status& cause) {
  static auto& reconnects =
      common::metrics::GetCounter("migrate_binlog_reconnects_total", "Times the binary log stream was opened again.");
  absl::Status last = cause;
  while (!cancelled_.HasBeenNotified()) {
    if (++failures_ > options_.max_reconnects) {
      return absl::UnavailableError(absl::StrCat("the binary log stream was lost and ", options_.max_reconnects,
                                                 " attempts to open it again failed: ", last.message()));
    }
    LOG(WARNING) << "the binary log stream was lost (" << last.message() << "); opening it again from "
                 << assembler_->resume().ToString();
    // The first time at once: a restarted or killed dump thread is back immediately.
    if (failures_ > 1 && cancelled_.WaitForNotificationWithTimeout(options_.reconnect_delay)) break;
    assembler_->Restart();
    last = Connect();
    if (last.ok()) {
      reconnects.Increment();
      return absl::OkStatus();
    }
    if (!ConnectionIsGone(last)) return last;
  }
  return absl::CancelledError("the binary log stream was cancelled");
}

absl::Status Stream::Impl::ReadPacket() {
  static auto& events = common::metrics::GetCounter("migrate_binlog_events_total", "Binary log events received.");
  static auto& bytes =
      common::metrics::GetCounter("migrate_binlog_bytes_total", "Bytes of binary log events received.");
  absl::StatusOr<std::string_view> packet = reading_->Read();
  if (!packet.ok()) return packet.status();
  failures_ = 0;
  events.Increment();
  bytes.Increment(packet->size());
  return decoder_.Feed(*packet);
}

absl::StatusOr<std::optional<Item>> Stream::Impl::NextInPacket() {
  absl::StatusOr<std::optional<Event>> event = decoder_.Next();
  if (!event.ok()) return event.status();
  if (event->has_value()) {
    absl::StatusOr<std::optional<Item>> item = assembler_->Handle(**std::move(event));
    if (item.ok() && item->has_value() && !(*item)->statement.empty()) {
      EXPLAIN() << "the binary log holds a statement on the table: " << (*item)->statement;
    }
    return item;
  }
  if (absl::Status status = ReadPacket(); !status.ok()) return status;
  return std::nullopt;
}

absl::Status Stream::Impl::Explain(const absl::Status& status) const {
  const std::string where = assembler_->resume().ToString();
  if (mysql::ServerErrorCode(status) == kErrorReadingBinlog) {
    return absl::DataLossError(absl::StrCat("the server cannot send its binary log from ", where, ": ",
                                            status.message(),
                                            "; if the log was purged, keep it longer and start again"));
  }
  return absl::Status(status.code(), absl::StrCat("binary log after ", where, ": ", status.message()));
}

absl::StatusOr<Item> Stream::Impl::Next() {
  while (true) {
    if (cancelled_.HasBeenNotified()) return absl::CancelledError("the binary log stream was cancelled");
    absl::StatusOr<std::optional<Item>> item = NextInPacket();
    if (item.ok()) {
      if (item->has_value()) return **std::move(item);
      continue;
    }
    if (cancelled_.HasBeenNotified()) continue;
    if (!ConnectionIsGone(item.status())) return Explain(item.status());
    if (absl::Status status = Reconnect(item.status()); !status.ok()) return status;
  }
}

void Stream::Impl::Cancel() {
  absl::MutexLock lock(&mutex_);
  if (!cancelled_.HasBeenNotified()) cancelled_.Notify();
  if (dump_ != nullptr) dump_->connection().Interrupt();
}

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Stream::~Stream() = default;

absl::StatusOr<std::unique_ptr<Stream>> Stream::Open(StreamOptions options, const Position& start) {
  auto impl = std::make_unique<Impl>(std::move(options));
  if (absl::Status status = impl->Start(start); !status.ok()) return status;
  return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

absl::StatusOr<Item> Stream::Next() { return impl_->Next(); }
void Stream::Cancel() { impl_->Cancel(); }

}  // namespace migrate::binlog
