// Signals that reach the sentry from outside (Ctrl-C, kill, a resized terminal) go to the guest.
#ifndef SANDBOX_BOOT_SIGNAL_FORWARDER_H_
#define SANDBOX_BOOT_SIGNAL_FORWARDER_H_

namespace sandbox {

class Kernel;

class SignalForwarder {
 public:
  // Blocks the signals in the calling thread, and so in every thread that it starts.
  SignalForwarder();

  // Starts the thread that waits for them: to the foreground process group of the first process's session, or to the
  // first process's own group.
  void Start(Kernel* kernel) const;
};

}  // namespace sandbox
#endif  // SANDBOX_BOOT_SIGNAL_FORWARDER_H_
