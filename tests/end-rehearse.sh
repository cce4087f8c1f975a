#!/bin/sh
# end-rehearse.sh - hllm rehearse: a step in simulated time sends what a real one sends, takes what hllm plan says where nobody waits,
# and names the ranks of a deadlock.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

# Windows of two items, and texts of which each is one of its own and has as many tokens as may be: every batch has one shape.
cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title, description]
tokenizer: bytes
item_prompt: ""
MAX_TEXT_LENGTH: 28
MAX_ITEM_LIST_LENGTH: 1
batch_size: 16
chunk_tokens: 100
dedup: false
share_prefix: false
share_tokens: false
activation_budget: -1
placement: colocated
item_llm: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 4, num_attention_heads: 4}
user_llm: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4}
YAML

mkdir "$work/tmp"
rehearse() {
    TMPDIR=$work/tmp ./hllm rehearse "$work/job.yaml" "$@" >"$work/out" 2>"$work/said"
}

if ! [ -x ./hllm-rehearse ]; then
    rehearse --ranks 2 --platform none.xml
    [ $? -eq 2 ] && grep -q "libsimgrid-dev" "$work/said"
    verdict "without SimGrid a sentence says how to get it"
    skip "everything else: this hllm was configured without SimGrid"
    finish rehearse
fi

for kind in flat fat-tree dragonfly; do
    "$top/experiments/platforms/make.sh" $kind 8 2 3 10 "$work/$kind"
    [ $? -eq 0 ] && [ "$(wc -l <"$work/$kind.hosts")" -eq 16 ] && rehearse --ranks 4,16 --platform "$work/$kind.xml" \
        && [ "$(grep -c replicas "$work/out")" -eq 2 ] && grep -q "^simulated on" "$work/out"
    verdict "on a $kind two numbers of ranks make two lines, which say that they are simulated"
done
"$top/experiments/platforms/make.sh" torus 8 2 3 10 "$work/torus" 2>"$work/said"
[ $? -eq 2 ] && [ ! -e "$work/torus.xml" ]
verdict "a kind of platform that there is not is refused"

# value KEY: the first number of this name in the answer.
value() {
    sed -n "s/^ *\"$1\": \([0-9.e+-]*\),*$/\1/p" "$work/out" | head -n 1
}
rehearse --ranks 1 --platform "$work/flat.xml" --json && [ "$(grep -c '"simulated": true' "$work/out")" -eq 2 ] \
    && tr -d '", ' <"$work/out" | awk -F : '
        $1 == "phase" { act = $2 }
        $1 == "most" { most = $2 }
        $1 == "forecast" && act ~ /_(forward|backward)$|update/ { n++; bad += !(most > 0 && (most - $2) ^ 2 < 4e-18) }
        END { exit n != 5 || bad }'
verdict "what computes takes the seconds of hllm plan"

# sent GROUP: bytes of all ranks, of the rehearsal and of the second step of a training.
sent() {
    rehearsed=$(value "$1")
    trained=$(grep '"kind":"step"' "$work/run/metrics.jsonl" | tail -n 1 | sed 's/.*"sent":{\([^}]*\)}.*/\1/' | tr ',' '\n' | sed -n "s/^\"$1\":\(.*\)/\1/p")
    echo "${rehearsed:-none} ${trained:-none}" | awk '{ print; exit !($1 > 0 && ($1 / $2 - 1) ^ 2 < 1e-10) }'
}
./hllm synth "$work/data" --items 300 --users 200 --topics 10 >/dev/null 2>&1
compare() { # OPTIONS...
    rm -rf "$work/run"
    job 8 run --max_steps 2 "$@" && rehearse --ranks 8 --platform "$work/flat.xml" --json "$@"
}
compare --item.tp 2 --item.pp 2 --user.tp 2 && sent item_tp && sent item_pp && sent item_dp && sent user_tp && sent user_dp
verdict "at 8 ranks of two stages and two shares each group sends the bytes of a real step"
compare --zero 1 && sent item_dp && sent user_dp && compare --overlap true && sent item_dp
verdict "sharded and overlapped, the replicas send the bytes of a real step"
compare --zero 3 && sent item_dp && sent user_dp
verdict "with zero 3 the replicas send the bytes of a real step"

# Rank 3 leaves the sum of the Item LLM out: acts are counted from 1.
lost=$(./hllm plan "$work/job.yaml" --made-up --ranks 8 --rank 3 | sed '1,/^rank 3 does/d' | awk '$1 == "sum_item" { print n + 1 } { n += NF > 1 && $2 ~ /^[0-9]+$/ ? NF - 1 : NF == 1 }')
HLLM_FAULT=step-lose:3:$lost rehearse --ranks 8 --platform "$work/flat.xml"
[ $? -eq 1 ] && grep -q "8 of 8 ranks wait for what nobody sends" "$work/said" && grep -q "ranks 0-2, 4-7 wait in a sum .* act sum_item" "$work/said" \
    && grep -q "rank 3 waits in a sum .* act sum_user" "$work/said"
verdict "where rank 3 leaves its act $lost out, the deadlock names the ranks and where each waits"

rehearse --ranks 8 --platform "$work/none.xml"
[ $? -eq 1 ] && grep -q "without an answer" "$work/said"
verdict "a platform that is not there is said"
rehearse --ranks 8 --platform "$work/flat.xml" --item.tp 2x2
[ $? -eq 2 ] && rehearse --ranks 8 --platform "$work/flat.xml" --sums best
[ $? -eq 2 ] && grep -q "halving" "$work/said"
verdict "grids of ranks, and sums by an algorithm that there is not, are refused"
[ -z "$(ls -A "$work/tmp")" ] && ! ls /dev/shm | grep -q smpi
verdict "nothing is left behind"

finish rehearse
