#!/bin/sh
# end-embed.sh - the file of vectors is the same however often the job that makes it was ended, and what is known is not encoded again.
#
# Runs ./hllm in the build folder.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"
./hllm synth "$work/data" --items 9000 --users 300 --topics 5 >/dev/null 2>"$work/said"
verdict "data are made up"
small_job "$spread_item, num_hidden_layers: 1" "$spread_user, num_hidden_layers: 1" <<YAML
dataset_dir: $work/prepared
YAML

# embed RANKS FILE OPTIONS...
embed() {
    ranks=$1 to=$work/$2
    shift 2
    "$MPIRUN" -n "$ranks" ./hllm embed "$work/job.yaml" --to "$to" "$@" >"$work/out" 2>"$work/said" </dev/null
}
all=$work/data/information/synth.csv
embed 2 catalogue && ./hllm show "$work/catalogue" >"$work/shown" 2>"$work/said" && grep -q 'vectors.*F32' "$work/shown" && grep -q 'model: ' "$work/shown"
verdict "a catalogue is embedded, and shown"
embed 2 whole --texts "$all" && ./hllm show "$work/whole" >"$work/shown" 2>"$work/said" && grep -q 'vectors.*F32' "$work/shown" && grep -q 'model: ' "$work/shown"
verdict "all items of a table are"

# Rounds of 4096 texts; a fault in the second or third, or between them.
for fault in checkpoint-write:1:3000:kill checkpoint-write:0:3000:enospc catalogue-signal:0:60; do
    rm -f "$work"/part*
    HLLM_FAULT=$fault embed 2 part --texts "$all"
    status=$?
    [ "$status" -ne 0 ] && [ ! -f "$work/part" ] && [ -f "$work/part.progress" ]
    verdict "$fault leaves no file, but what was done (status $status)"
    embed 2 part --texts "$all" && cmp -s "$work/part" "$work/whole" && [ ! -f "$work/part.progress" ] && [ ! -f "$work/part.part" ]
    verdict "the same command goes on, to the same bytes"
done

cp "$work/whole" "$work/again" && embed 1 again --texts "$all" && grep -q 'of which 0 were encoded' "$work/said" && cmp -s "$work/again" "$work/whole"
verdict "a file of the same weights has all vectors, at any number of ranks"
embed 2 again --texts "$all" --seed 7 && ! grep -q 'of which 0 were encoded' "$work/said" && ! cmp -s "$work/again" "$work/whole"
verdict "other weights have other vectors"

# New items in a table, some of whose texts are known.
head -n 400 "$all" >"$work/new.csv"
printf 'brand-new,a text that nobody has seen\n' >>"$work/new.csv"
columns=$(head -n 1 "$work/new.csv" | tr ',' '\n' | grep -c .)
[ "$columns" -eq 2 ] || sed -i '$d' "$work/new.csv"
cp "$work/whole" "$work/new" && embed 2 new --texts "$work/new.csv"
sed -n 's/.*of which \([0-9]*\) were encoded.*/\1/p' "$work/said" >"$work/encoded"
[ "$(cat "$work/encoded")" -le 1 ] && [ -s "$work/encoded" ]
verdict "of new items only new texts are encoded"
# More characters than MAX_TEXT_LENGTH, "title: " included, in the last rows of b and d; e says what a does.  A hundred others stand before them,
# so that no rank alone has them all.
{
    echo item_id,title
    for item in $(seq 100); do echo "$item,other $item"; done
    for row in a,short b,word d,short 'b,more characters than there is room for' 'd,too many characters of another kind' e,short; do echo "$row"; done
} >"$work/odd.csv"
for ranks in 1 2 3; do
    embed $ranks odd$ranks --texts "$work/odd.csv" --MAX_TEXT_LENGTH 20 --dataset_dir "$work/prepared20" &&
        grep -q 'odd.csv: of the 104 items: 2 rows of text replaced by a later row of the same item, 1 texts equal to an earlier one, 2 texts truncated$' "$work/said"
    verdict "what was cut of a table's texts, and what is odd about them, is counted and told, on $ranks ranks"
done
for row in item_id,title a,same b,same c,same; do echo "$row"; done >"$work/same.csv"
embed 2 same --texts "$work/same.csv" && grep -q 'warning: .*2 of 3 texts of [^ ]*/same.csv are equal to an earlier one (0 are truncated)' "$work/said"
verdict "a table most of whose texts are equal is warned of"
# Shares of a table that are empty, and uneven ones.
head -n 3 "$all" >"$work/two.csv"
embed 3 two --texts "$work/two.csv" && ./hllm show "$work/two" >"$work/shown" 2>"$work/said" && grep -q 'vectors.*(2, 32)' "$work/shown"
verdict "a table has fewer items than ranks"
embed 3 whole3 --texts "$all" --exact.groups 4 && embed 1 whole1 --texts "$all" --exact.groups 4 && cmp -s "$work/whole1" "$work/whole3"
verdict "three ranks that each tokenise their share write the bytes of one, where exact holds them"

# Vectors are the last bytes of both, and the first behind the header of safetensors.
bytes=$((9000 * 32 * 4))
for form in hdf5 npy; do
    embed 2 "again.$form" --texts "$all" --form $form && tail -c $bytes "$work/again.$form" >"$work/vectors.$form"
    verdict "$form: all items of a table are embedded"
    ./hllm show "$work/again.$form" >"$work/shown" 2>"$work/said" && grep -qx "vectors of items ($form): 9000 rows of 32 numbers" "$work/shown" && grep -q "$(./hllm show "$work/whole" | grep -o 'model: [0-9a-f]*')" "$work/shown" &&
        ./hllm show "$work/again.$form" --json 2>"$work/said" | grep -q '"digest": "text_digest"'
    verdict "$form: the file is shown, and is of the same model"
