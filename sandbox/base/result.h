// The result of anything a guest asked for: a value, or the errno the guest shall see.
//
// Inside the sentry, where the caller is a guest program and the answer is a number in rax, `Result<T>` takes the place
// of absl::StatusOr: it costs no allocation and cannot lose the errno. Towards the operator (flags, boot, policy files)
// absl::Status is used.
//
//   Result<int> Half(int n) {
//     if (n % 2 != 0) return Errno(EINVAL);
//     return n / 2;
//   }
//   SANDBOX_ASSIGN_OR_RETURN(int half, Half(n));
#ifndef SANDBOX_BASE_RESULT_H_
#define SANDBOX_BASE_RESULT_H_

#include <errno.h>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace sandbox {

// A positive errno value. Explicit, so that a plain number never becomes an error by accident.
class Errno {
 public:
  constexpr explicit Errno(int value) : value_(value) {}
  constexpr int value() const { return value_; }
  friend constexpr bool operator==(Errno a, Errno b) { return a.value_ == b.value_; }
  friend constexpr bool operator==(Errno a, int b) { return a.value_ == b; }

 private:
  int value_;
};

// The calling thread's errno, after a failed host call.
inline Errno HostErrno() { return Errno(errno); }

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(Errno error) : error_(error.value()) {}   // NOLINT: implicit, so that `return Errno(EINVAL)` reads well
  Result(const T& value) : value_(value) {}        // NOLINT
  Result(T&& value) : value_(std::move(value)) {}  // NOLINT
  template <typename U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::decay_t<U>, T> &&
           !std::is_same_v<std::decay_t<U>, Errno> && !std::is_same_v<std::decay_t<U>, Result<T>>) Result(U&& value)
      : value_(std::forward<U>(value)) {}  // NOLINT

  bool ok() const { return error_ == 0; }
  // Only when !ok().
  Errno error() const { return Errno(error_); }
  bool failed_with(int value) const { return error_ == value; }

  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  int error_ = 0;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  constexpr Result() = default;
  constexpr Result(Errno error) : error_(error.value()) {}  // NOLINT

  constexpr bool ok() const { return error_ == 0; }
  constexpr Errno error() const { return Errno(error_); }
  constexpr bool failed_with(int value) const { return error_ == value; }

 private:
  int error_ = 0;
};

inline constexpr Result<void> Ok() { return Result<void>(); }

#define SANDBOX_CONCAT_INNER(a, b) a##b
#define SANDBOX_CONCAT(a, b) SANDBOX_CONCAT_INNER(a, b)

#define SANDBOX_RETURN_IF_ERROR(expression)                  \
  do {                                                       \
    auto sandbox_result = (expression);                      \
    if (!sandbox_result.ok()) return sandbox_result.error(); \
  } while (false)

#define SANDBOX_ASSIGN_OR_RETURN(declaration, expression) \
  SANDBOX_ASSIGN_OR_RETURN_INNER(SANDBOX_CONCAT(sandbox_result_, __LINE__), declaration, expression)

#define SANDBOX_ASSIGN_OR_RETURN_INNER(result, declaration, expression) \
  auto result = (expression);                                           \
  if (!result.ok()) return result.error();                              \
  declaration = std::move(*result)

}  // namespace sandbox

#endif  // SANDBOX_BASE_RESULT_H_
