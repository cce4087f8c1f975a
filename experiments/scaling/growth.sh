#!/bin/sh
# growth.sh - how users a second and memory change with the size of everything, on made-up data; a table and a plot.
#
# usage: growth.sh [--out NAME] [--ranks N] [--threads N] [--steps N] [--most N] [--width N] [--axes "NAME..."]
#   --out NAME     NAME.tsv and NAME.svg, the latter where there is gnuplot (gnuplot-nox) [growth]
#   --steps N      steps that are measured at each point, after one that is not [5]
#   --most N       items of the largest catalogue [1000000]
#   --width N      hidden_size of both models [64]
#   --axes NAMES   of batch, text, history, layers, negatives, catalogue [all]
#
# One thing grows at a time; the rest is 16 users a step, 64 tokens, 10 items a user, 2 layers, one negative a transition, 2000 items.  The first five
# axes are steps of training: seconds of a step, and item tokens encoded in it.  The last is an evaluation of 2000 users with catalogues from 1000
# items on, of 32 tokens each: seconds in which users are encoded and ranked once the catalogue is encoded, and texts encoded a second.
# Memory is the most that a rank held at once.
. "$(dirname "$0")/scaling.sh"

out=growth ranks=1 threads=1 steps=5 most=1000000 width=64 axes="batch text history layers negatives catalogue"
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

# data ITEMS USERS LENGTH: made up where they are not there yet; their folder in $data.  Every item is met by somebody with one interaction, who
# is left out: only so are all items in the catalogue.
data() {
    data=$work/data-$1-$2-$3
    if [ ! -d "$data" ]; then
        "$hllm" synth "$data" --items "$1" --users "$2" --mean_length "$3" --topics $(($1 / 500 + 4)) >/dev/null 2>"$work/said" || fail "hllm synth failed"
        awk -F , 'NR > 1 { print $1 ",once" NR ",0" }' "$data/information/synth.csv" >>"$data/dataset/synth.csv"
    fi
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

note() { # note AXIS VALUE USERS_A_SECOND SECONDS WORK: and memory, of what ran last
    memory=$(value peak_bytes "$work/ours" | awk '{ printf "%.1f", $1 / 1e6 }')
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$5" "$memory" | tee -a "$out.tsv"
}

# grow AXIS KEY VALUES...: steps with each value of a key, or of several (KEY,KEY).
grow() {
    axis=$1 keys=$2
    shift 2
    for x; do
        options=$(echo "$keys" | tr ',' '\n' | sed "s/.*/--& $x/")
        ours "$ranks" "$threads" step "$work/job.yaml" --threads "$threads" --steps "$steps" --quick $options
        note "$axis" "$x" "$(value users_per_second "$work/ours")" "$(value seconds "$work/ours")" "$(value item_tokens "$work/ours")"
    done
}

batch() { data 2000 2000 12 && grow batch batch_size 4 8 16 32 64 128; }
text() { data 2000 2000 12 && grow text MAX_TEXT_LENGTH 16 24 32 48 64 128; }
history() { data 2000 1000 90 && grow history MAX_ITEM_LIST_LENGTH 5 10 20 40 80; }
layers() { data 2000 2000 12 && grow layers item_llm.num_hidden_layers,user_llm.num_hidden_layers 1 2 4 8 16; }
negatives() { data 2000 2000 12 && grow negatives num_negatives 64 128 256 512 1024 2048; }
catalogue() {
    items=1000
    while [ $items -le "$most" ]; do
        data "$items" 2000 12
        start_ours "$ranks" "$threads" eval "$work/job.yaml" --MAX_TEXT_LENGTH 32 --threads "$threads" --json
        rank=$(value rank_seconds "$work/ours")
        note catalogue "$items" "$(ratio "$(value users "$work/ours")" "$rank")" "$rank" "$(ratio "$(value texts "$work/ours")" "$(value encode_seconds "$work/ours")")"
        rm -rf "$data"
        items=$((items * 10))
    done
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { print a / b }'; }

# A row of users a second and one of memory.
plot() {
    columns=$(echo "$axes" | wc -w)
    {
        echo "set terminal svg size $((columns * 300)),600; set output '$out.svg'"
        echo "set multiplot layout 2,$columns; set logscale xy; set nokey; set grid; set format '%.0s%c'"
        for shown in 3:'users/s' 6:'MB a rank'; do
            for axis in $axes; do
                echo "set title '$axis'; set ylabel '${shown#*:}'; plot \"< awk '\$1 == \\\"$axis\\\"' $out.tsv\" using 2:${shown%%:*} with linespoints pt 7"
            done
        done
    } >"$work/plot"
    gnuplot "$work/plot" 2>"$work/said" || fail "gnuplot failed"
}

printf 'axis\tvalue\tusers/s\tseconds\titem tokens, or texts/s\tMB\n' | tee "$out.tsv"
for axis in $axes; do
    case $axis in
    batch | text | history | layers | negatives | catalogue) $axis ;;
    *) fail "$axis is no axis; --help lists them" ;;
    esac
done
if command -v gnuplot >/dev/null; then plot; else echo "$me: there is no gnuplot here, so $out.tsv is not plotted; install gnuplot-nox" >&2; fi
