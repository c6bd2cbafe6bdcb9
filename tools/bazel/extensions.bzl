"""The libraries of repositories.bzl as a module extension."""

load(":repositories.bzl", libraries_macro = "libraries")

def _libraries_impl(_mctx):
    libraries_macro()

libraries = module_extension(implementation = _libraries_impl)
