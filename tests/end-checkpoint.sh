#!/bin/sh
# end-checkpoint.sh - whatever ends a job while it writes a checkpoint, the one before it is whole, and nothing hangs.
#
# Runs tests/test-checkpoint-faults in the build folder: once with a rank that is killed, once to look at what that has left, at
# another number of ranks.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

# job RANKS SENTENCE: that test alone; its output in $work/out.
job() {
    TMPDIR=$work timeout -k 5 "$hangs" "$MPIRUN" -n "$1" ./tests/test-checkpoint-faults "$2" >"$work/out" 2>&1 </dev/null
}

# What the launcher ends with after a rank that was killed: 128 and the signal, and that of MPICH (Hydra) the signal.
killed=137
! is_hydra || killed=9

# strike RANKS FAULT
strike() {
    HLLM_FAULT=$2 job "$1" "a fault from outside"
    [ $? -eq $killed ]
    verdict "$2 of $1 ends the job with status $killed"
    grep -qi "signal 9\|exit code: 9" "$work/out"
    verdict "$2 of $1 is said"
    HLLM_LEFT=$(echo "$work"/hllm-checkpoint-*/end) job $((4 - $1)) "what the strike left"
    verdict "$2 of $1 leaves the former checkpoint"
    [ "$failed" -eq 0 ] || sed 's/^/     /' "$work/out"
    rm -rf "$work"/hllm-checkpoint-*
}

strike 3 checkpoint-write:1:kill
strike 2 checkpoint-flush:1:kill
strike 2 checkpoint-manifest:0:kill
strike 2 checkpoint-rename:0:kill
finish end-checkpoint
