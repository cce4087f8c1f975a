#!/bin/sh
# end-cache.sh - a User LLM is trained alone over item vectors of a file: as with a frozen Item LLM, in a fraction of the time.
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
user_llm: {hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2}
optim_args: {learning_rate: 3e-3}
topk: [5, 10]
valid_metric: NDCG@10
YAML

close() { # close NAME NAME: losses of all steps, to a millionth
    for name in "$1" "$2"; do sed -n 's/.*"kind":"step"[^[]*"loss":\([0-9.e-]*\).*/\1/p' "$work/$name/metrics.jsonl" >"$work/$name.losses"; done
    [ -s "$work/$1.losses" ] && paste "$work/$1.losses" "$work/$2.losses" | awk '{ d = ($1 - $2) / $1; if (NF < 2 || d > 1e-6 || d < -1e-6) bad = 1 } END { exit bad }'
}
exactly() { # exactly NAME NAME: losses of all steps, and gradients and weights of the user side, to the last bit
    for name in "$1" "$2"; do
        grep -o '"loss_bits":"[0-9a-f]*"\|"user_llm[^}]*}' "$work/$name/ledger.jsonl" >"$work/$name.bits"
    done
    [ "$(wc -l <"$work/$1.bits")" -gt 200 ] && cmp -s "$work/$1.bits" "$work/$2.bits"
}
embed() { # embed FILE OPTIONS...
    to=$1
    shift
    "$MPIRUN" -n 2 ./hllm embed "$work/job.yaml" --to "$work/$to" "$@" >"$work/told" 2>"$work/said" </dev/null
}
refused() { # refused WORDS RANKS COMMAND NAME OPTIONS...
    words=$1
    shift
    job "$@"
    [ $? -eq 2 ] && grep -q -e "$words" "$work/said"
    verdict "refused: $words"
}

./hllm synth "$work/data" --items 200 --users 200 --topics 10 >/dev/null 2>"$work/said"
job 1 train both --epochs 1
embed items.h5 --checkpoint "$work/both"
verdict "items are embedded"
[ $failed -eq 0 ] || finish cache
from="--load_pretrain $work/both"
cache="--item_cache $work/items.h5"
job 1 train frozen $from --freeze_ad true
job 1 train one $from $cache
verdict "a User LLM is trained over the vectors of a file"
[ $failed -eq 0 ] || finish cache
close frozen one
verdict "its losses are those with the frozen Item LLM that made them"
job 1 train bare $from $cache --text_path ""
sed -n 's/.*"kind":"step"[^[]*"loss":\([0-9.e-]*\).*/\1/p' "$work/bare/metrics.jsonl" | cmp -s - "$work/one.losses"
verdict "it reads no texts"
job 1 train anew $cache
! close one anew
verdict "and others without the weights to begin with"
[ "$(recall HLLM one)" = "$(recall HLLM frozen)" ]
verdict "so are its metrics"
grep -m 1 '"kind":"run"' "$work/one/metrics.jsonl" | grep -q '"item_cache_model":"[0-9a-f]*","item_cache_vectors":"[0-9a-f]*"'
verdict "the record says whose vectors they are"
./hllm show "$work/one/step-14" >"$work/shown" 2>"$work/said" && grep -q logit_scale "$work/shown" && ! grep -q item_llm/item_embedding "$work/shown"
verdict "a checkpoint has no item vectors"
job 2 train shares $from $cache --item.tp 2 --user.tp 2
close one shares
verdict "losses are the same where two ranks have a part of the vectors each"
for zero in 1 3; do
    job 2 train zero-$zero $from $cache --zero $zero
    close one zero-$zero
    verdict "and where they divide what zero $zero divides"
