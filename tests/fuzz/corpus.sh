#!/bin/sh
# corpus.sh FOLDER - inputs for fuzz.c to begin with, by hand and from a small job of ./hllm; what is there stays.
set -eu
corpus=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1

# seed READER NAME: standard input.
seed() {
    mkdir -p "$corpus/$1"
    cat >"$corpus/$1/$2"
}
seed csv plain <<'X'
item,user,time
a,"b ""c"", d",1
X
printf '\357\273\277a;b\r\n"1\r\n";2\r\n\r\n3;4' | seed csv marked
printf 'a\tb|c\n1\t\0002\n' | seed csv nul
printf 'a::b::c\n1::2::3\n' | seed csv colons
echo 'user_id,item_id,rating,timestamp' | seed columns movielens
printf 'item_id:token\tuser_id:token\ttimestamp:float\n1\t2\t3\n' | seed columns recbole
echo 'i1,u1,1400000000' | seed columns data
for time in 1400000000 -5 1.4e9 1400000000.0 9223372036854775807 -9223372036854775808 2014-05-13 1e400 0x10 1e-5; do printf %s "$time" | seed timestamp "$time"; done
printf 'caf\303\251 \033[2J\302\2332J \342\200\256txt \360\237\230\200 \233' | seed printable mixed
printf 'caf\303\251 \033[2J\302\205 "quoted" \\ # '"'"'x'"'"' \377' | seed quote mixed
printf ' a: [1, 2]\n- b' | seed quote yaml
echo '{"a": NaN, "a": -Infinity, "b": "\ud800\u0000", "c": 1e999, "d": 99999999999999999999}' | seed json python
echo '{"model_type": "llama", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 300, "rms_norm_eps": 1e-5, "rope_theta": 10000.0}' |
    seed hf-config llama
echo '{"model_type": "qwen2", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 300, "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 8192}, "sliding_window": 5, "use_sliding_window": true, "rope_parameters": {"rope_theta": 5}}' |
    seed hf-config qwen2
echo '{"model_type": "bert", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 300, "max_position_embeddings": 12, "type_vocab_size": 2, "pad_token_id": 0, "hidden_act": "gelu_new", "layer_norm_eps": 1e-12, "position_embedding_type": "absolute"}' |
    seed hf-config bert
echo '{"model_type": "baichuan", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 300, "max_position_embeddings": 12, "model_max_length": 12}' |
    seed hf-config baichuan
echo '{"model_type": "llama", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 300, "attention_bias": true, "rope_parameters": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 512, "beta_fast": 8, "mscale": 1, "mscale_all_dim": 0.5, "truncate": false, "rope_theta": 5}}' |
    seed hf-config yarn
header='{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"F32","shape":[2,4],"data_offsets":[0,32]},"b":{"dtype":"BF16","shape":[8],"data_offsets":[32,48]},"c":{"dtype":"I64","shape":[],"data_offsets":[48,56]}}'
{
    printf "\\$(printf %03o ${#header})\\000\\000\\000\\000\\000\\000\\000%s" "$header"
    head -c 56 /dev/zero
} | seed safetensors three
header='{"v":{"dtype":"F16","shape":[8],"data_offsets":[0,16]}}'
{
    printf "\\$(printf %03o ${#header})\\000\\000\\000\\000\\000\\000\\000%s" "$header"
    head -c 16 /dev/zero
} | seed safetensors vector
for form in "" -protocol-4 -packed -deflated -module -hostile; do
    data=${SOURCE_DIR:-$(dirname "$0")/../..}/tests/data/state-dict$form.bin
    seed pytorch "dict$form" <"$data"
done
printf '\200\002}X\001\000\000\000xctorch._utils\n_rebuild_tensor_v2\n((X\007\000\000\000storagectorch\nFloatStorage\nX\001\000\000\0000X\003\000\000\000cpuK\005tQK\000K\005\205K\001\205\211ccollections\nOrderedDict\n)RtRs.' |
    seed pickle tensor
