#!/bin/sh
# end-plan.sh - hllm plan answers without ranks, for any number of them, and refuses what cannot be.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

cat >"$work/job.yaml" <<YAML
data_path: $work/nowhere
dataset: none
text_path: $work/nowhere
tokenizer: bytes
MAX_TEXT_LENGTH: 32
batch_size: 16
item_llm: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 4, num_attention_heads: 4}
user_llm: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4}
YAML

plan() {
    ./hllm plan "$work/job.yaml" "$@" >"$work/out" 2>"$work/said"
}

for ranks in 1 2 3 5 8 64; do
    plan --ranks $ranks --all && [ "$(grep -c 'copy' "$work/out")" -eq $ranks ] && grep -q "^step " "$work/out"
    verdict "a forecast for $ranks ranks has a line for each, and the step's seconds"
done
plan --ranks 64 && ! grep -q copy "$work/out" && [ "$(wc -l <"$work/out")" -lt 60 ] && grep -q "^memory MB" "$work/out" && grep -q "assumed" "$work/out"
verdict "without --all the ranks are told in short, and that the machine is assumed"


# Ranks 4-7 are those of node 1; with zero 1 the first replicas have a row more.  63 steps an epoch of 1000 samples.
number() {
    sed -n "s/^ *\"$1\": \([0-9.e+-]*\),*$/\1/p" "$work/out"
}
plan --nodes 3 --ranks-per-node 4 --zero 1 --samples 1000 --epochs 3 --node-memory 1 --json && most=$( { number state_bytes; number kept_bytes; number passing_bytes; } |
    awk '{ x[NR] = $1 } END { n = NR / 3; for (i = 1; i <= n; i++) node[int((i - 1) / 4)] += x[i] + x[i + n] + x[i + 2 * n]; for (k in node) if (node[k] > m) m = node[k]; print n, m }')
[ "${most% *}" -eq 12 ] && echo "$most $(number fullest_bytes)" | awk '{ exit !($2 > 0 && ($2 - $3) ^ 2 < (1e-5 * $2) ^ 2) }'
verdict "the fullest of three nodes holds what its four ranks do"
[ "$(number steps)" = 189.0 ] && grep -q '"fits": true' "$work/out" && echo "$(number hours) $(number node_hours)" | awk '{ exit !($1 > 0 && ($2 - 3 * $1) ^ 2 < (1e-5 * $2) ^ 2) }'
verdict "three epochs of 1000 samples are 189 steps of 16, on three nodes in node-hours"
plan --ranks 6 --nodes 2 && grep -q "^2 nodes" "$work/out" && plan --nodes 2 --ranks-per-node 3 --ranks 5
[ $? -eq 2 ] && grep -q "2 nodes of 3 ranks have 6" "$work/said"
verdict "ranks that are not nodes times ranks a node are refused"

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>&1
data="--data_path $work/data/dataset --text_path $work/data/information --dataset synth --text_keys title,description"
plan $data --ranks 3 && grep -q "^a made-up batch" "$work/out" && grep -q "unknown steps" "$work/out" \
    && ./hllm prepare "$work/job.yaml" $data >"$work/said" 2>&1 && plan $data --ranks 3 --epochs 2 --max_steps 5 && grep -q "^the first batch of the data: 16 samples" "$work/out" \
    && grep -q "^training: 5 steps" "$work/out" && plan $data --ranks 3 --made-up && grep -q "^a made-up batch" "$work/out"
verdict "prepared data give the batch and the steps"

# Recomputing changes no bit, and what auto keeps follows the room.
train() {
    ./hllm train "$work/job.yaml" $data --max_steps 3 --checkpoint_dir "$work/$1" --memory_share "$2" >"$work/said" 2>&1
}
loss() {
    grep -o '"loss":[0-9][^,]*' "$work/$1/metrics.jsonl"
}
train kept 0.8 && grep -q "activation_budget auto: .* all activations fit" "$work/said" && train again 0 \
    && grep -q "what does not fit is recomputed" "$work/said" && grep -q '"item_again":.0[.]0*[1-9]' "$work/again/metrics.jsonl" && ! grep -q '"item_again":.0[.]0*[1-9]' "$work/kept/metrics.jsonl" \
    && loss kept >"$work/a" && [ "$(wc -l <"$work/a")" -ge 3 ] && loss again | cmp -s - "$work/a" && cmp -s "$work"/kept/step-3/model.h5 "$work"/again/step-3/model.h5
