// From a file to a program ready for its first instruction: what execve(2) does with memory.
//
// Two halves. Find follows scripts and finds the ELF interpreter; it can fail without harm. Load maps everything into
// an empty address space and builds the stack; after it has begun there is no way back.
#ifndef SANDBOX_LOADER_LOADER_H_
#define SANDBOX_LOADER_LOADER_H_

#include <memory>
#include <string>
#include <vector>

#include "sandbox/abi/address.h"
#include "sandbox/abi/result.h"
#include "sandbox/kernel/credentials.h"
#include "sandbox/loader/elf.h"
#include "sandbox/mm/memory_manager.h"
#include "sandbox/vfs/file.h"
#include "sandbox/vfs/fs_context.h"
#include "sandbox/vfs/vfs.h"

namespace sandbox {

struct Program {
  std::shared_ptr<File> file;  // what is executed in the end (a script's interpreter)
  ElfImage image;
  std::shared_ptr<File> interpreter_file;  // the dynamic linker, or null
  ElfImage interpreter;
  std::string path;  // AT_EXECFN
  std::vector<std::string> arguments;
};

struct ExecSource {
  Vfs& vfs;
  const FsContext& fs;
  const Credentials& credentials;
};

// Opens for execution: EACCES for what is not a regular file with execute permission.
Result<std::shared_ptr<File>> OpenExecutable(const ExecSource& source, const std::string& path, bool no_follow = false);
Result<std::shared_ptr<File>> OpenExecutable(const ExecSource& source, const Path& path);

// `why`, if not null, gets a sentence for people when the answer is an error.
Result<Program> FindProgram(const ExecSource& source, std::shared_ptr<File> file, const std::string& path,
                            std::vector<std::string> arguments, std::string* why = nullptr);

struct LoadOptions {
  std::vector<std::string> environment;
  const Credentials& credentials;
  bool secure = false;  // AT_SECURE
  uint64_t stack_limit = 8 << 20;
  Addr vdso = 0;  // AT_SYSINFO_EHDR; 0: none
};
struct LoadedProgram {
  Addr entry;
  Addr stack_pointer;
};
Result<LoadedProgram> LoadProgram(const Program& program, const LoadOptions& options, MemoryManager* mm);

}  // namespace sandbox
#endif  // SANDBOX_LOADER_LOADER_H_
