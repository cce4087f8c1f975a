#!/bin/sh
# peer-eval.sh - the same evaluation by hllm and by PyTorch (peer-eval.py), in turns.
#
# usage: peer-eval.sh --data DIR --name NAME --model DIR [options] [-- --key=value...]
#   --python PROGRAM       runs the peer [python3]
#   --item-token FILE      safetensors file with the [ITEM] vector, for both [random for hllm, zeros for the peer]
#   --S N --T N            items of a user, tokens of an item [10, 64]
#   --ranks N --threads N  of hllm; the peer gets as many threads as there are in all [2, 1]
#   --pairs N              [5]
#   --compile              tell the peer to compile its models
#   -- --key=value...      options of hllm's configuration
#
# Which goes first changes from pair to pair.  A ratio above 1 is in favour of hllm, whose time is that of its one evaluation, while the peer's is
# the median of three in one process.  Reading and tokenising are left out on both sides.  The metrics of both are compared at the end.
. "$(dirname "$0")/scaling.sh"

python=python3 data= name= model= item_token= S=10 T=64 ranks=2 threads=1 pairs=5 compile=
take_options "python data name model item-token S T ranks threads pairs" "compile" "$@"
shift $(($# - left))
[ -n "$data" ] && [ -n "$name" ] && [ -d "$model" ] || fail "--data, --name and --model are needed; --help says what they are"

cat >"$work/job.yaml" <<YAML
data_path: $data/dataset
text_path: $data/information
dataset: $name
dataset_dir: $work/dataset
item_pretrain_dir: $model
user_pretrain_dir: $model
item_emb_pretrain: "$item_token"
text_keys: [title, description]
MAX_TEXT_LENGTH: $T
MAX_ITEM_LIST_LENGTH: $S
topk: [5, 10, 50, 200]
metrics: [Recall, NDCG]
YAML
"$hllm" prepare "$work/job.yaml" "$@" >/dev/null 2>"$work/said" || fail "hllm prepare failed"

run_ours() {
    start_ours "$ranks" "$threads" eval "$work/job.yaml" --threads "$threads" --json "$@"
}
run_peer() {
    $(bound $((threads * ranks))) "$python" "$(dirname "$0")/peer-eval.py" --data "$data" --name "$name" --tokenizer "$model" --item-dir "$model" --user-dir "$model" \
        ${item_token:+--item-token "$item_token"} --S "$S" --T "$T" --threads $((threads * ranks)) $compile >"$work/peer" 2>"$work/said" </dev/null || fail "the peer failed"
}

echo "$name, S $S, T $T: hllm on $ranks rank(s) of $threads thread(s), PyTorch $compile on $((ranks * threads)) threads"
pair=1
while [ $pair -le "$pairs" ]; do
    if [ $((pair % 2)) -eq 1 ]; then run_ours "$@" && run_peer; else run_peer && run_ours "$@"; fi
    for key in seconds cpu_seconds tokens; do echo "$(value $key "$work/ours") $(value $key "$work/peer")"; done | tr '\n' ' ' | awk -v pair=$pair '
        { printf "pair %d: hllm %.3f s (%.3f CPU, %d tokens), peer %.3f s (%.3f CPU, %d tokens), ratio %.2f (%.2f of CPU seconds)\n", pair, $1, $3, $5, $2, $4, $6, $2 / $1, $4 / $3
          print $1, $2, $2 / $1, $3, $4, $4 / $3 >>FILE }' FILE="$work/pairs"
    pair=$((pair + 1))
done
for column in 1 2 3 4 5 6; do cut -d ' ' -f $column "$work/pairs" | median; done | paste -d ' ' - - - - - - |
    awk '{ printf "median: hllm %.3f s, peer %.3f s, ratio %.2f; CPU seconds %.3f and %.3f, ratio %.2f\n", $1, $2, $3, $4, $5, $6 }'
for key in recall@10 ndcg@10 recall@200 ndcg@200; do
    echo "$key: hllm $(value $key "$work/ours"), peer $(value $key "$work/peer")"
done
