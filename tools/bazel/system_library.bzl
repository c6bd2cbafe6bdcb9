"""A library that the system's package manager installed, found by pkg-config.

    system_library(name = "zlib", modules = ["zlib"], package = "zlib1g-dev")

gives @zlib//:zlib. A library of several pkg-config modules has one target a module. Where the package is missing, only the
targets that need it fail, with the command that installs it.
"""

def _pkg_config(rctx, args):
    result = rctx.execute(["pkg-config"] + args)
    if result.return_code != 0:
        return None
    return [word for word in result.stdout.replace("\n", " ").split(" ") if word]

def _missing(rctx):
    fail("\n\n  %s is not installed; run: apt-get install %s\n" % (", ".join(rctx.attr.modules), rctx.attr.package))

def _quoted(words):
    return "[" + ", ".join(["%r" % word for word in words]) + "]"

def module_target(rctx, module, target, folders):
    """One cc_library for one pkg-config module, or None where pkg-config does not know it.

    Args:
      rctx: the repository context.
      module: name of the pkg-config module.
      target: name of the target to write.
      folders: include folder -> its link in this repository; grows.

    Returns:
      The text of the target.
    """
    cflags = _pkg_config(rctx, ["--cflags", module])
    libs = _pkg_config(rctx, ["--libs", module])
    if cflags == None or libs == None:
        return None
    includes = []
    for flag in cflags:
        if not flag.startswith("-I"):
            continue
        folder = flag[2:].rstrip("/")

        # The compiler searches the first two anyway; GLib's headers are needed only by libraries we do not call.
        if folder in ["/usr/include", "/usr/include/x86_64-linux-gnu"] or "glib-2.0" in folder:
            continue
        if folder not in folders:
            folders[folder] = "include/%d" % len(folders)
            rctx.symlink(folder, folders[folder])
        includes.append(folders[folder])
    return """
cc_library(
    name = %r,
    hdrs = glob([%s]),
    defines = %s,
    includes = %s,
    linkopts = %s,
)
""" % (
        target,
        ", ".join(["%r" % (folder + "/**") for folder in includes]),
        _quoted([flag[2:] for flag in cflags if flag.startswith("-D")]),
        _quoted(includes),
        _quoted([flag for flag in libs if not flag.startswith("-L")]),
    )

def _system_library_impl(rctx):
    if not rctx.which("pkg-config"):
        fail("\n\n  pkg-config is not installed; run: apt-get install pkg-config\n")
    folders = {}
    targets = ['package(default_visibility = ["//visibility:public"])\n']
    for module in rctx.attr.modules:
        text = module_target(rctx, module, module, folders)
        if text == None:
            _missing(rctx)
        targets.append(text)
    short_name = rctx.name.split("~")[-1].split("+")[-1]
    if short_name not in rctx.attr.modules:
        targets.append("\nalias(\n    name = %r,\n    actual = %r,\n)\n" % (short_name, ":" + rctx.attr.modules[0]))
    rctx.file("WORKSPACE", "workspace(name = %r)\n" % short_name)
    rctx.file("BUILD", "".join(targets))

system_library = repository_rule(
    implementation = _system_library_impl,
    attrs = {
        "modules": attr.string_list(mandatory = True, doc = "pkg-config modules"),
        "package": attr.string(mandatory = True, doc = "Debian packages that hold them"),
    },
    environ = ["PKG_CONFIG_PATH"],
    local = True,
    doc = "Libraries of one Debian package as cc_library targets.",
)
