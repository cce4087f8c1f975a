#!/bin/sh
# end-agree.sh - ranks that were not started alike, or have not the same files, say so and end.
#
# Runs ./hllm in the build folder on made-up data.  Ranks of one launch get commands of their own, and folders of their own for
# names that are not absolute.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
hllm=$PWD/hllm

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
small_job "" "" <<YAML
epochs: 1
max_steps: 4
checkpoint_every: 2
batch_size: 8
checkpoint_dir: $work/run
YAML
mkdir "$work/on0" "$work/on1"
cp "$work/job.yaml" "$work/on0"
cp "$work/job.yaml" "$work/on1"

said() { grep -q "$1" "$work/said"; }
# apart A B: two ranks with one command, and options of their own; a rank's working folder is on0, or on1.
apart() {
    rm -rf "$work/run"
    # shellcheck disable=SC2086 # options are words
    timeout -k 5 "$hangs" "$MPIRUN" -n 1 -wdir "$work/on0" "$hllm" $1 : -n 1 -wdir "$work/on1" "$hllm" $2 >"$work/table" 2>"$work/said" </dev/null
}
train="train job.yaml"

# ---- options
apart "$train" "$train --batch_size 16"
[ $? -eq 2 ] && said "\-\-batch_size is 8 on rank 0 of .* and 16 on rank 1 of .*; start all ranks with one command" && [ ! -e "$work/run" ]
verdict "ranks with other options end with the name of the option, both values, ranks and hosts, and leave nothing"
apart "$train --zero 1 --seed 7" "$train --seed 7 --zero=1"
[ $? -eq 0 ]
verdict "the same options in other words are the same"
apart "$train --ledger on" "$train"
[ $? -eq 2 ] && said "\-\-ledger is .* on rank 0"
verdict "so is an option that only one rank was given"
apart "$train" "eval job.yaml"
[ $? -eq 2 ] && said "the command is train on rank 0 of .* and eval on rank 1"
verdict "and a rank with another command"
apart "eval job.yaml --phase valid" "eval job.yaml"
[ $? -eq 2 ] && said "\-\-phase is valid on rank 0 of .* and not given on rank 1"
verdict "and an argument of the command itself"
apart "$train" "$train more.yaml"
[ $? -eq 2 ] && said "argument 2 is not given on rank 0 of .* and more.yaml on rank 1"
verdict "and one file more"

# ---- the configuration file
echo "seed: 7" >>"$work/on1/job.yaml"
apart "$train" "$train"
[ $? -eq 2 ] && said "job.yaml is a file of digest .* on rank 0 of .* on rank 1 of .*copy it"
verdict "a configuration file that is another one on another machine is refused"
rm "$work/on1/job.yaml"
apart "$train" "$train"
[ $? -eq 0 ]
verdict "rank 0's is enough"
cp "$work/job.yaml" "$work/on1"

# ---- machines
rm -rf "$work/run"
timeout -k 5 "$hangs" "$MPIRUN" -n 1 env HLLM_KERNELS=plain "$hllm" train "$work/job.yaml" : -n 1 "$hllm" train "$work/job.yaml" >"$work/table" 2>"$work/said" </dev/null
status=$?
if ./hllm --version | grep -q "own kernels plain"; then
    skip "ranks with other kernels: this machine has plain ones only"
else
    [ $status -eq 0 ] && said "warning: .*kernels: plain on 1 rank (rank 0 of .*), .* on 1 rank (rank 1 of .*); they round differently"
    verdict "ranks with other kernels are counted in a warning, and work"
fi
# ---- bits
HLLM_FAULT=weights-update:1:6:flip job 2 "flipped" --zero 0
[ $? -eq 4 ] && said "step 4: copies that must be equal are not: user_llm[^ ]* is one on rank 0 of .* and another on rank 1 of .*they were equal at step 2" && [ ! -e "$work/flipped/step-4" ]
verdict "a bit that flips in one copy is found at the next save: step, tensor, ranks, hosts, the last agreement; nothing is saved"
job 2 "flipped" --zero 0 && job 2 "straight" --zero 0 && same flipped straight
verdict "the same command goes on from the checkpoint before, to the losses of an undisturbed run"
HLLM_FAULT=weights-update:1:6:flip job 2 "flipped1" --placement separate
[ $? -eq 0 ]
verdict "a bit of a weight that nobody else has is nobody's to find"

