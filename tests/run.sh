#!/bin/sh
# run.sh - run all tests and add up what they say.
#
# usage: SOURCE_DIR=... run.sh ALONE... -- MPI... -- ODD... -- SCRIPTS...   in the build folder
# The programs of ALONE run once, those of MPI at 1, 2, 4 and 8 ranks (RANKS), those of ODD also at 3, 5 and 7, or PROGRAM@3,5
# at these of them; scripts run once.  So many run at a time as there are processors, and one more, since they often wait; while
# processors are idle all the same, up to twice as many (JOBS: so many, and no more).  A program of more ranks than processors has
# the machine for itself: ranks that wait give way to whatever else runs, so that two such programs side by side take six times as
# long as one, and not twice.  Each says "<suite>: N passed, N failed,
# N skipped" in its last line; one that does not, or ends otherwise, counts as a failure.  Lines of failures and of skipped cases
# are shown, whole output where there is no last line.  "ok   end-hang.sh: 24 (41 s, 12 of processors)" says what a program took.
# The last line is "N passed, N failed, N skipped".  Everything temporary is in one folder, which is gone afterwards: in memory
# where that has room, since programs that save wait for a disk for half of their time; TMPDIR names another place.
RANKS=${RANKS-1 2 4 8}
ODD_RANKS=${ODD_RANKS-3 5 7} # either may be empty
MOST=${JOBS:-$(($(nproc) < 8 ? 2 * $(nproc) + 1 : 16))}
JOBS=${JOBS:-$(($(nproc) < 8 ? $(nproc) + 1 : 8))}
IDLE_LIMIT=${IDLE_LIMIT:-600} # seconds for one program at one size, of a machine that does nothing else

passed=0 failed=0 skipped=0

# is_roomy FOLDER: is there room for what tests write, and may programs run there?
is_roomy() {
    [ "$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print $4 }')" -ge 4000000 ] 2>/dev/null && trial=$(mktemp "$1/hllm-check.XXXXXX") || return 1
    echo '#!/bin/sh' >"$trial" && chmod +x "$trial" && "$trial"
    set -- $?
    rm -f "$trial"
    return "$1"
}
[ -n "$TMPDIR" ] || { is_roomy /dev/shm && TMPDIR=/dev/shm; }
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/hllm-check.XXXXXX") || exit 1
shm=$(mktemp -d "/dev/shm/hllm-check.XXXXXX" 2>/dev/null) || shm=$TMPDIR
export TMPDIR
program= watcher= begun=0 shown=0
trap 'kill $program $watcher 2>/dev/null; end_lanes; rm -rf "$TMPDIR" "$shm"' EXIT
trap 'exit 130' INT TERM HUP

# Tests start more ranks than there are cores, as root in containers, several jobs on one machine.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_orte_tmpdir_base="$TMPDIR" OMPI_MCA_btl_vader_backing_directory="$shm"
export OMPI_MCA_pml=${OMPI_MCA_pml:-ob1} HWLOC_COMPONENTS=${HWLOC_COMPONENTS--pci,-linuxio} # as tests/verdict.sh says
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
export UBSAN_OPTIONS=print_stacktrace=1

# Ranks of MPICH that wait inside of ScaLAPACK keep the others from computing.
if ${MPIRUN:-mpirun} --version 2>/dev/null | grep -q HYDRA &&
    ${CC:-cc} -shared -fPIC -o "$TMPDIR/give-way.so" "$SOURCE_DIR/tests/give-way.c" -ldl 2>/dev/null; then
    export LD_PRELOAD="$TMPDIR/give-way.so"
fi

# pace: a per cent of the usual speed that one process has now, at most 100: a fixed piece of work, 20 ms where cores are free.
pace() {
    before=$(date +%s%N)
    awk 'BEGIN { for (i = 0; i < 250000; i++) x += i % 7 }'
    took=$((($(date +%s%N) - before) / 1000000))
    if [ $took -le 20 ]; then echo 100; else echo $((2000 / took + 1)); fi
}

