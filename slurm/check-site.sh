#!/bin/bash
# check-site.sh - is this cluster ready for hllm?  Launch, PMIx, binding, bandwidth between nodes, shared folder, memory, in two minutes.
#
#   salloc --nodes=2 --exclusive bash slurm/check-site.sh          or, where one waits for nodes,
#   bash slurm/check-site.sh                                       which submits itself, with the options of slurm/site.conf
#
# In the folder that jobs will be started from.  Each line is "ok" or "FAIL" with what to do; status 1 where a job would fail.  SLOWEST=0.5
# is the bandwidth between nodes, in GB/s, below which it complains.
#
#SBATCH --job-name=hllm-check
#SBATCH --nodes=2
#SBATCH --exclusive
#SBATCH --time=00:05:00
#SBATCH --output=check-site-%j.log
site=${HLLM_SITE:-${SLURM_SUBMIT_DIR:-.}/slurm/site.conf}
[ ! -f "$site" ] || . "$site"
if [ -z "$SLURM_JOB_ID" ]; then
    command -v sbatch >/dev/null || { echo "FAIL there is no sbatch here: start this on a machine of the cluster, or load Slurm's module" && exit 1; }
    number=$(sbatch --parsable ${ACCOUNT:+"--account=$ACCOUNT"} ${PARTITION:+"--partition=$PARTITION"} $SBATCH "$0") ||
        { echo "FAIL sbatch has refused: see its sentence above; ACCOUNT, PARTITION and SBATCH in $site are what it was given" && exit 1; }
    echo "job ${number%%;*} will write check-site-${number%%;*}.log"
    exit
fi
[ -z "$MODULES" ] || module load $MODULES || echo "FAIL module load $MODULES: correct MODULES in $site; module avail lists them"
eval "$SETUP"

nodes=${SLURM_NNODES:-${SLURM_JOB_NUM_NODES:-1}} ranks=${RANKS_PER_NODE:-1} threads=${THREADS:-1} slowest=${SLOWEST:-0.5}
usual='srun --mpi=pmix -K -N {nodes} -n {ranks} --ntasks-per-node={ranks_per_node} -c {threads}'
launcher=${LAUNCHER:-$usual}
failed=0
good() { echo "ok   $1"; }
bad() { # bad WHAT REMEDY
    echo "FAIL $1"
    echo "     -> $2"
    failed=1
}
work=$(mktemp -d ./check-site.XXXXXX) || { bad "$PWD cannot be written" "start jobs in a folder that they may write" && exit 1; }
trap 'rm -rf "$work"' EXIT

# launch RANKS_PER_NODE THREADS COMMAND...: by the launcher of the site, on all nodes, for at most 40 seconds; output in $work/out.
launch() {
    local words=${launcher//\{nodes\}/$nodes} ranks=$1 threads=$2
    shift 2
    words=${words//\{ranks\}/$((nodes * ranks))} words=${words//\{ranks_per_node\}/$ranks} words=${words//\{threads\}/$threads}
    timeout -k 5 40 $words "$@" >"$work/out" 2>"$work/err" </dev/null
}
why() { grep -m 1 '^hllm: error' "$work/err" || grep -v '^$' "$work/err" | tail -n 1; }
# figure NAME: of JSON in $work/out.
figure() { sed -n "s/.*\"$1\": *\([0-9.e+-]*\).*/\1/p" "$work/out" | head -n 1; }

# Launch: a task a node, on so many nodes.
launch 1 1 uname -n
status=$? found=$(sort -u "$work/out" | grep -c .)
if [ $status -ne 0 ]; then
    bad "tasks do not start: status $status, $(why)" "LAUNCHER in $site is \"$launcher\"; try it by hand in salloc until srun hostname works on all nodes"
    exit 1
elif [ "$found" -ne "$nodes" ]; then
    bad "$nodes tasks run on $found of $nodes nodes" "give LAUNCHER -N {nodes} -n {ranks} --ntasks-per-node={ranks_per_node}, so that ranks are spread over nodes"
else
    good "tasks start on $nodes nodes: $(sort -u "$work/out" | tr '\n' ' ')"
fi

# The program, on every node.
hllm=$(command -v hllm)
if [ -z "$hllm" ]; then
    bad "there is no hllm in the path" "install it in a folder that all nodes see, and add that to PATH by SETUP in $site"
    exit 1
fi
launch 1 1 "$hllm" --version
if [ $? -ne 0 ]; then
    bad "$hllm does not start on every node: $(why)" "install it, and the libraries that it names, where all nodes see them, or load their modules by MODULES in $site"
    exit 1
fi
good "$hllm starts on every node"

# PMIx: tasks that find each other are ranks of one job.
launch "$ranks" "$threads" "$hllm" doctor --json
status=$?
mpis=$(srun --mpi=list 2>&1 | tr '\n' ' ')
if ! grep -q '"findings"' "$work/out"; then
    case $mpis in
    *pmix*) bad "ranks do not become one job: status $status, $(why)" "is --mpi=pmix in LAUNCHER, and is that the PMIx of the MPI that hllm --version names?" ;;
    *) bad "Slurm has no PMIx here (srun --mpi=list: $mpis)" "ask for Slurm's pmix plug-in, or write LAUNCHER with mpirun -n {ranks} --map-by ppr:{ranks_per_node}:node:PE={threads}" ;;
    esac
    exit 1
