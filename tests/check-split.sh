#!/bin/sh
# check-split.sh - a count from the CSV file alone finds the parts that a dataset has, and the metrics of popularity under each
# history_mask.  Runs in the build folder.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

if ! command -v python3 >/dev/null; then
    skip "all of it: there is no python3 to count with"
    finish split
fi

# Users of 1 to 12 interactions with items that come into fashion later; a third of the times are shared by many.
mkdir "$work/data" "$work/text"
awk 'BEGIN {
    srand(3)
    print "item,user,time"
    for (user = 0; user < 150; user++) {
        start = int(rand() * 900)
        for (n = 1 + int(rand() * 12); n > 0; n--) {
            time = start + int(rand() * 300)
            if (rand() < 0.3) time -= time % 100
            printf "i%d,u%d,%d\n", int(rand() * 60 + time / 20), user, time
        }
    }
}' >"$work/data/x.csv"
{
    echo item_id,title
    for item in $(seq 0 150); do echo "i$item,word $item"; done
} >"$work/text/x.csv"
cat >"$work/job.yaml" <<YAML
data_path: $work/data
text_path: $work/text
dataset: x
text_keys: [title]
tokenizer: bytes
model: EASE
ease_l2: [10]
topk: [10]
valid_metric: Recall@10
MAX_ITEM_LIST_LENGTH: 2
YAML

# outside WORDS...: what split-count.py says of $work/out.
outside() {
    python3 "$top/tests/split-count.py" "$@" <"$work/out"
}

# counted CSV RULE KIND VALID TEST [OPTION...]: the dataset of this rule has the counts that the CSV file has.
counted() {
    csv=$1 rule=$2 kind=$3 valid=$4 last=$5
    shift 5
    ./hllm prepare "$work/job.yaml" --split "$rule" --dataset_dir "$work/dataset" "$@" >/dev/null 2>"$work/said" &&
        ./hllm show "$work/dataset" --json >"$work/out" 2>>"$work/said" && outside compare "$csv" "$kind" "$valid" "$last"
}

counted "$work/data/x.csv" leave_two_out leave_two_out 0 0
verdict "leave two out has the counts of an outside count"
for shares in "0.1 0.1" "0.05 0.2" "0.3 0.3"; do
    set -- $shares
    counted "$work/data/x.csv" "{kind: temporal, valid: $1, test: $2}" temporal "$1" "$2"
    verdict "so has a temporal split with shares of $1 and $2"
done

# ranked RULE KIND MASK: popularity has the recall that an outside ranking gives.
ranked() {
    ./hllm train "$work/job.yaml" --split "$1" --history_mask "$3" --dataset_dir "$work/ranked-$2" --checkpoint_dir "$work/run-$2-$3" --json \
        >"$work/out" 2>"$work/said" && outside popularity "$work/data/x.csv" "$2" 0.1 0.2 "$3" 2 10
}
for mask in all window none; do
    ranked leave_two_out leave_two_out $mask
    verdict "history_mask: $mask ranks popularity as an outside ranking does, under leave two out"
    ranked "{kind: temporal, valid: 0.1, test: 0.2}" temporal $mask
    verdict "and under a temporal split, of whose future popularity knows nothing"
done

books=${HLLM_SHARED:-$top/../shared}/data
if [ -f "$books/dataset/amazon_industrial.csv" ]; then
    amazon="--data_path $books/dataset --text_path $books/information --dataset amazon_industrial"
    counted "$books/dataset/amazon_industrial.csv" leave_two_out leave_two_out 0 0 $amazon
    verdict "Amazon reviews have the counts of an outside count under leave two out"
    counted "$books/dataset/amazon_industrial.csv" temporal temporal 0.1 0.1 $amazon
    verdict "and under a temporal split, where thousands share the time of a cut"
else
    skip "Amazon reviews: they are not beside the checkout (HLLM_SHARED)"
fi

finish split
