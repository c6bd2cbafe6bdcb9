// Every file system that guests can write to, against the host's own: the same random operations on both, the same
// answers, and in the end the same tree.
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "sandbox/fs/host_directory.h"
#include "sandbox/fs/overlay.h"
#include "sandbox/fs/tmpfs.h"
#include "sandbox/mm/memory_file.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {
namespace {

namespace stdfs = std::filesystem;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = testing::TempDir() + "/fsXXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { stdfs::remove_all(path_); }
  const std::string& path() const { return path_; }
  int Open() const { return open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }

 private:
  std::string path_;
};

// The operations, on the host below a directory, answering 0 or an errno.
class HostTreeModel {
 public:
  explicit HostTreeModel(int directory) : fd_(directory) {}
  ~HostTreeModel() { close(fd_); }

  int MakeDirectory(const std::string& path) { return Answer(mkdirat(fd_, path.c_str(), 0755)); }
  int MakeLink(const std::string& target, const std::string& path) {
    return Answer(symlinkat(target.c_str(), fd_, path.c_str()));
  }
  int HardLink(const std::string& from, const std::string& to) {
    return Answer(linkat(fd_, from.c_str(), fd_, to.c_str(), 0));
  }
  int Remove(const std::string& path) { return Answer(unlinkat(fd_, path.c_str(), 0)); }
  int RemoveDirectory(const std::string& path) { return Answer(unlinkat(fd_, path.c_str(), AT_REMOVEDIR)); }
  int Rename(const std::string& from, const std::string& to, unsigned flags) {
    return Answer(renameat2(fd_, from.c_str(), fd_, to.c_str(), flags));
  }
  int Write(const std::string& path, int flags, const std::string& text, uint64_t offset) {
    int file = openat(fd_, path.c_str(), flags | O_WRONLY, 0644);
    if (file < 0) return errno;
    int answer = pwrite(file, text.data(), text.size(), static_cast<off_t>(offset)) < 0 ? errno : 0;
    close(file);
    return answer;
  }
  int Truncate(const std::string& path, uint64_t size) {
    int file = openat(fd_, path.c_str(), O_WRONLY);
    if (file < 0) return errno;
    int answer = Answer(ftruncate(file, static_cast<off_t>(size)));
    close(file);
    return answer;
  }
  // Contents by following links; the errno as text if it cannot be read.
  std::string Read(const std::string& path) {
    int file = openat(fd_, path.c_str(), O_RDONLY);
    if (file < 0) return absl::StrCat("error ", errno);
    std::string text(1 << 20, '\0');
    ssize_t n = pread(file, text.data(), text.size(), 0);
    std::string result = n < 0 ? absl::StrCat("error ", errno) : text.substr(0, n);
    close(file);
    return result;
  }
  int ChangeMode(const std::string& path, unsigned mode) { return Answer(fchmodat(fd_, path.c_str(), mode, 0)); }

 private:
  static int Answer(int result) { return result < 0 ? errno : 0; }
  const int fd_;
};

// The same on the sandbox's file systems.
class SandboxTree {
 public:
  explicit SandboxTree(std::shared_ptr<Inode> root) : credentials_(Credentials::ForUser(0, 0, {})) {
    vfs_.mounts().MountRoot(std::move(root), MountOptions{"test", "test"});
    root_ = vfs_.RootPath();
  }

