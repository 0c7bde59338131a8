#!/usr/bin/env python3
"""Checks the limits on our C files: 500 lines a file; 60 lines, complexity 15 and 6 parameters a function.

Reads what clang-format leaves behind: a function's body opens and closes with a brace at the start of a line. A switch
counts as one decision, however many cases it has. What somebody else's interface demands is marked, with the reason, by
NOLINTNEXTLINE(readability-function-size)."""

import os
import re
import subprocess
import sys

FILE_LINES, FUNCTION_LINES, COMPLEXITY, PARAMETERS = 500, 60, 15, 6
DECISION = re.compile(r"\b(?:if|for|while|switch)\b|&&|\|\||\?")
BLANKED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def blank(match):
    """Comments and texts without their content, but with their lines."""
    return '""' + "\n" * match.group().count("\n")


def functions(lines):
    """Yields (name, number of the first line, parameters, lines of the body)."""
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            head = []
            at = number - 1
            while at >= 0 and lines[at].strip() and lines[at][-1] not in ";}":
                head.insert(0, lines[at])
                at -= 1
            start = (number, " ".join(head))
        elif line == "}" and start is not None:
            opened, head = start
            name = re.search(r"(\w+)\s*\(", re.sub(r"\b(?:WEFT_\w+|__attribute__)\s*\(+[^()]*\)+", "", head))
            yield (name.group(1) if name else "?"), opened, parameters(head), lines[opened + 1:number]
            start = None


def parameters(head):
    if "enum MHD_Result" in head:
        return 0  # a callback of libmicrohttpd, whose type is not ours
    inner = head[head.find("(") + 1:head.rfind(")")]
    depth = count = 0
    for char in inner:
        depth += char in "(["
        depth -= char in ")]"
        count += char == "," and depth == 0
    return count + 1 if inner.strip() not in ("", "void") else 0


def findings(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lines = BLANKED.sub(blank, text).split("\n")
    excused = {at for at, line in enumerate(text.split("\n")) if "NOLINTNEXTLINE(readability-function-size)" in line}
    if len(lines) - 1 > FILE_LINES:
        yield f"{path}: {len(lines) - 1} lines, more than {FILE_LINES}"
    for name, line, count, body in functions(lines):
        if excused & set(range(line - 4, line)):
            continue
        where = f"{path}:{line + 1}: {name}"
        complexity = 1 + len(DECISION.findall("\n".join(body)))
        if len(body) > FUNCTION_LINES:
            yield f"{where} has {len(body)} lines, more than {FUNCTION_LINES}"
        if complexity > COMPLEXITY:
            yield f"{where} has complexity {complexity}, more than {COMPLEXITY}"
        if count > PARAMETERS:
            yield f"{where} has {count} parameters, more than {PARAMETERS}"


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.c", "*.h"],
        check=True, capture_output=True, text=True).stdout
    found = [finding for path in sorted(listed.split("\0")) if path and os.path.exists(path)
             for finding in findings(path)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
