#include "vrcharts/text/atlas.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "vrcharts/text/font.h"
#include "vrcharts/text/utf8.h"

namespace vrcharts::text {
namespace {

// Text that changes (prices) makes new lines for ever; past this many the cache starts afresh.
constexpr size_t kMaxCachedLines = 20000;

absl::StatusOr<std::string> FindFont(const std::string& wanted, std::initializer_list<const char*> candidates,
                                     const char* package) {
  if (!wanted.empty()) {
    struct stat info;
    if (stat(wanted.c_str(), &info) == 0) return wanted;
    return absl::NotFoundError(absl::StrCat("the font ", wanted, " does not exist"));
  }
  for (const char* path : candidates) {
    struct stat info;
    if (stat(path, &info) == 0) return std::string(path);
  }
  return absl::NotFoundError(absl::StrCat("no font found, looked for ", *candidates.begin(), "; run: apt-get install ",
                                          package, ", or name a font file with --font"));
}

uint16_t Unorm(int pixel) { return static_cast<uint16_t>((pixel * 65535 + Atlas::kSize / 2) / Atlas::kSize); }

}  // namespace

class Atlas::Impl {
 public:
  enum FontIndex { kRegular, kSemiBold, kCjk, kCjkBold, kFonts };

  std::shared_ptr<const ShapedLine> Shape(std::string_view utf8, Weight weight, std::atomic<uint64_t>* revision);

  std::array<std::unique_ptr<Font>, kFonts> fonts;
  std::vector<uint8_t> pixels = std::vector<uint8_t>(static_cast<size_t>(kSize) * kSize);
  bool full = false;

 private:
  struct Slot {  // where a glyph lies in the bitmap; width 0 for blanks
    int x = 0, y = 0, width = 0, height = 0, left = 0, top = 0;
  };

  int FontFor(uint32_t codepoint, Weight weight) const;
  const Slot& Place(int font, uint32_t glyph, std::atomic<uint64_t>* revision);
  bool Allocate(int width, int height, int* x, int* y);

