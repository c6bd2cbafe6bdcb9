#ifndef COMMON_METRICS_HTTP_SERVER_H_
#define COMMON_METRICS_HTTP_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "common/metrics/metrics.h"

struct event_base;
struct evhttp;

namespace common::metrics {

// Serves a registry's text at http://HOST:PORT/metrics from a thread of its own, and "ok" at /healthz; everything else
// is 404. The destructor stops it. libevent's HTTP server is used because it starts fast: the sandbox pays for every
// library at each start.
class HttpServer {
 public:
  // `address` is HOST:PORT, [IPV6]:PORT or :PORT (loopback only); port 0 picks a free one. InvalidArgument names the
  // address and says what is wrong with it.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& address, const Registry& registry);
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const { return port_; }

 private:
  HttpServer(event_base* base, evhttp* http, uint16_t port, const Registry& registry);

  event_base* const base_;
  evhttp* const http_;
  const uint16_t port_;
  const Registry& registry_;
  std::thread thread_;
};

}  // namespace common::metrics

#endif  // COMMON_METRICS_HTTP_SERVER_H_
