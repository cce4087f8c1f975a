#!/bin/sh
# end-ids.sh - models that know items by their ids are trained, stopped, resumed and evaluated as HLLM is.
#
# Runs ./hllm in the build folder on made-up data.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"
. "$top/tests/jobs.sh"

cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
MAX_ITEM_LIST_LENGTH: 8
batch_size: 32
epochs: 4
embedding_size: 16
hstu_embedding_size: 16
item_embedding_size: 12
n_layers: 2
n_heads: 2
item_embed_dim: 12
user_llm: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2}
optim_args: {learning_rate: 3e-3}
topk: [5, 10]
metrics: [Recall, NDCG, MRR]
valid_metric: NDCG@10
YAML

./hllm synth "$work/data" --items 200 --users 300 --topics 10 >/dev/null 2>"$work/said"
verdict "data are made up"
for model in SASRec HSTU LLMIDRec; do
    job 1 train $model-1 --model $model
    verdict "$model is trained"
    [ $failed -eq 0 ] || finish ids
    awk -v it="$(recall $model $model-1)" -v chance="$(recall random $model-1)" 'BEGIN { exit !(it > 2 * chance) }'
    verdict "$model knows more than chance"
    job 3 train $model-3 --model $model --item.tp 3
    alike $model-1 $model-3
    verdict "$model has the same losses where three ranks have a third of the table each"
    job 2 train $model-zero --model $model --zero 1 --activation_budget 0
    alike $model-1 $model-zero
    verdict "$model has the same losses where two ranks divide samples and moments"
    job 2 train $model-stopped --model $model --max_steps 13
    job 1 train $model-stopped --model $model
    grep -q 'going on\|goes on\|resum' "$work/said" && alike $model-1 $model-stopped
    verdict "$model goes on at another number of ranks"
    job 2 eval $model-eval --model $model --checkpoint "$work/$model-1"
    [ "$(row $model $model-eval)" = "$(row $model $model-1)" ]
    verdict "$model is evaluated as it was tested"
    ./hllm plan "$work/job.yaml" --model $model --ranks 4 --item.tp 4 >"$work/plan" 2>"$work/said" && grep -q 'seconds' "$work/plan"
    verdict "hllm plan forecasts a step of $model"
done
for model in SASRec LLMIDRec; do
    for ranks in 1 2; do
        job $ranks train $model-exact-$ranks --model $model --epochs 1 --exact.groups 2 --ledger true
    done
    ./hllm diff "$work/$model-exact-1" "$work/$model-exact-2" 2>"$work/said" | grep -q 'to the last bit'
    verdict "$model has the same bits at one rank and two, where they are promised"
done

for ranks in 1 2; do
    job $ranks train published-$ranks --model HSTU --hstu.rel_bias true --epochs 2
done
alike published-1 published-2
verdict "HSTU with biases of times is trained"
job 2 eval published-eval --model HSTU --hstu.rel_bias true --checkpoint "$work/published-1"
[ "$(row HSTU published-eval)" = "$(row HSTU published-1)" ]
verdict "and evaluated as it was tested"
job 1 eval published-eval --model HSTU --checkpoint "$work/published-1"
[ $? -eq 2 ] && grep -q 'hstu.rel_bias' "$work/said"
verdict "its weights are not taken without the biases"

# Nothing reads texts here, so the data may do without.
grep -v '^text_\|^tokenizer' "$work/job.yaml" >"$work/bare.yaml"
mkdir -p "$work/bare/dataset" && cp "$work/data/dataset/synth.csv" "$work/bare/dataset"
bare() { # bare RANKS COMMAND NAME OPTIONS...
    ranks=$1 command=$2 name=$3
    shift 3
    "$MPIRUN" -n "$ranks" ./hllm "$command" "$work/bare.yaml" --data_path "$work/bare/dataset" --checkpoint_dir "$work/$name" "$@" >"$work/$name.table" 2>"$work/said" </dev/null
}
exactly() { # exactly NAME NAME: losses of all steps, all figures
    for name in "$1" "$2"; do sed -n 's/.*"kind":"step"[^[]*"loss":\([0-9.e-]*\).*/\1/p' "$work/$name/metrics.jsonl" >"$work/$name.losses"; done
    [ -s "$work/$1.losses" ] && cmp -s "$work/$1.losses" "$work/$2.losses"
}
for model in SASRec HSTU LLMIDRec; do
    bare 1 train $model-bare --model $model
    exactly $model-1 $model-bare && [ "$(row $model $model-1)" = "$(row $model $model-bare)" ]
    verdict "without texts $model has the same losses and metrics"
done
bare 2 eval SASRec-bare-eval --model SASRec --checkpoint "$work/SASRec-bare"
[ "$(row SASRec SASRec-bare-eval)" = "$(row SASRec SASRec-1)" ]
verdict "and so does an evaluation on two ranks"
for model in EASE popularity; do
    job 1 train $model-1 --model $model
    bare 1 train $model-bare --model $model
    [ -n "$(row $model $model-1)" ] && [ "$(row $model $model-1)" = "$(row $model $model-bare)" ]
    verdict "without texts $model has the same metrics"
