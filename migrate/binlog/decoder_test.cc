// Decodes log files that real servers wrote (testdata/README.md says what was run), and damaged copies of them.
#include "migrate/binlog/decoder.h"

#include <zlib.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "migrate/binlog/assembler.h"
#include "migrate/binlog/log_file.h"

namespace migrate::binlog {
namespace {

std::string ReadFile(const std::string& name) {
  std::ifstream in("migrate/binlog/testdata/" + name + ".binlog", std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

class DecoderTest : public testing::Test {
 protected:
  std::string Text(const RowChange& change) {
    auto image = [&](const RowImage& values) {
      std::vector<std::string> parts;
      for (size_t i = 0; i < values.size(); ++i) {
        std::string text = values[i].missing() ? "?" : "";
        if (!values[i].missing()) AppendSql(tables_[change.table].columns[i], values[i], &text);
        parts.push_back(text);
      }
      return absl::StrJoin(parts, " ");
    };
    const char* incomplete = change.incomplete ? " !" : "";
    const std::string& table = tables_[change.table].name;
    if (change.op == RowChange::Op::kInsert) return absl::StrCat("+", table, " ", image(change.after), incomplete);
    if (change.op == RowChange::Op::kDelete) return absl::StrCat("-", table, " ", image(change.before));
    return absl::StrCat("=", table, " ", image(change.before), " -> ", image(change.after), incomplete);
  }

  // One line a change; a line "commit" after each transaction that had changes; the error, if any, as the last line.
  std::vector<std::string> Decode(std::string_view file) {
    Decoder decoder(&tables_);
    Assembler assembler(&tables_, GtidSet(flavour_), Position{"binlog.000001", 4, ""});
    std::vector<std::string> lines;
    for (std::string_view packet : SplitLogFile(file)) {
      absl::Status status = decoder.Feed(packet);
      while (status.ok()) {
        absl::StatusOr<std::optional<Event>> event = decoder.Next();
        status = event.status();
        if (!status.ok() || !event->has_value()) break;
        absl::StatusOr<std::optional<Item>> item = assembler.Handle(**std::move(event));
        status = item.status();
        if (!status.ok() || !item->has_value()) continue;
        for (const RowChange& change : (*item)->changes) lines.push_back(Text(change));
        if (!(*item)->statement.empty()) lines.push_back((*item)->statement);
        if ((*item)->transaction_end && !lines.empty() && lines.back() != "commit") lines.push_back("commit");
        last_ = **item;
      }
      if (!status.ok()) {
        lines.push_back(std::string(status.message()));
        break;
      }
    }
    return lines;
  }

  std::vector<TableSpec> tables_ = RecordedTables();
  mysql::Flavour flavour_ = mysql::Flavour::kMySql;
  Item last_;
};

using Lines = std::vector<std::string>;

TEST_F(DecoderTest, FullImages) {
  const Lines expected = {"+t 1 'x' 'bb' -1.50 '2026-11-23 01:02:03.456'",
                          "+t 2 '値' NULL 99.99 NULL",
                          "commit",
                          "=t 1 'x' 'bb' -1.50 '2026-11-23 01:02:03.456' -> 3 'x' 'cc' -1.50 '2026-11-23 01:02:03.456'",
                          "commit",
                          "-t 2 '値' NULL 99.99 NULL",
                          "commit",
                          "-t 3 'x' 'cc' -1.50 '2026-11-23 01:02:03.456'",
                          "commit"};
  EXPECT_EQ(Decode(ReadFile("mysql_full")), expected);
  flavour_ = mysql::Flavour::kMariaDb;
  EXPECT_EQ(Decode(ReadFile("mariadb_full")), expected);
}

TEST_F(DecoderTest, MinimalImages) {
  const Lines expected = {"+t 1 'x' 'bb' -1.50 '2026-11-23 01:02:03.456'",
                          "+t 2 '値' NULL 99.99 NULL",
                          "commit",
                          "=t 1 ? ? ? ? -> 3 ? 'cc' ? ? !",
                          "commit",
                          "-t 2 ? ? ? ?",
                          "commit",
                          "-t 3 ? ? ? ?",
                          "commit"};
  EXPECT_EQ(Decode(ReadFile("mysql_minimal")), expected);
  EXPECT_EQ(Decode(ReadFile("mariadb_minimal")), expected);
}

TEST_F(DecoderTest, CompressedByMySql) {
  const std::string y(100, 'y');
  EXPECT_EQ(Decode(ReadFile("mysql_payload")),
            (Lines{absl::StrCat("+t 1 'x' '", y, "' 1.00 '2026-11-23 00:00:00.000'"),
                   absl::StrCat("=t 1 'x' '", y, "' 1.00 '2026-11-23 00:00:00.000' -> 1 'q' '", y,
                                "' 1.00 '2026-11-23 00:00:00.000'"),
                   absl::StrCat("-t 1 'q' '", y, "' 1.00 '2026-11-23 00:00:00.000'"), "commit"}));
  // Where the compressed transaction ends, not where its inner events believe to be.
  const std::string file = ReadFile("mysql_payload");
  EXPECT_EQ(last_.position.offset, file.size() - SplitLogFile(file).back().size());
  EXPECT_EQ(last_.resume.offset, last_.position.offset);
}

TEST_F(DecoderTest, CompressedByMariaDb) {
  const Lines lines = Decode(ReadFile("mariadb_compressed"));
  ASSERT_EQ(lines.size(), 6u) << absl::StrJoin(lines, "\n");
  EXPECT_EQ(lines[0].substr(0, 11), "+t 1 'x' 'y");
  EXPECT_EQ(lines[2].substr(0, 11), "=t 1 'x' 'y");
  EXPECT_EQ(lines[4].substr(0, 11), "-t 1 'q' 'y");
}

TEST_F(DecoderTest, TaggedGtids) {
  EXPECT_EQ(Decode(ReadFile("mysql_tagged")),
            (Lines{"+t 1 NULL NULL NULL NULL", "commit", "-t 1 NULL NULL NULL NULL", "commit"}));
  EXPECT_NE(last_.position.gtid_set.find(":blue:"), std::string::npos) << last_.position.gtid_set;
}

TEST_F(DecoderTest, JsonWholeAndPartial) {
  const std::string document =
      absl::StrCat("{\"a\": 1, \"b\": \"", std::string(60, 'x'), "\", \"c\": 1.5e+00, \"d\": [true, null, 70000]}");
  const Lines lines = Decode(ReadFile("mysql_json"));
  ASSERT_EQ(lines.size(), 6u) << absl::StrJoin(lines, "\n");
  std::string quoted;
  AppendSql(tables_[1].columns[1], Value::Bytes(document), &quoted);
  EXPECT_EQ(lines[0], absl::StrCat("+j 1 ", quoted, " ? !"));           // k holds a DECIMAL
  EXPECT_EQ(lines[2], absl::StrCat("=j 1 ", quoted, " ? -> 1 ? ? !"));  // only the edits of j are in the log
  EXPECT_EQ(lines[4].substr(0, 4), "-j 1");
}

TEST_F(DecoderTest, MariaDbTypes) {
  EXPECT_EQ(Decode(ReadFile("mariadb_types"))[0],
            absl::StrCat("+z 1 '123e4567-e89b-12d3-a456-426655440000' 'fe80:0:0:0:0:0:0:1' _binary'",
                         std::string(200, 'c'), "'"));
}

TEST_F(DecoderTest, XaTransactions) {
  const Lines expected = {"+t 1 NULL NULL NULL NULL", "commit", "-t 1 NULL NULL NULL NULL", "commit"};
  EXPECT_EQ(Decode(ReadFile("mysql_xa")), expected);
  EXPECT_EQ(Decode(ReadFile("mariadb_xa")), expected);
}

TEST_F(DecoderTest, EveryDamagedByteIsNoticed) {
  // A wrong bit gives an error before the change it damaged is delivered: what comes out is a beginning of the whole.
  for (const char* name : {"mysql_full", "mariadb_full", "mysql_payload", "mariadb_compressed"}) {
    const std::string file = ReadFile(name);
    const Lines whole = Decode(file);
    const size_t first = 4 + SplitLogFile(file)[0].size();  // behind the format description
    for (size_t i = first; i < file.size(); ++i) {
      std::string damaged = file;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
      Lines lines = Decode(damaged);
      if (lines == whole) {  // only where the last event lost its size, so that it is not one any more
        EXPECT_LT(SplitLogFile(damaged).size(), SplitLogFile(file).size()) << name << " byte " << i;
        continue;
      }
      if (lines.size() > whole.size()) lines.resize(whole.size() + 1);
      for (size_t line = 0; line + 1 < lines.size(); ++line)
        ASSERT_EQ(lines[line], whole[line]) << name << " byte " << i;
    }
  }
}

TEST_F(DecoderTest, ChangedTableIsAnError) {
  tables_[0].columns.pop_back();
  EXPECT_EQ(
      Decode(ReadFile("mysql_full")).back(),
      "the table test.t was changed while it is being migrated: it has 5 columns in the binary log, not 4; start again "
      "with the new table");
  tables_ = RecordedTables();
  tables_[0].columns[1].data_type = "int";
  EXPECT_NE(Decode(ReadFile("mysql_full")).back().find("its column a of type int is logged as type 15"),
            std::string::npos);
}

// A packet without checksum around `body`.
std::string Packet(uint8_t type, std::string body, uint16_t flags = 0) {
  std::string packet(EventHeader::kSize, '\0');
  packet += body;
  packet[4] = static_cast<char>(type);
  for (int i = 0; i < 4; ++i) packet[9 + i] = static_cast<char>(packet.size() >> (8 * i));
  packet[17] = static_cast<char>(flags);
  return packet;
}

TEST_F(DecoderTest, UnknownEventsAreSkippedOnlyIfTheyMayBe) {
  Decoder decoder(&tables_);
  ASSERT_TRUE(decoder.Feed(Packet(99, "????", EventHeader::kIgnorable)).ok());
  auto event = decoder.Next();
  ASSERT_TRUE(event.ok() && event->has_value());
  EXPECT_TRUE(std::holds_alternative<IgnoredEvent>((*event)->body));
  const std::string unknown = Packet(99, "????");
  ASSERT_TRUE(decoder.Feed(unknown).ok());
  EXPECT_EQ(decoder.Next().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DecoderTest, RowsWithoutTableMapAreAnError) {
  Decoder decoder(&tables_);
  const std::string rows = Packet(30, std::string("\x07\0\0\0\0\0\0\0\x02\0\x01\x01\0\0", 14));
  ASSERT_TRUE(decoder.Feed(rows).ok());
  EXPECT_EQ(decoder.Next().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DecoderTest, IncidentIsReported) {
  const std::string file = absl::StrCat("....", Packet(26, std::string("\x01\0\x04lost", 7)));
  EXPECT_NE(Decode(file).back().find("lost changes"), std::string::npos);
}

}  // namespace
}  // namespace migrate::binlog