verdict "activation_budget auto recomputes what does not fit, and losses and weights are the same to the last bit"
# A machine that is too fast is found out.
echo '{"gemm":[{"width":32,"gflops":100}],"stream_gbs":100,"bandwidth_gbs":100,"latency_s":1e-8}' >"$work/machine.json"
took() {
    sed -n "s/.*\"promise\":{[^}]*\"$1\":\([0-9.e-]*\).*/\1/p" "$work/taught/metrics.jsonl"
}
plan $data --calibration "$work/machine.json" --json && before=$(number step) && grep -q '"interval": null' "$work/out" \
    && ./hllm train "$work/job.yaml" $data --calibration "$work/machine.json" --max_steps 4 --checkpoint_dir "$work/taught" >"$work/said" 2>&1 \
    && ./hllm bench calibrate "$work/machine.json" --learn "$work/taught/metrics.jsonl" >"$work/said" 2>&1 && plan $data --calibration "$work/machine.json" --json \
    && grep -q '"interval": \[' "$work/out" && echo "$before $(number step) $(took promised) $(took actual)" | awk '{ exit !($3 > 0 && $4 > $3 && ($2 / $1 / ($4 / $3) - 1) ^ 2 < 1e-6) }'
verdict "a calibration learns what steps took by what was promised"
echo '{"schema":3,"gemm":[{"width":32,"gflops":100}],"stream_gbs":100,"bandwidth_gbs":100,"latency_s":1e-8,"product":[]}' >"$work/earlier.json"
plan --calibration "$work/earlier.json"
[ $? -eq 3 ] && grep -q "coefficients are of schema 3, this version has those of 7; measure again: hllm bench calibrate" "$work/said"
verdict "coefficients of an earlier calibration are refused"
"$MPIRUN" -n 1 ./hllm bench calibrate "$work/measured.json" --quick >/dev/null 2>"$work/said" && plan --ranks 4 --calibration "$work/measured.json" && grep -q "^step .* from .* to .*, as far as the calibration's fits were off" "$work/out" \
    && plan --ranks 4 --calibration "$work/measured.json" --json && awk '
        { gsub(/[],\[]/, "") } $1 == "\"step\":" && !step { step = $2 } $1 == "\"interval\":" { at = NR } at && NR == at + 1 { low = $1 } at && NR == at + 2 { high = $1 }
        END { exit !(low > 0 && low < step && step < high && (high * low / step / step - 1) ^ 2 < 1e-9) }' "$work/out"
verdict "a forecast by a calibration has an interval"
# Two ranks of one node; then as if each had had a node of its own.
"$MPIRUN" -n 2 ./hllm bench calibrate "$work/node.json" --quick >/dev/null 2>"$work/said" &&
    sed 's/"nodes":1,"ranks_per_node":2/"nodes":2,"ranks_per_node":1/; s/"level":"node"/"level":"network"/g' "$work/node.json" >"$work/network.json" && ! cmp -s "$work/node.json" "$work/network.json"
plan --ranks 4 --calibration "$work/node.json" && grep -q "all ranks are taken to be on one node" "$work/out" \
    && plan --nodes 2 --ranks-per-node 2 --calibration "$work/node.json" && grep -q "messages between nodes are taken to be as fast as within one" "$work/out" \
    && plan --nodes 2 --ranks-per-node 2 --calibration "$work/network.json" && grep -q "messages within a node are taken to be as slow as between nodes" "$work/out" \
    && plan --nodes 4 --ranks-per-node 1 --calibration "$work/network.json" && ! grep -q "are taken to be" "$work/out"
verdict "what a calibration does not know of messages is told"
sed 's/"level":"node"/"level":"network"/' "$work/node.json" >"$work/mixed.json"
plan --ranks 2 --calibration "$work/mixed.json"
[ $? -eq 3 ] && grep -q "is no calibration; make it with" "$work/said"
verdict "a calibration whose levels are mixed is refused"
./hllm bench calibrate "$work/machine.json" --learn "$work/kept/metrics.jsonl" >"$work/said" 2>&1
[ $? -eq 3 ] && grep -q "no training there had a calibration" "$work/said"
verdict "from trainings without a calibration nothing is learned"
big="--item_llm.hidden_size 2048 --item_llm.intermediate_size 5632 --user_llm.hidden_size 2048 --user_llm.intermediate_size 5632 --placement colocated"
plan $big --ranks 4 --node-memory 16 && grep -q "such a job is refused; zero: [123].* fits*$" "$work/out" \
    && plan $big --ranks 4 --node-memory 16 $(sed -n 's/.*refused; \(zero\): \([123]\) fits$/--\1 \2/p' "$work/out") && grep -q "^activation_budget auto: .* recomputed" "$work/out"
verdict "what does not fit is told with the nearest that does, which then does"

