#!/bin/sh
# forecast.sh - forecasts of steps beside measured ones, over layouts and shapes that no calibration has seen.
#
# usage: forecast.sh --dir DIR [options]
#   --dir DIR        keeps data, calibrations and the figures of each point [a folder that is removed]
#   --points LIST    of the table below by name, commas between them [all]
#   --steps N        of each point, after two that are not counted [24]
#   --calibrate      measure the machine again, though DIR has its calibrations
#
# The machine is calibrated with one rank and with two, and a point is forecast by the calibration of as many ranks.
# All steps of a point have the first batch, which is what a forecast is made of.  "One speed" are seconds at which a
# fixed product, timed in turns with the steps, runs as fast as in the calibration (hllm bench step: normal_seconds).
# Errors are of the forecast beside these; the median by the clock stands beside them.  README.md says why.  Memory is
# that of the fullest rank.
. "$(dirname "$0")/scaling.sh"

dir= points= steps=24 calibrate=
take_options "dir points steps" "calibrate" "$@"
dir=${dir:-$work/forecast}
mkdir -p "$dir" || fail "$dir cannot be made"

# name, ranks, width, layers of the Item LLM, of the User LLM, heads, tokens of a text, items of a user, samples, options
table() {
    cat <<'TABLE'
narrow        1  96 4 4  6  32 10 12
narrow-long   1  96 6 2  6 128 10  4
w160          1 160 4 4  5  48 10  6
w224-deep     1 224 8 4  7  32  5  3
w320-short    1 320 4 4  5  16 10  4
w384          1 384 2 2  6  64  5  2
w512          1 512 2 2  8  48  5  2
w640          1 640 2 2 10  24  5  2
users         1 256 2 8  8  16 20  4
again         1 256 4 2  8  48  5  3 --activation_budget 0 --chunk_tokens 512
dp2           2 256 4 4  8  48 10  4
dp2-wide      2 512 2 2  8  48  5  4
dp2-overlap   2 320 4 4  5  32  5  6 --overlap true
zero1         2 320 4 4  5  32  5  6 --zero 1
zero2         2 224 4 4  7  48  5  6 --zero 2
zero3         2 384 3 3  6  48  5  4 --zero 3
zero3-narrow  2 160 4 4  5  48 10  8 --zero 3
tp2           2 384 3 3  6  48  5  4 --item.tp 2 --user.tp 2
tp2-narrow    2 128 4 4  4  48 10  8 --item.tp 2 --user.tp 2
tp2-sequence  2 384 3 3  6  32  5  6 --item.tp 2 --user.tp 2 --sequence_parallel true
tp2-item      2 512 2 2  8  32  5  6 --item.tp 2
pp2           2 320 6 6  5  48  5  3 --item.pp 2 --user.pp 2 --chunk_tokens 256
pp2-item      2 192 8 2  6  48  5  6 --item.pp 2 --chunk_tokens 512
separate      2 256 4 6  8  32 10  6 --placement separate
hybrid        2 256 4 4  8  48 10  5 --placement hybrid --user.dp 1
grid          2 320 4 4  5  48  5  4 --item.tp [1,2] --user.tp [1,2]
grid-wide     2 512 2 2  8  48  5  4 --item.tp [1,2] --user.tp [1,2]
grid-rows     2 256 4 4  8  48  5  6 --item.tp [2,1] --user.tp [2,1]
TABLE
}

[ -f "$dir/dataset/synth.csv" ] || "$hllm" synth "$dir" --items 4000 --users 1500 --mean_length 25 >/dev/null 2>"$work/said" || fail "hllm synth failed"
for ranks in 1 2; do
    [ -f "$dir/machine-$ranks.json" ] && [ -z "$calibrate" ] && continue
    ours $ranks 1 calibrate "$dir/machine-$ranks.json"
done

printf '%-14s %5s %10s %21s %10s %10s %8s %8s %8s  %s\n' point ranks forecast interval 'one speed' clock error memory speed inside
table | while read -r name ranks width item user heads T S users options; do
    case ,${points:-$name}, in *,$name,*) ;; *) continue ;; esac
    write_job "$width" "$item" "$user" "$heads" "$T" "$S" "$users"
    ours "$ranks" 1 step "$work/job.yaml" --calibration "$dir/machine-$ranks.json" --first-batch --steps "$steps" --warmup 2 --quick $options
    cp "$work/ours" "$dir/$name.json"
    "$hllm" plan "$work/job.yaml" --ranks "$ranks" --calibration "$dir/machine-$ranks.json" $options --json >"$work/plan" 2>"$work/said" || fail "hllm plan failed"
    memory=$(tr -d ' \n' <"$work/plan" | sed 's/.*"memory_bytes":{[^}]*"most":\([^,]*\),.*/\1/')
    awk -v name="$name" -v ranks="$ranks" -v memory="$memory" -v peak="$(value peak_bytes "$work/ours")" -v f="$(value forecast_seconds "$work/ours")" -v low="$(value forecast_low "$work/ours")" \
        -v high="$(value forecast_high "$work/ours")" -v n="$(value normal_seconds "$work/ours")" -v s="$(value seconds "$work/ours")" \
        -v speed="$(value speed "$work/ours")" 'BEGIN {
            printf "%-14s %5d %10.4g %10.4g %10.4g %10.4g %10.4g %+7.1f%% %+7.1f%% %8.3g  %s\n", name, ranks, f, low, high, n, s, 100 * (f / n - 1),
                100 * (memory / peak - 1), speed, (n >= low && n <= high ? "yes" : "no") }'
done | tee "$work/table"
awk 'function size(x) { return x + 0 < 0 ? -x : x + 0 }
    { sum += size($8); if (size($8) > most) most = size($8); if (size($9) > memory) memory = size($9); in_ += $NF == "yes" }
    END { if (NR) printf "%d points: mean error %.1f %%, largest %.1f %%, of memory %.1f %%; %d inside of the interval\n", NR, sum / NR, most, memory, in_ }' "$work/table"
