#!/bin/sh
# end-hang.sh - a job that hangs says who waits where, and ends; one that is only stopped goes on.
#
# HLLM_FAULT makes rank R hang, or stop as by SIGSTOP, at its K-th act that computes, so no test depends on the time of a step.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

small_job ", num_hidden_layers: 2, num_key_value_heads: 2" ", num_hidden_layers: 2" <<YAML
epochs: 2
batch_size: 16
chunk_tokens: 256
YAML
./hllm synth "$work/data" --items 100 --users 100 --topics 5 >/dev/null 2>"$work/said"
verdict "data are made up"
job 3 whole
verdict "a training that nobody disturbs"

# hangs SECONDS RANKS FAULT WORDS OPTIONS...: it ends with status 1 within so many seconds, says the words, and leaves no process.
hangs() {
    most=$1 ranks=$2 fault=$3 words=$4
    shift 4
    rm -rf "$work/hangs"
    began=$(date +%s)
    HLLM_FAULT=$fault job "$ranks" hangs --hang_timeout 3 "$@"
    status=$?
    ! is_hydra || [ $status -ne 9 ] || status=1 # that of the rank that was killed last
    took=$(($(date +%s) - began))
    [ $status -eq 1 ] && [ $took -le "$most" ] && grep -q 'no rank of .* has moved for 3 seconds (hang_timeout)' "$work/said" && grep -q "$words" "$work/said" && nobody_runs
}
hangs 40 3 step-signal:1:40:hang 'rank 1 (process [0-9]* on .*) does not wait for others, act item_forward of chunk'
verdict "a rank that hangs in a step is named and the job ended with status 1 ($took s)"
# MPICH lets one of them go on to the next call.
grep -q 'ranks 0, 2 wait in an exchange (group world, call [0-9]*)' "$work/said" ||
    { is_hydra && grep -q 'rank 0 waits in an exchange (group world, call [0-9]*)' "$work/said" && grep -q 'rank 2 waits in an exchange' "$work/said"; }
verdict "and so are the ranks that wait for it, with the call"
for victim in 0 2; do
    hangs 40 3 step-signal:$victim:40:stop "rank $victim (process [0-9]* on .*) is stopped by a signal (SIGSTOP), act"
    verdict "a stopped rank $victim too, when patience ends before it goes on ($took s)"
done
while read -r ranks fault words options; do
    hangs 40 "$ranks" "$fault" "rank [0-9] (process [0-9]* on .*) does not wait for others.*$words" $options
    verdict "a rank that hangs at ${fault%%:*} is named ($ranks ranks, $took s)"
done <<POINTS
2 group-reduce:1:60:hang sum_ --placement colocated
2 group-broadcast:0:40:hang act --placement colocated
2 group-all-to-all:1:3:hang give_ --placement colocated
2 pipe-send:0:9:hang item_pass --placement colocated --item.pp 2 --user.pp 2
2 evaluate-round:1:1:hang ranking --placement colocated
2 checkpoint-write:1:hang saving --placement colocated --checkpoint_every 1
1 step-signal:0:40:hang item
4 group-agree:3:70:hang act --placement colocated --item.tp 2 --user.tp 2
POINTS

HLLM_START_TIMEOUT=soon job 2 starts
[ $? -eq 2 ] && [ "$(grep -c 'error: HLLM_START_TIMEOUT=soon: is no number of seconds; unset it for 600' "$work/said")" -eq 1 ] && nobody_runs
verdict "a limit that is no number is refused, once"

HLLM_START_TIMEOUT=5 HLLM_FAULT=group-start:1:stop job 2 starts
[ $? -eq 1 ] && grep -q 'error: MPI has not started after 5 seconds: it waits for ranks that have not begun' "$work/said" && nobody_runs
verdict "a rank that stops before MPI has started ends the job with status 1"

# pid_after_cont: of the stopped process, once a warning has named it.
pid_after_cont() {
    tries=600
    until pid=$(sed -n 's/.*kill -CONT \([0-9]*\) lets it go on.*/\1/p' "$work/said" | head -n 1) && [ -n "$pid" ] || [ $((tries -= 1)) -eq 0 ]; do sleep 0.1; done
    [ -n "$pid" ]
}
for victim in 0 1; do
    : >"$work/said" # the process that is named is of this job
    HLLM_FAULT=step-signal:$victim:40:stop job 3 goes-on-$victim &
    started=$!
    pid_after_cont && kill -CONT "$pid" && wait "$started" && same whole "goes-on-$victim" && same_metrics whole "goes-on-$victim"
    verdict "a stopped rank $victim is named while others wait, and after SIGCONT the losses are the same"
    [ "$(grep -c 'lets it go on; others wait for it' "$work/said")" -eq 1 ] && grep -q "warning: rank [0-9]: rank $victim (process $pid on .*) is stopped by a signal (SIGSTOP)" "$work/said"
    verdict "which is said once"
done

# A whole job that is suspended and goes on: its own time stands still.
ranks_of() { # processes of the job in this folder
    for pid in $(grep -las "[/]${work#/}/$1" /proc/[0-9]*/cmdline | cut -d / -f 3); do
        grep -qs '^Name:.hllm' "/proc/$pid/status" && echo "$pid"
    done
}
has_begun() { # has_begun FOLDER: made three steps
    tries=600
    until [ "$(steps "$1" step 2>/dev/null | wc -l)" -ge 3 ] || [ $((tries -= 1)) -eq 0 ]; do sleep 0.05; done
    [ $tries -gt 0 ]
}
job 3 suspended --hang_timeout 2 --epochs 100 --eval_step 1000 --max_steps 200 &
started=$!
has_begun suspended && kill -STOP $(ranks_of suspended) && sleep 6 && kill -CONT $(ranks_of suspended) && wait "$started" &&
    [ "$(steps suspended step | wc -l)" -eq 200 ] && ! grep -q 'has moved' "$work/said"
verdict "a job that was suspended as a whole is not ended when it goes on"

HLLM_FAULT=step-signal:1:200:hang job 2 never --hang_timeout 0 &
started=$!
has_begun never && sleep 6 && kill -0 "$started" && ! grep -q 'has moved' "$work/said"
verdict "hang_timeout 0 ends no job"
kill -KILL $(grep -las "[/]${work#/}/never" /proc/[0-9]*/cmdline | cut -d / -f 3)
wait "$started"
nobody_runs
verdict "no process is left"
finish end-hang
