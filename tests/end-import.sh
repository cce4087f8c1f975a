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

# ---- damage: SPOILT (5) files of each kind that are changed somewhere end with a sentence, or every record of theirs is counted
spoilt() { # spoilt KIND SEED
    kind=$1
    [ -d "$work/$kind-bad" ] || outside make "$kind" "$work/$kind-bad" 200
    mkdir -p "$work/$kind-spoilt" && rm -rf "$work/left" && cp "$work/$kind-bad"/* "$work/$kind-spoilt/"
    which=interactions skip=
    [ $(($2 % 2)) -eq 0 ] || which=items
    [ $(($2 % 4)) -lt 2 ] || skip=--skip-bad
    outside spoil "$work/$kind-bad/$which" "$work/$kind-spoilt/$which" "$2"
    timeout -k 5 "$hangs" ./hllm import-data "$work/left" $(of_kind "$kind") --interactions "$work/$kind-spoilt/interactions" \
        --items "$work/$kind-spoilt/items" --name x --json $skip >"$work/out" 2>"$work/said" </dev/null
    case $? in
    0) outside sums <"$work/out" ;;
    3) [ "$(grep -c '^hllm: error: ' "$work/said")" -eq 1 ] && [ -z "$(find "$work/left" -type f)" ] ;;
    *) false ;;
    esac
}
for kind in csv tsv jsonl pixelrec amazon-2014 amazon-2018 amazon-2023 recbole movielens-100k movielens-1m movielens-20m; do
    trouble=
    for seed in $(seq 1 "${SPOILT:-5}"); do
        spoilt $kind "$seed" || trouble="$trouble $seed"
    done
    [ -z "$trouble" ]
    verdict "$kind: files that are spoilt end with a sentence, or all their records are counted${trouble:+; but seeds$trouble}"
done

# ---- what is asked for that cannot be
refused() { # refused STATUS WORDS SENTENCE OPTIONS...
    status=$1 words=$2 sentence=$3
    shift 3
    ./hllm import-data "$work/refused" "$@" >"$work/out" 2>"$work/said" </dev/null
    [ $? -eq "$status" ] && grep '^hllm: error: ' "$work/said" | grep -qF -e "$words" && [ -z "$(find "$work/refused" -type f 2>/dev/null)" ]
    verdict "$sentence ends with status $status"
}
files="--interactions $work/tsv/interactions --items $work/tsv/items --name x"
refused 2 'one of amazon-2014' "no kind" $files
refused 2 'there is no such kind; there are' "another kind" --from netflix $files
refused 2 'read_parquet' "Parquet" --from parquet $files
refused 2 '--interactions FILE is missing' "no file" --from tsv --name x
refused 2 '--name NAME is missing' "no name" --from tsv --interactions "$work/tsv/interactions"
refused 2 'cannot be the name' "a name with a folder" --from tsv --interactions "$work/tsv/interactions" --name a/b
refused 2 'there is no such option' "an unknown option" --from tsv $files --text-columns title --min_user 4
refused 2 '--text-columns is missing' "texts without columns" --from tsv $files
refused 3 "no column 'subject'" "a column that is not there" --from tsv $files --text-columns subject
refused 3 "no record has a value of 'subject'" "a key that no object has" --from jsonl --interactions "$work/jsonl/interactions" --items "$work/jsonl/items" --name x --text-columns subject
refused 3 'no interaction is left' "a filter that leaves nothing" --from tsv $files --text-columns title --min-user 100000
refused 3 "no column 'user_id|user'" "a table of another kind" --from tsv --interactions "$work/tsv/items" --name x
refused 3 ':1: the timestamp' "a header where the kind has none" --from amazon-2018 --interactions "$work/movielens-20m/interactions" --name x
refused 3 'cannot be opened' "a file that is not there" --from tsv --interactions "$work/none" --name x
./hllm import-data "$work/tsv-1" --from tsv $files --text-columns title >"$work/out" 2>"$work/said"
[ $? -eq 2 ] && grep -q 'is there already' "$work/said" && same_files tsv-1 tsv-3
verdict "files that are there stay, without --replace"
./hllm import-data "$work/tsv-3" --from tsv $files --text-columns title --replace >"$work/out" 2>"$work/said" && ! cmp -s "$work/tsv-1/information/x.csv" "$work/tsv-3/information/x.csv"
verdict "and make room with it"
import 3 tsv tsv-3 --replace

# ---- a disk that does not read, or little at a time
rm -rf "$work/failing"
HLLM_FAULT=unpacked-read:1:4:eio import 3 movielens-1m failing
[ $? -eq 5 ] && [ "$(grep -c '^hllm: error: ' "$work/said")" -eq 1 ] && [ -z "$(find "$work/failing" -type f)" ]
verdict "a disk that fails under one rank ends the import with status 5 on all, and leaves nothing"
for fault in short eintr; do
    rm -rf "$work/little"
    HLLM_FAULT=unpacked-read:*:2:$fault import 2 amazon-2014 little && same_files amazon-2014-1 little
    verdict "what is read in pieces is whole ($fault)"
done

# ---- hllm show
for kind in tsv amazon-2014 movielens-100k; do
    for file in interactions items; do
        ./hllm show "$work/$kind/$file" >"$work/out" 2>"$work/said" && grep -q "^$file of --from ${kind%-100k}:" "$work/out"
        [ $? -eq 0 ] || { [ $kind = tsv ] && [ $file = items ] && grep -q 'no kind of' "$work/out"; }
        verdict "hllm show knows $file of $kind"
    done
done
./hllm show "$work/jsonl/interactions" --json >"$work/out" 2>"$work/said" && grep -q '"packed": "gzip"' "$work/out" && python3 -m json.tool "$work/out" >/dev/null
verdict "hllm show --json says how a file is packed"

# ---- counts of pandas
HLLM=$PWD/hllm sh "$top/experiments/scaling/import.sh" --rows 3000 --packed yes >"$work/out" 2>"$work/said"
status=$?
if python3 -c 'import pandas' 2>/dev/null; then
    [ $status -eq 0 ] && [ "$(grep -c ' interactions left$' "$work/out")" -eq 3 ] && ! grep -q DIFFERS "$work/out"
    verdict "import.sh finds the counts of pandas"
else
    [ $status -ne 0 ] && grep -q 'no pandas to count with' "$work/said"
    verdict "import.sh names what it lacks where there is no pandas"
fi

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
