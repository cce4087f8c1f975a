#!/bin/sh
# run.sh - each reader of files against made-up bytes for FUZZ_SECONDS (30) of a core's time; one that is named, or all.
#
# Run by `make check-fuzz` in the build folder, which says how to compile: CLANG, FUZZ_FLAGS, FUZZ_LIBS.  FUZZ_NICE: 5.  Inputs that
# found something new stay in fuzz/corpus/READER for the next time; an input that fails stays in fuzz/found/READER, and its first line is told.
[ -n "${TMPDIR:-}" ] || ! [ -w /dev/shm ] || export TMPDIR=/dev/shm # an input is a file: on a disk readers wait for it half of the time
. "${SOURCE_DIR:-$(dirname "$0")/../..}/tests/verdict.sh"
if [ -z "${CLANG:-}" ]; then
    skip "fuzzing: configure has found no clang that links -fsanitize=fuzzer"
    finish fuzz
fi
here=$PWD/fuzz
mkdir -p "$here/corpus" "$here/found" "$here/objects"

# compile FILE: instrumented, where its object is not newer than all sources.
flags="-std=gnu11 -g -O1 -w -fno-omit-frame-pointer -fno-sanitize-recover=undefined $FUZZ_FLAGS"
build() {
    files="tests/spm.c $(cd "$top" && ls tests/fuzz/*.c src/base/*.c io/*/*.c app/config/*.c app/study/*.c | grep -vE '/(build|same|arguments|study-run|submit|export|script|snapshot|program|child|measure|report.*|points-.*|outcome|malformed)\.c$')
        app/import/import-kinds.c app/plan/forecast.c app/train/state.c app/train/begun.c app/train/table.c"
    echo "$files" | tr ' ' '\n' | grep . | CLANG="$CLANG" FLAGS="$flags" top="$top" here="$here" xargs -P 2 -I FILE sh -c '
        object=$here/objects/$(echo FILE | tr / -).o
        $CLANG $FLAGS -fsanitize=fuzzer-no-link,address,undefined -c "$top/FILE" -o "$object" || exit 255' &&
        $CLANG -fsanitize=fuzzer,address,undefined "$here"/objects/*.o -o "$here/fuzz" $FUZZ_LIBS
}
if [ ! -x "$here/fuzz" ] || [ -n "$(find "$top/src" "$top/io" "$top/app" "$top/tests/fuzz" "$top/mpi" -name '*.[ch]' -newer "$here/fuzz")" ]; then
    rm -f "$here"/objects/*.o
    build >"$work/said" 2>&1
    status=$?
    tail -n 5 "$work/said"
    [ $status -eq 0 ]
    verdict "readers compile with sanitizers"
    [ $failed -eq 0 ] || finish fuzz
fi
sh "$top/tests/fuzz/corpus.sh" "$here/corpus" >"$work/said" 2>&1
verdict "a corpus is made"

# Leaks: jansson and libyaml give back all that they take.  Open MPI is not started.
export TMPDIR="$work" ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1

# spend PID: FUZZ_SECONDS of its own time, then it is asked to end and tells its counts.
fuzzer=
trap '[ -z "$fuzzer" ] || kill "$fuzzer" 2>/dev/null; exit 130' INT TERM HUP
hertz=$(getconf CLK_TCK)
spend() {
    while kill -0 "$1" 2>/dev/null; do
        used=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 12,13 | tr ' ' +)
        [ $((${used:-0})) -lt $((${FUZZ_SECONDS:-30} * hertz)) ] || kill -USR1 "$1" 2>/dev/null
        sleep 1
    done
}
for reader in ${*:-$(HLLM_FUZZ=list "$here/fuzz")}; do
    mkdir -p "$here/corpus/$reader" "$here/found/$reader"
    HLLM_FUZZ=$reader nice -n "${FUZZ_NICE:-5}" "$here/fuzz" -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
        -max_len=16384 -print_final_stats=1 -artifact_prefix="$here/found/$reader/" "$here/corpus/$reader" >"$work/fuzz" 2>&1 </dev/null &
    fuzzer=$!
    spend $fuzzer
    wait $fuzzer
    status=$?
    fuzzer=
    inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/fuzz")
    covered=$(sed -n 's/.*cov: \([0-9]*\) .*/\1/p' "$work/fuzz" | tail -n 1)
    [ $status -eq 0 ] || grep -E 'ERROR|SUMMARY|runtime error|broken promise|Test unit written' "$work/fuzz" | head -n 5 | sed 's/^/     /'
    [ $status -eq 0 ]
    verdict "$reader: ${inputs:-no} inputs, ${covered:-no} edges"
done
finish fuzz
