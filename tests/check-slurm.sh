#!/bin/sh
# check-slurm.sh - what slurm/train.sbatch makes of the statuses of its step, and what hllm study --submit asks of Slurm.  Fake srun, scontrol,
# sbatch, squeue and hllm stand in for a cluster; make check-slurm has a real one.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"
command -v bash >/dev/null || { skip "train.sbatch: there is no bash" && finish check-slurm; }

mkdir "$work/bin"
# fake NAME: a program from standard input.
fake() {
    { echo '#!/bin/sh' && cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
fake srun <<'P'
while [ "${1#-}" != "$1" ]; do shift; done
"$@"
P
fake scontrol <<'P'
echo "$*" >>"$WORK/scontrol"
P
fake sleep <<'P'
exit 0
P
# The n-th start does what the n-th word of ACTS says: it says a word and ends with this status, or "dies", or is not launched ("none", "lost").
fake hllm <<'P'
echo "$*" >>"$WORK/starts"
act=$(echo "$ACTS" | cut -d ' ' -f "$(wc -l <"$WORK/starts")")
case $act in dies) kill -SEGV $$ ;; none) exit 0 ;; lost) exit 137 ;; esac
echo "hllm: process 1 on here: 2 ranks" >&2
exit "$act"
P
# batch ACTS: a job whose starts do so; its status, its log in $work/log.
batch() {
    rm -f "$work/starts" "$work/scontrol"
    echo "hllm: an earlier start of this job" >"$work/log"
    (ulimit -c 0 && WORK=$work ACTS=$1 PATH=$work/bin:$PATH SLURM_JOB_ID=7 SLURM_CPUS_PER_TASK=1 bash "$top/slurm/train.sbatch" my.yaml --epochs "3 4") >>"$work/log" 2>&1
}
starts() { # starts N: so many, each with the arguments of the job
    [ "$(grep -cx 'train my.yaml --epochs 3 4' "$work/starts")" -eq "$1" ] && [ "$(wc -l <"$work/starts")" -eq "$1" ]
}
batch 0 && starts 1 && [ ! -e "$work/scontrol" ]
verdict "a training that is done is started once"
batch 75
[ $? -eq 75 ] && starts 1 && [ "$(cat "$work/scontrol")" = "requeue 7" ]
verdict "one that was stopped by a signal goes back into the queue"
batch 5
[ $? -eq 5 ] && starts 1 && [ ! -e "$work/scontrol" ]
verdict "one that failed does not, and is not started again"
batch "dies dies 75"
[ $? -eq 75 ] && starts 3 && [ "$(cat "$work/scontrol")" = "requeue 7" ] && [ "$(grep -c 'ended with 139 before the program began' "$work/log")" -eq 2 ]
verdict "a rank that dies before the program began is a reason to start again, twice, with a sentence each"
batch "none lost 0"
[ $? -eq 0 ] && starts 3 && [ "$(grep -c 'ended with 0 before' "$work/log")" -eq 1 ] && [ "$(grep -c 'ended with 137 before' "$work/log")" -eq 1 ]
verdict "so is a step that was not launched, of which srun says 0 or 137"
batch "dies none dies none 0"
[ $? -eq 1 ] && starts 4 && grep -q 'at most 0 times more' "$work/log"
verdict "but not a fourth time, and the job has failed"
batch 139
[ $? -eq 139 ] && starts 1
verdict "one that dies after it has begun is not started again"

# ---- the site file
cat >"$work/site.conf" <<'S'
ACCOUNT=hpc42   # ours
PARTITION='batch'
TIME=00:07:00
MODULES="gcc openmpi"
RANKS_PER_NODE=2
LAUNCHER="srun --mpi=pmix -K -N {nodes} -n {ranks} -c {threads}"
SBATCH="--qos=normal --mem=0"
S
fake sbatch <<'P'
echo "$*" >>"$WORK/sbatch"
if [ -e "$WORK/no-more" ] && [ "$(wc -l <"$WORK/sbatch")" -gt "$(cat "$WORK/no-more")" ]; then
    echo "sbatch: error: Invalid account" >&2
    exit 1
