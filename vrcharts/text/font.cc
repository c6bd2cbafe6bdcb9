#include "vrcharts/text/font.h"

#include <ft2build.h>
#include <hb-ot.h>
#include <hb.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "vrcharts/text/distance_field.h"
#include FT_FREETYPE_H
#include FT_OUTLINE_H
#include FT_TRUETYPE_TABLES_H

namespace vrcharts::text {
namespace {

// Collects an outline as straight lines; FreeType calls it curve by curve.
class Flattener {
 public:
  static int MoveTo(const FT_Vector* to, void* self) {
    static_cast<Flattener*>(self)->at_ = Pixels(*to);
    return 0;
  }
  static int LineTo(const FT_Vector* to, void* self) {
    static_cast<Flattener*>(self)->Add(Pixels(*to));
    return 0;
  }
  static int ConicTo(const FT_Vector* control, const FT_Vector* to, void* self) {
    auto* flattener = static_cast<Flattener*>(self);
    const Point p0 = flattener->at_, p1 = Pixels(*control), p2 = Pixels(*to);
    for (int i = 1; i <= kPieces; ++i) {
      const float t = static_cast<float>(i) / kPieces, u = 1 - t;
      flattener->Add({u * u * p0.x + 2 * u * t * p1.x + t * t * p2.x, u * u * p0.y + 2 * u * t * p1.y + t * t * p2.y});
    }
    return 0;
  }
  static int CubicTo(const FT_Vector* control1, const FT_Vector* control2, const FT_Vector* to, void* self) {
    auto* flattener = static_cast<Flattener*>(self);
    const Point p0 = flattener->at_, p1 = Pixels(*control1), p2 = Pixels(*control2), p3 = Pixels(*to);
    for (int i = 1; i <= kPieces; ++i) {
      const float t = static_cast<float>(i) / kPieces, u = 1 - t;
      const float a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
      flattener->Add({a * p0.x + b * p1.x + c * p2.x + d * p3.x, a * p0.y + b * p1.y + c * p2.y + d * p3.y});
    }
    return 0;
  }

  std::vector<Line> lines;

 private:
  struct Point {
    float x = 0, y = 0;
  };
  static constexpr int kPieces = 6;  // of a curve: it deviates by less than a tenth of a pixel at these sizes

  static Point Pixels(const FT_Vector& v) { return {static_cast<float>(v.x) / 64, static_cast<float>(v.y) / 64}; }
  void Add(Point to) {
    lines.push_back({at_.x, at_.y, to.x, to.y});
    at_ = to;
  }

  Point at_;
};

std::vector<Line> Flatten(FT_Outline* outline) {
  Flattener flattener;
  const FT_Outline_Funcs functions = {
      Flattener::MoveTo, Flattener::LineTo, Flattener::ConicTo, Flattener::CubicTo, 0, 0};
  FT_Outline_Decompose(outline, &functions, &flattener);
  return std::move(flattener.lines);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Font>> Font::Open(const std::string& path, int pixels_per_em, int spread) {
  std::unique_ptr<Font> font(new Font);
  if (FT_Init_FreeType(&font->library_) != 0) return absl::InternalError("cannot start FreeType");
  font->spread_ = spread;
  // Face 0 of Noto's collections is the Japanese one.
  if (FT_New_Face(font->library_, path.c_str(), 0, &font->face_) != 0) {
    return absl::NotFoundError(absl::StrCat("cannot read the font ", path));
  }
  if (FT_Set_Pixel_Sizes(font->face_, 0, pixels_per_em) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("the font ", path, " has no outlines"));
  }
  hb_blob_t* blob = hb_blob_create_from_file_or_fail(path.c_str());
  if (blob == nullptr) return absl::NotFoundError(absl::StrCat("cannot read the font ", path));
  hb_face_t* face = hb_face_create(blob, 0);
  hb_blob_destroy(blob);
  const unsigned units = hb_face_get_upem(face);
  font->shaper_ = hb_font_create(face);
  hb_face_destroy(face);
  hb_font_set_scale(font->shaper_, static_cast<int>(units), static_cast<int>(units));
  font->units_per_em_ = static_cast<float>(units);
  if (const auto* os2 = static_cast<const TT_OS2*>(FT_Get_Sfnt_Table(font->face_, FT_SFNT_OS2));
      os2 != nullptr && os2->version >= 2 && os2->sCapHeight > 0) {
    font->cap_height_ = static_cast<float>(os2->sCapHeight) / static_cast<float>(units);
  }
  return font;
}

Font::~Font() {
  if (shaper_ != nullptr) hb_font_destroy(shaper_);
  if (face_ != nullptr) FT_Done_Face(face_);
  if (library_ != nullptr) FT_Done_FreeType(library_);
}

bool Font::Has(uint32_t codepoint) const {
  hb_codepoint_t glyph = 0;
  return hb_font_get_nominal_glyph(shaper_, codepoint, &glyph) != 0;
}

void Font::Shape(std::string_view utf8, float* pen, std::vector<ShapedGlyph>* out) const {
  hb_buffer_t* buffer = hb_buffer_create();
  hb_buffer_add_utf8(buffer, utf8.data(), static_cast<int>(utf8.size()), 0, static_cast<int>(utf8.size()));
  hb_buffer_guess_segment_properties(buffer);
  // Charts are read from left to right whatever the script of a name; without bidi this keeps lines predictable.
  hb_buffer_set_direction(buffer, HB_DIRECTION_LTR);
  const hb_feature_t features[] = {{HB_TAG('t', 'n', 'u', 'm'), 1, 0, static_cast<unsigned>(-1)}};
  hb_shape(shaper_, buffer, features, 1);
  unsigned count = 0;
  const hb_glyph_info_t* infos = hb_buffer_get_glyph_infos(buffer, &count);
  const hb_glyph_position_t* positions = hb_buffer_get_glyph_positions(buffer, &count);
  for (unsigned i = 0; i < count; ++i) {
    out->push_back({infos[i].codepoint, *pen + static_cast<float>(positions[i].x_offset) / units_per_em_,
                    static_cast<float>(positions[i].y_offset) / units_per_em_});
    *pen += static_cast<float>(positions[i].x_advance) / units_per_em_;
  }
  hb_buffer_destroy(buffer);
}

absl::StatusOr<GlyphBitmap> Font::Render(uint32_t glyph) {
  if (FT_Load_Glyph(face_, glyph, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP) != 0) {
    return absl::InternalError(absl::StrCat("cannot load glyph ", glyph));
  }
  GlyphBitmap out;
  FT_Outline& outline = face_->glyph->outline;
  if (face_->glyph->format != FT_GLYPH_FORMAT_OUTLINE || outline.n_points == 0) return out;
  const std::vector<Line> lines = Flatten(&outline);
  FT_BBox box;
  FT_Outline_Get_CBox(&outline, &box);
  out.left = static_cast<int>(box.xMin >> 6) - spread_;
  out.top = static_cast<int>((box.yMax + 63) >> 6) + spread_;
  out.width = static_cast<int>((box.xMax + 63) >> 6) + spread_ - out.left;
  out.height = out.top - static_cast<int>(box.yMin >> 6) + spread_;
  out.pixels = DistanceField(lines, out.left, out.top, out.width, out.height, static_cast<float>(spread_));
  return out;
}

}  // namespace vrcharts::text
