#include "migrate/mysql/connection.h"

#include <errmsg.h>
#include <fcntl.h>
#include <mysql.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "absl/log/log.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "migrate/mysql/errors.h"

namespace migrate::mysql {
namespace {

// MariaDB's library wants a my_bool (a char), Oracle's a bool; both are one byte and take these values.
using Flag = char;
constexpr Flag kOn = 1;
constexpr Flag kOff = 0;

MYSQL* Handle(void* handle) { return static_cast<MYSQL*>(handle); }

// The beginning of a statement, for messages.
std::string Summary(std::string_view sql) {
  constexpr size_t kMax = 120;
  std::string text(sql.substr(0, kMax));
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80 && sql.size() > kMax)
    text.pop_back();
  absl::RemoveExtraAsciiWhitespace(&text);
  for (char& c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = '?';
  }
  return sql.size() > kMax ? absl::StrCat(text, "...") : text;
}

void SetSeconds(MYSQL* mysql, enum mysql_option option, absl::Duration duration) {
  if (duration <= absl::ZeroDuration()) return;
  unsigned int seconds = static_cast<unsigned int>(
      std::clamp<int64_t>(absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1))), 1, 1 << 30));
  mysql_options(mysql, option, &seconds);
}

void SetFile(MYSQL* mysql, enum mysql_option option, const std::string& path) {
  if (!path.empty()) mysql_options(mysql, option, path.c_str());
}

void SetSsl(MYSQL* mysql, const SslOptions& ssl) {
#if defined(MARIADB_BASE_VERSION)
  const Flag enforce = ssl.mode == SslOptions::Mode::kDisabled ? kOff : kOn;
  const Flag verify = ssl.mode == SslOptions::Mode::kVerifyCa ? kOn : kOff;
  mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
  mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
#else
  unsigned int mode = SSL_MODE_DISABLED;
  if (ssl.mode == SslOptions::Mode::kRequired) mode = SSL_MODE_REQUIRED;
  if (ssl.mode == SslOptions::Mode::kVerifyCa) mode = ssl.ca.empty() ? SSL_MODE_VERIFY_CA : SSL_MODE_VERIFY_IDENTITY;
  mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
#endif
  if (ssl.mode == SslOptions::Mode::kDisabled) return;
  // MariaDB's library verifies the chain as soon as it has an authority, even where it was told not to.
  if (ssl.mode == SslOptions::Mode::kVerifyCa) SetFile(mysql, MYSQL_OPT_SSL_CA, ssl.ca);
  SetFile(mysql, MYSQL_OPT_SSL_CERT, ssl.cert);
  SetFile(mysql, MYSQL_OPT_SSL_KEY, ssl.key);
}

void SetOptions(MYSQL* mysql, const ConnectionOptions& options) {
  unsigned int protocol = options.unix_socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);  // else "localhost" would mean a socket
  unsigned int local_infile = 0;                        // a server must not be able to ask for our files
  mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
  unsigned long max_packet = 1UL << 30;  // NOLINT(runtime/int): the library's type
  mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  SetSeconds(mysql, MYSQL_OPT_CONNECT_TIMEOUT, options.connect_timeout);
  SetSeconds(mysql, MYSQL_OPT_READ_TIMEOUT, options.read_timeout);
  SetSeconds(mysql, MYSQL_OPT_WRITE_TIMEOUT, options.write_timeout);
#if !defined(MARIADB_BASE_VERSION)
  const Flag get_key = kOn;  // caching_sha2_password without TLS
  mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &get_key);
#endif
  SetSsl(mysql, options.ssl);
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

std::string DescribeEndpoint(const ConnectionOptions& options) {
  return options.unix_socket.empty() ? absl::StrCat(options.host, ":", options.port) : options.unix_socket;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
  std::unique_ptr<Connection> connection(new Connection(options));
  if (absl::Status status = connection->Connect(); !status.ok()) return status;
  return connection;
}

Connection::~Connection() { Close(); }

void Connection::Close() {
  DropSocket();
  broken_ = true;
  if (handle_ != nullptr) mysql_close(Handle(handle_));
  handle_ = nullptr;
}

