# lib.sh - one case of a fault: a job that is disturbed, what must be true of its end, and the same command again.  To be sourced.
#
# A row of run.sh is a function here or in rows.sh that calls `fault` for each of its cases.  What a case does to the job is in
# variables: $shake (words before ./hllm, as env A=B), $under (words before mpirun), $during (a command beside the job, with
# its process number), $before_again (a command between the job and the same command again).
. "${SOURCE_DIR:-$(dirname "$0")/../..}/tests/end-lib.sh"
apart=
limit=${FAULT_LIMIT:-60}                    # seconds in which a disturbed job must end by itself
faults=$top/tests/faults

# shim NAME: preload NAME.c from now on in $shim.
shim() {
    shim=$work/$1.so
    [ -f "$shim" ] || ${CC:-cc} -shared -fPIC -O1 -o "$shim" "$faults/$1.c" -ldl -lpthread
}

quiet() {
    shake='' under='' during=: before_again=: only= lists=
}

# begin RANKS COMMAND...: hllm under all that is said above, in the background; its process is $job.
begin() {
    n=$1
    shift
    launcher="$MPIRUN -n $n"
    [ "$n" -gt 1 ] || launcher=
    timeout -k 5 "$limit" $under $launcher $shake $apart ./hllm "$@" >"$work/out" 2>"$work/said" </dev/null &
    job=$!
}
run() {
    began=$(date +%s)
    begin "$@"
    $during $job
    wait $job 2>/dev/null
    got=$?
    took=$(($(date +%s) - began))
}

# train RANKS FOLDER OPTIONS...: eight steps and two saves.
train() {
    ranks=$1 folder=$2
    shift 2
    run "$ranks" train "$work/job.yaml" --checkpoint_dir "$work/$folder" --max_steps 8 --checkpoint_every 4 "$@"
}

# reference RANKS OPTIONS...: the folder of the same run undisturbed is $want.
reference() {
    want=want-$(echo "$*" | tr -c 'a-zA-Z0-9\n' _)
    [ -d "$work/$want" ] || (
        quiet
        n=$1
        shift
        train "$n" "$want" "$@"
        [ $got -eq 0 ] || sed 's/^/     /' "$work/said" >&2
    )
}

errors() {
    grep -c '^hllm: error: ' "$work/said"
}
# is_among NUMBER NUMBERS
is_among() {
    case " $2 " in *" $1 "*) ;; *) return 1 ;; esac
}
leftovers() {
    find "$work/run" "$work/data" \( -name '*.tmp' -o -name '*.new' -o -name '*.old' \) 2>/dev/null | head -n 1
}
# bad WORDS: the case at hand has failed, and why.
bad() {
    trouble="${trouble:+$trouble; }$1"
}

# ended STATUSES: how the job must have ended.  "killed": it was, and need not have said anything.
ended() {
    if [ "$got" -eq 124 ] || [ "$got" -eq 137 -a "$took" -ge "$limit" ]; then bad "still there after $limit s"
    elif [ "$1" = killed ]; then
        [ "$got" -ne 0 ] || bad "status 0"
    elif ! is_among "$got" "$1"; then bad "status $got, not $1: $(grep '^hllm' "$work/said" | tail -n 1 | cut -c1-200)"
    else
        case $got in 0 | 75) wanted=0 ;; *) wanted=1 ;; esac
        [ -n "$lists" ] && [ "$(errors)" -gt 1 ] || [ "$(errors)" -eq $wanted ] || bad "$(errors) sentences of errors at status $got: $(grep '^hllm: error' "$work/said" | head -n 2 | cut -c1-160 | tr '\n' ' ')"
    fi
    [ -z "$only" ] || grep -q -e "$only" "$work/said" || bad "not a word of \"$only\": $(grep '^hllm: error' "$work/said" | head -n 1 | cut -c1-200)"
    nobody_runs || bad "a process outlives the job"
}

# goes_on RANKS OPTIONS...: the same command undisturbed gives all losses of the run that nobody disturbed.
goes_on() {
    (
        quiet
        n=$1
        shift
        train "$n" run "$@"
        [ $got -eq 0 ] || echo "again: status $got: $(grep '^hllm' "$work/said" | tail -n 1 | cut -c1-200)"
        same run "$want" || echo "again: other losses"
        [ -z "$(leftovers)" ] || echo "again: $(leftovers) is left"
    ) >"$work/again"
    [ ! -s "$work/again" ] || bad "$(paste -sd' ' "$work/again")"
}

# counted WORDS: one more case, survived or not; all start from nothing but the data.
counted() {
    tried=$((tried + 1))
    [ -n "$trouble" ] || survived=$((survived + 1))
    [ -z "$trouble" ] || echo "     $row: $1: $trouble"
    trouble=
}

# fault WORDS STATUSES RANKS OPTIONS...: a training is disturbed as the variables say, ends so, and goes on.
fault() {
    words=$1 statuses=$2
    shift 2
    [ -n "$kept" ] || rm -rf "$work/run"
    reference "$@"
    n=$1
    shift
    train "$n" run "$@"
    ended "$statuses"
    $before_again
    goes_on "$n" "$@"
    counted "$words"
}

# calls RANKS RANK FOLDER COMMAND...: how many calls on files below FOLDER the rank makes; $spread of them are $points.
calls() {
    n=$1 victim=$2 place=$3
    shift 3
    rm -f "$work/count"
    shim fail-call
    shake="env LD_PRELOAD=$shim HLLM_CALL_UNDER=$place HLLM_CALL_RANK=$victim HLLM_CALL_COUNT=$work/count"
    "$@"
    total=$(sort -n "$work/count" 2>/dev/null | tail -n 1)
    quiet
    total=${total:-0}
}
# points N: N numbers from 1 to $total, evenly apart, and another set for each rank and act.
points() {
    awk -v n="$1" -v total="$total" -v shift="${2:-0}" 'BEGIN {
        if (n > total) n = total
        for (i = 0; i < n; i++) print int((i + (shift % 7) / 7) * total / n) + 1 }'
}
# failing RANK PLACE CALL ACT: the job's call on a file there.
failing() {
    shake="env LD_PRELOAD=$shim HLLM_CALL_UNDER=$2 HLLM_CALL_RANK=$1 HLLM_CALL_AT=$3 HLLM_CALL_DO=$4"
}

# Fewer cases where a third is wanted.
third() {
    [ "${FAULTS:-all}" = third ]
}
pick() { # pick ALL THIRD
    if third; then echo "$2"; else echo "$1"; fi
}