  int MakeDirectory(const std::string& path) {
    return Answer(vfs_.Create(At(path), CreateRequest{.mode = S_IFDIR | 0755}, 0));
  }
  int MakeLink(const std::string& target, const std::string& path) {
    return Answer(vfs_.Create(At(path), CreateRequest{.mode = S_IFLNK | 0777, .target = target}, 0));
  }
  int HardLink(const std::string& from, const std::string& to) {
    Result<Path> target = vfs_.Resolve(At(from));
    return target.ok() ? Answer(vfs_.Link(*target, At(to))) : target.error();
  }
  int Remove(const std::string& path) { return Answer(vfs_.Unlink(At(path))); }
  int RemoveDirectory(const std::string& path) { return Answer(vfs_.RemoveDirectory(At(path))); }
  int Rename(const std::string& from, const std::string& to, unsigned flags) {
    return Answer(vfs_.Rename(At(from), At(to), flags));
  }
  int Write(const std::string& path, int flags, const std::string& text, uint64_t offset) {
    Result<std::shared_ptr<File>> file = vfs_.Open(At(path), OpenOptions{.flags = flags | O_WRONLY, .mode = 0644});
    if (!file.ok()) return file.error();
    IoBuffer buffer(const_cast<char*>(text.data()), text.size());
    return Answer((*file)->WriteAt(buffer, offset));
  }
  int Truncate(const std::string& path, uint64_t size) {
    Result<std::shared_ptr<File>> file = vfs_.Open(At(path), OpenOptions{.flags = O_WRONLY});
    if (!file.ok()) return file.error();
    return Answer((*file)->SetAttributes(AttributeChange{.size = size}));
  }
  std::string Read(const std::string& path) {
    Result<std::shared_ptr<File>> file = vfs_.Open(At(path), OpenOptions{.flags = O_RDONLY});
    if (!file.ok()) return absl::StrCat("error ", file.error());
    std::string text(1 << 20, '\0');
    IoBuffer buffer(text.data(), text.size());
    Result<size_t> n = (*file)->ReadAt(buffer, 0);
    if (!n.ok()) return (*file)->inode().IsDirectory() ? "error 21" : absl::StrCat("error ", n.error());
    return text.substr(0, *n);
  }
  int ChangeMode(const std::string& path, unsigned mode) {
    Lookup lookup = At(path, kFollowLast);
    Result<Path> found = vfs_.Resolve(lookup);
    return found.ok() ? Answer(vfs_.SetAttributes(*found, *credentials_, AttributeChange{.permissions = mode}))
                      : found.error();
  }

  // path -> "type mode contents" of the whole tree.
  std::map<std::string, std::string> Snapshot() {
    std::map<std::string, std::string> result;
    Walk("", &result);
    return result;
  }
  Vfs& vfs() { return vfs_; }

 private:
  Lookup At(const std::string& path, unsigned flags = 0) { return Lookup{root_, root_, path, *credentials_, flags}; }
  template <typename T>
  static int Answer(const Result<T>& result) {
    return result.error();
  }

  void Walk(const std::string& path, std::map<std::string, std::string>* result) {
    class Names : public DirectorySink {
     public:
      bool Add(std::string_view name, uint64_t, unsigned char type, int64_t) override {
        ++taken;
        if (name != "." && name != "..") names[std::string(name)] = type;
        return true;
      }
      std::map<std::string, unsigned char> names;
      int taken = 0;
    };
    std::string directory = path.empty() ? "." : path;
    Result<std::shared_ptr<File>> file = vfs_.Open(At(directory), OpenOptions{.flags = O_RDONLY | O_DIRECTORY});
    ASSERT_TRUE(file.ok()) << path << " " << file.error();
    Names all;
    for (int before = -1; before != all.taken;) {
      before = all.taken;
      ASSERT_TRUE((*file)->ListDirectory(all).ok());
    }
    for (const auto& [name, type] : all.names) {
      std::string child = path.empty() ? name : path + "/" + name;
      Result<Path> found = vfs_.Resolve(At(child));
      ASSERT_TRUE(found.ok()) << child << " is listed but not found: " << found.error();
      Result<Attributes> attributes = found->inode().GetAttributes();
      ASSERT_TRUE(attributes.ok()) << child;
      EXPECT_EQ(type, attributes->mode >> 12) << child;
      std::string& text = (*result)[child];
      text = absl::StrCat(attributes->mode);
      if (attributes->IsRegular()) absl::StrAppend(&text, " links ", attributes->links, " ", Read(child));
      if (attributes->IsSymlink()) absl::StrAppend(&text, " ", *found->inode().ReadLink());
      if (attributes->IsDirectory()) Walk(child, result);
    }
  }

  const std::shared_ptr<const Credentials> credentials_;
  Vfs vfs_{64};  // few, so that dentries are evicted all the time
  Path root_;
};

