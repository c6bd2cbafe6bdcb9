#ifndef VRCHARTS_XR_SESSION_STATE_H_
#define VRCHARTS_XR_SESSION_STATE_H_

#include <openxr/openxr.h>

namespace vrcharts::xr {

// The life of an OpenXR session as the specification draws it (section "Session Lifecycle"):
//
//              +------------------------- xrEndSession --------------------------+
//              v                                                                 |
//   IDLE -> READY -- xrBeginSession --> SYNCHRONIZED <-> VISIBLE <-> FOCUSED     |
//    |                                       |                                   |
//    +-> EXITING                             +-> STOPPING -----------------------+
//
//   and LOSS_PENDING from anywhere.
//
// Feed it every XrEventDataSessionStateChanged; it says what must be done, and between events whether frames are to be
// submitted, drawn, and whether input counts. An event that the diagram does not have is obeyed as far as that is safe,
// and counted: a session that is not running is never ended, one that runs is never begun again.
class SessionState {
 public:
  enum class Action {
    kNone,
    kBegin,     // call xrBeginSession
    kEnd,       // call xrEndSession
    kExit,      // destroy the session and leave: the person took the headset's way out
    kRecreate,  // destroy the session and create a new one: the runtime is about to lose this one
  };

  // What to do now that the runtime says the session is in `next`.
  Action Enter(XrSessionState next);

  XrSessionState current() const { return current_; }

  // xrBeginSession was asked for and xrEndSession was not: frames must be waited for, begun and ended.
  bool running() const { return running_; }
  // What is drawn can be seen.
  bool visible() const { return current_ == XR_SESSION_STATE_VISIBLE || current_ == XR_SESSION_STATE_FOCUSED; }
  // Input is ours. Without it nothing is picked and nobody walks.
  bool focused() const { return current_ == XR_SESSION_STATE_FOCUSED; }

  int illegal_transitions() const { return illegal_transitions_; }

  static bool IsLegal(XrSessionState from, XrSessionState to);

 private:
  XrSessionState current_ = XR_SESSION_STATE_UNKNOWN;
  bool running_ = false;
  int illegal_transitions_ = 0;
};

const char* Name(XrSessionState state);

}  // namespace vrcharts::xr

#endif  // VRCHARTS_XR_SESSION_STATE_H_
