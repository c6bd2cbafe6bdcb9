#ifndef VRCHARTS_APP_HEADSET_INPUT_H_
#define VRCHARTS_APP_HEADSET_INPUT_H_

#include <array>
#include <cstdint>

#include "absl/time/time.h"
#include "vrcharts/app/app.h"
#include "vrcharts/locomotion/locomotion.h"
#include "vrcharts/xr/actions.h"

namespace vrcharts::app {

// What hands and head do to the person and to the wall. Which stick walks and which one turns is the person's choice
// (--left_handed swaps them):
//
//   walking hand's stick    walk relative to where the head points; with --comfort=comfortable: aim a teleport and let
//   go turning hand's stick    left and right: turn; while pointing at a panel, forward and back: zoom; with a panel in
//   hand: push, pull, resize trigger                 press, drag grip                    take hold of a panel stick
//   click             bring the panel pointed at near, or put it back menu button             next page
//
// Survives the loss of session and instance, like the wall itself.
class HeadsetInput {
 public:
  explicit HeadsetInput(App& app);

  // One frame. `hands` and `head` are in the tracked space. Ticks are due in the hands for which tick() is true
  // afterwards.
  void Update(const std::array<xr::HandState, xr::kHands>& hands, const std::optional<xr::Pose>& head,
              absl::Duration elapsed, absl::Time now);
  bool tick(xr::Hand hand) const { return ticks_[hand]; }

  // The person recentred the view: they want to stand where they began.
  void Recenter();
  // The tracked space begins at the eyes, not at the floor: lift it so that the eyes are at the wall's height.
  void SetFloorOffset(float metres);

  const locomotion::State& state() const { return state_; }
  xr::Pose FromWorld(const xr::Pose& pose) const;  // to the tracked space
  xr::Pose ToWorld(const xr::Pose& pose) const;

 private:
  void Move(const std::array<xr::HandState, xr::kHands>& hands, const xr::Pose& head, absl::Duration elapsed);
  void Point(xr::Hand hand, const xr::HandState& now, const xr::HandState& before, absl::Duration elapsed,
             absl::Time time);

  App& app_;
  locomotion::Settings settings_;
  locomotion::State state_;
  float floor_offset_ = 0;
  xr::Hand walking_, turning_;
  std::array<xr::HandState, xr::kHands> before_;
  std::array<uint64_t, xr::kHands> hovered_{};
  std::array<bool, xr::kHands> ticks_{};
  bool zooms_ = false;  // the turning hand's stick is held forward or back
};

}  // namespace vrcharts::app

#endif  // VRCHARTS_APP_HEADSET_INPUT_H_
