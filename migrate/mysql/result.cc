#include "migrate/mysql/result.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace migrate::mysql {

size_t Row::size() const { return result_->columns_.size(); }

std::optional<std::string_view> Row::operator[](size_t column) const {
  return result_->cells_[index_ * result_->columns_.size() + column];
}

std::optional<std::string_view> Row::Get(std::string_view name) const {
  for (size_t i = 0; i < result_->columns_.size(); ++i) {
    if (absl::EqualsIgnoreCase(result_->columns_[i], name)) return (*this)[i];
  }
  return std::nullopt;
}

int64_t Row::Int(size_t column) const {
  int64_t value = 0;
  return absl::SimpleAtoi((*this)[column].value_or(""), &value) ? value : 0;
}

uint64_t Row::Uint(size_t column) const {
  uint64_t value = 0;
  return absl::SimpleAtoi((*this)[column].value_or(""), &value) ? value : 0;
}

double Row::Double(size_t column) const {
  double value = 0;
  return absl::SimpleAtod((*this)[column].value_or(""), &value) ? value : 0;
}

}  // namespace migrate::mysql
