// A cut-over that kills its own process right after one of its steps: cutover_victim HOST PORT PASSWORD DATABASE
// STEP_NUMBER. For cutover_test. Without such a step it exits with 0.
#include <signal.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/migrate/cutover_rig.h"

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const int last = std::atoi(argv[5]);
  int step = 0;
  auto rig = tests::migrate::CutoverRig::Create(
      {.address =
           {.host = argv[1], .port = std::atoi(argv[2]), .user = "migrator", .password = argv[3], .database = argv[4]}},
      [&](std::string_view, uint64_t) {
        if (step++ == last) raise(SIGKILL);
      });
  if (!rig.ok()) {
    std::cerr << rig.status() << std::endl;
    return 1;
  }
  auto outcome = (*rig)->Attempt();
  if (!outcome.ok()) std::cerr << outcome.status() << std::endl;
  return outcome.ok() ? 0 : 1;
}
