#!/bin/sh
# check-layers.sh - includes point down only and in no circle, every file says what it is, and there is one of each.
#
# A layer is a line of the table: its folder, the folders whose headers it may include as "..." (or one header of a folder),
# and the <...> of big libraries that it may include.  The rules are then tested on files planted in a temporary folder.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

src=base,math,data,model,step
mpi=mpi/comm,mpi/linalg,mpi/train,mpi/eval
io=io/files,io/tokenizer,io/weights,io/vectors,io/record,io/dataset,io/checkpoint
app=app/config,app/plan,app/train,app/synth,app/import,app/compare,app/embed,app/export,app/bench,app/study,app/rehearse,app/cli
layers="
src/base       base                                                           -
src/math       base,math                                                      cblas.h
src/data       base,data                                                      -
src/model      base,math,data,model                                           -
src/step       base,math,data,model,step                                      -
mpi/comm       base,math/rows.h,mpi/comm                                      mpi.h
mpi/linalg     base,math,model,mpi/comm,mpi/linalg                            mpi.h
mpi/train      $src,mpi/comm,mpi/linalg,mpi/train                             mpi.h
mpi/eval       $src,$mpi                                                      mpi.h
io/files       base,mpi/comm,io/files                                         hdf5.h
io/tokenizer   base,io/files,io/tokenizer                                     -
io/weights     base,model,mpi/comm,io/files,io/weights                        -
io/vectors     base,io/files,io/weights,io/vectors                            hdf5.h
io/record      base,math,io/files,io/record                                   -
io/dataset     base,data,mpi/comm,io/files,io/tokenizer,io/dataset            hdf5.h
io/checkpoint  base,model,mpi/comm,io/files,io/checkpoint                     hdf5.h
app/config     $src,mpi/comm,io/files,app/config                              -
app/plan       $src,io/files,io/tokenizer,io/weights,io/vectors,app/config,app/plan      -
app/synth      $src,io/files,io/tokenizer,app/synth                           -
app/import     $src,mpi/comm,io/files,io/dataset,app/config,app/import -
app/train      $src,$mpi,$io,app/config,app/plan,app/train                    -
app/compare    $src,mpi/comm,io/files,io/dataset,app/config,app/compare        -
app/embed      $src,$mpi,$io,app/config,app/plan,app/train,app/embed          -
app/export     $src,$mpi,$io,app/config,app/plan,app/train,app/export          -
app/bench      $src,$mpi,$io,app/config,app/plan,app/train,app/bench          -
app/study      $src,mpi/comm,io/files,app/config,app/plan,app/compare,app/study -
app/rehearse   $src,mpi/comm,mpi/linalg,mpi/train,io/files,app/config,app/plan,app/study,app/rehearse -
app/cli        $src,$mpi,$io,$app                                             -
tests          $src,$mpi,$io,$app,tests,tests/fuzz                                mpi.h,hdf5.h
"

