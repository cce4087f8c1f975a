#!/bin/sh
# end-start.sh - a start opens and reads each file once, whoever needs it, and says where its seconds go.
#
# Runs ./hllm in the build folder with a model folder that is made up here, on ranks of one machine.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
many=4

# ---- a model folder with numbers at random, from 0.03 to 0.125 and negative: F32, hidden 32, MLP 48, 4 heads, 2 layers, vocabulary 259
mkdir "$work/model"
cat >"$work/model/config.json" <<JSON
{"model_type": "llama", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
 "num_key_value_heads": 4, "vocab_size": 259, "hidden_act": "silu", "rms_norm_eps": 1e-5}
JSON
tensors() { # NAME ROWS COLUMNS, 0 columns: a vector
    echo model.embed_tokens.weight 259 32
    for layer in 0 1; do
        for part in q_proj k_proj v_proj o_proj; do echo model.layers.$layer.self_attn.$part.weight 32 32; done
        for part in gate_proj up_proj; do echo model.layers.$layer.mlp.$part.weight 48 32; done
        echo model.layers.$layer.mlp.down_proj.weight 32 48
        for part in input_layernorm post_attention_layernorm; do echo model.layers.$layer.$part.weight 32 0; done
    done
    echo model.norm.weight 32 0
}
tensors | awk '
    { n = 4 * $2 * ($3 ? $3 : 1); shape = $3 ? $2 "," $3 : $2
      printf("%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}", NR > 1 ? "," : "{", $1, shape, at, at + n); at += n }
    END { print "}" }' | tr -d '\n' >"$work/header"
header=$(wc -c <"$work/header")
numbers() { tensors | awk -v "only=$1" '$1 ~ only { n += $2 * ($3 ? $3 : 1) } END { print 4 * n }'; } # bytes of the tensors that are named so
{
    printf "\\$(printf %o $((header % 256)))\\$(printf %o $((header / 256 % 256)))\\000\\000\\000\\000\\000\\000"
    cat "$work/header"
    printf %b "$(awk -v n="$(($(numbers .) / 4))" 'BEGIN {
        srand(7)
        for (i = 0; i < n; i++) printf("\\0%o\\0%o\\0%o\\0%o", 256 * rand(), 256 * rand(), 256 * rand(), rand() < 0.5 ? 61 : 189)
    }')"
} >"$work/model/model.safetensors"
one_file=$((8 + header)) all=$(numbers .) tokens=$(numbers embed) vectors=$(numbers norm)

./hllm synth "$work/data" --items 100 --users 100 --topics 5 >/dev/null 2>"$work/said"
verdict "data are made up"
cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
dataset_dir: $work/prepared
text_keys: [title]
tokenizer: bytes
item_prompt: ""
MAX_TEXT_LENGTH: 16
MAX_ITEM_LIST_LENGTH: 4
item_pretrain_dir: $work/model
user_pretrain_dir: $work/model
batch_size: 8
placement: colocated
nce_thres: 2
max_steps: 1
epochs: 1
YAML
./hllm prepare "$work/job.yaml" >/dev/null 2>"$work/said"
verdict "they are prepared"

# figure FOLDER WHAT PHASE: of the line of kind start: least, mean, most, rank of most.
figure() {
    sed -n '/"kind":"start"/s/.*"'"$2"'":{\([^}]*\)}.*/\1/p' "$work/$1/metrics.jsonl" | tail -n 1 | sed -n 's/.*"'"$3"'":\[\([^]]*\)\].*/\1/p' | tr ',' ' '
}
# of_all FOLDER WHAT PHASE: the sum over the ranks of the last start; most_of ...: of the rank with most.
of_all() { figure "$@" | awk -v ranks="${n:-$many}" '{ printf "%.0f\n", $2 * ranks }'; }
most_of() { figure "$@" | awk '{ printf "%.0f\n", $3 }'; }
value() { sed -n '/"kind":"'"$2"'"/s/.*"'"$3"'":"*\([^,"}]*\).*/\1/p' "$work/$1/metrics.jsonl" | tail -n 1; }

job 1 one && job $many copies && job $many shares --item.tp 2 --user.tp 2
verdict "trainings on one rank, on $many, and with two ranks a layer"

