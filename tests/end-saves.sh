#!/bin/sh
# end-saves.sh - a checkpoint that cannot be written is not the end: training goes on, and loses nothing.
#
# Runs ./hllm in the build folder on made-up data, with disks that fail on one rank.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
unset SLURM_JOB_ID SLURM_RESTART_COUNT # this may run in a job

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
small_job "" "" <<YAML
dataset_dir: $work/prepared
epochs: 2
max_steps: 12
batch_size: 32
optim_args: {learning_rate: 3e-3}
YAML
said() { grep -q "$1" "$work/said"; }
# like_plain FOLDER: the losses and the last checkpoint of a run that nobody has disturbed, and nothing beside it.
like_plain() {
    same plain "$1" && cmp "$work/plain/step-12/model.h5" "$work/$1/step-12/model.h5" && cmp "$work/plain/step-12/optimizer.h5" "$work/$1/step-12/optimizer.h5" &&
        [ -z "$(find "$work/$1" -name '*.tmp' -o -name '*.old')" ]
}
faults() {
    HLLM_FAULT=$1
    export HLLM_FAULT
    shift
    "$@"
    status=$?
    unset HLLM_FAULT
    return $status
}

job 2 plain --checkpoint_every 2
verdict "a run that nobody disturbs"

# A save flushes two files on each rank, and one more each on rank 0, which makes them.
faults checkpoint-write:1:1:enospc job 2 once --checkpoint_every 2
[ $? -eq 0 ] && said 'step 2 is not saved: .*once/step-2.tmp/model.h5: cannot write at byte [0-9]*: No space left on device; make space there (rank 1 on [^ ]*); training goes on' &&
    said 'step 3 is saved, after 1 saves that failed' && like_plain once && grep -q '"kind":"unsaved","step":2,"tries":1' "$work/once/metrics.jsonl"
verdict "a save that fails on one rank is said and on record, and the next step is saved"

faults checkpoint-flush:1:3,checkpoint-flush:1:4,checkpoint-flush:1:5 job 2 thrice --checkpoint_every 2 --checkpoint_minutes 1e-9
[ $? -eq 0 ] && [ "$(grep -c 'is not saved' "$work/said")" -eq 3 ] && said 'step 2 is not saved.*tried again after step 3' && said 'step 3 is not saved.*after step 5;' &&
    said 'step 5 is not saved.*after step 9;' && said 'step 8 is saved, after 3 saves' && like_plain thrice
verdict "it is tried again at growing gaps, and at the end of the epoch"

faults checkpoint-flush:0:5+:estale job 2 never --checkpoint_every 2 --save_patience 0
[ $? -eq 5 ] && said 'step 4 is not saved, .* 1 saves in a row have failed: .*Stale file handle.*(rank 0 on .*); step-2 is whole, and the same command goes on from there' &&
    [ ! -e "$work/never/step-4.tmp" ] && job 2 never --checkpoint_every 2 && like_plain never
verdict "with save_patience of work at stake the job ends with status 5, says what is whole, and goes on from there"

faults checkpoint-open:1 job 2 none
[ $? -eq 5 ] && said 'step 12 is not saved, after several tries: .*cannot create or open.*(rank 1 on .*); there is no checkpoint before it' && same plain none && ! ls "$work/none" | grep -q step-
verdict "a run that never could be saved ends with status 5 after its last step"

faults checkpoint-open:1:1,checkpoint-open:1:2 job 2 slow
[ $? -eq 0 ] && like_plain slow
verdict "the last step is tried more than once"

# An epoch has eight steps here.
faults checkpoint-flush:1:1,checkpoint-flush:1:2 job 2 best
[ $? -eq 0 ] && said 'was the best so far, but is not saved: it cannot be the one that is tested' && same plain best && [ "$(cat "$work/best/best")" = step-12 ]
verdict "an epoch that cannot be saved cannot be the best, and training goes on"

faults step-signal:0:30,checkpoint-flush:0:1 job 2 stopped
[ $? -eq 75 ] && job 2 stopped && same plain stopped
verdict "a stop waits for a save that fails once, and nothing is lost"

faults record-write:0:4,record-write:0:5 job 2 lines
[ $? -eq 0 ] && [ "$(grep -c 'lines are kept' "$work/said")" -ge 1 ] && like_plain lines
verdict "lines that the disk does not take come later"

faults record-write:0:4+ job 2 mute
[ $? -eq 5 ] && said 'metrics.jsonl: cannot write: .*(rank 0 on' && job 2 mute && same plain mute
verdict "a record that never can be written is a save that fails"

finish saves
