#include "vrcharts/text/font.h"

#include <ft2build.h>
#include <hb-ot.h>
#include <hb.h>

#include "absl/strings/str_cat.h"
#include FT_FREETYPE_H
#include FT_MODULE_H
#include FT_TRUETYPE_TABLES_H

namespace vrcharts::text {

absl::StatusOr<std::unique_ptr<Font>> Font::Open(const std::string& path, int pixels_per_em, int spread) {
  std::unique_ptr<Font> font(new Font);
  if (FT_Init_FreeType(&font->library_) != 0) return absl::InternalError("cannot start FreeType");
  FT_Int distance = spread;
  FT_Property_Set(font->library_, "sdf", "spread", &distance);
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
  const FT_GlyphSlot slot = face_->glyph;
  if (slot->outline.n_points == 0) return out;
  if (FT_Render_Glyph(slot, FT_RENDER_MODE_SDF) != 0) {
    return absl::InternalError(absl::StrCat("cannot render glyph ", glyph));
  }
  out.left = slot->bitmap_left;
  out.top = slot->bitmap_top;
  out.width = static_cast<int>(slot->bitmap.width);
  out.height = static_cast<int>(slot->bitmap.rows);
  out.pixels.resize(static_cast<size_t>(out.width) * out.height);
  for (int y = 0; y < out.height; ++y) {
    const uint8_t* row = slot->bitmap.buffer + static_cast<ptrdiff_t>(y) * slot->bitmap.pitch;
    std::copy(row, row + out.width, out.pixels.begin() + static_cast<ptrdiff_t>(y) * out.width);
  }
  return out;
}

}  // namespace vrcharts::text