done
[ "$(ls -d "$work/bare/dataset/"*.hllm | wc -l)" -eq 1 ] && ! grep -q 'found .*no dataset' "$work/said"
verdict "they share one dataset"
./hllm show "$work/bare/dataset/"*.hllm >"$work/shown" 2>&1 && grep -q '^without texts' "$work/shown" && ! grep -q '^tokenizer\|^text:' "$work/shown"
verdict "hllm show says that it has no texts"
bare 1 prepare none --model SASRec --text_path "$work/data/information" --tokenizer bytes --text_keys '[title]'
[ "$(ls -d "$work/bare/dataset/"*.hllm | wc -l)" -eq 2 ]
verdict "one with texts stands beside it"
for without in "text_path --tokenizer bytes" "tokenizer --text_path $work/data/information --text_keys [title]"; do
    bare 1 train none ${without#* }
    [ $? -eq 2 ] && grep -q "${without%% *}" "$work/said"
    verdict "HLLM asks for: ${without%% *}"
done

refused() { # refused WORDS OPTIONS...
    words=$1
    shift
    job 1 train none "$@"
    [ $? -eq 2 ] && grep -q -e "$words" "$work/said"
    verdict "refused: $words"
}
refused 'is not cut into tiles' --model SASRec --item.tp '[1, 1]'
refused 'has none beyond' --model SASRec --MAX_ITEM_LIST_LENGTH_TEST 9
refused 'does not divide into n_heads' --model SASRec --n_heads 3
refused 'has gelu in its layers' --model SASRec --hidden_act silu
refused 'no order of sums to promise' --model HSTU --exact.groups 2
refused 'does not divide into n_heads' --model HSTU --n_heads 3
refused 'freezes the Item LLM' --model SASRec --freeze_ad true
refused 'more than the model.s 0 layers' --model SASRec --item.pp 2

# The public code's state dict, and back.
digest() { # digest WORDS FILE: 16 hexadecimal digits behind the words
    sed -n "s/.*$1\([0-9a-f]\{16\}\).*/\1/p" "$2" | head -n 1
}
names() { # names FILE: of the tensors of a file of safetensors
    tail -c +9 "$1" | head -c 20000 | tr ',{' '\n\n' | sed -n 's/^ *"\([^"]*\)": *$/\1/p' | grep -v metadata
}
for model in SASRec HSTU LLMIDRec; do
    "$MPIRUN" -n 3 ./hllm export "$work/job.yaml" --model $model --checkpoint "$work/$model-1" --to "$work/$model-out" >/dev/null 2>"$work/said" </dev/null
    [ $? -eq 0 ] && [ -s "$work/$model-out/model.yaml" ] && [ ! -e "$work/$model-out/item" ]
    verdict "$model is exported"
    ./hllm export "$work/job.yaml" --model $model --checkpoint "$work/$model-1" --to "$work/$model-alone" >/dev/null 2>"$work/said" &&
        cmp -s "$work/$model-out/hllm.safetensors" "$work/$model-alone/hllm.safetensors"
    verdict "$model has the same bytes by one rank as by three"
    case $model in
    SASRec) its="item_embedding.weight position_embedding.weight LayerNorm.weight trm_encoder.layer.1.multi_head_attention.query.bias trm_encoder.layer.0.feed_forward.dense_2.weight logit_scale" ;;
    HSTU) its="item_embedding.weight item_id_proj_tower.weight position_embedding.weight _hstu._attention_layers.0._uvqk _hstu._attention_layers.1._o.bias logit_scale" ;;
    LLMIDRec) its="item_embedding.weight item_id_proj_tower.weight user_llm.model.layers.1.mlp.down_proj.weight user_llm.model.norm.weight logit_scale" ;;
    esac
    names "$work/$model-out/hllm.safetensors" >"$work/names"
    missing=
    for name in $its; do grep -qxF "$name" "$work/names" || missing="$missing $name"; done
    [ -z "$missing" ]
    verdict "$model has the public code's names$missing"
    [ $model != HSTU ] || head -c 4000 "$work/HSTU-out/hllm.safetensors" | grep -aq '_uvqk":{"dtype":"F32","shape":\[16,64\]'
    verdict "$model has the public code's shapes"
    "$MPIRUN" -n 2 ./hllm import "$work/bare.yaml" "$work/$model-out/model.yaml" --data_path "$work/bare/dataset" --from "$work/$model-out" --to "$work/$model-in" >/dev/null 2>"$work/said" </dev/null
    [ -n "$(digest 'the weights, digest ' "$work/said")" ] && [ "$(digest 'the weights, digest ' "$work/said")" = "$(digest '"digest": "' "$work/$model-out/export.json")" ]
    verdict "$model comes back with the same digest"
    bare 2 eval $model-back --model $model --checkpoint "$work/$model-in" --item.tp 2
    [ "$(row $model $model-back)" = "$(row $model $model-1)" ]
    verdict "$model says the same after it"
done
"$MPIRUN" -n 1 ./hllm import "$work/bare.yaml" --model SASRec --data_path "$work/bare/dataset" --from "$work/HSTU-out" --to "$work/wrong" >/dev/null 2>"$work/said" </dev/null
[ $? -eq 3 ] && grep -q 'not those of the configuration' "$work/said"
verdict "one model's weights are not taken for another's"
./hllm export "$work/job.yaml" --model SASRec --checkpoint "$work/SASRec-1" --form hf --to "$work/none" >/dev/null 2>"$work/said"
[ $? -eq 2 ] && grep -q 'no folder that transformers loads' "$work/said"
verdict "they have no folder of transformers"
./hllm export "$work/job.yaml" --model EASE --checkpoint "$work/EASE-1" --to "$work/none" >/dev/null 2>"$work/said"
[ $? -eq 2 ] && grep -q 'no weights that other programs read' "$work/said"
verdict "and EASE has no weights to export"

finish ids
