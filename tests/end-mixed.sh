#!/bin/sh
# end-mixed.sh - texts read by an Item LLM, users by the blocks of SASRec or HSTU: from training to the vectors of users.
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
epochs: 2
item_llm: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2}
user_pretrain_dir: $work/nowhere
embedding_size: 16
hstu_embedding_size: 16
n_layers: 2
n_heads: 2
optim_args: {learning_rate: 3e-3}
topk: [5, 10]
valid_metric: NDCG@10
YAML

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
for user in SASRec HSTU; do
    job 1 train $user-1 --user_model $user
    verdict "texts are trained with the user blocks of $user"
    [ $failed -eq 0 ] || finish mixed
    grep -q 'without effect.*user_pretrain_dir\|user_pretrain_dir.*no effect' "$work/said"
    verdict "a folder of a User LLM has no effect, and the log says so"
    job 2 train $user-shares --user_model $user --item.tp 2 --user.tp 2
    alike $user-1 $user-shares
    verdict "losses are the same where two ranks share both models"
    job 2 train $user-zero --user_model $user --zero 1 --activation_budget 0
    alike $user-1 $user-zero
    verdict "and where they divide samples and moments"
    job 3 train $user-apart --user_model $user --placement separate --item.dp 1 --user.pp 2
    alike $user-1 $user-apart
    verdict "and where the users have two stages of their own"
    job 2 train $user-stopped --user_model $user --max_steps 9
    job 1 train $user-stopped --user_model $user
    grep -q 'going on\|goes on\|resum' "$work/said" && alike $user-1 $user-stopped
    verdict "a training goes on at another number of ranks"
    job 2 eval $user-eval --user_model $user --checkpoint "$work/$user-1"
    [ "$(row HLLM $user-eval)" = "$(row HLLM $user-1)" ]
    verdict "it is evaluated as it was tested"
    job 1 train $user-adapter --user_model $user --embedding_size 24 --hstu_embedding_size 24 --adapter linear --max_steps 2
    verdict "an adapter makes vectors as wide as the users' model"
    ./hllm plan "$work/job.yaml" --user_model $user --ranks 4 --user.tp 2 >"$work/plan" 2>"$work/said" && grep -q 'seconds' "$work/plan"
    verdict "hllm plan forecasts a step"
    for side in items users; do
        flag=
        [ $side = items ] || flag=--users
        "$MPIRUN" -n 2 ./hllm embed "$work/job.yaml" $flag --user_model $user --checkpoint "$work/$user-1" --to "$work/$user-$side.h5" >"$work/told" 2>"$work/said" </dev/null
        verdict "vectors of $side are written"
    done
    ./hllm export "$work/job.yaml" --user_model $user --checkpoint "$work/$user-1" --to "$work/$user-out" --form both >"$work/told" 2>"$work/said"
    verdict "its weights are exported"
    [ -f "$work/$user-out/item/config.json" ] && [ ! -e "$work/$user-out/user" ] && [ -f "$work/$user-out/hllm.safetensors" ]
    verdict "to a folder for the items, and to a state dict"
    "$MPIRUN" -n 2 ./hllm import "$work/job.yaml" --user_model $user --item.tp 2 --user.tp 2 --from "$work/$user-out/hllm.safetensors" --to "$work/$user-in" >"$work/told" 2>"$work/said" </dev/null
    verdict "and imported, a share on each rank"
    ! grep -q 'of no part of HLLM' "$work/said"
    verdict "all of it"
    job 1 eval $user-back --user_model $user --checkpoint "$work/$user-in"
    [ "$(row HLLM $user-back)" = "$(row HLLM $user-1)" ]
    verdict "to the same weights"
done
! alike SASRec-1 HSTU-1
verdict "the two have other losses"
job 1 eval other --user_model HSTU --checkpoint "$work/SASRec-1"
[ $? -eq 2 ] && grep -q 'user_model was SASRec and is HSTU' "$work/said"
verdict "weights are not taken by another user model"
for ranks in 1 2; do
    job $ranks train exact-$ranks --user_model SASRec --epochs 1 --exact.groups 2 --ledger true
done
./hllm diff "$work/exact-1" "$work/exact-2" 2>"$work/said" | grep -q 'to the last bit'
verdict "one rank and two have the same bits, where they are promised"

refused() { # refused WORDS OPTIONS...
    words=$1
    shift
    job 1 train none "$@"
    [ $? -eq 2 ] && grep -q -e "$words" "$work/said"
    verdict "refused: $words"
}
refused 'item_llm.hidden_size 16 and embedding_size 24 differ' --user_model SASRec --embedding_size 24
refused 'does not divide into n_heads' --user_model HSTU --n_heads 3
refused 'has gelu in its layers' --user_model SASRec --hidden_act silu
refused 'SASRec learns a position for each' --user_model SASRec --MAX_ITEM_LIST_LENGTH_TEST 9
refused 'no order of sums to promise' --user_model HSTU --exact.groups 2
refused 'user_model' --user_model EASE

finish mixed
