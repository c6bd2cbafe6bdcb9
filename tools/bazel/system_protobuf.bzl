"""The system's protobuf library and compiler, under the labels that Bazel's own proto rules look for."""

load(":system_library.bzl", "module_target")

_PACKAGE = "protobuf-compiler libprotobuf-dev"

# The protos that the library itself brings, compiled into it.
_WELL_KNOWN = ["any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type", "wrappers"]
_WELL_KNOWN_DEPS = {"api": ["source_context", "type"], "type": ["any", "source_context"]}

def _system_protobuf_impl(rctx):
    protoc = rctx.which("protoc")
    library = module_target(rctx, "protobuf", "protobuf", {})
    protos = rctx.path("/usr/include/google/protobuf/descriptor.proto")
    if not protoc or library == None or not protos.exists:
        fail("\n\n  protobuf is not installed; run: apt-get install %s\n" % _PACKAGE)
    rctx.symlink(protoc, "bin/protoc")
    targets = ['package(default_visibility = ["//visibility:public"])\n', library, """
sh_binary(
    name = "protoc",
    srcs = ["bin/protoc"],
)

proto_lang_toolchain(
    name = "cc_toolchain",
    blacklisted_protos = [%s],
    command_line = "--cpp_out=$(OUT)",
    runtime = ":protobuf",
)
""" % ", ".join(["%r" % (":%s_proto" % name) for name in _WELL_KNOWN])]
    for name in _WELL_KNOWN:
        path = "google/protobuf/%s.proto" % name
        rctx.symlink("/usr/include/" + path, path)
        targets.append("""
proto_library(
    name = "%s_proto",
    srcs = [%r],
    deps = [%s],
)
""" % (name, path, ", ".join(["%r" % (":%s_proto" % dep) for dep in _WELL_KNOWN_DEPS.get(name, [])])))
    rctx.file("WORKSPACE", 'workspace(name = "com_google_protobuf")\n')
    rctx.file("BUILD", "".join(targets))

system_protobuf = repository_rule(
    implementation = _system_protobuf_impl,
    environ = ["PKG_CONFIG_PATH"],
    local = True,
    doc = "protobuf of the system, as @com_google_protobuf.",
)