done
header=$(od -An -tu8 -N8 "$work/whole" | tr -d ' ')
tail -c +$((header + 9)) "$work/whole" | head -c $bytes >"$work/vectors"
cmp -s "$work/vectors" "$work/vectors.hdf5" && cmp -s "$work/vectors" "$work/vectors.npy"
verdict "all forms have the same vectors"
for form in hdf5 npy; do
    cp "$work/again.$form" "$work/before" && embed 1 "again.$form" --texts "$all" --form $form && grep -q 'of which 0 were encoded' "$work/said" && cmp -s "$work/before" "$work/again.$form"
    verdict "$form: a file of the same model has all vectors"
    rm -f "$work"/part*
    HLLM_FAULT=checkpoint-write:1:3000:kill embed 2 part --texts "$all" --form $form
    [ $? -ne 0 ] && [ ! -f "$work/part" ] && [ -f "$work/part.progress" ] && embed 2 part --texts "$all" --form $form && cmp -s "$work/part" "$work/again.$form" &&
        [ "$(ls "$work" | grep -c '^part.*\(part\|progress\)$')" -eq 0 ]
    verdict "$form: a job that was killed goes on, to the same bytes"
done
cp "$work/whole" "$work/other.npy" && embed 2 other.npy --texts "$all" && ! grep -q 'of which 0 were encoded' "$work/said" && [ -f "$work/other.rows.npy" ] && cmp -s "$work/other.npy" "$work/again.npy"
verdict "a file of another form is not taken for one of this form"
{ head -n 1 "$all"; head -c 5000 /dev/zero | tr '\0' x; sed -n '2s/^[^,]*//p' "$all"; } >"$work/long.csv"
embed 2 long.npy --texts "$work/long.csv"
[ $? -eq 2 ] && grep -q 'an id has 5000 bytes' "$work/said" && [ ! -e "$work/long.npy.part" ] && embed 2 long.h5 --texts "$work/long.csv"
verdict "ids that are too long for an array of NumPy are refused there alone"
embed 1 other --form parquet
[ $? -eq 2 ] && grep -q 'parquet is none of safetensors, hdf5, npy' "$work/said"
verdict "a form that is not there is refused with a list"
embed 2 again --pooling mean && embed 2 again --pooling last_token && ! grep -q 'of which 0 were encoded' "$work/said" && embed 2 again --pooling last_token && grep -q 'of which 0 were encoded' "$work/said"
verdict "vectors of another pooling are not taken for those of the model"

HLLM_FAULT=checkpoint-write:0:1:stop ./hllm embed "$work/job.yaml" --to "$work/both" >"$work/out" 2>"$work/first" &
first=$!
tries=100
until grep -qs '^State:.T' "/proc/$first/status" || ! tries=$((tries - 1)) || [ $tries -eq 0 ]; do sleep 0.1; done
embed 2 both
[ $? -eq 2 ] && grep -q 'both.lock/lock: another job works in this folder' "$work/said"
verdict "a second job is refused while the first makes the file"
kill -CONT $first && wait $first && [ -f "$work/both" ] && [ ! -e "$work/both.lock" ]
verdict "the first ends as if it had been alone"

# Users: rounds of eval_batch_size.
embed 2 users --users --eval_batch_size 64 && ./hllm show "$work/users" >"$work/shown" 2>"$work/said" && grep -q 'vectors.*(300, 32)' "$work/shown" && grep -q 'kind: users' "$work/shown" && grep -q 'history_digest' "$work/shown"
verdict "users are embedded"
rm -f "$work"/part*
HLLM_FAULT=checkpoint-write:1:60:kill embed 2 part --users --eval_batch_size 64
[ $? -ne 0 ] && [ ! -f "$work/part" ] && grep -q '"texts":[1-9]' "$work/part.progress" && embed 2 part --users --eval_batch_size 64 && grep -q 'going on after [1-9]' "$work/said" && cmp -s "$work/part" "$work/users"
verdict "a job that was killed goes on with the users who are left, to the same bytes"
embed 3 users3 --users --exact.groups 4 --placement separate && embed 1 users1 --users --exact.groups 4 && cmp -s "$work/users1" "$work/users3"
verdict "users' vectors are the same on ranks apart, where exact holds them"
cp "$work/users" "$work/again" && embed 2 again --users && grep -q 'of which 0 were encoded' "$work/said" && cmp -s "$work/again" "$work/users"
verdict "users whose history a file of the same model has are not encoded again"
embed 2 test --users --phase test && ! cmp -s "$work/test" "$work/users" && cp "$work/users" "$work/again" && embed 2 again --users --phase test && cmp -s "$work/again" "$work/test"
verdict "the history before the target of a phase is another"
embed 2 split --users --phase valid --split.kind temporal --dataset_dir "$work/temporal" && grep -q 'warning.*[1-9][0-9]* of 300 users have no target in the valid part' "$work/said"
verdict "users without a target are counted"
embed 1 none --users --texts "$all"
[ $? -eq 2 ] && embed 1 none --phase test
[ $? -eq 2 ] && embed 1 none --users --phase train
[ $? -eq 2 ]
verdict "orders that contradict each other are refused"
embed 1 none --texts "$work/nowhere.csv"
[ $? -eq 3 ]
verdict "a table that is not there is a sentence"
./hllm embed "$work/job.yaml" 2>"$work/said"
[ $? -eq 2 ]
verdict "where to is asked for"
finish embed
