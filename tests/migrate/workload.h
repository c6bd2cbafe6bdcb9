// An application that writes to a table while it is being migrated, and knows what every row must be.
//
// Several threads insert, update, re-key and delete, alone and in transactions, some of which they roll back; each owns
// the rows whose number is its own modulo the number of threads, so that its model of them is exact. A transaction that
// failed with a deadlock or a lock timeout was rolled back; any other error, a missing table above all, is kept and
// fails the test.
//
// The table has two columns for data, `n INT` and `s VARCHAR(100)`, and a key that is made of a number i: see KeyShape.
#ifndef TESTS_MIGRATE_WORKLOAD_H_
#define TESTS_MIGRATE_WORKLOAD_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/servers/client.h"

namespace tests::migrate {

// How the number i is spread over the key's columns.
enum class KeyShape {
  kInteger,    // id = i
  kComposite,  // a = i % 97, b = 'Key <i>'
  kText,       // k = 'Key <i>'
};

struct WorkloadOptions {
  servers::Address address;
  std::string table;  // qualified
  KeyShape shape = KeyShape::kInteger;
  int initial_rows = 0;  // numbers 1..initial_rows, n = i * 7 % 1000, s = CONCAT('row ', i)
  int threads = 2;
  uint32_t seed = 1;
  absl::Duration pause = absl::Milliseconds(2);  // of each thread between transactions
  // The server may be killed: a writer that lost its connection waits until the server is back and looks whether its
  // last transaction was committed; every row it touched must say the same.
  bool server_may_die = false;
};

class Workload {
 public:
  explicit Workload(WorkloadOptions options);
  ~Workload();

  // Columns, definitions and initial expressions over i, for CREATE TABLE and MigrateTest::Fill.
  static std::string Definition(
      KeyShape shape);  // "id BIGINT NOT NULL AUTO_INCREMENT, n INT, s VARCHAR(100), PRIMARY KEY (id)"
  static std::string InitialColumns(KeyShape shape);  // "id, n, s"
  static std::string InitialValues(KeyShape shape);   // "i, i * 7 % 1000, CONCAT('row ', i)"

  void Start();
  void Stop();

  uint64_t transactions() const { return transactions_; }  // committed
  // Ok if the table holds exactly what the model says, and no thread met an error that it should not have met. Call
  // after Stop().
  absl::Status Check(const std::string& table);

 private:
  struct Data {
    int n;
    std::string s;
    friend bool operator==(const Data&, const Data&) = default;
  };
  using Model = std::map<int, Data>;

  struct Writer {
    int number = 0;
    std::mt19937 random;
    Model model;
    Model before;  // the rows that the open transaction touched, as they were; n < 0: not there
    int next_new = 0;
    absl::Status error;
    std::thread thread;
  };

  void Run(Writer& writer);
  absl::Status Transact(servers::Client& client, Writer& writer);
  absl::Status Change(servers::Client& client, Writer& writer, Model& model);
  absl::Status Recover(std::unique_ptr<servers::Client>& client, Writer& writer);
  absl::StatusOr<Model> ReadRows(servers::Client& client, const Model& numbers);
  int NewNumber(Writer& writer);

  const WorkloadOptions options_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> transactions_ = 0;
};

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_WORKLOAD_H_
