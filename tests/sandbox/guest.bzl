"""Programs that tests run inside the sandbox."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//tools/bazel:copts.bzl", "COPTS")

def guest_binary(name, srcs, copts = [], linkopts = []):
    """A cc_binary in the configuration of build tools, so that sanitizers watch the sentry and not its guest.

    A sanitizer's runtime does not go into a static program, and would see attacks where there are some.
    """
    cc_binary(
        name = name + "_program",
        testonly = True,
        srcs = srcs,
        # Build tools are compiled for speed; a guest does what it says.
        copts = COPTS + ["-O0", "-UNDEBUG"] + copts,
        linkopts = linkopts,
        linkstatic = True,
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    native.genrule(
        name = name + "_copy",
        testonly = True,
        outs = [name],
        cmd = "cp $(location :%s_program) $@" % name,
        exec_tools = [":%s_program" % name],
        executable = True,
    )
