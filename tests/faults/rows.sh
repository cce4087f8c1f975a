# rows.sh - the rows of the matrix: a function each.  To be sourced.

layouts='colocated:3:--placement colocated
separate:2:--placement separate
tensor:2:--placement colocated --item.tp 2 --user.tp 2
pipeline:2:--placement colocated --item.pp 2 --user.pp 2
zero:2:--placement colocated --zero 3'

# Each rank is killed inside of sums, at each layout.
kill_computing() {
    echo "$layouts" >"$work/layouts"
    while IFS=: read -r name n options <&3; do
        third && [ "$name" != colocated ] && [ "$name" != pipeline ] && continue
        for victim in $(seq 0 $((n - 1))); do
            for at in $(pick "2 14 30" 14); do
                shake="env HLLM_FAULT=group-reduce:$victim:$at:kill"
                fault "$name, rank $victim at its sum $at" killed $n $options
            done
        done
    done 3<"$work/layouts"
}

# A call on a file is the last of its rank: while a new run is saved.
kill_saving() {
    for n in $(pick "1 2 3 4" "3"); do
        for victim in 0 $((n - 1)); do
            [ "$victim" -ne 0 ] || [ "$n" -eq 1 ] || third || :
            calls $n $victim "$work/run" clean_train $n
            for at in $(points $(pick 12 3) $victim); do
                failing $victim "$work/run" $at kill
                fault "call $at of $total on a file, rank $victim of $n" killed $n
            done
            [ "$n" -gt 1 ] || break
        done
    done
}
clean_train() {
    rm -rf "$work/run"
    train "$@" run
}

# A folder with step 4, which a run goes on from.
half_a_run() {
    [ -d "$work/half" ] || (quiet; run "$1" train "$work/job.yaml" --checkpoint_dir "$work/half" --max_steps 4 --checkpoint_every 2)
    rm -rf "$work/run"
    cp -a "$work/half" "$work/run"
    rm -f "$work/run/lock"
}
going_on() {
    half_a_run $1
    train $1 run
}
kill_resuming() {
    for n in $(pick "1 3" 2); do
        rm -rf "$work/half"
        victim=$((n - 1)) kept=yes
        calls $n $victim "$work/run" going_on $n
        for at in $(points $(pick 12 4)); do
            half_a_run $n
            failing $victim "$work/run" $at kill
            fault "call $at of $total on a file, rank $victim of $n" killed $n
        done
    done
    kept=
}

