#!/bin/sh
# end-compare.sh - an evaluation for people who publish: every metric, for every row, the same at any number of ranks.
#
# Runs ./hllm in the build folder on made-up data.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
./hllm synth "$work/data" --items 300 --users 300 --topics 10 >/dev/null 2>"$work/said"
verdict "data are made up"
small_job "$spread_item, num_hidden_layers: 1" "$spread_user, num_hidden_layers: 1" <<YAML
dataset_dir: $work/prepared
checkpoint_dir: $work/run
ease_l2: [100]
YAML

# evaluate RANKS NAME OPTIONS...: the table in NAME.table, the log in said.
evaluate() {
    ranks=$1 name=$2
    shift 2
    "$MPIRUN" -n "$ranks" ./hllm eval "$work/job.yaml" "$@" >"$work/$name.table" 2>"$work/said" </dev/null
}
# value ROW COLUMN TABLE: of a table of the whole metrics.
value() {
    awk -v row="$1" -v column="$2" 'NR == 1 { for (i = 2; i <= NF; i++) if ($i == column) at = i } $1 == row && $2 !~ /ties/ { print $at; exit }' "$work/$3.table"
}

all='[Recall, Hit, Precision, NDCG, MRR, MAP, ItemCoverage, GiniIndex, AveragePopularity]'
for ranks in 1 2 3; do evaluate $ranks "all-$ranks" --metrics "$all" --ease true || break; done
verdict "every metric is known"
cmp -s "$work/all-1.table" "$work/all-2.table" && cmp -s "$work/all-1.table" "$work/all-3.table"
verdict "metrics, those of lists too, are the same at any number of ranks"
[ "$(value HLLM recall@10 all-1)" = "$(value HLLM hit@10 all-1)" ] && [ "$(value HLLM mrr@10 all-1)" = "$(value HLLM map@10 all-1)" ] && [ -n "$(value HLLM mrr all-1)" ]
verdict "with one target hit is recall, and MAP is MRR"
for row in HLLM EASE popularity random; do value $row averagepopularity@10 all-1; done >"$work/popular"
awk 'NF == 1 && $1 > 0 { x[NR] = $1 } END { exit !(x[3] > x[1] && x[3] > x[2] && x[3] > 2 * x[4] && x[4] > 0) }' "$work/popular"
verdict "nothing recommends what is as popular as popularity does"
awk -v chance="$(value random giniindex@10 all-1)" -v popular="$(value popularity giniindex@10 all-1)" 'BEGIN { exit !(chance < 0.4 && popular > 0.8) }'
verdict "chance shows all items, popularity the same few"
evaluate 1 none --metrics '[GiniIndices]'
[ $? -eq 2 ] && grep -q 'nearest is "giniindex"' "$work/said"
verdict "a metric that is not there is refused with the nearest"

# Groups of users and intervals.
evaluate 1 details-1 --by popularity,length --by_groups 3 --by_edges.length 4,6 --intervals
evaluate 3 details-3 --by popularity,length --by_groups 3 --by_edges.length 4,6 --intervals
grep -q '^0\.\.3: .* users' "$work/details-1.table" && grep -q '^ndcg@10 .*\[0\.' "$work/details-1.table" && cmp -s "$work/details-1.table" "$work/details-3.table"
verdict "groups of users and intervals are told, the same at any number of ranks"
[ "$(sed -n 's/^[0-9]*\.\.[0-9]*: \([0-9]*\) users.*/\1/p' "$work/details-1.table" | awk '{ n += $1 } END { print n }')" = 600 ]
verdict "every user is in one group of each kind"
evaluate 1 none --by popularty
[ $? -eq 2 ] && grep -q 'nearest is "popularity"' "$work/said"
verdict "a grouping that is not there is refused with the nearest"
"$MPIRUN" -n 2 ./hllm train "$work/job.yaml" --epochs 1 --batch_size 64 --by length --intervals true >"$work/out" 2>"$work/said"
grep '"phase":"test"' "$work/run/metrics.jsonl" | grep '"by":{"length":\[{' | grep -q '"intervals":{"' && ! grep '"phase":"valid"' "$work/run/metrics.jsonl" | grep -q '"by":'
verdict "the test's line has them"

