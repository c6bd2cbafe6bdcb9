// Where the peers are kept that tests/servers/fetch_mysql and tests/openxr/build_monado get.
#ifndef TESTS_SERVERS_PEERS_H_
#define TESTS_SERVERS_PEERS_H_

#include <string>

namespace tests::servers {

// $PROGRAMS_PEERS; by default /var/cache/programs for root, and ${XDG_CACHE_HOME:-~/.cache}/programs for others.
// tools/lib.sh says the same.
std::string PeersFolder();

}  // namespace tests::servers

#endif  // TESTS_SERVERS_PEERS_H_
