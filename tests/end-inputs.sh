#!/bin/sh
# end-inputs.sh - what is added to the item vectors that users read: times and ids, from training to the vectors of users.
#
# Runs ./hllm in the build folder on made-up data.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"
. "$top/tests/jobs.sh"

cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
MAX_TEXT_LENGTH: 32
MAX_ITEM_LIST_LENGTH: 8
batch_size: 32
epochs: 1
item_llm: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2}
user_llm: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2}
time_embedding: true
time_embedding_size: 4
id_embedding: true
optim_args: {learning_rate: 3e-3}
topk: [5, 10]
valid_metric: NDCG@10
YAML

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
job 1 train one
verdict "times and ids are trained"
[ $failed -eq 0 ] || finish inputs
job 1 train without --time_embedding false --id_embedding false
! alike one without
verdict "losses are others without them"
job 2 train shares --user.tp 2 --zero 1
alike one shares
verdict "losses are the same where two ranks share the User LLM"
job 3 train stages --placement separate --item.dp 1 --user.pp 2
alike one stages
verdict "and where it has two stages"
for ranks in 1 2; do
    job $ranks train exact-$ranks --exact.groups 2 --ledger true --user.tp 1
done
./hllm diff "$work/exact-1" "$work/exact-2" 2>"$work/said" | grep -q 'to the last bit'
verdict "one rank and two have the same bits, where they are promised"
job 2 train stopped --max_steps 3
job 1 train stopped
grep -q 'going on\|goes on\|resum' "$work/said" && alike one stopped
verdict "a training goes on at another number of ranks"
job 2 eval other --checkpoint "$work/one"
[ "$(row HLLM other)" = "$(row HLLM one)" ]
verdict "an evaluation at two ranks says what the test said"
job 1 eval other --checkpoint "$work/one" --id_embedding false
[ $? -eq 2 ] && grep -q 'id_embedding was true and is false' "$work/said"
verdict "weights are not taken without what they were trained with"

./hllm plan "$work/job.yaml" --ranks 4 --user.tp 2 >"$work/plan" 2>"$work/said" && grep -q 'seconds' "$work/plan"
verdict "hllm plan forecasts a step"
./hllm show "$work/one/step-7" 2>"$work/said" | tee "$work/shown" | grep -q 'user_time.year.weight'
verdict "hllm show lists their tensors"

# Vectors of users.
embed() { "$MPIRUN" -n 1 ./hllm embed "$work/job.yaml" --users --checkpoint "$work/one" --to "$work/users.h5" --checkpoint_dir "$work/one" >"$work/told" 2>"$work/said" </dev/null; }
embed
verdict "vectors of users are written"

# Times that the tables do not have.
mkdir -p "$work/odd/dataset"
sed 's/,\([0-9]*\)$/,\1000/' "$work/data/dataset/synth.csv" >"$work/odd/dataset/synth.csv"
job 2 train odd --data_path "$work/odd/dataset"
[ $? -eq 3 ] && grep -q 'is no time in seconds since 1970' "$work/said"
verdict "times in milliseconds are refused"
sed 's/,[0-9]*$/,1600000000/' "$work/data/dataset/synth.csv" >"$work/odd/dataset/synth.csv"
job 2 train equal --data_path "$work/odd/dataset" --max_steps 2
grep -q 'have one time' "$work/said"
verdict "a warning says that all times are equal"
job 1 train none --model SASRec
[ $? -eq 2 ] && grep -q 'id_embedding: true' "$work/said"
verdict "models of item ids have rows already"

finish inputs
