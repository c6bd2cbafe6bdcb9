#include "vrcharts/quotes/store.h"

#include <cstdlib>
#include <deque>
#include <map>

#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "vrcharts/quotes/cache.h"

namespace vrcharts::quotes {
namespace {

SeriesPtr OneBar(double close) {
  return std::make_shared<Series>(std::vector<Bar>{{86400, close, close, close, close, 0}});
}

// Answers what the test has prepared, the last answer again and again.
class FakeSource : public Source {
 public:
  explicit FakeSource(std::deque<absl::StatusOr<double>> answers) : answers_(std::move(answers)) {}

  absl::StatusOr<Fetched> Fetch(const Instrument& wanted) override {
    absl::MutexLock lock(&mutex_);
    times_.push_back(absl::Now());
    const absl::StatusOr<double> answer = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    if (!answer.ok()) return answer.status();
    return Fetched{wanted, OneBar(*answer), ""};
  }
  bool refreshes() const override { return true; }
  bool remote() const override { return true; }
  absl::Duration spacing() const override { return spacing_; }

  std::vector<absl::Time> times() {
    absl::MutexLock lock(&mutex_);
    return times_;
  }
  absl::Duration spacing_ = absl::ZeroDuration();

 private:
  absl::Mutex mutex_;
  std::deque<absl::StatusOr<double>> answers_;
  std::vector<absl::Time> times_;
};

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    options_.on_update = [this](Update update) {
      absl::MutexLock lock(&mutex_);
      updates_.push_back(std::move(update));
    };
    options_.refresh = absl::Milliseconds(5);
    options_.first_retry = absl::Milliseconds(2);
  }
  // Waits for as many updates; a test that never gets them fails here.
  std::vector<Update> Updates(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return updates_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30)));
    return updates_;
  }

  StoreOptions options_;
  absl::Mutex mutex_;
  std::vector<Update> updates_;
};

TEST_F(StoreTest, FetchesAgainAndAgain) {
  Store store(options_);
  store.Add({"A"}, std::make_shared<FakeSource>(std::deque<absl::StatusOr<double>>{1.0, 2.0, 3.0}));
  const auto updates = Updates(3);
  EXPECT_EQ(updates[0].series->close()[0], 1);
  EXPECT_EQ(updates[2].series->close()[0], 3);
  EXPECT_FALSE(updates[2].stale);
}

TEST_F(StoreTest, AFailureKeepsTheLastSeriesAndMarksItStale) {
  Store store(options_);
  store.Add({"A"}, std::make_shared<FakeSource>(
                       std::deque<absl::StatusOr<double>>{1.0, absl::UnavailableError("gone fishing"), 2.0}));
  const auto updates = Updates(3);
  EXPECT_TRUE(updates[1].stale);
  EXPECT_EQ(updates[1].message, "gone fishing");
  EXPECT_EQ(updates[1].series->close()[0], 1);
  EXPECT_FALSE(updates[2].stale) << "recovered";
}

TEST_F(StoreTest, WithoutAnyDataThereIsOnlyTheMessage) {
  Store store(options_);
  store.Add({"A"}, std::make_shared<FakeSource>(std::deque<absl::StatusOr<double>>{absl::NotFoundError("unknown")}));
  EXPECT_TRUE(store.WaitForAll(absl::Seconds(30)));
  const auto updates = Updates(1);
  EXPECT_EQ(updates[0].series, nullptr);
  EXPECT_TRUE(updates[0].failed);
}

TEST_F(StoreTest, KeepsTheSpacingOfASource) {
  auto source = std::make_shared<FakeSource>(std::deque<absl::StatusOr<double>>{1.0});
  source->spacing_ = absl::Milliseconds(20);
  Store store(options_);
  for (int i = 0; i < 4; ++i) store.Add({std::string(1, static_cast<char>('A' + i))}, source);
  Updates(6);
  const std::vector<absl::Time> times = source->times();
  for (size_t i = 1; i < times.size(); ++i) EXPECT_GE(times[i] - times[i - 1], absl::Milliseconds(15)) << i;
}

TEST_F(StoreTest, WaitsAsLongAsTheServiceAsksFor) {
  auto source = std::make_shared<FakeSource>(std::deque<absl::StatusOr<double>>{
      WithRetryAfter(absl::ResourceExhaustedError("429"), absl::Milliseconds(200)), 1.0});
  Store store(options_);
  store.Add({"A"}, source);
  EXPECT_TRUE(Updates(2).back().message.empty());
  const std::vector<absl::Time> times = source->times();
  EXPECT_GE(times[1] - times[0], absl::Milliseconds(200));
}

TEST_F(StoreTest, StartsFromTheCacheAndStaysThereWhenOffline) {
  const auto cache = Cache::Open(std::string(std::getenv("TEST_TMPDIR")) + "/store");
  ASSERT_TRUE(cache.ok());
  options_.cache = std::make_shared<Cache>(*cache);
  ASSERT_TRUE(cache->Save({{"A", "Name"}, OneBar(7), ""}).ok());
  {
    Store store(options_);
    store.Add({"A"}, std::make_shared<FakeSource>(std::deque<absl::StatusOr<double>>{8.0}));
    const auto updates = Updates(2);
    EXPECT_TRUE(updates[0].stale);
    EXPECT_EQ(updates[0].series->close()[0], 7);
    EXPECT_FALSE(updates[1].stale);
    EXPECT_EQ(updates[1].series->close()[0], 8);
  }
  updates_.clear();
  options_.offline = true;
  auto source = std::make_shared<FakeSource>(std::deque<absl::StatusOr<double>>{9.0});
  Store store(options_);
  store.Add({"A"}, source);
  EXPECT_TRUE(store.WaitForAll(absl::Seconds(30)));
  EXPECT_EQ(Updates(2).back().series->close()[0], 8) << "what the online run had saved";
  EXPECT_TRUE(source->times().empty());
}

TEST(RetryDelayTest, DoublesUpToTheLongestWithJitter) {
  const auto delay = [](int failures, double jitter) {
    return absl::ToDoubleSeconds(RetryDelay(failures, absl::Seconds(1), absl::Seconds(60), jitter));
  };
  EXPECT_DOUBLE_EQ(delay(1, 0.5), 1);
  EXPECT_DOUBLE_EQ(delay(4, 0.5), 8);
  EXPECT_DOUBLE_EQ(delay(1000, 0.5), 60);
  EXPECT_DOUBLE_EQ(delay(1, 0), 0.75);
  EXPECT_DOUBLE_EQ(delay(1, 1), 1.25);
}

}  // namespace
}  // namespace vrcharts::quotes
