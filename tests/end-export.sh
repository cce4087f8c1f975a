#!/bin/sh
# end-export.sh - an exported model is the one that was trained: at any number of ranks, in every form, read again to the bit.
#
# Runs ./hllm in the build folder.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
./hllm synth "$work/data" --items 100 --users 100 --topics 5 >/dev/null 2>"$work/said"
verdict "data are made up"
small_job "$spread_item, num_hidden_layers: 2" "$spread_user, num_hidden_layers: 2" <<YAML
dataset_dir: $work/prepared
max_steps: 3
epochs: 1
YAML
job 2 run
verdict "a model is trained"

# export RANKS DIR OPTIONS...
export_to() {
    ranks=$1 to=$work/$2
    shift 2
    "$MPIRUN" -n "$ranks" ./hllm export "$work/job.yaml" --checkpoint_dir "$work/run" --to "$to" "$@" >"$work/out" 2>"$work/said" </dev/null
}
digest_of() { sed -n 's/.*"digest": "\([0-9a-f]*\)".*/\1/p' "$work/$1/export.json"; }
# begin_with PATH: the digest of the weights with which a training begins.
begin_with() {
    rm -rf "$work/again"
    job 2 again --max_steps 1 --load_pretrain "$1" && sed -n 's/.*"weights_digest":"\([0-9a-f]*\)".*/\1/p' "$work/again/metrics.jsonl" | head -n 1
}

export_to 1 one && export_to 3 three && diff -r "$work/one" "$work/three" >"$work/said"
verdict "one rank and three write the same bytes"
begin_with "$work/run" >"$work/begun"
grep -qx "$(digest_of one)" "$work/begun"
verdict "the digest of the export is that of the checkpoint's weights"
begin_with "$work/one" >"$work/begun"
grep -qx "$(digest_of one)" "$work/begun"
verdict "a training that begins with the exported state dict begins with the checkpoint's weights"
export_to 2 half --dtype bfloat16 --max-shard-size 20KB && [ -f "$work/half/item/model.safetensors.index.json" ] && [ ! -f "$work/half/item/model.safetensors" ]
verdict "a folder may be of several files with an index"
begin_with "$work/half" >"$work/begun"
grep -qx "$(digest_of half)" "$work/begun" && [ "$(digest_of half)" != "$(digest_of one)" ]
verdict "numbers that were rounded to bfloat16 are read as they were written"
rm -rf "$work/again"
job 2 again --max_steps 1 --item_pretrain_dir "$work/half/item" --user_pretrain_dir "$work/half/user"
verdict "exported folders are models to begin with"
[ -n "$(tail -n 1 "$work/again/metrics.jsonl")" ] && ./hllm eval "$work/job.yaml" --checkpoint "$work/one" >"$work/dict.table" 2>"$work/said" &&
    ./hllm eval "$work/job.yaml" --checkpoint "$work/run" >"$work/run.table" 2>"$work/said" && [ "$(metrics dict)" = "$(metrics run)" ] && [ -n "$(metrics dict)" ]
verdict "the state dict is evaluated as the checkpoint is"

./hllm eval "$work/job.yaml" --checkpoint "$work/run/latest" >"$work/latest.table" 2>"$work/said" && [ "$(metrics latest)" = "$(metrics run)" ]
verdict "the file that names the latest checkpoint is no state dict"

# Nothing half done, nothing of somebody else's.
find "$work/one" -type f | sort | xargs cat | cksum >"$work/before"
for fault in checkpoint-write:1:2:enospc checkpoint-read:0:3:eio checkpoint-write:0:1:kill; do
    HLLM_FAULT=$fault export_to 2 one --dtype bfloat16
    status=$?
    [ "$status" -ne 0 ] && find "$work/one" -type f | sort | xargs cat | cksum | cmp -s - "$work/before"
    verdict "$fault leaves the export that was there (status $status)"
done
export_to 2 one --form hllm && [ ! -d "$work/one/item" ] && [ ! -d "$work/one.tmp" ] && [ ! -d "$work/one.old" ] && [ -f "$work/one/hllm.safetensors" ]
verdict "a later export takes its place"
export_to 2 alone --form hf && grep -q 'warning: .*without item_emb_tokens.*--form both writes them too' "$work/said" && export_to 1 one && ! grep -q without "$work/said"
verdict "tensors that no folder has a place for are named"
mkdir "$work/mine" && : >"$work/mine/thesis.tex" && ! export_to 1 mine && [ -f "$work/mine/thesis.tex" ] && grep -q 'not an export' "$work/said"
verdict "a folder of something else is left alone"
export_to 1 four --item_llm.num_hidden_layers 3
[ $? -eq 3 ] && grep -q 'is of another model' "$work/said"
verdict "another shape is refused"
export_to 1 four --dtype int8
[ $? -eq 2 ] && grep -q 'none of float32, bfloat16' "$work/said"
verdict "another type is refused"
./hllm export "$work/job.yaml" 2>"$work/said"
[ $? -eq 2 ]
verdict "where to is asked for"
finish export
