#!/bin/sh
# end-checkpoint.sh - whatever ends a job while it writes a checkpoint, the one before it is whole, and nothing hangs.
#
# Runs tests/test-checkpoint in the build folder: once with a rank that is killed, once to look at what that has left, at
# another number of ranks.
passed=0 failed=0
verdict() { # verdict SENTENCE: of the last command
    if [ $? -eq 0 ]; then
        echo "ok   $1"
        passed=$((passed + 1))
    else
        echo "FAIL $1"
        failed=$((failed + 1))
    fi
}

left=$(mktemp -d) || exit 1 # a job that ends has no time to tidy up
trap 'rm -rf "$left"' EXIT
OMPI_MCA_btl_vader_backing_directory=$left # where a killed rank leaves its shared memory
export OMPI_MCA_btl_vader_backing_directory

# job RANKS SENTENCE: that test alone; its output in $left/out.
job() {
    TMPDIR=$left timeout -k 5 60 "${MPIRUN:-mpirun}" -n "$1" ./tests/test-checkpoint "$2" >"$left/out" 2>&1 </dev/null
}

# What the launcher ends with after a rank that was killed: 128 and the signal, and that of MPICH (Hydra) the signal.
killed=137
! "${MPIRUN:-mpirun}" --version 2>/dev/null | grep -q HYDRA || killed=9

# strike RANKS FAULT
strike() {
    HLLM_FAULT=$2 job "$1" "a fault from outside"
    [ $? -eq $killed ]
    verdict "$2 of $1 ends the job with status $killed"
    grep -qi "signal 9\|exit code: 9" "$left/out"
    verdict "$2 of $1 is said"
    HLLM_LEFT=$(echo "$left"/hllm-checkpoint-*/end) job $((4 - $1)) "what the strike left"
    verdict "$2 of $1 leaves the former checkpoint"
    [ "$failed" -eq 0 ] || sed 's/^/     /' "$left/out"
    rm -rf "$left"/hllm-checkpoint-*
}

strike 3 checkpoint-write:1:kill
strike 2 checkpoint-flush:1:kill
strike 2 checkpoint-manifest:0:kill
strike 2 checkpoint-rename:0:kill
echo "end-checkpoint: $passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
