#!/bin/sh
# prepare.sh - how fast CSV files become a dataset, beside pandas (peer-prepare.py), on made-up data.
#
# usage: prepare.sh [--items N] [--users N] [--length N] [--ranks "N..."] [--python PROGRAM] [--data DIR]
#   --items N          texts [1000000]
#   --users N          [830000]
#   --length N         interactions of a user, in the mean [12]: ten million in all
#   --ranks "N..."     of hllm ["1 2"]
#   --python PROGRAM   that has pandas; left out where it has not [python3]
#   --data DIR         where the data are, or are to be made and kept [a folder that is removed]
#
# CPU seconds are those of all ranks.  pandas is shown twice: reading both files, and with the ids numbered, interactions put in order and texts put
# together.  hllm writes token ids of 64 bytes a text besides.
. "$(dirname "$0")/scaling.sh"

items=1000000 users=830000 length=12 ranks="1 2" python=python3 data=
take_options "items users length ranks python data" "" "$@"
: "${data:=$work/data}"
[ -d "$data" ] || "$hllm" synth "$data" --items "$items" --users "$users" --mean_length "$length" --topics $((items / 500 + 4)) >/dev/null 2>"$work/said" ||
    fail "hllm synth failed"
cat >"$work/job.yaml" <<YAML
data_path: $data/dataset
text_path: $data/information
dataset: synth
dataset_dir: $work/dataset
text_keys: [title, description]
tokenizer: bytes
item_prompt: ""
MAX_TEXT_LENGTH: 64
YAML
rows=$(($(wc -l <"$data/dataset/synth.csv") + $(wc -l <"$data/information/synth.csv") - 2))

line() { # line WHAT SECONDS CPU_SECONDS MB
    echo "$2 $3 $4" | awk -v what="$1" -v rows="$rows" '{ printf "%-24s %10.2f %12.2f %10.0f %12.0f\n", what, $1, $2, $3, rows / ($1 > 0.01 ? $1 : 0.01) }'
}
printf '%-24s %10s %12s %10s %12s\n' "$rows rows" seconds "CPU seconds" "MB a rank" "rows/s"
for n in $ranks; do
    rm -rf "$work/dataset"
    start_ours "$n" 1 prepare "$work/job.yaml"
    figures=$(sed -n 's/.* in \([0-9.]*\) s (\([0-9.]*\) CPU seconds, at most \([0-9]*\) MB a rank)$/\1 \2 \3/p' "$work/said")
    line "hllm, $n rank(s)" $figures
done
if "$python" -c 'import pandas' 2>/dev/null; then
    OMP_NUM_THREADS=1 "$python" "$(dirname "$0")/peer-prepare.py" --data "$data" --name synth >"$work/peer" 2>"$work/said" || fail "peer-prepare.py failed"
    for part in read_:"reading" "":"and ids, order, texts"; do
        key=${part%%:*}
        line "pandas: ${part#*:}" "$(value "${key}seconds" "$work/peer")" "$(value "${key}cpu_seconds" "$work/peer")" "$(value "${key}peak_bytes" "$work/peer" | awk '{ print $1 / 1e6 }')"
    done
fi
