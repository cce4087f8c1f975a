#!/bin/sh
# peer-ids.sh - the same training steps of SASRec or HSTU by hllm and by PyTorch (peer-ids.py), in turns.
#
# usage: peer-ids.sh --data DIR --name NAME [options] [-- --key=value...]
#   --python PROGRAM       runs the peer [python3]
#   --model NAME           SASRec (4 layers, 4 heads, inner 1) or HSTU (16 layers, 8 heads), 64 wide, dropout 0.5 [SASRec]
#   --mode NAME            reference: as the public code works; lean: as a careful user would write it [reference]
#   --users N --S N        samples a step, items of a user [128, 50]
#   --negatives N          of each position [512]
#   --ranks N --threads N  of hllm; the peer gets as many threads as there are in all [2, 1]
#   --compile              tell the peer to compile its model
#   --steps N              steps that are measured, after one that is not [10]
#   --pairs N              [5]
#   -- --key=value...      options of hllm's configuration
#
# The public code's configurations for Amazon Books (experiments/reproduce/books-sasrec.yaml, books-hstu-large.yaml), where the data are others.  Which goes
# first changes from pair to pair.  A ratio above 1 is in favour of hllm.  Both learn from the latest window of each user; each draws its own batches, so the
# transitions of the peer's steps are shown beside the seconds.
. "$(dirname "$0")/scaling.sh"

python=python3 data= name= model=SASRec mode=reference users=128 S=50 negatives=512 ranks=2 threads=1 compile= steps=10 pairs=5
take_options "python data name model mode users S negatives ranks threads steps pairs" "compile" "$@"
shift $(($# - left))
[ -n "$data" ] && [ -n "$name" ] || fail "--data and --name are needed; --help says what they are"
case $model in
SASRec) layers=4 heads=4 own="embedding_size: 64" ;;
HSTU) layers=16 heads=8 own="hstu_embedding_size: 64" ;;
*) fail "--model $model is neither SASRec nor HSTU" ;;
esac

cat >"$work/job.yaml" <<YAML
data_path: $data/dataset
text_path: $data/information
dataset: $name
dataset_dir: $work/dataset
text_keys: [title]
tokenizer: bytes
data_split: false
model: $model
MAX_ITEM_LIST_LENGTH: $S
$own
item_embedding_size: 64
n_layers: $layers
n_heads: $heads
inner_size: 1
hidden_dropout_prob: 0.5
attn_dropout_prob: 0.5
num_negatives: $negatives
batch_size: $users
optim_args: {learning_rate: 1e-3, weight_decay: 0}
scheduler_args: {type: constant}
YAML
"$hllm" prepare "$work/job.yaml" "$@" >/dev/null 2>"$work/said" || fail "hllm prepare failed"

run_ours() {
    ours "$ranks" "$threads" step "$work/job.yaml" --threads "$threads" --steps "$steps" --quick "$@"
}
run_peer() {
    $(bound $((threads * ranks))) "$python" "$(dirname "$0")/peer-ids.py" --data "$data" --name "$name" --model "$model" --layers $layers --heads $heads \
        --users "$users" --S "$S" --negatives "$negatives" --steps $((steps + 1)) --threads $((threads * ranks)) --mode "$mode" $compile \
        >"$work/peer" 2>"$work/said" </dev/null || fail "the peer failed"
}

echo "$model, $users users, S $S, $negatives negatives: hllm on $ranks rank(s) of $threads thread(s), PyTorch $mode $compile on $((ranks * threads)) threads"
pair=1
while [ $pair -le "$pairs" ]; do
    if [ $((pair % 2)) -eq 1 ]; then run_ours "$@" && run_peer; else run_peer && run_ours "$@"; fi
    rows=$(sed -n 's/.*"transitions": *\[\([^]]*\)].*/\1/p' "$work/peer" | tr -d ' ' | tr ',' '\n' | median)
    for key in seconds cpu_seconds; do echo "$(value $key "$work/ours") $(value $key "$work/peer")"; done | tr '\n' ' ' | awk -v pair=$pair -v rows="$rows" '
        { printf "pair %d: hllm %.4f s a step (%.4f CPU), peer %.4f s (%.4f CPU, %.0f transitions), ratio %.2f (%.2f of CPU seconds)\n", pair, $1, $3, $2, $4, rows, $2 / $1, $4 / $3
          print $1, $2, $2 / $1, $3, $4, $4 / $3 >>FILE }' FILE="$work/pairs"
    pair=$((pair + 1))
done
for column in 1 2 3 4 5 6; do cut -d ' ' -f $column "$work/pairs" | median; done | paste -d ' ' - - - - - - |
    awk '{ printf "median: hllm %.4f s a step, peer %.4f s, ratio %.2f; CPU seconds %.4f and %.4f, ratio %.2f\n", $1, $2, $3, $4, $5, $6 }'
