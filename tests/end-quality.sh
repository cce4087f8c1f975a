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

# ---- tuning: the best of a grid on validation is trained with all seeds
cat >"$work/tuned.yaml" <<YAML
task: train
base: job.yaml
points:
  popularity: {model: popularity}
  SASRec: {model: SASRec, embedding_size: 16, n_heads: 2, epochs: 3}
  fixed: {model: SASRec, embedding_size: 8, n_heads: 2}
tune:
  metric: Recall@10
  points: {SASRec: {optim_args.learning_rate: [1e-5, 1e-2], text_keys: [title, nowhere]}}
metrics: [NDCG@10]
repetitions: 2
launcher: [$MPIRUN, -n, "{ranks}"]
YAML
tuned=$work/tuned.study
study "$work/tuned.yaml" --dry-run && grep -q '^4 candidates are trained once each, to tune points on validation by Recall@10' "$work/out"
verdict "a dry run says how many candidates there are"
study "$work/tuned.yaml" --local && cp "$work/said" "$work/first" && [ "$(grep -c 'candidate .* of 4: SASRec, .*, failed: ' "$work/said")" -eq 2 ] && grep -q 'SASRec is trained with optim_args.learning_rate .*: recall@10 .* on validation' "$work/said"
verdict "a candidate that fails does not end the study, and what is taken is said"
[ "$(cat "$tuned"/SASRec-optim*/tune-3020/command | grep -c -e '--phase valid')" -eq 2 ] && [ "$(cat "$tuned"/SASRec-optim*/tune-3020/train-command | grep -c -e '--seed 3020')" -eq 4 ]
verdict "each is trained with a seed of its own, and judged on validation"
# best: the folder of the candidate whose own evaluation has the highest recall@10.
best=$(for file in "$tuned"/SASRec-optim*/tune-3020/result.json; do echo "$(sed -n 's/^ *"recall@10": \([0-9.e-]*\),*$/\1/p' "$file" | head -n 1) $file"; done | sort -g | tail -n 1 | sed 's/^[^ ]* //; s,/tune-3020/result.json,,')
[ -s "$best/1/ranks.h5" ] && [ -s "$best/2/ranks.h5" ] && [ "$(find "$tuned" -path '*SASRec-optim*/[12]/ranks.h5' | wc -l)" -eq 2 ] && cat "$best"/[12]/command | grep -q -e '--phase test'
verdict "the best on validation is what is trained and tested with all seeds"
taken=$(sed -n 's/.*SASRec is trained with \(.*\): recall@10.*/\1/p' "$work/first")
study report "$tuned" && grep -q "^popularity,.*,2,0,0," "$tuned/report.csv" && grep -q "^SASRec,.*,2,0,0,.*,\"$taken\"$" "$tuned/report.csv" && grep -q "^SASRec,\"$taken\",1,,0\.[0-9]*,0" "$tuned/report-tuning.csv"
verdict "the report says what each point was trained with"
[ "$(wc -l <"$tuned/report-tuning.csv")" -eq 5 ] && [ "$(grep -c '^SASRec,".*text_keys nowhere",0,,,,,,.*nowhere.*' "$tuned/report-tuning.csv")" -eq 2 ] && grep -q 'Tuned on validation' "$tuned/report.html" && ! grep -q '^popularity\|^fixed' "$tuned/report-tuning.csv"
verdict "and how each candidate did, and why those without a result have none"
sed 's/\[1e-5, 1e-2\]/[1e-5, 1e-4, 1e-2]/; s/title, nowhere/title/; /fixed:/d; s/repetitions: 2/repetitions: 1/' "$work/tuned.yaml" >"$work/ends.yaml"
study "$work/ends.yaml" --local && grep -q 'of SASRec the best is at an end of the grid (optim_args.learning_rate 1e-2)' "$work/said" && study report "$work/ends.study" && grep -q 'taken, at an end of the grid: optim_args.learning_rate 1e-2' "$work/ends.study/report.html"
verdict "a best one at an end of the grid is warned of"
sed 's/Recall@10/NDGC@10/' "$work/tuned.yaml" >"$work/none.yaml"
study "$work/none.yaml" --local --dir "$work/none.dir"
[ $? -eq 2 ] && grep -q '"NDGC@10" is no metric' "$work/said" && [ ! -e "$work/none.dir" ]
verdict "a metric that there is not is said before anything is trained"
sed 's/{SASRec: {optim/{SASRex: {optim/' "$work/tuned.yaml" >"$work/none.yaml"
study "$work/none.yaml" --dry-run
[ $? -eq 2 ] && grep -q 'none.yaml:[0-9]*: tune: there is no point "SASRex"' "$work/said"
verdict "and so is a grid without a point"
sed 's/{SASRec: {optim/{popularity: {optim/' "$work/tuned.yaml" >"$work/none.yaml"
study "$work/none.yaml" --dry-run
[ $? -eq 2 ] && grep -q 'tune: point "popularity": .* to tune' "$work/said"
verdict "and a grid of a model that does not train"

