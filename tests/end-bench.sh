#!/bin/sh
# end-bench.sh - hllm bench: each measurement at one rank and at two, for machines and for people.
#
# Runs ./hllm in the build folder.  No figure is judged, only whether it can be one.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

# bench RANKS ARGUMENTS...: the figures in out, the log in said.
bench() {
    ranks=$1
    shift
    "$MPIRUN" -n "$ranks" ./hllm bench "$@" --quick >"$work/out" 2>"$work/said" </dev/null
}

# values KEY: of the JSON in out, a line each.
values() {
    sed -n "s/^ *\"$1\": \"*\([^\",]*\)\"*,*$/\1/p" "$work/out"
}

# within KEY N LEAST MOST: it is there N times, and always above LEAST and at most MOST.
within() {
    values "$1" | awk -v n="$2" -v least="$3" -v most="$4" '!($1 > least && $1 <= most) { bad = 1 } END { exit bad || NR != n }'
}

# near_to KEY VALUE: one value, and it is that or up to a quarter more.
near_to() {
    within "$1" 1 "$(echo "$2" | awk '{ print 0.999 * $1 }')" "$(echo "$2" | awk '{ print 1.25 * $1 }')"
}

is_object() {
    [ "$(head -c 1 "$work/out")" = "{" ] && [ "$(tail -n 1 "$work/out")" = "}" ]
}

# shares_are_of RATE PEAK N: in N rows the share is the rate divided by the peak.
shares_are_of() {
    awk -v rate="\"$1\":" -v peak="\"$2\":" -v n="$3" '
        { sub(/,$/, "", $2) }
        $1 == peak { whole = $2 }
        $1 == rate { part = $2 }
        $1 == "\"share\":" && part != "null" { d = $2 * whole / part - 1; good += d < 1e-3 && d > -1e-3 }
        END { exit good != n }' "$work/out"
}

for ranks in 1 2; do
    bench $ranks calibrate "$work/machine.json" --json && is_object && within gflops 6 0 1e5 && within attention_gflops 1 0 1e5 &&
        within stream_gbs 1 0 1e5 && [ "$(values ranks)" -eq $ranks ]
    verdict "the machine is calibrated at $ranks"
    tr -d ' \n' <"$work/out" | cmp -s - "$work/machine.json"
    verdict "the file has what is shown, at $ranks"
done
within share 2 0 100 && within most 2 0 100 && within latency_s 1 0 1 && within bandwidth_gbs 1 0 1e5 && within disk_write_gbs 1 0 1e4 && within disk_read_gbs 1 0 1e4 && within repeat 1 0 10 && [ -z "$(ls -a "$work" | grep hllm-disk)" ]
verdict "two ranks have a latency and a bandwidth, noise, a disk, and fits that are off"
bench 1 calibrate --threads 2 && grep -q '^threads  *2$' "$work/out" && grep -q '^ *width  *gflops' "$work/out" && [ "$(grep -c '^ *2048 ' "$work/out")" -eq 2 ]
verdict "people get lines and tables"

for ranks in 1 2; do
    bench $ranks kernels --json && is_object && within seconds 42 0 100 && within gemm_peak_gflops 1 0 1e5 && within stream_gbs 1 0 1e5 &&
        within share 42 0 20
    verdict "every op has a time and a share at $ranks"
    shares_are_of gflops gemm_peak_gflops 21 && shares_are_of gbs stream_gbs 21
    verdict "the shares are those of the peaks, at $ranks"
done
for ranks in 1 2 3; do
    bench $ranks collectives --json && is_object && within seconds 20 0 100 && [ "$(values collective | sort -u | wc -l)" -eq 5 ] &&
        within gbs 20 -1 1e5 && [ "$(values ranks)" -eq $ranks ]
    verdict "collectives have times at $ranks"
    sizes=$((ranks == 1 ? 0 : 8))
    within halving $sizes 0 100 && within ring $sizes 0 100 && within direct $sizes 0 100 && within mpi $((ranks == 2 ? 8 : 0)) 0 100 &&
        [ "$(values taken | wc -l)" -eq $sizes ]
    verdict "the algorithms of a sum are compared at $ranks"
done

