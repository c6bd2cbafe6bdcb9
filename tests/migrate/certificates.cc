#include "tests/migrate/certificates.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace tests::migrate {
namespace {

constexpr char kScript[] = R"(set -e
authority() {  # NAME
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$1-key.pem" -out "$1.pem"
}
signed() {  # NAME EXTENSION
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$1-key.pem" -out "$1.csr"
  echo "$2" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem"
}
authority ca
authority other
signed server subjectAltName=IP:127.0.0.1
signed client extendedKeyUsage=clientAuth
chmod 644 *.pem
)";

struct Folder {
  std::string path;
  ~Folder() {
    std::error_code ignored;
    if (!path.empty()) std::filesystem::remove_all(path, ignored);
  }
};

absl::StatusOr<Certificates> Make() {
  static Folder folder;
  char path[] = "/tmp/migrate-certificates.XXXXXX";
  if (mkdtemp(path) == nullptr || chmod(path, 0755) != 0) return absl::ErrnoToStatus(errno, path);
  folder.path = path;
  const std::string log = absl::StrCat(path, "/log");
  std::ofstream(absl::StrCat(path, "/make")) << kScript;
  if (std::system(absl::StrCat("cd ", path, " && bash make > log 2>&1").c_str()) != 0) {
    std::stringstream text;
    text << std::ifstream(log).rdbuf();
    return absl::InternalError(absl::StrCat("making certificates: ", text.str()));
  }
  auto file = [&](const char* name) { return absl::StrCat(path, "/", name, ".pem"); };
  return Certificates{.ca = file("ca"),
                      .other_ca = file("other"),
                      .server = file("server"),
                      .server_key = file("server-key"),
                      .client = file("client"),
                      .client_key = file("client-key")};
}

}  // namespace

absl::StatusOr<Certificates> Certificates::Get() {
  static const absl::StatusOr<Certificates> certificates = Make();
  return certificates;
}

}  // namespace tests::migrate
