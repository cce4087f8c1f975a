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
embed 1 none --texts "$work/nowhere.csv"
[ $? -eq 3 ]
verdict "a table that is not there is a sentence"
./hllm embed "$work/job.yaml" 2>"$work/said"
[ $? -eq 2 ]
verdict "where to is asked for"
finish embed
