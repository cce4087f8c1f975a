#!/bin/sh
# import.sh - how fast public data sets are imported, in how much memory, and whether the counts are those of pandas (peer-import.py).
#
# usage: import.sh [--rows N] [--kinds "KIND..."] [--ranks "N..."] [--python PROGRAM] [--packed yes]
#   --rows N           interactions [1000000]
#   --kinds "KIND..."  of amazon-2014, recbole and jsonl [all]
#   --ranks "N..."     of hllm ["1 2"]
#   --python PROGRAM   that has pandas [python3]
#   --packed yes       files are packed by gzip [no]
#
# Rows are those of both files.  MB is the peak of the largest rank.  pandas counts interactions and the ids of texts, and writes nothing.
. "$(dirname "$0")/scaling.sh"

rows=1000000 kinds="amazon-2014 recbole jsonl" ranks="1 2" python=python3 packed=no
take_options "rows kinds ranks python packed" "" "$@"
peer=$(dirname "$0")/peer-import.py
"$python" -c 'import pandas' 2>/dev/null || fail "$python has no pandas to count with; name one that has: --python PROGRAM"
[ "$packed" = no ] && packed= || packed=packed

line() { # line WHAT ROWS SECONDS MB COUNTS
    echo "$2 $3 $4" | awk -v what="$1" -v counts="$5" '{ printf "%-28s %10d %9.2f %12.0f %9.0f  %s\n", what, $1, $2, $1 / $2, $3, counts }'
}
printf '%-28s %10s %9s %12s %9s\n' "" rows seconds rows/s "MB a rank"
for kind in $kinds; do
    mkdir -p "$work/$kind" && "$python" "$peer" make "$kind" "$work/$kind" "$rows" $packed || fail "peer-import.py failed"
    columns=
    [ "$kind" != jsonl ] || columns="--text-columns title,description"
    for n in $ranks; do
        rm -rf "$work/got"
        begin=$(date +%s%N)
        ${MPIRUN:-mpirun} --bind-to none -n "$n" "$python" -c '
import os, resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=open(sys.argv[1] + os.environ["OMPI_COMM_WORLD_RANK"], "w"))
sys.exit(status)' "$work/peak-" "$hllm" import-data "$work/got" --from "$kind" --interactions "$work/$kind/interactions" \
            --items "$work/$kind/items" --name x --json $columns >"$work/said" 2>"$work/errors" || fail "hllm import-data failed"
        seconds=$(($(date +%s%N) - begin))
        peak=$(cat "$work"/peak-* | sort -n | tail -n 1)
        rm -f "$work"/peak-*
        [ -e "$work/$kind.peer" ] || OMP_NUM_THREADS=1 "$python" "$peer" count "$kind" "$work/$kind" "$work/got" >"$work/$kind.peer" || fail "peer-import.py failed"
        differs=
        for count in rows dropped_no_item dropped_no_user dropped_no_time interactions users items text_rows texts; do
            [ "$(value $count "$work/said")" = "$(value $count "$work/$kind.peer")" ] || differs="$differs $count"
        done
        grep -q '"same_rows": true, "same_texts": true' "$work/$kind.peer" || differs="$differs files"
        if [ "$n" = "${ranks%% *}" ]; then cp -r "$work/got" "$work/$kind.first"; fi
        cmp -s "$work/got/dataset/x.csv" "$work/$kind.first/dataset/x.csv" && cmp -s "$work/got/information/x.csv" "$work/$kind.first/information/x.csv" || differs="$differs bytes"
        all=$(($(value rows "$work/said") + $(value text_rows "$work/said")))
        line "$kind, $n rank(s)" "$all" "$(echo "$seconds" | awk '{ print $1 / 1e9 }')" "$(echo "$peak" | awk '{ print $1 / 1024 }')" "${differs:+DIFFERS:$differs}"
    done
    line "$kind, pandas" "$all" "$(value seconds "$work/$kind.peer")" "$(value peak_bytes "$work/$kind.peer" | awk '{ print $1 / 1e6 }')" "$(value interactions "$work/$kind.peer") interactions left"
    rm -rf "$work/$kind" "$work/$kind.first"
done
