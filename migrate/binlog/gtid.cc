#include "migrate/binlog/gtid.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace migrate::binlog {
namespace {

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

bool IsTag(std::string_view text) {
  if (text.empty() || text.size() > 32 || absl::ascii_isdigit(static_cast<unsigned char>(text[0]))) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; });
}

void AppendInt64(uint64_t value, std::string* out) {
  for (int i = 0; i < 8; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

absl::Status BadSet(std::string_view part) {
  return absl::InvalidArgumentError(absl::StrCat("not a GTID set: '", part, "'"));
}

}  // namespace

bool GtidSet::ParseInterval(std::string_view text, Intervals* intervals) {
  const std::pair<std::string_view, std::string_view> ends = absl::StrSplit(text, absl::MaxSplits('-', 1));
  uint64_t first = 0;
  if (!absl::SimpleAtoi(ends.first, &first) || first == 0) return false;
  uint64_t last = first;
  if (text.find('-') != std::string_view::npos && (!absl::SimpleAtoi(ends.second, &last) || last < first)) return false;
  if (last >= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return false;
  AddInterval(first, last + 1, intervals);
  return true;
}

void GtidSet::AddInterval(uint64_t first, uint64_t end, Intervals* intervals) {
  auto it = intervals->upper_bound(first);
  if (it != intervals->begin() && std::prev(it)->second >= first) {
    --it;
    first = it->first;
  }
  while (it != intervals->end() && it->first <= end) {
    end = std::max(end, it->second);
    it = intervals->erase(it);
  }
  (*intervals)[first] = end;
}

absl::StatusOr<GtidSet> GtidSet::Parse(mysql::Flavour flavour, std::string_view text) {
  GtidSet set(flavour);
  const std::string compact =
      absl::AsciiStrToLower(absl::StrReplaceAll(text, {{" ", ""}, {"\n", ""}, {"\r", ""}, {"\t", ""}}));
  for (std::string_view part : absl::StrSplit(compact, ',', absl::SkipEmpty())) {
    if (flavour == mysql::Flavour::kMariaDb) {
      const std::vector<std::string_view> numbers = absl::StrSplit(part, '-');
      uint32_t domain = 0;
      Last last;
      if (numbers.size() != 3 || !absl::SimpleAtoi(numbers[0], &domain) ||
          !absl::SimpleAtoi(numbers[1], &last.server) || !absl::SimpleAtoi(numbers[2], &last.number)) {
        return BadSet(part);
      }
      set.mariadb_[domain] = last;
      continue;
    }
    const std::vector<std::string_view> pieces = absl::StrSplit(part, ':');
    if (!IsUuid(pieces[0])) return BadSet(part);
    std::string source(pieces[0]);
    for (size_t i = 1; i < pieces.size(); ++i) {
      if (IsTag(pieces[i])) {
        source = absl::StrCat(pieces[0], ":", pieces[i]);
      } else if (!ParseInterval(pieces[i], &set.mysql_[source])) {
        return BadSet(part);
      }
    }
  }
  return set;
}

void GtidSet::Add(const Gtid& gtid) {
  if (gtid.number == 0 || gtid.flavour != flavour_) return;
  if (flavour_ == mysql::Flavour::kMariaDb) {
    mariadb_[gtid.domain] = {gtid.server, gtid.number};
  } else {
    AddInterval(gtid.number, gtid.number + 1, &mysql_[gtid.source]);
  }
}

bool GtidSet::Contains(const GtidSet& other) const {
  for (const auto& [domain, last] : other.mariadb_) {
    auto it = mariadb_.find(domain);
    if (it == mariadb_.end() || it->second.number < last.number) return false;
  }
  for (const auto& [source, intervals] : other.mysql_) {
    if (intervals.empty()) continue;
    auto mine = mysql_.find(source);
    if (mine == mysql_.end()) return false;
    for (const auto& [first, end] : intervals) {
      auto it = mine->second.upper_bound(first);
      if (it == mine->second.begin() || std::prev(it)->second < end) return false;
    }
  }
  return true;
}

std::string GtidSet::ToString() const {
  std::string out;
  for (const auto& [domain, last] : mariadb_) {
    absl::StrAppend(&out, out.empty() ? "" : ",", domain, "-", last.server, "-", last.number);
  }
  std::string_view uuid;
  for (const auto& [source, intervals] : mysql_) {
    if (intervals.empty()) continue;
    if (std::string_view(source).substr(0, 36) == uuid) {
      absl::StrAppend(&out, std::string_view(source).substr(36));  // ":tag"
    } else {
      uuid = std::string_view(source).substr(0, 36);
      absl::StrAppend(&out, out.empty() ? "" : ",", source);
    }
    for (const auto& [first, end] : intervals) {
      absl::StrAppend(&out, ":", first);
      if (end > first + 1) absl::StrAppend(&out, "-", end - 1);
    }
  }
  return out;
}

std::string GtidSet::Encode() const {
  bool tagged = false;
  uint64_t sources = 0;
  for (const auto& [source, intervals] : mysql_) {
    tagged = tagged || source.size() > 36;
    if (!intervals.empty()) ++sources;
  }
  std::string out;
  // With tags: format 1 in the first and the last byte, the count in between.
  constexpr uint64_t kTagged = uint64_t{1} << 56 | 1;
  AppendInt64(tagged ? kTagged | sources << 8 : sources, &out);
  for (const auto& [source, intervals] : mysql_) {
    if (intervals.empty()) continue;
    std::string uuid;
    if (!absl::HexStringToBytes(absl::StrReplaceAll(source.substr(0, 36), {{"-", ""}}), &uuid))
      continue;  // never: parsed
    out += uuid;
    if (tagged) {
      const std::string_view tag = source.size() > 36 ? std::string_view(source).substr(37) : std::string_view();
      out.push_back(static_cast<char>(tag.size() << 1));  // a one-byte number of the serialization library
      absl::StrAppend(&out, tag);
    }
    AppendInt64(intervals.size(), &out);
    for (const auto& [first, end] : intervals) {
      AppendInt64(first, &out);
      AppendInt64(end, &out);
    }
  }
  return out;
}

}  // namespace migrate::binlog
