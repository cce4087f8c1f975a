#!/bin/sh
# end-exact.sh - with exact.groups a training gives the same bits at every layout: losses, gradients and weights of each step.
#
# Runs ./hllm in the build folder.  LAYOUTS=all (make check-layouts) does twenty steps at many layouts.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
reviews_job
many=5
[ "$LAYOUTS" = all ] && many=20
cat >>"$work/job.yaml" <<YAML
dataset_dir: $work/prepared
MAX_ITEM_LIST_LENGTH: 10
MAX_TEXT_LENGTH: 64
batch_size: 16
optim_args: {learning_rate: $rate, weight_decay: 0.01}
clip_grad_norm: 1
chunk_tokens: 512
threads: 1
max_steps: $many
eval_step: 1000 # none
ledger: true
exact: {groups: 8, tp: 4}
YAML

ledger() { # ledger FOLDER: what its steps left
    grep '"kind":"ledger"' "$work/$1/ledger.jsonl"
}
as_one() { # as_one FOLDER
    [ "$(ledger "$1" | wc -l)" -eq $many ] && ledger "$1" | cmp -s - "$work/one.ledger"
}
at() { # at RANKS PLACEMENT OPTIONS...
    ranks=$1 placement=$2
    shift 2
    layout="$ranks ranks $placement${*:+ $*}"
    run=$(echo "$layout" | tr -d ' ')
    train_only "$ranks" "$run" --placement "$placement" "$@" && as_one "$run"
    verdict "$many steps on $layout: the ledger of one rank, byte for byte"
}

train_only 1 one && ledger one >"$work/one.ledger" && [ "$(wc -l <"$work/one.ledger")" -eq $many ]
verdict "$many steps on one rank leave a ledger"
[ $failed -eq 0 ] || finish exact
at 2 colocated --zero 1
at 2 colocated --item.tp 2 --user.tp 2 --threads 2
at 3 separate --item.tp 2
at 4 hybrid --item.pp 2 --item.tp 2 --activation_budget 0
if [ "$LAYOUTS" = all ]; then
    at 1 colocated --threads 2
    at 1 colocated --activation_budget 0
    at 2 separate
    at 2 hybrid
    at 2 colocated --item.pp 2 --user.pp 2
    at 3 colocated
    at 4 colocated --item.tp 4 --user.tp 4
    at 4 colocated --item.tp 2 --zero 1
    at 5 separate --item.pp 2 --item.tp 2
    at 7 colocated --zero 1
    at 8 colocated --user.dp 3
    at 8 colocated --item.tp 2 --item.pp 2 --user.tp 4 --zero 1
    at 8 separate --item.dp 3 --item.tp 2 --user.pp 2
fi

train_only 2 moved --max_steps 2 --checkpoint_every 2 && train_only 3 moved --placement separate && as_one moved
verdict "two steps on two ranks and the rest on three: the same ledger"

train_only 2 plain --exact.groups 0 --exact.tp 1 && ! as_one plain
verdict "without exact.groups two ranks leave another ledger"

refused() { # refused WORDS RANKS OPTIONS...
    words=$1 ranks=$2
    shift 2
    job "$ranks" no "$@"
    [ $? -eq 2 ] && grep -q "$words" "$work/said"
    verdict "refused: $*"
}
refused "nearest are 4 and 8" 1 --exact.groups 6
refused "the most is 4" 1 --exact.tp 8
refused "nearest possible is item.tp 2" 3 --item.tp 3
refused "nearest possible is zero 1" 2 --zero 2
refused "nearest possible is item.dp 2" 3 --exact.groups 2 --placement colocated
refused "leave out sequence_parallel" 2 --item.tp 2 --sequence_parallel true
refused "needs exact.groups" 1 --exact.groups 0

finish exact