# complaints FOLDER: one line for each broken rule.
complaints() {
    (cd "$1" && find src mpi io app experiments tests -name '*.[ch]' 2>/dev/null | sort | awk -v layers="$layers" '
        function read(file, n) {
            n = 0
            split("", text)
            while ((getline line < file) > 0) text[++n] = line
            close(file)
            return n
        }
        function is_there(file, there) {
            there = (getline line < file) > 0
            close(file)
            return there
        }
        # The last layer that a file lies in.
        function find_layer(file, i) {
            mine = ""
            for (i = 1; i <= many; i++)
                if (index(file, folder[i] "/") == 1) { mine = folder[i]; ours = "," sees[i] ","; big = "," libraries[i] "," }
        }
        function look(file, n, i, name, stem, own, own_path, has_own, seen_own, guard, guarded, what, layer) {
            name = file; sub(/.*\//, "", name)
            if (index(text[1], "/* " name " - ") != 1) print file ":1: does not begin with \"/* " name " - \""
            stem = file; sub(/^src\//, "", stem); own = stem; sub(/\.c$/, ".h", own)
            own_path = file; sub(/\.c$/, ".h", own_path)
            has_own = name ~ /\.c$/ && is_there(own_path)
            guard = toupper(stem); gsub(/[^A-Z0-9]/, "_", guard)
            guarded = name !~ /\.h$/
            for (i = 1; i <= n; i++) {
                if (text[i] == "#ifndef " guard) guarded = 1
                if (text[i] ~ /[ \t]$/) print file ":" i ": blanks at the end"
                if (text[i] ~ /\t/) print file ":" i ": a tab"
                if (text[i] !~ /^ *# *include/) continue
                split(text[i], part, /["<>]/)
                what = part[2]
                if (text[i] ~ /</) {
                    if (what ~ /^(mpi|hdf5|hdf5_hl|cblas|lapacke)\.h$/ && index(big, "," what ",") == 0) print file ":" i ": <" what "> does not belong in " mine
                    if (has_own && !seen_own) { print file ":" i ": its own header comes first"; seen_own = 1 }
                    continue
                }
                layer = what; sub(/\/[^\/]*$/, "", layer)
                if (what !~ /\//) print file ":" i ": \"" what "\" has no folder"
                else if (index(ours, "," layer ",") == 0 && index(ours, "," what ",") == 0) print file ":" i ": \"" what "\" is above " mine
                if (what == own) seen_own = 1
                else if (has_own && !seen_own) { print file ":" i ": its own header comes first"; seen_own = 1 }
            }
            if (!guarded) print file ": its guard is not " guard
        }
        BEGIN {
            lines = split(layers, row, "\n")
            for (i = 1; i <= lines; i++)
                if (split(row[i], of, " ") == 3) { folder[++many] = of[1]; sees[many] = of[2]; libraries[many] = of[3] }
        }
        {
            find_layer($0)
            if (mine == "") print $0 ": in no layer"
            else look($0, read($0))
        }')
}

found=$(complaints "$top")
[ -z "$found" ] || echo "$found" | sed 's/^/     /'
[ -z "$found" ] && [ -f "$top/src/base/part.c" ]
verdict "every file keeps to its layer and says what it is"

# circles FOLDER: headers that include each other, however many lie between; and two units of which each includes the
# other's header.  A unit is a .c with its .h; x-y is a part of x and may include x.h, which has the types of both.  Further
# parts, as WHOLE:PART: engines of a table of tiles, the beginning of a run, the prices of a cost.
parts='mpi/linalg/tiles:mpi/linalg/summa mpi/linalg/tiles:mpi/linalg/pblas app/train/run:app/train/resume step/cost:step/price'
includes() { (cd "$1" && find src mpi io app -name "*.$2" -exec grep -H '^ *# *include "' {} + 2>/dev/null | sed 's|^src/||; s|:[^"]*"| |; s|".*||'); }
circles() {
    includes "$1" h | tsort 2>&1 >/dev/null | sed -n 's/^tsort: \([a-z].*\.h\)$/\1 is in a circle of headers/p'
    includes "$1" '[ch]' | sed 's/\.[ch] / /; s/\.[ch]$//' | sort -u | awk -v parts="$parts" '
        BEGIN { n = split(parts, list, " "); for (i = 1; i <= n; i++) known[list[i]] = 1 }
        function part(whole, p) { return index(p, whole "-") == 1 || (whole ":" p) in known }
        { to[$1, $2] = 1 }
        END {
            for (pair in to) {
                split(pair, of, SUBSEP)
                if (of[1] < of[2] && (of[2], of[1]) in to && !part(of[1], of[2]) && !part(of[2], of[1])) print of[1] " and " of[2] " include each other"
            }
        }'
}
found=$(circles "$top")
[ -z "$found" ] || { echo "$found" | sed 's/^/     /'; false; }
verdict "includes go round in no circle"

# one_of_each FOLDER: what src/base has, and somebody has made again.
again_in() { # again_in PATTERN COMPLAINT
    grep -nE -e "$1" /dev/null $files | sed "s|^\([^:]*:[0-9]*\):.*|\1: $2|"
}
one_of_each() {
    (cd "$1" && files=$(find src mpi io app -name '*.[ch]' 2>/dev/null | grep -vE '^src/base/(array|path)\.c$|^src/base/(alloc\.[ch]|minmax\.h)$' | sort)
        again_in '\brealloc\(|\bhl_realloc\(' 'an array that grows; base/array.h has one'
        again_in 'snprintf\((.*PATH_MAX|path).*"%s/' 'a path that is put together; base/path.h does it'
        again_in '(= |\(|return |, |\[)([A-Za-z_][][A-Za-z0-9_.>-]*) [<>]=? ([A-Za-z0-9_.>-]+) \? (\2 : \3|\3 : \2)[];,)]' \
            'the smaller or larger of two; base/minmax.h has them'
        again_in '\+ 1\) & [a-z>.-]*(mask|slots|size)|& \([a-z>.-]*slots - 1\)' 'a hash table; base/hash-table.h has one' | grep -v '^src/base/hash-table')
}
found=$(one_of_each "$top")
[ -z "$found" ] || { echo "$found" | sed 's/^/     /'; false; }
verdict "arrays that grow, hash tables, paths, the smaller of two: there is one of each"

# plant WORDS FILE TEXT: a file that must be complained about with these words.
plant() {
    mkdir -p "$garden/${2%/*}"
    printf '%b' "$3" >"$garden/$2"
    complaints "$garden" | grep -qF "$1"
    verdict "found: $1"
    rm "$garden/$2"
}
garden=$work/garden
plant '"step/plan.h" is above src/model' src/model/x.c '/* x.c - x */\n#include "step/plan.h"\n'
plant '"mpi/comm/group.h" is above src/step' src/step/x.c '/* x.c - x */\n#include "mpi/comm/group.h"\n'
plant '"math/linear.h" is above mpi/comm' mpi/comm/x.c '/* x.c - x */\n#include "math/linear.h"\n'
plant '"mpi/eval/evaluate.h" is above mpi/train' mpi/train/x.c '/* x.c - x */\n#include "mpi/eval/evaluate.h"\n'
plant '"app/train/job.h" is above app/plan' app/plan/x.c '/* x.c - x */\n#include "app/train/job.h"\n'
plant '<mpi.h> does not belong in src/base' src/base/x.c '/* x.c - x */\n# include <mpi.h>\n'
plant '<mpi.h> does not belong in io/files' io/files/x.c '/* x.c - x */\n#include <mpi.h>\n'
plant '<cblas.h> does not belong in mpi/train' mpi/train/x.c '/* x.c - x */\n#include <cblas.h>\n'
plant '<hdf5.h> does not belong in app/cli' app/cli/x.c '/* x.c - x */\n#include <hdf5.h>\n'
plant '"tests/check.h" is above io/record' io/record/x.c '/* x.c - x */\n#include "tests/check.h"\n'
plant 'io/x.c: in no layer' io/x.c '/* x.c - x */\n'
plant 'experiments/x.c: in no layer' experiments/x.c '/* x.c - x */\n'
plant '"part.h" has no folder' src/base/x.c '/* x.c - x */\n#include "part.h"\n'
plant 'does not begin with "/* x.c - "' src/base/x.c '/* y.c - x */\n'
plant 'its guard is not BASE_X_H' src/base/x.h '/* x.h - x */\n#ifndef X_H\n#endif\n'
plant 'blanks at the end' src/base/x.c '/* x.c - x */ \n'
plant 'a tab' src/base/x.c '/* x.c - x */\n\tint x;\n'
printf '/* x.h - x */\n#ifndef IO_FILES_X_H\n#endif\n' >"$garden/io/files/x.h"
plant 'its own header comes first' io/files/x.c '/* x.c - x */\n#include "base/part.h"\n#include "io/files/x.h"\n'
printf '/* x.c - x */\n#include "io/files/x.h"\n#include "base/part.h"\n#include <stdio.h>\n' >"$garden/io/files/x.c"
[ -z "$(complaints "$garden")" ]
verdict "no complaint about a file that is as it should be"

rm -rf "$garden"
mkdir -p "$garden/src/base" "$garden/mpi/train" "$garden/io/files" "$garden/app/cli"
# include FILE HEADER: a file that includes it.
include() { printf '#include "%s"\n' "$2" >>"$garden/$1"; }
include src/base/a.h base/b.h
include src/base/b.h base/c.h
include src/base/c.h base/a.h
circles "$garden" | grep -q '^base/b.h is in a circle'
verdict "a circle of three headers is found"
rm "$garden/src/base/c.h"
include src/base/a.c base/b.h
include src/base/b.c base/a.h
include mpi/train/step.c mpi/train/step-state.h
include mpi/train/step-state.h mpi/train/step.h
[ "$(circles "$garden")" = "base/a and base/b include each other" ]
verdict "two that include each other are found, and a part with its whole is not one"
# again WORDS TEXT: a line that must be complained about.
again() {
    printf '%s\n' "$2" >"$garden/io/files/x.c"
    one_of_each "$garden" | grep -qF "io/files/x.c:1: $1"
    verdict "found: $1"
}
again 'an array that grows' 'x = realloc(x, 2 * n);'
again 'a path that is put together' 'snprintf(path, sizeof path, "%s/%s", a, b);'
again 'the smaller or larger of two' 'int n = a->n < b ? a->n : b;'
again 'the smaller or larger of two' 'return b > n ? n : b;'
again 'a hash table' 'at = (at + 1) & mask;'
printf '%s\n' 'int n = a < b ? c : b;' 'x = hl_min(a, b);' 'snprintf(name, n, "%s/%s", a, b);' >"$garden/io/files/x.c"
[ -z "$(one_of_each "$garden")" ]
verdict "no complaint about what is none of these"

finish layers
