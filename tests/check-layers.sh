#!/bin/sh
# check-layers.sh - includes point down only, and every file says what it is.
#
# A layer is a line of the table: its folder, the first parts of "..." that it may include, and the <...> of big
# libraries that it may include.  The rules are then tested on files planted in a temporary folder.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

layers='
src/base     base                                  -
src/math     base,math                             cblas.h
src/model    base,math,model                       -
mpi          base,math,model,mpi                   mpi.h
io           base,math,model,mpi,io                hdf5.h
experiments  base,math,model,mpi,io,experiments    -
tests        base,math,model,mpi,io,experiments,tests mpi.h,hdf5.h
'

# complaints FOLDER: one line for each broken rule.
complaints() {
    (cd "$1" && find src mpi io experiments tests -name '*.[ch]' 2>/dev/null | sort | while read -r file; do
        echo "$layers" | awk -v file="$file" '
            BEGIN { while ((getline line < file) > 0) text[++n] = line; close(file) }
            $1 != "" && index(file, $1 "/") == 1 { mine = $1; ours = "," $2 ","; big = "," $3 "," }
            END {
                if (mine == "") { print file ": in no layer"; exit }
                name = file; sub(/.*\//, "", name)
                if (index(text[1], "/* " name " - ") != 1) print file ":1: does not begin with \"/* " name " - \""
                stem = file; sub(/^src\//, "", stem); own = stem; sub(/\.c$/, ".h", own)
                own_path = file; sub(/\.c$/, ".h", own_path)
                has_own = name ~ /\.c$/ && (getline line < own_path) > 0
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
                    layer = what; sub(/\/.*/, "", layer)
                    if (what !~ /\//) print file ":" i ": \"" what "\" has no folder"
                    else if (index(ours, "," layer ",") == 0) print file ":" i ": \"" what "\" is above " mine
                    if (what == own) seen_own = 1
                    else if (has_own && !seen_own) { print file ":" i ": its own header comes first"; seen_own = 1 }
                }
                if (!guarded) print file ": its guard is not " guard
            }'
    done)
}

found=$(complaints "$top")
[ -z "$found" ] || echo "$found" | sed 's/^/     /'
[ -z "$found" ] && [ -f "$top/src/base/part.c" ]
verdict "every file keeps to its layer and says what it is"

# plant WORDS FILE TEXT: a file that must be complained about with these words.
plant() {
    mkdir -p "$garden/${2%/*}"
    printf '%b' "$3" >"$garden/$2"
    complaints "$garden" | grep -qF "$1"
    verdict "found: $1"
    rm "$garden/$2"
}
garden=$work/garden
plant '"model/plan.h" is above src/math' src/math/x.c '/* x.c - x */\n#include "model/plan.h"\n'
plant '"mpi/group.h" is above src/model' src/model/x.c '/* x.c - x */\n#include "mpi/group.h"\n'
plant '<mpi.h> does not belong in src/base' src/base/x.c '/* x.c - x */\n# include <mpi.h>\n'
plant '<mpi.h> does not belong in io' io/x.c '/* x.c - x */\n#include <mpi.h>\n'
plant '<cblas.h> does not belong in mpi' mpi/x.c '/* x.c - x */\n#include <cblas.h>\n'
plant '<hdf5.h> does not belong in experiments' experiments/x.c '/* x.c - x */\n#include <hdf5.h>\n'
plant '"tests/check.h" is above io' io/x.c '/* x.c - x */\n#include "tests/check.h"\n'
plant '"part.h" has no folder' src/base/x.c '/* x.c - x */\n#include "part.h"\n'
plant 'does not begin with "/* x.c - "' src/base/x.c '/* y.c - x */\n'
plant 'its guard is not BASE_X_H' src/base/x.h '/* x.h - x */\n#ifndef X_H\n#endif\n'
plant 'blanks at the end' src/base/x.c '/* x.c - x */ \n'
plant 'a tab' src/base/x.c '/* x.c - x */\n\tint x;\n'
printf '/* x.h - x */\n#ifndef IO_X_H\n#endif\n' >"$garden/io/x.h"
plant 'its own header comes first' io/x.c '/* x.c - x */\n#include "base/part.h"\n#include "io/x.h"\n'
printf '/* x.c - x */\n#include "io/x.h"\n#include "base/part.h"\n#include <stdio.h>\n' >"$garden/io/x.c"
[ -z "$(complaints "$garden")" ]
verdict "no complaint about a file that is as it should be"

finish layers