# Preparation: the dataset must be the same afterwards.  Two shards of items, so that rank 1 writes one: $sources.
large_sources() {
    [ -d "$work/large" ] || ./hllm synth "$work/large" --items 8000 --users 3000 --topics 100 >/dev/null 2>"$work/said"
    sources="--data_path $work/large/dataset --text_path $work/large/information"
}
sources=
prepare() {
    rm -rf "$work/ds"
    run "$1" prepare "$work/job.yaml" --dataset_dir "$work/ds" $sources
}
digest_of_dataset() {
    cat "$work"/ds/*.h5 2>/dev/null | cksum
}
prepared_again() {
    (
        quiet
        run "$1" prepare "$work/job.yaml" --dataset_dir "$work/ds" $sources
        [ $got -eq 0 ] || echo "again: status $got: $(grep '^hllm' "$work/said" | tail -n 1 | cut -c1-200)"
        [ "$(digest_of_dataset)" = "$right" ] || echo "again: another dataset"
        ls -d "$work"/ds.* "$work"/ds/*.new 2>/dev/null
    ) >"$work/again"
    [ ! -s "$work/again" ] || bad "$(paste -sd' ' "$work/again")"
}
kill_preparing() {
    quiet
    large_sources
    prepare 1
    right=$(digest_of_dataset)
    for n in $(pick "1 3" 2); do
        for victim in $([ $n -eq 1 ] && echo 0 || pick "0 1" 1); do
            calls $n $victim "$work/ds" prepare $n
            for at in $(points $(pick 10 3) $victim); do
                failing $victim "$work/ds" $at kill
                prepare $n
                ended killed
                prepared_again $n
                counted "call $at of $total on a file, rank $victim of $n"
            done
        done
    done
    sources=
    rm -rf "$work/ds"
}

# The launcher is killed, and the same command starts at once.
kill_in() {
    sleep "$wait_for"
    kill -9 $(cat /proc/$1/task/$1/children 2>/dev/null) 2>/dev/null
}
kill_launcher() {
    quiet
    reference 3
    rm -rf "$work/run"
    at_first=$(date +%s%N)
    train 3 run
    long=$((($(date +%s%N) - at_first) / 1000000))
    moments=$(pick 50 5)
    for i in $(seq $moments); do
        wait_for=$(awk -v i="$i" -v n="$moments" -v long="$long" 'BEGIN { printf "%.3f", long / 1000 * i / (n + 1) }')
        rm -rf "$work/run"
        during=kill_in
        train 3 run
        quiet
        goes_on 3
        counted "mpirun killed after $wait_for s of $long ms"
    done
}

# One call on a file of the run folder fails on one rank.
acts='eio enospc edquot estale eintr short'
fail_saving() {
    for n in $(pick "1 3" 3); do
        for victim in $(pick "0 $((n - 1))" $((n - 1))); do
            [ $n -gt 1 ] || [ $victim -eq 0 ] || continue
            calls $n $victim "$work/run" clean_train $n
            shift_by=0
            for act in $acts; do
                shift_by=$((shift_by + 1))
                for at in $(points $(pick 6 1) $shift_by); do
                    failing $victim "$work/run" $at $act
                    fault "$act at call $at of $total, rank $victim of $n" "0 3 5" $n
                done
            done
        done
    done
}
fail_resuming() {
    for n in $(pick "1 3" 2); do
        rm -rf "$work/half"
        victim=$((n - 1)) kept=yes shift_by=0
        calls $n $victim "$work/run" going_on $n
        for act in $acts; do
            shift_by=$((shift_by + 1))
            for at in $(points $(pick 4 1) $shift_by); do
                half_a_run $n
                failing $victim "$work/run" $at $act
                fault "$act at call $at of $total, rank $victim of $n" "0 3 5" $n
            done
        done
    done
    kept=
}
fail_preparing() {
    quiet
    large_sources
    prepare 1
    right=$(digest_of_dataset)
    for n in $(pick "1 3" 2); do
        for place in ds large; do
            victim=$((n > 1))
            shift_by=0
            calls $n $victim "$work/$place" prepare $n
            for act in $acts; do
                shift_by=$((shift_by + 1))
                for at in $(points $(pick 3 1) $shift_by); do
                    failing $victim "$work/$place" $at $act
                    prepare $n
                    ended "0 2 3 5"
                    [ $got -ne 0 ] || [ "$(digest_of_dataset)" = "$right" ] || bad "status 0 and another dataset"
                    prepared_again $n
                    counted "$act at call $at of $total below $place, rank $victim of $n"
                done
            done
        done
    done
    sources=
    rm -rf "$work/ds"
}
evaluate() {
    run "$1" eval "$work/job.yaml" --checkpoint "$work/half/step-4"
}
fail_evaluating() {
    quiet
    rm -rf "$work/half"
    half_a_run 3
    for n in $(pick "1 3" 3); do
        victim=$((n - 1)) shift_by=0
        evaluate $n
        cp "$work/out" "$work/metrics"
        calls $n $victim "$work/half" evaluate $n
        for act in $acts; do
            shift_by=$((shift_by + 1))
            for at in $(points $(pick 4 1) $shift_by); do
                failing $victim "$work/half" $at $act
                evaluate $n
                ended "0 3 5"
                [ $got -ne 0 ] || cmp -s "$work/out" "$work/metrics" || bad "status 0 and other metrics"
                quiet
                evaluate $n
                cmp -s "$work/out" "$work/metrics" || bad "again: other metrics"
                counted "$act at call $at of $total, rank $victim of $n"
            done
        done
    done
}
fail_recording() {
    for act in enospc eio estale edquot short eintr; do
        for at in $(pick "1 5 9" 5); do
            shake="env HLLM_FAULT=record-write:0:$at:$act"
            fault "$act at line $at of metrics.jsonl" "0 5" 2
        done
    done
}

# Folders of a node's own, and read-only ones; of root alone.
needs_root() {
    [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null && return 0
    skip "$row: only root can mount"
    return 1
}
own_folder() {
    needs_root || return
    for n in 2 3; do
        mkdir -p "$work/run"
        cat >"$work/own" <<'X'
#!/bin/sh
if [ "${OMPI_COMM_WORLD_RANK:-0}" -eq "$VICTIM" ]; then exec unshare -m sh -c 'mount $HOW "$PLACE" && shift 0 && exec "$@"' sh "$@"; fi
exec "$@"
X
        chmod +x "$work/own"
        for how in "-t tmpfs none" "--bind -o ro $work/empty"; do
            mkdir -p "$work/empty"
            for victim in 0 $((n - 1)); do
                mkdir -p "$work/run"
                kept=yes
                shake="env VICTIM=$victim PLACE=$work/run $work/own"
                HOW=$how
                export HOW
                only="$work/run"
                fault "$how on rank $victim of $n" "5" $n
                rm -rf "$work/run"
            done
        done
    done
    kept='' only=
}

# full: the job runs where the run folder has so little room, then more.
full_disk() {
    needs_root || return
    for how in with without; do
        for size in $(pick "8 64 120 200 400" "64 200"); do
            reference 2
            rm -rf "$work/run"
            mkdir -p "$work/run"
            [ $how = with ] && preload= || { shim no-fallocate; preload=$shim; }
            cat >"$work/in-full" <<X
mount -t tmpfs -o size=${size}k none "$work/run" || exit 99
timeout -k 5 $limit $MPIRUN -n 2 env LD_PRELOAD=$preload ./hllm train "$work/job.yaml" --checkpoint_dir "$work/run" --max_steps 8 --checkpoint_every 4 >"$work/out" 2>"$work/said" </dev/null
echo \$? >"$work/first"
mount -o remount,size=64m "$work/run"
timeout -k 5 $limit $MPIRUN -n 2 ./hllm train "$work/job.yaml" --checkpoint_dir "$work/run" --max_steps 8 --checkpoint_every 4 >"$work/out2" 2>"$work/said2" </dev/null
echo \$? >"$work/second"
mkdir -p "$work/seen" && rm -rf "$work"/seen/* && cp -a "$work/run/." "$work/seen/"
X
            took=0
            unshare -m sh "$work/in-full"
            got=$(cat "$work/first")
            ended "0 5"
            [ "$(cat "$work/second")" -eq 0 ] || bad "again: status $(cat "$work/second"): $(grep '^hllm: error' "$work/said2" | head -n 1)"
            same seen "$want" || bad "again: other losses"
            counted "$size KB $how fallocate"
        done
    done
}

# What is damaged: each file of the newest checkpoint, of the run and of the dataset, in each way.
ways='cut empty flip zeros append missing foreign'
damage() { # damage FILE WAY
    size=$(wc -c <"$1")
    case $2 in
    cut) truncate -s $((size / 2)) "$1" ;;
    empty) : >"$1" ;;
    flip) printf '\125' | dd of="$1" bs=1 seek=$((size * 2 / 3)) conv=notrunc 2>/dev/null ;;
    zeros) head -c "$size" /dev/zero >"$1" ;;
    append) echo x >>"$1" ;;
    missing) rm -f "$1" ;;
    foreign) cp ./hllm "$1" && truncate -s "$size" "$1" ;;
    esac
}
# After a refusal what was damaged is brought back, and nothing else.
file_again() {
    [ $got -eq 0 ] || cp -p "$whole" "$broken"
}
damaged_checkpoint() {
    for file in $(pick "step-4/model.h5 step-4/optimizer.h5 step-4/manifest.json used.yaml latest metrics.jsonl" "step-4/model.h5 step-4/manifest.json latest"); do
        for way in $(pick "$ways" "cut flip missing"); do
            kept=yes
            half_a_run 1
            whole=$work/half/$file broken=$work/run/$file
            damage "$broken" $way
            before_again=file_again
            case $file in
            step-4/* | latest) fault "$file: $way" 0 1 ;; # passed over: there is an older one
            used.yaml) fault "$file: $way" "0 3" 1 ;;
            metrics.jsonl) record_is_damaged ;;
            esac
        done
    done
    kept=
}
# Lines before the checkpoint may be missing, which is said, or the file is refused; lines behind it are those of the whole run.
record_is_damaged() {
    reference 1
    train 1 run
    ended "0 3"
    [ $got -eq 0 ] || { file_again && goes_on 1; }
    steps run step loss | tail -n 4 >"$work/a"
    steps "$want" step loss | tail -n 4 | cmp -s - "$work/a" || bad "other losses"
    counted "$file: $way"
}
# Files of two checkpoints that are whole, each in the other's place, or one in both.
swapped_files() {
    for file in model.h5 optimizer.h5 manifest.json; do
        for how in older_for_newer newer_for_older one_for_other; do
            kept=yes
            half_a_run 1
            $how
            before_again=steps_again
            statuses=0
            [ $how != one_for_other ] || statuses=5
            fault "$file: $how" $statuses 1
        done
    done
    kept=
}
older_for_newer() { cp "$work/half/step-2/$file" "$work/run/step-4/$file"; }
newer_for_older() { cp "$work/half/step-4/$file" "$work/run/step-2/$file"; }
one_for_other() { older_for_newer && newer_for_older; }
steps_again() {
    [ $got -eq 0 ] || cp -p "$work/half/step-2/$file" "$work/run/step-2/" && cp -p "$work/half/step-4/$file" "$work/run/step-4/"
}
damaged_dataset() {
    quiet
    prepare 1
    right=$(digest_of_dataset)
    cp -a "$work/ds" "$work/ds.whole"
    reference 2 --dataset_dir "$work/ds"
    for file in manifest.json items-00000.h5 users-00000.h5; do
        for way in $(pick "$ways" "cut flip missing"); do
            rm -rf "$work/ds"
            cp -a "$work/ds.whole" "$work/ds"
            whole=$work/ds.whole/$file broken=$work/ds/$file
            damage "$broken" $way
            before_again=dataset_again
            fault "$file: $way" "0 2 3 5" 2 --dataset_dir "$work/ds"
        done
    done
    rm -rf "$work/ds" "$work/ds.whole"
}
dataset_again() {
    file_again
    [ $got -ne 0 ] || [ "$(digest_of_dataset)" = "$right" ] || bad "status 0 with another dataset"
}

# A signal to the launcher or to one rank; the job ends with 75, or as the signal has it, and goes on.
signal_at() {
    case $moment in
    early) sleep 0.3 ;;
    step) until_steps 2 ;;
    save | validation) until_stopped $1 ;;
    esac
    for number in 1 $twice; do
        case $whom in
        launcher) kill -"$name" $(cat /proc/$1/task/$1/children) 2>/dev/null ;;
        rank) kill -"$name" $(ranks_of "$1" | tail -n 1) 2>/dev/null ;;
        esac
        [ -z "$twice" ] || sleep 0.2
    done
    case $moment in save | validation) kill -CONT $(ranks_of "$1") 2>/dev/null ;; esac
}
# until_stopped PROCESS: a rank below it stands still.
until_stopped() {
    tries=1000
    until cat /dev/null $(ranks_of "$1" | sed 's:.*:/proc/&/stat:') 2>/dev/null | grep -q ') T ' || [ $((tries -= 1)) -eq 0 ]; do sleep 0.02; done
}
until_steps() {
    tries=600
    while [ "$(grep -c '"kind":"step"' "$work/run/metrics.jsonl" 2>/dev/null || echo 0)" -lt "$1" ] 2>/dev/null && tries=$((tries - 1)) && [ $tries -gt 0 ]; do sleep 0.02; done
}
until_there() {
    tries=600
    while [ -z "$(ls -d $1 2>/dev/null)" ] && tries=$((tries - 1)) && [ $tries -gt 0 ]; do sleep 0.01; done
}
# ranks_of PROCESS: the processes of ./hllm below it.
ranks_of() {
    for child in $(cat /proc/$1/task/$1/children 2>/dev/null); do
        [ "$(cat /proc/$child/comm 2>/dev/null)" != hllm ] || echo "$child"
        ranks_of "$child"
    done
}
signals() {
    for moment in $(pick "early step save validation" "step"); do
        for whom in launcher rank; do
            for name in $(pick "TERM INT HUP USR1 USR2 QUIT" "TERM USR1"); do
                for twice in $(pick "no yes" no); do
                    [ $twice = yes ] && twice=2 || twice=
                    [ -z "$twice" ] || [ $name = TERM ] || continue
                    during=signal_at
                    case $moment in
                    save) shake="env HLLM_FAULT=checkpoint-write:2:1:stop" ;;
                    validation) shake="env HLLM_FAULT=evaluate-round:2:1:stop" ;;
                    esac
                    fault_by_signal
                done
            done
        done
    done
}
# Ended by it, stopped with 75, or too late for it; but not with an error of ours.
fault_by_signal() {
    rm -rf "$work/run"
    reference 3
    train 3 run
    [ $got -ne 124 ] || bad "still there after $limit s"
    [ "$(errors)" -eq 0 ] || bad "an error: $(grep '^hllm: error' "$work/said" | head -n 1 | cut -c1-160)"
    nobody_runs || bad "a process outlives the job"
    quiet
    goes_on 3
    counted "$name to the $whom, $moment${twice:+, twice} (status $got)"
}

# A rank stands still for two seconds.
stopped_rank() {
    for victim in 0 2; do
        for moment in $(pick "step save" step); do
            during=stand_still
            fault "rank $victim, $moment" 0 3
        done
    done
}
stand_still() {
    [ $moment = step ] && until_steps 2 || until_there "$work/run/step-*"
    who=$(ranks_of "$1" | sed -n "$((victim + 1))p")
    [ -n "$who" ] || return
    kill -STOP "$who"
    sleep 2
    kill -CONT "$who"
}

# No memory from an allocation on: the sentence may be that of the library which asked.
no_memory() {
    shim no-memory
    for n in 1 3; do
        rm -f "$work/count"
        rm -rf "$work/run"
        shake="env LD_PRELOAD=$shim HLLM_NO_MEMORY_AT=0 HLLM_NO_MEMORY_RANK=$((n - 1)) HLLM_NO_MEMORY_COUNT=$work/count"
        train $n run
        total=$(sort -n "$work/count" 2>/dev/null | tail -n 1)
        total=${total:-0}
        for at in $(points $(pick 15 3)); do
            shake="env LD_PRELOAD=$shim HLLM_NO_MEMORY_AT=$at HLLM_NO_MEMORY_RANK=$((n - 1))"
            fault "allocation $at of $total on rank $((n - 1)) of $n" "1" $n
        done
    done
}

# A rank hangs: the job says which one, and ends.
hanging_rank() {
    while read -r n victim what options <&3; do
        third && [ "${what%%:*}" != step-signal ] && continue
        shake="env HLLM_FAULT=$what:hang" only="rank $victim (process [0-9]* on .*) does not wait for others" lists=yes
        fault "$what, $n ranks" 1 $n --hang_timeout 5 $options
    done 3<<POINTS
3 1 step-signal:1:40
2 0 group-reduce:0:20 --placement colocated
2 1 checkpoint-write:1:1 --placement colocated
2 1 evaluate-round:1:1 --placement colocated
POINTS
}

# A rank's numbers are spoilt: nothing is saved, and the status is a number's own.
spoilt_rank() {
    while read -r n what options <&3; do
        third && [ "${what%:3:*}" = "$what" ] && continue
        shake="env HLLM_FAULT=$what"
        fault "$what, $options" 4 $n $options
    done 3<<POINTS
2 weights-update:1:3:flip --placement colocated
2 weights-update:0:5:flip --placement colocated
2 weights-update:1:9:nan --placement colocated
2 weights-update:0:5:nan --placement separate
2 weights-update:1:5:nan --placement colocated --item.tp 2 --user.tp 2
2 gradient-sum:1:3:nan --placement colocated
2 gradient-sum:0:9:nan --placement colocated --zero 3
2 gradient-sum:1:11:nan --placement colocated --item.pp 2 --user.pp 2
POINTS
}

# Ranks that were not started alike, or do not see the same files, end before they save.
ranks_differ() {
    quiet
    reference 2
    rm -rf "$work/run"
    began=$(date +%s)
    timeout -k 5 "$limit" $MPIRUN -n 1 ./hllm train "$work/job.yaml" --checkpoint_dir "$work/run" --max_steps 8 --checkpoint_every 4 : \
        -n 1 ./hllm train "$work/job.yaml" --checkpoint_dir "$work/run" --max_steps 8 --checkpoint_every 4 --seed 1 >"$work/out" 2>"$work/said" </dev/null
    got=$?
    took=$(($(date +%s) - began))
    ended 2
    goes_on 2
    counted "a rank of another seed"
    rank_of_old_weights
    third || rank_of_bad_shards
}
# own_copies NAME FOLDER: each of two ranks works in a folder of its own, with a copy of FOLDER by this name.
own_copies() {
    mkdir -p "$work/on0" "$work/on1"
    printf 'shift\ncd "%s/on${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}" && exec "%s/hllm" "$@"\n' "$work" "$PWD" >"$work/apart"
    apart="sh $work/apart"
    for on in on0 on1; do rm -rf "$work/$on/$1" && cp -a "$2" "$work/$on/$1"; done
}
weights_again() { own_copies m "$work/half/step-4"; }
rank_of_old_weights() {
    rm -rf "$work/half"
    half_a_run 1
    for victim in 0 1; do
        weights_again
        reference 2 --load_pretrain m
        rm -rf "$work/on$victim/m" && cp -a "$work/half/step-2" "$work/on$victim/m"
        before_again=weights_again only="m/manifest.json is a file of .* on rank 0 of .* on rank 1 of "
        fault "older weights where rank $victim looks" 3 2 --load_pretrain m
    done
    apart=
}
shards_again() { own_copies ds "$work/ds"; }
rank_of_bad_shards() {
    quiet
    prepare 1
    for file in items-00000.h5 users-00000.h5; do
        for victim in 0 1; do
            for way in flip missing; do
                shards_again
                reference 2 --dataset_dir ds
                damage "$work/on$victim/ds/$file" $way
                before_again=shards_again only="ds/$file.*rank $victim of "
                fault "$file $way where rank $victim looks" 5 2 --dataset_dir ds
            done
        done
    done
    apart=
    rm -rf "$work/ds"
}

# Two jobs in one folder at once: one has it, the other is refused or goes on behind it.
two_jobs() {
    for n in 1 2; do
        for seed in 2020 7; do
            reference $n
            rm -rf "$work/run"
            command="train $work/job.yaml --checkpoint_dir $work/run --max_steps 8 --checkpoint_every 4 --seed"
            launcher="$MPIRUN -n $n"
            [ $n -gt 1 ] || launcher=
            timeout -k 5 $limit $launcher ./hllm $command 2020 >/dev/null 2>"$work/said" </dev/null &
            first=$!
            timeout -k 5 $limit $launcher ./hllm $command $seed >/dev/null 2>"$work/said2" </dev/null &
            second=$!
            wait $first
            one=$?
            wait $second
            other=$?
            is_among $one "0 2" && is_among $other "0 2" && [ $((one * other)) -eq 0 ] || bad "statuses $one and $other"
            [ $one -ne 0 ] || same run "$want" || bad "the losses of neither"
            nobody_runs || bad "a process outlives the jobs"
            counted "$n ranks, seeds 2020 and $seed: statuses $one and $other"
        done
    done
}

# Somebody takes the run folder away, or empties it, while it is used.
take_away() {
    until_stopped $1
    $how
    kill -CONT $(ranks_of "$1") 2>/dev/null
}
remove_it() { rm -rf "$work/run" 2>/dev/null; }
replace_it() { mv "$work/run" "$work/moved" && mkdir "$work/run"; }
purge_it() { rm -rf "$work"/run/step-* 2>/dev/null; }
# What was moved away comes back, and the run goes on there; a run whose folder was removed begins anew.
bring_back() {
    case $how in
    remove_it) rm -rf "$work/run" ;;
    replace_it) rm -rf "$work/run" && mv "$work/moved" "$work/run" ;;
    esac
}
taken_folder() {
    for how in remove_it replace_it purge_it; do
        for n in $(pick "1 3" 2); do
            rm -rf "$work/run" "$work/moved"
            during=take_away before_again=bring_back shake="env HLLM_FAULT=weights-update:0:12:stop"
            [ $how = purge_it ] && only= || only="metrics.jsonl: was removed or replaced"
            fault "$how, $n ranks" 0 $n --placement colocated
        done
    done
}

# Paths: long ones, blanks, quotes, bytes that are no UTF-8.
odd_paths() {
    long=$(printf 'a%.0s' $(seq 200))
    reference 2
    for name in "$long" "$long/$long" "two words" "quote'\"quote" "$(printf 'latin-\351')" "$(printf 'esc\033[2J')" "$(printf 'line\nend')" "-n" '$HOME' '*'; do
        rm -rf "$work/odd"
        for times in 1 2; do
            timeout -k 5 $limit $MPIRUN -n 2 ./hllm train "$work/job.yaml" --checkpoint_dir "$work/odd/$name" --max_steps $((4 * times)) --checkpoint_every 4 >"$work/out" 2>"$work/said" </dev/null
            got=$? took=0
            ended 0
        done
        grep -aq 'continuing from ' "$work/said" || bad "began anew"
        [ -z "$trouble" ] && ln -sfn "$work/odd/$name" "$work/odd-link" && { same odd-link "$want" || bad "other losses"; }
        ! grep -q "$(printf '\033')" "$work/said" || bad "control characters on standard error"
        rm -rf "$work/odd" "$work/odd-link"
        counted "$(printf %s "$name" | cut -c1-30 | tr -c 'a-zA-Z0-9' _)"
        third && break
    done
}
