#!/usr/bin/env python3
"""Checks who includes whom: one direction between the folders, private headers by their path from the root."""

import os
import re
import subprocess
import sys

# A folder, and the folders whose private headers its files may include besides its own. The longest match counts.
DIRECTIONS = {
    "include/weft": [],
    "sdk/base": [],
    "sdk/api": ["sdk/base"],
    "propagation": ["sdk/base", "sdk/api"],
    "sdk/common": ["sdk/base", "sdk/api"],
    "sdk/trace": ["sdk/base", "sdk/api", "sdk/common"],
    "sdk/config": ["sdk", "propagation", "exporters"],
    "exporters": ["sdk/base", "sdk/api", "sdk/common", "exporters/transport"],
    "exporters/transport": ["sdk/base"],
    "tools": ["exporters/otlp"],
    "tools/weft": ["tools/weft"],
    "samples": ["samples"],
    "bench": ["sdk", "exporters", "tests/support"],
    "tests/public": ["tests/support", "tests/public"],
    "tests/collector": ["tests/support"],
    "tests": ["sdk", "propagation", "exporters", "tools", "tests/support"],
}

# Libraries that only some may see: a pattern of system headers, and the folders.
LIBRARIES = {
    r"curl/": ["exporters/transport", "samples", "tests"],
    r"protobuf-c/|opentelemetry/": ["exporters/otlp", "tools", "tests", "bench"],
    r"microhttpd\.h": ["tools", "samples", "tests"],
    r"sqlite3\.h": ["samples"],
    r"zlib\.h": ["exporters", "tools", "tests"],
    r"cmocka\.h": ["tests"],
}
PUBLIC_MAY_INCLUDE = re.compile(r"weft/|std(bool|def|int|arg|io)\.h|initializer_list|string_view|type_traits")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def inside(path, folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def home_of(path):
    homes = [folder for folder in DIRECTIONS if inside(path, [folder])]
    return max(homes, key=len) if homes else None


def own_folders(path, home):
    """Its own folder: of exporters, tools, samples and tests each folder inside is one of its own."""
    here = os.path.dirname(path)
    return ["/".join(here.split("/")[:2])] if home in ("exporters", "tools") else [home, here]


def findings(path, text):
    home = home_of(path)
    if home is None:
        yield "is in a folder that tools/check_includes.py does not know"
        return
    for kind, name in INCLUDE.findall(text):
        if kind == "<":
            if home == "include/weft" and not PUBLIC_MAY_INCLUDE.match(name):
                yield f"a public header includes <{name}>"
            for pattern, folders in LIBRARIES.items():
                if re.match(pattern, name) and not inside(path, folders):
                    yield f"includes <{name}>, which is for {', '.join(folders)}"
        elif name.endswith(".pb-c.h"):
            if not inside(path, LIBRARIES[r"protobuf-c/|opentelemetry/"]):
                yield f'includes "{name}", which is for exporters/otlp and tools'
        elif home == "samples" and os.path.exists(os.path.join(os.path.dirname(path), name)):
            continue  # as in a program of one's own
        elif not os.path.exists(name):
            yield f'includes "{name}", which is no path from the root'
        elif not inside(name, DIRECTIONS[home] + own_folders(path, home)):
            yield f'includes "{name}" against the direction'
        elif inside(name, ["include"]):
            yield f'includes the public "{name}" by its path: use <weft/...>'


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.c", "*.h"],
        check=True, capture_output=True, text=True).stdout
    bad = 0
    for path in sorted(filter(os.path.exists, listed.split("\0"))):
        if not path:
            continue
        with open(path, encoding="utf-8") as file:
            for finding in findings(path, file.read()):
                print(f"{path}: {finding}")
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
