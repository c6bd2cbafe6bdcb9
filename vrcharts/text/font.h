#ifndef VRCHARTS_TEXT_FONT_H_
#define VRCHARTS_TEXT_FONT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// FreeType's and HarfBuzz's handles, without their headers.
struct FT_LibraryRec_;
struct FT_FaceRec_;
struct hb_font_t;

namespace vrcharts::text {

// A glyph as HarfBuzz placed it; lengths in ems, y up.
struct ShapedGlyph {
  uint32_t glyph = 0;
  float x = 0, y = 0;
};

// The signed distance field of one glyph. `left` and `top` are the position of the bitmap's top left corner relative to
// the pen, in pixels, y up.
struct GlyphBitmap {
  int left = 0, top = 0, width = 0, height = 0;
  std::vector<uint8_t> pixels;
};

// One font file: HarfBuzz shapes with it, FreeType gives the outlines of its glyphs. Not thread-safe.
class Font {
 public:
  // `pixels_per_em` and `spread` (pixels) are those of every bitmap that Render() makes.
  static absl::StatusOr<std::unique_ptr<Font>> Open(const std::string& path, int pixels_per_em, int spread);
  ~Font();
  Font(const Font&) = delete;
  Font& operator=(const Font&) = delete;

  bool Has(uint32_t codepoint) const;
  // Appends the glyphs of `utf8`, which starts at *pen, and moves *pen (ems) to its end.
  void Shape(std::string_view utf8, float* pen, std::vector<ShapedGlyph>* out) const;
  // An empty bitmap for blanks.
  absl::StatusOr<GlyphBitmap> Render(uint32_t glyph);
  float cap_height() const { return cap_height_; }

 private:
  Font() = default;

  FT_LibraryRec_* library_ = nullptr;
  FT_FaceRec_* face_ = nullptr;
  hb_font_t* shaper_ = nullptr;
  int spread_ = 0;
  float units_per_em_ = 1000;
  float cap_height_ = 0.7f;
};

}  // namespace vrcharts::text

#endif  // VRCHARTS_TEXT_FONT_H_
