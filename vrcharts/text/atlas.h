#ifndef VRCHARTS_TEXT_ATLAS_H_
#define VRCHARTS_TEXT_ATLAS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace vrcharts::text {

enum class Weight { kRegular = 0, kSemiBold = 1 };

// Where to find the fonts. An empty path means: the first one that exists of Debian's fonts-inter and fonts-noto-cjk.
struct FontPaths {
  std::string regular;    // Latin text
  std::string semi_bold;  // headings
  std::string cjk;        // everything the other two lack, Japanese above all
  std::string cjk_bold;   // the same for headings
};

// One glyph of a shaped line. Lengths are in ems: multiply by the font size.
struct PlacedGlyph {
  float x0, y0, x1, y1;     // the quad, relative to the pen's start on the base line, y down; includes the SDF margin
  uint16_t u0, v0, u1, v1;  // its corners in the bitmap as unorm16; (u0, v0) belongs to (x0, y0), the top left
};

struct ShapedLine {
  std::vector<PlacedGlyph> glyphs;  // without blanks
  float advance = 0;                // width in ems
};

struct AtlasImage {
  int width = 0, height = 0;
  std::vector<uint8_t> pixels;  // one byte a pixel, rows from the top (v = 0) down; 128 is the outline, more is inside
  float range = 0;              // distance in pixels between the values 0 and 255
  uint64_t revision = 0;
};

// Signed-distance glyphs of all text on the wall in one bitmap, filled as text is first seen.
//
//   auto atlas = text::Atlas::Create({});
//   std::shared_ptr<const ShapedLine> line = (*atlas)->Shape("トヨタ自動車 7203", Weight::kSemiBold);
//   // draw line->glyphs scaled by 14 points; re-upload Image() when revision() has changed
//
// Each glyph is rendered once, at kGlyphPixels pixels an em, as a signed distance field that saturates kSpread pixels
// away from the outline. So one bitmap serves every size and distance.
// Shaping is HarfBuzz's, with digits of equal width ("tnum") so that changing prices do not jitter; a character missing
// in Inter comes from Noto CJK, and one missing in both is drawn as the fonts' box.
//
// When the bitmap is full, new glyphs are drawn as blanks and full() says so; nothing already placed ever moves.
//
// Thread-safe. Shaped lines are cached (text on charts repeats: dates, prices), so a repeated call costs one hash
// look-up.
class Atlas {
 public:
  static constexpr int kSize = 2048;       // width and height of the bitmap, pixels
  static constexpr int kGlyphPixels = 40;  // pixels an em
  static constexpr int kSpread = 6;        // pixels of margin around each outline

  // Fails with NotFound if a font file is missing, naming it and the package that has it.
  static absl::StatusOr<std::unique_ptr<Atlas>> Create(const FontPaths& paths);
  ~Atlas();
  Atlas(const Atlas&) = delete;
  Atlas& operator=(const Atlas&) = delete;

  // Never null. Invalid UTF-8 is shaped as replacement characters.
  std::shared_ptr<const ShapedLine> Shape(std::string_view utf8, Weight weight) ABSL_LOCKS_EXCLUDED(mutex_);

  // Height of capital letters and digits, in ems: to centre a label on a tick.
  float cap_height() const { return cap_height_; }

  // Grows with each change of the bitmap; cheap, for once a frame.
  uint64_t revision() const { return revision_.load(std::memory_order_acquire); }
  AtlasImage Image() const ABSL_LOCKS_EXCLUDED(mutex_);
  bool full() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  class Impl;
  explicit Atlas(std::unique_ptr<Impl> impl);

  mutable absl::Mutex mutex_;
  std::unique_ptr<Impl> impl_ ABSL_PT_GUARDED_BY(mutex_);
  std::atomic<uint64_t> revision_{0};
  float cap_height_ = 0.7f;
};

}  // namespace vrcharts::text

#endif  // VRCHARTS_TEXT_ATLAS_H_
