#!/bin/sh
# end-machine.sh - what is wrong with machine, launcher and folders is said before anything is computed, once.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
export OMPI_MCA_odls_base_sigkill_timeout=0 # mpirun else waits a second after each failure
made_up >"$work/job.yaml"
printf 'dataset_dir: %s\nmax_steps: 1\nnce_thres: 2\n' "$work/ds" >>"$work/job.yaml"
./hllm prepare "$work/job.yaml" >/dev/null 2>"$work/said"
smallest="--item_llm.num_hidden_layers 1 --user_llm.num_hidden_layers 1 --item_llm.hidden_size 16 --user_llm.hidden_size 16"

said_once() { # said_once WORDS: one error, with them
    [ "$(grep -c '^hllm: error: ' "$work/said")" -eq 1 ] && grep '^hllm: error: ' "$work/said" | grep -qF -e "$1"
}
# alone VARIABLE=VALUE...: a process that a launcher has started so.
alone() {
    env "$@" timeout -k 5 60 ./hllm train "$work/job.yaml" $smallest --checkpoint_dir "$work/run" >"$work/out" 2>"$work/said" </dev/null
}

# ---- launchers
alone SLURM_JOB_ID=7 SLURM_NTASKS=3 SLURM_PROCID=0 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=3
[ $? -eq 2 ] && said_once 'srun --mpi=pmi' && [ ! -e "$work/run" ]
verdict "a step of srun without PMIx is refused before MPI starts"
alone SLURM_NTASKS=3 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=3
[ $? -eq 2 ] && ! grep -q '^hllm: ' "$work/said" && [ ! -e "$work/run" ]
verdict "of the processes of such a step the first speaks"
alone PMI_SIZE=4 PMI_RANK=0
[ $? -eq 2 ] && said_once 'has started 4 processes (PMI_SIZE) and MPI has 1 rank' && [ ! -e "$work/run" ]
verdict "processes that another MPI has started are refused"
alone SLURM_JOB_ID=7 SLURM_NTASKS=3 SLURM_JOB_NUM_NODES=2 SLURM_PROCID=0
[ $? -eq 0 ] && grep -q '^hllm: warning: this is one rank, in an allocation of 2 nodes for 3 tasks' "$work/said"
verdict "one rank in an allocation of several is told so, and runs"
rm -rf "$work/run"

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
if may_mount; then
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
    echo "     skipped /dev/shm without room: no name space of our own may be made here"
fi
rm -rf "$work/run"

finish machine
