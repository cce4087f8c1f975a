#!/bin/sh
# check-h5py.sh - the lines of Python in doc/formats.md read what hllm writes.  Runs in the build folder; needs python3 with h5py.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

python=${PYTHON:-python3}
if ! "$python" -c 'import h5py' 2>/dev/null; then
    skip "all of it: there is no python3 with h5py (PYTHON names one)"
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

# The blocks of doc/formats.md that begin with "import h5py", on these folders.
awk '/^    import h5py$/ { inside = 1 } inside && !/^    / && !/^$/ { inside = 0 } inside { print substr($0, 5) }' "$top/doc/formats.md" |
    sed "s|data/dataset/books-1a2b3c4d.hllm|$work/dataset|; s|saved/books/step-12|$step|g" >"$work/read.py"
[ "$(grep -c '^import h5py' "$work/read.py")" -eq 2 ] && "$python" "$work/read.py" >"$work/out" 2>"$work/said"
verdict "both blocks of doc/formats.md run"

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
finish h5py
