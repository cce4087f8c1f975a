#!/bin/sh
# end-output.sh - figures that do not arrive are never a success, and a reader that goes away ends no training.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

./hllm synth "$work/data" --items 60 --users 40 --topics 4 >/dev/null 2>"$work/said"
verdict "data are made up"
cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
item_prompt: ""
item_llm: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 1, num_attention_heads: 2, initializer_range: 0.3}
user_llm: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 1, num_attention_heads: 2, initializer_range: 0.3}
MAX_ITEM_LIST_LENGTH: 5
epochs: 2
ledger: true
checkpoint_dir: $work/run
topk: [5]
valid_metric: NDCG@5
YAML
./hllm train "$work/job.yaml" >/dev/null 2>"$work/said"
verdict "a training ends well"
dataset=$(echo "$work"/data/dataset/synth-*.hllm)

# is_lost: the last command says what was lost, and with which status.
is_lost() {
    [ $? -eq 5 ] && grep -q 'standard output: not all that was printed has arrived' "$work/said"
}
if [ -c /dev/full ]; then
    while read -r command; do
        eval "./hllm $command" >/dev/full 2>"$work/said"
        is_lost
        verdict "hllm ${command%% \"*} on a full disk is status 5"
    done <<COMMANDS
--help
--version
--manual
train --help
eval "$work/job.yaml"
eval --json "$work/job.yaml"
train "$work/job.yaml" --val_only true
train --json "$work/job.yaml" --val_only true
prepare "$work/job.yaml"
show "$dataset"
show --json "$work/run"
plan "$work/job.yaml" --ranks 2
synth "$work/more" --items 60 --topics 4 --json
diff "$work/run" "$work/run"
COMMANDS
else
    skip "full disks: there is no /dev/full"
fi
./hllm eval "$work/job.yaml" 2>"$work/said" >&-
is_lost
verdict "a closed standard output is status 5"
"$MPIRUN" -n 3 sh -c './hllm eval "$1" >&-' sh "$work/job.yaml" 2>"$work/said" </dev/null
is_lost
verdict "on three ranks, too"
{ ./hllm --manual 2>"$work/said"; echo $? >"$work/status"; } | true
[ "$(cat "$work/status")" -eq 5 ]
verdict "a reader that has gone is status 5"

# A file that is opened while standard output or error are closed must not take their numbers.
./hllm train "$work/job.yaml" --checkpoint_dir "$work/closed" >/dev/null 2>&- <&-
[ $? -eq 0 ] && ./hllm show "$work/closed" >/dev/null 2>"$work/said" && grep -q '"phase":"test"' "$work/closed/metrics.jsonl"
verdict "a training without standard input and error ends well, and its files are whole"
! grep -lq 'hllm: ' "$work"/closed/* 2>/dev/null
verdict "no line of the log is in a file"

{ ./hllm train "$work/job.yaml" --checkpoint_dir "$work/unread" --epochs 20 --log_every 1 2>&1 >/dev/null; echo $? >"$work/status"; } | head -n 1 >/dev/null
[ "$(cat "$work/status")" -eq 0 ] && grep -q '"phase":"test"' "$work/unread/metrics.jsonl"
verdict "a training goes on when nobody reads its log any more"
finish end-output