# Ranks of users, and models beside each other.
evaluate 3 hllm --checkpoint "$work/run" --ranks "$work/hllm.h5" && evaluate 2 first --ranks "$work/first.h5" && evaluate 2 second --seed 7 --ranks "$work/second.h5" &&
    evaluate 2 ease --model EASE --ranks "$work/ease.h5" && evaluate 2 popularity --model popularity --ranks "$work/popularity.h5" && evaluate 1 again --checkpoint "$work/run" --ranks "$work/again.h5"
verdict "ranks of users are written"
cmp -s "$work/hllm.h5" "$work/again.h5"
verdict "to the same bytes at any number of ranks"
compare() { ./hllm compare "$@" >"$work/compared" 2>"$work/said" </dev/null; }
compare "$work/hllm.h5" "untrained=$work/first.h5,$work/second.h5" "$work/ease.h5" --metrics recall,ndcg,mrr --topk 5,10 --csv "$work/out.csv" && grep -q '^ease - hllm .*recall@10' "$work/compared" && grep -q 'untrained: .* 2 files' "$work/compared"
verdict "models are compared, seeds of one averaged"
for row in hllm ease; do awk -v row=$row '$1 == row && $2 ~ /^[0-9]/ { print $2; exit }' "$work/compared"; done >"$work/a"
for table in hllm ease; do value "$(echo $table | tr a-z A-Z)" recall@5 $table; done | cmp -s - "$work/a"
verdict "the means are those of the evaluations"
[ "$(wc -l <"$work/out.csv")" -eq $((1 + 3 * 7 + 2 * 7)) ] && head -n 1 "$work/out.csv" | grep -q '^model,beside,metric,value,low,high,spread,p,holm,benjamini_hochberg$'
verdict "a CSV file has a line for each mean and each difference"
[ "$(value popularity recall@10 popularity)" = "$(value popularity recall@10 hllm)" ] && [ "$(grep -c '^popularity  *[0-9]' "$work/popularity.table")" -eq 1 ] && compare "$work/popularity.h5" "$work/ease.h5" && grep -q '^ease - popularity' "$work/compared"
verdict "so is popularity, which is the row of the table"
evaluate 1 none --model random --checkpoint "$work/run"
[ $? -eq 2 ] && grep -q 'random has none' "$work/said"
verdict "which has no checkpoint"
compare "$work/hllm.h5" "$work/ease.h5" --json && cp "$work/compared" "$work/alone.json" && "$MPIRUN" -n 3 ./hllm compare "$work/hllm.h5" "$work/ease.h5" --json 2>"$work/said" | cmp -s - "$work/alone.json" && grep -q '"benjamini_hochberg"' "$work/alone.json"
verdict "any number of ranks finds the same"
compare a="$work/hllm.h5" b="$work/hllm.h5" && grep -q '^b - a .*+0.0000 \[+0.0000, +0.0000\]    1.00000    1.00000    1.00000' "$work/compared"
verdict "a model does not differ from itself"
evaluate 1 valid --phase valid --ranks "$work/valid.h5" && compare "$work/hllm.h5" "$work/valid.h5"
[ $? -eq 3 ] && grep -q 'phase is "valid" and not "test"' "$work/said"
verdict "another protocol is refused, with what differs"
compare "$work/hllm.h5" "$work/job.yaml"
[ $? -eq 3 ] && compare "$work/hllm.h5" --metrics giniindex
[ $? -eq 2 ] && grep -q 'no metric of a user' "$work/said"
verdict "what is no such file and no such metric is a sentence"
HLLM_FAULT=checkpoint-write:1:1:enospc evaluate 2 full --ranks "$work/full.h5"
[ $? -eq 5 ] && [ ! -f "$work/full.h5" ] && [ ! -f "$work/full.h5.part" ]
verdict "a full disk leaves no file"
finish compare
