#!/bin/sh
# check-slurm.sh - what slurm/train.sbatch makes of the statuses of its step.  Fake srun, scontrol and hllm stand in for a cluster.
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

finish check-slurm
