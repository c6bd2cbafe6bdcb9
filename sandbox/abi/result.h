// The result of anything that can fail the way a system call fails: a value or an errno.
//
// absl::Status carries a message and costs an allocation; a system call that fails (ENOENT while PATH is searched,
// EAGAIN on an empty pipe) is an everyday event, so inside the sentry errors are plain numbers. absl::Status is used
// where a human reads the message: boot, confinement, options.
//
//   Result<size_t> Length(std::string_view path) {
//     if (path.empty()) return Error(ENOENT);
//     ASSIGN_OR_RETURN(Inode* inode, Lookup(path));
//     RETURN_IF_ERROR(CheckReadable(*inode));
//     return inode->size();
//   }
#ifndef SANDBOX_ABI_RESULT_H_
#define SANDBOX_ABI_RESULT_H_

#include <cerrno>
#include <optional>
#include <utility>

namespace sandbox {

// An errno (positive), or one of the restart codes of abi/restart.h.
class [[nodiscard]] Error {
 public:
  constexpr explicit Error(int code) : code_(code) {}
  constexpr int code() const { return code_; }

 private:
  int code_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(Error error) : error_(error.code()) {}  // NOLINT: implicit so that `return Error(ENOENT)` works
  template <typename U = T>
  requires std::is_convertible_v<U&&, T> Result(U&& value) : value_(std::forward<U>(value)) {}  // NOLINT

  bool ok() const { return error_ == 0; }
  // 0 when ok.
  int error() const { return error_; }

  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T value_or(T other) const { return ok() ? *value_ : other; }

 private:
  std::optional<T> value_;
  int error_ = 0;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(error.code()) {}  // NOLINT

  bool ok() const { return error_ == 0; }
  int error() const { return error_; }

 private:
  int error_ = 0;
};

inline Result<void> Ok() { return {}; }

}  // namespace sandbox

#define SANDBOX_CONCAT_INNER_(a, b) a##b
#define SANDBOX_CONCAT_(a, b) SANDBOX_CONCAT_INNER_(a, b)

#define RETURN_IF_ERROR(expression)                                                           \
  do {                                                                                        \
    if (auto result_ = (expression); !result_.ok()) return ::sandbox::Error(result_.error()); \
  } while (false)

#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_(SANDBOX_CONCAT_(result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_(result, declaration, expression)   \
  auto result = (expression);                                \
  if (!result.ok()) return ::sandbox::Error(result.error()); \
  declaration = *std::move(result)

#endif  // SANDBOX_ABI_RESULT_H_