cat >"$work/job.yaml" <<YAML
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title]
tokenizer: bytes
item_llm: {hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2}
user_llm: {hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2}
nce_thres: 2
checkpoint_dir: $work/saved
YAML
./hllm synth "$work/data" --items 100 --users 50 --topics 5 >/dev/null 2>"$work/said"
verdict "data are made up"
for ranks in 1 2 3; do
    bench $ranks step "$work/job.yaml" --batch_size 4 --steps 1 --json && is_object && within seconds 2 0 100 && within users_per_second 1 0 1e9 && within flop 1 0 1e15 &&
        within cpu_seconds 1 0 100 && within compute_share 1 0 20 && within step_share 1 0 20 && within optimizer_share 1 0 20
    verdict "steps are measured at $ranks"
    [ "$(values version)" = "$(./hllm --version | sed -n '1s/hllm \([^ ]*\) .*/\1/p')" ] && [ "$(values host | sort -u)" = "$(uname -n)" ] && [ "$(values nodes)" -eq 1 ] && within cores 1 0 1e5
    verdict "program and machine are named at $ranks"
    within token_share 1 0 1 && within item_tokens 1 0 1e5 && within public_item_tokens 1 "$(values item_tokens)" 1e5
    verdict "fewer tokens are encoded than by the public code, at $ranks"
    awk -v ranks=$ranks '
        $1 == "\"seconds\":" { whole = $2 + 0 } $1 == "\"mean\":" { mean = $2 + 0; sum += mean } $1 == "\"most\":" { rows++; good += mean <= $2 * 1.001 }
        END { exit !(rows >= 15 && good == rows && sum < 1.001 * whole && (ranks > 1 || sum > 0.999 * whole)) }' "$work/out"
    verdict "the phases are the whole step, at $ranks"
    [ "$ranks" -gt 1 ] || one=$(values item_tokens) flop=$(values flop) texts=$(values texts)
    [ -n "$one" ] && [ "$(values texts)" = "$texts" ] && near_to item_tokens "$one" && near_to flop "$flop"
    verdict "the work is that of one rank, but for a beginning of texts that more micro-batches share, at $ranks"
    bench $ranks node "$work/job.yaml" --steps 1 --json && is_object && within best_users_per_second 1 0 1e9 && within best_threads 1 0 4096 &&
        values users_per_second | sort -g | tail -n 1 | grep -qx "$(values best_users_per_second)"
    verdict "the best number of threads has the most users a second, at $ranks"
done
for warmup in 0 1 2; do
    bench 1 step "$work/job.yaml" --batch_size 4 --warmup $warmup --steps 1 --json && values loss
done | sort -g >"$work/losses"
bench 1 step "$work/job.yaml" --batch_size 4 --warmup 0 --steps 3 --json && [ "$(sort -u "$work/losses" | wc -l)" -eq 3 ] && [ "$(values loss)" = "$(sed -n 2p "$work/losses")" ]
verdict "steps of the warm-up are made, and not counted"
bench 2 step "$work/job.yaml" --steps 2 --json && is_object && within load_balance 1 0 1.000001 && within communication_efficiency 1 0 1.000001 &&
    awk 'BEGIN { FS = "[:,]" } { gsub(/[ "]/, "") } { x[$1] = $2 } END { d = x["load_balance"] * x["communication_efficiency"] / x["parallel_efficiency"] - 1; u = x["useful_seconds"] / x["ranks"] / x["seconds"]; exit !(d * d < 1e-8 && u > 0 && x["item_replicas"] >= 1 && x["item_replica_balance"] <= 1.000001 && x["peak_bytes_mean"] <= x["peak_bytes"] && x["step_share"] > 0) }' "$work/out" &&
    grep -qE '"(config|data)_digest": "[0-9a-f]{16}"' "$work/out" && grep -qE '"(joules|energy)": ' "$work/out" && grep -q "\"group\": \"" "$work/out" && grep -q '"processor": "' "$work/out"
verdict "a step says how efficient its ranks are together, what they sent and held, and what they ran"
# scaling SCRIPT ARGUMENTS...: what it prints in out.
scaling() {
    script=$1
    shift
    HLLM=./hllm sh "$top/experiments/scaling/$script.sh" "$@" >"$work/out" 2>"$work/said" </dev/null
}

