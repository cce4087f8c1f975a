# end-lib.sh - what the end-*.sh share about trainings: starting them, and what stands in metrics.jsonl.  To be sourced.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

shared=${HLLM_SHARED:-$top/../shared}

amazon() {
    cat <<YAML
data_path: $shared/data/dataset
text_path: $shared/data/information
dataset: amazon_industrial
text_keys: [title, description]
item_pretrain_dir: $shared/models/tinystories-260k
user_pretrain_dir: $shared/models/tinystories-260k
YAML
}
# Random weights of this size set attention to work: with smaller ones the vectors of all texts point the same way, with larger
# ones each layer makes ten times as much of a rounding.
made_up() {
    ./hllm synth "$work/data" --items 400 --users 400 --topics 20 >/dev/null 2>"$work/said"
    cat <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
item_prompt: ""
item_llm: {num_hidden_layers: 5, num_attention_heads: 8, num_key_value_heads: 4, initializer_range: 0.18}
user_llm: {num_hidden_layers: 5, num_attention_heads: 8, num_key_value_heads: 4, initializer_range: 0.1}
YAML
}

# reviews_job: $work/job.yaml is HLLM on Amazon reviews from pretrained weights, where they are beside the checkout, else on
# made-up data from random weights; both with eight heads, four of them of keys.  $rate is a learning rate
# at which twenty steps leave the vectors of items spread: the share of their first direction that is still good is $share.
reviews_job() {
    if [ -f "$shared/data/dataset/amazon_industrial.csv" ] && [ -d "$shared/models/tinystories-260k" ]; then
        amazon >"$work/job.yaml"
        rate=1e-3 share=0.85
    else
        skip "Amazon reviews and pretrained weights, for made-up ones: they are not in $shared"
        made_up >"$work/job.yaml"
        rate=1e-4 share=0.5
    fi
}

# small_job ITEM USER: $work/job.yaml is a small HLLM on made-up data, which `hllm synth $work/data` makes.  More of the shapes of
# its Item and User LLM stands in ITEM and USER (", key: value"), or nothing; more of the configuration comes on standard input.
small_job() {
    cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
item_prompt: ""
MAX_ITEM_LIST_LENGTH: 5
item_llm: {hidden_size: 32, intermediate_size: 48, num_attention_heads: 4$1}
user_llm: {hidden_size: 32, intermediate_size: 48, num_attention_heads: 4$2}
topk: [5, 10]
valid_metric: NDCG@10
$(cat)
YAML
}
# Random weights that leave the vectors of items spread for a hundred steps at a learning rate of 5e-4.
spread_item=", num_key_value_heads: 2, initializer_range: 0.35"
spread_user=", initializer_range: 0.2"

# job RANKS FOLDER OPTIONS...: train $work/job.yaml into $work/FOLDER; the table in FOLDER.table, the log in said.
job() {
    ranks=$1 folder=$work/$2
    shift 2
    "$MPIRUN" -n "$ranks" ./hllm train "$work/job.yaml" --checkpoint_dir "$folder" "$@" >"$folder.table" 2>"$work/said" </dev/null
}

# train_only RANKS FOLDER OPTIONS...: a job without the test at its end, which takes longer than some steps: a signal comes when that begins.
train_only() {
    HLLM_FAULT=catalogue-signal:0:1 job "$@"
    [ $? -eq 75 ] && grep -q 'users of its test ranked' "$work/said"
}

# children PID: of this process, at one glance, because a job may be over within a second.
children() {
    cat /proc/[0-9]*/stat 2>/dev/null | sed 's/(.*)/-/' | awk -v parent="$1" '$4 == parent { print $1 }'
}
# a_rank PID: one of the ranks that a launcher has started; that of MPICH has a process of its own above them.
a_rank() {
    parent=$1
    while child=$(children "$parent" | tail -n 1) && [ -n "$child" ]; do parent=$child; done
    echo "$parent"
}

# steps FOLDER KEY...: these values of the steps on record, digit by digit, a line a step.
steps() {
    record=$work/$1/metrics.jsonl
    shift
    awk -v keys="$*" '
        function value(key) {
            return match($0, "\"" key "\":[^,}]*") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) : "none"
        }
        BEGIN { n = split(keys, key, " ") }
        /"kind":"step"/ { for (i = 1; i <= n; i++) printf "%s%s", value(key[i]), i < n ? " " : "\n" }' "$record"
}

# same FOLDER FOLDER: all steps have the same losses to the last bit.
same() {
    steps "$1" step loss >"$work/a"
    steps "$2" step loss >"$work/b"
    [ -s "$work/a" ] && cmp -s "$work/a" "$work/b"
}

# near FOLDER FOLDER N KEY...: the first N steps have equal values of the keys, and losses equal to 1e-5.  The largest
# relative difference of a loss is in $work/difference.
near() {
    one=$1 other=$2 wanted=$3
    shift 3
    steps "$one" loss step "$@" | head -n "$wanted" >"$work/a"
    steps "$other" loss step "$@" | head -n "$wanted" >"$work/b"
    paste -d ' ' "$work/a" "$work/b" | awk -v wanted="$wanted" '
        {
            good = NF > 0 && NF % 2 == 0 && $1 + 0 > 0 && $0 !~ /none/
            for (i = 2; i <= NF / 2; i++) good = good && $i == $(NF / 2 + i)
            d = good ? ($1 - $(NF / 2 + 1)) / $1 : 1
            if (d < 0) d = -d
            if (d > most) most = d
            steps += good && d <= 1e-5
        }
        END { print most + 0; exit steps != wanted || NR != wanted }' >"$work/difference"
}

# is_spread FOLDER MOST: item vectors point in many directions, the first of which has at most this share when they are first
# evaluated, and no step masks more than 2 % of its negatives.  Where nearly all point one way, losses tell little apart, and
# many cosines are so near to nce_thres that rounding decides which negatives count.
is_spread() {
    awk -v most="$2" '
        function value(key) {
            return match($0, "\"" key "\":[^,}]*") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 : -1
        }
        /"kind":"step"/ { m = value("masked_share"); if (m > masked) masked = m; if (m < 0) bad = 1 }
        /"kind":"eval"/ && !found { share = value("first_share"); found = share > 0 }
        END { print found ? share : "none", masked + 0; exit bad || !found || share > most || masked > 0.02 }' "$work/$1/metrics.jsonl" >"$work/spread"
}

# metrics TABLE: the row of the model.
metrics() {
    sed -n 's/^HLLM  *\([0-9]\)/\1/p' "$work/$1.table"
}
same_metrics() {
    [ -n "$(metrics "$1")" ] && [ "$(metrics "$1")" = "$(metrics "$2")" ]
}

# somebody_runs: a process of a job of ours is still there.  (The bracket: this grep does not find itself.)
somebody_runs() {
    grep -qas "[/]${work#/}" /proc/[0-9]*/cmdline
}
nobody_runs() { # ten seconds from now
    tries=100
    while somebody_runs && tries=$((tries - 1)) && [ $tries -gt 0 ]; do sleep 0.1; done
    ! somebody_runs
}
