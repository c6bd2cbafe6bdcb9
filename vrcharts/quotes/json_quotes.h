#ifndef VRCHARTS_QUOTES_JSON_QUOTES_H_
#define VRCHARTS_QUOTES_JSON_QUOTES_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "vrcharts/options/options.pb.h"
#include "vrcharts/quotes/source.h"

namespace vrcharts::quotes {

// Where the bars stand in a JSON answer; options.proto's JsonMapping, with what a shape stands for filled in.
//
// `bars` leads to the bars. What is there decides how the other paths are read:
//   - an array of objects or of arrays: a bar each; the paths begin at the bar;
//   - an object in which `time` leads to an array: columns; the paths lead to arrays of equal length;
//   - any other object: a map from times to bars; the paths begin at the bar, `time` is not used.
// Nulls are gaps. Open, high and low default to the close.
struct JsonPaths {
  std::string bars;
  std::string time, open, high, low, close, adjusted_close, volume;
  std::string name, currency;  // from the root
  std::string error;           // from the root: a text there means that the service refused
  std::string split, dividend;
  // From the root: a list of splits that the prices are adjusted for already; time, new and old shares of an entry.
  std::string splits, splits_time, splits_new, splits_old;
};

JsonPaths PathsOf(const options::JsonMapping& mapping);

// Parses and validates one answer. Fails with DataLoss if it is no JSON or has no bars where they should be, naming the
// path; with NotFound if the service says so at `error`.
absl::StatusOr<Fetched> ParseJsonQuotes(std::string_view body, const JsonPaths& paths, const Instrument& wanted,
                                        absl::TimeZone zone);

}  // namespace vrcharts::quotes

#endif  // VRCHARTS_QUOTES_JSON_QUOTES_H_
