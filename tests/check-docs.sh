#!/bin/sh
# check-docs.sh - what documents say of the program is what the program says of itself.  Runs in the build folder.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

documents=$(cd "$top" && find . -name '*.md' ! -path './build/*' ! -path './.*/*' | sort)
text=$(cd "$top" && cat $documents slurm/train.sbatch)

# Words of $1 that are not lines of $2, each with the complaint $3.
strangers() {
    echo "$1" | sort -u | while read -r word; do
        [ -z "$word" ] || echo "$2" | grep -qxF -e "$word" || echo "     $word: $3"
    done
}
nothing() { # print what was found; true where nothing was
    [ -z "$1" ] || echo "$1"
    [ -z "$1" ]
}

./hllm --manual | diff - "$top/doc/hllm.1"
verdict "doc/hllm.1 is what hllm --manual prints"

if command -v man >/dev/null; then
    nothing "$(LC_ALL=C.UTF-8 man --warnings -l "$top/doc/hllm.1" 2>&1 >/dev/null)"
    verdict "the manual page is clean roff"
fi

./hllm --faults | diff - "$top/doc/faults.md"
verdict "doc/faults.md is what hllm --faults prints"

points=$(./hllm --faults | sed -n 's/^| `\([a-z-]*\)` | `\([a-z/]*[a-z-]*\.c\)` .*/\1 \2/p')
nothing "$(echo "$points" | while read -r point file; do
    grep -qF "\"$point\"" "$top/$file" || echo "     $file has no point $point"
done)"
verdict "points of failure are where doc/faults.md says"
asked=$(cd "$top" && grep -rhoE 'hl_fault(_errno|_numbers|_wait)?\("[a-z-]+"' src mpi io app | sed 's/.*"\(.*\)"/\1/')
nothing "$(strangers "$asked" "$(echo "$points" | cut -d ' ' -f 1)" "a point of failure that hllm --faults does not list")"
[ -n "$asked" ]
verdict "every point of failure is listed"

keys=$(./hllm train --help | sed -n 's/^  \([A-Za-z_][A-Za-z_.0-9]*\)  *.*/\1/p')
[ "$(echo "$keys" | wc -l)" -gt 60 ]
verdict "hllm train --help lists the options"

manual=$(sed -n 's/^\.B \([A-Za-z_][A-Za-z_.0-9]*\)$/\1/p' "$top/doc/hllm.1")
nothing "$(strangers "$keys" "$manual" "in --help, not in the manual page")"
verdict "the manual page has every option of --help"

commands=$(./hllm --help | sed -n 's/^  hllm \([a-z][a-z-]*\) .*/\1/p')
named=$(echo "$text" | grep -oE '(^|[ `(])hllm (synth|import|import-data|prepare|train|eval|compare|embed|export|show|doctor|bench|plan|diff|study|trace|rehearse)\b' | sed 's/.*hllm //')
nothing "$(strangers "$named" "$commands" "in a document, not in hllm --help")"
verdict "documents name commands that exist"
nothing "$(strangers "$commands" "$(echo "$named" | sort -u)" "in hllm --help, not in a document")"
verdict "every command is named in a document"

# Options of commands beside those of the configuration, which their --help names, and of other programs that the documents name.
own=$(for command in $commands; do ./hllm "$command" --help; done | grep -oE -e '--[A-Za-z][A-Za-z_.-]*' | sed 's/^--//; s/[.]$//')
others="help version json manual faults no-install bind-to map-by mpi enable-debug enable-sanitizers enable-werror
    job-name nodes ntasks-per-node cpus-per-task time signal requeue open-mode account partition key
    with-smpi data shape item-dir user-dir S T mode compile"
others=$(echo $others | tr ' ' '\n')
options=$(echo "$text" | grep -oE -e '--[A-Za-z][A-Za-z_.-]*' | sed 's/^--//; s/[.]$//')
nothing "$(strangers "$options" "$keys
$own
$others" "an option in a document that the program does not have")"
verdict "documents name options that exist"

# What is wrong with a configuration is status 2; a good one fails at the data that are not there.
for config in "$top"/experiments/configs/*.yaml "$top"/experiments/reproduce/*.yaml; do
    ./hllm prepare "$config" --data_path "$work/none" --tokenizer bytes >/dev/null 2>"$work/said"
    [ $? -eq 3 ]
    verdict "${config##*/} is a configuration"
done
sed -n '/^    data_path: /,/^$/s/^    //p' "$top/README.md" >"$work/readme.yaml"
./hllm prepare "$work/readme.yaml" --data_path "$work/none" --tokenizer bytes >/dev/null 2>"$work/said"
[ $? -eq 3 ] && [ -s "$work/readme.yaml" ]
verdict "the configuration of the README is one"
{ cat "$work/readme.yaml"; echo "epoch: 3"; } >"$work/bad.yaml"
./hllm prepare "$work/bad.yaml" >/dev/null 2>"$work/said"
[ $? -eq 2 ] && grep -q '"epochs"' "$work/said"
verdict "a key that does not exist is found"

broken=$(cd "$top" && for document in $documents; do
    grep -oE '\]\([^)#:]+\)' "$document" | sed 's/^](//; s/)$//' | while read -r link; do
        [ -e "${document%/*}/$link" ] || echo "     $document: no $link"
    done
done)
nothing "$broken"
verdict "links lead to files"

sentences=$(sed -n '/^| the sentence has/,$s/^| `\([^`]*\)` .*/\1/p' "$top/doc/scaling.md")
nothing "$(echo "$sentences" | while read -r words; do
    grep -rqF -e "$words" "$top/app" "$top/mpi" "$top/src" || echo "     doc/scaling.md: nobody says \"$words\""
done)" && [ -n "$sentences" ]
verdict "what doc/scaling.md explains is said by the program"

bare=$(cd "$top" && for folder in src src/base src/math src/model mpi io experiments experiments/scaling tests slurm m4; do
    [ -s "$folder/README.md" ] || echo "     $folder has no README.md"
done)
nothing "$bare"
verdict "every folder has a README"

finish docs
