#!/bin/sh
# run.sh [ROW...] - faults on purpose: all rows of the matrix, or those that are named; FAULTS=third is a choice of a third.
#
# Runs ./hllm in the build folder.  README.md says how to add a row.
. "${SOURCE_DIR:-$(dirname "$0")/../..}/tests/faults/lib.sh"
. "$top/tests/faults/rows.sh"

# A row: its name, its function, and whether it belongs to the third.
rows='
kill-computing      kill_computing      third
kill-saving         kill_saving         third
kill-resuming       kill_resuming       third
kill-preparing      kill_preparing      third
kill-launcher       kill_launcher       third
fail-saving         fail_saving         third
fail-resuming       fail_resuming       all
fail-preparing      fail_preparing      all
fail-evaluating     fail_evaluating     all
fail-recording      fail_recording      all
own-folder          own_folder          all
full-disk           full_disk           all
damaged-checkpoint  damaged_checkpoint  third
swapped-files       swapped_files       all
damaged-dataset     damaged_dataset     all
signals             signals             all
stopped-rank        stopped_rank        all
hanging-rank        hanging_rank        third
spoilt-rank         spoilt_rank         third
no-memory           no_memory           all
ranks-differ        ranks_differ        third
two-jobs            two_jobs            all
taken-folder        taken_folder        third
odd-paths           odd_paths           all
'

small_job "$spread_item" "$spread_user" <<YAML
epochs: 4
batch_size: 8
MAX_TEXT_LENGTH: 16
chunk_tokens: 256
optim_args: {learning_rate: 5e-4}
eval_step: 4
YAML
./hllm synth "$work/data" --items 100 --users 100 --topics 5 >/dev/null 2>"$work/said" && ./hllm prepare "$work/job.yaml" >/dev/null 2>"$work/said"
verdict "data are made up and prepared"
[ $failed -eq 0 ] || finish faults

# one ROW FUNCTION: its cases, and a line.
one() {
    row=$1 tried=0 survived=0 trouble='' kept='' before=$skipped
    quiet
    $2
    quiet
    rm -rf "$work/run" "$work/half"
    [ $tried -gt 0 ] || [ $skipped -eq $before ] || return
    [ $tried -gt 0 ] && [ $survived -eq $tried ]
    verdict "$row: $tried tried, $survived survived"
}
chosen=" $* "
while read -r name function choice <&4; do
    [ -n "$name" ] || continue
    [ "$chosen" = "  " ] || is_among "$name" "$chosen" || continue
    third && [ "$chosen" = "  " ] && [ "$choice" != third ] && continue
    one "$name" "$function"
done 4<<ROWS
$rows
ROWS
finish faults
