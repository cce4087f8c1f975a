#!/bin/sh
# end-signals.sh - a signal ends a job with status 75 wherever it is, and the same command goes on as if there had been none.
#
# HLLM_FAULT=step-signal:R:K lets rank R hear a signal at the K-th act of its steps that computes, so no test of a step depends on time.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

small_job ", num_key_value_heads: 2" "" <<YAML
epochs: 2
batch_size: 16
chunk_tokens: 256
optim_args: {learning_rate: 3e-3}
keep: 100
YAML
./hllm synth "$work/data" --items 100 --users 100 --topics 5 >/dev/null 2>"$work/said"
verdict "data are made up"

# once_each FOLDER: each step is on record once, in order.
once_each() {
    steps "$1" step >"$work/a"
    seq "$(wc -l <"$work/a")" | cmp -s - "$work/a"
}

# stop_and_go RANKS NAME OPTIONS...: train with signals inside of steps until it ends, and beside it undisturbed.  Signals come to
# another rank and at another act each time.
stop_and_go() {
    ranks=$1 name=$2 stops=0 status=75
    shift 2
    job "$ranks" "whole-$name" "$@" || return 1
    while [ $status -eq 75 ] && [ $stops -lt 40 ]; do
        HLLM_FAULT=step-signal:$((stops % ranks)):$((20 + 29 * stops % 97 + 10 * stops)) job "$ranks" "stopped-$name" "$@"
        status=$?
        [ $status -eq 75 ] && stops=$((stops + 1)) && grep -q 'stopped' "$work/said" || break
    done
    [ $status -eq 0 ] && [ $stops -ge 2 ] && same "whole-$name" "stopped-$name" && once_each "stopped-$name" &&
        same_metrics "whole-$name" "stopped-$name"
}
while read -r ranks name options; do
    stop_and_go "$ranks" "$name" $options --max_steps 12
    verdict "stopped inside of steps and continued, training is the same to the last bit: $ranks ranks, $name ($stops stops)"
done <<LAYOUTS
1 alone
2 colocated --placement colocated
3 separate --placement separate
2 tensor --placement colocated --item.tp 2 --user.tp 2
2 pipeline --placement colocated --item.pp 2 --user.pp 2 --activation_budget 0
2 zero --placement colocated --zero 3
4 grid --placement colocated --item.tp [2,2] --user.tp [1,2]
2 overlap --placement colocated --overlap true
2 exact --placement colocated --exact.groups 2
LAYOUTS

# metrics_on_record FOLDER: phase, step and metrics of its evaluations, digit by digit.
metrics_on_record() {
    grep '"kind":"eval"' "$work/$1/metrics.jsonl" | sed 's/,"pessimistic".*//; s/"optimistic":{[^}]*},//; s/,"texts".*//'
}
# stop_evaluations RANKS NAME OPTIONS...: a signal in the catalogue, and to the last rank in rounds of users, of every evaluation; at last
# among the rows that stand beside the test, when its metrics are on record.
stop_evaluations() {
    ranks=$1 name=$2 stops=0 status=75
    shift 2
    job "$ranks" "whole-$name" --eval_batch_size 16 "$@" || return 1
    while [ $status -eq 75 ] && [ $stops -lt 40 ]; do
        point=evaluate-signal:$((ranks - 1)):5
        [ $((stops % 3)) -eq 0 ] && point=catalogue-signal:0:$((1 + stops / 3))
        HLLM_FAULT=$point job "$ranks" "stopped-$name" --eval_batch_size 16 "$@"
        status=$?
        [ $status -eq 75 ] && stops=$((stops + 1)) && grep -q 'stopped at step .* users of its' "$work/said" || break
    done
    grep -q 'stopped by a signal while ranking users; there is nothing to save' "$work/said" || return 1
    job "$ranks" "stopped-$name" --eval_batch_size 16 "$@" && grep -q 'this run has ended' "$work/said"
    status=$?
    metrics_on_record "whole-$name" >"$work/whole.metrics"
    metrics_on_record "stopped-$name" >"$work/stopped.metrics"
    [ $status -eq 0 ] && [ $stops -ge 5 ] && same "whole-$name" "stopped-$name" && once_each "stopped-$name" && cmp -s "$work/whole.metrics" "$work/stopped.metrics" &&
        [ "$(wc -l <"$work/whole.metrics")" -eq 3 ] && cmp -s "$work/whole-$name/best" "$work/stopped-$name/best" && same_metrics "whole-$name" "stopped-$name"
}
while read -r ranks name options; do
    stop_evaluations "$ranks" "$name" $options
    verdict "evaluations that are stopped go on from the users that they have, to the last bit: $ranks ranks, $name ($stops stops)"
done <<LAYOUTS
3 eval-separate --placement separate
4 eval-divided --placement colocated --item.tp 2 --user.tp 2 --item.pp 2 --user.pp 2
2 eval-zero --placement colocated --zero 3
LAYOUTS
# An epoch is saved before it is validated, also where the process is killed then.
HLLM_FAULT=evaluate-signal:0:2 job 2 killed --eval_batch_size 16
grep -q '"due": *true' "$work"/killed/step-*/manifest.json && [ "$(cat "$work/killed/latest")" = "$(cd "$work/killed" && ls -d step-*)" ] && [ ! -e "$work/killed/best" ]
verdict "an epoch is saved before it is validated, and is no best one yet"
HLLM_FAULT=evaluate-signal:0:2 job 1 none --eval_batch_size 16 --checkpoint_dir "$work/nowhere" --val_only true
[ $? -eq 2 ]
verdict "there is nothing to test without a checkpoint"
HLLM_FAULT=evaluate-signal:1:3 "$MPIRUN" -n 2 ./hllm eval "$work/job.yaml" --eval_batch_size 16 >"$work/a" 2>"$work/said" </dev/null
[ $? -eq 75 ] && [ ! -s "$work/a" ] && grep -q 'stopped by a signal while ranking users' "$work/said"
verdict "hllm eval ends with status 75 between rounds of users, and prints nothing"