// A descriptor of our own: when the library loses the connection it closes its one, and the next connection that is
// opened gets that number.
void Connection::HoldSocket(int socket) {
  absl::MutexLock lock(&mutex_);
  socket_ = fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

void Connection::DropSocket() {
  absl::MutexLock lock(&mutex_);
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

absl::Status Connection::Connect() {
  Close();
  MYSQL* mysql = mysql_init(nullptr);
  if (mysql == nullptr) return absl::ResourceExhaustedError("mysql_init: out of memory");
  handle_ = mysql;
  SetOptions(mysql, options_);
  const bool local = !options_.unix_socket.empty();
  const std::string what = absl::StrCat("cannot connect to ", DescribeEndpoint(options_), " as '", options_.user, "'");
  if (mysql_real_connect(mysql, local ? nullptr : options_.host.c_str(), options_.user.c_str(),
                         options_.password.c_str(), OrNull(options_.database), options_.port,
                         OrNull(options_.unix_socket), 0) == nullptr) {
    absl::Status status = LastError(what);
    Close();
    return status;
  }
  if (options_.ssl.mode != SslOptions::Mode::kDisabled && mysql_get_ssl_cipher(mysql) == nullptr) {
    Close();
    return absl::FailedPreconditionError(absl::StrCat(what, ": TLS was asked for and the server does not offer it"));
  }
  broken_ = false;
#if defined(MARIADB_BASE_VERSION)
  HoldSocket(static_cast<int>(mysql_get_socket(mysql)));
#else
  HoldSocket(static_cast<int>(mysql->net.fd));
#endif
  absl::Status status = SetUpSession();
  if (!status.ok()) Close();
  return status;
}

absl::Status Connection::SetUpSession() {
  absl::StatusOr<Result> identity = Query("SELECT CONNECTION_ID(), VERSION()");
  if (!identity.ok()) return identity.status();
  if (identity->empty()) return absl::InternalError("SELECT VERSION() returned no row");
  id_ = (*identity)[0].Uint(0);
  opened_ = absl::Now();
  server_ = ServerInfo::Parse((*identity)[0].Text(1));
  std::string sql =
      "SET SESSION sql_mode = REPLACE(REPLACE(REPLACE(@@SESSION.sql_mode, 'ANSI_QUOTES', ''), 'NO_BACKSLASH_ESCAPES', "
      "''), "
      "'ANSI,', '')";
  for (const auto& [name, value] : options_.session) absl::StrAppend(&sql, ", SESSION ", name, " = ", value);
  return Execute(sql).status();
}

absl::Status Connection::LastError(std::string_view what) {
  MYSQL* mysql = Handle(handle_);
  int code = static_cast<int>(mysql_errno(mysql));
  if (code == 0) code = CR_UNKNOWN_ERROR;
  absl::Status status = MakeError(code, mysql_error(mysql), what);
  if (Classify(status) == ErrorClass::kLostConnection || code == CR_MALFORMED_PACKET ||
      code == CR_COMMANDS_OUT_OF_SYNC) {
    broken_ = true;
    DropSocket();
  }
  return status;
}

absl::Status Connection::Run(std::string_view sql) {
  if (broken_) return MakeError(CR_SERVER_GONE_ERROR, "the connection was lost", Summary(sql));
  VLOG(2) << "[" << id_ << "] " << Summary(sql);
  if (mysql_real_query(Handle(handle_), sql.data(), sql.size()) != 0) return LastError(Summary(sql));
  return absl::OkStatus();
}

absl::Status Connection::DrainResults(std::string_view what) {
  MYSQL* mysql = Handle(handle_);
  while (mysql_more_results(mysql)) {
    if (mysql_next_result(mysql) > 0) return LastError(Summary(what));
    if (MYSQL_RES* extra = mysql_store_result(mysql); extra != nullptr) mysql_free_result(extra);
  }
  return absl::OkStatus();
}

absl::StatusOr<ExecResult> Connection::Execute(std::string_view sql) {
  if (absl::Status status = Run(sql); !status.ok()) return status;
  MYSQL* mysql = Handle(handle_);
  ExecResult result;
  if (mysql_field_count(mysql) > 0) {
    MYSQL_RES* rows = mysql_store_result(mysql);
    if (rows == nullptr) return LastError(Summary(sql));
    mysql_free_result(rows);
  } else {
    result.affected_rows = mysql_affected_rows(mysql);
    result.insert_id = mysql_insert_id(mysql);
    if (const char* info = mysql_info(mysql); info != nullptr) result.info = info;
  }
  result.warnings = mysql_warning_count(mysql);
  if (absl::Status status = DrainResults(sql); !status.ok()) return status;
  return result;
}

absl::StatusOr<Result> Connection::Query(std::string_view sql) {
  if (absl::Status status = Run(sql); !status.ok()) return status;
  MYSQL* mysql = Handle(handle_);
  Result result;
  MYSQL_RES* rows = mysql_store_result(mysql);
  if (rows == nullptr) {
    if (mysql_field_count(mysql) > 0 || mysql_errno(mysql) != 0) return LastError(Summary(sql));
    return result;  // a statement without rows
  }
  result.handle_ =
      std::shared_ptr<void>(rows, [](void* handle) { mysql_free_result(static_cast<MYSQL_RES*>(handle)); });
  const unsigned int columns = mysql_num_fields(rows);
  const MYSQL_FIELD* fields = mysql_fetch_fields(rows);
  for (unsigned int i = 0; i < columns; ++i) result.columns_.emplace_back(fields[i].name, fields[i].name_length);
  result.cells_.reserve(mysql_num_rows(rows) * columns);
  while (MYSQL_ROW row = mysql_fetch_row(rows)) {
    const unsigned long* lengths = mysql_fetch_lengths(rows);  // NOLINT(runtime/int): the library's type
    for (unsigned int i = 0; i < columns; ++i) {
      if (row[i] == nullptr) {
        result.cells_.emplace_back(std::nullopt);
      } else {
        result.cells_.emplace_back(std::string_view(row[i], lengths[i]));
      }
    }
  }
  if (absl::Status status = DrainResults(sql); !status.ok()) return status;
  return result;
}

absl::StatusOr<std::optional<std::string>> Connection::QueryValue(std::string_view sql) {
  absl::StatusOr<Result> result = Query(sql);
  if (!result.ok()) return result.status();
  if (result->empty()) return absl::NotFoundError(absl::StrCat("no row from: ", Summary(sql)));
  std::optional<std::string_view> value = (*result)[0][0];
  if (!value.has_value()) return std::optional<std::string>();
  return std::optional<std::string>(std::string(*value));
}

absl::Status Connection::Reconnect() { return Connect(); }

absl::Status Connection::Ping() {
  if (broken_) return MakeError(CR_SERVER_GONE_ERROR, "the connection was lost", "ping");
  if (mysql_ping(Handle(handle_)) != 0) return LastError("ping");
  return absl::OkStatus();
}

void Connection::Interrupt() {
  absl::MutexLock lock(&mutex_);
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

}  // namespace migrate::mysql
