#!/bin/sh
# end-to-end.sh - the whole way: data, training, a stop, a kill, going on at another layout, evaluation.
#
# Runs ./hllm in the build folder on made-up data.  The losses of a step are compared as they stand in metrics.jsonl.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
item_prompt: ""
MAX_ITEM_LIST_LENGTH: 5
item_llm: {hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2}
user_llm: {hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 4}
epochs: 4
batch_size: 8
optim_args: {learning_rate: 3e-3}
topk: [5, 10]
valid_metric: NDCG@10
keep: 100
YAML

# job RANKS FOLDER OPTIONS...: train; the table in FOLDER.table, the log in said.
job() {
    ranks=$1 folder=$work/$2
    shift 2
    "$MPIRUN" -n "$ranks" ./hllm train "$work/job.yaml" --checkpoint_dir "$folder" "$@" >"$folder.table" 2>"$work/said" </dev/null
}

# losses FOLDER: "step loss", a line a step.
losses() {
    sed -n 's/^{"kind":"step","step":\([0-9]*\),"epoch":[0-9]*,"loss":\([0-9.e-]*\),.*/\1 \2/p' "$work/$1/metrics.jsonl"
}
same_losses() { # to the last bit
    losses "$1" >"$work/a"
    losses "$2" >"$work/b"
    [ -s "$work/a" ] && cmp -s "$work/a" "$work/b"
}
near_losses() { # the first $3 steps, to 1e-5
    losses "$1" | head -n "$3" >"$work/a"
    losses "$2" | head -n "$3" >"$work/b"
    paste -d ' ' "$work/a" "$work/b" | awk -v want="$3" '
        $2 > 0 && $1 == $3 && ($2 - $4) ^ 2 <= (1e-5 * $2) ^ 2 { good++ }
        END { if (good != want) print "     " good + 0 " of " want " steps agree"; exit good != want }'
}
# same_figures TABLE TABLE: those of the model.
same_figures() {
    sed -n 's/^HLLM  *//p' "$work/$1.table" >"$work/a"
    sed -n 's/^HLLM  *//p' "$work/$2.table" >"$work/b"
    [ -s "$work/a" ] && cmp -s "$work/a" "$work/b"
}

# interrupt FOLDER STEP HOW: start a job of 2 ranks and do HOW with the process of mpirun once it is past the step.
interrupt() {
    job 2 "$1" --checkpoint_every 10 &
    shell=$!
    tries=2400 # two minutes
    while tries=$((tries - 1)) && [ $tries -gt 0 ]; do
        last=$(losses "$1" 2>/dev/null | tail -n 1)
        [ "${last%% *}" -ge "$2" ] 2>/dev/null && break
        sleep 0.05
    done
    starter=$(children "$shell" | head -n 1)
    $3 "$starter"
    wait "$shell"
}
children() {
    for status in /proc/[0-9]*/stat; do
        sed 's/(.*)/-/' "$status" 2>/dev/null
    done | awk -v parent="$1" '$4 == parent { print $1 }'
}
ask_to_stop() {
    kill -USR1 "$1" # mpirun hands this signal on
}
kill_a_rank() {
    rank=$(children "$1" | tail -n 1)
    kill -KILL "$rank"
}

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
verdict "data are made up"
job 2 whole
verdict "training ends well"
[ $failed -eq 0 ] || finish end-to-end
steps=$(losses whole | wc -l)
[ "$steps" -eq 116 ]
verdict "every step is on record"
awk '$1 == "HLLM" && $2 != "ties" { recall = $3 } END { exit !(recall > 0.15) }' "$work/whole.table"
verdict "the model has learned: recall@10 is above 0.15, chance is 0.08"

job 2 again
same_losses whole again && same_figures whole again
verdict "two runs at one layout are equal to the last bit"
for layout in "1 colocated" "3 separate" "5 separate"; do
    job "${layout% *}" "at-${layout% *}" --placement "${layout#* }" --max_steps 20
    near_losses whole "at-${layout% *}" 20
    verdict "20 steps at $layout are equal to 1e-5"
done

interrupt stopped 30 ask_to_stop
[ $? -eq 75 ]
verdict "a signal ends the job with status 75"
at=$(losses stopped | wc -l)
[ "$at" -ge 30 ] && [ "$at" -lt "$steps" ] && [ "$(cat "$work/stopped/latest")" = "step-$at" ]
verdict "before its end, with a checkpoint of the last step"
cp -r "$work/stopped" "$work/moved"
cp -r "$work/stopped" "$work/changed"
job 2 stopped --checkpoint_every 10
verdict "the same command goes on"
same_losses whole stopped && same_figures whole stopped
verdict "and ends as if it had not been stopped, to the last bit"
job 3 moved --placement separate --max_steps $((at + 20))
near_losses whole moved $((at + 20))
verdict "at another layout the next 20 losses are equal to 1e-5"
job 2 changed --optim_args.learning_rate 1
[ $? -eq 2 ] && grep -q 'optim_args.learning_rate was 0.003 and is 1' "$work/said"
verdict "another learning rate is refused, with the difference"

interrupt killed 42 kill_a_rank
[ $? -ne 0 ] && [ "$(losses killed | wc -l)" -lt "$steps" ]
verdict "a killed rank ends the job"
job 2 killed --checkpoint_every 10
verdict "the same command goes on after a kill"
same_losses whole killed
verdict "and ends as if nobody had been killed, to the last bit"
job 2 killed
[ $? -eq 0 ] && same_figures whole killed
verdict "a job that is done tests its best checkpoint again"

best=$(cat "$work/whole/best")
"$MPIRUN" -n 3 ./hllm eval "$work/job.yaml" --checkpoint "$work/whole/$best" >"$work/eval.table" 2>"$work/said"
same_figures whole eval
verdict "hllm eval at 3 ranks gives the figures of the test"
./hllm show "$work/whole" >"$work/shown" 2>"$work/said" && grep -q "item_llm" "$work/shown"
verdict "hllm show says what a run holds"
./hllm show "$work/data/dataset/synth.hllm" --json 2>"$work/said" | grep -q '"format":"hllm dataset"'
verdict "hllm show says what a dataset holds"

finish end-to-end
