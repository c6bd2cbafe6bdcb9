#include "tests/migrate/workload.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace tests::migrate {
namespace {

constexpr unsigned kLockWaitTimeout = 1205;
constexpr unsigned kDeadlock = 1213;

bool ConnectionIsLost(unsigned error) {
  return error == 2006 || error == 2013 || error == 2003 || error == 2002 || error == 1053 || error == 1927;
}

std::string KeyColumns(KeyShape shape) {
  return shape == KeyShape::kInteger ? "id" : shape == KeyShape::kComposite ? "a, b" : "k";
}

std::string KeyValues(KeyShape shape, int i) {
  if (shape == KeyShape::kInteger) return absl::StrCat(i);
  if (shape == KeyShape::kComposite) return absl::StrCat(i % 97, ", 'Key ", i, "'");
  return absl::StrCat("'Key ", i, "'");
}

std::string KeyCondition(KeyShape shape, int i) {
  if (shape == KeyShape::kInteger) return absl::StrCat("id = ", i);
  if (shape == KeyShape::kComposite) return absl::StrCat("a = ", i % 97, " AND b = 'Key ", i, "'");
  return absl::StrCat("k = 'Key ", i, "'");
}

std::string KeyAssignment(KeyShape shape, int i) {
  if (shape == KeyShape::kInteger) return absl::StrCat("id = ", i);
  if (shape == KeyShape::kComposite) return absl::StrCat("a = ", i % 97, ", b = 'Key ", i, "'");
  return absl::StrCat("k = 'Key ", i, "'");
}

// The number back from the key.
std::string NumberExpression(KeyShape shape) {
  if (shape == KeyShape::kInteger) return "id";
  return absl::StrCat("CAST(SUBSTR(", shape == KeyShape::kComposite ? "b" : "k", ", 5) AS SIGNED)");
}

}  // namespace

std::string Workload::Definition(KeyShape shape) {
  const std::string data = ", n INT, s VARCHAR(100), ";
  if (shape == KeyShape::kInteger) return absl::StrCat("id BIGINT NOT NULL AUTO_INCREMENT", data, "PRIMARY KEY (id)");
  if (shape == KeyShape::kComposite)
    return absl::StrCat("a INT NOT NULL, b VARCHAR(40) NOT NULL", data, "PRIMARY KEY (a, b)");
  return absl::StrCat("k VARCHAR(40) NOT NULL", data, "UNIQUE KEY text_key (k)");
}

std::string Workload::InitialColumns(KeyShape shape) { return absl::StrCat(KeyColumns(shape), ", n, s"); }

std::string Workload::InitialValues(KeyShape shape) {
  const std::string key = shape == KeyShape::kInteger     ? "i"
                          : shape == KeyShape::kComposite ? "i % 97, CONCAT('Key ', i)"
                                                          : "CONCAT('Key ', i)";
  return absl::StrCat(key, ", i * 7 % 1000, CONCAT('row ', i)");
}

Workload::Workload(WorkloadOptions options) : options_(std::move(options)) {
  for (int t = 0; t < options_.threads; ++t) {
    auto writer = std::make_unique<Writer>();
    writer->number = t;
    writer->random.seed(options_.seed * 1000 + t);
    writers_.push_back(std::move(writer));
  }
  for (int i = 1; i <= options_.initial_rows; ++i) {
    writers_[i % options_.threads]->model[i] = {static_cast<int>(int64_t{i} * 7 % 1000), absl::StrCat("row ", i)};
  }
  for (auto& writer : writers_)
    writer->next_new = (options_.initial_rows / options_.threads + 1) * options_.threads + writer->number;
}

Workload::~Workload() { Stop(); }

void Workload::Start() {
  for (auto& writer : writers_) writer->thread = std::thread([this, w = writer.get()] { Run(*w); });
}

void Workload::Stop() {
  stopping_ = true;
  for (auto& writer : writers_) {
    if (writer->thread.joinable()) writer->thread.join();
  }
}

void Workload::Run(Writer& writer) {
  auto client = servers::Client::Connect(options_.address);
  writer.error = client.status();
  while (!stopping_ && writer.error.ok()) {
    writer.error = Transact(**client, writer);
    if (!writer.error.ok() && options_.server_may_die && ConnectionIsLost((*client)->last_error())) {
      writer.error = Recover(*client, writer);
    }
    absl::SleepFor(options_.pause);
  }
}

// One transaction of one to four changes; every tenth is rolled back.
absl::Status Workload::Transact(servers::Client& client, Writer& writer) {
  const int changes = 1 + writer.random() % 4;
  const int next_new = writer.next_new;
  Model& before = writer.before;
  before.clear();
  absl::Status status = client.Execute("BEGIN");
  for (int i = 0; i < changes && status.ok(); ++i) status = Change(client, writer, before);
  const bool commit = writer.random() % 10 != 0;
  if (status.ok()) status = client.Execute(commit ? "COMMIT" : "ROLLBACK");
  if (status.ok() && commit) {
    ++transactions_;
    return status;
  }
  if (!status.ok()) {
    if (client.last_error() != kDeadlock && client.last_error() != kLockWaitTimeout) return status;
    if (absl::Status rolled_back = client.Execute("ROLLBACK"); !rolled_back.ok()) return rolled_back;
  }
  // `before` holds what the touched rows were; n < 0 stands for "was not there".
  for (auto& [number, data] : before) {
    if (data.n < 0) {
      writer.model.erase(number);
    } else {
      writer.model[number] = data;
    }
  }
  writer.next_new = next_new;
  return absl::OkStatus();
}

