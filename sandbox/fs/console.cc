// The operator's terminal as the display and keyboard of one of the sandbox's own terminals.
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "sandbox/fs/devpts.h"
#include "sandbox/fs/host_tree.h"
#include "sandbox/kernel/host_poller.h"

namespace sandbox {

Result<std::shared_ptr<Terminal>> AllocateConsole();  // devpts.cc

namespace {

class Console : public WaitEntry {
 public:
  Console(UniqueFd fd, std::shared_ptr<Terminal> terminal) : fd_(std::move(fd)), terminal_(std::move(terminal)) {}

  Result<void> Start() {
    if (ioctl(fd_.get(), TCGETS, &saved_) != 0) return Error(errno);
    termios raw = saved_;
    raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_oflag &= ~OPOST;
    raw.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (ioctl(fd_.get(), TCSETS, &raw) != 0) return Error(errno);
    raw_ = true;
    CopyWindow();
    terminal_->set_output_listener([this] { Display(); });
    queue_.Add(this);
    RETURN_IF_ERROR(HostPoller::Get().Watch(fd_.get(), &queue_));
    return Ok();
  }

  void Restore() {
    if (!raw_) return;
    raw_ = false;
    Display();
    ioctl(fd_.get(), TCSETS, &saved_);
  }

  void Notified(ReadyMask) override {
    Display();
    char typed[4096];
    while (Ready(POLLIN)) {
      ssize_t n = read(fd_.get(), typed, sizeof(typed));
      if (n <= 0) {
        terminal_->MasterClosed();  // the operator's terminal went away: guests get SIGHUP
        return;
      }
      terminal_->Input(std::string_view(typed, static_cast<size_t>(n)));
    }
  }

  // SIGWINCH to the foreground if the operator's window has changed.
  void CopyWindow() {
    winsize window;
    if (ioctl(fd_.get(), TIOCGWINSZ, &window) == 0) terminal_->SetWindow(window);
  }

 private:
  bool Ready(short events) const {
    pollfd poll_fd = {fd_.get(), events, 0};
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (events | POLLHUP | POLLERR)) != 0;
  }

  // Shows as much as the operator's terminal takes without waiting; the rest when it is ready again.
  void Display() {
    while (terminal_->OutputSize() > 0 && Ready(POLLOUT)) {
      std::string bytes = terminal_->TakeOutput(1024);
      if (write(fd_.get(), bytes.data(), bytes.size()) < 0) return;
    }
  }

  const UniqueFd fd_;
  const std::shared_ptr<Terminal> terminal_;
  WaitQueue queue_;
  termios saved_ = {};
  bool raw_ = false;
};

Console* the_console = nullptr;

}  // namespace

Result<std::shared_ptr<Terminal>> MakeConsole(int host_fd) {
  UniqueFd fd(fcntl(host_fd, F_DUPFD_CLOEXEC, 3));
  if (fd.get() < 0) return Error(errno);
  ASSIGN_OR_RETURN(std::shared_ptr<Terminal> terminal, AllocateConsole());
  the_console = new Console(std::move(fd), terminal);  // lives as long as the process
  RETURN_IF_ERROR(the_console->Start());
  return terminal;
}

bool ConsoleResized() {
  if (the_console == nullptr) return false;
  the_console->CopyWindow();
  return true;
}

void RestoreConsole() {
  if (the_console != nullptr) the_console->Restore();
}

}  // namespace sandbox
