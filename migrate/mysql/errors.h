// What went wrong on a server, in a form the rooms above can act upon.
//
// Every failed call of Connection returns an absl::Status that carries the server's (or the client library's) error
// number as a payload. The status code is chosen so that generic code can react too:
//
//   lost connection                    Unavailable
//   deadlock, statement killed         Aborted
//   lock wait timeout                  DeadlineExceeded
//   duplicate key                      AlreadyExists
//   access denied                      PermissionDenied
//   unknown database, table or column  NotFound
//   everything else                    Internal
#ifndef MIGRATE_MYSQL_ERRORS_H_
#define MIGRATE_MYSQL_ERRORS_H_

#include <string_view>

#include "absl/status/status.h"

namespace migrate::mysql {

enum class ErrorClass {
  kNone,             // the status is ok
  kDeadlock,         // the transaction was rolled back: run it again
  kLockWaitTimeout,  // the statement was rolled back: run it again
  kLostConnection,   // unknown whether the statement took effect
  kKilledQuery,      // KILL QUERY or a statement time limit
  kDuplicateKey,
  kAccessDenied,
  kNoSuchTable,
  kOther,
};

// The status of server or client error `code` (see mysqld_error.h and errmsg.h) while doing `what`.
absl::Status MakeError(int code, std::string_view message, std::string_view what);

// The error number carried by `status`; 0 if it did not come from a server or the client library.
int ServerErrorCode(const absl::Status& status);

ErrorClass Classify(const absl::Status& status);

// True for errors that may pass when the same work is tried again: deadlock, lock wait timeout, lost connection, killed
// statement.
bool IsTransient(const absl::Status& status);

}  // namespace migrate::mysql

#endif  // MIGRATE_MYSQL_ERRORS_H_
