#!/bin/sh
# check-h5py.sh - the lines of Python in doc/formats.md read what hllm writes.  Runs in the build folder; needs python3 with h5py.
#
# NumPy then ranks the users of an evaluation by the vectors that hllm embed writes, and finds the metrics of hllm eval.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

# The first python3 on the way may be somebody's own.
for python in "${PYTHON:-python3}" /usr/bin/python3; do "$python" -c 'import h5py' 2>/dev/null && break; done
if ! "$python" -c 'import h5py' 2>/dev/null; then
    skip "all of it: there is no python3 with h5py (PYTHON names one)"
    
first_item=$(sed -n '2s/,.*//p' "$work/data/dataset/synth.csv")
grep -q '^kind items model [0-9a-f]\{16\} ([0-9]*, 32)$' "$work/out" && grep -q "^item $first_item \[" "$work/out" && [ "$(grep -c '^for ' "$work/out")" -eq 3 ]
verdict "vectors have the ids of the CSV file"

# Histories that hllm eval leaves out of the ranking are left out here.
for phase in valid test; do
    ./hllm embed "$work/job.yaml" --checkpoint "$work/run" --users --phase $phase --to "$work/$phase.npy" >/dev/null 2>"$work/said"
    ./hllm eval "$work/job.yaml" --checkpoint "$work/run" --phase $phase --json >"$work/$phase.json" 2>"$work/said"
done
cat >"$work/rank.py" <<'PY'
import csv, json, sys
import numpy
work, back = sys.argv[1], {"valid": 2, "test": 1}
items = numpy.load(work + "/items.npy").astype(float)
items /= numpy.linalg.norm(items, axis=1, keepdims=True)
at = {i: k for k, i in enumerate(numpy.load(work + "/items.rows.npy")["id"])}
seen = {}
for row in csv.DictReader(open(work + "/data/dataset/synth.csv")):
    item, user, time = list(row.values())[:3]
    seen.setdefault(user.encode(), []).append((int(time), len(seen), at[item.encode()]))
for phase, last in back.items():
    users, rows = numpy.load(work + "/" + phase + ".npy"), numpy.load(work + "/" + phase + ".rows.npy")
    wanted = json.load(open(work + "/" + phase + ".json"))
    recall = {5: 0, 10: 0}
    for id, vector in zip(rows["id"], users):
        history = [i for _, _, i in sorted(seen[id], key=lambda x: x[0])]
        target, before = history[-last], set(history[:-last])
        score = items @ vector.astype(float)
        above = [k for k in range(len(items)) if k not in before and k != target and score[k] > score[target]]
        for k in recall:
            recall[k] += target not in before and len(above) < k
    for k in recall:
        got, told = recall[k] / len(users), wanted["recall@%d" % k]
        print("near" if abs(got - told) < 2e-3 and told > 0 else "far", phase, k, got, told)
PY
"$python" "$work/rank.py" "$work" >"$work/ranks" 2>"$work/said" && [ "$(grep -c '^near' "$work/ranks")" -eq 4 ] || { cat "$work/ranks"; false; }
verdict "NumPy ranks the catalogue by these vectors as hllm eval does"
finish h5py
fi

./hllm synth "$work/data" --items 60 --users 50 --topics 4 --mean_length 6 >/dev/null 2>"$work/said"
small_job "" "" <<YAML
epochs: 1
batch_size: 16
max_steps: 2
nce_thres: 2
dataset_dir: $work/dataset
YAML
job 1 run
verdict "a job leaves a dataset and a checkpoint"
step=$(ls -d "$work"/run/step-* | tail -n 1)

for file in items.h5 items.npy; do ./hllm embed "$work/job.yaml" --checkpoint "$work/run" --to "$work/$file" >/dev/null 2>"$work/said"; done
./hllm embed "$work/job.yaml" --checkpoint "$work/run" --users --to "$work/users.npy" >/dev/null 2>"$work/said"
verdict "its items and users are embedded"

./hllm eval "$work/job.yaml" --checkpoint "$work/run" --ranks "$work/ranks.h5" --metrics Recall >"$work/table" 2>"$work/said"
verdict "an evaluation leaves ranks of users"

# The blocks of doc/formats.md that begin with "import h5py" or "import numpy", on these folders.
awk '/^    import (h5py|numpy)$/ { inside = 1 } inside && !/^    / && !/^$/ { inside = 0 } inside { print substr($0, 5) }' "$top/doc/formats.md" |
    sed "s|data/dataset/books-1a2b3c4d.hllm|$work/dataset|; s|saved/books/step-12|$step|g; s|\"\([a-z]*[.rows]*\.npy\)\"|\"$work/\1\"|g; s|items.h5|$work/items.h5|; s|\"ranks.h5\"|\"$work/ranks.h5\"|" >"$work/read.py"