# ---- weights: once in all
[ "$(of_all copies opens weights)" -eq 2 ] && [ "$(most_of copies opens weights)" -eq 2 ]
verdict "the model's file is opened once for each of both models, by one rank"
[ "$(of_all copies read weights)" -eq $((2 * one_file + 2 * all - tokens)) ]
verdict "and read once: the User LLM leaves the token table"
[ "$(of_all shares opens weights)" -eq 2 ]
verdict "where two ranks of a machine have a share each, one opens it for both"
[ "$(of_all shares read weights)" -eq $((4 * one_file + 2 * all - tokens + 2 * vectors)) ] && [ "$(most_of shares read weights)" -lt "$(most_of copies read weights)" ]
verdict "and each reads its share; what they have in common are headers and vectors"
[ -n "$(value one run weights_digest)" ] && [ "$(value one run weights_digest)" = "$(value copies run weights_digest)" ] && [ "$(value one run weights_digest)" = "$(value shares run weights_digest)" ]
verdict "all have the weights of one rank, bit for bit"

# ---- the dataset: once a machine
shards=$(find "$work/prepared" -name '*.h5' | wc -l) bytes=$(cat "$work"/prepared/*.h5 "$work/prepared/manifest.json" | wc -c)
[ "$shards" -gt 1 ] && [ "$(of_all copies opens dataset)" -eq $((2 * shards + 1)) ] && [ "$(of_all copies read dataset)" -eq "$bytes" ]
verdict "each of $shards shards is opened once to be mapped and once by HDF5, and read once; the manifest too"
[ "$(of_all copies opens configuration)" -eq 1 ] && [ "$(of_all copies read configuration)" -eq "$(wc -c <"$work/job.yaml")" ]
verdict "the configuration is read once"
opened=$(value copies start files_opened)

# ---- seconds
job $many copies --max_steps 2 --resume false && [ "$(grep -c '"kind":"start"' "$work/copies/metrics.jsonl")" -eq 1 ]
for folder in copies one; do
    n=$many
    [ $folder = copies ] || n=1
    for phase in launch configuration checks prepare dataset layout weights resume; do figure $folder phases $phase; done |
        awk -v whole="$(value $folder start seconds)" '{ sum += $2; good += $1 >= 0 && $1 <= $2 + 1e-9 && $2 <= $3 + 1e-9 && $3 > 0 }
            END { d = sum - whole; exit !(NR == 8 && good == 8 && d < 1e-6 * whole && d > -1e-6 * whole) }'
    verdict "the seconds of all phases are those of the start, on $n rank(s)"
done
began=$(date +%s%N)
job $many again && grep -q 'started in [0-9.]* s: launch [0-9.e-]*, configuration .* files opened and .* MB read by all' "$work/said"
verdict "the log has them in a line"
ended=$(date +%s%N)
awk -v s="$(value again start seconds)" -v wall="$((ended - began))" 'BEGIN { exit !(s > 0 && s < wall / 1e9) }'
verdict "and they are no more than the whole command took"
job $many again --max_steps 3 && [ "$(grep -c '"kind":"start"' "$work/again/metrics.jsonl")" -eq 2 ] && [ "$(value again start step)" -eq 1 ] && [ "$(of_all again opens resume)" -gt 0 ]
verdict "a run that goes on has a line of its own, with the checkpoint that it has read"

# ---- the forecast
./hllm plan "$work/job.yaml" --ranks $many >"$work/out" 2>"$work/said" && grep -q '^start: .* GB are read, .* of weights, and [0-9]* files opened, by all ranks together; .* s at 1 GB/s a node (assumed)' "$work/out"
verdict "hllm plan has a line of it"
planned() { ./hllm plan "$work/job.yaml" --json "$@" 2>"$work/said" | tr -d '\n' | sed -n 's/.*"start": {[^}]*"weights_bytes": \([0-9.e+]*\),.*"files_opened": \([0-9.e+]*\),.*/\1 \2/p'; }
planned --ranks 4 --ranks-per-node 1 | awk -v w=$((2 * all - tokens)) '{ exit !($1 > 0.99 * w && $1 < 1.01 * w) }'
verdict "weights count once, however many ranks"
[ "$(planned --ranks 4 --ranks-per-node 1 | cut -d ' ' -f 2 | cut -d . -f 1)" -gt "$(planned --ranks 4 | cut -d ' ' -f 2 | cut -d . -f 1)" ]
verdict "more nodes open more files"
[ "$(planned --ranks $many | cut -d ' ' -f 2 | cut -d . -f 1)" -ge $((opened - 3)) ] && [ "$(planned --ranks $many | cut -d ' ' -f 2 | cut -d . -f 1)" -le $((opened + 3)) ]
verdict "at $many ranks it forecasts the $opened files that are opened, to three"
finish start
