#include "vrcharts/analysis/study.h"

#include <cmath>
#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "vrcharts/analysis/indicators.h"

namespace vrcharts::analysis {
namespace {

struct Kind {
  const char* name;
  const char* label;
  std::vector<double> defaults;
  std::function<void(const std::vector<double>&, const quotes::Series&, Study*)> compute;
};

Study& Add(std::vector<double> values, Study* study, bool histogram = false) {
  study->curves.push_back({Values(std::move(values)), histogram});
  return *study;
}

int N(double parameter) { return static_cast<int>(parameter); }

void ComputeBollinger(const std::vector<double>& p, const quotes::Series& series, Study* study) {
  Bands bands = Bollinger(series.close(), N(p[0]), p[1]);
  Add(std::move(bands.upper), study);
  Add(std::move(bands.lower), study);
  Add(std::move(bands.middle), study);
  study->band = true;
}

void ComputeRsi(const std::vector<double>& p, const quotes::Series& series, Study* study) {
  Add(Rsi(series.close(), N(p[0])), study);
  study->own_pane = study->fixed_range = true;
  study->low = 0;
  study->high = 100;
  study->guides = {30, 70};
}

void ComputeMacd(const std::vector<double>& p, const quotes::Series& series, Study* study) {
  MacdLines lines = Macd(series.close(), N(p[0]), N(p[1]), N(p[2]));
  Add(std::move(lines.macd), study);
  Add(std::move(lines.signal), study);
  Add(std::move(lines.histogram), study, true);
  study->own_pane = true;
}

const std::vector<Kind>& Kinds() {
  static const auto* const kinds = new std::vector<Kind>{
      {"sma", "SMA", {20}, [](const auto& p, const auto& s, Study* out) { Add(Sma(s.close(), N(p[0])), out); }},
      {"ema", "EMA", {50}, [](const auto& p, const auto& s, Study* out) { Add(Ema(s.close(), N(p[0])), out); }},
      {"bollinger", "BB", {20, 2}, ComputeBollinger},
      {"vwap", "VWAP", {20}, [](const auto& p, const auto& s, Study* out) { Add(Vwap(s, N(p[0])), out); }},
      {"rsi", "RSI", {14}, ComputeRsi},
      {"macd", "MACD", {12, 26, 9}, ComputeMacd},
      {"atr", "ATR", {14}, [](const auto& p, const auto& s, Study* out) { Add(Atr(s, N(p[0])), out).own_pane = true; }},
  };
  return *kinds;
}

const Kind* FindKind(const std::string& name) {
  for (const Kind& kind : Kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace

std::string StudySpec::ToString() const {
  std::string out = name;
  for (const double parameter : parameters) absl::StrAppend(&out, ":", parameter);
  return out;
}

absl::StatusOr<StudySpec> ParseStudySpec(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  const Kind* kind = FindKind(absl::AsciiStrToLower(parts[0]));
  if (kind == nullptr) {
    std::string known;
    for (const Kind& each : Kinds()) absl::StrAppend(&known, known.empty() ? "" : ", ", each.name);
    return absl::InvalidArgumentError(absl::StrCat("no indicator is called \"", parts[0], "\"; there are ", known));
  }
  StudySpec spec{kind->name, kind->defaults};
  if (parts.size() - 1 > spec.parameters.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\": ", kind->name, " has at most ", spec.parameters.size(), " parameters"));
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    double value;
    if (!absl::SimpleAtod(parts[i], &value) || !(value > 0) || value > 100000) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\": \"", parts[i], "\" is not a number above 0 and up to 100000"));
    }
    const bool whole = !(spec.name == "bollinger" && i == 2);
    if (whole && value != std::floor(value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\": \"", parts[i], "\" is not a whole number of bars"));
    }
    spec.parameters[i - 1] = value;
  }
  return spec;
}

Study Compute(const StudySpec& spec, const quotes::Series& series) {
  const Kind& kind = *FindKind(spec.name);
  Study study;
  study.label = kind.label;
  const bool daily = series.interval() >= 86400;
  if (spec.name != "vwap" || daily) {
    for (size_t i = 0; i < spec.parameters.size(); ++i) {
      absl::StrAppend(&study.label, i == 0 ? " " : ", ", spec.parameters[i]);
    }
  }
  kind.compute(spec.parameters, series, &study);
  return study;
}

}  // namespace vrcharts::analysis
