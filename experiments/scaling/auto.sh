#!/bin/sh
# auto.sh - the layout that `hllm plan --auto` finds best, beside others, measured in turns.
#
# usage: auto.sh --dir DIR [options]
#   --dir DIR      of forecast.sh: has the data and the calibration of two ranks; gets the medians of each shape
#   --shapes LIST  of the table below by name, commas between them [all]
#   --rounds N     in which each layout has its turn [5]
#   --steps N      of each turn, after two that are not counted [10]
#
# Seconds are those of `hllm bench step`, all ranks at the speed of the calibration (normal_seconds); a layout's are the
# median of its rounds.  A layout that a shape cannot have is left out, with a sentence.
. "$(dirname "$0")/scaling.sh"

dir= shapes= rounds=5 steps=10 world=2
take_options "dir shapes rounds steps" "" "$@"
[ -f "$dir/machine-$world.json" ] || fail "$dir/machine-$world.json: no calibration of $world ranks; forecast.sh --dir makes one"

# name, width, layers of the Item LLM, of the User LLM, heads, tokens of a text, items of a user, samples
table() {
    cat <<'TABLE'
narrow  128 4 4  4 32 10 12
middle  320 4 4  5 32  5  6
wide    640 2 2 10 24  5  3
users   256 2 8  8 16 20  6
TABLE
}

layouts() {
    cat <<'LAYOUTS'
--placement colocated --zero 0
--placement colocated --zero 0 --overlap true
--placement colocated --zero 1
--placement colocated --zero 2
--placement colocated --zero 3
--placement separate --user.dp 1 --zero 0
--placement hybrid --user.dp 1 --zero 0
--placement colocated --item.tp 2 --user.tp 2 --zero 0
--placement colocated --item.tp 2 --user.tp 2 --zero 0 --sequence_parallel true
--placement colocated --item.tp 2 --zero 0
--placement colocated --item.tp 1,2 --user.tp 1,2 --zero 0
--placement colocated --item.tp 2,1 --user.tp 2,1 --zero 0
--placement colocated --item.pp 2 --user.pp 2 --zero 0 --chunk_tokens 256
--placement colocated --item.pp 2 --zero 0 --chunk_tokens 512
LAYOUTS
}

# take_turns: each layout once, a line of seconds and the layout.
take_turns() {
    while read -r options; do
        (ours $world 1 step "$work/job.yaml" --calibration "$dir/machine-$world.json" --first-batch --steps "$steps" --warmup 2 --quick $options) 2>"$work/why" ||
            { echo "$name: not with $options: $(tail -n 1 "$work/why")" >&2 && continue; }
        echo "$(value normal_seconds "$work/ours") $options"
    done
}

printf '%-8s %10s %10s %8s  %s\n' shape auto best ratio 'auto, best'
table | while read -r name width item user heads T S users; do
    case ,${shapes:-$name}, in *,$name,*) ;; *) continue ;; esac
    write_job "$width" "$item" "$user" "$heads" "$T" "$S" "$users"
    start_ours 1 1 plan "$work/job.yaml" --ranks $world --calibration "$dir/machine-$world.json" --auto --json
    auto=$(sed -n 's/.*"options": *"\([^"]*\)".*/\1/p' "$work/ours" | head -n 1)
    layouts | grep -vxF -e "$auto" >"$work/others"
    : >"$work/taken"
    for round in $(seq "$rounds"); do { echo "$auto" && cat "$work/others"; } | take_turns >>"$work/taken"; done
    sort "$work/taken" | cut -d ' ' -f 2- | sort -u | while read -r options; do
        echo "$(awk -v o="$options" '{ x = $1; sub(/^[^ ]* /, ""); if ($0 == o) print x }' "$work/taken" | median) $options"
    done | sort -g >"$work/medians"
    cp "$work/medians" "$dir/auto-$name.txt"
    awk -v name="$name" -v auto="$auto" '
        NR == 1 { best = $1; who = substr($0, length($1) + 2) }
        substr($0, length($1) + 2) == auto { mine = $1 }
        END { printf "%-8s %10.4g %10.4g %8.3f  %s, %s\n", name, mine, best, mine / best, auto, who }' "$work/medians"
done