done
job 3 train apart $from $cache --placement separate --item.dp 1 --user.pp 2
close one apart
verdict "and on three ranks, the users' apart in two stages"
for ranks in 1 2; do job $ranks train exact-$ranks $from $cache --exact.groups 2 --ledger true; done
./hllm diff "$work/exact-1" "$work/exact-2" 2>"$work/said" | grep -q 'to the last bit'
verdict "one rank and two have the same bits, where they are promised"
job 2 train stopped $from $cache --max_steps 9
cp -r "$work/stopped" "$work/halted"
job 1 train stopped $from $cache
grep -q 'going on\|goes on\|continuing' "$work/said" && close one stopped
verdict "a training goes on at another number of ranks"
job 2 eval again $cache --checkpoint "$work/one"
[ "$(row HLLM again)" = "$(row HLLM one)" ]
verdict "an evaluation over the same vectors says what the test said"
job 1 train long $from $cache --MAX_ITEM_LIST_LENGTH 1000 --max_steps 2
verdict "histories may have 1,000 items"
job 1 train sasrec $cache --user_model SASRec --embedding_size 16 --n_heads 2 --max_steps 2
verdict "the user model may be another one"
embed users.h5 --users $cache --checkpoint "$work/one"
verdict "vectors of users are made over those of the items"
./hllm plan "$work/job.yaml" $cache --ranks 4 >"$work/plan" 2>"$work/said" && grep -q seconds "$work/plan"
verdict "hllm plan forecasts a step"

job 2 train auto $from --item_cache auto --max_steps 9
[ -s "$work/auto/items.h5" ] && grep -q 'were encoded' "$work/said"
verdict "item_cache auto embeds at the start"
job 1 train auto $from --item_cache auto
! grep -q 'were encoded' "$work/said" && close one auto
verdict "once, and the training goes on with the same losses"

# Where each text is encoded alone, and its projections are wide enough to be summed alike in training and for a file, its
# vector has the same bits in every batch.
alone="--item_llm.hidden_size 264 --user_llm.hidden_size 264 --chunk_tokens 1 --share_prefix false --share_tokens false"
job 1 train wide $alone --epochs 1
embed wide.h5 --checkpoint "$work/wide" $alone
bits="$alone --load_pretrain $work/wide --ledger true"
for layout in "1" "2 --placement separate --item.dp 1" "3 --placement separate --item.dp 1 --user.pp 2"; do
    set -- $layout
    ranks=$1
    shift
    rm -rf "$work/wide-frozen" "$work/wide-one"
    job "$ranks" train wide-frozen $bits --freeze_ad true "$@"
    job "$ranks" train wide-one $bits --item_cache "$work/wide.h5" "$@"
    exactly wide-frozen wide-one
    verdict "over the same vectors, training has the bits of one with the frozen Item LLM: $layout"
done

# item_cache auto makes vectors anew where the model or a text is another one, and keeps those that a run goes on with.
encoded() { # encoded: how many texts the last job has encoded for its file
    sed -n 's/.*of which \([0-9]*\) were encoded.*/\1/p' "$work/said"
}
job 1 train both-2 --epochs 1 --seed 7
job 1 train renew $from --item_cache auto --max_steps 2
all=$(encoded)
rm -rf "$work/renew/step-"* "$work/renew/latest" "$work/renew/best"
job 1 train renew $from --item_cache auto --max_steps 2
[ "$all" -gt 100 ] && [ "$(encoded)" -eq 0 ]
verdict "without checkpoints item_cache auto looks at its vectors again, and takes those of the same model"
rm -rf "$work/renew/step-"* "$work/renew/latest" "$work/renew/best"
cp "$work/renew/items.h5" "$work/first.h5"
job 1 train renew --load_pretrain "$work/both-2" --item_cache auto --max_steps 2
[ "$(encoded)" -eq "$all" ] && ! cmp -s "$work/first.h5" "$work/renew/items.h5"
verdict "those of another model are made anew"
job 1 train renew $from --item_cache auto --resume false --max_steps 2
[ "$(encoded)" -eq "$all" ] && [ -s "$work/renew/old-1/items.h5" ] && cmp -s "$work/first.h5" "$work/renew/items.h5"
verdict "a run that begins anew leaves its vectors to the old one"
mkdir -p "$work/texts"
item=$(sed -n 2p "$work/data/dataset/synth.csv" | cut -d, -f1)
sed "s/^$item,.*/$item,another title,altogether/" "$work/data/information/synth.csv" >"$work/texts/synth.csv"
texts="--text_path $work/texts --dataset_dir $work/texts/synth.hllm"
refused 'was trained on other data than' 1 train renew $from --item_cache auto $texts
rm -rf "$work/renew/step-"* "$work/renew/latest" "$work/renew/best"
job 1 train renew $from --item_cache auto $texts --max_steps 2
[ "$(encoded)" -eq 1 ] && ! cmp -s "$work/first.h5" "$work/renew/items.h5"
verdict "of an item whose text is another one the vector is made anew, of the others it is kept"

