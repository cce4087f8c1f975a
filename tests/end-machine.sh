#!/bin/sh
# end-machine.sh - what is wrong with machine, launcher and folders is said before anything is computed, once.
case ${TMPDIR:-} in /dev/shm/*) export TMPDIR=/tmp ;; esac # what is in /dev/shm is hidden below, where another is mounted
unset OMPI_MCA_orte_tmpdir_base OMPI_MCA_btl_vader_backing_directory
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
made_up >"$work/job.yaml"
printf 'dataset_dir: %s\nmax_steps: 1\nnce_thres: 2\n' "$work/ds" >>"$work/job.yaml"
./hllm prepare "$work/job.yaml" >/dev/null 2>"$work/said"
smallest="--item_llm.num_hidden_layers 1 --user_llm.num_hidden_layers 1 --item_llm.hidden_size 16 --user_llm.hidden_size 16"

said_once() { # said_once WORDS: one error, with them
    [ "$(grep -c '^hllm: error: ' "$work/said")" -eq 1 ] && grep '^hllm: error: ' "$work/said" | grep -qF -e "$1"
}
# alone VARIABLE=VALUE...: a process that a launcher has started so.
alone() {
    env "$@" timeout -k 5 "$hangs" ./hllm train "$work/job.yaml" $smallest --checkpoint_dir "$work/run" >"$work/out" 2>"$work/said" </dev/null
}

# ---- launchers
alone SLURM_JOB_ID=7 SLURM_NTASKS=3 SLURM_PROCID=0 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=3
[ $? -eq 2 ] && said_once 'srun --mpi=pmi' && [ ! -e "$work/run/used.yaml" ]
verdict "a step of srun without PMIx is refused before MPI starts"
alone SLURM_NTASKS=3 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=3
[ $? -eq 2 ] && ! grep -q '^hllm: ' "$work/said" && [ ! -e "$work/run/used.yaml" ]
verdict "of the processes of such a step the first speaks"
alone PMI_SIZE=4 PMI_RANK=0
[ $? -eq 2 ] && said_once 'has started 4 processes (PMI_SIZE) and MPI has 1 rank' && [ ! -e "$work/run/used.yaml" ]
verdict "processes that another MPI has started are refused"
alone SLURM_JOB_ID=7 SLURM_NTASKS=3 SLURM_JOB_NUM_NODES=2 SLURM_PROCID=0
[ $? -eq 0 ] && grep -q '^hllm: warning: this is one rank, in an allocation of 2 nodes for 3 tasks' "$work/said"
verdict "one rank in an allocation of several is told so, and runs"
rm -rf "$work/run"

# ---- without a launcher, where MPI would not start
./hllm show "$work/ds" >"$work/shown" 2>"$work/said" && env SLURM_JOB_ID=7 SLURM_NTASKS=1 SLURM_STEPID=0 SLURM_NODELIST=here SLURM_STEP_NUM_TASKS=1 ./hllm show "$work/ds" >"$work/out" 2>"$work/said" \
    && [ -s "$work/out" ] && cmp -s "$work/shown" "$work/out"
verdict "hllm show needs no MPI"
"$MPIRUN" -n 3 ./hllm show "$work/ds" >"$work/out" 2>"$work/said" && cmp -s "$work/shown" "$work/out"
verdict "and says the same, once, on ranks"
./hllm --version >"$work/out" && grep -q 'HDF5 [0-9]' "$work/out" && grep -q 'ScaLAPACK' "$work/out" && grep -q 'gcc\|clang' "$work/out" && grep -q -e '-O\|-g' "$work/out"
verdict "hllm --version names the libraries, the compiler and its flags"
HLLM_KERNELS=plain ./hllm --version 2>"$work/said" | grep -q ', own kernels plain,'
verdict "and the kernels of our own, those that HLLM_KERNELS names"
HLLM_KERNELS=avx1024 "$MPIRUN" -n 2 ./hllm train "$work/job.yaml" --checkpoint_dir "$work/run" >"$work/out" 2>"$work/said" </dev/null
[ $? -eq 2 ] && [ "$(grep -c 'HLLM_KERNELS=avx1024: there are no such kernels' "$work/said")" -eq 1 ] && [ ! -e "$work/run" ]
verdict "kernels that there are not are refused, once, before anything is made"

# ---- long paths
long=$work/run
while [ ${#long} -lt 1000 ]; do long=$long/$(printf '%080d' 0); done
"$MPIRUN" -n 2 ./hllm train "$work/job.yaml" $smallest --checkpoint_dir "$long" >"$work/out" 2>"$work/said" </dev/null && [ -d "$long/step-1" ]
verdict "a run folder of a thousand letters takes checkpoints"
rm -rf "$work/run"

# ---- shared memory, in a name space of our own
may_mount() {
    unshare -m true 2>/dev/null && unshare -m mount -t tmpfs tmpfs /dev/shm 2>/dev/null
}
# with_shm OPTIONS RANKS: a training whose /dev/shm is a tmpfs with these options, full where it can be.
with_shm() {
    env -u OMPI_MCA_btl_vader_backing_directory -u OMPI_MCA_btl unshare -m sh -c "mount -t tmpfs -o $1 tmpfs /dev/shm; head -c 4000000 /dev/zero >/dev/shm/full
        exec \"$MPIRUN\" -n $2 ./hllm train '$work/job.yaml' $smallest --checkpoint_dir '$work/run'" >"$work/out" 2>"$work/said" </dev/null
}
if is_hydra; then
    skip "/dev/shm and TMPDIR without room: MPICH says itself what it needs there"
elif may_mount; then
    mkdir "$work/tmp"
    for how in size=100k size=9m,ro; do
        unshare -m sh -c "mount -t tmpfs -o $how tmpfs '$work/tmp'; OMPI_MCA_orte_tmpdir_base= TMPDIR='$work/tmp' exec env -u OMPI_MCA_ess_singleton_isolated ./hllm train '$work/job.yaml' $smallest --checkpoint_dir '$work/run'" \
            >"$work/out" 2>"$work/said" </dev/null
        [ $? -eq 5 ] && said_once 'MPI needs 6.0 MB there to start' && grep -q 'set TMPDIR' "$work/said"
        verdict "a TMPDIR of $how, where MPI would not start, is named"
    done
    for ranks in 1 2; do
        for how in size=1m,ro size=1m; do
            rm -rf "$work/run"
            with_shm $how $ranks && [ -d "$work/run/step-1" ]
            verdict "with a /dev/shm of $how a training of $ranks rank(s) takes its checkpoint"
            [ $ranks -eq 1 ] || grep -q '^hllm: warning: /dev/shm has 0.0 MB of room .*OMPI_MCA_btl_vader_backing_directory' "$work/said"
            verdict "where ranks would need its room, the variable is named"
        done
    done
else
    skip "/dev/shm without room: no name space of our own may be made here"
fi
rm -rf "$work/run"

# ---- folders
ranks_train() { # ranks_train RANKS OPTIONS...
    ranks=$1
    shift
    timeout -k 5 "$hangs" "$MPIRUN" -n "$ranks" ./hllm train "$work/job.yaml" $smallest "$@" >"$work/out" 2>"$work/said" </dev/null
}
for ranks in 2 5; do
    HLLM_FAULT=folder-find:1 ranks_train $ranks --checkpoint_dir "$work/run/a/b"
    [ $? -eq 5 ] && said_once 'rank 1 on' && grep -q 'set checkpoint_dir to a folder that all machines' "$work/said" && [ ! -e "$work/run" ] && nobody_runs
    verdict "a run folder that rank 1 of $ranks does not see is refused at the start, and nothing is left of it"
done
HLLM_FAULT=folder-find:2 timeout -k 5 "$hangs" "$MPIRUN" -n 3 ./hllm prepare "$work/job.yaml" --dataset_dir "$work/other/ds" >"$work/out" 2>"$work/said" </dev/null
[ $? -eq 5 ] && said_once 'set dataset_dir to a folder that all machines' && [ ! -e "$work/other" ]
verdict "so is a place for the dataset that rank 2 does not see"
if may_mount; then
    mkdir "$work/run"
    timeout -k 5 "$hangs" "$MPIRUN" -n 1 ./hllm train "$work/job.yaml" $smallest --checkpoint_dir "$work/run" : -n 1 \
        unshare -m sh -c "mount -t tmpfs tmpfs '$work/run'; exec ./hllm train '$work/job.yaml' $smallest --checkpoint_dir '$work/run'" >"$work/out" 2>"$work/said" </dev/null
    [ $? -eq 5 ] && said_once 'each has a folder of its own by this name' && nobody_runs
    verdict "a folder of a machine's own is refused, too"
    # within SCRIPT: a training after these lines, in a name space of its own
    within() {
        unshare -m sh -c "$1; exec timeout -k 5 $hangs '$MPIRUN' -n 2 ./hllm train '$work/job.yaml' $smallest $2" >"$work/out" 2>"$work/said" </dev/null
    }
    within "mount -t tmpfs -o size=100k tmpfs '$work/run'" "--checkpoint_dir '$work/run' --dataset_dir '$work/new'"
    [ $? -eq 5 ] && said_once 'a checkpoint takes' && [ ! -e "$work/new" ]
    verdict "a disk without room for a checkpoint is said before data are prepared"
    ./hllm train "$work/job.yaml" $smallest --checkpoint_dir "$work/run" >"$work/done.table" 2>"$work/said"
    mv "$work/run" "$work/done" && mkdir "$work/run"
    within "mount -t tmpfs -o size=4m tmpfs '$work/run'; cp -r '$work/done/.' '$work/run'; head -c 8000000 /dev/zero >'$work/run/full' 2>/dev/null" "--checkpoint_dir '$work/run'"
    [ $? -eq 0 ] && grep -q 'this run has ended' "$work/said" && cmp -s "$work/done.table" "$work/out"
    verdict "but a run that has ended shows its metrics on a full disk, too"
    within "mount --bind '$work/data' '$work/data'; mount -o remount,ro,bind '$work/data'" "--checkpoint_dir '$work/run' --dataset_dir ''"
    [ $? -eq 5 ] && said_once 'Read-only file system' && grep -q 'set dataset_dir to a folder that can be written' "$work/said"
    verdict "data that are read-only are told their remedy, dataset_dir"
    rm -rf "$work/run"
else
    skip "folders of a machine's own, full or read-only ones: no name space may be made here"
fi

# ---- memory, as files of the system say
mkdir -p "$work/root/proc/self" "$work/root/sys/fs/cgroup/box"
echo '0::/box' >"$work/root/proc/self/cgroup"
echo max >"$work/root/sys/fs/cgroup/box/memory.max"
memory() { # memory KIB OPTIONS...: a training where so much is available
    printf 'MemTotal: 99 kB\nMemAvailable: %d kB\nSwapFree: 0 kB\n' "$1" >"$work/root/proc/meminfo"
    shift
    HLLM_SYSTEM_ROOT=$work/root ranks_train 2 --checkpoint_dir "$work/run" "$@"
}
memory 100
[ $? -eq 2 ] && said_once 'memory: weights, gradients and moments' && grep -q '2 ranks' "$work/said" && grep -q 'is available' "$work/said" && [ ! -e "$work/run/used.yaml" ]
verdict "models that cannot fit the memory are refused, with numbers"
memory 600
[ $? -eq 2 ] && said_once 'memory: rank 1 takes' && grep -q 'fewer ranks on each machine' "$work/said" && [ ! -e "$work/run/used.yaml" ]
verdict "where they fit, and one micro-batch beside them does not, they are refused too"
memory 10300 --activation_budget -1 && [ "$(grep -c 'warning: rank 0: models and activations are forecast to take .* the job may be killed' "$work/said")" -eq 1 ]
verdict "where they fit, and their activations do not, a warning says so"
rm -rf "$work/run"
memory 100 --force && memory 100000
verdict "with --force they are tried, and where they fit they run"
rm -rf "$work/run"
echo 50000 >"$work/root/sys/fs/cgroup/box/memory.max"
memory 100000
[ $? -eq 2 ] && grep -q 'its control group allows' "$work/said"
verdict "the limit of a control group counts"
memory 100000 --model EASE && [ -e "$work/run" ]
verdict "EASE has no models to fit"
rm -rf "$work/run"

# ---- threads
for how in OMP_NUM_THREADS=100000 OMP_NUM_THREADS=99999999999999; do
    alone $how
    [ $? -eq 2 ] && said_once 'beyond reason' && [ ! -e "$work/run/used.yaml" ]
    verdict "$how is a sentence"
done
ranks_train 3 --checkpoint_dir "$work/run" --threads 4096
[ $? -eq 2 ] && said_once '4096 threads a rank are beyond reason'
verdict "so are as many threads by option, on all ranks once"
if [ "$(env -u OMP_NUM_THREADS nproc --all)" -gt 1 ] && command -v taskset >/dev/null; then
    taskset -c 0 "$MPIRUN" --bind-to none -n 2 ./hllm train "$work/job.yaml" $smallest --checkpoint_dir "$work/run" >"$work/out" 2>"$work/said" </dev/null
    [ "$(grep -c 'warning: rank 0: 2 ranks share 1 processor, and [0-9]* stay idle; start mpirun' "$work/said")" -eq 1 ]
    verdict "ranks on one core are told so once, with what helps"
fi

finish machine
