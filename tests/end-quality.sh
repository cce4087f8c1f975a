#!/bin/sh
# end-quality.sh - hllm study with task: train: models trained with several seeds, beside each other.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

small_job "" "" <<YAML
batch_size: 16
epochs: 1
nce_thres: 2
checkpoint_dir: $work/saved
YAML
./hllm synth "$work/data" --items 60 --users 120 --topics 4 >/dev/null 2>"$work/said"
verdict "data are made up"
cat >"$work/models.yaml" <<YAML
task: train
base: job.yaml
axes: {num_negatives: [16, 64]}
points:
  popularity: {model: popularity}
  'SASRec <&> "two"': {ranks: 2, model: SASRec, embedding_size: 16, n_heads: 2}
metrics: [Recall@5, NDCG@10, MRR]
repetitions: 2
launcher: [$MPIRUN, -n, "{ranks}"]
YAML
models=$work/models.study
study() { ./hllm study "$@" >"$work/out" 2>"$work/said" </dev/null; }

study "$work/models.yaml" --dry-run && grep -q '4 points, 2 trainings of each' "$work/out" && [ ! -e "$models" ]
verdict "a dry run shows the points"
study "$work/models.yaml" --local && [ "$(find "$models" -name ranks.h5 | wc -l)" -eq 8 ] && [ ! -e "$work/saved" ]
verdict "every point is trained twice, and its users are ranked"
seeds=$(cat "$models"/num_negatives-16*/?/train-command | sed 's/.*--seed \([0-9]*\).*/\1/' | tr '\n' ' ')
[ "$seeds" = "2020 2021 " ]
verdict "repetitions have seeds of their own"
study report "$models" && [ "$(wc -l <"$models/report.csv")" -eq 5 ] && [ -s "$models/report.html" ]
verdict "there is a report"
! command -v gnuplot >/dev/null || [ -s "$models/report.svg" ]
verdict "there is a picture where there is gnuplot"

# column NAME POINT: of report.csv; no field of these points has a comma.
column() {
    awk -F, -v name="$1" -v point="$2" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } index($1, point) == 1 { print $at[name]; exit }' "$models/report.csv"
}
[ "$(column axis 'num_negatives 64')" = num_negatives ] && [ "$(column along 'num_negatives 64')" = 64 ] && [ "$(column runs popularity)" = 2 ]
verdict "points of the grid lie along its axis"
# A mean is that of both evaluations, and the comparison is that of hllm compare.
# mean_of FOLDER: of the two evaluations there, whose first figure of the name is that of random ties.
mean_of() {
    for file in "$1"/?/result.json; do sed -n 's/^ *"recall@5": \([0-9.e-]*\),*$/\1/p' "$file" | head -n 1; done | awk '{ sum += $1 } END { print sum / NR, NR }'
}
mean=$(mean_of "$models"/num_negatives-64*)
echo "$mean $(column recall@5 'num_negatives 64')" | awk '{ d = $1 - $3 } END { exit !($2 == 2 && $1 > 0 && d * d < 1e-12) }'
verdict "a point's metric is the mean over its seeds"
first=$(ls -d "$models"/num_negatives-16*) second=$(ls -d "$models"/num_negatives-64*)
./hllm compare "a=$first/1/ranks.h5,$first/2/ranks.h5" "b=$second/1/ranks.h5,$second/2/ranks.h5" --metrics Recall --topk 5 --json >"$work/pair" 2>"$work/said"
difference=$(sed -n 's/^ *"difference": \([0-9.e+-]*\),*$/\1/p' "$work/pair" | head -n 1)
echo "$difference $(column recall@5_difference 'num_negatives 64')" | awk '{ d = ($1 < 0 ? -$1 : $1) - ($2 < 0 ? -$2 : $2) } END { exit !(NF == 2 && d * d < 1e-12) }'
verdict "its difference from the first point is that of hllm compare"
[ -z "$(column recall@5_p 'num_negatives 16')" ] && [ -n "$(column recall@5_holm popularity)" ] && [ "$(column mrr_spread popularity)" = 0 ]
verdict "the first point is beside nothing, others have corrected p-values"

study "$work/models.yaml" --local --resume && grep -q '8 of 8 runs were there already' "$work/said" && [ -z "$(find "$models" -name '*stdout' -newer "$models/report.csv")" ]
verdict "what has a result is not trained again"
# Without its ranking a training is there still, and only what is missing is made.
rm "$second/1/result.json" "$second/1/ranks.h5"
study "$work/models.yaml" --local --resume && [ -s "$second/1/ranks.h5" ] && grep -q 'this run has ended at step' "$second/1/train-stderr"
verdict "a training that has ended is ranked again without another"
study report "$models" && [ "$mean" = "$(mean_of "$second")" ]
verdict "and has the same metrics"
study compare "$models" "$models/report.csv"
[ $? -eq 2 ] && grep -q 'study of trainings' "$work/said"
verdict "seconds of trainings are not compared"
printf '%s\n' 'task: train' 'base: job.yaml' 'axes: {split.kind: [leave_two_out, temporal]}' 'repetitions: 1' "launcher: [$MPIRUN, -n, '{ranks}']" 'metrics: [NDCG@10]' >"$work/splits.yaml"
sed 's/leave_two_out, temporal/leave_two_out/; s/NDCG@10/NDGC@10/' "$work/splits.yaml" >"$work/none.yaml"
study "$work/splits.yaml" --local && study report "$work/splits.study" && grep -q 'points are not compared: .*split' "$work/said" && grep -q 'Points are not compared' "$work/splits.study/report.html"
verdict "points of two protocols are not compared, and it is said why"
study "$work/none.yaml" --local
study report "$work/none.study"
[ $? -eq 2 ] && grep -q '"NDGC@10" is no metric' "$work/said"
verdict "a metric that there is not is said"

finish quality
