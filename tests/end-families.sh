#!/bin/sh
# end-families.sh - each family of transformers trains, is saved and goes on at another layout with the bits of one rank.
#
# Runs ./hllm in the build folder.  Shapes are made-up config.json files; with exact.groups every layout computes the same bits.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
said() { grep -q "$1" "$work/said"; }
./hllm synth "$work/data" --items 100 --users 100 --topics 5 >/dev/null 2>"$work/said"
verdict "data are made up"
cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
dataset_dir: $work/prepared
text_keys: [title]
tokenizer: bytes
item_prompt: ""
MAX_TEXT_LENGTH: 48
item_pretrain_dir: $work/model
user_pretrain_dir: $work/model
item_llm_init: false
user_llm_init: false
max_steps: 6
epochs: 1
ledger: true
exact: {groups: 4, tp: 2}
YAML

# A window of 7 tokens is shorter than texts and histories are.
mkdir "$work/model"
while read -r name family more; do
    cat >"$work/model/config.json" <<JSON
{"model_type": "$family", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
 "num_key_value_heads": 2, "vocab_size": 259, "hidden_act": "silu", $more}
JSON
    job 1 "$name-one" && job 2 "$name" --max_steps 3 --item.tp 2 --user.tp 2 && job 3 "$name" --placement separate
    [ $? -eq 0 ] && [ "$(grep -c '"kind":"ledger"' "$work/$name/ledger.jsonl")" -eq 6 ] && grep '"kind":"ledger"' "$work/$name-one/ledger.jsonl" >"$work/one" &&
        grep '"kind":"ledger"' "$work/$name/ledger.jsonl" | cmp -s - "$work/one"
    verdict "$name: three steps at tp 2, the rest from its checkpoint on three ranks, are those of one rank, byte for byte"
done <<FAMILIES
llama llama "rms_norm_eps": 1e-5
llama-bias llama "rms_norm_eps": 1e-5, "attention_bias": true, "mlp_bias": true, "rope_scaling": {"type": "dynamic", "factor": 2.0}, "max_position_embeddings": 16
mistral mistral "sliding_window": 7
qwen2 qwen2 "use_sliding_window": false, "sliding_window": 7
qwen3 qwen3 "head_dim": 10, "use_sliding_window": true, "sliding_window": 7, "max_window_layers": 1
FAMILIES
# BERT is an Item LLM; the User LLM beside it is a Llama.
mkdir "$work/encoder"
while read -r name act width more; do
    echo '{"model_type": "bert", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
        "vocab_size": 259, "max_position_embeddings": 49, "hidden_act": "'$act'"}' >"$work/encoder/config.json"
    echo '{"model_type": "llama", "hidden_size": '$width', "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
        "vocab_size": 259}' >"$work/model/config.json"
    bert="--item_pretrain_dir $work/encoder $more"
    job 1 "$name-one" $bert && job 2 "$name" $bert --max_steps 3 --item.tp 2 --user.tp 2 && job 3 "$name" $bert --placement separate
    [ $? -eq 0 ] && [ "$(grep -c '"kind":"ledger"' "$work/$name/ledger.jsonl")" -eq 6 ] && grep '"kind":"ledger"' "$work/$name-one/ledger.jsonl" >"$work/one" &&
        grep '"kind":"ledger"' "$work/$name/ledger.jsonl" | cmp -s - "$work/one"
    verdict "BERT, $name: three steps at tp 2, the rest from its checkpoint on three ranks, are those of one rank, byte for byte"
done <<FORMS
item_token gelu 32
mean gelu_new 40 --pooling mean --adapter linear --item_positions right
cls gelu 40 --pooling cls --adapter linear --nce_thres 2
last_token gelu 32 --pooling last_token
FORMS
bert="--item_pretrain_dir $work/encoder"
sed 's/"hidden_size": 32/"hidden_size": 40/' "$work/model/config.json" >"$work/data/config.json"
job 1 refused $bert --user_pretrain_dir "$work/data"
[ $? -eq 2 ] && said "the Item LLM is 32 wide, the user model 40.*adapter: linear"
verdict "two widths are refused, and the adapter named"
job 1 refused $bert --MAX_TEXT_LENGTH 49
[ $? -eq 2 ] && said "MAX_TEXT_LENGTH 49 needs 50 positions"
verdict "texts with more tokens than positions are refused"
job 1 refused $bert --share_prefix true
[ $? -eq 2 ] && said "share_prefix: true is not possible with an Item LLM of the family bert"
verdict "a prefix that later tokens change is not shared"
job 1 refused --user_pretrain_dir "$work/encoder"
[ $? -eq 2 ] && said "the User LLM reads vectors and must not"
verdict "BERT is no User LLM"
job 1 refused --pooling cls
[ $? -eq 2 ] && said "pooling: cls takes the first token, which sees no later one in the family llama"
verdict "a first token that sees no later one is no vector"
finish families
