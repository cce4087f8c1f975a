# verdict.sh - what the scripts of tests/ share: a source folder, a folder to work in, a count of what held.  To be sourced.
top=$(cd "${SOURCE_DIR:-$(dirname "$0")/..}" && pwd) || exit 1
passed=0 failed=0 skipped=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# Ranks of tests: as root in containers, more than there are cores.  What killed ranks leave is in $work.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_btl_vader_backing_directory="${OMPI_MCA_btl_vader_backing_directory:-$work}"
export OMPI_MCA_orte_tmpdir_base="${OMPI_MCA_orte_tmpdir_base:-$work}"
# mpirun else waits a second for the other ranks after each that fails; no script sends it a TERM, which it hands on after as long.
export OMPI_MCA_odls_base_sigkill_timeout="${OMPI_MCA_odls_base_sigkill_timeout:-0}"
# A third of the time that a job takes to start goes to networks that one machine has not, and half of that of a program without mpirun to a server.
export OMPI_MCA_pml="${OMPI_MCA_pml:-ob1}" OMPI_MCA_ess_singleton_isolated="${OMPI_MCA_ess_singleton_isolated-1}"
# A quarter of what mpirun takes of a processor goes into looking for devices, of which no test wants one.
export HWLOC_COMPONENTS="${HWLOC_COMPONENTS--pci,-linuxio}"
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
MPIRUN=${MPIRUN:-mpirun}
hangs=${HANGS:-300} # seconds after which a program that should end by itself is taken to hang, on a machine that does much else

# Is it the mpirun of MPICH and its family?
is_hydra() {
    "$MPIRUN" --version 2>/dev/null | grep -q HYDRA
}

# verdict SENTENCE: of the last command.
verdict() {
    if [ $? -eq 0 ]; then
        echo "ok   $1"
        passed=$((passed + 1))
    else
        echo "FAIL $1"
        [ ! -s "$work/said" ] || grep '^hllm' "$work/said" | tail -n 5 | sed 's/^/     /'
        failed=$((failed + 1))
    fi
}

# skip SENTENCE: what cannot be tested here, and why.
skip() {
    echo "     skipped $1"
    skipped=$((skipped + 1))
}

# finish SUITE: the last line, and the status.
finish() {
    echo "$1: $passed passed, $failed failed, $skipped skipped"
    [ $failed -eq 0 ]
    exit
}
