#!/bin/sh
# end-astray.sh - where ranks come to different collectives, a build that looks ends the job and names both calls and the ranks.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

# goes_astray WHAT WORDS: the job ends, and says the words once.
goes_astray() {
    timeout -k 5 "$hangs" "$MPIRUN" -n 3 tests/astray "$1" >"$work/said" 2>&1 </dev/null
    status=$?
    [ $status -ne 0 ] && [ $status -ne 124 ] && [ "$(grep -c "ranks have come to different collectives: $2" "$work/said")" -eq 1 ]
}
goes_astray kind 'ranks 0, 1 are in broadcast of group world (call 2, 12 bytes), but rank 2 is in all_reduce of group world (call 2, 12 bytes)'
verdict "another collective"
goes_astray length 'rank 0 is in all_reduce of group world (call 1, 8 bytes), but ranks 1, 2 are in all_reduce of group world (call 1, 12 bytes)'
verdict "the same with another length"
goes_astray more 'rank 0 is in barrier of group world (call 1, 0 bytes), but ranks 1, 2 are in any of group world (call 1, 0 bytes)'
verdict "one collective more on one rank"
timeout -k 5 "$hangs" "$MPIRUN" -n 3 tests/astray nothing >"$work/said" 2>&1 </dev/null
verdict "different collectives of different groups are none of this"

finish end-astray
