#include "sandbox/fs/overlay.h"

#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/magic.h>

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sandbox/fs/memory_inode.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
// In a directory whose lower side is not the one of its own name. Empty: it has none; else it was renamed, and this is
// the path of its lower side from the root of the lower layer.
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr std::string_view kTemporary = ".wh..wh..tmp";
// Inode numbers of the upper layer are shown with this added, apart from those of the lower one.
constexpr uint64_t kUpperInodes = uint64_t{1} << 44;

std::string WhiteoutOf(std::string_view name) { return absl::StrCat(kWhiteout, name); }

class OverlayInode;

// What the inodes of one overlay share.
class Overlay {
 public:
  // Files copied up keep the number they had below.
  struct Origin {
    std::weak_ptr<Inode> upper;
    uint64_t device;
    uint64_t inode;
  };

  Overlay(uint64_t device, std::shared_ptr<Inode> lower_root) : device_(device), lower_root_(std::move(lower_root)) {}
  // The directory of the lower layer that a renamed one came from.
  Result<std::shared_ptr<Inode>> FindLower(std::string_view path) const;
  void Remember(const std::shared_ptr<Inode>& upper, const Attributes& lower) {
    if (origins_.size() > 4096)
      absl::erase_if(origins_, [](const auto& entry) { return entry.second.upper.expired(); });
    origins_[upper.get()] = Origin{upper, lower.device, lower.inode};
  }
  // Gives attributes of the upper layer the identity that the guest sees.
  void Identify(Inode& upper, Attributes& attributes) const {
    auto it = origins_.find(&upper);
    if (it != origins_.end() && it->second.upper.lock().get() == &upper) {
      attributes.device = it->second.device;
      attributes.inode = it->second.inode;
    } else {
      attributes.device = device_;
      attributes.inode += kUpperInodes;
    }
  }
  uint64_t NextTemporary() { return next_temporary_++; }

 private:
  const uint64_t device_;
  const std::shared_ptr<Inode> lower_root_;
  uint64_t next_temporary_ = 0;
  absl::flat_hash_map<const Inode*, Origin> origins_;
};

class OverlayInode : public Inode {
 public:
  OverlayInode(std::shared_ptr<Overlay> overlay, std::shared_ptr<OverlayInode> parent, std::string_view name,
               std::shared_ptr<Inode> upper, std::shared_ptr<Inode> lower)
      : Inode((upper ? upper : lower)->mode(), (upper ? upper : lower)->uid(), (upper ? upper : lower)->gid()),
        overlay_(std::move(overlay)),
        parent_(std::move(parent)),
        name_(name),
        upper_(std::move(upper)),
        lower_(std::move(lower)) {}

  Result<Attributes> GetAttributes() override;
  Result<void> SetAttributes(const AttributeChange& change) override;
  Result<std::shared_ptr<Inode>> Lookup(std::string_view name) override;
  bool Revalidate(std::string_view name, Inode& child, bool last) override;
  Result<std::shared_ptr<Inode>> Create(std::string_view name, const CreateRequest& request) override;
  Result<std::shared_ptr<Inode>> CreateUnnamed(const CreateRequest& request) override;
  Result<void> Link(std::string_view name, Inode& target) override;
  Result<void> Unlink(std::string_view name, Inode& child) override;
  Result<void> RemoveDirectory(std::string_view name, Inode& child) override;
  Result<void> Rename(std::string_view name, Inode& child, Inode& new_directory, std::string_view new_name,
                      Inode* victim, uint32_t flags) override;
  Result<std::string> ReadLink() override { return top().ReadLink(); }
  Result<std::shared_ptr<File>> Open(const OpenRequest& request) override;
  Result<std::string> GetXattr(std::string_view name) override { return top().GetXattr(name); }
  Result<void> SetXattr(std::string_view name, std::string_view value, int flags) override {
    RETURN_IF_ERROR(CopyUp());
    return upper_->SetXattr(name, value, flags);
  }
  Result<void> RemoveXattr(std::string_view name) override {
    RETURN_IF_ERROR(CopyUp());
    return upper_->RemoveXattr(name);
  }
  Result<std::vector<std::string>> ListXattrs() override { return top().ListXattrs(); }
  Result<struct statfs> StatFs() override;

