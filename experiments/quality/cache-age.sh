#!/bin/sh
# cache-age.sh - what it costs to train a User LLM over item vectors that are some epochs old (item_cache): accuracy by age, users a second.
#
# usage: cache-age.sh [--dir DIR] [--seeds LIST] [--ages LIST] [--joint N] [--more N] [--ranks N] [--metrics LIST] [--topk LIST] CONFIG... [--key value]...
#   --dir DIR      where the trainings go [cache-age]; the same command goes on where it was stopped
#   --seeds LIST   a training of all that follows for each ["1 2 3 4 5"]
#   --ages LIST    of the item vectors, in epochs ["0 1 2 4"]
#   --joint N      epochs in which both models are trained [6]
#   --more N       epochs that come after them [2]
#   --ranks N      of each training [1]
#   --metrics, --topk: those of hllm compare ["Recall,NDCG", 10]
#
# The paper's industrial recipe, and what happens when its first stage is not repeated often enough.  Both models are trained for N epochs, and each
# epoch's Item LLM embeds the items.  Then training begins anew from the last epoch's weights, with the schedule of the configuration: of both
# models ("full"), or of the User LLM alone over the vectors that the Item LLM made last (age 0), or that it made so many epochs before.
# Of each the best checkpoint ranks the users of the test.  DIR/compare.txt has their metrics and differences, with intervals over the users, means over
# the seeds; DIR/age.tsv the users a second of each, by the median step.
. "$(dirname "$0")/../scaling/scaling.sh"

dir=cache-age seeds="1 2 3 4 5" ages="0 1 2 4" joint=6 more=2 ranks=1 metrics=Recall,NDCG topk=10
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage && exit ;;
    --dir | --seeds | --ages | --joint | --more | --ranks | --metrics | --topk)
        [ $# -gt 1 ] || fail "$1: its value is missing"
        eval "${1#--}=\$2"
        shift
        ;;
    *) break ;;
    esac
    shift
done
[ $# -gt 0 ] || fail "which configuration?  --help tells"
for age in $ages; do [ "$age" -lt "$joint" ] || fail "--ages: $age; there are vectors of age 0 to $((joint - 1))"; done
start=
[ "$ranks" -eq 1 ] || start="${MPIRUN:-mpirun} --bind-to none -n $ranks"
mkdir -p "$dir" || exit 1

# try COMMAND ARGUMENTS...: hllm with the configuration of the seed.
try() {
    command=$1
    shift
    eval "set -- $given"' "$@"'
    $start "$hllm" "$command" "$@" --seed "$seed" >"$work/ours" 2>"$work/said" </dev/null || fail "hllm $command failed: $* --seed $seed"
}

# nth_step FOLDER N: the checkpoint after epoch N.
nth_step() {
    ls "$1" | sed -n 's/^step-\([0-9]*\)$/\1/p' | sort -n | sed -n "$2p"
}

# second NAME OPTIONS...: go on from the last epoch of both, then rank the users of the test.
second() {
    name=$1
    shift
    [ ! -s "$here/$name.h5" ] || return 0
    try train --checkpoint_dir "$here/$name" --load_pretrain "$both/step-$(nth_step "$both" "$joint")" --epochs "$more" "$@"
    try eval --checkpoint "$here/$name" --ranks "$here/$name.part.h5" "$@"
    mv "$here/$name.part.h5" "$here/$name.h5"
}

# speed NAME...: users a second, by the median step of each seed's training; the last batch of an epoch is smaller.
speed() {
    for seed in $seeds; do
        users=$(sed -n 's/^batch_size: *\([0-9]*\).*/\1/p' "$dir/$seed/$1/used.yaml")
        sed -n 's/.*"kind":"step".*"seconds":\([0-9.e-]*\),"rows".*/\1/p' "$dir/$seed/$1/metrics.jsonl" | median | awk -v users="$users" '{ print users / $1 }'
    done | median
}

given= # the configuration, quoted for eval
for word in "$@"; do given="$given '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"; done
names=full
for age in $ages; do names="$names age-$age"; done
for seed in $seeds; do
    here=$dir/$seed both=$dir/$seed/both
    echo "$me: seed $seed" >&2
    [ -e "$here/both.done" ] || try train --checkpoint_dir "$both" --epochs "$joint" --keep "$joint" --checkpoint_minutes 0
    [ -e "$here/both.done" ] || : >"$here/both.done"
    second full
    for age in $ages; do
        vectors=$here/items-$age.h5
        [ -s "$vectors" ] || try embed --checkpoint "$both/step-$(nth_step "$both" $((joint - age)))" --to "$vectors"
        second "age-$age" --item_cache "$vectors"
    done
done

all=
for name in $names; do
    files=
    for seed in $seeds; do files="$files,$dir/$seed/$name.h5"; done
    all="$all $name=${files#,}"
done
"$hllm" compare $all --metrics "$metrics" --topk "$topk" --csv "$work/table.csv" >"$dir/compare.txt" 2>"$work/said" || fail "hllm compare failed"
cat "$dir/compare.txt"
printf 'training\tusers/s\n' | tee "$dir/age.tsv"
for name in $names; do printf '%s\t%.0f\n' "$name" "$(speed "$name")" | tee -a "$dir/age.tsv"; done
