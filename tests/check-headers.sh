#!/bin/sh
# check-headers.sh - all headers of the tree go into one C file: no two define one name; a function's prefix leads to its header.
# Runs in the build folder.
#
# Headers that define the same type, tag, constant or macro with different meanings compile as long as no file needs both,
# and send a reader to the wrong one.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

# Bodies that are compiled for a number of lanes, not declarations.
bodies='src/math/product-lanes.h src/math/strip-lanes.h'

# headers FOLDER: their names, but for bodies.
headers() {
    (cd "$1" && find src mpi io app tests -name '*.h' 2>/dev/null | sort | while read -r header; do
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
    grep -rqw --include='*.h' "$name" "$top/src" "$top/mpi" "$top/io" "$top/app" || echo "     doc/glossary.md: no header has $name"
done >>"$work/lost"
cat "$work/lost"
[ ! -s "$work/lost" ] && grep -q '`hl_' "$words"
verdict "the glossary leads to files and names that are there"

# astray FOLDER: functions hl_<word>_... that neither a header of that name has, <word>*.h, nor the one with the type hl_<word>.
astray() {
    headers "$1" | grep -v '^tests/' | while read -r header; do
        file=$1/src/$header
        [ -f "$file" ] || file=$1/$header
        awk -v header="$header" '
            function single(word) { sub(/s$/, "", word); return word }
            { text = text $0 "\n" }
            END {
                while (i = index(text, "/*")) {
                    rest = substr(text, i + 2)
                    text = substr(text, 1, i - 1) substr(rest, index(rest, "*/") + 2)
                }
                name = header
                sub(/.*\//, "", name); sub(/\.h$/, "", name); gsub(/-/, "", name)
                n = split(text, line, "\n")
                for (i = 1; i <= n; i++) {
                    is_type = line[i] ~ /^typedef |^} hl_|^struct hl_/
                    at = line[i]
                    while (is_type && match(at, /hl_[a-z0-9_]+/)) {
                        types[single(substr(at, RSTART + 3, RLENGTH - 3))] = 1
                        at = substr(at, RSTART + RLENGTH)
                    }
                }
                for (i = 1; i <= n; i++) {
                    if (line[i] !~ /^[a-zA-Z_]/ || line[i] ~ /^typedef / || !match(line[i], /hl_[a-z0-9_]+\(/)) continue
                    words = split(substr(line[i], RSTART + 3, RLENGTH - 4), word, "_")
                    leads = words == 1 || index(name, single(word[1])) == 1
                    prefix = word[1]
                    for (k = 2; k <= words; k++) {
                        leads = leads || single(prefix) in types
                        prefix = prefix "_" word[k]
                    }
                    if (!leads) print "     " header ": " substr(line[i], RSTART, RLENGTH - 1) " leads elsewhere"
                }
            }' "$file"
    done
}
# Functions of src/math with names of their own: settings of the whole folder, and products that read as formulas.
own='hl_has_vectors|hl_has_wide_vectors|hl_math_[a-z0-9_]*|hl_rows_by_rows|hl_rows_times|hl_columns_times|hl_is_worth_threads'
found=$(astray "$top" | grep -vE "^     math/[a-z]*[.]h: ($own) leads")
[ -z "$found" ] || { echo "$found"; false; }
verdict "the prefix of a function leads to its header"

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

# lost SENTENCE TEXT: a function that is found to lead elsewhere.
lost() {
    rm -rf "$work/garden"
    mkdir -p "$work/garden/src/base" "$work/garden/io"
    printf '%b\n' "$2" >"$work/garden/io/two-of-two.h"
    [ -n "$(astray "$work/garden")" ]
    verdict "$1"
}
lost "a function of another prefix is found" 'void hl_other_thing(int x);'
lost "one behind a comment over lines is found" '/* hl_other is\n * no type here */\nstatic inline int hl_other_thing(int x) { return x; }'
printf 'typedef struct {\n    int n;\n} hl_other;\nvoid hl_two_act(int x);\nconst hl_other *hl_other_thing(const hl_other *x);\nvoid hl_act(void);\n' \
    >"$work/garden/io/two-of-two.h"
[ -z "$(astray "$work/garden")" ]
verdict "no complaint about functions of the header's name, of its type and of one word"

finish headers
