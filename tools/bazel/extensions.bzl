"""The repositories of repositories.bzl as a module extension."""

load(":repositories.bzl", "repositories")

def _programs_impl(_mctx):
    repositories()

programs = module_extension(implementation = _programs_impl)
