"""Where every dependency comes from.

Nothing is downloaded except through apt: system libraries are Debian packages found by pkg-config, Abseil is a Debian
source package, Bazel's own rule sets are the copies that Debian's Bazel ships.
"""

load(":abseil.bzl", "abseil_repository")
load(":rule_sets.bzl", "rule_set", "stub_repository")
load(":system_library.bzl", "system_library")
load(":system_protobuf.bzl", "system_protobuf")

# Repository name -> (pkg-config modules, Debian package). The target is @NAME//:NAME, and one target a module beside it.
SYSTEM_LIBRARIES = {
    "com_google_benchmark": (["benchmark"], "libbenchmark-dev"),
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
    "simdjson": (["simdjson"], "libsimdjson-dev"),
    "vulkan": (["vulkan"], "libvulkan-dev"),
    "zlib": (["zlib"], "zlib1g-dev"),
    "zstd": (["libzstd"], "libzstd-dev"),
}

def rule_sets():
    """Declares the rule sets that our BUILD files load, and those that Bazel's own default toolchains load."""
    rule_set(name = "rules_cc", folders = ["/usr/share/bazel/rules/cc"], package = "bazel-rules-cc")
    rule_set(name = "bazel_skylib", folders = ["/usr/share/bazel/tools/skylib"], package = "bazel-skylib")
    rule_set(name = "platforms", folders = ["/usr/share/bazel/tools/platforms"], package = "bazel-platforms")
    rule_set(
        name = "rules_java",
        folders = ["/usr/share/bazel/rules/java"],
        native_rules = {"java": ["java_binary", "java_import", "java_library", "java_runtime", "java_toolchain"]},
    )
    rule_set(
        name = "rules_proto",
        folders = ["/usr/share/bazel/rules/proto"],
        native_rules = {"proto": ["proto_lang_toolchain", "proto_library"]},
    )
    rule_set(name = "rules_python", folders = ["/usr/share/bazel/rules/python"])
    rule_set(name = "rules_license", folders = ["/usr/share/bazel/rules/license"])
    rule_set(name = "bazel_features", folders = ["/usr/share/bazel/tools/features"])
    stub_repository(
        name = "remote_coverage_tools",
        build_file = "//tools/bazel:coverage_tools.BUILD",
        files = {"//tools/bazel:merge_coverage.py": "merge_coverage.py"},
    )

def libraries():
    """Declares what our code is linked with."""
    abseil_repository(name = "com_google_absl")
    for name, (modules, package) in SYSTEM_LIBRARIES.items():
        system_library(name = name, modules = modules, package = package)
    system_protobuf(name = "com_google_protobuf")

def repositories():
    """Declares every repository; called by WORKSPACE."""
    rule_sets()
    libraries()
