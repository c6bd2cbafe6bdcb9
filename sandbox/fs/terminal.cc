#include "sandbox/fs/terminal.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <vector>

#include "sandbox/abi/restart.h"
#include "sandbox/kernel/current.h"
#include "sandbox/kernel/kernel.h"
#include "sandbox/kernel/task.h"
#include "sandbox/kernel/thread_group.h"

namespace sandbox {
namespace {

constexpr size_t kMaxLine = 4096;  // canonical lines are cut here, as on Linux
constexpr size_t kMaxInput = 65536;
constexpr size_t kMaxOutput = 65536;

Kernel* the_kernel = nullptr;

termios2 DefaultTermios() {
  termios2 t = {};
  t.c_iflag = ICRNL | IXON;
  t.c_oflag = OPOST | ONLCR;
  t.c_cflag = B38400 | CS8 | CREAD;
  t.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
  // INTR QUIT ERASE KILL EOF TIME MIN SWTC START STOP SUSP EOL REPRINT DISCARD WERASE LNEXT EOL2
  static const unsigned char kControls[] = {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0};
  memcpy(t.c_cc, kControls, sizeof(kControls));
  t.c_ispeed = t.c_ospeed = 38400;
  return t;
}

}  // namespace

Terminal::Terminal(int index) : index_(index), termios_(DefaultTermios()) {}

void Terminal::SetKernel(Kernel* kernel) { the_kernel = kernel; }

// -- reading and writing

size_t Terminal::Readable() const {
  if (!canonical()) return raw_.size();
  return lines_.empty() ? 0 : lines_.front().size();
}

int64_t Terminal::ReadTimeout() const {
  return canonical() || termios_.c_cc[VMIN] > 0 ? 0 : int64_t{termios_.c_cc[VTIME]} * 100'000'000;
}

Result<size_t> Terminal::Read(IoBuffer& to) {
  if (to.remaining() == 0) return size_t{0};
  if (canonical()) {
    if (lines_.empty()) return master_gone_ ? Result<size_t>(0) : Error(EAGAIN);
    std::string& line = lines_.front();
    if (line.empty()) {  // ^D on an empty line
      lines_.pop_front();
      return size_t{0};
    }
    ASSIGN_OR_RETURN(size_t n, to.CopyOut(line.data(), std::min(to.remaining(), line.size())));
    line.erase(0, n);
    if (line.empty()) lines_.pop_front();
    return n;
  }
  if (raw_.empty()) {
    if (master_gone_ || PollingRead()) return size_t{0};
    return Error(EAGAIN);
  }
  size_t least = termios_.c_cc[VTIME] == 0 ? std::min<size_t>(termios_.c_cc[VMIN], to.remaining()) : 1;
  if (raw_.size() < least && !master_gone_) return Error(EAGAIN);
  ASSIGN_OR_RETURN(size_t n, to.CopyOut(raw_.data(), std::min(to.remaining(), raw_.size())));
  raw_.erase(0, n);
  return n;
}

Result<size_t> Terminal::Write(IoBuffer& from) {
  if (master_gone_) return Error(EIO);
  if (from.remaining() == 0) return size_t{0};
  if (stopped_ || output_.size() >= kMaxOutput) return Error(EAGAIN);
  char bytes[4096];
  // Each byte may become two (tabs: eight).
  size_t room = std::max<size_t>(1, (kMaxOutput - output_.size()) / 8);
  ASSIGN_OR_RETURN(size_t n, from.CopyIn(bytes, std::min({from.remaining(), sizeof(bytes), room})));
  Show(std::string_view(bytes, n), /*processed=*/(termios_.c_oflag & OPOST) != 0);
  return n;
}

ReadyMask Terminal::Readiness() const {
  ReadyMask ready = 0;
  size_t least = canonical() || termios_.c_cc[VTIME] != 0 ? 1 : std::max<size_t>(1, termios_.c_cc[VMIN]);
  if (canonical() ? !lines_.empty() : raw_.size() >= least) ready |= EPOLLIN | EPOLLRDNORM;
  if (!stopped_ && output_.size() < kMaxOutput / 2) ready |= EPOLLOUT | EPOLLWRNORM;
  if (master_gone_) ready |= EPOLLHUP | EPOLLIN | EPOLLERR;
  return ready;
}

// -- output

void Terminal::ShowOne(char c) {
  switch (c) {
    case '\n':
      if ((termios_.c_oflag & ONLCR) != 0) {
        output_ += "\r\n";
        column_ = 0;
        return;
      }
      if ((termios_.c_oflag & ONLRET) != 0) column_ = 0;
      break;
    case '\r':
      if ((termios_.c_oflag & ONOCR) != 0 && column_ == 0) return;
      if ((termios_.c_oflag & OCRNL) != 0) c = '\n';
      column_ = 0;
      break;
    case '\t': {
      int width = 8 - column_ % 8;
      column_ += width;
      if ((termios_.c_oflag & TABDLY) == XTABS) {
        output_.append(width, ' ');
        return;
      }
      break;
    }
    case '\b':
      if (column_ > 0) --column_;
      break;
    default:
      if (static_cast<unsigned char>(c) >= 0x20) ++column_;
  }
  output_ += c;
}

void Terminal::Show(std::string_view text, bool processed) {
  if (output_.size() > 2 * kMaxOutput) return;  // echo that nobody takes
  if (processed) {
    for (char c : text) ShowOne(c);
  } else {
    output_ += text;
  }
  if (output_listener_) output_listener_();
  master_queue_.Notify(EPOLLIN | EPOLLRDNORM);
}

std::string Terminal::TakeOutput(size_t n) {
  std::string taken = output_.substr(0, n);
  output_.erase(0, n);
  if (!taken.empty()) wait_queue_.Notify(EPOLLOUT | EPOLLWRNORM);
  return taken;
}

void Terminal::Echo(unsigned char c) {
  if (!Is(ECHO) && !(c == '\n' && Is(ECHONL) && canonical())) return;
  if (Is(ECHOCTL) && (c < 0x20 || c == 0x7f) && c != '\n' && c != '\t') {
    char shown[2] = {'^', static_cast<char>(c ^ 0x40)};
    Show(std::string_view(shown, 2), true);
    return;
  }
  char shown = static_cast<char>(c);
  Show(std::string_view(&shown, 1), (termios_.c_oflag & OPOST) != 0);
}

// -- input

void Terminal::Input(std::string_view typed) {
  for (char c : typed) TypeOne(static_cast<unsigned char>(c));
  if (Readiness() & EPOLLIN) wait_queue_.Notify(EPOLLIN | EPOLLRDNORM);
}

bool Terminal::TypeSignal(unsigned char c) {
  if (!Is(ISIG) || c == 0) return false;
  int signal = c == termios_.c_cc[VINTR]   ? SIGINT
               : c == termios_.c_cc[VQUIT] ? SIGQUIT
               : c == termios_.c_cc[VSUSP] ? SIGTSTP
                                           : 0;
  if (signal == 0) return false;
  if (!Is(NOFLSH)) {
    FlushInput();
    output_.clear();
  }
  Echo(c);
  SignalForeground(signal);
  return true;
}

void Terminal::TypeOne(unsigned char c) {
  const tcflag_t input = termios_.c_iflag;
  if ((input & ISTRIP) != 0) c &= 0x7f;
  if (!literal_next_) {
    if ((input & IXON) != 0) {
      bool start = c == termios_.c_cc[VSTART], stop = c == termios_.c_cc[VSTOP];
      if (stopped_ && (start || ((input & IXANY) != 0 && !stop))) {
        stopped_ = false;
        wait_queue_.Notify(EPOLLOUT | EPOLLWRNORM);
        if (start) return;
      } else if (stop || start) {
        stopped_ = stop;
        return;
      }
    }
    if (TypeSignal(c)) return;
    if (c == '\r') {
      if ((input & IGNCR) != 0) return;
      if ((input & ICRNL) != 0) c = '\n';
    } else if (c == '\n' && (input & INLCR) != 0) {
      c = '\r';
    }
  }
  if (!canonical()) {
    if (raw_.size() < kMaxInput) raw_ += static_cast<char>(c);
    Echo(c);
    return;
  }
  if (!literal_next_ && EditLine(c)) return;
  literal_next_ = false;
  if (line_.size() < kMaxLine - 1) {
    line_ += static_cast<char>(c);
    Echo(c);
  }
}

// Canonical mode's special characters; false for an ordinary one.
bool Terminal::EditLine(unsigned char c) {
  const cc_t* control = termios_.c_cc;
  if (c == '\n' || (c != 0 && (c == control[VEOL] || (Is(IEXTEN) && c == control[VEOL2])))) {
    line_ += static_cast<char>(c);
    Echo(c);
    FinishLine(true);
    return true;
  }
  if (c == 0) return false;
  if (c == control[VEOF]) {
    FinishLine(false);
  } else if (c == control[VERASE]) {
    EraseOne();
  } else if (c == control[VKILL]) {
    while (!line_.empty()) EraseOne();
  } else if (Is(IEXTEN) && c == control[VWERASE]) {
    while (!line_.empty() && line_.back() == ' ') EraseOne();
    while (!line_.empty() && line_.back() != ' ') EraseOne();
  } else if (Is(IEXTEN) && c == control[VLNEXT]) {
    literal_next_ = true;
    if (Is(ECHO)) Show("^\b", true);
  } else if (Is(IEXTEN) && c == control[VREPRINT]) {
    Echo(c);
    Show("\n", true);
    for (char each : std::string(line_)) Echo(static_cast<unsigned char>(each));
  } else {
    return false;
  }
  return true;
}

void Terminal::EraseOne() {
  if (line_.empty()) return;
  unsigned char last = static_cast<unsigned char>(line_.back());
  line_.pop_back();
  // One character may be several bytes of UTF-8.
  if ((termios_.c_iflag & IUTF8) != 0) {
    while ((last & 0xc0) == 0x80 && !line_.empty()) {
      last = static_cast<unsigned char>(line_.back());
      line_.pop_back();
    }
  }
  if (!Is(ECHO)) return;
  if (!Is(ECHOE)) {
    Echo(termios_.c_cc[VERASE]);
    return;
  }
  bool wide = Is(ECHOCTL) && last < 0x20 && last != '\t';
  Show(wide ? "\b \b\b \b" : "\b \b", true);
}

void Terminal::FinishLine(bool) {
  size_t total = 0;
  for (const std::string& line : lines_) total += line.size();
  if (total < kMaxInput && lines_.size() < kMaxLine) lines_.push_back(std::move(line_));
  line_.clear();
}

void Terminal::FlushInput() {
  line_.clear();
  lines_.clear();
  raw_.clear();
  literal_next_ = false;
}

// -- modes

void Terminal::SetTermios(const termios2& termios) {
  bool was_canonical = canonical();
  termios_ = termios;
  if (was_canonical && !canonical()) {
    for (const std::string& line : lines_) raw_ += line;
    raw_ += line_;
    lines_.clear();
    line_.clear();
  } else if (!was_canonical && canonical() && !raw_.empty()) {
    lines_.push_back(std::move(raw_));
    raw_.clear();
  }
  wait_queue_.Notify(kReadyAll);
}

void Terminal::SetWindow(const winsize& window) {
  bool changed = memcmp(&window, &window_, sizeof(window)) != 0;
  window_ = window;
  if (changed) SignalForeground(SIGWINCH);
}

Result<uint64_t> Terminal::Ioctl(Task& task, uint64_t command, uint64_t argument) {
  GuestMemory& memory = task.memory();
  auto done = [](const Result<void>& result) -> Result<uint64_t> {
    RETURN_IF_ERROR(result);
    return uint64_t{0};
  };
  switch (command) {
    case TCGETS: {
      termios old;
      memcpy(&old, &termios_, sizeof(old));
      return done(memory.Write(argument, old));
    }
    case TCGETS2:
      return done(memory.Write(argument, termios_));
    case TCSETS:
    case TCSETSW:
    case TCSETSF: {
      RETURN_IF_ERROR(CheckForeground(task, false));
      ASSIGN_OR_RETURN(termios wanted, memory.Read<termios>(argument));
      termios2 all = termios_;
      memcpy(&all, &wanted, sizeof(wanted));
      if (command == TCSETSF) FlushInput();
      SetTermios(all);
      return uint64_t{0};
    }
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2: {
      RETURN_IF_ERROR(CheckForeground(task, false));
      ASSIGN_OR_RETURN(termios2 wanted, memory.Read<termios2>(argument));
      if (command == TCSETSF2) FlushInput();
      SetTermios(wanted);
      return uint64_t{0};
    }
    case TIOCGWINSZ:
      return done(memory.Write(argument, window_));
    case TIOCSWINSZ: {
      ASSIGN_OR_RETURN(winsize window, memory.Read<winsize>(argument));
      SetWindow(window);
      return uint64_t{0};
    }
    case FIONREAD:
      return done(memory.Write<int>(argument, static_cast<int>(Readable())));
    case TIOCOUTQ:
      return done(memory.Write<int>(argument, static_cast<int>(output_.size())));
    case TCFLSH:
      if (argument > TCIOFLUSH) return Error(EINVAL);
      if (argument != TCOFLUSH) FlushInput();
      if (argument != TCIFLUSH) output_.clear();
      return uint64_t{0};
    case TCXONC:
      if (argument <= TCOON) stopped_ = argument == TCOOFF;
      if (!stopped_) wait_queue_.Notify(EPOLLOUT);
      return argument <= TCION ? Result<uint64_t>(0) : Error(EINVAL);
    case TCSBRK:
    case TCSBRKP:
    case TIOCSBRK:
    case TIOCCBRK:
      return uint64_t{0};
    case TIOCGPTN:
      return Error(ENOTTY);
    case TIOCSTI:
      return Error(EIO);  // as with dev.tty.legacy_tiocsti=0: input cannot be faked
    default:
      return JobControlIoctl(task, command, argument);
  }
}

// -- job control

void Terminal::SignalForeground(int signal) {
  std::shared_ptr<Session> session = session_.lock();
  if (!session || the_kernel == nullptr || session->foreground_group == 0) return;
  the_kernel->SendToGroup(session->foreground_group, KernelSignalInfo(signal));
}

void Terminal::Acquire(Task& task, bool steal) {
  Session& session = task.thread_group().session();
  if (session.id != task.thread_group().id() || session.terminal) return;
  std::shared_ptr<Session> owner = session_.lock();
  if (owner && owner->terminal.get() == this && !steal) return;
  if (owner && owner->terminal.get() == this) owner->terminal.reset();
  session.terminal = shared_from_this();
  session.foreground_group = task.thread_group().process_group()->id;
  session_ = task.thread_group().process_group()->session;
}

void Terminal::GiveTo(const std::shared_ptr<Session>& session, int32_t group) {
  session->terminal = shared_from_this();
  session->foreground_group = group;
  session_ = session;
}

Result<void> Terminal::CheckForeground(Task& task, bool reading) {
  ThreadGroup& group = task.thread_group();
  Session& session = group.session();
  if (session.terminal.get() != this || session.foreground_group == group.process_group()->id ||
      session.foreground_group == 0)
    return Ok();
  const int signal = reading ? SIGTTIN : SIGTTOU;
  bool ignored = group.handlers().Get(signal).handler == kSignalIgnore || (task.signal_mask() & SignalBit(signal)) != 0;
  if (ignored) return reading ? Result<void>(Error(EIO)) : Ok();
  if (IsOrphaned(*the_kernel, *group.process_group())) return Error(EIO);
  the_kernel->SendToGroup(group.process_group()->id, KernelSignalInfo(signal));
  return Error(abi::kERestartSys);
}

Result<uint64_t> Terminal::SetForegroundGroup(Task& task, int32_t group) {
  Session& session = task.thread_group().session();
  if (session.terminal.get() != this) return Error(ENOTTY);
  if (group < 0) return Error(EINVAL);
  std::shared_ptr<ProcessGroup> target = the_kernel->FindProcessGroup(group);
  if (!target) return Error(ESRCH);
  if (target->session.get() != &session) return Error(EPERM);
  RETURN_IF_ERROR(CheckForeground(task, false));
  session.foreground_group = group;
  return uint64_t{0};
}

Result<uint64_t> Terminal::JobControlIoctl(Task& task, uint64_t command, uint64_t argument) {
  Session& session = task.thread_group().session();
  GuestMemory& memory = task.memory();
  switch (command) {
    case TIOCGPGRP:
      if (session.terminal.get() != this) return Error(ENOTTY);
      RETURN_IF_ERROR(memory.Write<int>(argument, session.foreground_group));
      return uint64_t{0};
    case TIOCSPGRP: {
      ASSIGN_OR_RETURN(int group, memory.Read<int>(argument));
      return SetForegroundGroup(task, group);
    }
    case TIOCGSID:
      if (session.terminal.get() != this) return Error(ENOTTY);
      RETURN_IF_ERROR(memory.Write<int>(argument, session.id));
      return uint64_t{0};
    case TIOCSCTTY:
      if (session.terminal.get() == this) return uint64_t{0};
      Acquire(task, /*steal=*/argument == 1 && task.credentials().Has(CAP_SYS_ADMIN));
      return session.terminal.get() == this ? Result<uint64_t>(0) : Error(EPERM);
    case TIOCNOTTY:
      if (session.terminal.get() != this) return Error(ENOTTY);
      if (session.id == task.thread_group().id()) {
        SignalForeground(SIGHUP);
        SignalForeground(SIGCONT);
        session.foreground_group = 0;
        session.terminal.reset();
        session_.reset();
      }
      return uint64_t{0};
    case TIOCEXCL:
    case TIOCNXCL:
      return uint64_t{0};
    default:
      return Error(ENOTTY);
  }
}

// -- openings

void Terminal::SlaveOpened() {
  ++slaves_;
  slave_was_open_ = true;
}

void Terminal::SlaveClosed() {
  if (--slaves_ == 0) master_queue_.Notify(EPOLLHUP | EPOLLIN);
}

void Terminal::MasterClosed() {
  const std::shared_ptr<Terminal> self = shared_from_this();
  master_gone_ = true;
  // The leader is told; its end tells the group in the foreground (Linux, __tty_hangup).
  if (const std::shared_ptr<Session> session = session_.lock(); session != nullptr && session->terminal == self) {
    if (const auto leader = the_kernel->FindThreadGroup(session->id); leader != nullptr && !leader->zombie()) {
      leader->Send(KernelSignalInfo(SIGHUP));
      leader->Send(KernelSignalInfo(SIGCONT));
    }
    session->terminal.reset();
  }
  wait_queue_.Notify(kReadyAll);
}

ReadyMask Terminal::MasterReadiness() const {
  ReadyMask ready = EPOLLOUT | EPOLLWRNORM;
  if (!output_.empty()) ready |= EPOLLIN | EPOLLRDNORM;
  if (slaves_ == 0 && slave_was_open_) ready |= EPOLLHUP;
  return ready;
}

TerminalFile::TerminalFile(Path path, int flags, std::shared_ptr<Terminal> terminal)
    : File(std::move(path), flags), terminal_(std::move(terminal)) {
  terminal_->SlaveOpened();
}

TerminalFile::~TerminalFile() { terminal_->SlaveClosed(); }

Result<size_t> TerminalFile::Read(IoBuffer& to) {
  if (Task* task = CurrentTask()) RETURN_IF_ERROR(terminal_->CheckForeground(*task, true));
  return terminal_->Read(to);
}

Result<size_t> TerminalFile::Write(IoBuffer& from) {
  if (Task* task = CurrentTask(); task != nullptr && terminal_->StopsBackgroundOutput()) {
    RETURN_IF_ERROR(terminal_->CheckForeground(*task, false));
  }
  return terminal_->Write(from);
}

}  // namespace sandbox
