#!/bin/sh
# peer.sh - the same training steps by hllm and by a peer script, in turns.
#
# usage: peer.sh --peer SCRIPT --data DIR --name NAME --tokenizer DIR [options] [-- --key=value...]
#   --python PROGRAM       runs the peer script [python3]
#   --shape NAME           small, mid (512 wide, 8 layers) or wide (2048 wide, 2 layers) [mid]
#   --model DIR            Hugging Face folder of both models for small
#   --vocab N              ids of the tokenizer, for the peer script's token table [32000]
#   --users N              samples a step [small 16, else 8]
#   --S N --T N            items of a user, tokens of an item [10, 64]
#   --threads N --ranks N  of hllm; the peer gets as many threads as there are in all [2, 1]
#   --mode NAME            what the peer is told to do: lean or reference [lean]
#   --compile              tell the peer to compile its models
#   --steps N              steps that are measured, after one that is not [4]
#   --pairs N              [5]
#   --cpu                  compare CPU seconds a step, which a busy machine disturbs less
#   --quick                measure the best product, which ours is compared with, in short
#   -- --key=value...      options of hllm's configuration
#
# Which goes first changes from pair to pair.  A ratio above 1 is in favour of hllm.  The data are DIR/dataset/NAME.csv and
# DIR/information/NAME.csv.  What a peer script must understand and print is told in README.md.
. "$(dirname "$0")/scaling.sh"

peer= data= name= tokenizer= python=python3 shape=mid model= vocab=32000 users= S=10 T=64 threads=2 ranks=1 mode=lean compile= steps=4 pairs=5 cpu= quick=
take_options "peer data name tokenizer python shape model vocab users S T threads ranks mode steps pairs" "quick compile cpu" "$@"
shift $(($# - left))
own=$(printf '%s\n' "$@")
[ -f "$peer" ] && [ -n "$data" ] && [ -n "$name" ] && [ -n "$tokenizer" ] || fail "--peer, --data, --name and --tokenizer are needed; --help says what they are"
[ -z "$cpu" ] || [ -z "$compile" ] || fail "--cpu would count compiling; leave one of both out"

# llm D F LAYERS HEADS KEY_HEADS: as ours and the peer are told.
llm() {
    for side in item user; do
        echo "${side}_llm: {hidden_size: $1, intermediate_size: $2, num_hidden_layers: $3, num_attention_heads: $4, num_key_value_heads: $5}"
    done >"$work/models"
    theirs="--shape $1,$2,$3,$4,$5,$vocab"
}
case $shape in
small)
    [ -d "$model" ] || fail "--shape small needs --model, a Hugging Face folder"
    printf 'item_pretrain_dir: %s\nuser_pretrain_dir: %s\n' "$model" "$model" >"$work/models"
    theirs="--item-dir $model --user-dir $model"
    ;;
mid) llm 512 1408 8 8 4 ;;
wide) llm 2048 5632 2 32 4 ;;
*) fail "--shape $shape is neither small, mid nor wide" ;;
esac
[ -n "$users" ] || case $shape in small) users=16 ;; *) users=8 ;; esac

cat - "$work/models" >"$work/job.yaml" <<YAML
data_path: $data/dataset
text_path: $data/information
dataset: $name
dataset_dir: $work/dataset
tokenizer: $tokenizer
text_keys: [title, description]
MAX_TEXT_LENGTH: $T
MAX_ITEM_LIST_LENGTH: $S
data_split: false
batch_size: $users
YAML
"$hllm" prepare "$work/job.yaml" $own >/dev/null 2>"$work/said" || fail "hllm prepare failed"

# peer_steps N: the last line that the peer says is its figures.
peer_steps() {
    $(bound $((threads * ranks))) "$python" "$peer" --data "$data" --name "$name" --tokenizer "$tokenizer" $theirs --users "$users" --S "$S" --T "$T" \
        --steps "$1" --threads $((threads * ranks)) --mode "$mode" $compile >"$work/peer.all" 2>"$work/said" </dev/null || fail "the peer script failed"
    tail -n 1 "$work/peer.all" >"$work/peer"
}

# children: CPU seconds of all that this shell has waited for.  (In a subshell they would be its own.)
children() {
    times >"$work/times"
    awk 'NR == 2 { gsub(/[ms]/, " "); print $1 * 60 + $2 + $3 * 60 + $4 }' "$work/times" >"$work/children"
    read -r used <"$work/children"
}

# peer_cpu N: CPU seconds of a peer that makes N steps, in $spent.
peer_cpu() {
    children
    before=$used
    peer_steps "$1"
    children
    spent=$(awk -v a="$used" -v b="$before" 'BEGIN { print a - b }')
}

run_ours() {
    ours "$ranks" "$threads" step "$work/job.yaml" --threads "$threads" --steps "$steps" $quick $own
    [ -n "$cpu" ] && mine=$(value cpu_seconds "$work/ours") || mine=$(value users_per_second "$work/ours")
}
run_peer() {
    if [ -n "$cpu" ]; then
        peer_cpu $((steps + 1))
        its=$(awk -v all="$spent" -v start="$start_seconds" -v n="$steps" 'BEGIN { print (all - start) / n }')
    else
        peer_steps $((steps + 1))
        its=$(value users_per_second "$work/peer")
    fi
    their_tokens=$(sed -n 's/.*"item_tokens": *\[\([^]]*\)].*/\1/p' "$work/peer" | tr -d ' ' | tr ',' '\n' | median)
    [ -n "$its" ] || fail "the peer script's last line has no users_per_second"
}

unit="users/s" higher=1
if [ -n "$cpu" ]; then # starting and a first step are no steps
    peer_cpu 1
    start_seconds=$spent unit="CPU seconds a step" higher=0
fi
echo "$shape, $users users, S $S, T $T: hllm on $ranks rank(s) of $threads thread(s), the peer $mode $compile on $((ranks * threads)) threads; $unit"
pair=1
while [ $pair -le "$pairs" ]; do
    if [ $((pair % 2)) -eq 1 ]; then run_ours && run_peer; else run_peer && run_ours; fi
    echo "$mine $its" | awk -v pair=$pair -v higher=$higher -v ours="$(value item_tokens "$work/ours")" -v theirs="$their_tokens" -v share="$(value compute_share "$work/ours")" '
        { ratio = higher ? $1 / $2 : $2 / $1
          printf "pair %d: hllm %.4g (%d item tokens, %.0f %% of the best product), peer %.4g (%d item tokens), ratio %.2f\n", pair, $1, ours, 100 * share, $2, theirs, ratio
          print $1, $2, ratio >>FILE }' FILE="$work/pairs"
    pair=$((pair + 1))
done
for column in 1 2 3; do cut -d ' ' -f $column "$work/pairs" | median; done | paste -d ' ' - - - |
    awk '{ printf "median: hllm %.4g, peer %.4g, ratio %.2f\n", $1, $2, $3 }'