# Other data, other vectors, other shapes.
mkdir -p "$work/order/dataset"
{ head -n 1 "$work/data/dataset/synth.csv" && tail -n +2 "$work/data/dataset/synth.csv" | tac; } >"$work/order/dataset/synth.csv"
job 2 train order --data_path "$work/order/dataset" $cache --max_steps 2 --item.tp 2
verdict "items are found in another order"
mkdir -p "$work/more/dataset"
{ cat "$work/data/dataset/synth.csv" && sed -n 2,4p "$work/data/dataset/synth.csv" | sed 's/^[^,]*/unknown/' && sed -n 2,4p "$work/data/dataset/synth.csv" | sed 's/^[^,]*/unheard/'; } >"$work/more/dataset/synth.csv"
refused '2 of the [0-9]* items of the data have no vector in .*items.h5, the first is "un[a-z]*"; embed' 2 train more --data_path "$work/more/dataset" $cache --item.tp 2
# The catalogue grows: two items more, with texts.
mkdir -p "$work/grown/dataset" "$work/grown/information"
sed 's/unknown/n1/; s/unheard/n2/' "$work/more/dataset/synth.csv" >"$work/grown/dataset/synth.csv"
{ cat "$work/data/information/synth.csv" && echo 'n1,a new one,x' && echo 'n2,another new one,y'; } >"$work/grown/information/synth.csv"
grown="--data_path $work/grown/dataset --text_path $work/grown/information"
cp "$work/items.h5" "$work/grown.h5"
embed grown.h5 --checkpoint "$work/both" $grown
[ "$(encoded)" -eq 2 ]
verdict "of new items alone vectors are made, beside those that are there"
job 2 train grown $from --item_cache "$work/grown.h5" $grown --max_steps 2
verdict "and the User LLM is trained with them"

refused 'has vectors of 16 numbers, and the user model is 24 wide' 1 train wide $cache --user_llm.hidden_size 24
refused 'has rows of its own' 1 train ids $cache --model SASRec
job 1 train users --item_cache "$work/users.h5"
[ $? -eq 3 ] && grep -q 'and vectors of items are wanted' "$work/said"
verdict "vectors of users are not taken"
job 1 train none --item_cache "$work/job.yaml"
[ $? -eq 3 ] && grep -q 'is no HDF5 file of vectors' "$work/said"
verdict "nor what is none"
embed others.h5
refused 'was trained with other item vectors than .*others.h5 has: those of .*items.h5' 1 train halted $from --item_cache "$work/others.h5"
refused 'was trained with the item vectors of .*items.h5; give item_cache' 1 train halted $from
refused 'was trained with an Item LLM' 1 train frozen $from $cache --freeze_ad true
refused 'was trained with other item vectors' 1 eval others --item_cache "$work/others.h5" --checkpoint "$work/one"
refused 'has no Item LLM' 1 eval others --checkpoint "$work/one"
job 1 eval stale --item_cache "$work/others.h5" --checkpoint "$work/both"
verdict "the user side of both models is evaluated over any vectors"
./hllm export "$work/job.yaml" $cache --checkpoint "$work/one" --to "$work/out" >/dev/null 2>"$work/said"
[ $? -eq 2 ] && grep -q 'has no Item LLM to export' "$work/said"
verdict "it has no form of other programs"


# How much age costs.
HLLM=$PWD/hllm sh "$top/experiments/quality/cache-age.sh" --dir "$work/age" --seeds "1 2" --ages "0 1" --joint 2 --more 1 "$work/job.yaml" >"$work/told" 2>"$work/said"
[ $? -eq 0 ] && [ "$(awk -F '\t' 'NR > 1 && $2 > 0' "$work/age/age.tsv" | wc -l)" -eq 3 ] && grep -q '^age-1 - full ' "$work/age/compare.txt"
verdict "cache-age.sh says what vectors of each age give"
! cmp -s "$work/age/1/items-0.h5" "$work/age/1/items-1.h5" && [ "$(ls "$work/age/2/both" | grep -c step)" -eq 2 ]
verdict "by the Item LLM of each epoch"
HLLM=$PWD/hllm sh "$top/experiments/quality/cache-age.sh" --dir "$work/age" --ages "0 2" --joint 2 "$work/job.yaml" >"$work/told" 2>"$work/said"
[ $? -eq 1 ] && grep -q 'vectors of age 0 to 1' "$work/said"
verdict "and refuses an age that there is not"

finish cache
