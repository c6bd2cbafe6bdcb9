// Finding what to run: permissions, scripts, the dynamic linker.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "sandbox/loader/loader.h"

namespace sandbox {
namespace {

constexpr int kMaxScriptDepth = 5;
constexpr size_t kHeadLength = 512;

Result<std::string> ReadHead(File& file, uint64_t offset, size_t length) {
  std::string bytes(length, '\0');
  size_t done = 0;
  while (done < length) {
    IoBuffer buffer(bytes.data() + done, length - done);
    ASSIGN_OR_RETURN(const size_t n, file.ReadAt(buffer, offset + done));
    if (n == 0) break;
    done += n;
  }
  bytes.resize(done);
  return bytes;
}

Result<ElfImage> ReadImage(File& file, std::string head) {
  ASSIGN_OR_RETURN(const uint64_t length, ElfHeaderLength(head));
  if (head.size() < length) {
    ASSIGN_OR_RETURN(head, ReadHead(file, 0, length));
  }
  return ParseElf(head);
}

Result<void> FindInterpreter(const ExecSource& source, Program* program, std::string* why) {
  ASSIGN_OR_RETURN(std::string name,
                   ReadHead(*program->file, program->image.interpreter_offset, program->image.interpreter_length));
  if (name.size() != program->image.interpreter_length || name.back() != '\0') return Error(ENOEXEC);
  name.resize(name.find('\0'));
  Result<std::shared_ptr<File>> file = OpenExecutable(source, name);
  if (!file.ok()) {
    if (why != nullptr) *why = "its interpreter (dynamic linker) " + name + " cannot be opened";
    return Error(file.error());
  }
  program->interpreter_file = *std::move(file);
  ASSIGN_OR_RETURN(std::string head, ReadHead(*program->interpreter_file, 0, kHeadLength));
  const Result<ElfImage> image = ReadImage(*program->interpreter_file, std::move(head));
  if (!image.ok()) {
    if (why != nullptr) *why = "its interpreter (dynamic linker) " + name + " is not a 64-bit x86 ELF file";
    return Error(ELIBBAD);
  }
  program->interpreter = *image;
  return Ok();
}

}  // namespace

Result<std::shared_ptr<File>> OpenExecutable(const ExecSource& source, const std::string& path, bool no_follow) {
  const Lookup lookup{source.fs.root, source.fs.cwd, path, source.credentials, no_follow ? 0u : unsigned{kFollowLast}};
  ASSIGN_OR_RETURN(const Path found, source.vfs.Resolve(lookup));
  return OpenExecutable(source, found);
}

Result<std::shared_ptr<File>> OpenExecutable(const ExecSource& source, const Path& found) {
  RETURN_IF_ERROR(source.vfs.CheckAccess(found, source.credentials, X_OK));
  // Execute permission is enough: the program itself need not be readable.
  OpenOptions options;
  options.flags = O_RDONLY;
  Credentials reader = source.credentials;
  reader.effective |= uint64_t{1} << CAP_DAC_READ_SEARCH;
  ASSIGN_OR_RETURN(std::shared_ptr<File> file, source.vfs.OpenPath(found, reader, options));
  ASSIGN_OR_RETURN(const Attributes attributes, file->GetAttributes());
  if (!S_ISREG(attributes.mode)) return Error(EACCES);
  return file;
}

Result<Program> FindProgram(const ExecSource& source, std::shared_ptr<File> file, const std::string& path,
                            std::vector<std::string> arguments, std::string* why) {
  Program program;
  program.path = path;
  program.arguments = std::move(arguments);
  program.file = std::move(file);
  for (int depth = 0; depth < kMaxScriptDepth; ++depth) {
    ASSIGN_OR_RETURN(std::string head, ReadHead(*program.file, 0, kHeadLength));
    if (KindOf(head) != FileKind::kScript) {
      Result<ElfImage> image = ReadImage(*program.file, head);
      if (!image.ok()) {
        if (why != nullptr) *why = WhyNotRunnable(head);
        return Error(image.error());
      }
      program.image = *std::move(image);
      if (program.image.interpreter_length != 0) RETURN_IF_ERROR(FindInterpreter(source, &program, why));
      return program;
    }
    ASSIGN_OR_RETURN(const Script script, ParseScript(head));
    std::vector<std::string> extended{script.interpreter};
    if (!script.argument.empty()) extended.push_back(script.argument);
    extended.push_back(program.path);
    for (size_t i = 1; i < program.arguments.size(); ++i) extended.push_back(std::move(program.arguments[i]));
    program.arguments = std::move(extended);
    program.path = script.interpreter;
    Result<std::shared_ptr<File>> next = OpenExecutable(source, script.interpreter);
    if (!next.ok()) {
      if (why != nullptr) *why = "its interpreter " + script.interpreter + " cannot be opened";
      return Error(next.error());
    }
    program.file = *std::move(next);
  }
  if (why != nullptr) *why = "its interpreters name each other";
  return Error(ELOOP);
}

}  // namespace sandbox
