#!/bin/sh
# end-study.sh - hllm study: the points of a study file.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

small_job "" "" <<YAML
batch_size: 4
nce_thres: 2
checkpoint_dir: $work/saved
YAML
./hllm synth "$work/data" --items 60 --users 40 --topics 4 >/dev/null 2>"$work/said"
verdict "data are made up"

# study OPTIONS...: of $work/curve.yaml; what it prints in out, the log in said.
study() { ./hllm study "$@" >"$work/out" 2>"$work/said" </dev/null; }

cat >"$work/curve.yaml" <<YAML
base: job.yaml
axes: {ranks: [1, 2], user.tp: [1, 2]}
repetitions: 2
warmup: 1
steps: 3
YAML
study "$work/curve.yaml" --dry-run && [ "$(grep -c '^ranks [12], user.tp [12] ' "$work/out")" -eq 4 ] &&
    awk '/^ranks/ && $8 > 0 { hours += $9 } / node-hours are forecast/ { for (i = 1; i < NF; i++) if ($(i + 1) == "node-hours") sum = $i } END { d = hours / sum - 1; exit !(hours > 0 && d < 0.02 && d > -0.02) }' "$work/out"
verdict "a dry run shows the points, and what they take in all"
grep '^ranks 1, user.tp 2 .* - ' "$work/out" | grep -q 'user'
verdict "a point that cannot be has its reason"
[ -z "$(find "$work" -name '*.study')" ] && [ ! -e "$work/saved" ]
verdict "nothing is run"
(cd "$top" && "$OLDPWD/hllm" study experiments/scaling/smoke.yaml --dry-run) >"$work/out" 2>"$work/said" && [ "$(grep -c '^ranks [12] ' "$work/out")" -eq 2 ]
verdict "the example is a study"

finish study
