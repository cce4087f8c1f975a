#!/bin/sh
# end-layouts.sh - a training has the same samples and losses on any number of ranks, whoever holds what.
#
# Runs ./hllm in the build folder.  LAYOUTS=all (make check-layouts) does twenty steps at each layout rather than at
# the small ones only.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
reviews_job
cat >>"$work/job.yaml" <<YAML
dataset_dir: $work/prepared
MAX_ITEM_LIST_LENGTH: 10
MAX_TEXT_LENGTH: 64
batch_size: 16
optim_args: {learning_rate: $rate, weight_decay: 0.01}
scheduler_args: {type: cosine, warmup: 0.1}
chunk_tokens: 1024
threads: 1
max_steps: 20
eval_step: 1000 # none but the test, which layouts of fewer steps do without
YAML

# Tokens that are encoded differ: what all texts of a micro-batch begin with counts once, and micro-batches are for all who share them.
equal="step rows masked_share unique_items public_item_tokens"

# at RANKS STEPS PLACEMENT OPTIONS...: as one rank does it.
at() {
    ranks=$1 many=$2 placement=$3
    shift 3
    layout="$ranks ranks $placement${*:+ $*}"
    run=$(echo "$layout" | tr -d ' ')
    act=train_only
    [ "$many" -lt 20 ] || act=job
    $act "$ranks" "$run" --max_steps "$many" --placement "$placement" "$@" && near one "$run" "$many" $equal
    verdict "$many steps on $layout: same samples, losses equal to 1e-5 (largest difference $(cat "$work/difference"))"
}

job 1 one
verdict "twenty steps on one rank"
[ $failed -eq 0 ] || finish layouts
is_spread one $share
verdict "its item vectors are spread: at most $share along the first direction, few negatives masked ($(cat "$work/spread"))"
few=6
[ "$LAYOUTS" = all ] && few=20
at 2 20 colocated
at 2 20 separate
at 3 20 colocated --item.dp 2
at 3 $few separate --schedule serial
at 3 20 separate
at 3 $few separate --item.tp 2
at 4 $few colocated --item.tp 2 --user.tp 2
at 5 $few colocated --zero 1
at 4 $few colocated --item.tp 2 --user.tp 2 --sequence_parallel true
at 5 $few separate --item.dp 2 --user.dp 2
at 5 $few separate --user.dp 2 --user.ranks spread
at 2 20 hybrid
at 2 20 colocated --zero 3
at 3 $few colocated --item.pp 3
at 5 $few hybrid --item.pp 2 --user.pp 2
at 4 $few separate --item.pp 3 --activation_budget 0
at 4 $few colocated --item.tp 2,2 --user.tp 2,2
at 5 $few separate --item.tp 2,2 --tp_engine scalapack
at 8 $few hybrid --item.tp 2,2 --item.pp 2 --user.tp 1,2 --zero 1 --activation_budget 0
at 8 $few colocated --item.dp 7 --user.dp 5
at 8 $few separate --item.dp 5 --user.dp 2
if [ "$LAYOUTS" = all ]; then
    at 2 20 colocated --user.dp 1
    at 3 20 colocated
    at 3 20 colocated --item.dp 1 --user.dp 1
    at 3 20 separate --item.dp 1 --user.dp 2
    at 3 20 separate --item.dp 1 --user.dp 1
    at 5 20 colocated
    at 5 20 colocated --item.dp 2 --user.dp 1
    at 5 20 separate
    at 5 20 separate --user.dp 4
    at 8 20 colocated
    at 8 20 separate
    at 8 20 separate --user.dp 4
    at 8 20 separate --item.dp 1 --user.dp 1
    at 8 20 colocated --item.tp 4 --user.tp 2
    at 7 20 separate --item.tp 5 --user.tp 2 --sequence_parallel true --activation_budget 0
    at 8 20 colocated --item.tp 2 --item.pp 2 --sequence_parallel true --zero 3
    at 2 20 colocated --item.pp 2
    at 3 20 separate --zero 2
    at 4 20 colocated --item.pp 2 --user.pp 2 --schedule serial --activation_budget 3e6 --zero 3
    at 4 20 colocated --item.pp 2 --zero 3 --activation_budget 3e6
    at 5 20 colocated --zero 2
    at 6 20 separate --item.tp 2 --zero 3
    at 8 20 colocated --item.tp 3 --user.tp 4 --zero 3
    at 8 20 hybrid --item.pp 2 --item.tp 2 --user.dp 4 --zero 2 --activation_budget 0
    at 2 20 colocated --user.pp 2
    at 4 20 colocated --item.pp 2 --item.tp 2 --user.pp 4
    at 7 20 separate --item.pp 5 --user.pp 2
    at 7 20 hybrid --user.dp 2 --zero 1
    at 8 20 separate --item.pp 2 --item.tp 2 --user.pp 3 --activation_budget 3e6
    at 8 20 hybrid --item.pp 4 --user.tp 3 --zero 1
    at 8 20 separate --item.tp 3 --item.dp 2 --user.tp 2 --zero 1
    at 4 20 colocated --item.tp 2,2 --tp_engine scalapack
    at 3 20 colocated --item.tp 1,3 --user.tp 3,1
    at 6 20 colocated --item.tp 3,2 --user.tp 2,3 --zero 1
    at 8 20 colocated --item.tp 2,2 --user.tp 2,4 --zero 3 --tp_engine scalapack
    at 8 20 colocated --item.tp 2,4 --item.pp 1 --activation_budget 3e6
