#!/usr/bin/env python3
"""Turns the coverage data of one test into one lcov file, in place of Bazel's own Java program (which would be a download).

Bazel calls it with --coverage_dir=DIR, where the test left .gcda files beside the compiler's .gcno files, and --output_file=FILE.
"""

import collections
import json
import os
import subprocess
import sys


def flag(name: str) -> str:
    for argument in sys.argv[1:]:
        if argument.startswith(f"--{name}="):
            return argument.split("=", 1)[1]
    return ""


def line_counts(folder: str) -> dict:
    """Source file of ours -> line -> how often it ran."""
    counts = collections.defaultdict(collections.Counter)
    for place, _, names in os.walk(folder):
        if "/external/" in place:
            continue
        for name in names:
            # Generated code comes without notes, and does not count.
            if not name.endswith(".gcda") or name[:-5] + ".gcno" not in names:
                continue
            gcov = subprocess.run(["gcov", "--json-format", "--stdout", name], cwd=place, stdout=subprocess.PIPE, check=True)
            for report in gcov.stdout.splitlines():
                for file in json.loads(report)["files"]:
                    if file["file"].startswith(("/", "external/", "bazel-out/")):
                        continue
                    for line in file["lines"]:
                        counts[file["file"]][line["line_number"]] += line["count"]
    return counts


def main() -> None:
    with open(flag("output_file"), "w", encoding="utf-8") as output:
        for source, lines in sorted(line_counts(flag("coverage_dir")).items()):
            output.write(f"SF:{source}\n")
            for line, count in sorted(lines.items()):
                output.write(f"DA:{line},{count}\n")
            output.write(f"LH:{sum(count > 0 for count in lines.values())}\nLF:{len(lines)}\nend_of_record\n")


if __name__ == "__main__":
    main()
