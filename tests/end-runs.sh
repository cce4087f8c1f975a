#!/bin/sh
# end-runs.sh - run folders: who may work in one, and what becomes of the run that is there.
#
# Runs ./hllm in the build folder on made-up data.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
unset SLURM_JOB_ID SLURM_RESTART_COUNT # this may run in a job

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
small_job "" "" <<YAML
epochs: 1
max_steps: 8
checkpoint_every: 2
batch_size: 8
optim_args: {learning_rate: 3e-3}
YAML

# has_step FOLDER STEP: the checkpoint comes within a minute.
has_step() {
    tries=1200
    while [ ! -e "$work/$1/step-$2" ] && tries=$((tries - 1)) && [ $tries -gt 0 ]; do sleep 0.05; done
    [ -e "$work/$1/step-$2" ]
}
said() { grep -q "$1" "$work/said"; }

# ---- two jobs in one folder
endless="--epochs 100000 --stopping_step 1000000" # the first must still work when the second comes
"$MPIRUN" -n 2 ./hllm train "$work/job.yaml" --checkpoint_dir "$work/long" $endless --max_steps 0 >"$work/long.table" 2>"$work/long.said" </dev/null &
launcher=$!
has_step long 2
owner=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$work/long/lock")
job 1 long --seed 7
[ $? -eq 2 ] && said "another job works in this folder: process $owner on .*, since 20"
verdict "a second job in a run folder is refused, with whose it is"
kill -9 "$launcher"
wait "$launcher" 2>/dev/null
job 2 long $endless --max_steps 8
status=$?
[ $status -eq 0 ] && said "taken over from process $owner on .*, which has ended without giving the folder back" && said "continuing from"
verdict "after a kill of its launcher the same command, at once, takes the folder over and goes on"
job 1 plain
[ $? -eq 0 ] && said "hllm: process [0-9]* on .*, since 20.*: 1 rank" && grep -q '"ended"' "$work/plain/lock"
verdict "a job says who it is, and gives its folder back"
SLURM_JOB_ID=42 SLURM_RESTART_COUNT=3 job 1 plain
[ $? -eq 0 ] && said "of job 42 (restart 3)" && ! said "taken over"
verdict "with the number of its batch job"

# ---- resume: false, and jobs that are started again
SLURM_JOB_ID=7 job 1 anew
losses=$(steps anew loss)
SLURM_JOB_ID=8 job 1 anew --resume false --seed 7 --max_steps 4
[ $? -eq 0 ] && said "the run that was in $work/anew is now in $work/anew/old-1" && [ -e "$work/anew/old-1/step-8" ] && [ -e "$work/anew/old-1/used.yaml" ] &&
    [ "$(steps anew/old-1 loss)" = "$losses" ] && [ "$(steps anew step | tail -n 1)" = 4 ] && [ ! -e "$work/anew/step-8" ]
verdict "resume false moves the run that is there aside, record and all"
./hllm eval "$work/job.yaml" --checkpoint "$work/anew/old-1/best" >"$work/said" 2>&1
verdict "where it can still be evaluated"
SLURM_JOB_ID=8 SLURM_RESTART_COUNT=1 job 2 anew --resume false --seed 7
[ $? -eq 0 ] && said "continuing from .*/step-4" && said "it goes on" && [ "$(steps anew step | wc -l)" -eq 8 ] && [ ! -e "$work/anew/old-2" ]
verdict "a requeued job goes on with its own run all the same"
SLURM_JOB_ID=9 SLURM_RESTART_COUNT=1 job 1 anew --resume false --max_steps 2
[ $? -eq 0 ] && [ -e "$work/anew/old-2/step-8" ] && [ "$(steps anew step | tail -n 1)" = 2 ]
verdict "but not with another job's"
SLURM_JOB_ID=9 job 1 anew --resume false --max_steps 4
[ $? -eq 0 ] && said "continuing from .*/step-2"
verdict "the same job started twice goes on too"
job 1 unnumbered --max_steps 2
SLURM_RESTART_COUNT=1 job 1 unnumbered --resume false --max_steps 4
[ $? -eq 0 ] && said "continuing from .*/step-2"
verdict "a restarted job goes on with a run that names no job"