  absl::flat_hash_map<std::string, std::shared_ptr<const ShapedLine>> lines_[2];
  absl::flat_hash_map<std::pair<int, uint32_t>, Slot> slots_;
  // Shelf packing: glyphs of one size in rows, left to right; almost all have about the same height.
  int shelf_x_ = 1, shelf_y_ = 1, shelf_height_ = 0;
};

int Atlas::Impl::FontFor(uint32_t codepoint, Weight weight) const {
  const int latin = weight == Weight::kRegular ? kRegular : kSemiBold;
  const int cjk = weight == Weight::kRegular ? kCjk : kCjkBold;
  return fonts[latin]->Has(codepoint) || !fonts[cjk]->Has(codepoint) ? latin : cjk;
}

bool Atlas::Impl::Allocate(int width, int height, int* x, int* y) {
  if (shelf_x_ + width + 1 > kSize) {
    shelf_y_ += shelf_height_ + 1;
    shelf_x_ = 1;
    shelf_height_ = 0;
  }
  if (width + 2 > kSize || shelf_y_ + height + 1 > kSize) return false;
  *x = shelf_x_;
  *y = shelf_y_;
  shelf_x_ += width + 1;
  shelf_height_ = std::max(shelf_height_, height);
  return true;
}

const Atlas::Impl::Slot& Atlas::Impl::Place(int font, uint32_t glyph, std::atomic<uint64_t>* revision) {
  auto [it, inserted] = slots_.try_emplace({font, glyph});
  Slot& slot = it->second;
  if (!inserted || full) return slot;
  absl::StatusOr<GlyphBitmap> bitmap = fonts[font]->Render(glyph);
  if (!bitmap.ok()) {
    LOG(WARNING) << bitmap.status().message();
    return slot;
  }
  if (bitmap->width == 0) return slot;
  if (!Allocate(bitmap->width, bitmap->height, &slot.x, &slot.y)) {
    if (!full) LOG(WARNING) << "the glyph atlas is full; new characters are drawn as blanks";
    full = true;
    return slot;
  }
  slot.width = bitmap->width;
  slot.height = bitmap->height;
  slot.left = bitmap->left;
  slot.top = bitmap->top;
  for (int row = 0; row < slot.height; ++row) {
    std::copy_n(bitmap->pixels.begin() + static_cast<ptrdiff_t>(row) * slot.width, slot.width,
                pixels.begin() + static_cast<ptrdiff_t>(slot.y + row) * kSize + slot.x);
  }
  revision->fetch_add(1, std::memory_order_release);
  return slot;
}

std::shared_ptr<const ShapedLine> Atlas::Impl::Shape(std::string_view utf8, Weight weight,
                                                     std::atomic<uint64_t>* revision) {
  auto& cache = lines_[static_cast<int>(weight)];
  if (const auto it = cache.find(utf8); it != cache.end()) return it->second;
  if (cache.size() >= kMaxCachedLines) cache.clear();

  auto line = std::make_shared<ShapedLine>();
  const std::string clean = CleanUtf8(utf8);
  constexpr float kEm = 1.0f / kGlyphPixels;
  for (size_t begin = 0; begin < clean.size();) {
    // A run is the longest stretch that one font can draw.
    size_t end = begin;
    const int font = FontFor(NextCodepoint(clean, &end), weight);
    for (size_t next = end; next < clean.size() && FontFor(NextCodepoint(clean, &next), weight) == font;) end = next;
    std::vector<ShapedGlyph> glyphs;
    fonts[font]->Shape(std::string_view(clean).substr(begin, end - begin), &line->advance, &glyphs);
    for (const ShapedGlyph& glyph : glyphs) {
      const Slot& slot = Place(font, glyph.glyph, revision);
      if (slot.width == 0) continue;
      PlacedGlyph placed;
      placed.x0 = glyph.x + static_cast<float>(slot.left) * kEm;
      placed.y0 = -glyph.y - static_cast<float>(slot.top) * kEm;
      placed.x1 = placed.x0 + static_cast<float>(slot.width) * kEm;
      placed.y1 = placed.y0 + static_cast<float>(slot.height) * kEm;
      placed.u0 = Unorm(slot.x);
      placed.v0 = Unorm(slot.y);
      placed.u1 = Unorm(slot.x + slot.width);
      placed.v1 = Unorm(slot.y + slot.height);
      line->glyphs.push_back(placed);
    }
    begin = end;
  }
  cache.emplace(std::string(utf8), line);
  return line;
}

Atlas::Atlas(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Atlas::~Atlas() = default;

absl::StatusOr<std::unique_ptr<Atlas>> Atlas::Create(const FontPaths& paths) {
  const struct {
    const std::string& wanted;
    std::initializer_list<const char*> candidates;
    const char* package;
  } sought[Impl::kFonts] = {
      {paths.regular,
       {"/usr/share/fonts/opentype/inter/Inter-Regular.otf", "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"},
       "fonts-inter"},
      {paths.semi_bold.empty() ? paths.regular : paths.semi_bold,
       {"/usr/share/fonts/opentype/inter/Inter-SemiBold.otf", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"},
       "fonts-inter"},
      {paths.cjk, {"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"}, "fonts-noto-cjk"},
      {paths.cjk_bold.empty() ? paths.cjk : paths.cjk_bold,
       {"/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"},
       "fonts-noto-cjk"},
  };
  auto impl = std::make_unique<Impl>();
  for (int i = 0; i < Impl::kFonts; ++i) {
    absl::StatusOr<std::string> path = FindFont(sought[i].wanted, sought[i].candidates, sought[i].package);
    if (!path.ok()) return path.status();
    absl::StatusOr<std::unique_ptr<Font>> font = Font::Open(*path, kGlyphPixels, kSpread);
    if (!font.ok()) return font.status();
    impl->fonts[i] = *std::move(font);
  }
  const float cap_height = impl->fonts[Impl::kRegular]->cap_height();
  std::unique_ptr<Atlas> atlas(new Atlas(std::move(impl)));
  atlas->cap_height_ = cap_height;
  return atlas;
}

std::shared_ptr<const ShapedLine> Atlas::Shape(std::string_view utf8, Weight weight) {
  absl::MutexLock lock(&mutex_);
  return impl_->Shape(utf8, weight, &revision_);
}

AtlasImage Atlas::Image() const {
  absl::MutexLock lock(&mutex_);
  return {kSize, kSize, impl_->pixels, 2.0f * kSpread, revision_.load(std::memory_order_relaxed)};
}

bool Atlas::full() const {
  absl::MutexLock lock(&mutex_);
  return impl_->full;
}

}  // namespace vrcharts::text
