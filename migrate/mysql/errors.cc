#include "migrate/mysql/errors.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace migrate::mysql {
namespace {

constexpr std::string_view kPayload = "migrate.mysql/error_code";

ErrorClass ClassOfCode(int code) {
  switch (code) {
    case 0:
      return ErrorClass::kNone;
    case 1213:  // ER_LOCK_DEADLOCK
    case 1614:  // ER_XA_RBDEADLOCK
    case 3572:  // ER_LOCK_NOWAIT
      return ErrorClass::kDeadlock;
    case 1205:  // ER_LOCK_WAIT_TIMEOUT
      return ErrorClass::kLockWaitTimeout;
    case 1053:  // ER_SERVER_SHUTDOWN
    case 1079:  // ER_SHUTDOWN_COMPLETE
    case 1159:  // ER_NET_READ_INTERRUPTED
    case 1160:  // ER_NET_ERROR_ON_WRITE
    case 1161:  // ER_NET_WRITE_INTERRUPTED
    case 1927:  // ER_CONNECTION_KILLED (MariaDB)
    case 2002:  // CR_CONNECTION_ERROR
    case 2003:  // CR_CONN_HOST_ERROR
    case 2006:  // CR_SERVER_GONE_ERROR
    case 2013:  // CR_SERVER_LOST
    case 2055:  // CR_SERVER_LOST_EXTENDED
    case 4031:  // ER_CLIENT_INTERACTION_TIMEOUT
      return ErrorClass::kLostConnection;
    case 1317:  // ER_QUERY_INTERRUPTED
    case 1969:  // ER_STATEMENT_TIMEOUT (MariaDB)
    case 3024:  // ER_QUERY_TIMEOUT
      return ErrorClass::kKilledQuery;
    case 1022:  // ER_DUP_KEY
    case 1062:  // ER_DUP_ENTRY
    case 1586:  // ER_DUP_ENTRY_WITH_KEY_NAME
      return ErrorClass::kDuplicateKey;
    case 1044:  // ER_DBACCESS_DENIED_ERROR
    case 1045:  // ER_ACCESS_DENIED_ERROR
    case 1142:  // ER_TABLEACCESS_DENIED_ERROR
    case 1227:  // ER_SPECIFIC_ACCESS_DENIED_ERROR
    case 1698:  // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
      return ErrorClass::kAccessDenied;
    case 1146:  // ER_NO_SUCH_TABLE
      return ErrorClass::kNoSuchTable;
    default:
      return ErrorClass::kOther;
  }
}

absl::StatusCode StatusCodeOf(int code) {
  switch (ClassOfCode(code)) {
    case ErrorClass::kLostConnection:
      return absl::StatusCode::kUnavailable;
    case ErrorClass::kDeadlock:
    case ErrorClass::kKilledQuery:  // not kCancelled, which means that our own user interrupted us
      return absl::StatusCode::kAborted;
    case ErrorClass::kLockWaitTimeout:
      return absl::StatusCode::kDeadlineExceeded;
    case ErrorClass::kDuplicateKey:
      return absl::StatusCode::kAlreadyExists;
    case ErrorClass::kAccessDenied:
      return absl::StatusCode::kPermissionDenied;
    case ErrorClass::kNoSuchTable:
      return absl::StatusCode::kNotFound;
    case ErrorClass::kNone:
    case ErrorClass::kOther:
      break;
  }
  // ER_BAD_DB_ERROR, ER_BAD_FIELD_ERROR
  return code == 1049 || code == 1054 ? absl::StatusCode::kNotFound : absl::StatusCode::kInternal;
}

}  // namespace

absl::Status MakeError(int code, std::string_view message, std::string_view what) {
  absl::Status status(StatusCodeOf(code), absl::StrCat(what, ": ", message, " (error ", code, ")"));
  status.SetPayload(kPayload, absl::Cord(absl::StrCat(code)));
  return status;
}

int ServerErrorCode(const absl::Status& status) {
  std::optional<absl::Cord> payload = status.GetPayload(kPayload);
  int code = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &code)) return 0;
  return code;
}

ErrorClass Classify(const absl::Status& status) {
  if (status.ok()) return ErrorClass::kNone;
  int code = ServerErrorCode(status);
  return code == 0 ? ErrorClass::kOther : ClassOfCode(code);
}

bool IsTransient(const absl::Status& status) {
  switch (Classify(status)) {
    case ErrorClass::kDeadlock:
    case ErrorClass::kLockWaitTimeout:
    case ErrorClass::kLostConnection:
    case ErrorClass::kKilledQuery:
      return true;
    default:
      return false;
  }
}

}  // namespace migrate::mysql