# watch PID: end it when it has had its time.  Time counts as much as the machine gives of itself, asked again and again, so that a
# slow or busy one fails no program and one that hangs still ends.  A shell that was just forked may miss that it is to end: so it
# looks whether the program is still there, and never ends another process that has its number by now.
is_there() { [ -e "$TMPDIR/there-$1" ]; }
watch() {
    had=0 tick=$((IDLE_LIMIT < 10 ? 1 : 10)) # most programs are over before anybody asks
    while [ $had -lt $((IDLE_LIMIT * 1000)) ]; do
        sleep $tick
        is_there "$1" || return
        had=$((had + tick * 10 * $(pace)))
    done
    is_there "$1" || return
    echo "took longer than $IDLE_LIMIT seconds of an idle machine" >"$TMPDIR/late"
    kill -TERM "$1"
}

# limited COMMAND...: seconds that the user gives as LIMIT are seconds by the clock.
limited() {
    if [ -n "$LIMIT" ]; then
        timeout -k 10 "$LIMIT" "$@"
        status=$?
        [ $status -ne 124 ] || echo "took longer than $LIMIT seconds"
        return $status
    fi
    rm -f "$TMPDIR/late"
    timeout -k 10 0 "$@" </dev/null & # what it is told, it tells all processes of the program
    program=$!
    : >"$TMPDIR/there-$program"
    watch $program >/dev/null 2>&1 &
    watcher=$!
    wait $program
    status=$?
    rm -f "$TMPDIR/there-$program"
    kill $watcher 2>/dev/null
    program= watcher=
    [ ! -e "$TMPDIR/late" ] || cat "$TMPDIR/late"
    return $status
}

# clock FILE: what the clock says, and what the children of this shell have had of processors; those of a subshell are others.
clock() {
    date +%s%N >"$1"
    times >>"$1"
}
# spent BEFORE AFTER: "41 s, 12 of processors"; a program with many more of the clock than of processors waits.
spent() {
    cat "$1" "$2" | awk -F '[ms ]+' '
        NF == 1 { clock = $1 / 1e9 - clock }
        NR % 3 == 0 { processors = 60 * ($1 + $3) + $2 + $4 - processors }
        END { printf "%.0f s, %.0f of processors", clock, processors }'
}

# run NAME COMMAND...: one program, its output in $TMPDIR/out.
run() {
    name=$1
    shift
    clock "$TMPDIR/before"
    limited "$@" >"$TMPDIR/out" 2>&1 </dev/null
    status=$?
    clock "$TMPDIR/after"
    last=$(grep -E '^[^ ]+: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$TMPDIR/out" | tail -n 1)
    if [ -z "$last" ]; then
        sed 's/^/     /' "$TMPDIR/out"
        echo "FAIL $name ended with status $status and no result"
        failed=$((failed + 1))
        return
    fi
    set -- $(echo "${last#*: }" | tr -dc '0-9 ')
    ok=$1 bad=$2 not=$3
    if [ "$bad" -eq 0 ] && [ $status -ne 0 ]; then
        sed 's/^/     /' "$TMPDIR/out"
        echo "FAIL $name passed its tests and ended with status $status"
        bad=1
    elif [ "$bad" -ne 0 ]; then
        grep -v '^ok  ' "$TMPDIR/out"
    else
        grep '^     skipped' "$TMPDIR/out"
    fi
    [ "$bad" -eq 0 ] && echo "ok   $name: $ok$([ "$not" -eq 0 ] || echo ", $not skipped") ($(spent "$TMPDIR/before" "$TMPDIR/after"))"
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + not))
}

# beside NAME COMMAND...: the same, beside others; what they say comes in the order in which they were begun.
beside() {
    wait_for_turn
    begun=$((begun + 1))
    mkdir "$TMPDIR/$begun"
    (
        trap - EXIT
        trap 'kill $program $watcher 2>/dev/null; exit 143' TERM
        TMPDIR=$TMPDIR/$begun passed=0 failed=0 skipped=0
        run "$@" >"$TMPDIR/says"
        echo "passed=$((passed)) failed=$((failed)) skipped=$((skipped))" >"$TMPDIR/counts.new"
        mv "$TMPDIR/counts.new" "$TMPDIR/counts"
    ) &
    echo $! >"$TMPDIR/$begun/lane"
}

