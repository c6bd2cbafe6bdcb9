// Only in builds under a sanitizer: what the libraries of the machine leak is not ours to mend.
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

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)
