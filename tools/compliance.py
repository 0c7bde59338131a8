#!/usr/bin/env python3
"""Lists the rows of the specification's compliance matrix that a passing test covers.

A test covers the rows that it is named after: TR_029_is_recording, or CP_003_CP_004_attach_and_detach. Read from what
the tests said in a build directory: tools/compliance.py BUILD-DIR writes docs/compliance.md, --check compares."""

import csv
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PAGE = os.path.join(ROOT, "docs", "compliance.md")
PASSED = re.compile(r"^\[       OK \] (\w+)", re.MULTILINE)
FAILED = re.compile(r"^\[  FAILED  \] (\w+)", re.MULTILINE)
ROW = re.compile(r"(?:^|_)([A-Z]{2})_(\d{3})(?=_|$)")
HEAD = """# Compliance

Rows of the specification's compliance matrix (state of 2026-08-19) that a passing test of this repository covers. Made
by `tools/compliance.py` from the names of the tests that passed; not edited by hand.

`Languages` says how many of the other languages' implementations support the row, as far as they were asked.
"""


def covered(build):
    """Row -> names of the tests that prove it. A test that failed anywhere proves nothing."""
    with open(os.path.join(build, "Testing", "Temporary", "LastTest.log"), encoding="utf-8", errors="replace") as file:
        log = file.read()
    rows = {}
    for name in sorted(set(PASSED.findall(log)) - set(FAILED.findall(log))):
        for section, number in ROW.findall(name):
            rows.setdefault(f"{section}-{number}", []).append(name)
    return rows


def page(rows, tests):
    sections = {}
    for row in rows:
        sections.setdefault(row["section"], []).append(row)
    out = [HEAD, "| Section | Covered | Rows |", "| --- | --- | --- |"]
    for section, members in sections.items():
        out.append(f"| {section} | {sum(row['id'] in tests for row in members)} | {len(members)} |")
    out.append(f"| **All** | **{sum(row['id'] in tests for row in rows)}** | **{len(rows)}** |")
    for section, members in sections.items():
        found = [row for row in members if row["id"] in tests]
        if not found:
            continue
        out += ["", f"## {section}", "", "| Row | Feature | Keyword | Stability | Languages | Tests |",
                "| --- | --- | --- | --- | --- | --- |"]
        for row in found:
            names = ", ".join(f"`{name}`" for name in tests[row["id"]])
            out.append(f"| {row['id']} | {row['feature']} | {row['keyword']} | {row['stability']} | {row['languages']} "
                       f"| {names} |")
    return "\n".join(out) + "\n"


def main():
    build, check = sys.argv[1], "--check" in sys.argv[2:]
    with open(os.path.join(ROOT, "tests", "compliance", "rows.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    tests = covered(build)
    unknown = sorted(set(tests) - {row["id"] for row in rows})
    if unknown:
        print("Tests are named after rows that do not exist:", ", ".join(unknown))
        return 1
    text = page(rows, tests)
    if not check:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(text)
        return 0
    with open(PAGE, encoding="utf-8") as file:
        if file.read() == text:
            return 0
    print(f"docs/compliance.md differs from what passed; after a run of all tests: tools/compliance.py {build}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
