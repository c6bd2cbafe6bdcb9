// Every column type of both servers, with values at its edges.
#ifndef TESTS_MIGRATE_COLUMN_TYPES_H_
#define TESTS_MIGRATE_COLUMN_TYPES_H_

#include <string>
#include <vector>

namespace tests::migrate {

struct TypeCase {
  std::string type;
  std::vector<std::string> values;  // SQL expressions
  // How to look at a value in SELECT; "c" where the server's text is exact.
  std::string select = "HEX(c)";
};

// All types that the server knows. The sessions that write the values need a sql_mode without the strict and the
// no-zero-date modes.
std::vector<TypeCase> AllTypes(bool mariadb);

}  // namespace tests::migrate

#endif  // TESTS_MIGRATE_COLUMN_TYPES_H_
