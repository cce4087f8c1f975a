#!/bin/sh
# end-diff.sh - ledgers of trainings, and what hllm diff says of two of them.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
small_job "$spread_item, num_hidden_layers: 3" "$spread_user" <<YAML
chunk_tokens: 256
batch_size: 8
optim_args: {learning_rate: 5e-4}
eval_step: 1000
max_steps: 12
ledger: on
YAML

# diff STATUS ARGUMENTS...: hllm diff ends with this status; what it says is in $work/out.
diff_is() {
    wanted=$1
    shift
    (cd "$work" && "$here/hllm" diff "$@") >"$work/out" 2>"$work/said"
    [ $? -eq "$wanted" ]
}
here=$PWD
said() {
    grep -q "$1" "$work/out"
}
# ledger FOLDER: its steps, without what a start says of itself.
ledger() {
    grep '"kind":"ledger"' "$work/$1/ledger.jsonl"
}
same_ledger() {
    ledger "$1" >"$work/a"
    ledger "$2" >"$work/b"
    [ "$(wc -l <"$work/a")" -eq 12 ] && cmp -s "$work/a" "$work/b"
}

job 2 one --placement colocated && job 2 two --placement colocated
verdict "trainings with ledger: on end well"
[ $failed -eq 0 ] || finish diff
is_spread one 0.9
verdict "their item vectors are spread: at most 0.9 along the first direction, few negatives masked ($(cat "$work/spread"))"
same_ledger one two
verdict "twice at one layout: the same ledger, byte by byte"
diff_is 0 one two && said "steps 1 to 12, 12 in both, are the same: .* to the last bit" && ! said other
verdict "and no difference"
job 2 zero-1 --placement colocated --zero 1 && same_ledger one zero-1
verdict "zero 1: the same ledger, byte by byte"
job 2 zero-2 --placement colocated --zero 2 && job 2 zero-3 --placement colocated --zero 3 && same_ledger zero-2 zero-3
verdict "zero 2 and zero 3, which sum after each micro-batch: the same ledger, byte by byte"

# Layouts group sums in other ways, so there is rounding; most of it in the gradient of logit_scale, a small difference of
# large sums.
for layout in "1 colocated" "3 separate --item.pp 2" "4 colocated --item.tp 2 --user.tp 2 --zero 3" "3 hybrid --item.tp 3 --user.dp 1 --user.pp 2"; do
    name=at-${layout%% *}
    rm -rf "$work/$name"
    job "${layout%% *}" "$name" --placement ${layout#* }
    diff_is 0 one "$name" --tolerance 1e-3 && said "^other layout" && said "to 0.001"
    verdict "at $layout the ledger is the same to 1e-3"
done
diff_is 1 one "$name" && said "the first difference is in step 1, in the \(loss\|gradients\)" && grep -qE 'by (about )?[0-9.]+e-0[6-9], relative' "$work/out"
verdict "and differs in its first step by rounding"

job 2 seed --placement colocated --seed 7
diff_is 1 one seed --tolerance 1e-3 && said "^other settings that change the numbers" && said "^other initial weights" && said "in step 1, in the loss"
verdict "another seed differs in the loss of step 1"
job 2 decay --placement colocated --optim_args.weight_decay 0.5
diff_is 1 one decay && said "in step 2, in the weights" && said "differ   50 of 50 tensors" && ! said "^other initial weights"
verdict "another weight decay differs in the weights of step 2, the first with a learning rate"
diff_is 1 one decay --json && tr -d ' \n' <"$work/out" | grep -q '"same":false,.*"difference":{"step":2,"phase":"weights","differ":50,"tensors":50,"first":{"tensor":"item_llm.*","relative":[0-9.e-]*}'
verdict "hllm diff --json: one JSON object says so"

# One digit of one digest is another.
mkdir "$work/wrong"
awk '/"step":5,/ { at = index($0, "\"user_llm.model.layers.1.mlp.up_proj.weight\":{\"gradient\":[\"") + 60; digit = substr($0, at, 1)
    $0 = substr($0, 1, at - 1) (digit == "0" ? "1" : "0") substr($0, at + 1); sub(/"gradients":"./, "\"gradients\":\"x"); gsub(/"gradients":"x/, "\"gradients\":\"0") } 1' \
    "$work/one/ledger.jsonl" >"$work/wrong/ledger.jsonl"
diff_is 1 one wrong && said "in step 5, in the gradients" && said "differ   1 of 50 tensors" && said "first    user_llm.model.layers.1.mlp.up_proj.weight"
verdict "one digest that is another is named"

# Going on.
job 2 slain --placement colocated --max_steps 5
HLLM_FAULT=checkpoint-prepare:0:kill job 2 slain --placement colocated --checkpoint_every 9
[ $? -ne 0 ] && [ "$(ledger slain | wc -l)" -eq 9 ] && nobody_runs && printf '{"kind":"ledger","st' >>"$work/slain/ledger.jsonl"
verdict "a kill leaves a ledger that is ahead of the last checkpoint"
job 2 slain --placement colocated && same_ledger one slain && diff_is 0 one slain
verdict "the same command goes on, and the ledger is that of a run that was not killed"
job 2 gap --placement colocated --max_steps 4
diff_is 0 one gap && said "^A goes on with step 5, B does not"
verdict "a shorter run is compared as far as it goes"
job 2 gap --placement colocated --max_steps 8 --ledger off && job 2 gap --placement colocated
diff_is 0 gap one && said "steps 1 to 12, 8 in both"
verdict "and one with a gap where there is none"
job 1 gap --placement colocated --resume false --max_steps 3 --ledger off
[ $? -eq 0 ] && [ ! -e "$work/gap/ledger.jsonl" ]
verdict "resume false moves the ledger of an earlier run away"
job 1 gone --placement colocated --optim_args.learning_rate 1000 --scheduler_args.type constant
[ $? -eq 4 ] && [ "$(ledger gone | wc -l)" -eq 2 ] && ledger gone | grep -q '"step":2,.*"gradient":\["[0-9a-f]*",null,'
verdict "a step whose gradients are not finite is in the ledger, with the tensors that are not"

# What cannot be compared.
diff_is 3 one nowhere && grep -q "nowhere/ledger.jsonl: cannot be opened" "$work/said" || diff_is 3 one data
verdict "a folder without a ledger is status 3"
mkdir "$work/other" && echo '{"kind":"step"}' >"$work/other/ledger.jsonl"
diff_is 3 one other && grep -q "line 1 is neither" "$work/said"
verdict "so is something else in its place"
diff_is 2 one && diff_is 2 one two three && diff_is 2 one two --tolerance -1 && diff_is 2 one two --fast
verdict "wrong arguments are status 2"

finish diff