# Before the first step there is nothing to save.
HLLM_FAULT=step-signal:1:1 job 2 first --max_steps 4
[ $? -eq 75 ] && grep -q 'stopped before the first step by a signal' "$work/said" && [ ! -e "$work/first/latest" ]
verdict "a signal in the first step is status 75, and leaves no checkpoint"
job 2 first --max_steps 4 && job 2 unstopped --max_steps 4 && same first unstopped
verdict "the same command starts it again"

# Stops that get nowhere.
stops_at() { # stops_at ACT STATUS: a start that is stopped there ends so
    HLLM_FAULT=step-signal:0:$1 job 1 again --max_steps 9
    [ $? -eq "$2" ]
}
stops_at 1 75 && stops_at 1 75 && stops_at 1 1 && grep -q 'again: stopped 3 times in a row without getting beyond step 0' "$work/said"
verdict "the third stop in a row without a step between is status 1, and says why"
stops_at 1 75 && stops_at 1 75 && stops_at 100 75 && stops_at 1 75 && stops_at 1 1
verdict "then, and after each step, stops are counted anew"
job 1 again --max_steps 9 && [ ! -e "$work/again/stops" ]
verdict "and none is left at the end"

# checkpoints FOLDER: which there are.
checkpoints() {
    (cd "$work/$1" && echo step-*)
}
job 3 clock --max_steps 4 --checkpoint_minutes 1e-9 && job 3 unclocked --max_steps 4 --checkpoint_minutes 0
[ "$(checkpoints clock)" = "step-1 step-2 step-3 step-4" ] && [ "$(checkpoints unclocked)" = step-4 ]
verdict "checkpoint_minutes saves by the clock, and 0 does not"

# Signals themselves, at whatever moment they come.
# signal_to WHOM SIGNALS FOLDER COMMAND...: start it, send the signals to "process", "rank" or "mpirun" once it has made steps; its status.
signal_to() {
    whom=$1 signals=$2 folder=$3
    shift 3
    "$@" train "$work/job.yaml" --checkpoint_dir "$work/$folder" --epochs 4000 --eval_step 100000 >/dev/null 2>"$work/said" </dev/null &
    started=$!
    tries=1200
    until [ "$(steps "$folder" step 2>/dev/null | wc -l)" -ge 3 ] || [ $((tries -= 1)) -eq 0 ]; do sleep 0.05; done
    receiver=$started
    [ "$whom" = rank ] && receiver=$(a_rank "$started")
    for signal in $signals; do kill -"$signal" "$receiver"; done
    wait "$started"
}
is_saved() { # is_saved FOLDER: the last step on record is the newest checkpoint, which is whole
    [ "$(cat "$work/$1/latest")" = "step-$(steps "$1" step | tail -n 1)" ] && ./hllm show "$work/$1" >/dev/null 2>&1
}
for signals in TERM INT HUP USR1 USR2 XCPU "TERM TERM" "USR1 TERM INT"; do
    folder=signal-$(echo "$signals" | tr ' ' -)
    signal_to process "$signals" "$folder" ./hllm
    [ $? -eq 75 ] && is_saved "$folder"
    verdict "$signals to a process is status 75, and the last step is saved"
done
signal_to rank TERM one-rank "$MPIRUN" -n 3 ./hllm
[ $? -eq 75 ] && is_saved one-rank
verdict "TERM to one rank of three is status 75, and the last step is saved"
if is_hydra; then
    skip "USR2 to mpirun: that of MPICH hands on USR1 alone"
else
    signal_to mpirun USR2 all-ranks "$MPIRUN" -n 3 ./hllm
    [ $? -eq 75 ] && is_saved all-ranks
    verdict "USR2 to mpirun reaches all ranks and is status 75"
fi
# While data are prepared.
./hllm synth "$work/large" --items 3000 --users 40000 --topics 30 >/dev/null 2>"$work/said"
sed "s#$work/data#$work/large#" "$work/job.yaml" >"$work/large.yaml"
# stop_preparing SIGNAL COMMAND...: send it the signal as soon as there is a staging folder.
stop_preparing() {
    signal=$1
    shift
    "$@" prepare "$work/large.yaml" >"$work/a" 2>"$work/said" </dev/null &
    started=$!
    tries=3000
    until ls -d "$work"/large/dataset/synth-*.hllm.tmp >/dev/null 2>&1 || [ $((tries -= 1)) -eq 0 ]; do sleep 0.01; done
    kill -"$signal" "$started"
    wait "$started"
    [ $? -eq 75 ] && grep -q 'stopped by a signal while .*; there is nothing to save yet' "$work/said" && ! ls -d "$work"/large/dataset/*.hllm* >/dev/null 2>&1
}
stop_preparing TERM ./hllm
verdict "TERM while data are prepared is status 75, and no staging folder is left"
stop_preparing USR1 "$MPIRUN" -n 3 ./hllm
verdict "USR1 to mpirun and three ranks, too"
finish end-signals
