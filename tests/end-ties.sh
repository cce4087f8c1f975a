#!/bin/sh
# end-ties.sh - items with one text tie: the metrics that decide are means over the orders of the ties, and the band is shown.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

# Half of the items have no text of their own.
mkdir "$work/data" "$work/text"
{
    echo item,user,time
    for user in $(seq 24); do
        for at in 1 2 3 4 5; do echo "i$(((at * at * 7 + user * 3) % 40)),u$user,$at"; done
    done
} >"$work/data/x.csv"
{
    echo item_id,title
    for item in $(seq 0 39); do
        if [ $((item % 2)) -eq 0 ]; then echo "i$item,the same"; else echo "i$item,word $item"; fi
    done
} >"$work/text/x.csv"
cat >"$work/job.yaml" <<YAML
data_path: $work/data
text_path: $work/text
dataset: x
text_keys: [title]
item_prompt: ""
tokenizer: bytes
item_llm: {hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2}
user_llm: {hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2}
epochs: 1
nce_thres: 2
topk: [20, 30]
valid_metric: Recall@20
YAML

metric() { # metric ROW TABLE: recall@20
    sed -n "s/^$1  *\([0-9.]*\) .*/\1/p" "$work/$2.table"
}
between() { # between LOW X HIGH, and they differ
    awk -v low="$1" -v x="$2" -v high="$3" 'BEGIN { exit !(low <= x && x <= high && low < high) }'
}
job 1 one
verdict "items of one text are trained on"
[ $failed -eq 0 ] || finish ties
grep -q 'warning: test: the targets of .* of 24 users .* share their score with other items' "$work/said"
verdict "many ties are a warning"
between "$(metric 'HLLM, ties last' one)" "$(metric HLLM one)" "$(metric 'HLLM, ties first' one)"
verdict "the first row of the table lies between those of its band"
grep '"phase":"test"' "$work/one/metrics.jsonl" >"$work/line"
grep -q '"optimistic":{"recall@20":' "$work/line" && grep -q '"pessimistic":{"recall@20":' "$work/line"
verdict "metrics.jsonl has the band"
for ranks in 2 3; do
    job $ranks "at-$ranks" && cmp -s "$work/one.table" "$work/at-$ranks.table"
    verdict "the metrics are the same at $ranks ranks"
done
finish ties