std::map<std::string, std::string> SnapshotOfHost(const std::string& root) {
  std::map<std::string, std::string> result;
  for (const auto& entry : stdfs::recursive_directory_iterator(root)) {
    struct stat status;
    lstat(entry.path().c_str(), &status);
    std::string name = entry.path().string().substr(root.size() + 1);
    std::string& text = result[name];
    text = absl::StrCat(status.st_mode);
    if (S_ISREG(status.st_mode)) {
      HostTreeModel reader(open(root.c_str(), O_PATH | O_DIRECTORY));
      absl::StrAppend(&text, " links ", status.st_nlink, " ", reader.Read(name));
    }
    if (S_ISLNK(status.st_mode)) absl::StrAppend(&text, " ", stdfs::read_symlink(entry.path()).string());
  }
  return result;
}

class RandomOperations {
 public:
  explicit RandomOperations(unsigned seed) : random_(seed) {}

  // Answers of `tree` to one random operation, and what it was.
  template <typename Tree>
  static std::string Run(Tree& tree, const std::vector<unsigned>& r, std::string* what) {
    std::string a = Name(r[1], r[2]), b = Name(r[3], r[4]);
    switch (r[0] % 12) {
      case 0:
      case 1:
        *what = "mkdir " + a;
        return absl::StrCat(tree.MakeDirectory(a));
      case 2:
        *what = "symlink " + b + " <- " + a;
        return absl::StrCat(tree.MakeLink(kNames[r[3] % 5], a));
      case 3:
        *what = "link " + a + " " + b;
        return absl::StrCat(tree.HardLink(a, b));
      case 4:
        *what = "unlink " + a;
        return absl::StrCat(tree.Remove(a));
      case 5:
        *what = "rmdir " + a;
        return absl::StrCat(tree.RemoveDirectory(a));
      case 6:
      case 7:
        *what = "rename " + a + " " + b + (r[5] % 8 == 0 ? " noreplace" : r[5] % 8 == 1 ? " exchange" : "");
        return absl::StrCat(tree.Rename(a, b, r[5] % 8 == 0 ? RENAME_NOREPLACE : r[5] % 8 == 1 ? RENAME_EXCHANGE : 0));
      case 8:
      case 9: {
        int flags = r[5] % 4 == 0 ? 0 : r[5] % 4 == 1 ? O_CREAT | O_EXCL : r[5] % 4 == 2 ? O_CREAT | O_TRUNC : O_CREAT;
        uint64_t offset = r[6] % 16 == 0 ? 70000 : r[6] % 8;
        *what = absl::StrCat("write ", a, " flags ", flags, " at ", offset);
        return absl::StrCat(tree.Write(a, flags, absl::StrCat("text ", r[6]), offset));
      }
      case 10:
        *what = absl::StrCat("truncate ", a, " ", r[6] % 100000);
        return absl::StrCat(tree.Truncate(a, r[6] % 3 == 0 ? r[6] % 100000 : r[6] % 10));
      default:
        if (r[5] % 2 == 0) {
          *what = "chmod " + a;
          return absl::StrCat(tree.ChangeMode(a, 0700 | (r[6] % 0100)));
        }
        *what = "read " + a;
        return tree.Read(a);
    }
  }
  std::vector<unsigned> Next() {
    std::vector<unsigned> numbers(7);
    for (unsigned& number : numbers) number = static_cast<unsigned>(random_());
    return numbers;
  }

 private:
  static constexpr const char* kNames[5] = {"a", "b", "c", "d", "e"};
  // One to three components, sometimes with a slash at the end.
  static std::string Name(unsigned r, unsigned s) {
    std::string name = kNames[r % 5];
    if (s % 3 != 0) name += std::string("/") + kNames[r / 5 % 5];
    if (s % 3 == 2) name += std::string("/") + kNames[r / 25 % 5];
    if (s % 37 == 3) name += "/";
    return name;
  }
  std::mt19937 random_;
};

