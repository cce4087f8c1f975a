#!/bin/sh
# check-fuzz.sh - what fuzzing begins with is made by the present program, for every reader; `make check-fuzz` needs clang and goes on from there.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

sh "$top/tests/fuzz/corpus.sh" "$work/corpus" >"$work/said" 2>&1
verdict "a corpus is made"

missing=
for reader in $(sed -n '/^} readers/,/^};/p' "$top/tests/fuzz/fuzz.c" | grep -o '{"[a-z-]*"' | tr -d '{"'); do
    [ -n "$(ls "$work/corpus/$reader" 2>/dev/null)" ] || missing="$missing $reader"
done
echo "$missing" >"$work/said"
[ -z "$missing" ] && [ -d "$work/corpus/csv" ]
verdict "every reader has inputs to begin with${missing:+, but$missing}"
finish fuzz
