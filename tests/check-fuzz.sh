#!/bin/sh
# check-fuzz.sh - every reader of files takes malformed files or refuses them with a sentence; what fuzzing begins with is made for all.
#
# MALFORMED (200) files of each kind, made of good ones (fuzz/malformed.c).  `make check-fuzz` needs clang and goes on from the good ones.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

sh "$top/tests/fuzz/corpus.sh" "$work/corpus" >"$work/said" 2>&1
verdict "a corpus is made"

mkdir "$work/tmp"
TMPDIR=$work/tmp ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 ./tests/malformed "$work/corpus" "${MALFORMED:-200}" >"$work/out" 2>&1
status=$?
grep -v '^malformed: ' "$work/out"
passed=$((passed + $(grep -c '^ok  ' "$work/out"))) failed=$((failed + $(grep -c '^FAIL' "$work/out")))
[ $status -eq 0 ] && grep -q '^malformed: [1-9][0-9]* passed, 0 failed' "$work/out" && [ -z "$(ls "$work/tmp")" ]
verdict "all readers are asked, and leave nothing behind"
finish fuzz