fi
good "$((nodes * ranks)) ranks find each other"
# What the doctor says against it is for all jobs.
tr -d '\n' <"$work/out" | sed 's/{/\n{/g' | sed -n 's/.*"grade": *"failure".*"what": *"\([^"]*\)".*"remedy": *"\([^"]*\)".*/\1\n\2/p' >"$work/failures"
while read -r what && read -r remedy; do bad "$what" "$remedy"; done <"$work/failures"

# Binding: as many processors a rank as threads, and those of one node apart.
launch "$ranks" "$threads" sh -c 'echo "$(uname -n) $(sed -n "s/^Cpus_allowed_list:[^0-9]*//p" /proc/self/status)"'
awk -v threads="$threads" '
    { n = split($2, part, ","); mine = 0
      for (i = 1; i <= n; i++) { m = split(part[i], end, "-"); for (c = end[1]; c <= end[m]; c++) { mine++; if (($1, c) in taken) shared++; taken[$1, c] = 1 } }
      all[$1] += mine; if (NR == 1 || mine < least) least = mine; ranks[$1]++ }
    END { for (h in ranks) { distinct = 0; for (k in taken) { split(k, at, SUBSEP); if (at[1] == h) distinct++ }
              if (distinct < ranks[h] * threads) few = 1; if (!worst || distinct < worst) worst = distinct }
          print least + 0, worst + 0, few + 0 }' "$work/out" >"$work/binding"
read -r least distinct few <"$work/binding"
if [ "$least" -lt "$threads" ]; then
    bad "a rank may use $least processors and computes with $threads threads" "give LAUNCHER -c {threads}, or set THREADS in $site to $least"
elif [ "$few" -eq 1 ]; then
    bad "$ranks ranks of $threads threads share $distinct processors of a node" "RANKS_PER_NODE x THREADS in $site should be at most $distinct; is the job --exclusive, and -c {threads} in LAUNCHER?"
else
    good "each of $ranks ranks a node may use $least processors, of $distinct, with $threads threads"
fi

# Bandwidth between nodes: one rank on each.
if [ "$nodes" -gt 1 ]; then
    launch 1 1 "$hllm" doctor --json
    bandwidth=$(figure bandwidth_gbs)
    if [ -z "$bandwidth" ]; then
        bad "the bandwidth between nodes cannot be measured: $(why)" "start hllm doctor by hand as LAUNCHER says"
    elif awk -v a="$bandwidth" -v b="$slowest" 'BEGIN { exit !(a < b) }'; then
        bad "messages between nodes have $bandwidth GB/s" "is that the fast network? ompi_info | grep -E 'ucx|ofi|psm' shows what MPI can use; OMPI_MCA_btl_tcp_if_include names an interface; SLOWEST=$bandwidth is content with it"
    else
        good "messages between nodes have $bandwidth GB/s"
    fi
else
    good "one node: no messages between nodes"
fi

# Shared folder: what one node writes all others read, and at once.
echo "$SLURM_JOB_ID" >"$work/token"
launch 1 1 sh -c "cat '$work/token' && echo here >'$work/'\$(uname -n).here"
read_by=$(grep -cx "$SLURM_JOB_ID" "$work/out") wrote=$(find "$work" -name '*.here' | wc -l)
if [ "$read_by" -ne "$nodes" ] || [ "$wrote" -ne "$nodes" ]; then
    bad "$PWD: $read_by of $nodes nodes read what one has written, and files of $wrote arrive" "start jobs in a folder of a file system that all nodes mount (df . on each); /tmp is a node's own"
else
    good "all nodes read and write $PWD"
fi

# Memory, of the node with least.
launch 1 1 sh -c 'awk "/^MemAvailable/ { m = \$2 / 1e6 } END { print m }" /proc/meminfo; for f in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do [ ! -f $f ] || grep -x "[0-9]*" $f | awk "{ print \$1 / 1e9 }"; done; df -k /dev/shm | awk "NR == 2 { print \"shm\", \$4 / 1e6 }"'
memory=$(grep -v shm "$work/out" | sort -g | head -n 1) shm=$(sed -n 's/^shm //p' "$work/out" | sort -g | head -n 1)
if awk -v m="${memory:-0}" -v r="$ranks" 'BEGIN { exit !(m < r) }'; then
    bad "a node gives a job ${memory:-no} GB, for $ranks ranks" "add --mem=0 (all of a node) to SBATCH in $site"
elif awk -v m="${shm:-0}" 'BEGIN { exit !(m < 0.1) }'; then
    bad "/dev/shm has ${shm:-no} GB free on a node" "ask for a larger one; or OMPI_MCA_btl_vader_backing_directory=/tmp by SETUP in $site"
else
    good "a node gives a job $memory GB, and /dev/shm has $shm GB free"
fi
[ $failed -eq 0 ] && echo "this site is ready"
exit $failed