void Compare(SandboxTree& tree, const std::string& model_path, unsigned seed, int steps) {
  HostTreeModel model(open(model_path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  RandomOperations operations(seed);
  for (int step = 0; step < steps; ++step) {
    std::vector<unsigned> numbers = operations.Next();
    std::string what;
    std::string ours = RandomOperations::Run(tree, numbers, &what);
    std::string theirs = RandomOperations::Run(model, numbers, &what);
    ASSERT_EQ(ours, theirs) << "seed " << seed << " step " << step << ": " << what;
    if (step % 500 == 499) {
      ASSERT_EQ(tree.Snapshot(), SnapshotOfHost(model_path)) << "seed " << seed << " step " << step << ": " << what;
    }
  }
  EXPECT_EQ(tree.Snapshot(), SnapshotOfHost(model_path)) << "seed " << seed;
}

class FileSystemTest : public testing::TestWithParam<unsigned> {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root: the model must not be refused by permissions";
    umask(0);
    absl::StatusOr<std::unique_ptr<MemoryFile>> memory = MemoryFile::Create(0);
    ASSERT_TRUE(memory.ok()) << memory.status();
    memory_ = *std::move(memory);
    tmpfs_ = std::make_shared<Tmpfs>(memory_.get(), 0);
  }
  // The same random tree in both directories.
  void Populate(const TemporaryDirectory& a, const TemporaryDirectory& b) {
    for (const TemporaryDirectory* directory : {&a, &b}) {
      HostTreeModel model(directory->Open());
      RandomOperations operations(GetParam() + 1000);
      std::string what;
      for (int i = 0; i < 300; ++i) {
        std::vector<unsigned> numbers = operations.Next();
        if (numbers[0] % 12 == 3) continue;  // copying up parts hard links of the lower layer, as on Linux
        RandomOperations::Run(model, numbers, &what);
      }
    }
  }
  static constexpr int kSteps = 4000;

  std::unique_ptr<MemoryFile> memory_;
  std::shared_ptr<Tmpfs> tmpfs_;
  TemporaryDirectory model_;
};

TEST_P(FileSystemTest, TmpfsAgreesWithTheHost) {
  SandboxTree tree(tmpfs_->MakeRoot(0755));
  Compare(tree, model_.path(), GetParam(), kSteps);
}

TEST_P(FileSystemTest, HostDirectoryAgreesWithTheHost) {
  TemporaryDirectory directory;
  Populate(directory, model_);
  Result<std::shared_ptr<Inode>> root = MakeHostDirectory(directory.Open(), HostDirectoryOptions{});
  ASSERT_TRUE(root.ok());
  SandboxTree tree(*root);
  Compare(tree, model_.path(), GetParam(), kSteps);
  EXPECT_EQ(SnapshotOfHost(directory.path()), SnapshotOfHost(model_.path()));
}

TEST_P(FileSystemTest, MemoryOverlayAgreesWithTheHostAndLeavesTheLowerTreeAlone) {
  TemporaryDirectory lower;
  Populate(lower, model_);
  auto before = SnapshotOfHost(lower.path());
  Result<std::shared_ptr<Inode>> root = MakeHostDirectory(lower.Open(), HostDirectoryOptions{.read_only = true});
  ASSERT_TRUE(root.ok());
  SandboxTree tree(MakeOverlay(tmpfs_->MakeRoot(0755), *root));
  Compare(tree, model_.path(), GetParam(), kSteps);
  EXPECT_EQ(SnapshotOfHost(lower.path()), before);
}

// What an overlay directory kept, a new overlay over the same two directories shows again.
TEST_P(FileSystemTest, KeptOverlayShowsTheSameTreeAgain) {
  TemporaryDirectory lower, upper;
  Populate(lower, model_);
  auto mount = [&]() {
    Result<std::shared_ptr<Inode>> below = MakeHostDirectory(lower.Open(), HostDirectoryOptions{.read_only = true});
    Result<std::shared_ptr<Inode>> above = MakeHostDirectory(upper.Open(), HostDirectoryOptions{});
    return MakeOverlay(*above, *below);
  };
  SandboxTree first(mount());
  Compare(first, model_.path(), GetParam(), 1500);
  SandboxTree second(mount());
  EXPECT_EQ(second.Snapshot(), SnapshotOfHost(model_.path()));
  Compare(second, model_.path(), GetParam() + 77, 500);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FileSystemTest, testing::Values(1u, 2u, 3u));

}  // namespace
}  // namespace sandbox
