#!/bin/sh
# check-format.sh - C is formatted as .clang-format says, and no line is longer than 120 columns.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

# Versions of clang-format differ in small things; .clang-format is written for this one.
version=14
find_formatter() {
    for name in clang-format-$version clang-format; do
        "$name" --version 2>/dev/null | grep -q "version $version\." && echo "$name" && return
    done
    return 1
}
sources() { (cd "$top" && find src mpi io app tests -name '*.[ch]' | sort); }

(cd "$top" && sources | LC_ALL=C.UTF-8 xargs awk 'length > 120 { printf "     %s:%d: %d columns\n", FILENAME, FNR, length }') >"$work/long"
head -n 5 "$work/long"
[ "$(sources | wc -l)" -gt 300 ] && [ ! -s "$work/long" ]
verdict "no line of C is longer than 120 columns"

if formatter=$(find_formatter); then
    (cd "$top" && sources | xargs -P 2 -n 40 "$formatter" --dry-run --Werror) >"$work/differ" 2>&1
    status=$?
    grep -h 'error:' "$work/differ" | sed 's/ error: .*//' | sort -u -t : -k 1,1 | head -n 5 | sed 's/^/     not formatted: /'
    [ $status -eq 0 ]
    verdict "C is as clang-format writes it; run clang-format -i on your files"
    mkdir "$work/bad" && cp "$top/.clang-format" "$work/bad/" && printf 'int f(int a){return a ;}\n' >"$work/bad/f.c"
    ! "$formatter" --dry-run --Werror "$work/bad/f.c" 2>/dev/null
    verdict "clang-format finds a planted violation"
else
    skip "formatting: there is no clang-format $version; on Debian 12: apt install clang-format"
fi
finish format
