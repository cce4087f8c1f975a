#!/bin/sh
# run.sh - run all tests and add up what they say.
#
# usage: SOURCE_DIR=... run.sh ALONE... -- MPI... -- ODD... -- SCRIPTS...   in the build folder
# The programs of ALONE run once, those of MPI at 1, 2, 4 and 8 ranks (RANKS), those of ODD also at 3, 5 and 7; scripts run
# once.  Each says "<suite>: N passed, N failed" in its last line; one that does not, or ends otherwise, counts as a
# failure.  Lines of failures and of skipped cases are shown, whole output where there is no last line.
# The last line is "N passed, N failed".  Everything temporary is in one folder, which is gone afterwards.
RANKS=${RANKS:-1 2 4 8}
ODD_RANKS=${ODD_RANKS:-3 5 7}
LIMIT=${LIMIT:-600} # seconds for one program at one size

passed=0 failed=0
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/hllm-check.XXXXXX") || exit 1
shm=$(mktemp -d "/dev/shm/hllm-check.XXXXXX" 2>/dev/null) || shm=$TMPDIR
export TMPDIR
trap 'rm -rf "$TMPDIR" "$shm"' EXIT
trap 'exit 130' INT TERM HUP

# Tests start more ranks than there are cores, as root in containers, several jobs on one machine.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_orte_tmpdir_base="$TMPDIR" OMPI_MCA_btl_vader_backing_directory="$shm"
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
export UBSAN_OPTIONS=print_stacktrace=1

# run NAME COMMAND...: one program, its output in $TMPDIR/out.
run() {
    name=$1
    shift
    timeout -k 10 "$LIMIT" "$@" >"$TMPDIR/out" 2>&1 </dev/null
    status=$?
    last=$(grep -E '^[^ ]+: [0-9]+ passed, [0-9]+ failed$' "$TMPDIR/out" | tail -n 1)
    if [ -z "$last" ]; then
        [ $status -eq 124 ] && echo "took longer than $LIMIT seconds" >>"$TMPDIR/out"
        sed 's/^/     /' "$TMPDIR/out"
        echo "FAIL $name ended with status $status and no result"
        failed=$((failed + 1))
        return
    fi
    ok=${last#*: } ok=${ok%% passed*} bad=${last##*, } bad=${bad%% failed*}
    if [ "$bad" -eq 0 ] && [ $status -ne 0 ]; then
        sed 's/^/     /' "$TMPDIR/out"
        echo "FAIL $name passed its tests and ended with status $status"
        bad=1
    elif [ "$bad" -ne 0 ]; then
        grep -v '^ok  ' "$TMPDIR/out"
    else
        grep '^     skipped' "$TMPDIR/out"
    fi
    [ "$bad" -eq 0 ] && echo "ok   $name: $ok"
    passed=$((passed + ok)) failed=$((failed + bad))
}

# at "RANKS..." PROGRAM: MPI leaks for reasons of its own, here and in scripts.
at() {
    for n in $1; do
        ASAN_OPTIONS=detect_leaks=0 run "${2##*/} at $n" "${MPIRUN:-mpirun}" -n "$n" "./$2"
    done
}

part=alone
for one; do
    case $part,$one in
    alone,--) part=mpi ;;
    mpi,--) part=odd ;;
    odd,--) part=scripts ;;
    alone,*) run "${one##*/}" "./$one" ;;
    mpi,*) at "$RANKS" "$one" ;;
    odd,*) at "$ODD_RANKS" "$one" ;;
    scripts,*) ASAN_OPTIONS=detect_leaks=0 run "${one##*/}" sh "$SOURCE_DIR/$one" ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
