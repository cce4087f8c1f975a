#!/bin/bash
# run.sh - a real Slurm of four nodes: is it fit; a study that is submitted, a node lost in the middle, a time limit, submitted again, reported.
#
# usage: make check-slurm, or SOURCE_DIR=... run.sh in the build folder; some four minutes.  Needs root and the packages slurm-wlm, munge and
# iproute2; otherwise it skips with a sentence.
suite=check-slurm
. "${SOURCE_DIR:-$(dirname "$0")/../..}/tests/slurm/cluster.sh"

# site VARIABLE...: slurm/check-site.sh on two nodes with these.
site() { timeout 120 env "$@" salloc -Q --nodes=2 --exclusive bash "$top/slurm/check-site.sh" >out 2>said; }
begun=$SECONDS
site SLOWEST=0.0001 && [ "$(grep -c '^ok ' out)" -eq 7 ] && grep -q 'tasks start on 2 nodes' out && grep -q 'messages between nodes have' out
verdict "the site is fit"
echo "     $((SECONDS - begun)) seconds; $(grep messages out)"
! site LAUNCHER='srun --mpi=none -N {nodes} -n {ranks} -c {threads}' && grep -q '^FAIL ranks do not become one job' out && grep -q -- '-> is --mpi=pmix in LAUNCHER' out
verdict "without PMIx it is not, and the remedy is said"
! site THREADS=3 LAUNCHER='srun --mpi=pmix -K -N {nodes} -n {ranks} --ntasks-per-node={ranks_per_node}' && grep -q '^FAIL a rank may use 2 processors and computes with 3 threads' out
verdict "nor with more threads than processors"
salloc -Q --nodes=2 --exclusive srun --mpi=pmix -K -N 2 --ntasks-per-node=2 ./hllm bench calibrate machine.json --quick >out 2>said && grep -q '"nodes":2,"ranks_per_node":2' machine.json &&
    grep -q '"level":"node"' machine.json && grep -q '"level":"network"' machine.json
verdict "messages are calibrated within nodes and between them"
./hllm synth data --items 60 --users 40 --topics 4 >/dev/null 2>said || exit 1
cat >job.yaml <<Y
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
dataset_dir: tokens
checkpoint_dir: saved
Y
cat >curve.yaml <<'Y'
base: job.yaml
axes: {nodes: [1, 2, 4]}
repetitions: 2
steps: 20
Y
printf 'TIME=00:05:00\nPARTITION=main\nRANKS_PER_NODE=1\n' >site.conf

submit() { ./hllm study "$1.yaml" --submit --site "${2:-site}.conf" >out 2>said; }
results() { find "$1.study" -name result.json | wc -l; }
element_runs() { squeue -h -r -t R -o %i | grep -qx "$1"; }
job_of() { sed -n 's/.*"job": "\([0-9]*\)".*/\1/p' "$1.study/slurm/jobs.json" | sed -n "$2p"; }
column() { awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $at }' "$1.study/report.csv" | tr '\n' ' '; }

# A second study, whose one run never ends, has a minute for it.
sed 's/nodes: .*/nodes: [1]}/; s/repetitions.*/repetitions: 1/' curve.yaml >late.yaml
echo "launcher: [sh, -c, 'sleep 600', hang]" >>late.yaml
sed 's/TIME=.*/TIME=00:01:00/' site.conf >late.conf
submit late late
verdict "a run that cannot end is submitted"
submit curve
verdict "a study over 1, 2 and 4 nodes is submitted"
begun=$SECONDS
largest=$(job_of curve 3)
until_it 240 element_runs "${largest}_0" && nodes kill 1
verdict "a node dies while all four make a run, the one that its script is on"
over() { ! squeue -h -r -o %i | grep -q "^${largest}_0$"; }
until_it 90 over && ./hllm study report curve.study >out 2>said && grep -qh '"reason": "a node failed under it (job '"${largest}_0"')"' curve.study/nodes-4-*/*/failed.json &&
    [ "$(column curve failed)" = "0 0 1 " ]
verdict "the run that lost its node says so in the report"
nodes start 1
submit curve
grep -q '1 runs are queued or running still' said && [ "$(wc -l <curve.study/slurm/4-nodes-4.runs)" -eq 1 ]
verdict "another submission has that run alone, and knows what is queued still"
until_it 300 nobody && [ -s curve.study/report.csv ]
verdict "all jobs are over, and there is a report"
echo "     $((SECONDS - begun)) seconds; with a result: $(column curve runs), failed: $(column curve failed)$(cat curve.study/nodes-*/*/failed.json 2>/dev/null | sed -n 's/.*"reason": "\([^"]*\)".*/; \1/p')"
[ "$(results curve)" -eq 6 ] && [ "$(column curve failed)" = "0 0 0 " ] && [ "$(column curve runs)" = "2 2 2 " ]
verdict "nothing is missing then"
[ "$(column curve ideal_speedup)" = "1 2 4 " ] && grep -q 'machine: 4 nodes of .*: hn1, hn2, hn3, hn4' curve.study/report.html
verdict "the report is of nodes, and names them"
./hllm study report late.study >out 2>said && grep -qh '"reason": "its time limit ended it' late.study/nodes-1-*/1/failed.json && [ -z "$(find late.study -name result.json)" ]
verdict "the run that ran out of time says so"
results_before=$(find curve.study -name result.json -exec cat {} + | cksum)
submit curve && grep -q 'no run is left to be submitted' said && nobody && [ "$(find curve.study -name result.json -exec cat {} + | cksum)" = "$results_before" ]
verdict "then nothing more is submitted"

./hllm study curve.yaml --submit --one-job --site site.conf --dir one.study >out 2>said && until_it 240 nobody && [ "$(results one)" -eq 6 ] && [ "$(column one runs)" = "2 2 2 " ]
verdict "one job makes the same runs in turns"

finish $suite
