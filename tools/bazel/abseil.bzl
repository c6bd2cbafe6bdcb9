"""Abseil, built from source: the distribution's binary is too old for absl/log, and thread sanitizer must see its mutexes.

The source comes from Debian's own source package through the apt client, with the mirror that this machine uses; where there
is no apt, from the upstream release. Both are pinned by hash.
"""

VERSION = "20240722.0"
_SUITE = "trixie"
_DEBIAN_SHA256 = "df6d1f5ef540725f3851201176a60486aab332410788465c9877910bb471c34a"
_UPSTREAM_SHA256 = "f50e5ac311a81382da7fa75b97310e4b9006474f9560ac46f54a9967f07d4ae3"
_UPSTREAM = "https://github.com/abseil/abseil-cpp/releases/download/%s/abseil-cpp-%s.tar.gz" % (VERSION, VERSION)

def _abseil_repository_impl(rctx):
    fetched = rctx.execute(
        ["bash", str(rctx.path(Label("//tools/bazel:fetch_debian_source"))), _SUITE, "abseil", "abseil_%s.orig.tar.gz" % VERSION, _DEBIAN_SHA256, "abseil.tar.gz"],
        timeout = 300,
    )
    if fetched.return_code == 0:
        rctx.extract("abseil.tar.gz", stripPrefix = "abseil-" + VERSION)
        rctx.delete("abseil.tar.gz")
        return

    # buildifier: disable=print
    print("Debian's source package could not be had (%s); trying the upstream release" % fetched.stderr.strip())
    rctx.download_and_extract(_UPSTREAM, sha256 = _UPSTREAM_SHA256, stripPrefix = "abseil-cpp-" + VERSION)

abseil_repository = repository_rule(
    implementation = _abseil_repository_impl,
    doc = "Abseil %s, unmodified." % VERSION,
)