fi
echo $((100 + $(wc -l <"$WORK/sbatch")))
P
(cd "$work" && WORK=$work PATH=$work/bin:$PATH HLLM_SITE=$work/site.conf bash "$top/slurm/train.sbatch" my.yaml --epochs "3 4") >"$work/said" 2>&1 &&
    [ "$(cat "$work/sbatch")" = "--account=hpc42 --partition=batch --ntasks-per-node=2 --qos=normal --mem=0 $top/slurm/train.sbatch my.yaml --epochs 3 4" ]
verdict "outside of a job train.sbatch submits itself with the options of the site"
rm "$work/starts"
fake module <<'P'
echo "$*" >>"$WORK/modules"
P
fake srun <<'P'
echo "$*" >>"$WORK/srun"
P
rm -f "$work/srun"
(ulimit -c 0 && WORK=$work PATH=$work/bin:$PATH HLLM_SITE=$work/site.conf SLURM_JOB_ID=7 SLURM_NNODES=2 SLURM_NTASKS=4 SLURM_CPUS_PER_TASK=3 \
    bash "$top/slurm/train.sbatch" my.yaml) >"$work/said" 2>&1
grep -qx -- '--mpi=pmix -K -N 2 -n 4 -c 3 hllm train my.yaml' "$work/srun" && grep -qx 'load gcc openmpi' "$work/modules"
verdict "in a job it loads the modules and starts ranks by the launcher of the site"

fake apptainer <<'P'
[ "$1" = exec ] && [ -f "$2" ] && echo "$2" >>"$WORK/images" && shift 2 && exec "$@"
P
: >"$work/hllm.sif"
fake hllm <<'P'
echo "hllm: $*" >&2
exit 75
P
fake srun <<'P'
while [ "${1#-}" != "$1" ]; do case $1 in -[Nnc]) shift ;; esac; shift; done
exec "$@"
P
rm -f "$work/scontrol" "$work/sbatch"
(cd "$work" && WORK=$work PATH=$work/bin:$PATH HLLM_SITE=$work/site.conf bash "$top/slurm/container.sbatch" hllm.sif my.yaml) >"$work/said" 2>&1 &&
    [ "$(cat "$work/sbatch")" = "--account=hpc42 --partition=batch --ntasks-per-node=2 --qos=normal --mem=0 $top/slurm/container.sbatch hllm.sif my.yaml" ]
verdict "container.sbatch submits itself as train.sbatch does"
mkdir "$work/slurm" && cp "$top/slurm/train.sbatch" "$work/slurm"
(cd "$work" && WORK=$work PATH=$work/bin:$PATH HLLM_SITE=$work/site.conf SLURM_SUBMIT_DIR=$work SLURM_JOB_ID=7 SLURM_NNODES=2 SLURM_NTASKS=4 SLURM_CPUS_PER_TASK=3 \
    bash "$top/slurm/container.sbatch" hllm.sif my.yaml --epochs 3) >"$work/said" 2>&1
[ $? -eq 75 ] && [ "$(cat "$work/images")" = hllm.sif ] && grep -qx 'hllm: train my.yaml --epochs 3' "$work/said" && [ "$(cat "$work/scontrol")" = "requeue 7" ]
verdict "in a job it starts the image's program, which saves, stops and is put back"
(cd "$work" && WORK=$work PATH=$work/bin:$PATH SLURM_SUBMIT_DIR=$work SLURM_JOB_ID=7 bash "$top/slurm/container.sbatch" none.sif my.yaml) >"$work/said" 2>&1
[ $? -eq 2 ] && grep -q 'there is no image none.sif' "$work/said"
verdict "an image that is not there is said"
rm -r "$work/slurm"