// After a lost connection: the rows of the open transaction are either all as the model has them now or all as they
// were.
absl::Status Workload::Recover(std::unique_ptr<servers::Client>& client, Writer& writer) {
  Model now;
  for (const auto& [number, data] : writer.before) {
    auto it = writer.model.find(number);
    now[number] = it == writer.model.end() ? Data{-1, ""} : it->second;
  }
  while (true) {
    auto fresh = servers::Client::Connect(options_.address);
    if (!fresh.ok()) {
      absl::SleepFor(absl::Milliseconds(50));
      continue;
    }
    absl::StatusOr<Model> found = ReadRows(**fresh, writer.before);
    if (!found.ok()) {
      if (!ConnectionIsLost((*fresh)->last_error())) return found.status();
      continue;
    }
    client = *std::move(fresh);
    if (*found == now) return absl::OkStatus();
    if (*found != writer.before) return absl::DataLossError("a transaction was committed by half when the server died");
    for (const auto& [number, data] : writer.before) {
      if (data.n < 0) {
        writer.model.erase(number);
      } else {
        writer.model[number] = data;
      }
    }
    return absl::OkStatus();
  }
}

absl::StatusOr<Workload::Model> Workload::ReadRows(servers::Client& client, const Model& numbers) {
  Model found;
  for (const auto& [number, data] : numbers) {
    auto rows = client.Query(
        absl::StrCat("SELECT n, s FROM ", options_.table, " WHERE ", KeyCondition(options_.shape, number)));
    if (!rows.ok()) return rows.status();
    found[number] =
        rows->empty() ? Data{-1, ""} : Data{std::stoi((*rows)[0][0].value_or("-2")), (*rows)[0][1].value_or("NULL")};
  }
  return found;
}

int Workload::NewNumber(Writer& writer) { return std::exchange(writer.next_new, writer.next_new + options_.threads); }

// Changes the table and the model; `before` remembers each touched row as it was when the transaction began.
absl::Status Workload::Change(servers::Client& client, Writer& writer, Model& before) {
  Model& model = writer.model;
  auto remember = [&](int number) {
    auto it = model.find(number);
    before.try_emplace(number, it == model.end() ? Data{-1, ""} : it->second);
  };
  const Data data{static_cast<int>(writer.random() % 100000),
                  absl::StrCat("it's \\ ", writer.random() % 100000, " \xE8\xA1\xA8")};
  const std::string n = absl::StrCat(data.n);
  const std::string s = absl::StrCat("CONCAT('it''s \\\\ ', '", data.s.substr(7), "')");
  const uint32_t kind = writer.random() % 100;
  if (kind < 30 || model.empty()) {
    const int number = NewNumber(writer);
    remember(number);
    model[number] = data;
    return client.Execute(absl::StrCat("INSERT INTO ", options_.table, " (", KeyColumns(options_.shape),
                                       ", n, s) VALUES (", KeyValues(options_.shape, number), ", ", n, ", ", s, ")"));
  }
  auto it = model.lower_bound(static_cast<int>(writer.random() % (model.rbegin()->first + 1)));
  if (it == model.end()) it = model.begin();
  const int number = it->first;
  remember(number);
  const std::string where = absl::StrCat(" WHERE ", KeyCondition(options_.shape, number));
  if (kind < 70) {
    it->second = data;
    return client.Execute(absl::StrCat("UPDATE ", options_.table, " SET n = ", n, ", s = ", s, where));
  }
  if (kind < 80) {
    const int to = NewNumber(writer);
    remember(to);
    model[to] = it->second;
    model.erase(number);
    return client.Execute(absl::StrCat("UPDATE ", options_.table, " SET ", KeyAssignment(options_.shape, to), where));
  }
  model.erase(it);
  return client.Execute(absl::StrCat("DELETE FROM ", options_.table, where));
}

absl::Status Workload::Check(const std::string& table) {
  Model expected;
  for (const auto& writer : writers_) {
    if (!writer->error.ok())
      return absl::InternalError(absl::StrCat("the application met an error: ", writer->error.message()));
    expected.insert(writer->model.begin(), writer->model.end());
  }
  auto client = servers::Client::Connect(options_.address);
  if (!client.ok()) return client.status();
  auto rows = (*client)->Query(absl::StrCat("SELECT ", NumberExpression(options_.shape), ", n, s FROM ", table));
  if (!rows.ok()) return rows.status();
  for (const servers::Row& row : *rows) {
    const int number = std::stoi(row[0].value_or("0"));
    auto it = expected.find(number);
    if (it == expected.end()) return absl::DataLossError(absl::StrCat("row ", number, " should not be in ", table));
    const Data data{std::stoi(row[1].value_or("-1")), row[2].value_or("NULL")};
    if (!(data == it->second)) {
      return absl::DataLossError(absl::StrCat("row ", number, " of ", table, " is (", data.n, ", ", data.s,
                                              ") and should be (", it->second.n, ", ", it->second.s, ")"));
    }
    expected.erase(it);
  }
  if (expected.empty()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(expected.size(), " rows are missing in ", table, ", the first is ", expected.begin()->first));
}

}  // namespace tests::migrate
