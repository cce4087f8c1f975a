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

# Import: the same weights as a checkpoint of ours.
import_from() { # import_from RANKS DIR OPTIONS...
    ranks=$1 to=$work/$2
    shift 2
    "$MPIRUN" -n "$ranks" ./hllm import "$work/job.yaml" --to "$to" "$@" >"$work/out" 2>"$work/said" </dev/null
}
import_from 3 imported --from "$work/one" && grep -q "imported/step-0: the weights, digest $(digest_of one)" "$work/said"
verdict "a state dict that is imported has the digest of the export"
export_to 2 two --checkpoint_dir "$work/imported" && cmp -s "$work/one/hllm.safetensors" "$work/two/hllm.safetensors" && diff -r "$work/one/user" "$work/two/user" >"$work/said"
verdict "what is imported is exported to the same bytes"
./hllm eval "$work/job.yaml" --checkpoint "$work/imported" >"$work/imported.table" 2>"$work/said" && [ "$(metrics imported)" = "$(metrics run)" ]
verdict "what is imported is evaluated as the checkpoint is"
import_from 1 imported --from "$work/one"
[ $? -eq 2 ] && grep -q 'has checkpoints already' "$work/said"
verdict "a folder that has checkpoints is left alone"
import_from 1 none --from "$work/nowhere"
[ $? -ne 0 ] && [ ! -e "$work/none" ]
verdict "a state dict that is not there is a sentence, and leaves nothing"

# families of transformers: what was read is written, number by number.
golden=$shared/golden/families
if [ -d "$golden" ]; then
    bad=
    for folder in "$golden"/*/; do
        name=$(basename "$folder")
        case $name in bert*) user=llama ;; *) user=$name ;; esac
        sed "/^item_llm:/d; /^user_llm:/d" "$work/job.yaml" >"$work/family.yaml"
        ./hllm import "$work/family.yaml" --item_pretrain_dir "$folder" --user_pretrain_dir "$golden/$user" --adapter linear --pooling mean --MAX_TEXT_LENGTH 24 \
            --to "$work/families/$name" >"$work/out" 2>"$work/said.$name" &&
            ./hllm export "$work/family.yaml" --item_pretrain_dir "$folder" --user_pretrain_dir "$golden/$user" --adapter linear --pooling mean --MAX_TEXT_LENGTH 24 \
                --checkpoint_dir "$work/families/$name" --to "$work/families/$name.export" >"$work/out" 2>>"$work/said.$name" &&
            tests/same-tensors "$folder" "$work/families/$name.export/item" >>"$work/said.$name" 2>&1 &&
            tests/same-tensors "$golden/$user" "$work/families/$name.export/user" >>"$work/said.$name" 2>&1 || bad="$bad $name"
    done
    [ -z "$bad" ] || { for name in $bad; do tail -n 2 "$work/said.$name"; done; false; }
    verdict "folders of every family are imported and exported to the same numbers"
else
    skip "folders of every family: they are not in $shared"
fi

# Two at once.
HLLM_FAULT=checkpoint-write:0:1:stop ./hllm export "$work/job.yaml" --checkpoint_dir "$work/run" --to "$work/both" >"$work/out" 2>"$work/first" &
first=$!
tries=100
until grep -qs '^State:.T' "/proc/$first/status" || ! tries=$((tries - 1)) || [ $tries -eq 0 ]; do sleep 0.1; done
export_to 2 both
[ $? -eq 2 ] && grep -q 'both.lock/lock: another job works in this folder' "$work/said"
verdict "a second export into a folder is refused while the first writes it"
kill -CONT $first && wait $first && [ -f "$work/both/export.json" ] && [ ! -e "$work/both.lock" ] && [ ! -e "$work/both.tmp" ] && diff -r "$work/one" "$work/both" >"$work/said"
verdict "the first ends as if it had been alone"

# Nothing half done, nothing of somebody else's.
find "$work/one" -type f | sort | xargs cat | cksum >"$work/before"
# A kill leaves its lock, which the next takes over.
for fault in checkpoint-write:1:2:enospc checkpoint-read:0:3:eio checkpoint-write:0:1:kill; do
    HLLM_FAULT=$fault export_to 2 one --dtype bfloat16
    status=$?
    [ "$status" -ne 0 ] && find "$work/one" -type f | sort | xargs cat | cksum | cmp -s - "$work/before"
    verdict "$fault leaves the export that was there (status $status)"
done
export_to 2 one --form hllm && [ ! -d "$work/one/item" ] && [ ! -d "$work/one.tmp" ] && [ ! -d "$work/one.old" ] && [ ! -e "$work/one.lock" ] && [ -f "$work/one/hllm.safetensors" ]
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