# ---- check-site.sh, on nodes a and b: srun runs a command on each, hllm is a doctor.
mkdir "$work/site" "$work/elsewhere"
fake uname <<'P'
echo "$NODE"
P
fake srun <<'P'
[ "$1" != --mpi=list ] || { echo "none ${PMIX-pmix}"; exit; }
while [ "${1#-}" != "$1" ]; do case $1 in -[Nnc]) shift ;; esac; shift; done
for NODE in ${NODES-a b}; do
    export NODE
    if [ "$NODE" = b ] && [ "$APART" ]; then cd "$WORK/elsewhere"; fi
    "$@" || status=$?
done
exit ${status:-0}
P
fake hllm <<'P'
case $1 in
--version) exit "${VERSION-0}" ;;
doctor) [ "$NODE" = b ] || [ "$SINGLE" ] || echo '{ "findings": [ {"check": "shm", "grade": "'${GRADE-ok}'", "what": "a small thing", "remedy": "a larger one", "figures": {"bandwidth_gbs": '${BANDWIDTH-9.5}'}}]}' ;;
esac
P
# site VARIABLE...: check-site.sh with these; its lines in $work/out.
site() { (cd "$work/site" && env WORK="$work" PATH="$work/bin:$PATH" SLURM_JOB_ID=7 SLURM_NNODES=2 RANKS_PER_NODE=1 "$@" bash "$top/slurm/check-site.sh") >"$work/out" 2>"$work/said"; }
# complains WORDS REMEDY: the last check-site.sh said so.
complains() { grep -A1 "^FAIL .*$1" "$work/out" | grep -q "^     -> .*$2"; }
site && ! grep -q FAIL "$work/out" && grep -q 'messages between nodes have 9.5 GB/s' "$work/out" && grep -q 'tasks start on 2 nodes: a b' "$work/out" && grep -qx 'this site is ready' "$work/out"
verdict "check-site.sh has nothing against a site that is well"
if site NODES="a a"; then false; else complains '2 tasks run on 1 of 2 nodes' 'ntasks-per-node'; fi
verdict "tasks on one node are found"
if site VERSION=127; then false; else complains 'does not start on every node' 'MODULES'; fi
verdict "a program that is not everywhere is found"
if site SINGLE=1 PMIX=; then false; else complains 'Slurm has no PMIx here' 'mpirun -n {ranks}'; fi
verdict "Slurm without PMIx is found"
if site BANDWIDTH=0.1; then false; else complains 'have 0.1 GB/s' 'is that the fast network'; fi && site BANDWIDTH=0.1 SLOWEST=0.05
verdict "a slow network is found, and may be allowed"
if site APART=1; then false; else complains '1 of 2 nodes read' 'that all nodes mount'; fi
verdict "a folder that nodes do not share is found"
if site THREADS=5000; then false; else complains 'computes with 5000 threads' '-c {threads}'; fi
verdict "ranks with fewer processors than threads are found"
if site GRADE=failure; then false; else complains 'a small thing' 'a larger one'; fi
verdict "what hllm doctor finds is said, with its remedy"
[ -z "$(ls "$work/site")" ]
verdict "check-site.sh leaves nothing behind"

