#!/bin/sh
# end-bad-inputs.sh - what is wrong with files and options ends the job on all ranks, with one sentence and its status.
#
# Runs ./hllm on 2 ranks in the build folder.  A hang is a failure: each job has a minute.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

# A job that would run: 6 users, 8 items, the smallest of models.
good() {
    rm -rf "$work/data"
    mkdir -p "$work/data" "$work/text" "$work/hf"
    {
        echo item,user,time
        for user in a b c d e f; do
            for at in 1 2 3 4 5 6; do echo "i$(((at * 3 + $(printf %d "'$user")) % 8)),$user,$at"; done
        done
    } >"$work/data/x.csv"
    {
        echo item_id,title
        for item in 0 1 2 3 4 5 6 7; do echo "i$item,word $item"; done
    } >"$work/text/x.csv"
    cat >"$work/x.yaml" <<YAML
data_path: $work/data
text_path: $work/text
dataset: x
text_keys: [title]
tokenizer: bytes
item_llm: {hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2}
user_llm: {hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2}
epochs: 1
nce_thres: 2
checkpoint_dir: $work/run
topk: [2]
valid_metric: NDCG@2
YAML
}

job() { # job OPTIONS...: its status
    timeout -k 5 60 "$MPIRUN" -n 2 ./hllm train "$work/x.yaml" "$@" >"$work/out" 2>"$work/said" </dev/null
}

# bad STATUS WORDS SENTENCE OPTIONS...: what was just spoiled ends so; then everything is good again.
bad() {
    status=$1 words=$2 sentence=$3
    shift 3
    job "$@"
    got=$?
    errors=$(grep -c '^hllm: error: ' "$work/said")
    [ $got -eq "$status" ] && [ "$errors" -eq 1 ] && grep '^hllm: error: ' "$work/said" | grep -qF -e "$words"
    verdict "$sentence ends with status $status and one sentence (status $got, $errors sentences)"
    good
}

# little_endian N: a 64-bit number, as a safetensors file begins.
little_endian() {
    number=$1
    for byte in 1 2 3 4 5 6 7 8; do
        printf "\\$(printf %03o $((number % 256)))"
        number=$((number / 256))
    done
}
# folder HEADER-LENGTH HEADER BYTES: a Hugging Face folder in $work/hf.
folder() {
    cat >"$work/hf/config.json" <<JSON
{"model_type": "llama", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
 "num_key_value_heads": 2, "vocab_size": 300, "rms_norm_eps": 1e-5, "rope_theta": 10000.0}
JSON
    {
        little_endian "$1"
        printf %s "$2"
        head -c "$3" /dev/zero
    } >"$work/hf/model.safetensors"
}
weights="--item_pretrain_dir $work/hf"

good
job
verdict "a good job runs"
rm -rf "$work/run"

bad 2 'the nearest is "epochs"' "an unknown option" --epoch 3
bad 2 'is not a whole number' "an option of the wrong type" --epochs many
bad 2 'out of range' "an option out of range" --batch_size 0
bad 2 'hllm' "a layout that cannot be" --placement separate --item.dp 5
bad 2 'leave it at 1' "layers shared over ranks" --item.pp 2
printf 'epoch: 3\n' >>"$work/x.yaml"
bad 2 "x.yaml:13: " "an unknown key in the file"
printf 'optim_args:\n\tlearning_rate: 1\n' >>"$work/x.yaml"
bad 2 'x.yaml:14: a tab' "a tab in the file"
rm "$work/x.yaml"
bad 2 'cannot be opened' "a configuration that is not there"

bad 4 'every negative is masked' "a loss that cannot be trained" --nce_thres 0.01

rm "$work/data/x.csv"
bad 3 'data/x.csv' "a missing file of interactions"
: >"$work/data/x.csv"
bad 3 'data/x.csv' "an empty file of interactions"
printf 'i1,a\n' >>"$work/data/x.csv"
bad 3 'data/x.csv:38' "a row without its time"
printf 'i1,a,noon\n' >>"$work/data/x.csv"
bad 3 'data/x.csv:38' "a time that is not a number"
printf 'i1,"a,7\n' >>"$work/data/x.csv"
bad 3 'data/x.csv:38' "a quote that is never closed"
printf 'i1,a\000b,7\n' >>"$work/data/x.csv"
bad 3 'data/x.csv:38' "a NUL byte"
printf 'id,title\ni1,x\n' >"$work/text/x.csv"
bad 3 'item_id' "a text file without item_id"
printf 'item_id,name\ni1,x\n' >"$work/text/x.csv"
bad 3 'title' "a text file without the column of a text key"
printf 'i1,\377\n' >>"$work/text/x.csv"
bad 3 'UTF-8' "a text that is not UTF-8"

bad 3 'none' "a folder of weights that is not there" --item_pretrain_dir "$work/none"
folder 1000 '{"a":{' 0
bad 3 'model.safetensors' "a header that is cut off" $weights
folder 1152921504606846976 '{}' 0
bad 3 'model.safetensors' "a header of 2^60 bytes" $weights
header='{"model.embed_tokens.weight":{"dtype":"F32","shape":[300,9],"data_offsets":[0,10800]}}'
folder ${#header} "$header" 10800
bad 3 'model.embed_tokens.weight' "a tensor of the wrong shape" $weights
folder ${#header} "$header" 100
bad 3 'model.safetensors' "a tensor that is cut off" $weights

job
truncate -s 100 "$work/run"/step-*/model.h5
bad 5 'model.h5' "a checkpoint that is cut off"
rm -rf "$work/run"
job --item_llm.num_hidden_layers 2
rm -f "$work/run/used.yaml"
bad 5 'used.yaml' "a run without its configuration"
rm -rf "$work/run"
bad 2 'is not a dataset of ours' "something else where the dataset belongs" --dataset_dir "$work/x.yaml"
bad 5 'x.yaml' "a run folder that cannot be made" --checkpoint_dir "$work/x.yaml/run"
finish bad-inputs
