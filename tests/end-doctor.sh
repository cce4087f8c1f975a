#!/bin/sh
# end-doctor.sh - hllm doctor finds nothing on a good machine, and what is wrong on bad ones.
case ${TMPDIR:-} in /dev/shm/*) export TMPDIR=/tmp ;; esac # what is in /dev/shm is hidden below, where another is mounted
unset OMPI_MCA_orte_tmpdir_base OMPI_MCA_btl_vader_backing_directory
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
build=$(pwd)
hllm=$build/hllm
made_up >"$work/job.yaml"
printf 'checkpoint_dir: %s\ndataset_dir: %s\n' "$work/run" "$work/ds" >>"$work/job.yaml"

# doctor RANKS ARGUMENTS...: as a process alone or on ranks; its status.
doctor() {
    ranks=$1
    shift
    launcher="$MPIRUN -n $ranks"
    [ "$ranks" -gt 0 ] || launcher=
    (cd "$work" && timeout -k 5 "$hangs" $launcher "$hllm" doctor "$@" >"$work/out" 2>"$work/said" </dev/null)
}
finds() { # finds GRADE CHECK WORDS
    grep "^$1 *$2 " "$work/out" | grep -q "$3"
}
fails_nowhere() {
    ! grep -q '^failure ' "$work/out" && grep -q ', 0 failures$' "$work/out"
}

for ranks in 0 1 3; do
    doctor $ranks && fails_nowhere && finds ok files 'and back' && finds ok speed GFLOP && finds ok libraries HDF5
    verdict "a good machine is fit for $ranks launched ranks"
    [ "$(grep -c '^ok *libraries ' "$work/out")" -eq 1 ]
    verdict "and what is said of it is said once"
done
finds ok wire 'GB/s'
verdict "several ranks measure messages"
doctor 0 --json && grep -q '"worst": "' "$work/out" && grep -q '"gemm_own_gflops"' "$work/out" && grep -q '"figures"' "$work/out"
verdict "as JSON too"
doctor 2 job.yaml && fails_nowhere && finds ok folders 'checkpoint_dir' && [ ! -e "$work/run" ] && [ ! -e "$work/ds" ]
verdict "with a configuration its folders are looked at, and left as they were"
doctor 0 job.yaml --epochs many
[ $? -eq 2 ] && grep -q 'is not a whole number' "$work/said"
verdict "a wrong option is still one"
left=$(find "$work" -name '.hllm-*')
[ -z "$left" ]
verdict "nothing stays behind"

# ---- bad machines
OMP_NUM_THREADS=100000 doctor 0
[ $? -eq 1 ] && finds failure environment 'OMP_NUM_THREADS=100000' && finds failure cores 'beyond reason'
verdict "threads beyond reason are a failure, not a crash"
if [ "$(env -u OMP_NUM_THREADS nproc --all)" -gt 1 ] && command -v taskset >/dev/null; then
    (cd "$work" && OMP_NUM_THREADS=2 taskset -c 0 "$hllm" doctor >"$work/out" 2>"$work/said" </dev/null) && finds warning cores '2 threads of a rank share 1 processor'
    verdict "threads bound to one core are found"
    (cd "$work" && OMP_NUM_THREADS=1 taskset -c 0 "$MPIRUN" --bind-to none -n 2 "$hllm" doctor >"$work/out" 2>"$work/said" </dev/null)
    finds warning cores '2 ranks share 1 processor' && [ "$(grep -c '2 ranks share' "$work/out")" -eq 1 ] && grep -q 'bind-to none' "$work/out"
    verdict "ranks bound to one core are found, once, with what helps"
else
    skip "bound ranks: there is one processor, or no taskset"
fi

# A machine whose files are made up: a quota of half a processor, and little memory.
mkdir -p "$work/root/proc/self" "$work/root/sys/fs/cgroup/box"
echo '0::/box' >"$work/root/proc/self/cgroup"
printf 'MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\nSwapFree: 0 kB\n' >"$work/root/proc/meminfo"
echo '50000 100000' >"$work/root/sys/fs/cgroup/box/cpu.max"
echo 500000 >"$work/root/sys/fs/cgroup/box/memory.max"
export HLLM_SYSTEM_ROOT="$work/root"
doctor 0
finds warning cores 'allows 0.5 processors' && finds note memory 'the control group allows 0.0 GB'
verdict "quotas of a control group are found"
doctor 2 job.yaml
[ $? -eq 1 ] && finds failure folders 'at the least' && grep -q 'its control group allows' "$work/out"
verdict "models that do not fit the memory are a failure"
unset HLLM_SYSTEM_ROOT

if ./hllm --version | grep -q OpenBLAS && grep -q avx2 /proc/cpuinfo; then
    OPENBLAS_CORETYPE=Prescott doctor 0
    finds warning speed 'its kernel is for another processor' && finds note environment 'OPENBLAS_CORETYPE=Prescott'
    verdict "a kernel of BLAS for another processor is found"
else
    skip "a slow kernel: BLAS is not OpenBLAS, or the processor has no AVX2"
fi

HLLM_FAULT=folder-find:1 doctor 2 job.yaml
[ $? -eq 1 ] && finds failure folders 'checkpoint_dir to a folder that all machines' && grep -q 'rank 1 on' "$work/out"
verdict "a folder that is another one on rank 1 is a failure"

if unshare -m mount -t tmpfs tmpfs "$work/data" 2>/dev/null; then
    mkdir "$work/small"
    for shm in size=1m,ro size=1m; do
        (cd "$work" && env -u OMPI_MCA_btl_vader_backing_directory unshare -m sh -c "mount -t tmpfs -o $shm tmpfs /dev/shm; head -c 2000000 /dev/zero >/dev/shm/full; exec '$hllm' doctor" \
            >"$work/out" 2>"$work/said" </dev/null)
        finds warning shm /dev/shm
        verdict "/dev/shm of $shm is found"
    done
    if is_hydra; then
        skip "a full /dev/shm on ranks: MPICH does not start there"
    else
        (cd "$work" && env -u OMPI_MCA_btl_vader_backing_directory unshare -m sh -c "mount -t tmpfs -o size=1m tmpfs /dev/shm; head -c 2000000 /dev/zero >/dev/shm/full; exec '$MPIRUN' -n 2 '$hllm' doctor" \
            >"$work/out" 2>"$work/said" </dev/null)
        finds warning shm '/dev/shm (1.0 MB) is full'
        verdict "on ranks too, whose messages have gone elsewhere by then"
    fi
    (cd "$work" && unshare -m sh -c "mount -t tmpfs -o size=100k tmpfs small; exec '$hllm' doctor job.yaml --checkpoint_dir small/run" >"$work/out" 2>"$work/said" </dev/null)
    [ $? -eq 1 ] && finds failure folders 'a checkpoint takes' && finds note folders 'tmpfs'
    verdict "a folder without room for a checkpoint is a failure"
else
    skip "folders that are full: no name space of our own may be made here"
fi

finish doctor