cat >"$work/peer.sh" <<'PEER'
[ "${*#*--mode lean}" != "$*" ] && [ "${*#*--threads 2}" != "$*" ] && echo "something else"
echo '{"mode": "lean", "seconds": 1e9, "users_per_second": 1e-9, "item_tokens": [10, 20, 30]}'
PEER
mkdir "$work/model"
echo '{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 300}' >"$work/model/config.json"
compare() {
    scaling peer --peer "$work/peer.sh" --python sh --data "$work/data" --name synth --tokenizer bytes --shape small --model "$work/model" --users 4 \
        --steps 1 --pairs 2 --quick --ranks 2 --threads 1 "$@" -- --nce_thres=2 --item_llm_init=false --user_llm_init=false
}
compare && awk '/^pair/ { pairs++; good += $NF > 1e6 && / peer 1e-09 \(20 item/ } /^median/ { last = $NF > 1e6 } END { exit pairs != 2 || good != 2 || !last }' "$work/out"
verdict "peer.sh compares in pairs"
compare --cpu && grep -q 'CPU seconds a step' "$work/out" && grep -q '^median: hllm [0-9]' "$work/out"
verdict "it compares CPU seconds too"
echo 'exit 3' >"$work/peer.sh"
compare
[ $? -eq 1 ] && grep -q 'the peer script failed' "$work/said"
verdict "a peer script that fails is said"
cat >"$work/python" <<'EOF'
#!/bin/sh
echo '{"seconds": 1e3, "cpu_seconds": 1e3, "tokens": 20, "recall@10": 0.5}'
EOF
chmod +x "$work/python"
scaling peer-eval --python "$work/python" --data "$work/data" --name synth --model "$work/model" --pairs 2 -- --tokenizer=bytes --item_llm_init=false --user_llm_init=false &&
    awk '/^pair/ { pairs++; good += / peer 1000.000 s .1000.000 CPU, 20 tok/ } /^median/ { last = $(NF) > 1 } /^recall@10: hllm [0-9]/ { figures = 1 } END { exit pairs != 2 || good != 2 || !last || !figures }' "$work/out"
verdict "peer-eval.sh compares evaluations in pairs"
cat >"$work/python" <<'EOF'
#!/bin/sh
[ "${*#*--model HSTU --layers 16 --heads 8}" != "$*" ] && [ "${*#*--threads 2}" != "$*" ] && echo '{"seconds": 1e3, "cpu_seconds": 1e3, "transitions": [7, 9, 8]}'
EOF
scaling peer-ids --python "$work/python" --data "$work/data" --name synth --model HSTU --users 4 --S 5 --negatives 8 --steps 1 --pairs 2 &&
    awk '/^pair/ { pairs++; good += / peer 1000.0000 s .1000.0000 CPU, 8 transitions/ } /^median/ { last = $NF > 1 } END { exit pairs != 2 || good != 2 || !last }' "$work/out"
verdict "peer-ids.sh compares steps of models of ids in pairs"
scaling catalogue --out "$work/catalogue" --width 8 --most 1000
[ $? -eq 0 ] && [ "$(awk -F '\t' 'NR > 1 && $1 == 1000 && $2 > 0 && $3 > 0 && $4 > 0 && $5 > 1' "$work/catalogue.tsv" | wc -l)" -eq 1 ] && [ "$(wc -l <"$work/catalogue.tsv")" -eq 2 ] &&
    { ! command -v gnuplot >/dev/null || grep -q '</svg>' "$work/catalogue.svg"; }
verdict "catalogue.sh makes a table and a plot"
scaling prepare --items 100 --users 50 --python "$work/no-python" --data "$work/data" && [ "$(awk '/^hllm, [12] rank/ && $4 >= 0 && $6 > 1 && $7 > 0' "$work/out" | wc -l)" -eq 2 ]
verdict "prepare.sh says how fast data are prepared, without pandas too"
[ ! -e "$work/saved" ]
verdict "no run folder is touched"
"$MPIRUN" -n 2 ./hllm trace "$work/job.yaml" --out "$work/trace.json" --warmup 0 --steps 2 --json >"$work/out" 2>"$work/said" </dev/null && is_object &&
    within load_balance 1 0 1.000001 && within communication_efficiency 1 0 1.000001 &&
    [ "$(grep -c '"name":"update"' "$work/trace.json")" -eq 4 ] && [ "$(grep -c '"name":"thread_name"' "$work/trace.json")" -eq 2 ] && [ ! -e "$work/trace.json.new" ]
verdict "two steps of two ranks are traced"
bench 2 step "$work/job.yaml" --model EASE
[ $? -eq 2 ] && grep -q 'has no steps' "$work/said"
verdict "EASE has no steps"
bench 2 step
[ $? -eq 2 ] && grep -q 'configuration is missing' "$work/said"
verdict "a step needs a configuration"

bench 2 calibrate "$work/no/such/folder"
[ $? -eq 5 ] && grep -q 'no/such/folder' "$work/said" && [ ! -s "$work/out" ]
verdict "a file that cannot be written is said"
bench 2 calibrat
[ $? -eq 2 ] && grep -q 'no such measurement' "$work/said"
verdict "an unknown measurement is refused"
bench 1 calibrate --thread 2
[ $? -eq 2 ] && grep -q '"--thread" is too much' "$work/said"
verdict "an unknown option is refused"
bench 1 calibrate --threads no
[ $? -eq 2 ] && grep -q 'not a whole number' "$work/said"
verdict "so is a number that is none"

finish bench
