#!/usr/bin/env python3
"""./dev bench: measures every case in one run, prints a table of ratios to the floor, writes bench/results.json.

Usage: run.py BUILD_DIR [--counts-only] [--out FILE]
       run.py BUILD_DIR --baseline          counts alone, written to bench/baseline.json
       run.py BUILD_DIR --compare           counts alone, compared with it
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
BASELINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "baseline.json")
TOLERANCE = 0.02
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


def counted_with(build):
    """What the counts depend on besides the code: the compiler, and the clock that the kernel lets the SDK read."""
    with open(os.path.join(build, "CMakeCache.txt"), encoding="utf-8") as file:
        compiler = re.search(r"^CMAKE_C_COMPILER:\w+=(.*)$", file.read(), re.MULTILINE).group(1)
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
    name = "clang" if "clang" in version else "gcc"
    major = subprocess.run([compiler, "-dumpversion"], capture_output=True, text=True, check=True).stdout.split(".")[0]
    with open("/sys/devices/system/clocksource/clocksource0/current_clocksource", encoding="ascii") as file:
        clock = file.read().strip()
    return {"compiler": f"{name} {major.strip()}", "machine": os.uname().machine, "clock": clock}


def write_baseline(results, build):
    counts = {case: figures["instructions"] for case, figures in results.items()}
    with open(BASELINE, "w", encoding="utf-8") as file:
        json.dump({"counted_with": counted_with(build), "instructions": counts}, file, indent=4)
        file.write("\n")


def compare(results, build):
    """0: as before; 1: moved; 77: counted with something else, not comparable."""
    with open(BASELINE, encoding="utf-8") as file:
        baseline = json.load(file)
    here = counted_with(build)
    if here != baseline["counted_with"]:
        print(f"bench/baseline.json was counted with {baseline['counted_with']}, this is {here}")
        return 77
    moved = 0
    for case in sorted(baseline["instructions"].keys() | results.keys()):
        before, now = baseline["instructions"].get(case), results.get(case, {}).get("instructions")
        change = None if before is None or now is None else now / before - 1
        same = change is not None and abs(change) <= TOLERANCE
        moved += not same
        print(f"{case:14} before {before}  now {now}" + ("" if change is None else f"  {change:+.2%}"), "" if same else "MOVED")
    if moved:
        print(f"Instruction counts moved by more than {TOLERANCE:.0%}, up or down. If that is meant: ./dev bench --baseline, "
              "commit bench/baseline.json with the change, and say in the commit why they moved.")
    return 1 if moved else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--counts-only", action="store_true", help="instruction counts alone")
    parser.add_argument("--baseline", action="store_true", help="write the counts to bench/baseline.json")
    parser.add_argument("--compare", action="store_true", help="compare the counts with bench/baseline.json")
    parser.add_argument("--out", help="where the results go, as JSON")
    options = parser.parse_args()
    counts_only = options.counts_only or options.baseline or options.compare
    results = measure(options.build, counts_only)
    if not counts_only:
        show(results)
    if options.baseline:
        write_baseline(results, options.build)
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
            file.write("\n")
    if options.compare:
        sys.exit(compare(results, options.build))


if __name__ == "__main__":
    main()