  struct Listed {
    std::string name;
    uint64_t inode;
    unsigned char type;
  };
  // Both layers as the guest sees them, without "." and "..".
  Result<std::vector<Listed>> List();

 private:
  Inode& top() const { return upper_ ? *upper_ : *lower_; }
  std::shared_ptr<OverlayInode> Self() { return std::static_pointer_cast<OverlayInode>(shared_from_this()); }
  void Refresh() { Remember(top().mode(), top().uid(), top().gid()); }
  bool LowerHas(std::string_view name) const { return lower_ && lower_->Lookup(name).ok(); }
  bool HasWhiteout(std::string_view name) const { return upper_ && upper_->Lookup(WhiteoutOf(name)).ok(); }

  Result<void> CopyUp(bool with_data = true);
  Result<void> CopyData(Inode& from, Inode& to);
  Result<void> PutWhiteout(std::string_view name);
  void DropWhiteout(std::string_view name);
  // After a directory took the place of `name`: what is below must not show through.
  Result<void> HideLower(std::string_view name, Inode& directory);
  // Before a directory is renamed: what is below it goes with it.
  Result<void> KeepLower();
  // Of a directory with a lower side, from the root of the lower layer.
  std::string LowerPath() const;
  Result<bool> IsEmpty();
  // Removes the marks from an upper directory that shows nothing, so that it can be removed.
  Result<void> ClearMarks();
  static Result<void> CheckRename(OverlayInode* victim, uint32_t flags);

  const std::shared_ptr<Overlay> overlay_;
  std::shared_ptr<OverlayInode> parent_;  // null for the root
  std::string name_;
  std::shared_ptr<Inode> upper_;
  std::shared_ptr<Inode> lower_;  // null if opaque or only above
  std::string renamed_from_;      // the lower side's path, if it is not at this directory's own
};

// -- marks: files of the upper layer that guests do not see

Result<void> WriteMark(Inode& directory, std::string_view name, std::string_view text) {
  Result<std::shared_ptr<Inode>> mark = directory.Lookup(name);
  if (!mark.ok()) mark = directory.Create(name, CreateRequest{.mode = S_IFREG | 0600});
  if (!mark.ok()) return Error(mark.error());
  AttributeChange empty;
  empty.size = 0;
  RETURN_IF_ERROR((*mark)->SetAttributes(empty));
  if (text.empty()) return Ok();
  DentryCache names(0);
  Path path{nullptr, names.MakeRoot(*mark)};
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, (*mark)->Open(OpenRequest{O_WRONLY, &path, nullptr, nullptr}));
  IoBuffer bytes(const_cast<char*>(text.data()), text.size());
  ASSIGN_OR_RETURN(const size_t written, file->WriteAt(bytes, 0));
  return written == text.size() ? Ok() : Result<void>(Error(ENOSPC));
}

Result<std::string> ReadMark(const std::shared_ptr<Inode>& mark) {
  DentryCache names(0);
  Path path{nullptr, names.MakeRoot(mark)};
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, mark->Open(OpenRequest{O_RDONLY, &path, nullptr, nullptr}));
  std::string text(PATH_MAX, '\0');
  IoBuffer bytes(text.data(), text.size());
  ASSIGN_OR_RETURN(const size_t read, file->ReadAt(bytes, 0));
  text.resize(read);
  return text;
}

Result<std::shared_ptr<Inode>> Overlay::FindLower(std::string_view path) const {
  std::shared_ptr<Inode> at = lower_root_;
  for (const std::string_view name : absl::StrSplit(path, '/', absl::SkipEmpty())) {
    if (name == "." || name == "..") return Error(EIO);
    ASSIGN_OR_RETURN(at, at->Lookup(name));
    if (!at->IsDirectory()) return Error(ENOTDIR);
  }
  return at;
}

