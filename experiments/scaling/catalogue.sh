#!/bin/sh
# catalogue.sh - how an evaluation grows with its catalogue, on made-up data; a table and a plot.
#
# usage: catalogue.sh [--out NAME] [--ranks N] [--threads N] [--most N] [--width N]
#   --out NAME     NAME.tsv and NAME.svg, the latter where there is gnuplot (gnuplot-nox) [catalogue]
#   --most N       items of the largest catalogue [1000000]
#   --width N      hidden_size of both models [64]
#
# 2000 users are evaluated with catalogues from 1000 items on, of 32 tokens each: seconds in which users are encoded and ranked once the catalogue is
# encoded, and texts encoded a second.  Memory is the most that a rank held at once.  A study measures steps of training, so this is none.
. "$(dirname "$0")/scaling.sh"

out=catalogue ranks=1 threads=1 most=1000000 width=64
take_options "out ranks threads most width" "" "$@"

# data ITEMS: made up, in $data.  Every item is met by somebody with one interaction, who is left out: only so are all items in the catalogue.
data() {
    data=$work/data-$1
    "$hllm" synth "$data" --items "$1" --users 2000 --mean_length 12 --topics $(($1 / 500 + 4)) >/dev/null 2>"$work/said" || fail "hllm synth failed"
    awk -F , 'NR > 1 { print $1 ",once" NR ",0" }' "$data/information/synth.csv" >>"$data/dataset/synth.csv"
    shape="hidden_size: $width, intermediate_size: $((width * 11 / 4)), num_hidden_layers: 2, num_attention_heads: 4"
    cat >"$work/job.yaml" <<YAML
data_path: $data/dataset
text_path: $data/information
dataset: synth
text_keys: [title, description]
tokenizer: bytes
item_prompt: ""
MAX_TEXT_LENGTH: 32
MAX_ITEM_LIST_LENGTH: 10
batch_size: 16
nce_thres: 2
item_llm: {$shape}
user_llm: {$shape}
checkpoint_dir: $work/none
YAML
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { print a / b }'; }

printf 'items\tusers/s\tseconds\ttexts/s\tMB\n' | tee "$out.tsv"
items=1000
while [ "$items" -le "$most" ]; do
    data "$items"
    start_ours "$ranks" "$threads" eval "$work/job.yaml" --threads "$threads" --json
    rank=$(value rank_seconds "$work/ours")
    memory=$(value peak_bytes "$work/ours" | awk '{ printf "%.1f", $1 / 1e6 }')
    printf '%s\t%s\t%s\t%s\t%s\n' "$items" "$(ratio "$(value users "$work/ours")" "$rank")" "$rank" \
        "$(ratio "$(value texts "$work/ours")" "$(value encode_seconds "$work/ours")")" "$memory" | tee -a "$out.tsv"
    rm -rf "$data"
    items=$((items * 10))
done

plot() {
    {
        echo "set terminal svg size 700,350 background rgb 'white'; set output '$out.svg'"
        echo "set multiplot layout 1,2; set logscale xy; set nokey; set grid; set format '%.0s%c'; set xlabel 'items'"
        for shown in 2:'users a second' 5:'MB of the fullest rank'; do
            echo "set title '${shown#*:}'; plot '$out.tsv' using 1:${shown%%:*} with linespoints pt 7"
        done
    } >"$work/plot"
    gnuplot "$work/plot" 2>"$work/said" || fail "gnuplot failed"
}
if command -v gnuplot >/dev/null; then plot; else echo "$me: there is no gnuplot here, so $out.tsv is not plotted; install gnuplot-nox" >&2; fi