printf '\200\004\225\020\000\000\000\000\000\000\000}\224(\214\001a\224]\224(K\001M\001\002J\377\377\377\377\212\002\001\000G?\360\000\000\000\000\000\000NeU\001b\210\211\206h\000u.' | seed pickle containers
# Pieces <unk>, <s>, </s>, "a", "_"; settings of a trainer (BPE) and a normalizer.
printf '\012\016\012\005<unk>\025\000\000\000\000\030\002\012\014\012\003<s>\025\000\000\000\000\030\003\012\015\012\004</s>\025\000\000\000\000\030\003\012\012\012\001a\025\000\000\200\277\030\001\012\014\012\003\342\226\201\025\000\000\000\300\030\001\022\002\030\002\032\004\012\000\030\001' |
    seed tokenizer bpe
printf '{"add_bos_token": true, "add_eos_token": false, "bos_token": "<s>", "tokenizer_class": "LlamaTokenizer", "added_tokens_decoder": {"0": {"content": "<unk>", "special": true}, "8": {"content": "[X]", "lstrip": true, "rstrip": false, "normalized": false, "single_word": false, "special": false}}, "legacy": false, "add_prefix_space": true}\001{"bos_token": {"content": "<s>", "lstrip": false}}\001{"[Y]": 9}\001{"version": "1.0", "added_tokens": [{"id": 8, "content": "[X]"}], "model": {"type": "BPE", "vocab": {"a": 3}, "merges": []}, "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}, "normalizer": null}' |
    seed tokenizer-folder four
for file in "$(dirname "$0")"/../data/tokenizers/*.json; do
    case $file in */ids.json) ;; *) seed tokenizer-json "$(basename "$file" .json)" <"$file" ;; esac
done
printf '\003[UNK]\n[CLS]\n[SEP]\nword\n##s\na\n' | seed tokenizer-pieces vocab
printf '\007YQ== 0\nYg== 1\nYWI= 2\n' | seed tokenizer-pieces tiktoken
printf '\006{"a": 0, "b": 1, "ab": 2}' | seed tokenizer-pieces pair
for class in 000 001 002; do
    printf "\\$class"'\012\016\012\005<unk>\025\000\000\000\000\030\002\012\014\012\003<s>\025\000\000\000\000\030\003\012\015\012\004</s>\025\000\000\000\000\030\003\012\012\012\001a\025\000\000\200\277\030\001\012\014\012\003\342\226\201\025\000\000\000\300\030\001\022\002\030\001\032\004\012\000\030\001' |
        seed tokenizer-pieces "unigram-$class"
done
printf '(?i:'"'"'s|'"'"'t)|[^\\r\\n\\p{L}]?\\p{L}+|\\w{1,3}|\\s+(?!\\S)\001it'"'"'s a text  12' | seed regex words
printf '[a-c\\u0041\\h]++|(?<=x)\\p{^Han}|.*?$\001abc\nx' | seed regex others
echo '{"step": 8, "updates": 7, "epoch_loss": 2.5, "epoch_steps": 3, "best": 0.25, "best_step": 5, "bad": 1, "ended": false, "due": true, "data": "00ff", "config": "1a", "job": "7", "metrics": {"bytes": 10}, "ledger": null, "begun": {"phase": "valid", "step": 8}}' |
    seed state training
echo '{"gemm": [{"width": 64, "gflops": 20}], "stream_gbs": 10, "latency_s": 1e-6, "bandwidth_gbs": 2}' | seed calibration good
rows= # of two ranks on each of two nodes
for level in node network; do
    for kind in sum scatter gather weights_sum weights_scatter weights_gather exchange broadcast message; do
        for size in '64,"seconds":2e-6' '4096,"seconds":9e-6'; do rows="$rows,{\"level\":\"$level\",\"together\":\"$kind\",\"sent\":$size}"; done
    done
done
./hllm bench calibrate "$work/machine.json" --quick >/dev/null 2>&1
sed "s/\"ranks\":1,\"nodes\":1,\"ranks_per_node\":1/\"ranks\":4,\"nodes\":2,\"ranks_per_node\":2/; s/}\$/,\"together\":[${rows#,}],\"noise\":[{\"seconds\":1e-3,\"share\":0.1,\"most\":0.5},{\"seconds\":1e-2,\"share\":0.05,\"most\":0.4}]}/" "$work/machine.json" |
    seed calibration ranks
echo '{"name": "made up", "oracle": {"recall@2": 0.4, "ndcg@2": 1}}' | seed reference good
head -c 64 /dev/zero | seed shard empty
printf '\000\000\000\000\000\000\000\000\020\000\000\000\000\000\000\000\100\000\000\000\000\000\000\000\001\000\000\000\000\000\000\000' | seed shard two
printf 'step-12\n' | seed latest step

