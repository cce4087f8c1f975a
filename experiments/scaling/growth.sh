#!/bin/sh
# growth.sh - how users a second change with the size of everything, on made-up data; a table and a plot.
#
# usage: growth.sh [--out NAME] [--ranks N] [--threads N] [--steps N] [--most N] [--width N] [--axes "NAME..."]
#   --out NAME     NAME.tsv and NAME.svg, the latter where there is gnuplot [growth]
#   --steps N      steps that are measured at each point, after one that is not [5]
#   --most N       items of the largest catalogue [100000]
#   --width N      hidden_size of both models [64]
#   --axes NAMES   of batch, text, history, layers, negatives, catalogue [all]
#
# One thing grows at a time; the rest is 16 users a step, 64 tokens, 10 items a user, 2 layers, one negative a transition, 2000 items.  The first five
# axes are steps of training.  The last is an evaluation of 2000 users with catalogues from 1000 items on: users ranked a second once
# the catalogue is encoded, and texts encoded a second.
. "$(dirname "$0")/scaling.sh"

out=growth ranks=1 threads=1 steps=5 most=100000 width=64 axes="batch text history layers negatives catalogue"
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage && exit ;;
    --out | --ranks | --threads | --steps | --most | --width | --axes)
        [ $# -gt 1 ] || fail "$1: its value is missing"
        eval "${1#--}=\$2"
        shift
        ;;
    *) fail "$1: no such option; --help lists them" ;;
    esac
    shift
done

# data ITEMS USERS LENGTH: made up where they are not there yet; their folder in $data.
data() {
    data=$work/data-$1-$2-$3
    [ -d "$data" ] || "$hllm" synth "$data" --items "$1" --users "$2" --mean_length "$3" --topics $(($1 / 500 + 4)) >/dev/null 2>"$work/said" || fail "hllm synth failed"
    shape="hidden_size: $width, intermediate_size: $((width * 11 / 4)), num_hidden_layers: 2, num_attention_heads: 4"
    cat >"$work/job.yaml" <<YAML
data_path: $data/dataset
text_path: $data/information
dataset: synth
text_keys: [title, description]
tokenizer: bytes
item_prompt: ""
MAX_TEXT_LENGTH: 64
MAX_ITEM_LIST_LENGTH: 10
batch_size: 16
nce_thres: 2
item_llm: {$shape}
user_llm: {$shape}
checkpoint_dir: $work/none
YAML
}

note() { # note AXIS VALUE RATE TOKENS_OR_ITEMS
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" | tee -a "$out.tsv"
}

# grow AXIS KEY VALUES...: steps with each value of a key, or of several (KEY,KEY).
grow() {
    axis=$1 keys=$2
    shift 2
    for x; do
        options=$(echo "$keys" | tr ',' '\n' | sed "s/.*/--& $x/")
        ours "$ranks" "$threads" step "$work/job.yaml" --threads "$threads" --steps "$steps" --quick $options
        note "$axis" "$x" "$(value users_per_second "$work/ours")" "$(value item_tokens "$work/ours")"
    done
}

batch() { data 2000 2000 12 && grow batch batch_size 4 8 16 32 64 128; }
text() { data 2000 2000 12 && grow text MAX_TEXT_LENGTH 8 16 32 64 128; }
history() { data 2000 1000 90 && grow history MAX_ITEM_LIST_LENGTH 5 10 20 40 80; }
layers() { data 2000 2000 12 && grow layers item_llm.num_hidden_layers,user_llm.num_hidden_layers 1 2 4 8 16; }
negatives() { data 2000 2000 12 && grow negatives num_negatives 64 128 256 512 1024 2048; }
catalogue() {
    for items in 1000 10000 100000 1000000; do
        [ "$items" -le "$most" ] || break
        data "$items" 2000 12
        start=
        [ "$ranks" -eq 1 ] || start="${MPIRUN:-mpirun} --bind-to none -n $ranks"
        OMP_NUM_THREADS=$threads $start "$hllm" eval "$work/job.yaml" --json >"$work/ours" 2>"$work/said" </dev/null || fail "hllm eval failed"
        rates=$(echo "$(value users "$work/ours") $(value texts "$work/ours") $(value seconds "$work/ours") $(value encode_seconds "$work/ours")" |
            awk '{ print $1 / ($3 - $4), $2 / $4 }')
        note catalogue "$items" ${rates}
    done
}

plot() {
    rows=$(($(echo "$axes" | wc -w) + 2))
    {
        echo "set terminal svg size 900,$((rows / 3 * 300)); set output '$out.svg'"
        echo "set multiplot layout $((rows / 3)),3; set logscale xy; set nokey; set grid; set ylabel 'users/s'"
        for axis in $axes; do
            echo "set title '$axis'; plot \"< awk '\$1 == \\\"$axis\\\"' $out.tsv\" using 2:3 with linespoints pt 7"
        done
    } >"$work/plot"
    gnuplot "$work/plot" 2>"$work/said" || fail "gnuplot failed"
}

printf 'axis\tvalue\tusers/s\titem tokens, or items/s\n' | tee "$out.tsv"
for axis in $axes; do
    case $axis in
    batch | text | history | layers | negatives | catalogue) $axis ;;
    *) fail "$axis is no axis; --help lists them" ;;
    esac
done
! command -v gnuplot >/dev/null || plot
