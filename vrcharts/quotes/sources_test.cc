#include "vrcharts/quotes/sources.h"

#include <cstdlib>
#include <fstream>

#include "gtest/gtest.h"
#include "vrcharts/quotes/csv.h"
#include "vrcharts/quotes/web_source.h"

namespace vrcharts::quotes {
namespace {

options::WebSource* AddSource(const std::string& name, options::Options* options) {
  options::WebSource* source = options->add_source();
  source->set_name(name);
  source->set_url("https://" + name + ".invalid/{symbol}");
  source->mutable_mapping()->set_shape(options::JSON_SHAPE_ROWS);
  return source;
}

TEST(SourcesTest, SeveralAtOnceEachForItsSymbols) {
  const std::string folder = std::getenv("TEST_TMPDIR");
  std::ofstream(folder + "/FILE.csv") << "date,close\n2026-01-05,1\n";
  std::ofstream(folder + "/NAMED.csv") << "date,close\n2026-01-05,1\n";
  options::Options options;
  options.set_quotes(folder);
  options.set_prometheus("http://localhost:9090");
  AddSource("first", &options)->add_symbol("NAMED");
  AddSource("second", &options);
  AddSource("third", &options);
  const absl::StatusOr<Sources> sources = Sources::Create(options);
  ASSERT_TRUE(sources.ok()) << sources.status();
  const auto named = sources->For("NAMED"), file = sources->For("FILE"), other = sources->For("OTHER");
  EXPECT_NE(dynamic_cast<WebSource*>(named.get()), nullptr) << "who names the symbol comes before the file";
  EXPECT_NE(dynamic_cast<CsvSource*>(file.get()), nullptr) << "the file before who names none";
  EXPECT_NE(dynamic_cast<WebSource*>(other.get()), nullptr);
  EXPECT_NE(other, named);
  EXPECT_EQ(sources->For("ANOTHER"), other) << "the first one that names none; they share its rate limit";
  EXPECT_NE(sources->prometheus(), nullptr);
  EXPECT_FALSE(sources->only_sample());
  EXPECT_TRUE(Sources::Create({})->only_sample());
}

TEST(SourcesTest, CalendarsOfTheInstrumentTheSourceAndAll) {
  options::Options options;
  AddSource("tokyo", &options)->set_exchange("TSE");
  AddSource("plain", &options)->add_symbol("PLAIN");
  options.set_calendar("LSE");
  absl::StatusOr<Sources> sources = Sources::Create(options);
  ASSERT_TRUE(sources.ok()) << sources.status();
  const auto calendar = [&](const std::string& symbol, const std::string& exchange) {
    return (*sources->CalendarOf({symbol, "", "", "", exchange}, *sources->For(symbol)))->name();
  };
  EXPECT_EQ(calendar("7203", "NYSE"), "NYSE");
  EXPECT_EQ(calendar("7203", ""), "TSE");
  EXPECT_EQ(calendar("PLAIN", ""), "LSE");
  EXPECT_EQ(sources->CalendarOf({"X", "", "", "", "ABC"}, *sources->For("X")).status().message(),
            "X: there is no exchange called \"ABC\"; known are 24/7, LSE, NYSE, TSE");
  options.clear_calendar();
  options.mutable_source(0)->set_exchange("ABC");
  EXPECT_EQ(Sources::Create(options).status().message(),
            "source \"tokyo\": there is no exchange called \"ABC\"; known are 24/7, LSE, NYSE, TSE");
  options.mutable_source(0)->clear_exchange();
  sources = Sources::Create(options);
  EXPECT_EQ(*sources->CalendarOf({"X"}, *sources->For("X")), nullptr) << "nothing is assumed";
  options.set_prometheus("http://localhost:9090");
  sources = Sources::Create(options);
  EXPECT_EQ((*sources->CalendarOf({"up"}, *sources->prometheus()))->name(), "24/7");
}

}  // namespace
}  // namespace vrcharts::quotes
