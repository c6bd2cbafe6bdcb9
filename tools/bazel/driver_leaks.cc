// Only in builds under a sanitizer: what the libraries of the machine leak, and how they lock, is not ours to mend.
//
// LeakSanitizer tells leaks apart by the library that allocated, which it cannot once that is unloaded; so none is.
// See https://github.com/google/sanitizers/wiki/AddressSanitizerLeakSanitizer, "Suppressions".

// NOLINTBEGIN(bugprone-reserved-identifier): the names are the sanitizer's and the C library's.
extern "C" {

int dlclose(void* /*handle*/) { return 0; }

const char* __lsan_default_suppressions() {
  return "leak:libvulkan_lvp\n"
         "leak:libLLVM\n"
         "leak:libopenxr_loader\n"
         "leak:libopenxr_monado\n"
         "leak:libVkLayer_\n";
}

// Drivers and layers are not instrumented: thread sanitizer sees their locks but not the atomics that order what
// happens between them. Mesa's fences are counted by such atomics, the validation layer frees objects that its own
// threads used. See https://github.com/google/sanitizers/wiki/ThreadSanitizerSuppressions.
const char* __tsan_default_suppressions() {
  return "race:libvulkan_lvp.so\n"
         "race:libVkLayer_khronos_validation.so\n"
         "deadlock:libVkLayer_khronos_validation.so\n";
}

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
