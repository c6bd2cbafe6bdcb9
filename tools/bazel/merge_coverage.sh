#!/usr/bin/env bash
# Merges the coverage data of one test into one lcov file, in place of Bazel's own Java program (a download).
# Bazel passes --coverage_dir=DIR --output_file=FILE and more that does not matter here.
set -euo pipefail
for argument in "$@"; do
  case "$argument" in
    --coverage_dir=*) coverage_dir=${argument#*=} ;;
    --output_file=*) output_file=${argument#*=} ;;
  esac
done
[[ -n "${output_file:-}" ]] || exit 0
: >"$output_file"
[[ -d "${coverage_dir:-}" ]] || exit 0
find "$coverage_dir" -name '*.dat' -exec cat {} + >>"$output_file"
