#!/bin/sh
# end-plan.sh - hllm plan answers without ranks, for any number of them, and refuses what cannot be.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

cat >"$work/job.yaml" <<YAML
data_path: $work/nowhere
dataset: none
text_path: $work/nowhere
tokenizer: bytes
MAX_TEXT_LENGTH: 32
batch_size: 16
item_llm: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 4, num_attention_heads: 4}
user_llm: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4}
YAML

plan() {
    ./hllm plan "$work/job.yaml" "$@" >"$work/out" 2>"$work/said"
}

for ranks in 1 2 3 5 8 64; do
    plan --ranks $ranks && [ "$(grep -c 'copy' "$work/out")" -eq $ranks ] && grep -q "^step " "$work/out"
    verdict "a forecast for $ranks ranks has a line for each, and the step's seconds"
done
plan --ranks 8 --item.pp 2 --item.tp 2 --zero 3 --placement hybrid --rank 7 && grep -q "hybrid on 8 ranks" "$work/out" && grep -q "^  item_pass_back" "$work/out"
verdict "a rank's list of acts is shown"
plan --ranks 4 --placement auto && grep -q "<- taken" "$work/out"
verdict "auto shows what it chose from"
plan --ranks 4 --item.pp 2 --json && grep -q '"state_bytes"' "$work/out" && grep -q '"phases"' "$work/out" && [ "$(grep -c '"rank"' "$work/out")" -eq 4 ]
verdict "as JSON too"
plan --ranks 4 --item.tp '[2, 2]' && grep -q "1 item (tp 2x2)" "$work/out"
verdict "a grid of ranks is told as one"
plan --ranks 4 --item.tp 4 --user.tp 4 --json && cp "$work/out" "$work/flat" && plan --ranks 4 --item.tp 2,2 --user.tp 2,2 --json \
    && [ "$(grep -m 1 kept_bytes "$work/out" | tr -dc 0-9)" -lt "$(grep -m 1 kept_bytes "$work/flat" | tr -dc 0-9)" ]
verdict "on a grid less is kept than where every rank has all rows"
plan --ranks 4 --item.tp 2,2,1
[ $? -eq 2 ] && grep -q "item.tp has 3 numbers" "$work/said"
verdict "a grid of three sides is refused"
plan --ranks 4 --item.tp 2,2 --exact.groups 4
[ $? -eq 2 ] && grep -q "nearest possible is item.tp 4" "$work/said"
verdict "exact sums on a grid are refused"
plan --ranks 2 --item.tp 3
[ $? -eq 2 ] && grep -q "need 3 ranks at least" "$work/said"
verdict "a layout that does not fit is refused"
plan --ranks 8 --item.pp 5
[ $? -eq 2 ] && grep -q "the most is item.pp: 4" "$work/said"
verdict "more stages than layers are refused, with the most there can be"
plan --ranks 3 --rank 3
[ $? -eq 2 ] && grep -q "there are 3 ranks" "$work/said"
verdict "a rank that is not there is refused"
plan --freeze_prefix item_lm.
[ $? -eq 2 ] && grep -q "item_lm. begins no parameter's name" "$work/said"
verdict "so is a frozen prefix that nothing has"
for much in "--num_negatives 100000000" "--batch_size 1000000" "--batch_size 100000 --MAX_ITEM_LIST_LENGTH 50"; do
    timeout 10 ./hllm plan "$work/job.yaml" $much >"$work/out" 2>"$work/said"
    [ $? -eq 2 ] && grep -q "more than hllm plan draws .*; forecast a smaller batch" "$work/said"
    verdict "what would take long is refused at once: $much"
done

finish plan
