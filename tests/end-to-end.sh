#!/bin/sh
# end-to-end.sh - the whole way: data, training, a stop, a kill, going on at another layout, evaluation.
#
# Runs ./hllm in the build folder on made-up data.  The losses of a step are compared as they stand in metrics.jsonl.
#
# What Open MPI's mpirun does with a signal: USR1 (and USR2) it hands to all ranks at once and waits for them; its status is
# then theirs, 75.  At TERM, INT and HUP it sends TERM to the ranks a second later and KILL after another second, and its
# status is 1, so that only short steps are saved.  A TERM, INT or USR1 to one rank stops all of them with status 75.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

small_job "$spread_item" "$spread_user" <<YAML
epochs: 4
batch_size: 8
optim_args: {learning_rate: 5e-4}
keep: 100
YAML
epoch=29 all=116 # steps

# count FOLDER WORDS: lines of its record with them.
count() {
    grep -c "$2" "$work/$1/metrics.jsonl"
}
# reads_as_one FOLDER: each step, epoch and validation is there once, in order.
reads_as_one() {
    steps "$1" step >"$work/a"
    seq "$all" | cmp -s - "$work/a" && [ "$(count "$1" '"kind":"epoch"')" -eq 4 ] && [ "$(count "$1" '"phase":"valid"')" -eq 4 ]
}
last_step() {
    steps "$1" step 2>/dev/null | tail -n 1
}

# interrupt FOLDER STEP HOW: start a job of 2 ranks and do HOW with the process of mpirun once it is past the step.
interrupt() {
    job 2 "$1" --checkpoint_every 10 &
    shell=$!
    tries=2400 # two minutes
    while tries=$((tries - 1)) && [ $tries -gt 0 ]; do
        [ "$(last_step "$1")" -ge "$2" ] 2>/dev/null && break
        sleep 0.05
    done
    $3 "$(children "$shell" | head -n 1)"
    wait "$shell"
}
ask_to_stop() { kill -USR1 "$1"; }
ask_a_rank() { kill -TERM "$(a_rank "$1")"; }
kill_a_rank() { kill -KILL "$(a_rank "$1")"; }
kill_all() { kill -KILL "$1"; }

# is_json FILE: one object, and nothing else, says the reader of reference_scores, which may then miss metrics in it.
is_json() {
    [ -s "$1" ] || return 1
    ./hllm eval "$work/job.yaml" --reference_scores "$1" >/dev/null 2>"$work/said" && return 0
    grep -q 'correct reference_scores' "$work/said" && ! grep -q 'not a JSON object' "$work/said"
}
# near_metrics FILE FILE: the first metrics of both are equal to 1e-4.
near_metrics() {
    sed 's/.*"table"//' "$1" | grep '@' | head -n 4 >"$work/a"
    sed 's/.*"table"//' "$2" | grep '@' | head -n 4 >"$work/b"
    paste -d ' ' "$work/a" "$work/b" | tr -d ',' | awk '
        $1 == $3 && $2 > 0 && ($2 - $4) ^ 2 <= 1e-8 { good++ }
        END { exit good != 4 || NR != 4 }'
}

./hllm synth "$work/data" --items 200 --users 200 --topics 10 --json >"$work/synth.json" 2>"$work/said"
verdict "data are made up"
job 2 whole
verdict "training ends well"
[ $failed -eq 0 ] || finish end-to-end
reads_as_one whole
verdict "every step, epoch and validation is on record"
awk '$1 == "HLLM" && $2 != "ties" { recall = $3 } END { exit !(recall > 0.15) }' "$work/whole.table"
verdict "the model has learned: recall@10 is above 0.15, chance is 0.08"
is_spread whole 0.9
verdict "its item vectors are spread: at most 0.9 along the first direction, few negatives masked ($(cat "$work/spread"))"
job 2 again
same whole again && cmp -s "$work/whole.table" "$work/again.table"
verdict "two runs at one layout are equal to the last bit"
for layout in "1 colocated" "3 separate" "5 separate"; do
    job "${layout% *}" "at-${layout% *}" --placement "${layout#* }" --max_steps 20
    near whole "at-${layout% *}" 20 step rows masked_share unique_items public_item_tokens
    verdict "20 steps at $layout are equal to 1e-5 (largest difference $(cat "$work/difference"))"
done

for threads in 1 2; do
    OMP_NUM_THREADS=$threads job 1 "threads-$threads" --max_steps 1
    grep -q "; $threads threads a rank" "$work/said"
    verdict "OMP_NUM_THREADS $threads is what a rank computes with"
done

# A stop by a signal.
tries=5
while [ $tries -gt 0 ]; do
    interrupt stopped $((epoch + 5)) ask_to_stop
    status=$?
    at=$(last_step stopped)
    [ $((at % epoch)) -eq 0 ] || break
    rm -rf "$work/stopped" # by chance at the end of an epoch
    tries=$((tries - 1))
