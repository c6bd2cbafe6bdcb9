#include "vrcharts/text/atlas.h"

#include <algorithm>
#include <cstdlib>

#include "gtest/gtest.h"

namespace vrcharts::text {
namespace {

class AtlasTest : public ::testing::Test {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<Atlas>> atlas = Atlas::Create({});
    if (!atlas.ok()) GTEST_SKIP() << atlas.status().message();
    atlas_ = *std::move(atlas);
  }
  // The value in the middle of a glyph's quad.
  uint8_t Middle(const PlacedGlyph& glyph) {
    const AtlasImage image = atlas_->Image();
    const int x = (glyph.u0 + glyph.u1) / 2 * image.width / 65535, y = (glyph.v0 + glyph.v1) / 2 * image.height / 65535;
    return image.pixels[y * image.width + x];
  }
  std::unique_ptr<Atlas> atlas_;
};

TEST_F(AtlasTest, DigitsHaveEqualWidth) {
  const float one = atlas_->Shape("1", Weight::kRegular)->advance;
  for (const char* digit : {"0", "2", "3", "4", "5", "6", "7", "8", "9"}) {
    EXPECT_FLOAT_EQ(atlas_->Shape(digit, Weight::kRegular)->advance, one) << digit;
  }
  EXPECT_NEAR(atlas_->Shape("1111", Weight::kRegular)->advance, 4 * one, 1e-4);
}

TEST_F(AtlasTest, GlyphsStandLeftToRightAroundTheBaseLine) {
  const auto line = atlas_->Shape("Hx", Weight::kSemiBold);
  ASSERT_EQ(line->glyphs.size(), 2u);
  EXPECT_LT(line->glyphs[0].x0, line->glyphs[1].x0);
  const float margin = static_cast<float>(Atlas::kSpread) / Atlas::kGlyphPixels;
  EXPECT_NEAR(-line->glyphs[0].y0, atlas_->cap_height() + margin, 0.06) << "a capital reaches to the cap height";
  EXPECT_NEAR(line->glyphs[0].y1, margin, 0.06) << "and stands on the base line";
}

TEST_F(AtlasTest, JapaneseComesFromTheSecondFontInTheSameLine) {
  const auto line = atlas_->Shape("7411 東雲電機", Weight::kRegular);
  EXPECT_EQ(line->glyphs.size(), 8u) << "the blank has no quad";
  EXPECT_GT(line->advance, 4 + 4 * 0.4) << "four ideographs are an em wide each";
  EXPECT_NE(line->glyphs[4].u0, line->glyphs[5].u0);
}

TEST_F(AtlasTest, InsideIsAboveTheOutlineValueOutsideBelow) {
  const auto bar = atlas_->Shape("I", Weight::kSemiBold);
  EXPECT_GT(Middle(bar->glyphs[0]), 128);
  const auto ring = atlas_->Shape("O", Weight::kRegular);
  EXPECT_LT(Middle(ring->glyphs[0]), 128);
}

TEST_F(AtlasTest, RevisionGrowsOnlyWithNewGlyphs) {
  atlas_->Shape("abc", Weight::kRegular);
  const uint64_t revision = atlas_->revision();
  atlas_->Shape("cab", Weight::kRegular);
  EXPECT_EQ(atlas_->revision(), revision);
  atlas_->Shape("z", Weight::kRegular);
  EXPECT_GT(atlas_->revision(), revision);
  EXPECT_EQ(atlas_->Image().revision, atlas_->revision());
}

TEST_F(AtlasTest, SurvivesMoreCharactersThanFit) {
  std::string everything;
  for (int code = 0x4e00; code < 0x4e00 + 2500; ++code) {
    everything += static_cast<char>(0xe0 | code >> 12);
    everything += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    everything += static_cast<char>(0x80 | (code & 0x3f));
  }
  const auto before = atlas_->Shape("A", Weight::kRegular);
  atlas_->Shape(everything, Weight::kRegular);
  EXPECT_TRUE(atlas_->full());
  EXPECT_EQ(atlas_->Shape("A", Weight::kRegular)->glyphs[0].u0, before->glyphs[0].u0) << "nothing placed ever moves";
}

TEST_F(AtlasTest, BrokenTextIsShaped) {
  EXPECT_GT(atlas_->Shape("\xff\xfe", Weight::kRegular)->advance, 0);
  EXPECT_EQ(atlas_->Shape("", Weight::kRegular)->advance, 0);
}

TEST(AtlasErrorTest, MissingFontIsNamed) {
  const auto atlas = Atlas::Create({.regular = "/nonexistent/font.otf"});
  ASSERT_FALSE(atlas.ok());
  EXPECT_NE(atlas.status().message().find("/nonexistent/font.otf"), std::string::npos);
}

}  // namespace
}  // namespace vrcharts::text
