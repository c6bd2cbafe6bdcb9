// A terminal: the line discipline between what is typed and what programs read (termios(3), n_tty of the kernel), and
// job control.
//
//                 Input()  ->  editing, echo, signals  ->  Read()
//   keyboard/display                                              programs
//                 TakeOutput()  <-  output processing  <-  Write()
//
// The left side is a pseudo-terminal's master (devpts.h) or the operator's own terminal (console.h). Nothing here
// blocks: EAGAIN.
//
// Runs under the kernel lock.
#ifndef SANDBOX_FS_TERMINAL_H_
#define SANDBOX_FS_TERMINAL_H_

#include <asm/termbits.h>
#include <sys/ioctl.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sandbox/kernel/process_group.h"
#include "sandbox/kernel/wait_queue.h"
#include "sandbox/vfs/file.h"

namespace sandbox {

class Kernel;
class Task;

class Terminal : public std::enable_shared_from_this<Terminal> {
 public:
  explicit Terminal(int index);

  // Whose process groups get signals; set once at boot.
  static void SetKernel(Kernel* kernel);

  int index() const { return index_; }  // N of /dev/pts/N

  // -- the programs' side
  Result<size_t> Read(IoBuffer& to);
  Result<size_t> Write(IoBuffer& from);
  ReadyMask Readiness() const;
  WaitQueue& wait_queue() { return wait_queue_; }
  Result<uint64_t> Ioctl(Task& task, uint64_t command, uint64_t argument);
  // Bytes a read could take now.
  size_t Readable() const;
  // Nanoseconds a read in non-canonical mode waits at most (VTIME); 0: for ever.
  int64_t ReadTimeout() const;
  bool PollingRead() const { return !canonical() && termios_.c_cc[VMIN] == 0 && termios_.c_cc[VTIME] == 0; }

  // Job control. Makes this the controlling terminal of the task's session if it leads one that has none.
  void Acquire(Task& task, bool steal);
  // Becomes the controlling terminal of the first session, with that group in the foreground.
  void GiveTo(const std::shared_ptr<Session>& session, int32_t group);
  // EIO, or kERestartSys after SIGTTIN / SIGTTOU was sent, if the task is in the background.
  Result<void> CheckForeground(Task& task, bool reading);
  bool StopsBackgroundOutput() const { return (termios_.c_lflag & TOSTOP) != 0; }

  const termios2& modes() const { return termios_; }
  // tcsetattr(3): input that waits is kept, and becomes readable in the new mode.
  void SetTermios(const termios2& termios);

  // -- the keyboard and display side
  void Input(std::string_view typed);
  // Up to n bytes of output.
  std::string TakeOutput(size_t n);
  size_t OutputSize() const { return output_.size(); }
  ReadyMask MasterReadiness() const;
  WaitQueue& master_queue() { return master_queue_; }
  // Called whenever output came up, by terminals whose display is not a master.
  void set_output_listener(std::function<void()> listener) { output_listener_ = std::move(listener); }
  winsize window() const { return window_; }
  // SIGWINCH to the foreground if it changed.
  void SetWindow(const winsize& window);

  // Openings of either side.
  void SlaveOpened();
  void SlaveClosed();
  void MasterClosed();
  bool master_gone() const { return master_gone_; }
  bool locked = false;  // TIOCSPTLCK: a new pseudo-terminal until unlockpt(3)

 private:
  bool canonical() const { return (termios_.c_lflag & ICANON) != 0; }
  bool Is(tcflag_t local_flag) const { return (termios_.c_lflag & local_flag) != 0; }
  void TypeOne(unsigned char c);
  bool TypeSignal(unsigned char c);
  bool EditLine(unsigned char c);
  void EraseOne();
  void FinishLine(bool with_newline);
  void Echo(unsigned char c);
  void Show(std::string_view text, bool processed);
  void ShowOne(char c);
  void SignalForeground(int signal);
  void FlushInput();
  Result<uint64_t> SetForegroundGroup(Task& task, int32_t group);
  Result<uint64_t> JobControlIoctl(Task& task, uint64_t command, uint64_t argument);

  const int index_;
  termios2 termios_;
  winsize window_ = {};
  std::weak_ptr<Session> session_;

  std::string line_;               // being edited
  std::deque<std::string> lines_;  // finished; "" is an end of file
  std::string raw_;                // non-canonical input
  bool literal_next_ = false;
  std::string output_;
  int column_ = 0;
  bool stopped_ = false;  // by ^S
  int slaves_ = 0;
  bool slave_was_open_ = false;
  bool master_gone_ = false;
  WaitQueue wait_queue_, master_queue_;
  std::function<void()> output_listener_;
};

// The programs' side, opened.
class TerminalFile : public File {
 public:
  TerminalFile(Path path, int flags, std::shared_ptr<Terminal> terminal);
  ~TerminalFile() override;

  Result<size_t> Read(IoBuffer& to) override;
  Result<size_t> Write(IoBuffer& from) override;
  Result<uint64_t> Ioctl(Task& task, uint64_t command, uint64_t argument) override {
    return terminal_->Ioctl(task, command, argument);
  }
  ReadyMask Readiness(ReadyMask mask) override { return mask & terminal_->Readiness(); }
  WaitQueue* wait_queue() override { return &terminal_->wait_queue(); }
  int64_t read_timeout() const override { return terminal_->ReadTimeout(); }
  bool timeout_is_end() const override { return true; }

 private:
  const std::shared_ptr<Terminal> terminal_;
};

}  // namespace sandbox

#endif  // SANDBOX_FS_TERMINAL_H_
