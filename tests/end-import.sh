#!/bin/sh
# end-import.sh - data sets in the forms of public ones become the CSV files that an outside count gives, at any number of ranks, and train.
#
# tests/import-count.py makes the data sets and counts, with Python's own modules alone.  Runs ./hllm in the build folder.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

if ! command -v python3 >/dev/null; then
    skip "all of it: there is no python3 to make data sets and to count"
    finish import
fi
outside() {
    python3 "$top/tests/import-count.py" "$@"
}

# of_kind KIND: its name and the options without which it is not read.
of_kind() {
    case $1 in
    movielens-*) echo "--from movielens" ;;
    csv | tsv | jsonl) echo "--from $1 --text-columns title,description" ;;
    *) echo "--from $1" ;;
    esac
}

# import RANKS KIND FOLDER OPTIONS...: of $work/KIND into $work/FOLDER; the counts in $work/out.
import() {
    ranks=$1 kind=$2 folder=$work/$3
    shift 3
    launcher="$MPIRUN -n $ranks"
    [ "$ranks" -gt 1 ] || launcher=
    timeout -k 5 "$hangs" $launcher ./hllm import-data "$folder" $(of_kind "$kind") --interactions "$work/$kind/interactions" \
        --items "$work/$kind/items" --name x --json "$@" >"$work/out" 2>"$work/said" </dev/null
}
same_files() { # same_files FOLDER FOLDER
    cmp "$work/$1/dataset/x.csv" "$work/$2/dataset/x.csv" && cmp "$work/$1/information/x.csv" "$work/$2/information/x.csv" &&
        [ -z "$(find "$work/$1" "$work/$2" -name '*.new*')" ]
}

# trains FOLDER TEXTS: HLLM is trained on it for three steps.
trains() {
    cat >"$work/job.yaml" <<YAML
data_path: $work/$1/dataset
text_path: $work/$1/information
dataset: x
text_keys: [$2]
tokenizer: bytes
item_prompt: ""
MAX_ITEM_LIST_LENGTH: 5
MAX_TEXT_LENGTH: 48
item_llm: {hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2, initializer_range: 0.35}
user_llm: {hidden_size: 16, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2, initializer_range: 0.2}
topk: [5]
valid_metric: NDCG@5
batch_size: 8
max_steps: 3
YAML
    ./hllm prepare "$work/job.yaml" >/dev/null 2>"$work/said" && job 2 "run-$1" && [ "$(steps "run-$1" step | wc -l)" -eq 3 ]
}

for kind in csv tsv jsonl pixelrec amazon-2014 amazon-2018 amazon-2023 recbole movielens-100k movielens-1m movielens-20m; do
    outside make $kind "$work/$kind" 1500
    import 1 $kind $kind-1 && outside compare $kind "$work/$kind" "$work/$kind-1" x <"$work/out"
    verdict "$kind: files and counts are those of an outside count"
    import 3 $kind $kind-3 && outside compare $kind "$work/$kind" "$work/$kind-3" x <"$work/out" && same_files $kind-1 $kind-3
    verdict "$kind: three ranks write the same bytes and count the same"
    texts=title,description
    [ "${kind%%-*}" != movielens ] || texts=title,genres
    trains $kind-1 $texts
    verdict "$kind: what was imported is prepared and trained"
done

# ---- filters
for options in "min_user=4 min_item=6 filter=core" "min_user=4 min_item=6 filter=public" "min_user=0 min_item=9 filter=core" "min_user=7 min_item=0 filter=public" \
    "min_rating=3" "min_rating=2.5 min_user=3 min_item=3 filter=core"; do
    flags=$(echo "$options" | sed 's/\([a-z]*\)_\([a-z]*\)=/--\1-\2 /g; s/filter=/--filter /')
    rm -rf "$work/filtered" "$work/filtered-4"
    import 1 movielens-1m filtered $flags && outside compare movielens-1m "$work/movielens-1m" "$work/filtered" x $options <"$work/out" &&
        import 4 movielens-1m filtered-4 $flags && same_files filtered filtered-4
    verdict "$flags: an outside count leaves as much"
done

# ---- packed files, and several of them
head -n 700 "$work/tsv/interactions" >"$work/one.tsv"
{ head -n 1 "$work/tsv/interactions"; tail -n +701 "$work/tsv/interactions"; } >"$work/two.tsv"
gzip -c "$work/one.tsv" >"$work/one.gz"
{ head -n 300 "$work/one.tsv" | gzip -c; tail -n +301 "$work/one.tsv" | gzip -c; } >"$work/members.gz"
several() { # several RANKS FOLDER FILE FILE
    launcher="$MPIRUN -n $1"
    [ "$1" -gt 1 ] || launcher=
    $launcher ./hllm import-data "$work/$2" --from tsv --interactions "$3" --interactions "$4" --items "$work/tsv/items" --text-columns title,description \
        --name x >"$work/out" 2>"$work/said" </dev/null && same_files tsv-1 "$2"
}
for ranks in 1 2 5; do
    several $ranks plain-$ranks "$work/one.tsv" "$work/two.tsv"
    verdict "two files are one, on $ranks ranks"
    several $ranks gzip-$ranks "$work/one.gz" "$work/two.tsv"
    verdict "so they are where one is packed by gzip, on $ranks ranks"
done
several 2 members "$work/members.gz" "$work/two.tsv"
verdict "so they are where it has several members"
if command -v zstd >/dev/null; then
    zstd -q -c "$work/two.tsv" >"$work/two.zst"
    several 2 zstd "$work/one.gz" "$work/two.zst"
    verdict "so they are where the other is packed by zstd"
else
    skip "files packed by zstd: there is no zstd to pack them"
fi

finish import
