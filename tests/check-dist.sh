#!/bin/sh
# check-dist.sh - what `make dist` packs is all that git has, but for what only git reads.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"
here=$(cd "$top" && pwd)

if ! git -C "$here" ls-files >"$work/all" 2>/dev/null || [ ! -s "$work/all" ]; then
    skip "what make dist packs: this is no checkout of git"
    finish check-dist
fi
git -C "$here" ls-files | grep -v '^\.gitignore$' | sort >"$work/git"
${MAKE:-make} -s distdir distdir="$work/packed" >"$work/said" 2>&1 </dev/null
verdict "a distribution is packed"
(cd "$work/packed" && find . -type f | sed 's,^\./,,' | sort) >"$work/dist"
comm -23 "$work/git" "$work/dist" >"$work/missing"
[ -s "$work/dist" ] && [ ! -s "$work/missing" ]
verdict "it has every file that git has$(sed '1s/^/; not /' "$work/missing" | tr '\n' ' ')"

finish check-dist
