#!/bin/sh
# end-demo.sh - what README promises of ./bootstrap demo, with a shorter training: bootstrap itself, in a folder where all is built.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

house=$work/house
mkdir -p "$house/build" "$house/experiments/configs" "$work/bin"
cp "$top/bootstrap" "$house/"
ln -s "$PWD/hllm" "$house/build/hllm"
{ cat "$top/experiments/configs/demo.yaml" && echo "max_steps: 20"; } >"$house/experiments/configs/demo.yaml"

# fake FILE: a program of this one line.
fake() {
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod +x "$1"
}
touch "$house/build/Makefile"
fake "$house/configure" 'exit 1'
fake "$house/build/config.status" 'echo'
fake "$work/bin/dpkg-query" 'echo install ok installed'
fake "$work/bin/make" 'exit 0'
fake "$work/bin/mpirun" "exec $(command -v "$MPIRUN") \"\$@\""

(PATH=$work/bin:$PATH sh "$house/bootstrap" demo --no-install) >"$work/table" 2>"$work/said" </dev/null
verdict "./bootstrap demo ends well"
grep -q '^hllm: .*: 2 ranks' "$work/said" && [ -s "$house/build/demo/run/metrics.jsonl" ]
verdict "it has trained on 2 ranks"
for row in HLLM popularity random oracle; do
    grep -qE "^$row +([01]\.[0-9]{4} +){3}" "$work/table"
    verdict "its table has a row for $row"
done
# Chance and the oracle do not depend on the length of the training.
awk '{ at[$1] = $3 } END { exit !(0 < at["random"] && at["random"] < at["oracle"] && at["oracle"] < 1) }' "$work/table"
verdict "whose oracle is better than chance"

finish end-demo
