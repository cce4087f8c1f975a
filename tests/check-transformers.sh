#!/bin/sh
# check-transformers.sh - transformers computes from exported weights what hllm computed, and torch reads the state dict.
#
# Runs in the build folder; needs python3 with transformers, torch, safetensors and sentencepiece (PYTHON names one), and the data and the
# pretrained Llama beside the checkout.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

python=${PYTHON:-python3}
if ! "$python" -c 'import torch, transformers, safetensors' 2>/dev/null; then
    skip "all of it: there is no python3 with torch, transformers and safetensors (PYTHON names one)"
    finish transformers
fi
if [ ! -f "$shared/data/dataset/amazon_industrial.csv" ] || [ ! -d "$shared/models/tinystories-260k" ]; then
    skip "all of it: Amazon reviews and the pretrained Llama are not in $shared"
    finish transformers
fi

amazon >"$work/job.yaml"
cat >>"$work/job.yaml" <<YAML
dataset_dir: $work/prepared
MAX_TEXT_LENGTH: 64
MAX_ITEM_LIST_LENGTH: 10
epochs: 1
batch_size: 16
optim_args: {learning_rate: 1e-3}
max_steps: 30
topk: [10]
valid_metric: NDCG@10
YAML
cat >"$work/texts.json" <<JSON
{"texts": "$shared/data/information/amazon_industrial.csv", "interactions": "$shared/data/dataset/amazon_industrial.csv",
 "text_keys": ["title", "description"], "prompt": "Compress the following sentence into embedding: ", "max_text_length": 64, "history": 10,
 "rows": ${ROWS:-100}, "bound": 1e-5}
JSON
HLLM_FAULT=catalogue-signal:0:1 job 2 run
[ $? -eq 75 ]
verdict "a pretrained Llama is trained for 30 steps"
"$MPIRUN" -n 2 ./hllm export "$work/job.yaml" --checkpoint "$work/run/latest" --to "$work/export" 2>"$work/said" &&
    "$MPIRUN" -n 2 ./hllm embed "$work/job.yaml" --checkpoint "$work/run/latest" --to "$work/items" 2>"$work/said" &&
    "$MPIRUN" -n 2 ./hllm embed "$work/job.yaml" --checkpoint "$work/run/latest" --users --to "$work/users" 2>"$work/said"
verdict "its weights are exported, its items and users embedded"
"$python" "$top/tests/round-trip.py" "$work/export" "$work/items" "$work/users" "$work/texts.json" >"$work/compared" 2>"$work/said"
status=$?
sed 's/^/     /' "$work/compared"
[ $status -eq 0 ] && [ "$(grep -c '^near' "$work/compared")" -eq 3 ]
verdict "transformers has the vectors of items and users, and torch the state dict"
! grep -qi 'newly initialized' "$work/said"
verdict "no tensor is missing in either folder"
digest=$(sed -n 's/.*"digest": "\([0-9a-f]*\)".*/\1/p' "$work/export/export.json")
rm "$work/export/hllm.safetensors"
"$MPIRUN" -n 2 ./hllm import "$work/job.yaml" --from "$work/export/pytorch_model.bin" --to "$work/again" 2>"$work/said" && grep -q "digest $digest" "$work/said"
verdict "what torch has saved is imported with the digest of the export"

# Other families: transformers knows the folders that we write, whole.
bad=
for name in bert llama_bias llama_llama3 llama_yarn mistral qwen2 qwen3; do
    case $name in bert) user=llama ;; *) user=$name ;; esac
    folders="--item_pretrain_dir $shared/golden/families/$name --user_pretrain_dir $shared/golden/families/$user --adapter linear --pooling mean --tokenizer bytes"
    ./hllm import "$work/job.yaml" $folders --dataset_dir "$work/bytes" --to "$work/$name" 2>"$work/said" && ./hllm export "$work/job.yaml" $folders --checkpoint_dir "$work/$name" --to "$work/$name.export" 2>"$work/said" || bad="$bad $name"
done
[ -z "$bad" ] && "$python" - "$work"/*.export/item "$work"/*.export/user >"$work/out" 2>"$work/said" <<'PY'
import sys
from transformers import AutoModel
for folder in sys.argv[1:]:
    model, told = AutoModel.from_pretrained(folder, output_loading_info=True)
    missing = [k for k in told["missing_keys"] if not k.startswith("pooler.")]
    print(folder, type(model).__name__, missing, told["unexpected_keys"], told["mismatched_keys"])
    assert not (missing or told["unexpected_keys"] or told["mismatched_keys"])
PY
verdict "transformers loads folders of BERT, Llama, Mistral, Qwen2 and Qwen3, and misses nothing"
finish transformers
