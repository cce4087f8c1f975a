#!/bin/sh
# end-bench.sh - hllm bench: each measurement at one rank and at two, for machines and for people.
#
# Runs ./hllm in the build folder.  No figure is judged, only whether it can be one.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

# bench RANKS ARGUMENTS...: the figures in out, the log in said.
bench() {
    ranks=$1
    shift
    "$MPIRUN" -n "$ranks" ./hllm bench "$@" --quick >"$work/out" 2>"$work/said" </dev/null
}

# values KEY: of the JSON in out, a line each.
values() {
    sed -n "s/^ *\"$1\": \"*\([^\",]*\)\"*,*$/\1/p" "$work/out"
}

# within KEY N LEAST MOST: it is there N times, and always above LEAST and at most MOST.
within() {
    values "$1" | awk -v n="$2" -v least="$3" -v most="$4" '!($1 > least && $1 <= most) { bad = 1 } END { exit bad || NR != n }'
}

is_object() {
    [ "$(head -c 1 "$work/out")" = "{" ] && [ "$(tail -n 1 "$work/out")" = "}" ]
}

# shares_are_of RATE PEAK N: in N rows the share is the rate divided by the peak.
shares_are_of() {
    awk -v rate="\"$1\":" -v peak="\"$2\":" -v n="$3" '
        { sub(/,$/, "", $2) }
        $1 == peak { whole = $2 }
        $1 == rate { part = $2 }
        $1 == "\"share\":" && part != "null" { d = $2 * whole / part - 1; good += d < 1e-3 && d > -1e-3 }
        END { exit good != n }' "$work/out"
}

for ranks in 1 2; do
    bench $ranks calibrate "$work/machine.json" --json && is_object && within gflops 6 0 1e5 && within attention_gflops 1 0 1e5 &&
        within stream_gbs 1 0 1e5 && [ "$(values ranks)" -eq $ranks ]
    verdict "the machine is calibrated at $ranks"
    tr -d ' \n' <"$work/out" | cmp -s - "$work/machine.json"
    verdict "the file has what is shown, at $ranks"
done
within latency_s 1 0 1 && within bandwidth_gbs 1 0 1e5
verdict "two ranks have a latency and a bandwidth"
bench 1 calibrate --threads 2 && grep -q '^threads  *2$' "$work/out" && grep -q '^ *width  *gflops' "$work/out" && [ "$(grep -c '^ *2048 ' "$work/out")" -eq 2 ]
verdict "people get lines and tables"

for ranks in 1 2; do
    bench $ranks kernels --json && is_object && within seconds 42 0 100 && within gemm_peak_gflops 1 0 1e5 && within stream_gbs 1 0 1e5 &&
        within share 42 0 20
    verdict "every op has a time and a share at $ranks"
    shares_are_of gflops gemm_peak_gflops 21 && shares_are_of gbs stream_gbs 21
    verdict "the shares are those of the peaks, at $ranks"
done
for ranks in 1 2 3; do
    bench $ranks collectives --json && is_object && within seconds 20 0 100 && [ "$(values collective | sort -u | wc -l)" -eq 5 ] &&
        within gbs 20 -1 1e5 && [ "$(values ranks)" -eq $ranks ]
    verdict "collectives have times at $ranks"
done

bench 2 calibrate "$work/no/such/folder"
[ $? -eq 5 ] && grep -q 'no/such/folder' "$work/said" && [ ! -s "$work/out" ]
verdict "a file that cannot be written is said"
bench 2 calibrat
[ $? -eq 2 ] && grep -q 'no such measurement' "$work/said"
verdict "an unknown measurement is refused"
bench 1 calibrate --thread 2
[ $? -eq 2 ] && grep -q '"--thread" is too much' "$work/said"
verdict "an unknown option is refused"
bench 1 calibrate --threads no
[ $? -eq 2 ] && grep -q 'not a whole number' "$work/said"
verdict "so is a number that is none"

finish bench
