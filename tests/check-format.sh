#!/bin/sh
# check-format.sh - C is formatted as .clang-format says; lines, files and lists of arguments are no longer than they may be.
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

# Files of the program, of which $1 is the folder; those of tests are longer, since a suite is one.
program() { (cd "$1" && find src mpi io app -name '*.[ch]' 2>/dev/null | sort); }

# long_files FOLDER: one line for each that has more than 400.
long_files() { (cd "$1" && program . | xargs wc -l | awk '$1 > 400 && $2 != "total" { printf "     %s: %d lines; more than 400 are two files\n", $2, $1 }'); }

# long_lists FOLDER: functions of more than 8 arguments, declared or defined at the beginning of a line; not those of
# src/math, whose arguments are the shapes of a formula, nor ScaLAPACK's own.
long_lists() {
    (cd "$1" && program . | grep -v -e '^src/math/' -e '^mpi/linalg/scalapack\.h$' | xargs awk '
        FNR == 1 { comment = 0; head = "" }
        {
            line = $0
            gsub(/"([^"\\]|\\.)*"/, "", line)
            if (comment && !sub(/^.*\*\//, "", line)) next
            comment = 0
            gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", line)
            if (sub(/\/\*.*/, "", line)) comment = 1
            if (head == "" && line ~ /^[A-Za-z_][A-Za-z0-9_ *]*[ *][A-Za-z0-9_]+\(/ && line !~ /^typedef /) begin = FNR
            else if (head == "") next
            head = head " " line
            depth = commas = 0
            for (i = index(head, "("); i <= length(head); i++) {
                c = substr(head, i, 1)
                if (c == "(") depth++
                if (c == "," && depth == 1) commas++
                if (c == ")" && --depth == 0) break
            }
            if (depth) next
            name = substr(head, 1, index(head, "(") - 1)
            sub(/.*[ *]/, "", name)
            if (commas > 7) printf "     %s:%d: %s has %d arguments; more than 8 are a struct\n", FILENAME, begin, name, commas + 1
            head = ""
        }')
}
for what in files lists; do
    found=$(long_$what "$top")
    [ -z "$found" ] || { echo "$found"; false; }
    case $what in
    files) verdict "no file of the program has more than 400 lines" ;;
    lists) verdict "no function outside src/math has more than 8 arguments" ;;
    esac
done

# What is planted is found, and what is just allowed is not.
garden=$work/garden
mkdir -p "$garden/src/math" "$garden/mpi/train"
many='int a, int b, const char *c, void (*d)(int x, int y),\n         int e, int f, int g, int h'
printf "int few($many);\n" >"$garden/mpi/train/few.h"
printf "/* about\n * int no($many, int i); */\nint many($many,\n         int i)\n{\n    return 0;\n}\n" >"$garden/mpi/train/many.c"
printf "void formula($many, int i);\n" >"$garden/src/math/formula.h"
[ "$(long_lists "$garden")" = "     mpi/train/many.c:4: many has 9 arguments; more than 8 are a struct" ]
verdict "a function with too many arguments is found, and no other one"
awk 'BEGIN { for (i = 0; i < 400; i++) print "int x;" }' >"$garden/mpi/train/long.c"
[ -z "$(long_files "$garden")" ] && echo 'int x;' >>"$garden/mpi/train/long.c" && long_files "$garden" | grep -q 'long.c: 401 lines'
verdict "a file that is too long is found"

# split_help FOLDER: lines of a command's help that go on in the next line of the source, as clang-format splits them.
split_help() {
    (cd "$1" && find app -name 'cmd-*.c' | sort | xargs awk '
        FNR == 1 { help = 0 }
        /^    \.more =/ { help = 1 }
        help && /"$/ && !/\\n"$/ { printf "     %s:%d: a line of help goes on in the next one\n", FILENAME, FNR }
        /",$/ { help = 0 }')
}
found=$(split_help "$top")
[ -z "$found" ] || { echo "$found"; false; }
verdict "a line of help is a line of the source"
mkdir -p "$garden/app/cli"
printf '    .more = "one line\\n"\n            "two and "\n            "a half\\n",\n    .help = "x",\n' >"$garden/app/cli/cmd-x.c"
[ "$(split_help "$garden" | grep -c 'cmd-x.c:2:')" = 1 ] && [ "$(split_help "$garden" | wc -l)" = 1 ]
verdict "a split line of help is found"

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
