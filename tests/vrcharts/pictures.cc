#include "tests/vrcharts/pictures.h"

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace tests::vrcharts {

using openxr::Picture;

Picture Lit(const Picture& screen) {
  int width = 0, height = 0;
  for (int y = 0; y < screen.height; ++y) {
    for (int x = 0; x < screen.width; ++x) {
      const uint8_t* pixel = &screen.rgb[3 * (static_cast<size_t>(y) * screen.width + x)];
      if (pixel[0] + pixel[1] + pixel[2] == 0) continue;
      width = std::max(width, x + 1);
      height = std::max(height, y + 1);
    }
  }
  Picture lit{.width = width, .height = height, .rgb = {}};
  for (int y = 0; y < height; ++y) {
    const auto row = screen.rgb.begin() + 3 * static_cast<ptrdiff_t>(y) * screen.width;
    lit.rgb.insert(lit.rgb.end(), row, row + 3 * static_cast<ptrdiff_t>(width));
  }
  return lit;
}

double Difference(const Picture& a, const Picture& b) {
  if (a.rgb.size() != b.rgb.size() || a.rgb.empty()) return 255;
  double sum = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(a.rgb[i] - b.rgb[i]);
  return sum / static_cast<double>(a.rgb.size());
}

double Detail(const Picture& picture) {
  size_t edges = 0;
  for (size_t i = 0; i + 5 < picture.rgb.size(); i += 3) {
    edges += std::abs(picture.rgb[i + 1] - picture.rgb[i + 4]) > 24;
  }
  return 3.0 * static_cast<double>(edges) / static_cast<double>(std::max<size_t>(picture.rgb.size(), 1));
}

void Keep(const Picture& picture, const std::string& name) {
  const char* folder = std::getenv("VRCHARTS_PICTURES_OUT");
  if (folder == nullptr) return;
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  const std::string path = absl::StrCat(folder, "/", name, ".png");
  EXPECT_TRUE(png_image_write_to_file(&image, path.c_str(), 0, picture.rgb.data(), 0, nullptr)) << path;
}

}  // namespace tests::vrcharts
