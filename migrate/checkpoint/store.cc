#include "migrate/checkpoint/store.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "migrate/mysql/errors.h"
#include "migrate/mysql/quote.h"

namespace migrate::checkpoint {

absl::Status Store::Create(mysql::Connection& connection) const {
  if (absl::Status status = connection.Execute(absl::StrCat("DROP TABLE IF EXISTS ", table_)).status(); !status.ok())
    return status;
  return connection
      .Execute(absl::StrCat("CREATE TABLE ", table_,
                            " (id INT NOT NULL PRIMARY KEY, saved TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, state "
                            "LONGTEXT NOT NULL) ",
                            "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='checkpoint of a migration'"))
      .status();
}

absl::Status Store::Save(mysql::Connection& connection, const Checkpoint& checkpoint) const {
  std::string json;
  if (auto status = google::protobuf::util::MessageToJsonString(checkpoint, &json); !status.ok()) {
    return absl::InternalError(absl::StrCat("checkpoint cannot be written as JSON: ", std::string(status.message())));
  }
  return connection
      .Execute(absl::StrCat("REPLACE INTO ", table_, " (id, state) VALUES (1, ", mysql::QuoteString(json), ")"))
      .status();
}

absl::StatusOr<Checkpoint> Store::Load(mysql::Connection& connection) const {
  absl::StatusOr<std::optional<std::string>> json =
      connection.QueryValue(absl::StrCat("SELECT state FROM ", table_, " WHERE id = 1"));
  if (mysql::Classify(json.status()) == mysql::ErrorClass::kNoSuchTable || absl::IsNotFound(json.status())) {
    return absl::NotFoundError(absl::StrCat("there is no checkpoint in ", table_));
  }
  if (!json.ok()) return json.status();
  Checkpoint checkpoint;
  if (auto status = google::protobuf::util::JsonStringToMessage(json->value_or(""), &checkpoint); !status.ok()) {
    return absl::DataLossError(
        absl::StrCat("the checkpoint in ", table_, " cannot be read: ", std::string(status.message())));
  }
  return checkpoint;
}

}  // namespace migrate::checkpoint
