// Against a real HTTPS server in this process that gives good, slow, broken, huge and hostile answers.

#include "vrcharts/quotes/web_source.h"

#include <httplib.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "vrcharts/quotes/http.h"

namespace vrcharts::quotes {
namespace {

constexpr char kGood[] = R"([{"date":"2025-10-30","close":11},{"date":"2025-10-31","close":12}])";

class WebSourceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new std::string(std::getenv("TEST_TMPDIR"));
    const std::string command = absl::StrCat(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext "
        "subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout ",
        *folder_, "/key.pem -out ", *folder_, "/cert.pem 2>/dev/null");
    if (std::system(command.c_str()) != 0) return;
    server_ = new httplib::SSLServer((*folder_ + "/cert.pem").c_str(), (*folder_ + "/key.pem").c_str());
    server_->Get("/good/(.+)", [](const httplib::Request& request, httplib::Response& response) {
      if (request.get_param_value("key") != "s3cret" && request.get_header_value("X-Key") != "s3cret") {
        response.status = 401;
        return;
      }
      response.set_content(request.matches[1] == "A B" ? kGood : "[]", "application/json");
    });
    server_->Get("/slow/(.+)", [](const httplib::Request&, httplib::Response& response) {
      stop_->WaitForNotificationWithTimeout(absl::Seconds(20));
      response.set_content(kGood, "application/json");
    });
    server_->Get("/huge/(.+)", [](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider("application/json", [](size_t, httplib::DataSink& sink) {
        static const std::string kilobytes(64 << 10, '[');
        return sink.write(kilobytes.data(), kilobytes.size());  // for ever
      });
    });
    server_->Get("/status/(.+)", [](const httplib::Request& request, httplib::Response& response) {
      response.status = std::stoi(request.matches[1]);
      if (response.status == 429) response.set_header("Retry-After", "7");
    });
    server_->Get("/html/(.+)", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("<html>Please log in</html>", "text/html");
    });
    server_->Get("/loop/(.+)", [](const httplib::Request& request, httplib::Response& response) {
      response.set_redirect(request.path);
    });
    server_->Get("/plain/(.+)", [](const httplib::Request&, httplib::Response& response) {
      response.set_redirect("http://127.0.0.1:1/");
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = new std::thread([] { server_->listen_after_bind(); });
  }
  static void TearDownTestSuite() {
    if (server_ == nullptr) return;
    stop_->Notify();
    server_->stop();
    thread_->join();
    delete thread_;
    delete server_;
  }
  void SetUp() override {
    if (server_ == nullptr) GTEST_SKIP() << "needs the openssl program (apt-get install openssl)";
    setenv("TEST_QUOTE_KEY", "s3cret", 1);
  }

  options::WebSource Config(std::string_view path) {
    options::WebSource config;
    config.set_name("test");
    config.set_url(absl::StrCat("https://127.0.0.1:", port_, path));
    config.set_key_environment("TEST_QUOTE_KEY");
    config.mutable_mapping()->set_shape(options::JSON_SHAPE_OBJECTS);
    config.mutable_timeout()->set_seconds(120);  // a busy machine must not change what is found
    config.set_ca_file(*folder_ + "/cert.pem");
    return config;
  }
  absl::StatusOr<Fetched> Fetch(const options::WebSource& config, const std::string& symbol = "A B") {
    absl::StatusOr<std::shared_ptr<WebSource>> source = WebSource::Create(config);
    if (!source.ok()) return source.status();
    return (*source)->Fetch({symbol});
  }

  static inline std::string* folder_ = nullptr;
  static inline httplib::SSLServer* server_ = nullptr;
  static inline std::thread* thread_ = nullptr;
  static inline absl::Notification* stop_ = new absl::Notification;
  static inline int port_ = 0;
};

TEST_F(WebSourceTest, KeyInTheQueryOrInAHeader) {
  const auto in_query = Fetch(Config("/good/{symbol}?key={key}"));
  ASSERT_TRUE(in_query.ok()) << in_query.status();
  EXPECT_EQ(in_query->series->size(), 2u);
  options::WebSource config = Config("/good/{symbol}");
  config.add_header("X-Key: {key}");
  EXPECT_TRUE(Fetch(config).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(Fetch(Config("/good/{symbol}")).status()));
  std::ofstream(*folder_ + "/key.txt") << "s3cret\n";
  config = Config("/good/{symbol}?key={key}");
  config.clear_key_environment();
  config.set_key_file(*folder_ + "/key.txt");
  EXPECT_TRUE(Fetch(config).ok());
}

TEST_F(WebSourceTest, StatusesAreToldApart) {
  const struct {
    const char* status;
    absl::StatusCode code;
  } cases[] = {{"401", absl::StatusCode::kPermissionDenied},  {"403", absl::StatusCode::kPermissionDenied},
               {"404", absl::StatusCode::kNotFound},          {"429", absl::StatusCode::kResourceExhausted},
               {"500", absl::StatusCode::kUnavailable},       {"503", absl::StatusCode::kUnavailable},
               {"418", absl::StatusCode::kFailedPrecondition}};
  for (const auto& test : cases) {
    const auto fetched = Fetch(Config("/status/{symbol}?key={key}"), test.status);
    EXPECT_EQ(fetched.status().code(), test.code) << fetched.status();
    EXPECT_NE(fetched.status().message().find(test.status), std::string::npos);
    EXPECT_EQ(fetched.status().message().find("s3cret"), std::string::npos) << "keys stay out of messages";
    EXPECT_EQ(RetryAfter(fetched.status()), absl::Seconds(test.code == absl::StatusCode::kResourceExhausted ? 7 : 0));
  }
}

TEST_F(WebSourceTest, HostileAnswersEnd) {
  options::WebSource slow = Config("/slow/{symbol}");
  slow.mutable_timeout()->set_seconds(0);
  slow.mutable_timeout()->set_nanos(300'000'000);
  EXPECT_TRUE(absl::IsDeadlineExceeded(Fetch(slow).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(Fetch(Config("/huge/{symbol}")).status()));
  const auto html = Fetch(Config("/html/{symbol}"));
  EXPECT_TRUE(absl::IsDataLoss(html.status()));
  EXPECT_NE(html.status().message().find("a web page (HTML) instead of JSON"), std::string::npos);
  EXPECT_TRUE(absl::IsUnavailable(Fetch(Config("/loop/{symbol}")).status())) << "redirects for ever";
  EXPECT_FALSE(Fetch(Config("/plain/{symbol}")).ok()) << "never from https to http";
}

TEST_F(WebSourceTest, AnUnknownCertificateIsRefused) {
  options::WebSource config = Config("/good/{symbol}?key={key}");
  config.clear_ca_file();
  const auto fetched = Fetch(config);
  EXPECT_TRUE(absl::IsFailedPrecondition(fetched.status())) << fetched.status();
  EXPECT_NE(fetched.status().message().find("not trusted"), std::string::npos);
}

TEST_F(WebSourceTest, NobodyListens) {
  options::WebSource config = Config("/");
  config.set_url("https://user:pa55@127.0.0.1:1/{symbol}");
  const auto fetched = Fetch(config);
  EXPECT_TRUE(absl::IsUnavailable(fetched.status())) << fetched.status();
  EXPECT_EQ(fetched.status().message().find("pa55"), std::string::npos);
}

TEST(WebSourceConfigTest, FaultsAreNamed) {
  options::WebSource good;
  good.set_name("test");
  good.set_url("https://localhost/{symbol}");
  good.mutable_mapping()->set_shape(options::JSON_SHAPE_ROWS);
  const auto message = [&](auto change) {
    options::WebSource config = good;
    change(config);
    return std::string(WebSource::Create(config).status().message());
  };
  EXPECT_TRUE(WebSource::Create(good).ok());
  EXPECT_EQ(message([](auto& c) { c.set_url("ftp://x/{symbol}"); }),
            "source \"test\": its url must begin with https:// or http://");
  EXPECT_EQ(message([](auto& c) { c.set_url("https://x/"); }), "source \"test\": its url has no {symbol} in it");
  EXPECT_EQ(message([](auto& c) { c.clear_mapping(); }),
            "source \"test\": its mapping has neither a shape nor a path for close");
  EXPECT_EQ(message([](auto& c) { c.set_time_zone("Mars/Base"); }),
            "source \"test\": there is no time zone called \"Mars/Base\"");
  EXPECT_EQ(message([](auto& c) { c.set_key_environment("VRCHARTS_NO_SUCH_KEY"); }),
            "source \"test\": the environment variable VRCHARTS_NO_SUCH_KEY is not set");
}

TEST(PrometheusTest, Answers) {
  const auto fetched = ParsePrometheus(
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"node"},
          "values":[[1761782400,"1"],[1761782415,"NaN"],[1761782430.5,"-0.5"]]},{"metric":{},"values":[]}]}})",
      {"up"});
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->series->size(), 2u);
  EXPECT_EQ(fetched->series->close()[1], -0.5);
  EXPECT_EQ(fetched->instrument.name, "job=node");
  EXPECT_EQ(fetched->warning, "the first of 2 series");
  EXPECT_TRUE(absl::IsNotFound(
      ParsePrometheus(R"({"status":"success","data":{"resultType":"matrix","result":[]}})", {"up"}).status()));
  EXPECT_EQ(ParsePrometheus(R"({"status":"error","error":"bad query"})", {"up"}).status().message(),
            "Prometheus says: bad query");
}

TEST(HttpTest, SecretsAreCutOff) {
  EXPECT_EQ(WithoutSecrets("https://u:p@host:8/a/b?key=1#x"), "https://host:8/a/b");
  EXPECT_EQ(WithoutSecrets("https://host?key=a@b"), "https://host");
  EXPECT_EQ(UrlEscape("7203.T A/ü"), "7203.T%20A%2F%C3%BC");
}

}  // namespace
}  // namespace vrcharts::quotes