# Data sets of others.
printf 'a line\nand another\n' | gzip -c | seed unpacked gzip
{ printf one | gzip -c; printf two | gzip -c; head -c 9 /dev/zero; } | seed unpacked members
printf '\050\265\057\375\004\130\031\000\000\141\142\143\231\011\167\255' | seed unpacked zstd
printf '\050\265\057\375\100\004\037\213\005\000\000' | seed unpacked empty-block
printf 'plain' | seed unpacked plain
echo "{'asin': '0001', \"title\": u\"it's caf\\xe9 \\U0001F600\", 'price': 1.5, 'related': {'a': [['b'], (1, 2L,)], 3: None}, 'x': True}" | seed literal meta
printf 'user_id:token\titem_id:token\trating:float\ttimestamp:float\n1\t2\t3\t4\n1\t3\t3\t5\n' | seed recbole inter
printf 'item_id:token\tmovie_title:token_seq\tyear:token\n2\tToy Story\t1995\n' | seed recbole item
printf '1::2::5::978300760\n1::3::4::978300761\n' | seed movielens ratings
printf '2::Caf\351 (1995)::Animation|Comedy\n' | seed movielens movies
printf '196\t242\t3\t881250949\n' | seed movielens data
printf '1|Toy Story (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n' | seed movielens item
printf 'userId,movieId,rating,timestamp\n1,2,3.5,4\n1,"3",3.5,4\n' | seed movielens csv
printf 'A1,B1,5.0,1300000000\nA1,B2,5.0,1300000001\n' | seed amazon-2014 ratings
printf '%s\n' '{"reviewerID": "A1", "asin": "B1", "overall": 5.0, "unixReviewTime": 1252800000, "reviewText": "a \"b\""}' '{"reviewerID": "A2", "asin": "B2", "unixReviewTime": 1252800001}' | seed amazon-2014 reviews
printf '%s\n' "{'asin': 'B1', 'title': \"x's\", 'categories': [['Books', 'é']], 'price': 1.5, 'related': {'also_bought': ['B2']}}" "{'asin': 'B2', 'description': u'\\xe9 \\u2028', 'salesRank': {}}" | seed amazon-2014 meta
echo '{"parent_asin": "B1", "asin": "B2", "user_id": "A", "timestamp": 1588687728923, "rating": 5.0, "title": ["a", null, {"b": 1}]}' | seed amazon-2023 review
printf 'user_id,parent_asin,rating,timestamp\nA,B,5.0,1588687728923\n' | seed amazon-2023 ratings
printf 'item_id,user_id,timestamp\nv1,u1,1665590701\nv2,u1,1665590702\n' | seed pixelrec interactions
printf 'item_id,title,tag,description\nv1,"a, b",c,"d\n""e"""\n' | seed pixelrec items
printf 'item_id\tuser_id\ttimestamp\trating\nv1\tu1\t1665590701\t3\nv2\tu1\t1665590702\t2\n' | seed tsv interactions
printf 'item\ttitle\nv1\t"a b"\n\nv2\tc' | seed tsv items
printf '%s\n' '{"item_id": "v1", "user_id": 7, "timestamp": 1665590701, "rating": 4.5}' '{"user_id": "\u00e9", "item_id": -3, "timestamp": 1.5e9, "more": [1, {"a": []}]}' | seed jsonl interactions
printf '%s\n' '{"item_id": "v1", "title": "a \"b\" \ud83d\ude00"}' '' '{"item_id": 2, "title": null}' | seed jsonl items
printf '%s' '{"a": [1, -2.50, {"b": "x\\u00e9\\ud83d\\ude00\\n"}], "b": true, "c": {"a": null, "d": []}, "a": "é", "e": "\\\"}{", "f" : 0 }' | seed json-skim members
printf '%s' ' { "x": 12345678901234567890, "b": 1e5, "\\u0061": NaN}' | seed json-skim closer
echo '{"metadata": {"total_size": 8}, "weight_map": {"a": "one.safetensors"}}' | seed safetensors-index one
{
    printf '{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}\001'
    printf '8\000\000\000\000\000\000\000{"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}} 0123'
} | seed safetensors-index two
for form in "" -deflated -packed; do seed zip "dict$form" <"${SOURCE_DIR:-$(dirname "$0")/../..}/tests/data/state-dict$form.bin"; done
printf '{"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4, "\304\240a": 5, "\304\240": 6}\001#version: 0.2\na b\nab c\n\304\240 a\n' | seed tokenizer-merges gpt2

