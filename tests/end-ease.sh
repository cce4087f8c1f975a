#!/bin/sh
# end-ease.sh - EASE as a model and as a row beside HLLM: the same metrics at any number of ranks.
#
# Runs ./hllm in the build folder on made-up data.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"
. "$top/tests/jobs.sh"

cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
item_llm: {hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2}
user_llm: {hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2}
ease_l2: [1, 10, 100, 1000]
topk: [5, 10]
metrics: [Recall, NDCG, MRR]
valid_metric: NDCG@10
YAML

same_rows() { # same_rows TABLE TABLE: of EASE
    grep '^EASE' "$work/$1.table" >"$work/a"
    grep '^EASE' "$work/$2.table" >"$work/b"
    grep -q "^EASE  *[0-9]" "$work/a" && cmp -s "$work/a" "$work/b"
}

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
verdict "data are made up"
job 1 train alone --model EASE
verdict "EASE is a model"
[ $failed -eq 0 ] || finish ease
awk -v ease="$(recall EASE alone)" -v chance="$(recall random alone)" 'BEGIN { exit !(ease > 2 * chance) }'
verdict "it knows more than chance"
grep -c 'EASE with a penalty of' "$work/said" | grep -qx 4
verdict "it tries every penalty"
best=$(sed -n 's/^.*penalty of \([0-9]*\): valid ndcg@10 \([0-9.]*\).*/\2 \1/p' "$work/said" | sort -k1,1nr -s | sed -n '1s/.* //p')
grep '"phase":"test"' "$work/alone/metrics.jsonl" | grep -q "\"l2\":$best,"
verdict "it takes the penalty that validation likes best, and says so on record"
for ranks in 2 3 5 8; do
    job $ranks train "at-$ranks" --model EASE
    same_rows alone "at-$ranks"
    verdict "the metrics are the same at $ranks ranks"
done
job 2 eval beside --ease true
same_rows alone beside && grep -q '^HLLM' "$work/beside.table"
verdict "they are the same beside HLLM"
job 2 eval valid --model EASE --phase valid
grep -q '^valid' "$work/valid.table" && grep -q '^EASE' "$work/valid.table"
verdict "hllm eval shows either phase"
job 2 eval none --model EASE --checkpoint "$work/alone"
[ $? -eq 2 ] && grep -q 'EASE has none' "$work/said"
verdict "a checkpoint is refused"
job 1 train none --model EASE --ease_l2 '[]'
[ $? -eq 2 ] && grep -q 'ease_l2' "$work/said"
verdict "no penalty at all is refused"

finish ease
