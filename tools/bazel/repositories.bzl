"""Where every dependency comes from.

Nothing is downloaded except through apt: system libraries are Debian packages found by pkg-config, Abseil is a Debian
source package, Bazel's own rule sets are the copies that Debian's Bazel ships.
"""

load(":abseil.bzl", "abseil_repository")
load(":rule_sets.bzl", "local_platforms", "local_rules_cc", "local_skylib", "stub_repository")
load(":system_library.bzl", "system_library")
load(":system_protobuf.bzl", "system_protobuf")

# Repository name -> (pkg-config modules, Debian package). The target is @NAME//:NAME, and one target a module beside it.
SYSTEM_LIBRARIES = {
    "com_google_benchmark": (["benchmark", "benchmark_main"], "libbenchmark-dev"),
    "com_google_googletest": (["gtest", "gtest_main", "gmock", "gmock_main"], "libgtest-dev libgmock-dev"),
    "curl": (["libcurl"], "libcurl4-openssl-dev"),
    "freetype": (["freetype2"], "libfreetype-dev"),
    "glfw": (["glfw3"], "libglfw3-dev"),
    "glm": (["glm"], "libglm-dev"),
    "harfbuzz": (["harfbuzz"], "libharfbuzz-dev"),
    "httplib": (["cpp-httplib"], "libcpp-httplib-dev"),
    "libevent": (["libevent_core", "libevent_extra", "libevent_pthreads"], "libevent-dev"),
    "libpng": (["libpng"], "libpng-dev"),
    "libseccomp": (["libseccomp"], "libseccomp-dev"),
    "mysqlclient": (["mysqlclient"], "default-libmysqlclient-dev"),
    "nlohmann_json": (["nlohmann_json"], "nlohmann-json3-dev"),
    "openssl": (["openssl"], "libssl-dev"),
    "openxr": (["openxr"], "libopenxr-dev"),
    "vulkan": (["vulkan"], "libvulkan-dev"),
    "zlib": (["zlib"], "zlib1g-dev"),
    "zstd": (["libzstd"], "libzstd-dev"),
}

def system_libraries():
    """Declares every system library and protobuf."""
    for name, (modules, package) in SYSTEM_LIBRARIES.items():
        system_library(name = name, modules = modules, package = package)
    system_protobuf(name = "com_google_protobuf")

def repositories():
    """Declares every repository; called by WORKSPACE."""
    local_rules_cc(name = "rules_cc")
    local_platforms(name = "platforms")
    local_skylib(name = "bazel_skylib")
    abseil_repository(name = "com_google_absl")
    system_libraries()

    # Rule sets that Bazel's own default toolchains name, and that it would try to download; nothing here uses them.
    stub_repository(name = "rules_java", native_rules = {"java": ["java_binary", "java_import", "java_library", "java_runtime", "java_toolchain"]})
    stub_repository(name = "rules_proto", native_rules = {"proto": ["proto_lang_toolchain", "proto_library"]})
    for name in ["rules_python", "bazel_features", "rules_license", "rules_shell"]:
        stub_repository(name = name)
    stub_repository(
        name = "remote_coverage_tools",
        build_file = "//tools/bazel:coverage_tools.BUILD",
        files = {"//tools/bazel:merge_coverage.py": "merge_coverage.py"},
    )
