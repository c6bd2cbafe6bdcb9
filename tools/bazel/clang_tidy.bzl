"""clang-tidy as an aspect, so that Bazel runs it in parallel and again only for what changed.

    bazel build --aspects=//tools/bazel:clang_tidy.bzl%clang_tidy --output_groups=clang_tidy //...

tools/lint does that. The checks are in .clang-tidy.
"""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# What clang does not know of the flags that the host's compiler, g++, is given.
_UNKNOWN_TO_CLANG = ["-fno-canonical-system-headers", "-Wunused-but-set-parameter", "-Wno-free-nonheap-object", "-fstack-protector"]

def _compiler_flags(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    variables = cc_common.create_compile_variables(
        feature_configuration = features,
        cc_toolchain = toolchain,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts,
    )
    flags = cc_common.get_memory_inefficient_command_line(
        feature_configuration = features,
        action_name = "c++-compile",
        variables = variables,
    )
    return [flag for flag in flags if flag not in _UNKNOWN_TO_CLANG]

def _clang_tidy_impl(target, ctx):
    if CcInfo not in target or target.label.workspace_name or not hasattr(ctx.rule.attr, "srcs"):
        return []
    context = target[CcInfo].compilation_context
    flags = ["-x", "c++"] + _compiler_flags(ctx) + getattr(ctx.rule.attr, "copts", []) + ["-Wno-unknown-warning-option"]
    flags += ["-D" + define for define in context.defines.to_list() + context.local_defines.to_list()]
    flags += ["-I" + folder for folder in context.includes.to_list()]
    flags += ["-iquote" + folder for folder in context.quote_includes.to_list()]
    flags += ["-isystem" + folder for folder in context.system_includes.to_list()]

    # A cc_binary or cc_test has the headers of what it depends on only in its dependencies.
    headers = depset(transitive = [context.headers] + [
        dependency[CcInfo].compilation_context.headers
        for dependency in getattr(ctx.rule.attr, "deps", [])
        if CcInfo in dependency
    ])
    outputs = []
    for source in ctx.rule.files.srcs:
        if source.extension != "cc" or not source.is_source:
            continue
        output = ctx.actions.declare_file("%s.%s.clang_tidy" % (ctx.label.name, source.basename))
        ctx.actions.run_shell(
            inputs = depset([source, ctx.file._config], transitive = [headers]),
            outputs = [output],
            command = "clang-tidy --quiet --config-file=%s %s -- \"$@\" >%s 2>/dev/null || { cat %s; exit 1; }" %
                      (ctx.file._config.path, source.path, output.path, output.path),
            arguments = flags,
            # Bazel's sandbox would link a thousand headers for each file; what a source may include, its compilation has checked.
            execution_requirements = {"no-sandbox": "1"},
            mnemonic = "ClangTidy",
            progress_message = "Checking %s" % source.short_path,
            use_default_shell_env = True,
        )
        outputs.append(output)
    return [OutputGroupInfo(clang_tidy = depset(outputs))]

clang_tidy = aspect(
    implementation = _clang_tidy_impl,
    attrs = {
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_config": attr.label(default = "//:.clang-tidy", allow_single_file = True),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
