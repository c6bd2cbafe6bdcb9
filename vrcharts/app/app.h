#ifndef VRCHARTS_APP_APP_H_
#define VRCHARTS_APP_APP_H_

#include <array>
#include <glm/glm.hpp>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/render/scene.h"
#include "vrcharts/text/atlas.h"
#include "vrcharts/wall/board.h"

namespace vrcharts::app {

// What the viewers (image, window, headset) have in common: the wall of charts, and the scene that a frame shows of it.
//
// A frame of every viewer is: read input -> tell it the board -> Update() -> draw scene() -> submit.
//
// Nothing in here knows of Vulkan devices or headsets, so it outlives both: after a lost device or session the wall is
// as it was.
class App {
 public:
  // Fails with NotFound (a font, a file) or InvalidArgument (options that cannot be).
  static absl::StatusOr<std::unique_ptr<App>> Create(const options::Options& options);

  wall::Board& board() { return *board_; }
  const text::Atlas& atlas() const { return *atlas_; }
  const options::Options& options() const { return options_; }

  // A ray that is drawn from a hand to what it points at; nullopt hides it.
  struct Pointer {
    wall::Ray ray;
    bool pressed = false;
  };
  void ShowPointer(int pointer, std::optional<Pointer> shown) { pointers_[pointer] = shown; }

  // A ring on the floor where a teleport would lead; nullopt hides it.
  void ShowTeleport(std::optional<glm::vec3> target) { teleport_ = target; }

  void SetVignette(float strength) { scene_.vignette = strength; }

  // Keeps the wall in the file of --state, where there is one.
  absl::Status SaveState() const;

  // Takes over finished data and input; scene() shows the result.
  void Update(absl::Time now);
  const render::Scene& scene() const { return scene_; }

 private:
  explicit App(const options::Options& options) : options_(options) {}
  void AddPointer(const Pointer& pointer);
  void AddTeleport(const glm::vec3& target);

  const options::Options options_;
  std::unique_ptr<text::Atlas> atlas_;
  std::unique_ptr<wall::Board> board_;
  std::array<std::optional<Pointer>, wall::Board::kPointers> pointers_;
  std::optional<glm::vec3> teleport_;
  std::shared_ptr<const chart::Geometry> ray_geometry_, pressed_ray_geometry_, dot_geometry_, ring_geometry_;
  render::Scene scene_;
};

}  // namespace vrcharts::app

#endif  // VRCHARTS_APP_APP_H_
