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
finish compare
