# shellcheck shell=bash
# ./dev check: what fails fastest comes first; each step runs also when one before it failed, so that one run tells all.
# shellcheck source=tools/dev/steps.sh
. tools/dev/steps.sh

fuzz_seconds=10

format_is_kept()
{
    list_c_files | xargs -0 clang-format-19 --dry-run --Werror
}

spelling_is_right()
{
    # shellcheck disable=SC2046
    codespell --ignore-words tools/dev/words.txt $(git ls-files -- '*.c' '*.h' '*.md' '*.py' '*.sh' '*.txt' '*.cmake' dev)
}

scripts_are_clean()
{
    git ls-files -z -- '*.sh' dev .ci/run | xargs -0 shellcheck --external-sources
}

# The findings alone, without the tool's progress lines.
tidy_is_clean()
{
    run-clang-tidy-19 -quiet -p build/clang-release -j "$jobs" \
        "^$PWD/(sdk|propagation|exporters|tools|samples|tests)/.*\.c$" >build/logs/tidy.out 2>&1 && return
    grep -E ': (error|warning): ' build/logs/tidy.out | sort -u
    return 1
}

no_word_is_left()
{
    ! git grep -nwE "TO""DO|FIX""ME|X""XX|not imple""mented" -- . ':!CHANGELOG.md'
}

fuzz_targets()
{
    local target name folders
    for target in build/fuzz/tests/fuzz_*; do
        [ -x "$target" ] || continue
        name=${target##*/fuzz_}
        folders=("build/fuzz/corpus/$name") # what is found goes to the first
        mkdir -p "${folders[0]}"
        [ ! -d "tests/fuzz/corpus/$name" ] || folders+=("tests/fuzz/corpus/$name")
        "$target" -max_total_time=$fuzz_seconds -rss_limit_mb=2048 -timeout=10 \
            "-artifact_prefix=build/fuzz/crash-$name-" "${folders[@]}" || return 1
    done
}

need_check_tools()
{
    need_build_tools
    need_command clang-19 clang-19
    need_command clang-format-19 clang-format-19
    need_command clang-tidy-19 clang-tidy-19
    need_command run-clang-tidy-19 clang-tidy-19
    compgen -G '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer*' >/dev/null || missing+=(libclang-rt-19-dev)
    need_command valgrind valgrind
    need_command shellcheck shellcheck
    need_command codespell codespell
    install_missing || finish
}

check_text()
{
    step "format" format_is_kept
    step "include directions" python3 tools/check_includes.py
    step "limits on files and functions" python3 tools/check_limits.py
    step "spelling" spelling_is_right
    step "scripts" scripts_are_clean
    step "no unfinished work" no_word_is_left
}

instruction_counts()
{
    [ -f bench/baseline.json ] || { echo "no bench/baseline.json: ./dev bench --baseline writes it" && return 77; }
    python3 bench/run.py build/release --compare
}

check_libraries()
{
    build release -DWEFT_BENCH=ON || return
    step "exported symbols" bash tools/check_symbols.sh build/release
    step "sizes" bash tools/check_sizes.sh build/release
    step "instruction counts" instruction_counts
}

check_programs()
{
    local same='^tool\.(headers|libraries)$' # no sanitizer has anything to say about these
    if build clang-release; then
        run_tests "tests with clang" build/clang-release &&
            step "docs/compliance.md" python3 tools/compliance.py build/clang-release --check
        step "clang-tidy" tidy_is_clean
    fi
    build asan && run_tests "tests with address and undefined sanitizers" build/asan -E "$same"
    build tsan && run_tests "tests with thread sanitizer" build/tsan -E "$same"
    build debug && run_tests "tests with valgrind" build/debug -C valgrind -L valgrind
    build fuzz && step "fuzzing, $fuzz_seconds s a target" fuzz_targets
}

# What takes too long for every run.
check_long()
{
    export WEFT_TEST_LONG=1
    fuzz_seconds=600
    build coverage && run_tests "tests for coverage" build/coverage
    build clang-tsan && run_tests "tests with clang's thread sanitizer" build/clang-tsan
    build clang-asan && run_tests "tests with clang's address sanitizer" build/clang-asan
}

command_check()
{
    need_check_tools
    check_text
    [ "${1-}" != --long ] || check_long
    check_libraries
    check_programs
}
