#!/bin/sh
# end-runs.sh - run folders: who may work in one, and what becomes of the run that is there.
#
# Runs ./hllm in the build folder on made-up data.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
unset SLURM_JOB_ID SLURM_RESTART_COUNT # this may run in a job

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
item_prompt: ""
MAX_ITEM_LIST_LENGTH: 5
item_llm: {hidden_size: 32, intermediate_size: 48, num_attention_heads: 4}
user_llm: {hidden_size: 32, intermediate_size: 48, num_attention_heads: 4}
epochs: 1
max_steps: 8
checkpoint_every: 2
batch_size: 8
optim_args: {learning_rate: 3e-3}
topk: [5, 10]
valid_metric: NDCG@10
YAML

# has_step FOLDER STEP: the checkpoint comes within a minute.
has_step() {
    tries=1200
    while [ ! -e "$work/$1/step-$2" ] && tries=$((tries - 1)) && [ $tries -gt 0 ]; do sleep 0.05; done
    [ -e "$work/$1/step-$2" ]
}
said() { grep -q "$1" "$work/said"; }

# ---- two jobs in one folder
"$MPIRUN" -n 2 ./hllm train "$work/job.yaml" --checkpoint_dir "$work/long" --epochs 500 --max_steps 0 >"$work/long.table" 2>"$work/long.said" </dev/null &
launcher=$!
has_step long 2
owner=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$work/long/lock")
job 1 long --seed 7
[ $? -eq 2 ] && said "another job works in this folder: process $owner on .*, since 20"
verdict "a second job in a run folder is refused, with whose it is"
kill -9 "$launcher"
wait "$launcher" 2>/dev/null
job 2 long --epochs 500 --max_steps 8
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

finish end-runs
