"""Fuzz targets that are tests in every build and libFuzzer binaries under --config=fuzz.

A target defines LLVMFuzzerTestOneInput. As a test it runs each file of the corpus and a bounded number of seeded mutations
of them, so that a crash found once stays found; for a real campaign:

    bazel run --config=fuzz //migrate/binlog:decoder_fuzz_test -- -max_total_time=600
"""

load("@rules_cc//cc:defs.bzl", "cc_test")
load(":copts.bzl", "COPTS")

def cc_fuzz_test(name, srcs, deps = [], corpus = [], **kwargs):
    """A fuzz target.

    Args:
      name: name of the test.
      srcs: the source that defines LLVMFuzzerTestOneInput.
      deps: what it needs.
      corpus: files to begin with.
      **kwargs: what cc_test takes.
    """
    cc_test(
        name = name,
        srcs = srcs,
        args = ["$(location %s)" % label for label in corpus],
        copts = COPTS,
        data = corpus,
        linkopts = select({
            "//tools/bazel:libfuzzer": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            "//tools/bazel:libfuzzer": [],
            "//conditions:default": ["//tools/bazel:fuzz_main"],
        }),
        **kwargs
    )
