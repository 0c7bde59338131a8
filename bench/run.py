#!/usr/bin/env python3
"""./dev bench: measures every case in one run, prints a table of ratios to the floor, writes bench/results.json.

Usage: run.py BUILD_DIR [--counts-only] [--out FILE]
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

CASES = ["floor", "w1", "w2", "w2_calls", "w3", "unsampled", "no_sdk", "no_sdk_active", "inject", "extract"]
# What is to be reached: ratio of min_ns to the floor's, of sustained_ns to the floor's min_ns, instructions.
GOALS = {
    "w1": (1.5, 3, 320), "w2": (2.5, 4, 700), "w2_calls": (3, None, 900), "w3": (2.5, None, None),
    "unsampled": (None, None, 120), "no_sdk": (None, None, 30), "no_sdk_active": (None, None, 110),
    "inject": (2, None, None), "extract": (4, None, None), "encode_w2": (2, None, None), "export_w2": (15, None, None),
}
COUNTED = 400
ROUNDS = 3


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    figures = {}
    for line in done.stdout.splitlines():
        case, figure, value = line.split()
        figures[figure] = float(value)
    return figures


def instructions(program, case):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind.out")
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
                               "--toggle-collect=bench_measured", program, case, "count"],
                              capture_output=True, text=True)
        collected = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or collected is None:
            sys.exit(f"callgrind of {case}: exit {done.returncode}\n{done.stderr}")
        return round(int(collected.group(1)) / COUNTED, 1)


def best(results, case, figures):
    kept = results.setdefault(case, {})
    for name, value in figures.items():
        kept[name] = min(kept.get(name, value), value)


def measure(build, counts_only):
    bench, encode = os.path.join(build, "bin/weft-bench"), os.path.join(build, "bin/weft-bench-encode")
    results = {}
    if not counts_only:
        for _ in range(ROUNDS):  # interleaved, so that a slow minute of the machine meets all cases
            for case in CASES:
                best(results, case, run(bench, case, "burst"))
            best(results, "encode_w2", run(encode, "encode_w2", "burst"))
        for case in ("w1", "w2"):
            best(results, case, run(bench, case, "sustained"))
            best(results, case, run(bench, case, "two"))
        best(results, "w1", run(bench, "w1", "wakes"))
        exported = run(bench, "w2", "export")
        results["export_w2"] = {"min_ns": exported["worker_cpu_ns"], "exported": exported["exported"]}
    for case in CASES:
        results.setdefault(case, {})["instructions"] = instructions(bench, case)
    results.setdefault("encode_w2", {})["instructions"] = instructions(encode, "encode_w2")
    return results


def cell(value, ratio, goal):
    if value is None:
        return " " * 22
    mark = "" if goal is None else (" ok" if ratio <= goal else " !!")
    return f"{value:8.1f} {ratio:6.2f}x{mark:<3}".ljust(22)


def show(results):
    floor = results["floor"].get("min_ns")
    print(f"{'case':14} {'min ns':>8} {'/floor':>7}    {'median ns':>9}   {'sustained ns':>12} {'/floor':>6}   instructions")
    for case, figures in results.items():
        goal = GOALS.get(case, (None, None, None))
        least, median, sustained = (figures.get(k) for k in ("min_ns", "median_ns", "sustained_ns"))
        line = f"{case:14} "
        line += cell(least, least / floor if least else 0, goal[0])
        line += f"{median:9.1f}   " if median else " " * 12
        line += cell(sustained, sustained / floor if sustained else 0, goal[1])
        count = figures.get("instructions")
        if count is not None:
            line += f"{count:8.1f}" + ("" if goal[2] is None else (" ok" if count <= goal[2] else " !!"))
        print(line)
    for case in ("w1", "w2"):
        if "two_threads_ns" in results.get(case, {}):
            print(f"{case}: two threads at once cost each {results[case]['two_threads_ns'] / results[case]['min_ns']:.2f}x of one")
    if "wakes_per_1000" in results.get("w1", {}):
        print(f"w1: {results['w1']['wakes_per_1000']:.2f} wakes per 1,000 spans in a flood")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--counts-only", action="store_true", help="instruction counts alone")
    parser.add_argument("--out", help="where the results go, as JSON")
    options = parser.parse_args()
    results = measure(options.build, options.counts_only)
    if not options.counts_only:
        show(results)
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
