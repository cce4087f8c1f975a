# cluster.sh - what the scripts of tests/slurm/ share: four nodes that are up, ./hllm and its folder in $work.  To be sourced.
export TMPDIR=/var/tmp # each node has a /tmp of its own
. "${SOURCE_DIR:-$(dirname "$0")/../..}/tests/verdict.sh"
unset OMPI_MCA_btl_vader_backing_directory OMPI_MCA_orte_tmpdir_base
for program in slurmctld slurmd srun munged ip nsenter; do
    PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null || { skip "a real Slurm: there is no $program (slurm-wlm, munge, iproute2)" && finish "$suite"; }
done
[ "$(id -u)" -eq 0 ] || { skip "a real Slurm: it takes root" && finish "$suite"; }
export PATH=$PATH:/usr/sbin:/sbin
chmod 755 "$work"

nodes() { SLURMDTIMEOUT=10 bash "$top/tests/slurm/nodes.sh" "$1" "$work/cluster" $2 >"$work/said" 2>&1; }
trap 'nodes down; rm -rf "$work"' EXIT
# until_it SECONDS COMMAND...: it holds before so many seconds are over.
until_it() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do [ $SECONDS -lt $end ] && sleep 0.2 || return 1; done
}
idle() { [ "$(sinfo -h -N -p main -o %T | grep -cx idle)" -eq 4 ]; }
nobody() { [ -z "$(squeue -h)" ]; }
nodes up && export SLURM_CONF=$work/cluster/slurm.conf && until_it 60 idle
verdict "four nodes are up"

cp ./hllm "$work/hllm"
cd "$work" || exit 1
export OMPI_MCA_mpi_yield_when_idle=1 PATH=$work:$PATH