# ---- files of weights
weights=$shared/models/tinystories-260k
if [ -f "$weights/model.safetensors" ]; then
    cp -rL "$weights" "$work/on0/m" && cp -rL "$weights" "$work/on1/m"
    pretrained="--tokenizer $weights --item_pretrain_dir m --user_pretrain_dir m --dataset_dir $work/ds"
    apart "$train $pretrained" "$train $pretrained"
    [ $? -eq 0 ]
    verdict "machines with equal files of weights train"
    printf '\001' | dd of="$work/on1/m/model.safetensors" bs=1 seek=400000 conv=notrunc 2>/dev/null
    digest() { sed -n '/"kind":"run"/s/.*"weights_digest":"\([^"]*\)".*/\1/p' "$work/run/metrics.jsonl"; }
    equal=$(digest)
    apart "$train $pretrained" "$train $pretrained"
    [ $? -eq 0 ] && [ -n "$equal" ] && [ "$(digest)" = "$equal" ]
    verdict "a stale file of weights on a machine that has copies is not read: rank 0 gives it the weights"
    apart "$train $pretrained --item.tp 2 --user.tp 2" "$train $pretrained --item.tp 2 --user.tp 2"
    [ $? -eq 3 ] && said "m/model.safetensors is a file of .* with digest .* on rank 0 of .* with digest .* on rank 1 of .*"
    verdict "where each machine reads a share, another file is found, with path, ranks and hosts"
    sed 's/"rms_norm_eps": *[0-9.e-]*/"rms_norm_eps": 1e-3/' "$weights/config.json" >"$work/on1/m/config.json"
    apart "$train $pretrained" "$train $pretrained"
    [ $? -eq 3 ] && said "m/config.json is a file of .* on rank 0 of .* on rank 1 of"
    verdict "and another shape of the model"
else
    skip "files of weights that differ: there is no $weights"
fi
# ---- the dataset
"$hllm" prepare "$work/job.yaml" --dataset_dir "$work/whole" >/dev/null 2>"$work/said"
copies() { for on in on0 on1; do rm -rf "$work/$on/ds" && cp -r "$work/whole" "$work/$on/ds"; done; }
copies
apart "$train --dataset_dir ds" "$train --dataset_dir ds"
[ $? -eq 0 ]
verdict "machines with equal copies of a dataset train"
for file in items-00000 users-00000; do
    for on in on0 on1; do
        copies
        printf '\377' | dd of="$work/$on/ds/$file.h5" bs=1 seek=9000 conv=notrunc 2>/dev/null
        apart "$train --dataset_dir ds" "$train --dataset_dir ds"
        [ $? -eq 5 ] && said "ds/$file.h5: is damaged: .*(this is the copy that rank ${on#on} of .* sees)" && [ ! -e "$work/run/step-2" ]
        verdict "$file damaged in the copy of rank ${on#on} is found, and said where"
    done
done
copies
rm "$work/on1/ds/users-00000.h5"
apart "$train --dataset_dir ds" "$train --dataset_dir ds"
[ $? -eq 5 ] && said "ds/users-00000.h5: .*rank 1 of"
verdict "so is one that is missing"
"$hllm" prepare "$work/job.yaml" --dataset_dir "$work/other" --MAX_TEXT_LENGTH 9 >/dev/null 2>"$work/said"
copies
rm -r "$work/on1/ds" && cp -r "$work/other" "$work/on1/ds"
apart "$train --dataset_dir ds" "$train --dataset_dir ds"
[ $? -eq 3 ] && said "ds/manifest.json is a file of .* on rank 0 of .* on rank 1 of .*copy it to all machines"
verdict "another dataset on one machine is refused"

