# scaling.sh - what the scripts of this folder share.  To be sourced.
me=${0##*/}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
hllm=${HLLM:-hllm}

# usage: the comment at the top of the script.
usage() {
    sed -n '2,/^[^#]/{/^#/!d; s/^# \{0,1\}//; p}' "$0"
}

# fail SENTENCE: the last lines that a program said, then the sentence.
fail() {
    [ ! -s "$work/said" ] || tail -n 5 "$work/said" >&2
    echo "$me: $1" >&2
    exit 1
}

# take_options NAMES FLAGS ARGUMENTS...: --name VALUE sets $name, --flag sets $flag, a dash in a name is _ there; --help tells the usage.  What stands
# behind -- is left, so many arguments: $left.
take_options() {
    names=" $1 " flags=" $2 "
    shift 2
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        option=${1#--}
        [ "$1" != --help ] || { usage && exit; }
        case $1 in --*[!A-Za-z-]* | -- | [!-]* | -[!-]* | - | '') option=none ;; esac
        variable=$(echo "$option" | tr - _)
        case $names/$flags in
        *" $option "*/*)
            [ $# -gt 1 ] || fail "$1: its value is missing"
            eval "$variable=\$2"
            shift
            ;;
        */*" $option "*) eval "$variable=\$1" ;;
        *) fail "$1: no such option; --help lists them" ;;
        esac
        shift
    done
    [ $# -eq 0 ] || shift
    left=$#
}

# value KEY FILE: of JSON, also where several stand in a line.
value() {
    tr ',{}' '\n\n\n' <"$2" | sed -n "s/^ *\"$1\": *\"*\([^\",]*\)\"* *$/\1/p" | head -n 1
}

# median: of the numbers that come in, a line each.
median() {
    sort -g | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'
}

# bound N: what to put before a command so that it stays on the first N cores.
bound() {
    [ "$1" -ge "$(nproc)" ] || ! command -v taskset >/dev/null || echo "taskset -c 0-$(($1 - 1))"
}

# start_ours RANKS THREADS COMMAND ARGUMENTS...: hllm, what it prints in $work/ours.
start_ours() {
    ranks=$1 threads=$2
    shift 2
    start=
    [ "$ranks" -eq 1 ] || start="${MPIRUN:-mpirun} --bind-to none -n $ranks"
    OMP_NUM_THREADS=$threads $(bound $((ranks * threads))) $start "$hllm" "$@" >"$work/ours" 2>"$work/said" </dev/null ||
        fail "hllm $1 failed on $ranks ranks of $threads threads"
}

# ours RANKS THREADS WHAT ARGUMENTS...: hllm bench, figures in $work/ours.
ours() {
    on="$1 $2"
    shift 2
    start_ours $on bench "$@" --json
}

# write_job WIDTH ITEM_LAYERS USER_LAYERS HEADS T S USERS: $work/job.yaml, of the data in $dir; two negatives a user.
write_job() {
    mlp=$(($1 * 11 / 4 / 8 * 8))
    cat >"$work/job.yaml" <<YAML
data_path: $dir/dataset
text_path: $dir/information
dataset: synth
dataset_dir: $dir/tokens-$5
text_keys: [title, description]
tokenizer: bytes
item_prompt: ""
MAX_TEXT_LENGTH: $5
MAX_ITEM_LIST_LENGTH: $6
batch_size: $7
num_negatives: $(($7 * 2))
item_llm: {hidden_size: $1, intermediate_size: $mlp, num_hidden_layers: $2, num_attention_heads: $4}
user_llm: {hidden_size: $1, intermediate_size: $mlp, num_hidden_layers: $3, num_attention_heads: $4}
YAML
}
