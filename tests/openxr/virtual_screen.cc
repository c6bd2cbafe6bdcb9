#include "tests/openxr/virtual_screen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace tests::openxr {
namespace {

constexpr char kProgram[] = "/usr/bin/Xvfb";

// The X window dump format, XWDFile.h: 25 big-endian 32-bit fields, then the window's name, the colour map and the
// pixels.
enum XwdField {
  kHeaderSize = 0,
  kWidth = 4,
  kHeight = 5,
  kByteOrder = 7,
  kBitsPerPixel = 11,
  kBytesPerLine = 12,
  kColors = 19,
  kXwdFields = 25
};
constexpr size_t kXwdColorSize = 12;

[[noreturn]] void BecomeServer(const std::string& folder, const std::string& screen, int display_number) {
  // In order, so that it removes its lock and socket in /tmp.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  int log = open((folder + "/xvfb.log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  dup2(display_number, 3);
  execl(kProgram, kProgram, "-displayfd", "3", "-screen", "0", screen.c_str(), "-fbdir", folder.c_str(), "-nolisten",
        "tcp", "-noreset", nullptr);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<VirtualScreen>> VirtualScreen::Start(const std::string& folder, int width, int height) {
  if (access(kProgram, X_OK) != 0) return absl::UnavailableError("Xvfb is not installed; run: apt-get install xvfb");
  int display_number[2];
  if (pipe2(display_number, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe2");
  const std::string screen = absl::StrCat(width, "x", height, "x24");
  const pid_t server = fork();
  if (server == 0) BecomeServer(folder, screen, display_number[1]);
  close(display_number[1]);
  std::string digits;
  char byte;
  while (server > 0 && read(display_number[0], &byte, 1) == 1 && byte != '\n') digits.push_back(byte);
  close(display_number[0]);
  if (digits.empty()) {
    if (server > 0) waitpid(server, nullptr, 0);
    return absl::InternalError(absl::StrCat("Xvfb did not start; see ", folder, "/xvfb.log"));
  }
  return std::unique_ptr<VirtualScreen>(new VirtualScreen(server, ":" + digits, folder + "/Xvfb_screen0"));
}

VirtualScreen::~VirtualScreen() {
  kill(server_, SIGTERM);
  waitpid(server_, nullptr, 0);
}

absl::StatusOr<Picture> VirtualScreen::Read() const {
  std::ifstream file(frame_buffer_, std::ios::binary);
  const std::string dump((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  uint32_t header[kXwdFields];
  if (dump.size() < sizeof header) return absl::DataLossError(absl::StrCat(frame_buffer_, " has no header"));
  memcpy(header, dump.data(), sizeof header);
  for (uint32_t& field : header) field = ntohl(field);
  Picture picture = {.width = static_cast<int>(header[kWidth]), .height = static_cast<int>(header[kHeight]), .rgb = {}};
  const size_t pixels = header[kHeaderSize] + header[kColors] * kXwdColorSize;
  const size_t stride = header[kBytesPerLine];
  if (header[kBitsPerPixel] != 32 || stride < header[kWidth] * 4 || dump.size() < pixels + stride * header[kHeight]) {
    return absl::DataLossError(absl::StrCat(frame_buffer_, " is not a whole 32-bit picture"));
  }
  picture.rgb.reserve(size_t{3} * header[kWidth] * header[kHeight]);
  for (uint32_t y = 0; y < header[kHeight]; ++y) {
    for (uint32_t x = 0; x < header[kWidth]; ++x) {
      uint32_t pixel;
      memcpy(&pixel, dump.data() + pixels + y * stride + x * 4, 4);
      if (header[kByteOrder] == 1) pixel = ntohl(pixel);
      for (int shift : {16, 8, 0}) picture.rgb.push_back(static_cast<uint8_t>(pixel >> shift));
    }
  }
  return picture;
}

}  // namespace tests::openxr
