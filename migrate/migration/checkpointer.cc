#include "migrate/migration/checkpointer.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace migrate::migration {

Checkpointer::Checkpointer(checkpoint::Store store, mysql::ConnectionOptions session, checkpoint::Checkpoint known)
    : store_(std::move(store)),
      session_(std::move(session)),
      current_(std::move(known)),
      earlier_rows_(current_.rows_copied()) {}

absl::Status Checkpointer::Save(const apply::Applier& applier, const copy::Copier* copier) {
  absl::MutexLock lock(&mutex_);
  if (copier != nullptr) {
    const copy::CopyProgress copied = copier->Progress();
    if (copied.watermark.empty() && !copied.done) return absl::OkStatus();
    current_.mutable_watermark()->Assign(copied.watermark.begin(), copied.watermark.end());
    current_.mutable_last()->Assign(copied.last.begin(), copied.last.end());
    current_.set_copy_done(copied.done);
    current_.set_rows_copied(earlier_rows_ + copied.rows);
  }
  const binlog::Position resume = applier.Progress().resume;
  current_.set_log_file(resume.file);
  current_.set_log_offset(resume.offset);
  current_.set_gtid_set(resume.gtid_set);

  if (connection_ == nullptr) {
    absl::StatusOr<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::Open(session_);
    if (!connection.ok()) return connection.status();
    connection_ = *std::move(connection);
  } else if (connection_->broken()) {
    if (absl::Status status = connection_->Reconnect(); !status.ok()) return status;
  }
  absl::Status status = store_.Save(*connection_, current_);
  saved_ |= status.ok();
  return status;
}

void Checkpointer::ForgetIndexes() {
  absl::MutexLock lock(&mutex_);
  current_.clear_deferred_indexes();
}

bool Checkpointer::saved() const {
  absl::MutexLock lock(&mutex_);
  return saved_;
}

absl::StatusOr<std::string> ServerIdentity(mysql::Connection& connection) {
  absl::StatusOr<std::optional<std::string>> value =
      connection.QueryValue(connection.server().IsMySql() ? "SELECT @@server_uuid"
                                                          : "SELECT CONCAT(@@hostname, ':', @@port, ':', @@server_id)");
  if (!value.ok()) return value.status();
  return value->value_or("");
}

std::vector<schema::DeferredIndex> DeferredIndexes(const checkpoint::Checkpoint& checkpoint) {
  std::vector<schema::DeferredIndex> indexes;
  for (const checkpoint::Checkpoint::Index& index : checkpoint.deferred_indexes())
    indexes.push_back({index.name(), index.definition()});
  return indexes;
}

void SetDeferredIndexes(const std::vector<schema::DeferredIndex>& indexes, checkpoint::Checkpoint& checkpoint) {
  checkpoint.clear_deferred_indexes();
  for (const schema::DeferredIndex& index : indexes) {
    checkpoint::Checkpoint::Index* out = checkpoint.add_deferred_indexes();
    out->set_name(index.name);
    out->set_definition(index.definition);
  }
}

}  // namespace migrate::migration
