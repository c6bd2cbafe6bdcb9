// The tables that a migration of T creates beside it: _T_gho (the ghost, which becomes the new T), _T_ghc
// (checkpoints), _T_del (the old T after the swap). The same names as gh-ost's, since operators' scripts look for them.
#ifndef MIGRATE_SCHEMA_NAMES_H_
#define MIGRATE_SCHEMA_NAMES_H_

#include <string>
#include <string_view>

namespace migrate::schema {

struct TableNames {
  std::string original;
  std::string ghost;
  std::string changelog;
  std::string old;
};

// `base` is the table's own name or that of --force-table-names; it is shortened where the server's limit of 64
// characters demands it. `timestamp` ("20261123055500", or empty) goes into the old table's name.
TableNames MakeTableNames(std::string_view original, std::string_view base, std::string_view timestamp);

}  // namespace migrate::schema

#endif  // MIGRATE_SCHEMA_NAMES_H_
