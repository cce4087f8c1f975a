#!/bin/sh
# end-labels.sh - labels of targets are predicted: from a column of the interactions to AUC, at several layouts.
#
# Runs ./hllm in the build folder on made-up data, whose labels follow from the items' titles.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"
. "$top/tests/jobs.sh"

cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
MAX_TEXT_LENGTH: 32
MAX_ITEM_LIST_LENGTH: 3
batch_size: 16
epochs: 6
split: {kind: temporal, valid: 0.2, test: 0.2}
item_llm: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2, initializer_range: 0.2}
user_llm: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2, initializer_range: 0.2}
fusion: late
head_size: 16
fusion_lambda: 0.1
label_field: rating
label_positive: ">= 4"
optim_args: {learning_rate: 1e-2}
nce_thres: 2
topk: [5, 10]
valid_metric: AUC
YAML
said_of() { # said_of NAME KEY: of the test
    sed -n 's/.*"kind":"eval".*"phase":"test".*"'"$2"'":\([0-9.]*\).*/\1/p' "$work/$1/metrics.jsonl"
}
above() { # above NUMBER LEAST
    [ -n "$1" ] && awk "BEGIN { exit !($1 > $2) }"
}

./hllm synth "$work/data" --items 200 --users 400 --topics 10 >/dev/null 2>"$work/said"
plain="$work/data/dataset/synth.csv"
awk -F, 'NR == FNR { likes[$1] = substr($2, 1, 1) < "n"; next }
    FNR == 1 { print $0 ",rating:float"; next }
    { print $0 "," (likes[$1] ? 4 + FNR % 2 : 1 + FNR % 3) }' "$work/data/information/synth.csv" "$plain" >"$work/rated"
cp "$plain" "$work/unrated" && mv "$work/rated" "$plain"
for fusion in late early; do
    job 1 train $fusion --fusion $fusion
    above "$(said_of $fusion auc)" 0.75 && above "$(said_of $fusion gauc)" 0.7
    verdict "$fusion fusion learns labels that follow from titles: AUC $(said_of $fusion auc), GAUC $(said_of $fusion gauc)"
done
[ $failed -eq 0 ] || finish labels
[ "$(said_of late labels)" -gt 200 ] && [ "$(said_of late gauc_users_left_out)" -gt 0 ]
verdict "all interactions of the held-out part are predicted, and users whose labels are alike are counted"
job 2 eval other --checkpoint "$work/late" --user.tp 2 --json
grep -q "\"auc\": $(said_of late auc | cut -c1-6)" "$work/other.table"
verdict "an evaluation at two ranks says what the test said"
for fusion in late early; do
    job 1 train one --fusion $fusion --epochs 1
    job 2 train shares --fusion $fusion --epochs 1 --user.tp 2 --zero 1
    alike one shares
    verdict "$fusion fusion: losses are the same where two ranks share the User LLM"
    job 3 train stages --fusion $fusion --epochs 1 --placement separate --item.dp 1 --user.pp 2
    alike one stages
    verdict "$fusion fusion: and where it has two stages"
    for ranks in 1 2; do
        job $ranks train exact-$ranks --fusion $fusion --epochs 1 --exact.groups 2 --ledger true --user.tp 1
    done
    ./hllm diff "$work/exact-1" "$work/exact-2" 2>"$work/said" | grep -q 'to the last bit'
    verdict "$fusion fusion: one rank and two have the same bits, where they are promised"
    rm -rf "$work/one" "$work/shares" "$work/stages" "$work"/exact-*
done
inputs="--fusion early --epochs 1 --time_embedding true --time_embedding_size 4 --id_embedding true"
job 1 train added $inputs
job 2 eval other --checkpoint "$work/added" $inputs --user.pp 2 --json
grep -q "\"auc\": $(said_of added auc | cut -c1-5)" "$work/other.table"
verdict "times and ids are added to a target too, and an evaluation at two stages says what the test said"
job 1 train one --epochs 1
job 2 train stopped --epochs 1 --max_steps 3
job 1 train stopped --epochs 1
grep -q 'going on\|goes on\|resum' "$work/said" && alike one stopped
verdict "a training goes on at another number of ranks"
job 1 train none --epochs 1 --fusion_lambda 0
[ -n "$(said_of none auc)" ]
verdict "labels are trained alone where the contrastive loss has no weight"
job 1 eval other --checkpoint "$work/late" --fusion none --valid_metric ndcg@10
[ $? -eq 2 ] && grep -q 'fusion was late and is none' "$work/said"
verdict "weights are not taken without what they were trained with"
"$MPIRUN" -n 2 ./hllm export "$work/job.yaml" --checkpoint_dir "$work/late" --to "$work/dict" >"$work/out" 2>"$work/said" &&
    job 1 eval dict --checkpoint "$work/dict" --json && grep -q "\"auc\": $(said_of late auc | cut -c1-6)" "$work/dict.table"
verdict "what is exported predicts the same"
./hllm plan "$work/job.yaml" --ranks 4 --user.tp 2 >"$work/plan" 2>"$work/said" && grep -q 'seconds' "$work/plan"
verdict "hllm plan forecasts a step"
./hllm show "$work/one" 2>"$work/said" | grep -q 'label_head.0.weight'
verdict "hllm show lists their tensors"

# What is no label.
refused() { # refused EXIT SENTENCE OPTIONS...: before anything is trained
    exit=$1 sentence=$2
    shift 2
    job 2 train refused "$@"
    [ $? -eq "$exit" ] && grep -q "$sentence" "$work/said"
}
mkdir -p "$work/odd/dataset"
odd="--data_path $work/odd/dataset"
sed '5s/[0-9]*$//; 9s/[0-9]*$/good/' "$plain" >"$work/odd/dataset/synth.csv"
refused 3 "2 of .* interactions have no label in column 'rating', the first '' in line 5: it is missing" $odd
verdict "missing labels are counted and refused"
refused 3 "in line 2: it is neither 0 nor 1" --label_positive ''
verdict "numbers that are no labels are refused where nothing says which are positive"
cp "$work/unrated" "$work/odd/dataset/synth.csv"
refused 3 "'rating'" $odd
verdict "data without the column are refused"
refused 2 'fusion needs labels' --label_field '' && refused 2 'is no comparison' --label_positive 'good' &&
    refused 2 'model is SASRec' --model SASRec &&
    refused 2 'user_model is HSTU' --user_model HSTU &&
    refused 2 'split.kind: temporal' --split.kind leave_two_out --split.valid 0.1 --split.test 0.1 --valid_metric gauc &&
    refused 2 'none are predicted' --fusion none
verdict "options that do not go together are refused"
awk -F, 'NR == 1 { print; next } { print $1 "," $2 "," $3 ",5" }' OFS=, "$plain" >"$work/odd/dataset/synth.csv"
job 1 train alike $odd --max_steps 1
grep -q "training's targets are alike" "$work/said"
verdict "a warning says that all labels are alike"

finish labels
