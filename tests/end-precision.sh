#!/bin/sh
# end-precision.sh - a training in bf16 follows the losses of one in fp32, with instructions for it and without.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
made_up >"$work/job.yaml"
cat >>"$work/job.yaml" <<YAML
dataset_dir: $work/prepared
MAX_ITEM_LIST_LENGTH: 10
MAX_TEXT_LENGTH: 48
batch_size: 16
optim_args: {learning_rate: 3e-4, weight_decay: 0.01}
scheduler_args: {type: cosine, warmup: 0.1}
threads: 1
max_steps: 120
eval_step: 1000 # none but the test
YAML

# apart FOLDER FOLDER N STEPS: the largest relative difference of means over N steps, of so many steps, in $work/difference.
apart() {
    steps "$1" loss | head -n "$4" >"$work/a"
    steps "$2" loss | head -n "$4" >"$work/b"
    paste -d ' ' "$work/a" "$work/b" | awk -v n="$3" -v wanted="$4" '
        NF == 2 && $1 > 0 && $2 > 0 { a += $1; b += $2; good++ }
        NR % n == 0 { d = (a - b) / a; if (d < 0) d = -d; if (d > most) most = d; a = b = 0 }
        END { print good == wanted ? most + 0 : 1 }' >"$work/difference"
}
below() {
    awk -v most="$1" '{ exit !($1 < most) }' "$work/difference"
}

job 1 fp32 && job 1 bf16 --precision bf16 --force && apart fp32 bf16 10 120 && below 0.01
verdict "120 steps in bf16: losses within 1 % of those in fp32, in tens (largest difference $(cat "$work/difference"))"
! same fp32 bf16 && [ -s "$work/a" ]
verdict "but not the same"
job 1 again --precision bf16 --force --max_steps 12 && job 1 first --precision bf16 --force --max_steps 12 && same again first
verdict "twice the same in bf16"
export DNNL_MAX_CPU_ISA=AVX2 # a processor without bf16, where there is oneDNN
job 1 slow --precision bf16 --force --max_steps 12 && apart first slow 1 12 && below 0.002
verdict "losses in bf16 without instructions for it: within 0.2 % (largest difference $(cat "$work/difference"))"
job 1 refused --precision bf16
[ $? -eq 2 ] && grep -q 'precision: bf16 is slower here' "$work/said"
verdict "without --force it is refused there"

finish precision
