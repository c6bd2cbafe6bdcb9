#include "common/lifecycle/main.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/config/common_options.pb.h"
#include "common/config/config.h"
#include "common/explain/explain.h"
#include "common/lifecycle/shutdown.h"
#include "common/logging/logging.h"
#include "common/metrics/http_server.h"
#include "common/metrics/metrics.h"

namespace common::lifecycle {
namespace {

int Fail(const config::Program& program, const absl::Status& status) {
  const std::string message = absl::StrReplaceAll(status.message(), {{"\n", " "}});
  std::fprintf(stderr, "%s: %s\n", std::string(program.name).c_str(), message.c_str());
  return ExitCodeFor(status);
}

// The program's CommonOptions, found by its field's name.
const config::CommonOptions& CommonOptionsOf(const google::protobuf::Message& options) {
  const auto* field = options.GetDescriptor()->FindFieldByName("common");
  return static_cast<const config::CommonOptions&>(options.GetReflection()->GetMessage(options, field));
}

absl::Status StartServices(const config::CommonOptions& common, std::unique_ptr<metrics::HttpServer>* server) {
  if (absl::Status status = logging::Start(common); !status.ok()) return status;
  explain::Enable(common.explain());
  InstallSignalHandlers();
  if (!common.metrics_file().empty()) {
    // A path that cannot be written is found now, not after hours of work.
    if (absl::Status status = metrics::Default().WriteFile(common.metrics_file()); !status.ok()) return status;
  }
  if (common.metrics_address().empty()) return absl::OkStatus();
  auto started = metrics::HttpServer::Start(common.metrics_address(), metrics::Default());
  if (!started.ok()) return started.status();
  *server = std::move(*started);
  LOG(INFO) << "metrics are served on port " << (*server)->port();
  return absl::OkStatus();
}

}  // namespace

int Main(const config::Program& program, int argc, char** argv, google::protobuf::Message* options, const Body& body) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  absl::StatusOr<config::Loaded> loaded = config::Load(program, words, getenv, options);
  config::HideSecrets(*options, argc, argv);
  if (!loaded.ok()) return Fail(program, loaded.status());
  if (!loaded->answer.empty()) {
    std::fputs(loaded->answer.c_str(), stdout);
    return std::fflush(stdout) == 0 ? kExitDone : kExitFailed;
  }
  const config::CommonOptions& common = CommonOptionsOf(*options);
  std::unique_ptr<metrics::HttpServer> server;
  if (absl::Status status = StartServices(common, &server); !status.ok()) return Fail(program, status);

  absl::StatusOr<int> outcome = body(loaded->arguments);
  const int code = outcome.ok() ? *outcome : Fail(program, outcome.status());
  server.reset();
  if (!common.metrics_file().empty()) {
    if (absl::Status status = metrics::Default().WriteFile(common.metrics_file()); !status.ok()) Fail(program, status);
  }
  logging::Flush();
  return code;
}

}  // namespace common::lifecycle