study "$work/tuned.yaml" --local --resume && grep -q '2 of 4 candidates were there already' "$work/said" && grep -q '6 of 6 runs were there already' "$work/said"
verdict "what has a result is not trained again, candidates that failed are"
study "$tuned/study.yaml" --dry-run --dir "$tuned" && grep -q '^4 candidates' "$work/out"
verdict "the study in its own folder has the same candidates"
# While a candidate is open nothing is trained of its point.
rm "$best/tune-3020/result.json"
study "$tuned/study.yaml" --local --dir "$tuned" --only "${best##*/}/1"
[ $? -eq 2 ] && grep -q 'has no run' "$work/said" && study report "$tuned" && grep -q '^SASRec,.*,0,0,2,' "$tuned/report.csv" && grep -q '^SASRec,.*,0,,,,,,not run$' "$tuned/report-tuning.csv"
verdict "while a candidate is open it is not known which is taken"
study "$tuned/study.yaml" --local --dir "$tuned" --only "${best##*/}/tune-3020" && study report "$tuned" && grep -q "^SASRec,.*,2,0,0,.*,\"$taken\"$" "$tuned/report.csv"
verdict "it is made by itself, and the choice is the same"
sed 's/title, nowhere/nowhere/; /fixed:/d' "$work/tuned.yaml" >"$work/hopeless.yaml"
study "$work/hopeless.yaml" --local
[ $? -eq 1 ] && grep -q '2 of 4 runs were not made' "$work/said" && study report "$work/hopeless.study" && grep -q '^SASRec,.*,0,2,0,' "$work/hopeless.study/report.csv"
verdict "a point whose candidates have all failed is not trained"
sed 's/^metrics/phase: valid\nmetrics/; /fixed:/d; s/title, nowhere/title/; s/repetitions: 2/repetitions: 1/' "$work/tuned.yaml" >"$work/valid.yaml"
study "$work/valid.yaml" --local && [ "$(cat "$work"/valid.study/*/1/command | grep -c -e '--phase valid')" -eq 2 ] && study report "$work/valid.study" && grep -q 'users of validation' "$work/valid.study/report.html"
verdict "with phase: valid all is ranked on validation"
sed 's/^task/ranks_per_node: 1\ntask/; s/{model: popularity}/{nodes: 1, model: popularity}/; s/{model: SASRec/{nodes: 1, model: SASRec/' "$work/tuned.yaml" >"$work/slurm.yaml"
study "$work/slurm.yaml" --submit --dry-run && grep -q '4 runs would be submitted' "$work/said" && grep -q 'they are candidates' "$work/said" && [ "$(grep -c '/tune-3020$' "$work/slurm.study/slurm/1-nodes-1.runs")" -eq 4 ]
verdict "Slurm gets the candidates first"
study "$work/slurm.yaml" --local --resume && rm "$work"/slurm.study/*/[12]/result.json && study "$work/slurm.yaml" --submit --dry-run && [ "$(grep -c '/[12]$' "$work/slurm.study/slurm/1-nodes-1.runs")" -eq 6 ]
verdict "and the runs once it is known what is taken"

finish quality
