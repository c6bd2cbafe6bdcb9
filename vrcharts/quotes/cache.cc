#include "vrcharts/quotes/cache.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace vrcharts::quotes {
namespace {

static_assert(std::endian::native == std::endian::little, "the cache is written as it lies in memory");

constexpr std::string_view kMagic = "VRCQ2\n";
constexpr size_t kBytesPerBar = 6 * 8;

uint32_t Checksum(std::string_view data) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
}

template <typename T>
void Append(const T& value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}

void AppendText(const std::string& text, std::string* out) {
  Append(static_cast<uint32_t>(text.size()), out);
  *out += text;
}

template <typename T>
bool Take(std::string_view* data, T* value) {
  if (data->size() < sizeof(T)) return false;
  std::memcpy(value, data->data(), sizeof(T));
  data->remove_prefix(sizeof(T));
  return true;
}

bool TakeSplits(std::string_view* data, std::vector<CorporateAction>* splits) {
  uint32_t count;
  if (!Take(data, &count)) return false;
  for (uint32_t i = 0; i < count; ++i) {
    CorporateAction split;
    if (!Take(data, &split.time) || !Take(data, &split.split) || !IsSplit(split.split)) return false;
    splits->push_back(split);
  }
  return true;
}

bool TakeText(std::string_view* data, std::string* text) {
  uint32_t size;
  if (!Take(data, &size) || data->size() < size) return false;
  text->assign(data->substr(0, size));
  data->remove_prefix(size);
  return true;
}

}  // namespace

std::string EncodeCacheFile(const Fetched& fetched) {
  const Series& series = *fetched.series;
  std::string out(kMagic);
  out.reserve(128 + series.size() * kBytesPerBar);
  AppendText(fetched.instrument.symbol, &out);
  AppendText(fetched.instrument.name, &out);
  AppendText(fetched.instrument.currency, &out);
  AppendText(fetched.instrument.sector, &out);
  Append(static_cast<uint32_t>(fetched.splits.size()), &out);
  for (const CorporateAction& split : fetched.splits) {
    Append(split.time, &out);
    Append(split.split, &out);
  }
  Append(static_cast<uint64_t>(series.size()), &out);
  const auto column = [&](const auto& values) {
    out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  };
  column(series.time());
  column(series.open());
  column(series.high());
  column(series.low());
  column(series.close());
  column(series.volume());
  Append(Checksum(out), &out);
  return out;
}

std::optional<Fetched> DecodeCacheFile(std::string_view contents) {
  if (contents.size() < kMagic.size() + 4 || !contents.starts_with(kMagic)) return std::nullopt;
  uint32_t checksum;
  std::memcpy(&checksum, contents.data() + contents.size() - 4, 4);
  contents.remove_suffix(4);
  if (Checksum(contents) != checksum) return std::nullopt;
  contents.remove_prefix(kMagic.size());
  Fetched out;
  uint64_t count;
  if (!TakeText(&contents, &out.instrument.symbol) || !TakeText(&contents, &out.instrument.name) ||
      !TakeText(&contents, &out.instrument.currency) || !TakeText(&contents, &out.instrument.sector) ||
      !TakeSplits(&contents, &out.splits) || !Take(&contents, &count) || contents.size() % kBytesPerBar != 0 ||
      contents.size() / kBytesPerBar != count) {
    return std::nullopt;
  }
  std::vector<Bar> bars(count);
  const auto column = [&](auto field) {
    for (Bar& bar : bars) Take(&contents, &(bar.*field));
  };
  column(&Bar::time);
  column(&Bar::open);
  column(&Bar::high);
  column(&Bar::low);
  column(&Bar::close);
  column(&Bar::volume);
  if (!Series::Check(bars).ok()) return std::nullopt;
  out.series = std::make_shared<Series>(bars);
  return out;
}

absl::StatusOr<Cache> Cache::Open(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::InvalidArgumentError(absl::StrCat("--cache: cannot make the folder ", folder, ": ", strerror(errno)));
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("--cache: cannot write in ", folder, ": ", strerror(errno)));
  }
  return Cache(folder);
}

std::string Cache::Path(const std::string& symbol) const {
  std::string name;
  for (const char c : symbol) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-') {
      name += c;
    } else {
      absl::StrAppendFormat(&name, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  if (name.size() > 180) name = absl::StrFormat("%.150s%%%08X", name, Checksum(symbol));
  return absl::StrCat(folder_, "/q-", name, ".bars");
}

std::optional<Fetched> Cache::Load(const Instrument& instrument) const {
  std::ifstream file(Path(instrument.symbol), std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream contents;
  contents << file.rdbuf();
  std::optional<Fetched> out = DecodeCacheFile(contents.view());
  if (!out.has_value() || out->instrument.symbol != instrument.symbol) return std::nullopt;
  return out;
}

absl::Status Cache::Save(const Fetched& fetched) const {
  const std::string path = Path(fetched.instrument.symbol);
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".new");
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << EncodeCacheFile(fetched);
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    return absl::UnavailableError(absl::StrCat("cannot write the cache file ", path, ": ", strerror(error)));
  }
  return absl::OkStatus();
}

}  // namespace vrcharts::quotes