// Lists a layer's directory through a description of its own.
Result<std::vector<OverlayInode::Listed>> ListLayer(Inode& layer) {
  class Collector : public DirectorySink {
   public:
    explicit Collector(std::vector<OverlayInode::Listed>* out) : out_(out) {}
    bool Add(std::string_view name, uint64_t inode, unsigned char type, int64_t) override {
      ++taken;
      if (name != "." && name != "..") out_->push_back({std::string(name), inode, type});
      return true;
    }
    size_t taken = 0;

   private:
    std::vector<OverlayInode::Listed>* const out_;
  };
  std::vector<OverlayInode::Listed> entries;
  DentryCache names(0);
  Path path{nullptr, names.MakeRoot(layer.shared_from_this())};
  OpenRequest request{O_RDONLY | O_DIRECTORY, &path, nullptr, nullptr};
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, layer.Open(request));
  for (;;) {
    Collector collector(&entries);
    RETURN_IF_ERROR(file->ListDirectory(collector));
    if (collector.taken == 0) break;
  }
  return entries;
}

class OverlayDirectoryFile : public DirectoryFile {
 public:
  OverlayDirectoryFile(Path path, int flags, std::shared_ptr<OverlayInode> directory)
      : DirectoryFile(std::move(path), flags), directory_(std::move(directory)) {}

 protected:
  Result<int64_t> ListFrom(int64_t position, DirectorySink& sink) override {
    if (position == 2) {
      ASSIGN_OR_RETURN(entries_, directory_->List());
    }
    size_t index = static_cast<size_t>(position - 2);
    for (; index < entries_.size(); ++index) {
      const OverlayInode::Listed& entry = entries_[index];
      if (!sink.Add(entry.name, entry.inode, entry.type, static_cast<int64_t>(index) + 3)) break;
    }
    return static_cast<int64_t>(index) + 2;
  }

 private:
  const std::shared_ptr<OverlayInode> directory_;
  std::vector<OverlayInode::Listed> entries_;
};

Result<Attributes> OverlayInode::GetAttributes() {
  ASSIGN_OR_RETURN(Attributes attributes, top().GetAttributes());
  if (upper_) overlay_->Identify(*upper_, attributes);
  Remember(attributes.mode, attributes.uid, attributes.gid);
  return attributes;
}

Result<void> OverlayInode::SetAttributes(const AttributeChange& change) {
  RETURN_IF_ERROR(CopyUp(/*with_data=*/!(change.size && *change.size == 0)));
  RETURN_IF_ERROR(upper_->SetAttributes(change));
  Refresh();
  return Ok();
}

Result<struct statfs> OverlayInode::StatFs() {
  OverlayInode* holder = this;
  while (!holder->upper_ && holder->parent_) holder = holder->parent_.get();
  ASSIGN_OR_RETURN(struct statfs status, holder->top().StatFs());
  status.f_type = OVERLAYFS_SUPER_MAGIC;
  return status;
}

Result<std::shared_ptr<Inode>> OverlayInode::Lookup(std::string_view name) {
  if (absl::StartsWith(name, kWhiteout)) return Error(ENOENT);
  std::shared_ptr<Inode> upper, lower;
  if (upper_) {
    Result<std::shared_ptr<Inode>> found = upper_->Lookup(name);
    if (found.ok())
      upper = *std::move(found);
    else if (found.error() != ENOENT)
      return Error(found.error());
  }
  bool look_below = lower_ && (!upper || upper->IsDirectory());
  if (look_below && !upper && HasWhiteout(name)) return Error(ENOENT);
  std::string renamed_from;
  if (upper && upper->IsDirectory()) {
    if (Result<std::shared_ptr<Inode>> mark = upper->Lookup(kOpaque); mark.ok()) {
      look_below = false;
      ASSIGN_OR_RETURN(renamed_from, ReadMark(*mark));
    }
  }
  if (!renamed_from.empty()) {
    // What was renamed may have gone from the host since.
    Result<std::shared_ptr<Inode>> found = overlay_->FindLower(renamed_from);
    if (found.ok()) lower = *std::move(found);
  }
  if (look_below) {
    Result<std::shared_ptr<Inode>> found = lower_->Lookup(name);
    if (found.ok())
      lower = *std::move(found);
    else if (!upper)
      return Error(found.error());
  }
  if (upper && lower && !lower->IsDirectory()) lower = nullptr;
  if (!upper && !lower) return Error(ENOENT);
  auto inode = std::make_shared<OverlayInode>(overlay_, Self(), name, std::move(upper), std::move(lower));
  inode->renamed_from_ = std::move(renamed_from);
  return std::shared_ptr<Inode>(std::move(inode));
}

