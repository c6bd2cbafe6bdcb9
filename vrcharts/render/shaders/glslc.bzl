"""GLSL -> SPIR-V by glslc (Debian: glslc) -> one C++ header that holds every shader as an array of words."""

def glsl_shaders(name, srcs, includes, namespace, **kwargs):
    """Compiles shaders and makes the header NAME.h: `rect.vert` becomes `inline constexpr uint32_t rect_vert[]`.

    Args:
      name: the cc_library that has the header.
      srcs: *.vert and *.frag files.
      includes: files that they #include.
      namespace: C++ namespace of the arrays.
      **kwargs: passed on to the cc_library.
    """
    words = []
    for src in srcs:
        out = src.replace(".", "_") + ".inc"
        words.append(out)
        native.genrule(
            name = name + "_" + src.replace(".", "_"),
            srcs = [src] + includes,
            outs = [out],
            cmd = "command -v glslc > /dev/null || { echo 'glslc is missing; run: apt-get install glslc' >&2; exit 1; }; " +
                  "glslc --target-env=vulkan1.3 -O -Werror -mfmt=num -I$$(dirname $(location %s)) -o $@ $(location %s)" % (src, src),
        )
    native.genrule(
        name = name + "_header",
        srcs = words,
        outs = [name + ".h"],
        cmd = "{ echo '#pragma once'; echo '#include <cstdint>'; echo 'namespace %s {'; " % namespace +
              "for f in $(SRCS); do echo \"inline constexpr uint32_t $$(basename $$f .inc)[] = {\"; cat $$f; echo '};'; done; " +
              "echo '}'; } > $@",
    )
    native.cc_library(name = name, hdrs = [name + ".h"], **kwargs)
