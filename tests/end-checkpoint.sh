#!/bin/sh
# end-checkpoint.sh - a disk that fails inside HDF5 on one rank ends the whole job: status 5, a sentence, no hang.
#
# Runs tests/test-checkpoint in the build folder with a wished-for fault.
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

out=$(mktemp) || exit 1
left=$(mktemp -d) || exit 1 # the job has no time to tidy up
trap 'rm -rf "$out" "$left"' EXIT
for ranks in 1 2 4; do
    last=$((ranks - 1))
    TMPDIR=$left HLLM_FAULT=checkpoint-write:$last timeout -k 5 60 "${MPIRUN:-mpirun}" -n $ranks ./tests/test-checkpoint "inside HDF5" >"$out" 2>&1 </dev/null
    status=$?
    [ $status -eq 5 ]
    verdict "the fault on rank $last of $ranks ends the job with status 5"
    grep -q "model.h5: HDF5 cannot write .*start again: the checkpoint before this one is whole" "$out"
    verdict "the fault on rank $last of $ranks is a sentence"
    [ "$failed" -eq 0 ] || sed 's/^/     /' "$out"
done
echo "end-checkpoint: $passed passed, $failed failed"
[ $failed -eq 0 ]