done
! is_hydra || [ $status -ne 0 ] || status=75 # what it makes of a 75 now and then, after a signal
[ $status -eq 75 ]
verdict "a signal to mpirun ends the job with status 75"
[ "$at" -gt $epoch ] && [ "$at" -lt $all ] && [ "$(cat "$work/stopped/latest")" = "step-$at" ]
verdict "in the middle of an epoch, with a checkpoint of the last step"
cp -r "$work/stopped" "$work/moved"
cp -r "$work/stopped" "$work/changed"
job 2 stopped --checkpoint_every 10 --log_every 1
[ $? -eq 0 ] && grep -q "log_every was 10 and is 1" "$work/said"
verdict "the same command goes on, also with another log_every"
same whole stopped && cmp -s "$work/whole.table" "$work/stopped.table"
verdict "and ends as if it had not been stopped, to the last bit"
reads_as_one stopped && [ "$(count stopped '"kind":"run"')" -eq 2 ]
verdict "and its record reads as that of one run"
for moved in "3 separate --zero 3" "1 colocated --zero 0" "4 hybrid --item.pp 2 --zero 1"; do
    cp -r "$work/moved" "$work/moved-${moved%% *}"
    job "${moved%% *}" "moved-${moved%% *}" --max_steps $((at + 20)) --placement ${moved#* }
    near whole "moved-${moved%% *}" $((at + 20)) step rows masked_share unique_items public_item_tokens
    verdict "going on at $moved, the next 20 losses are equal to 1e-5 (largest difference $(cat "$work/difference"))"
done
cp "$work/changed/used.yaml" "$work/used"
job 2 changed --optim_args.learning_rate 1 --seed 7
[ $? -eq 2 ] && grep -q 'seed was 2020 and is 7, optim_args.learning_rate was 0.0005 and is 1' "$work/said" && cmp -s "$work/used" "$work/changed/used.yaml"
verdict "another learning rate and seed are refused, with the differences, and the folder stays as it was"
interrupt asked 3 ask_a_rank
[ $? -eq 75 ] && [ "$(cat "$work/asked/latest")" = "step-$(last_step asked)" ]
verdict "a signal to one rank stops all, after saving"

# A kill.
interrupt killed 42 kill_a_rank
[ $? -ne 0 ] && [ "$(last_step killed)" -lt $all ] && nobody_runs
verdict "a killed rank ends the job, and nobody is left"
job 2 killed --checkpoint_every 10
[ $? -eq 0 ] && same whole killed && reads_as_one killed
verdict "the same command goes on, and ends as if nobody had been killed, to the last bit"
interrupt slain 42 kill_all
[ $? -ne 0 ] && [ "$(last_step slain)" -lt $all ] && nobody_runs
verdict "so does a killed mpirun"
printf '{"kind":"step","st' >>"$work/slain/metrics.jsonl"
latest=$(cat "$work/slain/latest")
truncate -s -1 "$work/slain/$latest/optimizer.h5"
job 2 slain --checkpoint_every 10
[ $? -eq 0 ] && grep -q "warning: .*$latest/optimizer.h5.*passed over" "$work/said" && grep -q "continuing from .*/step-" "$work/said"
verdict "the same command goes on from the checkpoint before a damaged one, with a warning"
same whole slain && reads_as_one slain && [ "$(count slain '"kind":"run"')" -eq 2 ]
verdict "and ends as if nothing had happened, to the last bit and in its record"
cp "$work/slain/metrics.jsonl" "$work/a"
job 3 slain
[ $? -eq 0 ] && cmp -s "$work/whole.table" "$work/slain.table" && cmp -s "$work/a" "$work/slain/metrics.jsonl" && grep -q "this run has ended at step $all" "$work/said"
verdict "a job that is done shows its table again, and its record stays as it is"

cp -r "$work/stopped" "$work/anew"
HLLM_FAULT=checkpoint-prepare:0:kill job 2 anew --resume false --checkpoint_every 10
[ $? -ne 0 ] && [ "$(last_step anew)" -eq 10 ] && [ ! -e "$work/anew/latest" ] && [ ! -e "$work/anew/best" ] && [ ! -e "$work/anew/step-$all" ]
verdict "resume false leaves nothing of an earlier run in the way, not even for the one after a kill"
job 2 anew --max_steps 20
[ $? -eq 0 ] && near whole anew 20 step && [ "$(count anew '"kind":"run"')" -eq 2 ]
verdict "which begins anew too"

# What it says to machines.
job 2 whole --json
is_json "$work/whole.table"
verdict "hllm train --json: one JSON object on standard output"
"$MPIRUN" -n 3 ./hllm eval "$work/job.yaml" --checkpoint "$work/whole/best" --json >"$work/eval.json" 2>"$work/said" </dev/null
is_json "$work/eval.json" && near_metrics "$work/eval.json" "$work/whole.table"
verdict "hllm eval --json at 3 ranks gives the metrics of the test to 1e-4"
is_json "$work/synth.json"
verdict "hllm synth --json: one JSON object on standard output"
./hllm prepare "$work/job.yaml" --MAX_TEXT_LENGTH 20 --dataset_dir "$work/short" --json >"$work/prepare.json" 2>"$work/said"
[ $? -eq 0 ] && is_json "$work/prepare.json"
verdict "hllm prepare --json: one JSON object on standard output"
for shown in whole "whole/$(cat "$work/whole/best")" "data/dataset/$(basename "$work"/data/dataset/synth-*.hllm)"; do
    ./hllm show "$work/$shown" --json >"$work/show.json" 2>"$work/said"
    [ $? -eq 0 ] && is_json "$work/show.json"
    verdict "hllm show ${shown%%[-/]*} --json: one JSON object on standard output"
done
./hllm show "$work/whole" >"$work/shown" 2>"$work/said" && grep -q "item_llm" "$work/shown"
verdict "hllm show says what a run holds"

finish end-to-end
