#!/bin/sh
# check-headers.sh - all headers of the tree go into one C file: no two define one name.  Runs in the build folder.
#
# Headers that define the same type, tag, constant or macro with different meanings compile as long as no file needs both,
# and send a reader to the wrong one.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

# Bodies that are compiled for a number of lanes, not declarations.
bodies='src/math/product-lanes.h src/math/strip-lanes.h'

# headers FOLDER: their names, but for bodies.
headers() {
    (cd "$1" && find src mpi io experiments tests -name '*.h' 2>/dev/null | sort | while read -r header; do
        case " $bodies " in *" $header "*) ;; *) echo "${header#src/}" ;; esac
    done)
}

# compile FOLDER: one file with all headers of it, as a test would be compiled.
compile() {
    headers "$1" | sed 's/.*/#include "&"/' >"$work/headers.c"
    printf 'include Makefile\none-file:\n\t@$(CC) $(DEFS) -I. -I%s -I%s/src $(AM_CPPFLAGS) $(CPPFLAGS) $(CUNIT_CFLAGS) %s\n' "$1" "$1" \
        '$(AM_CFLAGS) $(CFLAGS) -Wno-unused -fsyntax-only -Werror '"$work/headers.c" >"$work/one.mk"
    make -s -f "$work/one.mk" one-file >"$work/errors" 2>&1
}

compile "$top" || { head -n 5 "$work/errors" | sed 's/^/     /'; false; }
verdict "all headers compile together"
[ "$(headers "$top" | wc -l)" -gt 100 ]
verdict "these are all headers"

# The glossary leads to what is there: its files, and its names of code in some header.
words=$top/doc/glossary.md
grep -oE '`[a-z-]+/[a-z0-9/-]+\.[ch]`' "$words" | tr -d '`' | sort -u | while read -r file; do
    [ -f "$top/$file" ] || [ -f "$top/src/$file" ] || echo "     doc/glossary.md: $file is not there"
done >"$work/lost"
grep -oE '\b(hl|HL)_[A-Za-z0-9_]+' "$words" | sort -u | while read -r name; do
    grep -rqw --include='*.h' "$name" "$top/src" "$top/mpi" "$top/io" "$top/experiments" || echo "     doc/glossary.md: no header has $name"
done >>"$work/lost"
cat "$work/lost"
[ ! -s "$work/lost" ] && grep -q '`hl_' "$words"
verdict "the glossary leads to files and names that are there"

# plant SENTENCE TEXT TEXT: two headers that must not compile together.
plant() {
    mkdir -p "$work/garden/src/base" "$work/garden/io"
    printf '%b\n' "$2" >"$work/garden/src/base/one-of-two.h"
    printf '%b\n' "$3" >"$work/garden/io/two-of-two.h"
    ! compile "$work/garden"
    verdict "$1"
}
plant "a type of two headers is found" 'typedef int hl_two;' 'typedef float hl_two;'
plant "a constant of two headers is found" 'enum { HL_TWO };' 'enum { HL_OTHER, HL_TWO };'
plant "a macro of two headers is found" '#define HL_TWO 1' '#define HL_TWO 2'
plant "a function of two headers is found" 'void hl_two(int);' 'void hl_two(float);'
printf 'typedef int hl_one;\n' >"$work/garden/src/base/one-of-two.h"
printf 'typedef int hl_two;\n' >"$work/garden/io/two-of-two.h"
compile "$work/garden"
verdict "no complaint about two headers that have names of their own"

finish headers
