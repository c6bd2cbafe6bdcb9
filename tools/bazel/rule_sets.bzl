"""Bazel rule sets taken from the machine instead of the network."""

def _rule_set_impl(rctx):
    for folder in rctx.attr.folders:
        if not rctx.path(folder).exists:
            continue
        result = rctx.execute(["cp", "-RL", folder + "/.", "."])
        if result.return_code != 0:
            fail("cannot copy %s: %s" % (folder, result.stderr))
        for path, replacements in _PATCHES.items():
            if rctx.name.endswith("rules_cc") and rctx.path(path).exists:
                text = rctx.read(path)
                for old, new in replacements.items():
                    text = text.replace(old, new)
                rctx.file(path, text)
        return
    if rctx.attr.package:
        fail("\n\n  %s is not installed; run: apt-get install %s\n" % (rctx.name, rctx.attr.package))
    rctx.file("WORKSPACE", "")
    rctx.file("BUILD", "")
    for package, rules in rctx.attr.native_rules.items():
        rctx.file(package + "/BUILD", "")
        rctx.file(package + "/defs.bzl", "".join(["%s = native.%s\n" % (rule, rule) for rule in rules]))

# Debian 12's rules_cc 0.0.4 loads a symbol that its own Bazel 4.2.3 does not have yet; both spellings mean the same.
_REPLACEMENTS = {
    ', "use_cpp_toolchain")': ")",
    "use_cpp_toolchain()": '["@bazel_tools//tools/cpp:toolchain_type"]',
}
_PATCHES = {
    "cc/private/rules_impl/cc_flags_supplier.bzl": _REPLACEMENTS,
    "cc/private/rules_impl/compiler_flag.bzl": _REPLACEMENTS,
}

rule_set = repository_rule(
    implementation = _rule_set_impl,
    attrs = {
        "folders": attr.string_list(doc = "where Debian's releases install it; the first that exists is copied"),
        "native_rules": attr.string_list_dict(doc = "where there is no copy: package -> native rules its defs.bzl hands on"),
        "package": attr.string(doc = "Debian package; where it is given, a missing copy is an error"),
    },
    local = True,
    doc = "A rule set as Debian ships it, or a stub that hands on Bazel's native rules.",
)

def _stub_repository_impl(rctx):
    rctx.file("WORKSPACE", "")
    rctx.symlink(rctx.attr.build_file, "BUILD")
    for label, path in rctx.attr.files.items():
        rctx.symlink(label, path)

stub_repository = repository_rule(
    implementation = _stub_repository_impl,
    attrs = {
        "build_file": attr.label(allow_single_file = True),
        "files": attr.label_keyed_string_dict(allow_files = True),
    },
    doc = "A repository that holds what is given and nothing else.",
)