# ---- a study that is submitted
hllm=$PWD/hllm
[ -x "$hllm" ] || { skip "hllm study --submit: there is no ./hllm" && finish check-slurm; }
cat >"$work/job.yaml" <<'Y'
data_path: d
text_path: t
dataset: x
tokenizer: bytes
batch_size: 12
checkpoint_dir: c
Y
cat >"$work/curve.yaml" <<'Y'
base: job.yaml
axes: {nodes: [1, 2], user.tp: [1]}
points: {'the "widest"': {nodes: 4, ranks_per_node: 1}, wrong: {nodes: 1, ranks_per_node: 1, user.tp: 3}}
repetitions: 2
Y
# The jobs that squeue shows are lines of $work/squeue.
fake squeue <<'P'
cat "$WORK/squeue"
P
# submit OPTIONS...
submit() { rm -f "$work/sbatch" && WORK=$work PATH=$work/bin:$PATH "$hllm" study "$work/curve.yaml" --submit --site "$work/site.conf" "$@" >"$work/out" 2>"$work/said"; }
curve=$work/curve.study slurm=$work/curve.study/slurm
submit --dry-run && [ ! -e "$work/sbatch" ] && [ "$(grep -c '^sbatch --parsable' "$work/out")" -eq 5 ] && [ ! -e "$slurm/jobs.json" ]
verdict "a dry run writes scripts and shows five commands, and submits nothing"
submit && [ "$(sed 's|[^ ]*/||' "$work/sbatch" | sed 's/--parsable //')" = "1-prepare.sbatch
--dependency=afterany:101 1-nodes-1.sbatch
--dependency=afterany:101 1-nodes-2.sbatch
--dependency=afterany:101 1-nodes-4.sbatch
--dependency=afterany:102:103:104 1-report.sbatch" ]
verdict "datasets first, then an array for each number of nodes, the most last, then the report"
for line in '--nodes=4' '--array=0-1' '--account=hpc42' '--partition=batch' '--time=00:07:00' '--qos=normal' '--mem=0' '--exclusive' '--no-requeue' "--output=\"$slurm/%A_%a.log\""; do
    grep -qx -- "#SBATCH $line" "$slurm/1-nodes-4.sbatch" || echo "$line"
done >"$work/absent"
[ ! -s "$work/absent" ] && [ "$(grep -lx '#SBATCH --qos=normal' "$slurm"/1-*.sbatch | wc -l)" -eq 5 ] && [ "$(grep -lx '#SBATCH --time=.*' "$slurm"/1-*.sbatch | wc -l)" -eq 5 ] &&
    grep -qx 'module load gcc openmpi' "$slurm/1-nodes-4.sbatch" && [ "$(sort "$slurm/1-nodes-4.runs" | sed 's/-[0-9a-f]*\//\//')" = "the-widest-/1
the-widest-/2" ]
verdict "a script has the options of the site, and an element for each run"
for script in "$slurm"/1-*.sbatch; do bash -n "$script" || echo "$script"; done >"$work/absent" 2>&1
[ ! -s "$work/absent" ] && grep -q "^'*$hllm'* prepare '*$work/job.yaml'* " "$slurm/1-prepare.sbatch" && grep -q "study report '*$curve'*\$" "$slurm/1-report.sbatch"
verdict "a shell reads all of them"
# An element runs its line of the list, by the copies in the study's folder.
rm "$work/job.yaml"
mv "$work/curve.yaml" "$work/curve.kept"
fake srun <<'P'
echo "$*" >>"$WORK/srun"
echo "hllm: error: no such cluster" >&2
exit 1
P
rm -f "$work/srun"
WORK=$work PATH=$work/bin:$PATH SLURM_ARRAY_TASK_ID=1 bash "$slurm/1-nodes-2.sbatch" >"$work/said" 2>&1
[ $? -eq 1 ] && grep -q '^--mpi=pmix -K -N 2 -n 4 -c 1 .*hllm bench step .*/curve.study/base-1.yaml ' "$work/srun" && [ "$(wc -l <"$work/srun")" -eq 1 ]
verdict "an element starts its run, on its nodes, after the files are gone"
run=$(sed -n 2p "$slurm/1-nodes-2.runs")
grep -q '"reason": "no such cluster"' "$curve/$run/failed.json" && [ "$(find "$curve" -name failed.json | grep -vc '/wrong')" -eq 1 ]
verdict "it says why that failed"
[ "$(grep -l 'need 3 ranks' "$curve"/wrong-*/[12]/failed.json | wc -l)" -eq 2 ]
verdict "a point that cannot be is not queued, and says why"
mv "$work/curve.kept" "$work/curve.yaml"
printf 'data_path: d\ntext_path: t\ndataset: x\ntokenizer: bytes\nbatch_size: 12\ncheckpoint_dir: c\n' >"$work/job.yaml"
# Now: the first of one node has a result, the second is running, the first of two is over, of the four one ran out of time and one lost a node.
done=$curve/$(sed -n 1p "$slurm/1-nodes-1.runs")
mkdir -p "$done" && echo '{"seconds": 1.5, "ranks": 2, "threads": 1, "users": 12, "users_per_second": 8, "step_gflops": 3, "texts": 20, "token_share": 0.5, "phases": []}' >"$done/result.json"
printf '102_1 RUNNING\n104_0 TIMEOUT\n105 PENDING\n' >"$work/squeue"
echo 'slurmstepd: error: *** JOB 104 ON st1 CANCELLED AT 2026-01-01T00:00:00 DUE TO NODE FAILURE, SEE SLURMCTLD LOG ***' >"$slurm/104_1.log"
why() { grep '"reason"' "$curve/$(sed -n "$2p" "$slurm/$1.runs")/failed.json"; }
WORK=$work PATH=$work/bin:$PATH "$hllm" study report "$curve" >"$work/out" 2>"$work/said" && why 1-nodes-4 1 | grep -q 'its time limit ended it.*(job 104_0)' &&
    why 1-nodes-4 2 | grep -q 'a node failed under it (job 104_1)' && why 1-nodes-2 1 | grep -q 'its job 103_0 ended without a result and without a word' &&
    grep -q '1 runs are queued or running still' "$work/said"
verdict "the report says what became of the jobs"
submit && grep -q '1 runs are there already' "$work/said" && grep -q '1 runs are queued or running still' "$work/said" && [ "$(sed 's|[^ ]*/||' "$work/sbatch" | sed 's/--parsable //')" = "4-prepare.sbatch
--dependency=afterany:101 4-nodes-2.sbatch
--dependency=afterany:101 4-nodes-4.sbatch
--dependency=afterany:102:103 4-report.sbatch" ] && [ "$(cat "$slurm"/4-*.runs | wc -l)" -eq 4 ]
verdict "another submission has what is missing, and nothing else"
submit --one-job --dir "$work/one.study" && [ "$(wc -l <"$work/sbatch")" -eq 3 ] && grep -qx '#SBATCH --nodes=4' "$work/one.study/slurm/1-one-job-4.sbatch" &&
    ! grep -q -- --array "$work/one.study/slurm/1-one-job-4.sbatch"
verdict "--one-job asks for one allocation of the largest size"
echo 2 >"$work/no-more"
submit --dir "$work/part.study"
[ $? -eq 1 ] && grep -q '1-nodes-2.sbatch: sbatch: error: Invalid account; change the site file' "$work/said" && [ "$(grep -c '"job"' "$work/part.study/slurm/jobs.json")" -eq 1 ]
verdict "what sbatch says against it is said, and what was queued is known"
rm "$work/no-more"
printf 'ACCOUNT=a\nPARTITON=b\n' >"$work/site.conf"
submit
[ $? -eq 2 ] && grep -q 'site.conf:2: a site has no key "PARTITON"; the nearest is "PARTITION"' "$work/said"
verdict "a mistake in the site file has file and line"
printf 'SETUP="echo $HOME"\n' >"$work/site.conf"
submit
[ $? -eq 2 ] && grep -q 'site.conf:1: not KEY=VALUE' "$work/said"
verdict "so has what only a shell could read"
"$hllm" study "$work/curve.yaml" --submit --site "$top/slurm/site.conf.example" --dry-run --dir "$work/example.study" >"$work/out" 2>"$work/said" &&
    grep -q '"srun", "--mpi=pmix", "-K", "-N", "{nodes}"' "$work/example.study/study.yaml"
verdict "the example is a site file"

finish check-slurm
