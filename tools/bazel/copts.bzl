"""Compiler flags of our own code; what comes from elsewhere is compiled with its own."""

COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-sign-compare",  # Abseil's and GoogleTest's comparison macros mix signs.
    "-Wno-missing-field-initializers",  # Designated initializers leave the rest at their defaults on purpose.
]
