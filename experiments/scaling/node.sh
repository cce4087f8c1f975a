#!/bin/sh
# node.sh - how to divide the cores of this node: ranks x threads, measured on steps of a job.
#
# usage: node.sh CONFIG [--key value]...
#
# Runs `hllm bench node` with every number of ranks that divides the cores, each with 1, 2, 4 ... threads as far as the cores go, and
# recommends the split with the most users a second.  CORES says how many cores to use [all], STEPS how many steps to measure [3].
. "$(dirname "$0")/scaling.sh"

[ $# -gt 0 ] && [ "$1" != --help ] || { usage; exit; }
cores=${CORES:-$(nproc)}
printf '%6s %8s %10s %10s\n' ranks threads seconds users/s
n=1
while [ $n -le "$cores" ]; do
    if [ $((cores % n)) -eq 0 ]; then
        ours $n $((cores / n)) node "$@" --steps "${STEPS:-3}"
        tr -d ' "' <"$work/ours" | awk -F '[:,]' '
            $1 == "ranks" { ranks = $2 } $1 == "threads" { threads = $2 } $1 == "seconds" { seconds = $2 }
            $1 == "users_per_second" { print ranks, threads, seconds, $2 }' >"$work/splits"
        awk '{ printf "%6d %8d %10.4g %10.4g\n", $1, $2, $3, $4 }' "$work/splits"
        cat "$work/splits" >>"$work/all"
    fi
    n=$((n + 1))
done
sort -k 4,4gr "$work/all" | head -n 1 |
    awk '{ printf "best: mpirun --bind-to none -n %d hllm ... --threads %d: %.4g users/s\n", $1, $2, $4 }'