# Vectors of two items, of the model that fuzz-vectors.c asks for.
header='{"__metadata__":{"kind":"items","model":"0123456789abcdef"},"text_digest":{"dtype":"U64","shape":[2],"data_offsets":[0,16]},"vectors":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]}}'
{
    printf "\\$(printf %03o ${#header})\\000\\000\\000\\000\\000\\000\\000%s" "$header"
    head -c 32 /dev/zero
} | seed vectors-safetensors two
npy() { printf '\223NUMPY\001\000\166\000%-117s\n' "$1"; }
row() { printf '%s12345678\357\315\253\211\147\105\043\001' "$1"; }
{
    npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
    head -c 16 /dev/zero
    printf '\n\001'
    npy "{'descr': [('id', '|S2'), ('text_digest', '<u8'), ('model', '<u8')], 'fortran_order': False, 'shape': (2,), }"
    row i1
    row i2
} | seed vectors-npy two

# Three rows, whose ids begin where they may; one of a file that is cut off; and beginnings that are beyond it, or below 0.
printf '\002\000\000\000\000\000\000\000\000\000\001\000\000\000\000\000\000\000\001\000\000\000\000\000\000\000\003\000\000\000\000\000\000\000abc' | seed vectors-rows three
printf '\000\007' | seed vectors-rows cut
printf '\001\000\377\377\377\377\377\377\377\377\000\000\000\000\001\000\000\000\002\000\000\000\000\000\000\000' | seed vectors-rows beyond

# What a job writes: 6 users, 8 items, two steps.
mkdir -p "$work/data" "$work/text"
{
    echo item,user,time
    for user in a b c d e f; do
        for at in 1 2 3 4 5 6; do echo "i$(((at * 3 + $(printf %d "'$user")) % 8)),$user,$at"; done
    done
} | tee "$work/data/x.csv" | seed csv interactions
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
epochs: 2
nce_thres: 2
checkpoint_dir: $work/run
topk: [2]
valid_metric: NDCG@2
ledger: on
YAML
seed config job <"$work/x.yaml"
printf 'optim_args: {learning_rate: 1e-3}\nitem.tp: [2, 2]\nmetrics: [Recall, MRR]\ntopk: "[5, 10]"\nitem_prompt: !!binary "YWI="\nactivation_budget: 4G\n' | seed config maps
./hllm train "$work/x.yaml"
seed config used <"$work/run/used.yaml"
seed manifest dataset <"$(echo "$work"/data/x-*.hllm)/manifest.json"
for file in "$work"/run/step-*/manifest.json; do seed checkpoint-manifest checkpoint <"$file"; done
seed record metrics <"$work/run/metrics.jsonl"
head -c 1500 "$work/run/metrics.jsonl" | seed record cut
./hllm eval "$work/x.yaml" --ranks "$work/ranks.h5" >"$work/said"
seed target-ranks six <"$work/ranks.h5"
seed ledger ledger <"$work/run/ledger.jsonl"

# A study of that job, and the record of a smaller one.
seed study grid <<'X'
base: [x.yaml]
axes: {ranks: [1, 2], item.tp: [1, 2]}
points: {wide: {ranks: 2, seed: 2}}
fixed: users_per_rank
repetitions: 2
launcher: mpirun -n {ranks} --bind-to none
X
printf 'base: x.yaml\naxes: {ranks: 1}\nrepetitions: 1\nwarmup: 0\nsteps: 1\nlauncher: env RANKS={ranks}\n' >"$work/one.yaml"
seed study one <"$work/one.yaml"
./hllm study "$work/one.yaml" --local --dir "$work/one.study"
seed study-record one <"$work/one.study/study.json"
printf 'point,users,seconds,seconds_low,seconds_high,runs\n"ranks 1, item.tp 1",8,0.5,0.4,0.6,3\nb,8,0.25,,,1\nc,8,,,,0\n' | seed study-table three
printf '{"schema": 1, "jobs": [{"job": "5", "nodes": 1, "array": true, "runs": ["a/1", "b/2"]}, {"job": "6;c", "nodes": 2, "array": false, "runs": []}]}' | seed study-jobs two
seed site example <"$(dirname "$0")/../../slurm/site.conf.example"
