"""Bazel rule sets taken from the machine instead of the network."""

# Debian installs its copies here; Bazel 7 of later releases uses the same folders.
_RULES_CC = ["/usr/share/bazel/rules/cc", "/usr/share/bazel/rules_cc", "/usr/share/bazel-rules-cc"]
_PLATFORMS = ["/usr/share/bazel/tools/platforms", "/usr/share/bazel/platforms"]
_SKYLIB = ["/usr/share/bazel/tools/skylib", "/usr/share/bazel/bazel_skylib", "/usr/share/bazel-skylib"]

def _first_folder(rctx, candidates, package):
    for candidate in candidates:
        path = rctx.path(candidate)
        if path.exists:
            return path
    fail("%s is not installed; run: apt-get install %s" % (rctx.name, package))

def _copy(rctx, source):
    result = rctx.execute(["cp", "-RL", str(source) + "/.", "."])
    if result.return_code != 0:
        fail("cannot copy %s: %s" % (source, result.stderr))

def _local_rules_cc_impl(rctx):
    _copy(rctx, _first_folder(rctx, _RULES_CC, "bazel-rules-cc"))

    # Debian's rules_cc 0.0.4 loads a symbol that its own Bazel 4.2.3 does not have yet; both spellings mean the same.
    for path in [
        "cc/private/rules_impl/cc_flags_supplier.bzl",
        "cc/private/rules_impl/compiler_flag.bzl",
    ]:
        if not rctx.path(path).exists:
            continue
        text = rctx.read(path)
        text = text.replace(', "use_cpp_toolchain")', ")")
        text = text.replace("use_cpp_toolchain()", '["@bazel_tools//tools/cpp:toolchain_type"]')
        rctx.file(path, text)

local_rules_cc = repository_rule(
    implementation = _local_rules_cc_impl,
    local = True,
    doc = "rules_cc as Debian ships it, made to load under every Bazel that Debian ships.",
)

def _local_skylib_impl(rctx):
    _copy(rctx, _first_folder(rctx, _SKYLIB, "bazel-skylib"))

local_skylib = repository_rule(
    implementation = _local_skylib_impl,
    local = True,
    doc = "bazel_skylib as Debian ships it.",
)

def _local_platforms_impl(rctx):
    _copy(rctx, _first_folder(rctx, _PLATFORMS, "bazel-platforms"))

local_platforms = repository_rule(
    implementation = _local_platforms_impl,
    local = True,
    doc = "The constraint values as Debian ships them; Bazel 4.2.3's own copy lacks those that Abseil names.",
)

def _stub_repository_impl(rctx):
    rctx.file("WORKSPACE", "workspace(name = %r)\n" % rctx.name)
    if rctx.attr.build_file:
        rctx.symlink(rctx.attr.build_file, "BUILD")
    else:
        rctx.file("BUILD", "")
    for label, path in rctx.attr.files.items():
        rctx.symlink(label, path)
    for package, rules in rctx.attr.native_rules.items():
        rctx.file(package + "/BUILD", "")
        rctx.file(package + "/defs.bzl", "".join(["%s = native.%s\n" % (rule, rule) for rule in rules]))

stub_repository = repository_rule(
    implementation = _stub_repository_impl,
    attrs = {
        "build_file": attr.label(allow_single_file = True),
        "files": attr.label_keyed_string_dict(allow_files = True),
        "native_rules": attr.string_list_dict(doc = "package -> native rules that its defs.bzl hands on"),
    },
    doc = "A repository that holds what is given and nothing else.",
)