# ---- evaluating what was trained
# evaluate CHECKPOINT OPTIONS...: its status; the first metrics in $work/metrics
evaluate() {
    checkpoint=$work/$1
    shift
    "$MPIRUN" -n 2 ./hllm eval "$work/job.yaml" --dataset_dir "$work/other" --checkpoint "$checkpoint" "$@" >"$work/table" 2>"$work/said" </dev/null
    status=$?
    sed -n 's/^HLLM  *\([0-9]\)/\1/p' "$work/table" >"$work/metrics"
    return $status
}
refuses() { # refuses WORDS OPTIONS...: no metrics without --force, and a warning with it
    words=$1
    shift
    ! evaluate plain/best "$@" && said "error: .*step-8: was trained with other values: $words.*--force" && [ ! -s "$work/metrics" ] &&
        evaluate plain/best --force "$@" && said "warning: .*was trained with other values.*: $words" && [ -s "$work/metrics" ]
    verdict "eval refuses $*, but for --force"
}
evaluate plain/step-8 && cp "$work/metrics" "$work/plain.metrics" && [ -s "$work/metrics" ] && ! said "warning"
verdict "hllm eval takes a checkpoint"
for named in plain plain/ plain/best plain/latest; do
    evaluate "$named" && cmp -s "$work/metrics" "$work/plain.metrics"
    verdict "or what $named means"
done
evaluate plain --MAX_ITEM_LIST_LENGTH_TEST 3 --topk 5,7 --valid_metric NDCG@7 --placement separate --seed 7 && ! said "warning"
verdict "with another history, other lists, another layout"
refuses "MAX_TEXT_LENGTH was [0-9]* and is 9" --MAX_TEXT_LENGTH 9
refuses "item_prompt was \"\" and is \"x\"" --item_prompt x
refuses "text_keys was \[\"title\"\] and is \[\"description\"\]" --text_keys description
refuses "rope_theta of the User LLM was 10000 and is 500" --user_llm.rope_theta 500
refuses "rms_norm_eps of the Item LLM was 1e-05 and is 0.1" --item_llm.rms_norm_eps 0.1
job 1 started --load_pretrain "$work/plain/best" --item_llm.rope_theta 500 --max_steps 1
[ $? -eq 2 ] && said "error: .*rope_theta of the Item LLM was 10000 and is 500"
verdict "nor does a training start from weights of another theta"
job 1 started --load_pretrain "$work/plain" --max_steps 1 --MAX_TEXT_LENGTH 50
verdict "but it may have other texts"
./hllm eval "$work/job.yaml" --checkpoint_dir "$work/plain" >/dev/null 2>"$work/said"
[ $? -eq 0 ] && said "warning: without --checkpoint the initial weights are evaluated; .* --checkpoint $work/plain/step-8"
verdict "hllm eval without a checkpoint says so, and names the run's best"

# ---- what the program believes
cp -r "$work/plain" "$work/lost"
rm "$work/lost/used.yaml" "$work/lost/best" "$work/lost/latest"
job 1 lost
[ $? -eq 0 ] && said "warning: .*used.yaml: .*written anew" && [ -s "$work/lost/used.yaml" ] && [ "$(cat "$work/lost/best" "$work/lost/latest" | uniq)" = step-8 ]
verdict "a run without used.yaml, best and latest goes on, and has them again"
sed -i 's/^seed: 2020/seed: 2021/' "$work/lost/used.yaml"
job 1 lost
[ $? -eq 0 ] && said "warning: .*used.yaml: is not what this run was started with" && grep -q "^seed: 2020" "$work/lost/used.yaml"
verdict "so does one whose used.yaml was changed"
rm "$work/lost/used.yaml"
job 1 lost --seed 7
[ $? -eq 2 ] && said "seed was 2020 and is 7"
verdict "another seed is refused without it, too"
evaluate lost && cmp -s "$work/metrics" "$work/plain.metrics"
verdict "its best can be evaluated"
cp -r "$work/lost/step-8" "$work/lost/step-9"
echo step-9 >"$work/lost/latest"
job 1 lost
[ $? -eq 0 ] && said "step-9: is step 8 under another name.*passed over" && said "continuing from .*/step-8"
verdict "a checkpoint under another number is passed over"

# ---- two jobs that need one dataset
mkdir "$work/shared.tmp"
flock "$work/shared.tmp" sh -c ": >'$work/makes'; until [ -e '$work/made' ]; do sleep 0.1; done" & # as somebody who prepares it
holder=$!
until [ -e "$work/makes" ]; do sleep 0.1; done
job 2 waits --dataset_dir "$work/shared" --max_steps 1 &
waiter=$!
tries=600
until said "shared: another run is making this dataset; waiting for it" || [ $((tries -= 1)) -eq 0 ]; do sleep 0.1; done
: >"$work/made"
wait "$waiter" && [ $tries -gt 0 ] && [ -e "$work/shared/manifest.json" ]
verdict "a job waits while another makes its dataset"
wait "$holder"
for one in first second; do
    "$MPIRUN" -n 2 ./hllm train "$work/job.yaml" --checkpoint_dir "$work/$one" --dataset_dir "$work/both" --max_steps 1 >"$work/$one.table" 2>"$work/$one.said" </dev/null &
    eval "$one=\$!"
done
wait "$first" && wait "$second" && cmp -s "$work/first.table" "$work/second.table"
verdict "two jobs that both need a dataset get it"

finish end-runs