# ---- a dataset that is replaced
mkdir "$work/behind" && ln -s "$work/behind" "$work/link"
job 2 linked --dataset_dir "$work/link" --max_steps 1
[ $? -eq 0 ] && [ -L "$work/link" ] && [ -s "$work/behind/manifest.json" ]
verdict "a dataset is made behind a link"
before=$(cat "$work/behind/manifest.json")
job 2 linked2 --dataset_dir "$work/link" --max_steps 1 --MAX_TEXT_LENGTH 9
[ $? -eq 0 ] && [ -L "$work/link" ] && [ -s "$work/behind/manifest.json" ] && [ "$(cat "$work/behind/manifest.json")" != "$before" ]
verdict "and replaced there"
rm -r "$work/behind"
job 2 linked3 --dataset_dir "$work/link" --max_steps 1
[ $? -eq 2 ] && said "link: is a link to a folder that cannot be reached" && [ -L "$work/link" ]
verdict "a link to nothing is refused"
job 2 changed --dataset_dir "$work/mine" --max_steps 2
before=$(cat "$work/mine/manifest.json")
csv=$work/data/dataset/synth.csv
cp -p "$csv" "$work/kept.csv"
tail -n 1 "$csv" >>"$csv"
job 2 changed --dataset_dir "$work/mine"
[ $? -eq 2 ] && said "mine: $csv has changed since it was made, and the run in $work/changed was trained on it" && [ "$(cat "$work/mine/manifest.json")" = "$before" ]
verdict "a CSV file that changes under a run is refused, and its dataset stays"
job 2 changed --dataset_dir "$work/mine" --MAX_TEXT_LENGTH 9
[ $? -eq 2 ] && said "MAX_TEXT_LENGTH was [0-9]* and is 9" && [ "$(cat "$work/mine/manifest.json")" = "$before" ]
verdict "so is another setting"
job 2 fresh --dataset_dir "$work/mine" --max_steps 1
[ $? -eq 0 ] && said "prepared $work/mine" && [ "$(cat "$work/mine/manifest.json")" != "$before" ]
verdict "for another run it is made anew"
cp -p "$work/kept.csv" "$csv"
job 2 changed --dataset_dir "$work/mine"
[ $? -eq 0 ] && said "continuing from .*/step-2"
verdict "with the old file the run goes on"

# ---- what the program believes of a run folder
job 2 kept
cp -r "$work/kept/step-4" "$work/on0/from" && cp -r "$work/kept/step-4" "$work/on1/from"
apart "$train --load_pretrain from" "$train --load_pretrain from"
[ $? -eq 0 ]
verdict "machines with equal copies of a checkpoint start from it"
rm -r "$work/on1/from" && cp -r "$work/kept/step-2" "$work/on1/from"
for command in "$train --load_pretrain from" "$train --load_pretrain from --item.tp 2 --user.tp 2" "eval job.yaml --checkpoint from"; do
    apart "$command" "$command"
    [ $? -eq 3 ] && said "from/manifest.json is a file of .* on rank 0 of .* on rank 1 of .*copy it to all machines" && [ ! -e "$work/run/step-2" ]
    verdict "another checkpoint of that path on one machine is refused: ${command%% *}"
done
cp -r "$work/kept" "$work/folder" && rm "$work/folder/step-4/manifest.json" && mkdir "$work/folder/step-4/manifest.json"
job 2 folder --max_steps 6
[ $? -eq 0 ] && said "step-4/manifest.json: .*it is passed over" && said "continuing from .*/step-2"
verdict "a checkpoint whose manifest is a folder is passed over like a damaged one"
cp -r "$work/kept" "$work/emptied" && : >"$work/emptied/metrics.jsonl"
job 2 emptied --max_steps 6
[ $? -eq 0 ] && said "warning: .*metrics.jsonl: has lines of 0 of the 4 steps before"
verdict "a record that was emptied is said, with how many steps are missing"
cp -r "$work/kept" "$work/shuffled" && sed -i 's/"step":2,/"step":6,/' "$work/shuffled/metrics.jsonl"
job 2 shuffled --max_steps 6
[ $? -eq 0 ] && said "warning: .*metrics.jsonl: is damaged: " && said "has lines of 3 of the 4 steps" && [ "$(steps shuffled step | paste -sd' ' -)" = "1 3 4 5 6" ]
verdict "a line that says a later step takes no others with it"
job 2 kept --max_steps 6
[ $? -eq 0 ] && ! said "has lines of" && ! said "though there is"
verdict "of a whole record nothing is said"
echo step-4 >"$work/kept/latest"
job 2 kept --max_steps 6
[ $? -eq 0 ] && said "warning: .*kept/latest: names step-4, though there is step-6; the run goes on from step-4" && [ "$(steps kept step | paste -sd' ' -)" = "1 2 3 4 5 6" ]
verdict "a latest that goes back is obeyed, and said"
finish end-agree
