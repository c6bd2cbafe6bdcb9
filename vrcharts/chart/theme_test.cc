#include "vrcharts/chart/theme.h"

#include "gtest/gtest.h"

namespace vrcharts::chart {
namespace {

TEST(ThemeTest, TextIsReadableInEveryTheme) {
  for (const options::Theme name : {options::THEME_DARK, options::THEME_LIGHT}) {
    for (const options::Palette palette :
         {options::PALETTE_WESTERN, options::PALETTE_EAST_ASIAN, options::PALETTE_COLOUR_BLIND}) {
      const Theme theme = MakeTheme(name, palette);
      EXPECT_GE(Contrast(theme.text, theme.panel), 4.5);
      EXPECT_GE(Contrast(theme.text_dim, theme.panel), 4.5);
      EXPECT_GE(Contrast(theme.rising, theme.panel), 3) << "large text and graphics";
      EXPECT_GE(Contrast(theme.falling, theme.panel), 3);
      EXPECT_GE(Contrast(theme.label_text, theme.label), 4.5);
      for (const Rgba color : {theme.rising, theme.falling, theme.accent}) EXPECT_GE(Contrast(TextOn(color), color), 3);
    }
  }
}

TEST(ThemeTest, Palettes) {
  const Theme western = MakeTheme(options::THEME_DARK, options::PALETTE_WESTERN);
  const Theme asian = MakeTheme(options::THEME_DARK, options::PALETTE_EAST_ASIAN);
  EXPECT_EQ(western.rising, asian.falling);
  EXPECT_GT(asian.rising & 0xff, asian.rising >> 8 & 0xff) << "rising is red";
  // Without red-green differences: rising is mostly blue, falling mostly red and green.
  const Theme blind = MakeTheme(options::THEME_DARK, options::PALETTE_COLOUR_BLIND);
  EXPECT_GT(blind.rising >> 16 & 0xff, blind.falling >> 16 & 0xff);
  EXPECT_LT(blind.rising & 0xff, blind.falling & 0xff);
}

TEST(ThemeTest, ContrastIsWcags) {
  EXPECT_NEAR(Contrast(Rgb(0xffffff), Rgb(0x000000)), 21, 1e-9);
  EXPECT_NEAR(Contrast(Rgb(0x777777), Rgb(0xffffff)), 4.48, 0.01);
}

}  // namespace
}  // namespace vrcharts::chart
