// Certificates for a test, made once a process in a temporary folder, which is removed at the end.
#ifndef TESTS_MIGRATE_CERTIFICATES_H_
#define TESTS_MIGRATE_CERTIFICATES_H_

#include <string>

#include "absl/status/statusor.h"

namespace tests::migrate {

struct Certificates {
  std::string ca;          // an authority
  std::string other_ca;    // one that has signed nothing
  std::string server;      // signed by ca, for 127.0.0.1 and for no other name
  std::string server_key;  // readable by everybody: a server may be another user
  std::string client;      // signed by ca
  std::string client_key;

  // Needs the program openssl.
  static absl::StatusOr<Certificates> Get();
};

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_CERTIFICATES_H_
