#ifndef VRCHARTS_QUOTES_CACHE_H_
#define VRCHARTS_QUOTES_CACHE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "vrcharts/quotes/source.h"

namespace vrcharts::quotes {

// Keeps the last good series of each symbol in a folder, one binary file each, so that the wall starts without a
// network.
//
// File: the magic "VRCQ2\n", then little-endian: uint32 length and bytes of symbol, name, currency and sector; uint32
// number of splits; each one's time (int64) and ratio (double); uint64 number of bars; the columns time (int64), open,
// high, low, close, volume (double); uint32 CRC-32 of all that. A file
// that is cut off, of another version or damaged counts as absent. Files are replaced by rename, so readers never see
// half.
//
// Thread-safe for different symbols.
class Cache {
 public:
  // Makes the folder if need be. Fails with the reason if it cannot be made or written.
  static absl::StatusOr<Cache> Open(const std::string& folder);

  // `instrument.symbol` is any text; it is encoded for the file name.
  std::optional<Fetched> Load(const Instrument& instrument) const;
  absl::Status Save(const Fetched& fetched) const;

 private:
  explicit Cache(std::string folder) : folder_(std::move(folder)) {}
  std::string Path(const std::string& symbol) const;

  std::string folder_;
};

// The file's contents, for tests and fuzzing.
std::string EncodeCacheFile(const Fetched& fetched);
std::optional<Fetched> DecodeCacheFile(std::string_view contents);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_CACHE_H_