# Those that are not over end, and what they started.
end_lanes() {
    while [ $shown -lt $begun ]; do
        shown=$((shown + 1))
        [ -e "$TMPDIR/$shown/counts" ] && continue
        lane=$(cat "$TMPDIR/$shown/lane")
        kill "$lane"
        wait "$lane"
    done 2>/dev/null
}

# wait_for N: until at most N that were begun are not over.
wait_for() {
    while running=$(count_running) && show_over && [ "$running" -gt "$1" ]; do sleep 0.2; done
}

# wait_for_turn: until there is room for one more: what runs is less than JOBS, or less than MOST and leaves processors idle.
wait_for_turn() {
    idle
    ticks=0
    while running=$(count_running) && show_over && [ "$running" -ge $JOBS ]; do
        sleep 0.2
        ticks=$((ticks + 1))
        [ "$running" -lt $MOST ] && [ $ticks -ge 8 ] || continue # what was begun last has shown what it takes
        ticks=0
        idle
        [ $idle -lt 30 ] || break
    done
}

# idle: the per cent of processors that had nothing to do since it was asked last.
busy_before=0 idle_before=0
idle() {
    read -r _ user nice system rest waits irq soft stolen _ </proc/stat 2>/dev/null || { idle=0 && return; }
    busy=$((user + nice + system + irq + soft + stolen)) rest=$((rest + waits))
    all=$((busy - busy_before + rest - idle_before))
    idle=$((all > 0 ? 100 * (rest - idle_before) / all : 0))
    busy_before=$busy idle_before=$rest
}
count_running() {
    running=0 i=$shown
    while [ $i -lt $begun ]; do
        i=$((i + 1))
        [ -e "$TMPDIR/$i/counts" ] || running=$((running + 1))
    done
    echo $running
}

# Those that are over, up to the first that is not.
show_over() {
    while [ $shown -lt $begun ] && [ -e "$TMPDIR/$((shown + 1))/counts" ]; do
        shown=$((shown + 1))
        cat "$TMPDIR/$shown/says"
        before="$passed $failed $skipped"
        . "$TMPDIR/$shown/counts"
        set -- $before
        passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
        rm -rf "${TMPDIR:?}/$shown/"
    done
}

# at "RANKS..." PROGRAM[@RANKS,...]...: each at so many ranks, or at those of them that stand behind it.  MPI leaks for reasons of
# its own, here and in scripts.
at() {
    sizes=$1
    shift
    for n in $sizes; do
        for program_of_ranks; do
            case $program_of_ranks in *@*) case ,${program_of_ranks#*@}, in *",$n,"*) ;; *) continue ;; esac ;; esac
            program_of_ranks=${program_of_ranks%@*}
            [ "$n" -le "$(nproc)" ] || wait_for 0
            ASAN_OPTIONS=detect_leaks=0 beside "${program_of_ranks##*/} at $n" "${MPIRUN:-mpirun}" -n "$n" "./$program_of_ranks"
        done
    done
    wait_for 0
}

part=alone mpi= odd=
for one; do
    case $part,$one in
    alone,--) part=mpi ;;
    mpi,--) part=odd ;;
    odd,--)
        part=scripts
        at "$RANKS" $mpi
        at "$ODD_RANKS" $odd
        ;;
    alone,*) beside "${one##*/}" "./$one" ;;
    mpi,*) mpi="$mpi $one" ;;
    odd,*) odd="$odd $one" ;;
    scripts,*) beside "${one##*/}" env ASAN_OPTIONS=detect_leaks=0 sh "$SOURCE_DIR/$one" ;;
    esac
done
wait_for 0
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