bool OverlayInode::Revalidate(std::string_view name, Inode& child, bool last) {
  auto& inode = static_cast<OverlayInode&>(child);
  bool same = inode.upper_ ? upper_ && upper_->Revalidate(name, *inode.upper_, last)
                           : lower_ && lower_->Revalidate(name, *inode.lower_, last);
  if (same && last) inode.Refresh();
  return same;
}

Result<std::shared_ptr<File>> OverlayInode::Open(const OpenRequest& request) {
  if (IsDirectory()) {
    if (!upper_) return lower_->Open(request);
    return std::shared_ptr<File>(std::make_shared<OverlayDirectoryFile>(*request.path, request.flags, Self()));
  }
  bool regular = type() == S_IFREG;
  if (regular && (request.flags & O_ACCMODE) != O_RDONLY) RETURN_IF_ERROR(CopyUp());
  return top().Open(request);
}

// -- copying up

Result<void> OverlayInode::CopyData(Inode& from, Inode& to) {
  DentryCache names(0);
  Path from_path{nullptr, names.MakeRoot(from.shared_from_this())};
  Path to_path{nullptr, names.MakeRoot(to.shared_from_this())};
  ASSIGN_OR_RETURN(std::shared_ptr<File> source, from.Open(OpenRequest{O_RDONLY, &from_path, nullptr, nullptr}));
  ASSIGN_OR_RETURN(std::shared_ptr<File> target, to.Open(OpenRequest{O_WRONLY, &to_path, nullptr, nullptr}));
  std::vector<char> bytes(256 * 1024);
  uint64_t offset = 0;
  for (;;) {
    IoBuffer in(bytes.data(), bytes.size());
    ASSIGN_OR_RETURN(size_t n, source->ReadAt(in, offset));
    if (n == 0) return Ok();
    for (size_t done = 0; done < n;) {
      IoBuffer out(bytes.data() + done, n - done);
      ASSIGN_OR_RETURN(size_t written, target->WriteAt(out, offset + done));
      if (written == 0) return Error(EIO);
      done += written;
    }
    offset += n;
  }
}

Result<void> OverlayInode::CopyUp(bool with_data) {
  if (upper_) return Ok();
  if (!parent_) return Error(EROFS);
  RETURN_IF_ERROR(parent_->CopyUp());
  ASSIGN_OR_RETURN(Attributes attributes, lower_->GetAttributes());
  std::string target;
  CreateRequest request{attributes.mode, attributes.uid, attributes.gid, attributes.special_device, {}};
  if (IsSymlink()) {
    ASSIGN_OR_RETURN(target, lower_->ReadLink());
    request.target = target;
  }
  // Under a name of our own until it is complete, so that a kept overlay never holds half a file.
  Inode& directory = *parent_->upper_;
  std::string temporary = absl::StrCat(kTemporary, overlay_->NextTemporary());
  ASSIGN_OR_RETURN(std::shared_ptr<Inode> copy, directory.Create(temporary, request));
  Result<void> filled = Ok();
  if (attributes.IsRegular() && with_data) filled = CopyData(*lower_, *copy);
  if (filled.ok() && !attributes.IsSymlink()) {
    Result<std::vector<std::string>> xattrs = lower_->ListXattrs();
    for (const std::string& xattr : xattrs.ok() ? *xattrs : std::vector<std::string>()) {
      Result<std::string> value = lower_->GetXattr(xattr);
      if (value.ok()) (void)copy->SetXattr(xattr, *value, 0);
    }
    AttributeChange times{.access_time = TimeChange{false, attributes.access_time},
                          .modify_time = TimeChange{false, attributes.modify_time}};
    (void)copy->SetAttributes(times);
  }
  if (filled.ok()) filled = directory.Rename(temporary, *copy, directory, name_, nullptr, 0);
  if (!filled.ok()) {
    (void)(IsDirectory() ? directory.RemoveDirectory(temporary, *copy) : directory.Unlink(temporary, *copy));
    return filled;
  }
  overlay_->Remember(copy, attributes);
  upper_ = std::move(copy);
  if (!IsDirectory()) lower_ = nullptr;
  return Ok();
}

// -- changing names