seconds() {
    awk '$1 == "step" { print $2 }' "$work/out"
}
on="--nodes 4 --ranks-per-node 2 --node-memory 16"
plan $big $on --auto && best=$(seconds) keys=$(sed -n 's/^srun .* train [^ ]* //p' "$work/out") && [ "$(grep -c '^ *--placement' "$work/out")" -eq 5 ] && grep -q '^#SBATCH --nodes=4' "$work/out" \
    && plan $big $on $keys && [ "$(seconds)" = "$best" ] && grep -q "which fits" "$work/out"
verdict "the layout that auto takes is as fast as it says, and fits"
for layout in "--zero 1" "--zero 3" "--item.tp 2 --user.tp 2" "--item.pp 2 --user.pp 2 --zero 1" "--item.pp 4 --user.pp 2 --placement hybrid" "--placement separate --zero 1"; do
    plan $big $on $layout && ! grep -q "job is refused\|more than it has" "$work/out" && seconds
done >"$work/others"
[ -s "$work/others" ] && awk -v best="$best" '$1 < 0.999 * best { print "     " $1 " is less than " best; bad = 1 } END { exit bad }' "$work/others"
verdict "no other layout that fits is faster"
plan $big --nodes 4 --ranks-per-node 2 --node-memory 1 --auto
[ $? -eq 2 ] && grep -q "none of [0-9]* layouts" "$work/said"
verdict "where none fits auto says so"
plan --ranks 1,2,8 --placement colocated && cp "$work/out" "$work/table" && plan --ranks 8 --placement colocated && awk -v step="$(seconds)" '
    $1 == 1 { one = $2; first = $4 } $1 == 8 { good = ($2 == step && ($4 - 100 * one / $2 / 8) ^ 2 < 0.02) } END { exit !(good && first == 100) }' "$work/table"
verdict "a table over ranks has their seconds, and the efficiency beside the first"
plan --ranks 1,x
[ $? -eq 2 ] && grep -q "64,256,1024" "$work/said"
verdict "a list of ranks that is none is refused"

plan --ranks 8 --item.pp 2 --item.tp 2 --zero 3 --placement hybrid --rank 7 && grep -q "hybrid on 8 ranks" "$work/out" && grep -q "^  item_pass_back" "$work/out"
verdict "a rank's list of acts is shown"
plan --ranks 4 --placement auto && grep -q "<- taken" "$work/out"
verdict "auto shows what it chose from"
plan --ranks 4 --item.pp 2 --json && grep -q '"phases"' "$work/out" && [ "$(grep -c '"rank": [0-9]*,$' "$work/out")" -eq 4 ]
verdict "as JSON too"
plan --ranks 4 --item.tp '[2, 2]' && grep -q "1 item (tp 2x2)" "$work/out"
verdict "a grid of ranks is told as one"
plan --ranks 4 --item.tp 4 --user.tp 4 --json && cp "$work/out" "$work/flat" && plan --ranks 4 --item.tp 2,2 --user.tp 2,2 --json \
    && [ "$(grep -m 1 'kept_bytes": [0-9]' "$work/out" | tr -dc 0-9)" -lt "$(grep -m 1 'kept_bytes": [0-9]' "$work/flat" | tr -dc 0-9)" ]
verdict "on a grid less is kept than where every rank has all rows"
plan --ranks 4 --item.tp 2,2,1
[ $? -eq 2 ] && grep -q "item.tp has 3 numbers" "$work/said"
verdict "a grid of three sides is refused"
plan --ranks 4 --item.tp 2,2 --exact.groups 4
[ $? -eq 2 ] && grep -q "nearest possible is item.tp 4" "$work/said"
verdict "exact sums on a grid are refused"
plan --ranks 2 --item.tp 3
[ $? -eq 2 ] && grep -q "need 3 ranks at least" "$work/said"
verdict "a layout that does not fit is refused"
plan --ranks 8 --item.pp 5
[ $? -eq 2 ] && grep -q "the most is item.pp: 4" "$work/said"
verdict "more stages than layers are refused, with the most there can be"
plan --ranks 3 --rank 3
[ $? -eq 2 ] && grep -q "there are 3 ranks" "$work/said"
verdict "a rank that is not there is refused"
plan --freeze_prefix item_lm.
[ $? -eq 2 ] && grep -q "item_lm. begins no parameter's name" "$work/said"
verdict "so is a frozen prefix that nothing has"
for much in "--num_negatives 100000000" "--batch_size 1000000" "--batch_size 100000 --MAX_ITEM_LIST_LENGTH 50"; do
    (ulimit -t 10 && exec ./hllm plan "$work/job.yaml" $much) >"$work/out" 2>"$work/said"
    [ $? -eq 2 ] && grep -q "more than hllm plan draws .*; forecast a smaller batch" "$work/said"
    verdict "what would take long is refused at once: $much"
done

finish plan
