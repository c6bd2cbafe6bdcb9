#include "vrcharts/xr/session_state.h"

#include "absl/log/log.h"

namespace vrcharts::xr {

const char* Name(XrSessionState state) {
  switch (state) {
    case XR_SESSION_STATE_IDLE:
      return "IDLE";
    case XR_SESSION_STATE_READY:
      return "READY";
    case XR_SESSION_STATE_SYNCHRONIZED:
      return "SYNCHRONIZED";
    case XR_SESSION_STATE_VISIBLE:
      return "VISIBLE";
    case XR_SESSION_STATE_FOCUSED:
      return "FOCUSED";
    case XR_SESSION_STATE_STOPPING:
      return "STOPPING";
    case XR_SESSION_STATE_LOSS_PENDING:
      return "LOSS_PENDING";
    case XR_SESSION_STATE_EXITING:
      return "EXITING";
    default:
      return "UNKNOWN";
  }
}

bool SessionState::IsLegal(XrSessionState from, XrSessionState to) {
  if (to == XR_SESSION_STATE_LOSS_PENDING) return true;
  switch (from) {
    case XR_SESSION_STATE_UNKNOWN:
      return to == XR_SESSION_STATE_IDLE;
    case XR_SESSION_STATE_IDLE:
      return to == XR_SESSION_STATE_READY || to == XR_SESSION_STATE_EXITING;
    case XR_SESSION_STATE_READY:
      return to == XR_SESSION_STATE_SYNCHRONIZED;
    case XR_SESSION_STATE_SYNCHRONIZED:
      return to == XR_SESSION_STATE_VISIBLE || to == XR_SESSION_STATE_STOPPING;
    case XR_SESSION_STATE_VISIBLE:
      return to == XR_SESSION_STATE_FOCUSED || to == XR_SESSION_STATE_SYNCHRONIZED;
    case XR_SESSION_STATE_FOCUSED:
      return to == XR_SESSION_STATE_VISIBLE;
    case XR_SESSION_STATE_STOPPING:
      return to == XR_SESSION_STATE_IDLE;
    default:
      return false;
  }
}

SessionState::Action SessionState::Enter(XrSessionState next) {
  if (!IsLegal(current_, next)) {
    ++illegal_transitions_;
    LOG(WARNING) << "the OpenXR runtime went from " << Name(current_) << " to " << Name(next)
                 << ", which the specification does not have";
  }
  current_ = next;
  switch (next) {
    case XR_SESSION_STATE_READY:
      if (running_) return Action::kNone;
      running_ = true;
      return Action::kBegin;
    case XR_SESSION_STATE_STOPPING:
      if (!running_) return Action::kNone;
      running_ = false;
      return Action::kEnd;
    case XR_SESSION_STATE_EXITING:
      running_ = false;
      return Action::kExit;
    case XR_SESSION_STATE_LOSS_PENDING:
      running_ = false;
      return Action::kRecreate;
    default:
      return Action::kNone;
  }
}

}  // namespace vrcharts::xr
