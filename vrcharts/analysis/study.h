#ifndef VRCHARTS_ANALYSIS_STUDY_H_
#define VRCHARTS_ANALYSIS_STUDY_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "vrcharts/analysis/values.h"
#include "vrcharts/quotes/series.h"

namespace vrcharts::analysis {

// One line of a study.
struct Curve {
  Values values;
  bool histogram = false;  // columns from zero instead of a line
};

// An indicator computed for one series, ready to be drawn.
struct Study {
  std::string label;      // "SMA 20"
  bool own_pane = false;  // below the prices, with an axis of its own, instead of over them
  std::vector<Curve> curves;
  bool band = false;           // the area between curves[0] and curves[1] is shaded
  std::vector<double> guides;  // horizontal lines: 30 and 70 of the RSI
  bool fixed_range = false;    // the pane's axis goes from `low` to `high` whatever the values
  double low = 0, high = 0;
};

using StudyPtr = std::shared_ptr<const Study>;

// Which indicator, with its parameters. Written "NAME" or "NAME:NUMBER:NUMBER": "sma:20", "macd:12:26:9".
struct StudySpec {
  std::string name;
  std::vector<double> parameters;

  std::string ToString() const;
  friend bool operator==(const StudySpec&, const StudySpec&) = default;
};

// Fills in missing parameters with the usual ones. Fails with InvalidArgument, naming what is wrong and what is known.
absl::StatusOr<StudySpec> ParseStudySpec(const std::string& text);

// O(bars). `spec` must come from ParseStudySpec.
Study Compute(const StudySpec& spec, const quotes::Series& series);

}  // namespace vrcharts::analysis

#endif  // VRCHARTS_ANALYSIS_STUDY_H_
