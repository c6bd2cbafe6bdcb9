#include "sandbox/fs/pipe.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

namespace sandbox {
namespace {

// A pipe is a queue of bytes with a capacity; writes of up to PIPE_BUF are all or nothing.
TEST(PipeTest, AgreesWithAQueueOfBytes) {
  std::mt19937 random(3);
  Pipe pipe;
  pipe.readers = pipe.writers = 1;
  std::deque<char> model;
  size_t capacity = kDefaultPipeSize;
  for (int step = 0; step < 30000; ++step) {
    size_t n = random() % 3 == 0 ? random() % 100000 : random() % 5000;
    std::string bytes(n, '\0');
    IoBuffer buffer(bytes.data(), n);
    switch (random() % 16) {
      case 0: {
        size_t wanted = size_t{4096} << random() % 6;
        Result<void> result = pipe.Resize(wanted);
        ASSERT_EQ(result.ok(), wanted >= model.size()) << "step " << step;
        if (result.ok()) capacity = wanted;
        break;
      }
      case 1 ... 7: {
        for (char& c : bytes) c = static_cast<char>(random());
        size_t room = capacity - model.size();
        size_t expected = n <= kPipeBuffer ? (room >= n ? n : 0) : std::min(n, room);
        Result<size_t> result = pipe.Write(buffer);
        if (n > 0 && expected == 0) {
          ASSERT_EQ(result.error(), EAGAIN) << "step " << step;
        } else {
          ASSERT_TRUE(result.ok());
          ASSERT_EQ(*result, expected) << "step " << step;
        }
        model.insert(model.end(), bytes.begin(), bytes.begin() + static_cast<long>(expected));
        break;
      }
      default: {
        size_t expected = std::min(n, model.size());
        std::string looked(expected, '\0');
        ASSERT_EQ(pipe.Peek(looked.data(), expected), expected);
        Result<size_t> result = pipe.Read(buffer);
        if (n > 0 && expected == 0) {
          ASSERT_EQ(result.error(), EAGAIN);
          break;
        }
        ASSERT_EQ(*result, expected);
        ASSERT_EQ(bytes.substr(0, expected), std::string(model.begin(), model.begin() + static_cast<long>(expected)));
        ASSERT_EQ(looked, bytes.substr(0, expected));
        model.erase(model.begin(), model.begin() + static_cast<long>(expected));
      }
    }
    ASSERT_EQ(pipe.used(), model.size());
  }
}

TEST(PipeTest, EndsThatAreGone) {
  Pipe pipe;
  char byte = 'x';
  IoBuffer out(&byte, 1);
  EXPECT_EQ(pipe.Write(out).error(), EPIPE);
  IoBuffer in(&byte, 1);
  EXPECT_EQ(*pipe.Read(in), 0u);
  pipe.writers = 1;
  EXPECT_EQ(pipe.Read(in).error(), EAGAIN);
  EXPECT_EQ(pipe.Resize(kMaxPipeSize + 1).error(), EPERM);
}

}  // namespace
}  // namespace sandbox
