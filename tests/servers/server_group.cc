#include "tests/servers/server_group.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/servers/client.h"

namespace tests::servers {
namespace {

std::string RandomPassword() {
  std::random_device random;
  return absl::StrFormat("%08x%08x", random(), random());
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerGroup::Make(const Installation& installation, const char* name,
                                                                 int server_id, std::vector<std::string> flags) {
  const ServerUser user = ChooseServerUser();
  const std::string folder = absl::StrCat(folder_->path(), "/", name);
  if (mkdir(folder.c_str(), 0755) != 0 || (user.switch_to && chown(folder.c_str(), user.uid, user.gid) != 0)) {
    return absl::ErrnoToStatus(errno, absl::StrCat("making ", folder));
  }
  return std::make_unique<ServerProcess>(
      installation, user,
      ServerProcess::Settings{
          .folder = folder, .password = password_, .server_id = server_id, .flags = std::move(flags)});
}

absl::StatusOr<std::unique_ptr<ServerGroup>> ServerGroup::Start(const Settings& settings) {
  absl::StatusOr<Installation> installation = Installation::Find(settings.kind);
  if (!installation.ok()) return installation.status();
  absl::StatusOr<std::unique_ptr<ScratchFolder>> folder = ScratchFolder::Create("programs-servers");
  if (!folder.ok()) return folder.status();

  std::unique_ptr<ServerGroup> group(new ServerGroup());
  group->folder_ = *std::move(folder);
  group->password_ = RandomPassword();
  absl::StatusOr<std::unique_ptr<ServerProcess>> primary = group->Make(*installation, "primary", 1, settings.flags);
  if (!primary.ok()) return primary.status();
  group->primary_ = *std::move(primary);
  if (absl::Status status = group->primary_->InitializeData(); !status.ok()) return status;
  if (settings.has_replica) {
    std::vector<std::string> flags = settings.flags;
    flags.insert(flags.end(), settings.replica_flags.begin(), settings.replica_flags.end());
    absl::StatusOr<std::unique_ptr<ServerProcess>> replica = group->Make(*installation, "replica", 2, std::move(flags));
    if (!replica.ok()) return replica.status();
    group->replica_ = *std::move(replica);
    // Before the primary's first start, while its data folder is still.
    if (absl::Status status = group->replica_->CopyData(*group->primary_); !status.ok()) return status;
  }
  if (absl::Status status = group->StartPrimary(); !status.ok()) return status;
  if (settings.has_replica) {
    if (absl::Status status = group->StartReplica(); !status.ok()) return status;
  }
  return group;
}

ServerGroup::~ServerGroup() {
  replica_.reset();
  primary_.reset();
}

absl::Status ServerGroup::StartPrimary() {
  if (absl::Status status = primary_->Start(); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Client>> client = Client::Connect(primary_->address());
  if (!client.ok()) return client.status();
  absl::StatusOr<std::string> version = (*client)->QueryValue("SELECT VERSION()");
  if (!version.ok()) return version.status();
  version_ = *version;
  return absl::OkStatus();
}

absl::Status ServerGroup::StartReplica() {
  if (absl::Status status = replica_->Start(); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<Client>> client = Client::Connect(replica_->address());
  if (!client.ok()) return client.status();
  for (const std::string& statement :
       replica_->installation().ReplicateFrom(primary_->address().port, "root", password_)) {
    if (absl::Status status = (*client)->Execute(statement); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace tests::servers
