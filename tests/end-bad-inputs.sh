#!/bin/sh
# end-bad-inputs.sh - what is wrong with files and options ends the job on all ranks, with one sentence and its status.
#
# Runs ./hllm in the build folder, on 3 ranks and on one.  A hang is a failure: each job has half a minute.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

# A job that would run: 6 users, 8 items, the smallest of models.
good() {
    rm -rf "$work/data" "$work/text" "$work/hf" "$work/narrow" "$work/run" "$work/x.yaml"
    mkdir -p "$work/data" "$work/text" "$work/hf" "$work/narrow"
    {
        echo item,user,time
        for user in a b c d e f; do
            for at in 1 2 3 4 5 6; do echo "i$(((at * 3 + $(printf %d "'$user")) % 8)),$user,$at"; done
        done
    } >"$work/data/x.csv"
    {
        echo item_id,title
        for item in 0 1 2 3 4 5 6 7; do echo "i$item,word $item"; done
    } >"$work/text/x.csv"
    cat >"$work/x.yaml" <<YAML
data_path: $work/data
text_path: $work/text
dataset: x
text_keys: [title]
tokenizer: bytes
item_llm: {hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2}
user_llm: {hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2}
epochs: 1
nce_thres: 2
checkpoint_dir: $work/run
topk: [2]
valid_metric: NDCG@2
YAML
    command="train $work/x.yaml"
}

# start RANKS OPTIONS...: the command, without mpirun where it is one rank; its status.
start() {
    launcher="$MPIRUN -n $1"
    [ "$1" -gt 1 ] || launcher=
    shift
    timeout -k 5 "$hangs" $launcher ./hllm $command "$@" >"$work/out" 2>"$work/said" </dev/null
}

# What a job leaves: its run folder, but for who had it last, and the names of files that are not finished.
left() {
    find "$work/run" -type f ! -name lock -exec cksum {} + 2>/dev/null
    find "$work/run" "$work"/*/*.tmp "$work"/*/*.new 2>/dev/null
}
complains() { # complains WORDS: one sentence, with them, nothing on standard output, and everybody has gone
    [ "$(grep -c '^hllm: error: ' "$work/said")" -eq 1 ] && grep '^hllm: error: ' "$work/said" | grep -qF -e "$1" && [ ! -s "$work/out" ] && nobody_runs
}
# bad STATUS WORDS SENTENCE OPTIONS...: what was just spoiled ends so; then everything is good again.
bad() {
    status=$1 words=$2 sentence=$3 trouble=
    shift 3
    before=$(left)
    for ranks in 3 1; do
        start $ranks "$@"
        got=$?
        [ $got -eq "$status" ] || trouble="$trouble; status $got on $ranks ranks"
        complains "$words" || trouble="$trouble; other words on $ranks ranks"
        [ "$status" -eq 4 ] || [ "$(left)" = "$before" ] || trouble="$trouble; $ranks ranks leave something half done"
        [ -z "$trouble" ] || break
    done
    [ -z "$trouble" ]
    verdict "$sentence ends with status $status and one sentence$trouble"
    good
}