fi

# Each layout goes on from the checkpoint of the one before.
to() { # to STEP RANKS PLACEMENT OPTIONS...
    step=$1 ranks=$2 placement=$3
    shift 3
    train_only "$ranks" round --max_steps "$step" --checkpoint_every 1 --placement "$placement" "$@"
}
to 1 1 colocated && to 2 2 separate && to 3 3 colocated --zero 2 && to 4 4 hybrid --item.pp 2 --user.pp 2 &&
    to 5 4 colocated --item.tp 2,2 --user.tp 2,2 && to 6 3 separate --item.tp 2 --zero 1 && to 7 1 colocated && near one round 7 $equal
verdict "a step at each of six layouts and back at the first: losses equal to 1e-5 (largest difference $(cat "$work/difference"))"

# What changes nothing at one layout.
first=2ranksseparate
again() { # again FOLDER OPTIONS...
    folder=$1
    shift
    train_only 2 "$folder" --placement separate "$@"
}
equal_file() {
    cmp -s "$work/$first/step-20/$1" "$work/$2/step-20/$1"
}
again second && same $first second
verdict "twice at one layout: losses equal to the last bit"
equal_file model.h5 second && equal_file optimizer.h5 second
verdict "twice at one layout: weights and moments equal to the last bit"
again frugal --activation_budget 0 && same $first frugal && equal_file model.h5 frugal
verdict "activation_budget 0: losses and weights equal to the last bit"
again mixed --activation_budget 32M --max_steps 6 && steps $first step loss | head -n 6 >"$work/a" && steps mixed step loss | cmp -s - "$work/a"
verdict "activation_budget 32M: losses equal to the last bit"
for folder in $first mixed frugal; do steps $folder flop | head -n 1; done | awk 'NR > 1 && $1 <= last { bad = 1 } { last = $1 } END { exit bad || NR != 3 }'
verdict "the less is kept, the more is computed again"

train_only 2 plain --dedup false --max_steps $few && near one plain $few rows masked_share
verdict "dedup false: losses equal to 1e-5 (largest difference $(cat "$work/difference"))"
[ "$(steps plain item_tokens | head -n 1)" -gt "$(steps one item_tokens | head -n 1)" ]
verdict "dedup false: more tokens pass through the Item LLM"

train_only 2 apart --share_prefix false --max_steps $few && near one apart $few rows masked_share unique_items
verdict "share_prefix false: losses equal to 1e-5 (largest difference $(cat "$work/difference"))"
[ "$(steps apart item_tokens | head -n 1)" -gt "$(steps one item_tokens | head -n 1)" ]
verdict "share_prefix false: more tokens pass through the Item LLM"

train_only 1 once --share_tokens false --max_steps $few && near one once $few rows masked_share unique_items item_tokens
verdict "share_tokens false: losses equal to 1e-5 (largest difference $(cat "$work/difference"))"
awk -v a="$(steps once flop | head -n 1)" -v b="$(steps one flop | head -n 1)" 'BEGIN { exit !(a > b) }'
verdict "share_tokens false: more is computed"

finish layouts
