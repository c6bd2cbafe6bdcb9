#include "migrate/binlog/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "migrate/binlog/byte_reader.h"

namespace migrate::binlog {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 30;  // max_allowed_packet's own limit

// `window_bits` as for inflateInit2: 15 with a zlib header, -15 without.
absl::StatusOr<std::string> Inflate(std::string_view compressed, uint64_t length, int window_bits) {
  // Deflate shrinks at most 1032-fold, so a larger claim is a lie and not a reason to allocate.
  if (length > kMaxBytes || length > (compressed.size() + 1) * 1032) {
    return absl::DataLossError(absl::StrCat("compressed data claims ", length, " bytes"));
  }
  std::string out(length, '\0');
  z_stream stream = {};
  if (inflateInit2(&stream, window_bits) != Z_OK) return absl::ResourceExhaustedError("inflateInit: out of memory");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  const uint64_t produced = stream.total_out;
  inflateEnd(&stream);
  if (result != Z_STREAM_END || produced != length) {
    return absl::DataLossError(absl::StrCat("compressed data is damaged: ", produced, " of ", length, " bytes"));
  }
  return out;
}

}  // namespace

absl::StatusOr<std::string> InflateEventPart(std::string_view bytes) {
  ByteReader in(bytes);
  const uint64_t header = in.Uint(1);
  const size_t length_bytes = header & 7;
  const uint64_t length = in.BigEndian(length_bytes);
  if (!in.ok() || (header & 0xf8) != 0x80 || length_bytes == 0 || length_bytes > 4) {
    return absl::DataLossError("unknown compression of an event");
  }
  return Inflate(in.rest(), length, 15);
}

absl::StatusOr<std::string> InflateColumn(std::string_view bytes) {
  if (bytes.empty()) return std::string();
  ByteReader in(bytes);
  const uint64_t header = in.Uint(1);
  if (header == 0) return std::string(in.rest());
  const size_t length_bytes = header & 7;
  const uint64_t length = in.BigEndian(length_bytes);
  if (!in.ok() || (header & 0xf0) != 0x80 || length_bytes == 0 || length_bytes > 4) {
    return absl::DataLossError("unknown compression of a column");
  }
  return Inflate(in.rest(), length, (header & 8) != 0 ? -15 : 15);
}

struct ZstdReader::State {
  ZSTD_DStream* stream = ZSTD_createDStream();
  ZSTD_inBuffer in = {};
};

ZstdReader::ZstdReader(std::string_view compressed) : state_(std::make_unique<State>()) {
  state_->in = {compressed.data(), compressed.size(), 0};
  if (state_->stream != nullptr) ZSTD_initDStream(state_->stream);
}

ZstdReader::~ZstdReader() { ZSTD_freeDStream(state_->stream); }

absl::Status ZstdReader::Read(size_t count, std::string* out) {
  if (state_->stream == nullptr) return absl::ResourceExhaustedError("zstd: out of memory");
  // Grow with what really arrives: the count comes from the compressed bytes themselves and may be a lie.
  constexpr size_t kStep = 64 << 10;
  while (count > 0) {
    const size_t step = std::min(count, kStep);
    const size_t start = out->size();
    out->resize(start + step);
    ZSTD_outBuffer piece = {out->data() + start, step, 0};
    const size_t in_before = state_->in.pos;
    const size_t result = ZSTD_decompressStream(state_->stream, &piece, &state_->in);
    out->resize(start + piece.pos);
    if (ZSTD_isError(result)) return absl::DataLossError(absl::StrCat("zstd: ", ZSTD_getErrorName(result)));
    if (piece.pos == 0 && state_->in.pos == in_before) break;  // the end, or cut off
    count -= piece.pos;
  }
  return absl::OkStatus();
}

}  // namespace migrate::binlog