Result<void> OverlayInode::PutWhiteout(std::string_view name) {
  RETURN_IF_ERROR(CopyUp());
  ASSIGN_OR_RETURN(std::shared_ptr<Inode> mark,
                   upper_->Create(WhiteoutOf(name), CreateRequest{.mode = S_IFREG | 0600}));
  return Ok();
}

void OverlayInode::DropWhiteout(std::string_view name) {
  if (!upper_) return;
  std::string mark_name = WhiteoutOf(name);
  Result<std::shared_ptr<Inode>> mark = upper_->Lookup(mark_name);
  if (mark.ok()) (void)upper_->Unlink(mark_name, **mark);
}

Result<void> OverlayInode::HideLower(std::string_view name, Inode& directory) {
  if (!LowerHas(name)) return Ok();
  if (directory.Lookup(kOpaque).ok()) return Ok();
  return WriteMark(directory, kOpaque, "");
}

std::string OverlayInode::LowerPath() const {
  if (!renamed_from_.empty()) return renamed_from_;
  return parent_ == nullptr ? "" : absl::StrCat(parent_->LowerPath(), "/", name_);
}

Result<void> OverlayInode::KeepLower() {
  if (!IsDirectory() || !lower_ || !renamed_from_.empty()) return Ok();
  const std::string path = LowerPath();
  RETURN_IF_ERROR(WriteMark(*upper_, kOpaque, path));
  renamed_from_ = path;
  return Ok();
}

Result<std::shared_ptr<Inode>> OverlayInode::Create(std::string_view name, const CreateRequest& request) {
  if (absl::StartsWith(name, kWhiteout)) return Error(EINVAL);
  RETURN_IF_ERROR(CopyUp());
  ASSIGN_OR_RETURN(std::shared_ptr<Inode> inode, upper_->Create(name, request));
  if (S_ISDIR(request.mode)) RETURN_IF_ERROR(HideLower(name, *inode));
  DropWhiteout(name);
  return std::shared_ptr<Inode>(std::make_shared<OverlayInode>(overlay_, Self(), name, std::move(inode), nullptr));
}

Result<std::shared_ptr<Inode>> OverlayInode::CreateUnnamed(const CreateRequest& request) {
  RETURN_IF_ERROR(CopyUp());
  ASSIGN_OR_RETURN(std::shared_ptr<Inode> inode, upper_->CreateUnnamed(request));
  return std::shared_ptr<Inode>(std::make_shared<OverlayInode>(overlay_, Self(), "", std::move(inode), nullptr));
}

Result<void> OverlayInode::Link(std::string_view name, Inode& target) {
  if (absl::StartsWith(name, kWhiteout)) return Error(EINVAL);
  auto& source = static_cast<OverlayInode&>(target);
  RETURN_IF_ERROR(source.CopyUp());
  RETURN_IF_ERROR(CopyUp());
  RETURN_IF_ERROR(upper_->Link(name, *source.upper_));
  DropWhiteout(name);
  return Ok();
}

Result<void> OverlayInode::Unlink(std::string_view name, Inode& child) {
  auto& inode = static_cast<OverlayInode&>(child);
  bool below = LowerHas(name);
  if (below && !HasWhiteout(name)) RETURN_IF_ERROR(PutWhiteout(name));
  if (!inode.upper_) return Ok();
  Result<void> removed = upper_->Unlink(name, *inode.upper_);
  if (!removed.ok() && below) DropWhiteout(name);
  return removed;
}

Result<bool> OverlayInode::IsEmpty() {
  ASSIGN_OR_RETURN(std::vector<Listed> entries, List());
  return entries.empty();
}

Result<void> OverlayInode::ClearMarks() {
  if (!upper_) return Ok();
  ASSIGN_OR_RETURN(std::vector<Listed> marks, ListLayer(*upper_));
  for (const Listed& mark : marks) {
    ASSIGN_OR_RETURN(std::shared_ptr<Inode> inode, upper_->Lookup(mark.name));
    RETURN_IF_ERROR(upper_->Unlink(mark.name, *inode));
  }
  return Ok();
}

