#include "migrate/mysql/binlog_dump.h"

#include <errmsg.h>
#include <mysql.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "migrate/mysql/errors.h"

namespace migrate::mysql {
namespace {

#if defined(MARIADB_BASE_VERSION)

constexpr int kComBinlogDump = 18;
constexpr int kComRegisterReplica = 21;
constexpr int kComBinlogDumpGtid = 30;
constexpr uint16_t kThroughGtid = 4;  // BINLOG_THROUGH_GTID

void AppendInt(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

bool Send(void* handle, int command, const std::string& body, bool read_answer) {
  MYSQL* mysql = static_cast<MYSQL*>(handle);
  return mysql->methods->db_command(mysql, static_cast<enum enum_server_command>(command), body.data(), body.size(),
                                    read_answer ? 0 : 1, nullptr) == 0;
}

#endif

MYSQL* Handle(void* handle) { return static_cast<MYSQL*>(handle); }

}  // namespace

#if defined(MARIADB_BASE_VERSION)

struct BinlogDump::Oracle {};

BinlogDump::BinlogDump(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
BinlogDump::~BinlogDump() = default;

absl::Status BinlogDump::Register(uint32_t server_id) {
  std::string body;
  AppendInt(server_id, 4, &body);
  for (std::string_view text : {"migrate", "", ""}) {  // host name, user, password: only shown, never used
    AppendInt(text.size(), 1, &body);
    absl::StrAppend(&body, text);
  }
  AppendInt(0, 2, &body);  // port
  AppendInt(0, 4, &body);  // recovery rank, unused
  AppendInt(0, 4, &body);  // source id, filled in by the server
  if (!Send(connection_->handle_, kComRegisterReplica, body, true))
    return connection_->LastError("register as a replica");
  return absl::OkStatus();
}

absl::Status BinlogDump::StartAt(std::string_view file, uint64_t offset, uint32_t server_id) {
  if (offset > 0xffffffffu) {
    return absl::OutOfRangeError(
        absl::StrCat("a binary log can only be read from its first 4 GiB, not from ", file, ":", offset));
  }
  std::string body;
  AppendInt(offset, 4, &body);
  AppendInt(0, 2, &body);  // flags
  AppendInt(server_id, 4, &body);
  absl::StrAppend(&body, file);
  if (!Send(connection_->handle_, kComBinlogDump, body, false)) return connection_->LastError("ask for the binary log");
  return absl::OkStatus();
}

absl::Status BinlogDump::StartAfterGtids(std::string encoded_set, uint32_t server_id) {
  std::string body;
  AppendInt(kThroughGtid, 2, &body);
  AppendInt(server_id, 4, &body);
  AppendInt(0, 4, &body);  // no file name
  AppendInt(4, 8, &body);  // position
  AppendInt(encoded_set.size(), 4, &body);
  body += encoded_set;
  if (!Send(connection_->handle_, kComBinlogDumpGtid, body, false))
    return connection_->LastError("ask for the binary log");
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> BinlogDump::Read() {
  MYSQL* mysql = Handle(connection_->handle_);
  if (connection_->broken_) return MakeError(CR_SERVER_GONE_ERROR, "the connection was lost", "read the binary log");
  const unsigned long length = mysql_net_read_packet(mysql);  // NOLINT(runtime/int): the library's type
  constexpr unsigned long kPacketError = 0xffffffffUL;        // NOLINT(runtime/int): packet_error, an unsigned int -1
  if (length >= kPacketError || length == 0) return connection_->LastError("read the binary log");
  const char* bytes = reinterpret_cast<const char*>(mysql->net.read_pos);
  const unsigned char kind = static_cast<unsigned char>(bytes[0]);
  if (kind == 0xfe && length < 9) return absl::OutOfRangeError("the server ended the binary log stream");
  if (kind != 0)
    return absl::DataLossError(absl::StrCat("unexpected packet of kind ", kind, " in the binary log stream"));
  return std::string_view(bytes + 1, length - 1);
}

#else  // Oracle's libmysqlclient

struct BinlogDump::Oracle {
  MYSQL_RPL rpl = {};
  std::string file;
  std::string gtids;
  bool open = false;
};

BinlogDump::BinlogDump(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)), oracle_(std::make_unique<Oracle>()) {}

BinlogDump::~BinlogDump() {
  if (oracle_->open) mysql_binlog_close(Handle(connection_->handle_), &oracle_->rpl);
}

absl::Status BinlogDump::Register(uint32_t) { return absl::OkStatus(); }

absl::Status BinlogDump::StartAt(std::string_view file, uint64_t offset, uint32_t server_id) {
  oracle_->file = std::string(file);
  MYSQL_RPL& rpl = oracle_->rpl;
  rpl.file_name = oracle_->file.c_str();
  rpl.file_name_length = oracle_->file.size();
  rpl.start_position = offset;
  rpl.server_id = server_id;
  if (mysql_binlog_open(Handle(connection_->handle_), &rpl) != 0)
    return connection_->LastError("ask for the binary log");
  oracle_->open = true;
  return absl::OkStatus();
}

absl::Status BinlogDump::StartAfterGtids(std::string encoded_set, uint32_t server_id) {
  oracle_->gtids = std::move(encoded_set);
  MYSQL_RPL& rpl = oracle_->rpl;
  rpl.start_position = 4;
  rpl.server_id = server_id;
  rpl.flags = MYSQL_RPL_GTID;
  rpl.gtid_set_encoded_size = oracle_->gtids.size();
  rpl.gtid_set_arg = &oracle_->gtids;
  rpl.fix_gtid_set = [](MYSQL_RPL* self, unsigned char* packet) {
    const std::string& gtids = *static_cast<std::string*>(self->gtid_set_arg);
    memcpy(packet, gtids.data(), gtids.size());
  };
  if (mysql_binlog_open(Handle(connection_->handle_), &rpl) != 0)
    return connection_->LastError("ask for the binary log");
  oracle_->open = true;
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> BinlogDump::Read() {
  MYSQL_RPL& rpl = oracle_->rpl;
  if (mysql_binlog_fetch(Handle(connection_->handle_), &rpl) != 0) return connection_->LastError("read the binary log");
  if (rpl.size == 0) return absl::OutOfRangeError("the server ended the binary log stream");
  return std::string_view(reinterpret_cast<const char*>(rpl.buffer) + 1, rpl.size - 1);
}

#endif

}  // namespace migrate::mysql
