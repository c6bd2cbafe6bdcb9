#include "common/metrics/http_server.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/thread.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace common::metrics {
namespace {

struct Address {
  std::string host;
  uint16_t port;
};

absl::StatusOr<Address> ParseAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  uint32_t port;
  if (colon == std::string::npos || !absl::SimpleAtoi(text.substr(colon + 1), &port) || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("--metrics-address: expected HOST:PORT, for example 127.0.0.1:9104, got \"", text, "\""));
  }
  std::string host = text.substr(0, colon);
  if (absl::StartsWith(host, "[") && absl::EndsWith(host, "]")) host = host.substr(1, host.size() - 2);
  return Address{host.empty() ? "127.0.0.1" : host, static_cast<uint16_t>(port)};
}

uint16_t BoundPort(evutil_socket_t socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
  return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

void Answer(evhttp_request* request, const char* content_type, std::string_view text) {
  evbuffer* buffer = evbuffer_new();
  evbuffer_add(buffer, text.data(), text.size());
  evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", content_type);
  evhttp_send_reply(request, HTTP_OK, "OK", buffer);
  evbuffer_free(buffer);
}

void AnswerMetrics(evhttp_request* request, void* registry) {
  Answer(request, "text/plain; version=0.0.4; charset=utf-8", static_cast<const Registry*>(registry)->Text());
}

void AnswerHealth(evhttp_request* request, void*) { Answer(request, "text/plain", "ok\n"); }

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& text, const Registry& registry) {
  absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) return address.status();
  evthread_use_pthreads();  // event_base_loopexit is called from another thread
  event_base* base = event_base_new();
  evhttp* http = evhttp_new(base);
  auto release = absl::MakeCleanup([&] {
    evhttp_free(http);
    event_base_free(base);
  });
  errno = 0;
  evhttp_bound_socket* bound = evhttp_bind_socket_with_handle(http, address->host.c_str(), address->port);
  if (bound == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("--metrics-address: cannot listen on ", text, ": ",
                                                   errno == 0 ? "unknown host" : strerror(errno)));
  }
  evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
  evhttp_set_timeout(http, 10);
  evhttp_set_max_headers_size(http, 16 << 10);
  evhttp_set_max_body_size(http, 0);
  const uint16_t port = BoundPort(evhttp_bound_socket_get_fd(bound));
  std::move(release).Cancel();
  return std::unique_ptr<HttpServer>(new HttpServer(base, http, port, registry));
}

HttpServer::HttpServer(event_base* base, evhttp* http, uint16_t port, const Registry& registry)
    : base_(base), http_(http), port_(port), registry_(registry) {
  evhttp_set_cb(http_, "/metrics", AnswerMetrics, const_cast<Registry*>(&registry_));
  evhttp_set_cb(http_, "/healthz", AnswerHealth, nullptr);
  // Signals are the main thread's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { event_base_dispatch(base_); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

HttpServer::~HttpServer() {
  event_base_loopexit(base_, nullptr);
  thread_.join();
  evhttp_free(http_);
  event_base_free(base_);
}

}  // namespace common::metrics