Result<void> OverlayInode::RemoveDirectory(std::string_view name, Inode& child) {
  auto& inode = static_cast<OverlayInode&>(child);
  ASSIGN_OR_RETURN(bool empty, inode.IsEmpty());
  if (!empty) return Error(ENOTEMPTY);
  if (LowerHas(name) && !HasWhiteout(name)) RETURN_IF_ERROR(PutWhiteout(name));
  if (!inode.upper_) return Ok();
  RETURN_IF_ERROR(inode.ClearMarks());
  return upper_->RemoveDirectory(name, *inode.upper_);
}

Result<void> OverlayInode::CheckRename(OverlayInode* victim, uint32_t flags) {
  if (victim == nullptr || (flags & RENAME_EXCHANGE) != 0 || !victim->IsDirectory()) return Ok();
  ASSIGN_OR_RETURN(bool empty, victim->IsEmpty());
  return empty ? Ok() : Result<void>(Error(ENOTEMPTY));
}

Result<void> OverlayInode::Rename(std::string_view name, Inode& child, Inode& new_directory, std::string_view new_name,
                                  Inode* victim, uint32_t flags) {
  if (absl::StartsWith(new_name, kWhiteout)) return Error(EINVAL);
  auto& inode = static_cast<OverlayInode&>(child);
  auto& target = static_cast<OverlayInode&>(new_directory);
  auto* replaced = static_cast<OverlayInode*>(victim);
  const bool exchange = (flags & RENAME_EXCHANGE) != 0;
  RETURN_IF_ERROR(CheckRename(replaced, flags));
  RETURN_IF_ERROR(inode.CopyUp());
  RETURN_IF_ERROR(target.CopyUp());
  RETURN_IF_ERROR(inode.KeepLower());
  if (exchange) {
    RETURN_IF_ERROR(replaced->CopyUp());
    RETURN_IF_ERROR(replaced->KeepLower());
  }
  if (replaced != nullptr && !exchange && replaced->IsDirectory()) RETURN_IF_ERROR(replaced->ClearMarks());
  Inode* upper_victim = replaced != nullptr ? replaced->upper_.get() : nullptr;
  RETURN_IF_ERROR(upper_->Rename(name, *inode.upper_, *target.upper_, new_name, upper_victim, flags));
  if (inode.IsDirectory()) RETURN_IF_ERROR(target.HideLower(new_name, *inode.upper_));
  if (exchange) {
    if (replaced->IsDirectory()) RETURN_IF_ERROR(HideLower(name, *replaced->upper_));
    replaced->parent_ = Self();
    replaced->name_ = std::string(name);
  } else {
    target.DropWhiteout(new_name);
    if (LowerHas(name) && !HasWhiteout(name)) RETURN_IF_ERROR(PutWhiteout(name));
  }
  inode.parent_ = target.Self();
  inode.name_ = std::string(new_name);
  return Ok();
}

// -- listing

Result<std::vector<OverlayInode::Listed>> OverlayInode::List() {
  std::vector<Listed> result;
  absl::flat_hash_set<std::string> shadowed;
  if (upper_) {
    ASSIGN_OR_RETURN(std::vector<Listed> above, ListLayer(*upper_));
    for (Listed& entry : above) {
      if (absl::StartsWith(entry.name, kWhiteout)) {
        shadowed.insert(entry.name.substr(kWhiteout.size()));
        continue;
      }
      shadowed.insert(entry.name);
      Attributes identity;
      identity.inode = entry.inode;
      if (Result<std::shared_ptr<Inode>> inode = upper_->Lookup(entry.name); inode.ok())
        overlay_->Identify(**inode, identity);
      entry.inode = identity.inode;
      result.push_back(std::move(entry));
    }
  }
  if (lower_) {
    ASSIGN_OR_RETURN(std::vector<Listed> below, ListLayer(*lower_));
    for (Listed& entry : below) {
      if (!shadowed.contains(entry.name)) result.push_back(std::move(entry));
    }
  }
  return result;
}

}  // namespace

std::shared_ptr<Inode> MakeOverlay(std::shared_ptr<Inode> upper, std::shared_ptr<Inode> lower) {
  Result<Attributes> below = lower->GetAttributes();
  auto overlay = std::make_shared<Overlay>(below.ok() ? below->device : AllocateDevice(), lower);
  if (below.ok()) overlay->Remember(upper, *below);
  return std::make_shared<OverlayInode>(std::move(overlay), nullptr, "/", std::move(upper), std::move(lower));
}

}  // namespace sandbox
