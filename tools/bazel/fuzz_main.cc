// The main function of a fuzz target in a build without libFuzzer: runs the target on each file named on the command
// line, then on a fixed number of mutations of them from a fixed seed (FUZZ_RUNS and FUZZ_SEED change both).

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

void Run(const std::string& input) {
  // A copy of exactly the right size, so that address sanitizer sees every read past the end.
  std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

uint64_t FromEnvironment(const char* name, uint64_t default_value) {
  const char* text = std::getenv(name);
  return text == nullptr ? default_value : std::strtoull(text, nullptr, 10);
}

void Mutate(const std::vector<std::string>& corpus, std::mt19937_64& random, std::string& input) {
  constexpr unsigned char kInteresting[] = {0x00, 0x01, 0x7f, 0x80, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
  auto below = [&](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  switch (below(6)) {
    case 0:
      if (!input.empty()) input[below(input.size())] = static_cast<char>(random());
      break;
    case 1:
      if (!input.empty()) input[below(input.size())] = static_cast<char>(kInteresting[below(sizeof(kInteresting))]);
      break;
    case 2:
      input.resize(below(input.size() + 1));
      break;
    case 3:
      input.insert(below(input.size() + 1), 1 + below(8), static_cast<char>(random()));
      break;
    case 4:
      if (!input.empty()) input.erase(below(input.size()), 1 + below(8));
      break;
    default: {
      const std::string& other = corpus[below(corpus.size())];
      input = input.substr(0, below(input.size() + 1)) + other.substr(below(other.size() + 1));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> corpus;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "cannot read corpus file %s\n", argv[i]);
      return 1;
    }
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    Run(corpus.back());
  }
  if (corpus.empty()) corpus.emplace_back();
  const uint64_t seed = FromEnvironment("FUZZ_SEED", 1);
  const uint64_t runs = FromEnvironment("FUZZ_RUNS", 20000);
  std::mt19937_64 random(seed);
  for (uint64_t run = 0; run < runs; ++run) {
    std::string input = corpus[random() % corpus.size()];
    for (uint64_t count = 1 + random() % 4; count > 0; --count) Mutate(corpus, random, input);
    Run(input);
  }
  std::printf("%zu corpus files and %llu mutations from seed %llu\n", corpus.size(),
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seed));
}