[ "$(grep -c '^import ' "$work/read.py")" -eq 5 ] && "$python" "$work/read.py" >"$work/out" 2>"$work/said"
verdict "the blocks of doc/formats.md run"

first=$(sed -n '2s/,.*//p' "$work/data/dataset/synth.csv")
title=$(grep "^$first," "$work/data/information/synth.csv" | cut -d , -f 2)
text="title: $title"
wanted="item 1 $first $(printf %s "$text" | od -An -v -tu1 | tr -s ' \n' ' ')"
sed -n 's/^\(item 1 .*\)/\1/p' "$work/out" | sed 's/ *$//' >"$work/item"
[ -s "$work/item" ] && sh -c 'echo $1' sh "$wanted" | awk -v from=4 '{ for (i = from; i <= NF; i++) print $i }' >"$work/bytes" &&
    awk '{ for (i = 4; i <= NF; i++) print $i }' "$work/item" | tail -n "$(wc -l <"$work/bytes")" >"$work/tokens"
awk 'NR == FNR { byte[FNR] = $1; next } { d = $1 - byte[FNR]; if (FNR == 1) first = d; if (d != first) bad = 1; n++ } END { exit bad || n < 10 }' "$work/bytes" "$work/tokens"
verdict "the tokens of the first item are the bytes of its text"
user=$(sed -n '2s/^[^,]*,\([^,]*\),.*/\1/p' "$work/data/dataset/synth.csv")
grep "^[^,]*,$user," "$work/data/dataset/synth.csv" | cut -d , -f 3 | sort -n >"$work/times"
sed -n "s/^user 0 $user //p" "$work/out" | grep -oE '[0-9]{9,}' | cmp - "$work/times"
verdict "the first user has the times of the CSV file"
[ "$(grep -c ' True$' "$work/out")" -gt 10 ] && ! grep -q ' False$' "$work/out"
verdict "every tensor of the checkpoint has its moments"

first_item=$(sed -n '2s/,.*//p' "$work/data/dataset/synth.csv")
grep -q '^kind items model [0-9a-f]\{16\} ([0-9]*, 32)$' "$work/out" && grep -q "^item $first_item \[" "$work/out" && [ "$(grep -c '^for ' "$work/out")" -eq 3 ]
verdict "vectors have the ids of the CSV file"

# Histories that hllm eval leaves out of the ranking are left out here.
for phase in valid test; do
    ./hllm embed "$work/job.yaml" --checkpoint "$work/run" --users --phase $phase --to "$work/$phase.npy" >/dev/null 2>"$work/said"
    ./hllm eval "$work/job.yaml" --checkpoint "$work/run" --phase $phase --json >"$work/$phase.json" 2>"$work/said"
done
cat >"$work/rank.py" <<'PY'
import csv, json, sys
import numpy
work, back = sys.argv[1], {"valid": 2, "test": 1}
items = numpy.load(work + "/items.npy").astype(float)
items /= numpy.linalg.norm(items, axis=1, keepdims=True)
at = {i: k for k, i in enumerate(numpy.load(work + "/items.rows.npy")["id"])}
seen = {}
for row in csv.DictReader(open(work + "/data/dataset/synth.csv")):
    item, user, time = list(row.values())[:3]
    seen.setdefault(user.encode(), []).append((int(time), len(seen), at[item.encode()]))
for phase, last in back.items():
    users, rows = numpy.load(work + "/" + phase + ".npy"), numpy.load(work + "/" + phase + ".rows.npy")
    wanted = json.load(open(work + "/" + phase + ".json"))
    recall = {5: 0, 10: 0}
    for id, vector in zip(rows["id"], users):
        history = [i for _, _, i in sorted(seen[id], key=lambda x: x[0])]
        target, before = history[-last], set(history[:-last])
        score = items @ vector.astype(float)
        above = [k for k in range(len(items)) if k not in before and k != target and score[k] > score[target]]
        for k in recall:
            recall[k] += target not in before and len(above) < k
    for k in recall:
        got, told = recall[k] / len(users), wanted["recall@%d" % k]
        print("near" if abs(got - told) < 2e-3 and told > 0 else "far", phase, k, got, told)
PY
"$python" "$work/rank.py" "$work" >"$work/ranks" 2>"$work/said" && [ "$(grep -c '^near' "$work/ranks")" -eq 4 ] || { cat "$work/ranks"; false; }
verdict "NumPy ranks the catalogue by these vectors as hllm eval does"
recall=$(awk '$1 == "HLLM" && $2 !~ /ties/ { print $3 }' "$work/table")
grep -q "^recall@10 $recall HLLM test (" "$work/out" && [ -n "$recall" ]
verdict "the ranks of users give the recall of the evaluation"
finish h5py
