#!/bin/bash
# train.sh - trainings on a real Slurm of four nodes: one is preempted, one comes to its time limit, one is cancelled and submitted again on
# another number of nodes; each ends with the ledger of an undisturbed run, byte for byte.
#
# usage: make check-slurm, or SOURCE_DIR=... train.sh in the build folder; some three minutes.  Needs root and the packages slurm-wlm, munge and
# iproute2; otherwise it skips with a sentence.
suite=check-slurm-train
. "${SOURCE_DIR:-$(dirname "$0")/../..}/tests/slurm/cluster.sh"

./hllm synth data --items 60 --users 200 --topics 4 >/dev/null 2>said || exit 1
# With exact.groups every layout computes the same bits.  Checkpoints are made where a job is stopped, and the first start of a job never
# ends by itself: max_steps is set once it is stopped, so that the test does not depend on how fast the machine is.
cat >whole.yaml <<Y
data_path: data/dataset
text_path: data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
item_prompt: ""
MAX_ITEM_LIST_LENGTH: 5
item_llm: {hidden_size: 32, intermediate_size: 48, num_attention_heads: 4}
user_llm: {hidden_size: 32, intermediate_size: 48, num_attention_heads: 4}
batch_size: 8
nce_thres: 2
epochs: 100000
eval_step: 100000
ledger: true
exact: {groups: 4}
placement: colocated
dataset_dir: tokens
max_steps: 1000000
Y

# train NAME OPTIONS-OF-SBATCH...: submit slurm/train.sbatch with NAME.yaml and the run folder NAME; its job is in $job, its log in NAME.log.
train() {
    local name=$1
    shift
    [ -f "$name.yaml" ] || cp whole.yaml "$name.yaml"
    job=$(sbatch --parsable --ntasks-per-node=1 --cpus-per-task=1 --output="$work/$name.log" "$@" "$top/slurm/train.sbatch" "$name.yaml" --checkpoint_dir "$name" 2>said)
}
steps() { grep -c '"kind":"step"' "$1/metrics.jsonl" 2>/dev/null; }
beyond() { [ "$(steps "$1")" -ge "$2" ] 2>/dev/null; }
state() { scontrol show job "$1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p'; }
is_over() { case $(state "$1") in COMPLETED | FAILED | TIMEOUT | CANCELLED | NODE_FAIL | '') ;; *) return 1 ;; esac; }
is_pending() { [ "$(state "$1")" = PENDING ]; }
# stopped NAME TIMES: so many stops after saving are in its log.
stopped() { [ "$(cat "$1.log" 2>/dev/null | grep -c '^hllm: stopped at step [0-9]* by a signal')" -eq "$2" ]; }
# soon_over NAME: its next start ends two hundred steps on, and is tested.
soon_over() { sed -i "s/^max_steps: .*/max_steps: $(($(steps "$1") + 200))/" "$1.yaml"; }
# hurry JOB: one that was put back waits two minutes for its turn, which a test need not; but as long as Slurm hears of the end of its former
# start, which it would else take for that of the new one.
hurry() { until_it 60 is_pending "$1" && sleep 10 && scontrol update JobId="$1" StartTime=now >/dev/null 2>&1; }
ledger() { grep '"kind":"ledger"' "$1/ledger.jsonl"; }
# is_undisturbed NAME: its ledger is that of one rank that nobody has stopped, and its last weights were tested.
is_undisturbed() {
    local n
    n=$(steps "$1")
    [ "$n" -gt 200 ] && [ "$n" -eq "$(sed -n 's/^max_steps: //p' "$1.yaml")" ] && grep -q '"phase":"test"' "$1/metrics.jsonl" &&
        OMP_NUM_THREADS=1 ./hllm train whole.yaml --checkpoint_dir "whole-$1" --max_steps "$n" >out 2>said && ledger "whole-$1" >one && ledger "$1" | cmp -s - one
}

# ---- preempted
train preempted --nodes=4 && first=$job && until_it 120 beyond preempted 100
verdict "a training runs on four nodes"
[ "$(grep -c '^hllm: prepared tokens' preempted.log)" -eq 1 ] && grep -q '^hllm: process .* on hn.*: 4 ranks' preempted.log
verdict "it has prepared its data itself, once, in a folder that all nodes see, and says so"
sbatch --parsable --partition=urgent --nodes=4 --exclusive --output="$work/urgent.log" --wrap="sleep 5" >out 2>said && until_it 90 stopped preempted 1
verdict "a job of another partition preempts it: it saves, and stops"
soon_over preempted
hurry "$first" && until_it 180 is_over "$first" && grep -q "of job $first (restart 1)" preempted.log
verdict "the job puts itself back into the queue, and goes on after the other one"
is_undisturbed preempted
verdict "and ends with the ledger of an undisturbed run, byte for byte ($(steps preempted) steps)"

# ---- a time limit of a minute, and at the same time one that is cancelled
train limited --nodes=2 --time=1 --signal=USR1@1 && limited=$job && train cancelled --nodes=2 && first=$job && until_it 120 beyond cancelled 100
verdict "two trainings run on two nodes each"
scancel "$first" && until_it 60 is_over "$first" && [ "$(state "$first")" = CANCELLED ] && soon_over cancelled
verdict "one is cancelled, and is not put back"
train cancelled --nodes=1 && again=$job && until_it 180 is_over "$again" && [ "$(state "$again")" = COMPLETED ] && grep -q 'continuing from cancelled/step-' cancelled.log && grep -q "of job $again, .*: 1 rank" cancelled.log
verdict "submitted again, on one node, it goes on from what it saved"
is_undisturbed cancelled
verdict "and ends with the ledger of an undisturbed run, byte for byte ($(steps cancelled) steps)"
until_it 120 stopped limited 1 && soon_over limited
verdict "the other one comes near to its time limit: it saves, and stops"
hurry "$limited" && until_it 180 is_over "$limited" && [ "$(state "$limited")" = COMPLETED ] && grep -q "of job $limited (restart 1)" limited.log
verdict "the job puts itself back into the queue, with a minute anew, and goes on"
is_undisturbed limited
verdict "and ends with the ledger of an undisturbed run, byte for byte ($(steps limited) steps)"

# ---- what does not start
! timeout 60 srun -N2 -n2 --mpi=none ./hllm train whole.yaml --checkpoint_dir never >out 2>said && grep -q 'srun has started 2 processes without PMIx' said && [ ! -e never ]
verdict "srun without PMIx starts no two trainings of one rank each"
! timeout 60 srun --mpi=pmix -K -N1 -n2 taskset -c 0 ./hllm train whole.yaml --checkpoint_dir never >out 2>said && grep -q 'error: on hn[1-4] 2 ranks share 1 processor.*start srun with --cpus-per-task=' said && [ ! -e never/step-1 ]
verdict "ranks that are bound onto one processor are refused, with what to tell srun"
! timeout 60 srun --mpi=pmix -K -N2 -n2 ./hllm train whole.yaml --dataset_dir /tmp/tokens --checkpoint_dir never >out 2>said && grep -q 'error: /tmp: rank [0-9]* on hn.*each has a folder of its own by this name; set dataset_dir to a folder that all machines of the job share' said
verdict "a folder for data that each node has for itself is refused"

finish $suite