# little_endian N: a 64-bit number, as a safetensors file begins.
little_endian() {
    number=$1
    for byte in 1 2 3 4 5 6 7 8; do
        printf "\\$(printf %03o $((number % 256)))"
        number=$((number / 256))
    done
}
# model FOLDER WIDTH VOCABULARY: a Hugging Face folder without weights.
model() {
    cat >"$work/$1/config.json" <<JSON
{"model_type": "llama", "hidden_size": $2, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
 "num_key_value_heads": 2, "vocab_size": $3, "rms_norm_eps": 1e-5, "rope_theta": 10000.0}
JSON
}
# weights HEADER-LENGTH HEADER BYTES [BYTE]: a Hugging Face folder in $work/hf.
weights() {
    model hf 8 300
    {
        little_endian "$1"
        printf %s "$2"
        head -c "$3" /dev/zero | tr '\000' "${4:-\\000}"
    } >"$work/hf/model.safetensors"
}
# all_tensors: the header of a file that has what the model needs, 11,488 bytes.
all_tensors() {
    at=0 comma={
    for tensor in embed_tokens:300,8 layers.0.input_layernorm:8 layers.0.self_attn.q_proj:8,8 layers.0.self_attn.k_proj:8,8 \
        layers.0.self_attn.v_proj:8,8 layers.0.self_attn.o_proj:8,8 layers.0.post_attention_layernorm:8 layers.0.mlp.gate_proj:8,8 \
        layers.0.mlp.up_proj:8,8 layers.0.mlp.down_proj:8,8 norm:8; do
        shape=${tensor#*:}
        end=$((at + 4 * $(echo "$shape" | sed 's/,/*/')))
        printf '%s"model.%s.weight":{"dtype":"F32","shape":[%s],"data_offsets":[%d,%d]}' "$comma" "${tensor%:*}" "$shape" $at $end
        at=$end comma=,
    done
    printf '}'
}
from_weights="--item_pretrain_dir $work/hf"
from_shapes="--item_llm_init false --user_llm_init false"

good
start 3 && start 1
verdict "a good job runs"
good

# ---- commands and options
command=trian
bad 2 'the nearest is "train"' "an unknown command"
command=
bad 2 'hllm --help' "no command"
command=train
bad 2 'name a YAML file first' "a missing configuration"
bad 2 'the nearest is "epochs"' "an unknown option" --epoch 3
bad 2 'is not a whole number' "an option of the wrong type" --epochs many
bad 2 'out of range' "an option out of range" --batch_size 0
bad 2 'goes from 0 to 1000' "an endless learning rate" --optim_args.learning_rate 1e30
bad 2 'checkpoint_dir is not set' "a run folder without a name" --checkpoint_dir ""
bad 2 'nearest possible is item.dp' "a layout that cannot be" --item.dp 5
export DNNL_MAX_CPU_ISA=AVX2 # a processor without bf16, where there is oneDNN
bad 2 'set precision: fp32, or --force' "a precision that is not there" --precision bf16
unset DNNL_MAX_CPU_ISA
bad 2 'set precision: fp32, or item.tp: 3' "bf16 on a grid" --precision bf16 --item.tp 3,1
bad 2 'has no steps; set ledger' "a ledger without steps" --model EASE --ledger on
bad 2 'no metric "hits"' "a metric that is not there" --valid_metric hits@2
bad 2 'begins no parameter' "a frozen prefix that nothing has" --freeze_prefix item_lm.
! grep -q 'no dataset there yet' "$work/said"
verdict "before data are prepared"
bad 2 'val_only trains none' "val_only without a checkpoint" --val_only true
command="eval $work/x.yaml"
bad 2 'neither valid nor test' "an unknown phase" --phase train
command="eval $work/x.yaml"
bad 3 'no such checkpoint' "a checkpoint that is not there" --checkpoint "$work/none"
command="eval $work/x.yaml"
: >"$work/hf/pytorch_model.bin"
bad 3 'too short for a file of weights' "an empty file as a checkpoint" --checkpoint "$work/hf/pytorch_model.bin"
command="show $work/none"
bad 3 'neither a dataset, a checkpoint nor a run folder' "showing nothing"

# ---- the configuration
printf 'epoch: 3\n' >>"$work/x.yaml"
bad 2 'x.yaml:13: ' "an unknown key in the file"
printf 'seed: [1, 2]\n' >>"$work/x.yaml"
bad 2 'x.yaml:13: ' "a list where a number belongs"
printf 'optim_args:\n\tlearning_rate: 1\n' >>"$work/x.yaml"
bad 2 'x.yaml:14: a tab' "a tab in the file"
printf 'loss: "nce\n' >>"$work/x.yaml"
bad 2 'this is not YAML' "a quote that the file does not close"
printf 'dataset: y\n' >>"$work/x.yaml"
bad 2 'x.yaml:13: "dataset" is there twice' "a key that comes twice"
rm "$work/x.yaml"
bad 2 'cannot be opened' "a configuration that is not there"

# ---- numbers
bad 4 'nce_thres 0.01 takes vectors for equal that are not' "a threshold that masks every negative" --nce_thres 0.01
bad 4 'step 0: every negative is masked as a false one (cosine with the target above nce_thres 0.9): random weights give' \
    "random weights that are too small" --nce_thres 0.9 --item_llm.initializer_range 0.01
bad 4 'raise item_llm.initializer_range (0), to 0.35' "random weights that are zero" --item_llm.initializer_range 0
sed -i '3,$s/,.*/,the same/' "$work/text/x.csv"
bad 4 '6 of 8 items have the tokens of another one' "nearly all texts equal, so that every negative is masked" --nce_thres 0.99
sed -i '3,8d' "$work/text/x.csv"
start 3 --nce_thres 0.99 && grep -q 'negatives are masked.*: 6 of 8 items have no row of text' "$work/said" && ! grep -q learning_rate "$work/said"
verdict "masked negatives are put down to missing texts, not to the learning rate"
good
bad 4 'lower optim_args.learning_rate' "a loss that explodes" --optim_args.learning_rate 1000 --scheduler_args.warmup 0 --epochs 20 --stopping_step 100
printf 'item_id,title\ni0,a\ni1,bcd bcd\ni2,EFGH\ni3,0123456789\ni4,jjjjjj\ni5,K K K K\ni6,lm.lm.lm\ni7,-----\n' >"$work/text/x.csv"
bad 4 'training makes the item vectors collapse: lower optim_args.learning_rate (0.1)' "a learning rate that makes vectors collapse" \
    --nce_thres 0.95 --item_llm.hidden_size 16 --user_llm.hidden_size 16 --optim_args.learning_rate 0.1 --scheduler_args.type constant --epochs 30 --stopping_step 100
header=$(all_tensors)
weights ${#header} "$header" 11488 '\377'
bad 4 'are not finite' "weights that are not numbers" $from_weights

# ---- data
rm "$work/data/x.csv"
bad 3 'data/x.csv' "a missing file of interactions"
: >"$work/data/x.csv"
bad 3 'data/x.csv: is empty' "an empty file of interactions"
echo item,user,time >"$work/data/x.csv"
bad 3 'nothing to learn from' "a file of interactions with a header only"
printf 'item,user\ni1,a\n' >"$work/data/x.csv"
bad 3 'data/x.csv:1' "interactions without a column of times"
printf 'i1,a\n' >>"$work/data/x.csv"
bad 3 'data/x.csv:38' "a row without its time"
printf 'i1,a,noon\n' >>"$work/data/x.csv"
bad 3 'data/x.csv:38' "a time that is not a number"
printf 'i1,"a,7\n' >>"$work/data/x.csv"
bad 3 'data/x.csv:38' "a quote that is never closed"
printf 'i1,a\000b,7\n' >>"$work/data/x.csv"
bad 3 'data/x.csv:38' "a NUL byte"
printf 'item,user,time\ni1,a,1\ni2,a,2\ni3,a,3\n' >"$work/data/x.csv"
bad 3 'nothing to train on' "users too short to train on"
printf 'id,title\ni1,x\n' >"$work/text/x.csv"
bad 3 'item_id' "a text file without item_id"
printf 'item_id,name\ni1,x\n' >"$work/text/x.csv"
bad 3 'title' "a text file without the column of a text key"
printf 'i1,\377\n' >>"$work/text/x.csv"
bad 3 'text/x.csv:10: byte 0xFF' "a text that is not UTF-8"
bad 3 'none.json' "a file of reference_scores that is not there" --reference_scores "$work/none.json"
rows() { # rows TEXT: a file of reference_scores
    printf '%s\n' "$1" >"$work/rows.json"
}
rows '{"oracle": {"recall@2": NaN}}'
bad 3 'rows.json: not a JSON object' "a reference that is not a number" --reference_scores "$work/rows.json"
rows '{"oracle": {"recall@2": "0.4"}}'
bad 3 'recall@2 of "oracle" is not a number' "a reference that is a text" --reference_scores "$work/rows.json"
rows '{"oracle": {"recall@2": 40.1}}'
bad 3 'a fraction, not per cent' "a reference in per cent" --reference_scores "$work/rows.json"
rows '{"oracle": 3}'
bad 3 'has no object of metrics' "a reference without metrics" --reference_scores "$work/rows.json"
rows '{"name": "made up", "users": 10, "oracle": {"recall@2": 40.1}}'
bad 3 'recall@2 of "oracle" is not' "a reference in per cent, with facts beside it" --reference_scores "$work/rows.json"
figures='"gemm": [{"width": 64, "gflops": 20}], "stream_gbs": 10, "latency_s": 1e-6, "bandwidth_gbs": 2'
for odd in 's/20/-20/' 's/20/"fast"/' 's/: 10,/: 1e30,/' 's/1e-6/-1/' 's/"width": 64, //' 's/"bandwidth_gbs": 2/"bandwidth_gbs": null/' 's/.*//'; do
    printf '{%s}\n' "$figures" | sed "$odd" >"$work/calibration.json"
    bad 3 'make it with hllm bench calibrate' "a calibration changed by $odd" --calibration "$work/calibration.json"
done
bad 3 'calibration cannot be read' "a calibration that is not there" --calibration "$work/none.json"
bad 3 'load_pretrain cannot be read' "initial weights that are not there" --load_pretrain "$work/none"
bad 2 'items a step; the most is' "more items a step than can be counted" --batch_size 100000000
bad 3 'no such tokenizer' "a tokenizer that is not there" --tokenizer "$work/none"
bad 3 'not the vocabulary of a BERT' "a tokenizer that is none" --tokenizer "$work/x.yaml"

# ---- pipes that nobody writes, and what is found missing before anything is read
pipe() { # pipe FILE: in its place
    rm -f "$1"
    mkfifo "$1"
}
pipe "$work/data/x.csv"
bad 3 'data/x.csv: is a pipe, not a file' "interactions that are a pipe"
pipe "$work/text/x.csv"
bad 3 'text/x.csv: is a pipe, not a file' "texts that are a pipe"
pipe "$work/rows.json"
bad 3 'rows.json: is a pipe, not a file; correct reference_scores' "reference rows that are a pipe" --reference_scores "$work/rows.json"
pipe "$work/calibration.json"
bad 3 'calibration.json: is a pipe, not a file' "a calibration that is a pipe" --calibration "$work/calibration.json"
model hf 8 300
pipe "$work/hf/model.safetensors"
bad 3 'model.safetensors: is a pipe, not a file' "weights that are a pipe" $from_weights
pipe "$work/hf/config.json"
bad 3 'config.json: is a pipe, not a file' "a shape that is a pipe" $from_weights
pipe "$work/hf/tokenizer.model"
bad 3 'tokenizer.model: is a pipe, not a file' "a tokenizer that is a pipe" --tokenizer "$work/hf/tokenizer.model"
pipe "$work/x.yaml"
bad 2 'x.yaml: cannot be read: Connection timed out' "a configuration that is a pipe"
rm -f "$work/rows.json" "$work/calibration.json"
cat "$work/x.yaml" >"$work/y.yaml"
pipe "$work/x.yaml"
cat "$work/y.yaml" >"$work/x.yaml" &
start 1
verdict "a configuration may come out of a pipe that somebody writes"
rm -f "$work/y.yaml"
good
rm "$work/text/x.csv"
bad 3 'text/x.csv: cannot be read: No such file' "a missing file of texts"
! grep -q 'no dataset there yet' "$work/said"
verdict "missing texts are found before interactions are read"
rows '{"\u001b[2J\u009b1mrow\u007f": {"recall@2": 0.4}}'
start 1 --reference_scores "$work/rows.json" && grep -q '^?\[2J??1mrow?' "$work/out"
verdict "the title of a row of reference_scores cannot act on a terminal"
rm -f "$work/rows.json"
good

# warns WORDS SENTENCE: the job runs, and says these words at the start and again below its table.
warns() {
    start 3 --checkpoint_dir "$work/run"
    [ $? -eq 0 ] && [ "$(grep '^hllm: warning: ' "$work/said" | grep -cF -e "$1")" -eq 2 ]
    verdict "$2 is a warning at the start and beside the metrics"
    rm -rf "$work/run"
    start 3 --checkpoint_dir "$work/run"
    [ $? -eq 0 ] && grep -q 'found .*x-[0-9a-f]*\.hllm' "$work/said" && [ "$(grep '^hllm: warning: ' "$work/said" | grep -cF -e "$1")" -eq 2 ]
    verdict "$2 is one, too, where the dataset was found"
    good
}

# ---- data that can be read and cannot be right
sed -i '2~3s/^\(i[0-9]*\),/\1 ,/' "$work/data/x.csv"
warns "would match but for blanks or quotes around them ('i" "a blank behind some ids"
sed -i '3,5d' "$work/text/x.csv"
warns "3 of 8 items (38 %) have no row of text" "a third of the texts missing"
sed -i '2~2s/$/000000000/' "$work/data/x.csv"
warns "18 of 36 times are a thousandfold apart" "times in two units"
sed -i '2,$s/,[0-9]*$/,7/' "$work/data/x.csv"
warns "no user has interactions at different times" "one time for all"
sed -n '2,$p' "$work/data/x.csv" >"$work/twice"
cat "$work/twice" >>"$work/data/x.csv"
rm "$work/twice"
warns "of 72 interactions have the item, the user and the time of another one" "a file that holds its rows twice"
sed -i '2,$s/^i/i0/' "$work/text/x.csv"
bad 3 'none of the 8 items of the interactions' "texts of other items"
sed -i '2,$s/^\(i[0-9]*\),/\1.0,/' "$work/text/x.csv"
bad 3 "8 would match but for a trailing .0 ('i" "ids that a spreadsheet has changed"
sed -i '2,$s/,.*/,the same/' "$work/text/x.csv"
bad 3 'text/x.csv: all 8 texts are equal (0 are truncated)' "texts that are all equal"
bad 3 'text/x.csv: 8 of 8 texts end inside the prompt' "a prompt that fills MAX_TEXT_LENGTH" --MAX_TEXT_LENGTH 20 --item_prompt 'Compress the following: '
sed -i '2,$s/^\(i[0-9]*\),/\1\x1b[31m\t,/' "$work/text/x.csv"
bad 3 "(as 'i0\\x1B[31m\\t', 'i1\\x1B[31m\\t')" "ids that would act on a terminal"
sed -i 's/^item,user,time/user,thing,when/' "$work/data/x.csv"
bad 3 'data/x.csv:1: the header names only some of item, user and timestamp' "a header that names one column in another place"
sed -i 1d "$work/data/x.csv"
bad 3 'data/x.csv:1: the first line looks like an interaction' "a file without a header"
gzip "$work/data/x.csv"
bad 3 'data/x.csv: is not there, but x.csv.gz is' "a compressed file"
start 3 --model EASE --ease_l2 1 && sed -i '1s/.*/user_id,item_id,timestamp/;2,$s/^\([^,]*\),\([^,]*\),/\2,\1,/' "$work/data/x.csv" &&
    mv "$work/out" "$work/plain" && start 3 --model EASE --ease_l2 1 --checkpoint_dir "$work/run2" && cmp -s "$work/plain" "$work/out" &&
    grep -q "columns by their names: item is 'item_id' (column 2)" "$work/said"
verdict "columns in another order give the same metrics"
rm -rf "$work/run2" "$work/plain"
good

# ---- models
bad 3 'none: no such folder' "a folder of weights that is not there" --item_pretrain_dir "$work/none"
echo '{"model_type":"gpt9"}' >"$work/hf/config.json"
bad 3 'gpt9' "a kind of model that is not known" $from_weights
model hf 8 300
: >"$work/hf/pytorch_model.bin"
bad 3 'too short for a file of weights' "an empty file of PyTorch" $from_weights
model hf 8 300
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' >"$work/hf/model.safetensors"
bad 3 'git lfs pull' "a pointer of Git LFS" $from_weights
mkdir -p "$work/hf/snapshots/abc"
echo '{}' >"$work/hf/snapshots/abc/config.json"
bad 3 'hf/snapshots/abc, so name that' "the root of a hub's cache" $from_weights
model hf 8 300
sed -i 's/"rope_theta": 10000.0/"rope_theta": 5, "rope_parameters": {"rope_theta": 6}/' "$work/hf/config.json"
bad 3 'rope_theta says a theta of 5, rope_parameters one of 6' "two thetas" $from_weights $from_shapes
weights 1000 '{"a":{' 0
bad 3 'model.safetensors' "a header that is cut off" $from_weights
weights 1152921504606846976 '{}' 0
bad 3 'model.safetensors' "a header of 2^60 bytes" $from_weights
header='{"model.embed_tokens.weight":{"dtype":"F32","shape":[300,9],"data_offsets":[0,10800]}}'
weights ${#header} "$header" 10800
bad 3 'model.embed_tokens.weight is (300, 9) where (300, 8) is wanted' "a tensor of the wrong shape" $from_weights
weights ${#header} "$header" 100
bad 3 'leave the file' "a tensor that is cut off" $from_weights
header=$(all_tensors | sed 's/model.norm/model.nrom/')
weights ${#header} "$header" 11488
bad 3 'model.norm.weight is missing' "a tensor that is missing" $from_weights
header=$(all_tensors)
weights ${#header} "$header" 11488 '\377'
bad 4 'hf: item_llm.model.embed_tokens.weight [0, 0] is nan' "weights that are no numbers" $from_weights
spoil() { # spoil TOKEN: the first number of its vector is infinite, all others of the model are zero
    weights ${#header} "$header" 11488
    printf '\000\000\200\177' | dd of="$work/hf/model.safetensors" bs=1 seek=$((8 + ${#header} + 32 * $1)) conv=notrunc 2>/dev/null
}
seven=$(($(printf %d "'7") + 3))
spoil $seven
bad 4 "embed_tokens.weight [$seven, 0] is inf, the vector of token $seven, which item \"i7\" is the first to have" "a token's vector that overflowed" $from_weights
spoil 290
bad 4 'the vector of token 290, which no item has' "a token's vector that nobody reads and that overflowed" $from_weights
weights ${#header} "$header" 11488
bad 4 'texts of the first step are equal' "a model that does not look at texts" $from_weights
weights ${#header} "$header" 11488
command="eval $work/x.yaml"
bad 4 'texts are equal, so nothing can be ranked' "an evaluation of a model that does not look at texts" $from_weights
model hf 8 300
model narrow 4 300
bad 2 'the Item LLM is 8 wide, the user model 4' "two widths" $from_weights --user_pretrain_dir "$work/narrow" $from_shapes
bad 2 'hidden_size 8 and user_llm.hidden_size 16 differ' "two widths in the file" --user_llm.hidden_size 16
model hf 8 100
bad 2 'a vocabulary of 100' "a vocabulary smaller than the tokenizer's" $from_weights $from_shapes
model hf 8 130
start 3 $from_weights $from_shapes
verdict "a vocabulary smaller than the tokenizer's, but not than its ids in the texts, will do"
good
model hf 8 300
sed -i 's/llama/mistral/; s/"vocab_size"/"sliding_window": 5, &/' "$work/hf/config.json"
start 1 $from_weights $from_shapes && ! grep -q 'sliding_window' "$work/said"
verdict "texts longer than a window will do"
good

# ---- what hllm has written
trained() {
    start 3 >/dev/null
}
trained
truncate -s 100 "$work/run/step-1/model.h5"
bad 5 'model.h5' "a checkpoint that is cut off"
trained
printf X | dd of="$work/run/step-1/optimizer.h5" bs=1 seek=3000 conv=notrunc 2>/dev/null
bad 5 'optimizer.h5' "a checkpoint with a wrong byte"
trained
echo garbage >"$work/run/step-1/manifest.json"
bad 5 'manifest.json' "a checkpoint with another manifest"
trained
command="eval $work/x.yaml"
bad 2 'num_hidden_layers of the Item LLM was 1 and is 2' "a checkpoint of another model" --checkpoint "$work/run/latest" --item_llm.num_hidden_layers 2
trained
bad 2 'MAX_ITEM_LIST_LENGTH was 50 and is 3' "a run that began otherwise" --MAX_ITEM_LIST_LENGTH 3
HLLM_FAULT=evaluate-round:0:1:kill trained
echo garbage >"$work/run/metrics.jsonl"
bad 3 'metrics.jsonl: line 1' "a record that is none"
trained
truncate -s -8 "$work"/data/x-*.hllm/users-00000.h5
bad 5 'users-00000.h5' "a dataset that is cut off"
trained
printf X | dd of="$(echo "$work"/data/x-*.hllm/items-00000.h5)" bs=1 seek=600 conv=notrunc 2>/dev/null
bad 5 'items-00000.h5: is damaged' "a dataset with a wrong byte"
trained
rm "$work"/data/x-*.hllm/items-00000.h5
bad 5 'items-00000.h5' "a dataset with a file gone"
trained
made=$(echo "$work"/data/x-*.hllm)
start 3 --item_prompt other --checkpoint_dir "$work/run2" && grep -q 'prepared .*x-[0-9a-f]*\.hllm' "$work/said" && [ "$(ls -d "$work"/data/x-*.hllm | wc -l)" -eq 2 ] && [ -e "$made" ]
verdict "other settings have another dataset beside the first"
start 3 --checkpoint_dir "$work/run3" && grep -q "found $made" "$work/said"
verdict "which stays as it was"
start 3 --item_prompt third --checkpoint_dir "$work/run4" --dataset_dir "$made" && grep -q "prepared $made" "$work/said"
verdict "a dataset of a name that is given is made again where settings are others"
rm -rf "$work"/data/x-*.hllm "$work"/run[234]
good

# ---- places
bad 2 'is not a dataset of ours' "something else where the dataset belongs" --dataset_dir "$work/x.yaml"
bad 5 'x.yaml' "a run folder below a file" --checkpoint_dir "$work/x.yaml/run"
bad 5 '/proc/none' "a run folder where nobody can write" --checkpoint_dir /proc/none/run
bad 5 '/proc/none' "a dataset where nobody can write" --dataset_dir /proc/none/x

# full BLOCKS: files longer than so many times 512 bytes do not fit, on each of 3 ranks.  Shared memory is a file too.
full() {
    OMPI_MCA_btl=self,tcp UCX_TLS=self,tcp MPIR_CVAR_NOLOCAL=1 timeout -k 5 "$hangs" "$MPIRUN" -n 3 sh -c "trap '' XFSZ; ulimit -f $1; exec ./hllm $command" >"$work/out" 2>"$work/said" </dev/null
}
full 8
[ $? -eq 5 ] && complains 'items-00000.h5' && ! ls -d "$work"/data/x-*.hllm >/dev/null 2>&1 && [ -z "$(left)" ]
verdict "a dataset that finds no room ends with status 5 and one sentence, and leaves nothing"
start 3 && rm -rf "$work/run"
for blocks in 20 44; do
    full $blocks
    [ $? -eq 5 ] && complains 'model.h5: cannot find room for' && [ ! -e "$work/run/step-1" ] && [ ! -e "$work/run/latest" ]
    verdict "a checkpoint that finds room for $blocks blocks ends with status 5 and one sentence, and has no name"
done
finish bad-inputs
