#include "tests/openxr/monado.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/servers/peers.h"

namespace tests::openxr {
namespace {

constexpr char kVersion[] = "25.0.0";
constexpr int kScreenWidth = 1280;
constexpr int kScreenHeight = 800;

// Free now; the runtime binds it a moment later.
int FreePort() {
  int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  socklen_t length = sizeof address;
  const bool is_bound = bind(probe, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                        getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  close(probe);
  return is_bound ? ntohs(address.sin_port) : 0;
}

absl::Status WriteConfiguration(const std::string& folder, int port) {
  std::filesystem::create_directories(folder + "/monado");
  std::filesystem::create_directories(folder + "/runtime");
  std::filesystem::permissions(folder + "/runtime", std::filesystem::perms::owner_all);
  std::ofstream file(folder + "/monado/config_v0.json");
  file << absl::StrFormat("{\"active\": \"remote\", \"remote\": {\"version\": 0, \"port\": %d, \"view_count\": 2}}\n",
                          port);
  file.close();
  if (file.fail()) return absl::InternalError(absl::StrCat("cannot write Monado's configuration in ", folder));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Monado>> Monado::Start(const Options& options) {
  const std::string runtime = absl::StrCat(tests::servers::PeersFolder(), "/monado-", kVersion, "/openxr_monado.json");
  if (access(runtime.c_str(), R_OK) != 0) {
    return absl::UnavailableError(
        absl::StrCat("there is no ", runtime, "; tools/setup builds Monado where a mirror can be reached"));
  }
  auto folder = tests::servers::ScratchFolder::Create("programs-openxr");
  if (!folder.ok()) return folder.status();
  std::unique_ptr<Monado> monado(new Monado());
  monado->folder_ = *std::move(folder);
  const std::string& path = monado->folder_->path();
  monado->port_ = FreePort();
  if (monado->port_ == 0) return absl::ErrnoToStatus(errno, "finding a free port");
  if (absl::Status status = WriteConfiguration(path, monado->port_); !status.ok()) return status;

  monado->environment_ = {
      {"XR_RUNTIME_JSON", runtime}, {"XDG_CONFIG_HOME", path}, {"XDG_RUNTIME_DIR", path + "/runtime"}};
  if (options.compositor == kNull) {
    monado->environment_.emplace_back("XRT_COMPOSITOR_NULL", "1");
  } else {
    auto screen = VirtualScreen::Start(path, kScreenWidth, kScreenHeight);
    if (!screen.ok()) return screen.status();
    monado->screen_ = *std::move(screen);
    monado->environment_.emplace_back("XRT_COMPOSITOR_NULL", "0");
    monado->environment_.emplace_back("XRT_COMPOSITOR_FORCE_XCB", "1");
    monado->environment_.emplace_back("DISPLAY", monado->screen_->display());
  }
  return monado;
}

void Monado::SetEnvironment() const {
  for (const auto& [name, value] : environment_) setenv(name.c_str(), value.c_str(), 1);
}

absl::StatusOr<std::unique_ptr<RemoteDriver>> Monado::WaitForProgram(absl::Duration timeout) const {
  return RemoteDriver::Connect(port_, timeout);
}

absl::StatusOr<Picture> Monado::Screenshot() const {
  if (screen_ == nullptr) return absl::FailedPreconditionError("only the window compositor shows a picture");
  return screen_->Read();
}

}  // namespace tests::openxr
