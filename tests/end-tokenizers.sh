#!/bin/sh
# end-tokenizers.sh - a model's folder whose tokenizer is tokenizer.json is prepared and trained, at any number of ranks.
#
# Runs ./hllm in the build folder on made-up data and the small tokenizers of tests/data.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
./hllm synth "$work/data" --items 100 --users 100 --topics 5 >/dev/null 2>"$work/said"
verdict "data are made up"
cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
item_prompt: "Compress: "
MAX_TEXT_LENGTH: 48
item_pretrain_dir: $work/model
user_pretrain_dir: $work/model
item_llm_init: false
user_llm_init: false
max_steps: 3
epochs: 1
YAML
mkdir "$work/model"
echo '{"model_type": "llama", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 512, "rms_norm_eps": 1e-5}' >"$work/model/config.json"

# of PREPARED: what its manifest says of tokens.
of() { ./hllm show "$1" 2>/dev/null | grep -E '^tokenizer| tokens'; }
for name in words wordpiece unigram llama_first; do
    cp "$top/tests/data/tokenizers/$name.json" "$work/model/tokenizer.json"
    echo '{"tokenizer_class": "PreTrainedTokenizerFast"}' >"$work/model/tokenizer_config.json"
    job 1 "$name-1" --dataset_dir "$work/$name-1.hllm" && job 2 "$name-2" --dataset_dir "$work/$name-2.hllm" &&
        of "$work/$name-1.hllm" >"$work/one" && of "$work/$name-2.hllm" | cmp -s - "$work/one" && grep -q '^tokenizer tokenizer.json, vocabulary' "$work/one"
    verdict "$name: prepared and trained from item_pretrain_dir, with the same tokens on two ranks"
done

sed 's/"normalizer":{"type":"NFC"}/"normalizer":{"type":"ByteLevel"}/' "$top/tests/data/tokenizers/words.json" >"$work/model/tokenizer.json"
job 2 refused --dataset_dir "$work/refused.hllm"
[ $? -eq 3 ] && grep -q 'tokenizer.json: the normalizer ByteLevel is not supported' "$work/said"
verdict "a part that is not supported is refused by name on two ranks"

cp "$top/tests/data/tokenizers/wordpiece.json" "$work/model/tokenizer.json"
echo '{"tokenizer_class": "BertTokenizer", "do_lower_case": false}' >"$work/model/tokenizer_config.json"
"$MPIRUN" -n 1 ./hllm prepare "$work/job.yaml" --dataset_dir "$work/cased.hllm" >/dev/null 2>"$work/said" && of "$work/cased.hllm" >"$work/cased" &&
    of "$work/wordpiece-1.hllm" >"$work/one" && ! cmp -s "$work/cased" "$work/one"
verdict "what tokenizer_config.json says is heeded: do_lower_case gives another tokenizer"
finish tokenizers
