#!/bin/sh
# check-adding.sh - what CONTRIBUTING.md says of adding things is so: one of each kind is added to a copy of the tree, with
# the places that its table names and no others, and the program that is built of it has them all.  Runs in the build folder.
#
# Objects that are there are copied, so that only what the additions touch is compiled: less than a minute.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"

# The copy has its build folder where this one is, as seen from the sources: make has relative paths.
case $(sed -n 's/^srcdir = //p' Makefile) in
.) place=. ;;
..) place=build ;;
../..) place=_build/sub ;;
*) place= ;;
esac
if [ -z "$place" ] || ! automake --version >/dev/null 2>&1; then
    skip "adding one of each: it wants automake, and a build folder in the source folder"
    finish adding
fi
new=$work/new build=$work/new/$place
mkdir -p "$build"
(cd "$top" && tar cf - $(ls -A | while read -r name; do [ -f "$name/config.status" ] || [ "$name" = .git ] || [ "$name" = _build ] || echo "$name"; done)) | tar xf - -C "$new"
[ "$place" = . ] || tar cf - --exclude='./tests' --exclude='./*.log' --exclude='./hllm-*' . | tar xf - -C "$build"
mkdir -p "$build/tests" && cp -r tests/.deps "$build/tests/" 2>/dev/null
find "$new" -name configure -prune -o -type d -exec chmod u+w {} +

# edit FILE SED: change a file of the copy, which must then be another.
edit() {
    sed "$2" "$new/$1" >"$work/edited"
    if cmp -s "$work/edited" "$new/$1"; then echo "     $1: nothing to change"; else cat "$work/edited" >"$new/$1"; fi
}
# like FILE NEW SED: a file after an exemplar.
like() { sed "1s|^/\* [^ ]* - |/* ${2##*/} - |; $3" "$new/$1" >"$new/$2"; }
# listed FOLDER NEW EXEMPLAR: a line in the folder's local.mk.
listed() { edit "$1/local.mk" "s|^\(	$1/$3\.c.*\)\$|	$1/$2 \\\\\\n\1|"; }

add_option() {
    edit app/config/options.c 's|^    HEADING("Training"),|&\n    INT("added_option", added_option, "7", 0, 10, REPORT, "one that was added"),|'
    edit app/config/config.h 's|^    int64_t seed;|&\n    int added_option;|'
}
add_command() {
    like app/cli/cmd-show.c app/cli/cmd-added.c 's/hl_cmd_show/hl_cmd_added/; s/"show"/"added"/'
    edit app/cli/commands.h 's/hl_cmd_train;/hl_cmd_train, hl_cmd_added;/'
    edit app/cli/main.c 's/^    &hl_cmd_synth,/    \&hl_cmd_added, &/'
    listed app/cli cmd-added.c cmd-diff
}
add_tokenizer() {
    like io/tokenizer/tok-bytes.c io/tokenizer/tok-added.c 's/hl_tok_bytes/hl_tok_added_kind/; s/\.name = "bytes"/.name = "added"/'
    edit io/tokenizer/tokenizer-kind.h 's/hl_tok_sentencepiece;/hl_tok_sentencepiece, hl_tok_added_kind;/'
    edit io/tokenizer/tokenizer.c 's/^    &hl_tok_bytes,/&\n    \&hl_tok_added_kind,/'
    listed io/tokenizer tok-added.c tok-buffer
}
add_family() {
    edit src/model/family.c '/^    {"mistral",/ { N; p; s/mistral/added/; s/Mistral/Added/ }'
    edit io/weights/hf-config.c '/^    {"llama",/ { p; s/llama/added/ }'
}
add_act() {
    edit src/step/act.h 's/^    ACT(UPDATE,/    ACT(ADDED, ITEM, added, NOBODY, LOCAL, "added") \\\n&/'
    edit mpi/train/step-rows.c '$a\
\
void hl_step_added(hl_step_state *s, hl_side of, int c) { (void)s, (void)of, (void)c; }'
    edit src/step/price.c 's/^    case HL_USER_ROWS:/    case HL_ADDED:\n&/'
    edit src/step/schedule.c 's/^    add(s, HL_TALLY, -1);/    add(s, HL_ADDED, -1);\n&/'
}
add_algorithm() {
    like mpi/comm/recursive.h mpi/comm/added.h 's/RECURSIVE_H/ADDED_H/; s/hl_recursive_/hl_added_/'
    like mpi/comm/recursive.c mpi/comm/added.c 's/hl_recursive_/hl_added_/g; s|mpi/comm/recursive.h|mpi/comm/added.h|'
    edit mpi/comm/algorithms.c 's/DOUBLING, MPI,/DOUBLING, ADDED, MPI,/
        s/^    \[MPI\] = .*/    [ADDED] = {"added", hl_added_doubling_all_reduce, NULL, NULL, NULL},\n&/
        s|^#include "mpi/comm/recursive.h"|#include "mpi/comm/added.h"\n&|'
    listed mpi/comm 'added.c mpi/comm/added.h' algorithms
}
add_loss() {
    { echo '/* added.c - one that was added. */'
      echo '#include "math/criterion.h"'
      echo '#include "math/nce.h"'
      echo '#include <math.h>'
      sed -n '/as a row of the table/,$p' "$new/src/math/nce.c"; } | sed 's/hl_criterion_nce/hl_criterion_added/; s/"nce"/"added"/' >"$new/src/math/added.c"
    edit src/math/criterion.h 's/^#define HL_CRITERIA(CRITERION) .*/& CRITERION(added)/'
    listed src/math added.c adamw
}
add_model() {
    like app/train/hllm.c app/train/added.c '/^const hl_recommender /{ /_HLLM /!d; }; s/hl_recommender_HLLM/hl_recommender_ADDED/'
    edit app/config/model-choice.h 's/^    MODEL(HLLM, .*/&\n    MODEL(ADDED, true, true, NULL) \\/'
    listed app/train added.c begun
}
add_scorer() {
    edit mpi/eval/reference.h 's/^extern const hl_scorer_kind hl_reference_chance;/&\nextern const hl_scorer_kind hl_reference_added;/; s/HL_REFERENCES = 2/HL_REFERENCES = 3/'
    edit mpi/eval/reference.c 's/^    &hl_reference_chance,/&\n    \&hl_reference_added,/
        $a\
\
const hl_scorer_kind hl_reference_added = {\
    .name = "added", .act = "ranking users by what was added", .score = score_chance, .count = count_chance};'
}

# files: the sums of all files that may be changed.
files() { (cd "$new" && find src mpi io app -type f -name '*.[chm]*' | sort | xargs cksum); }
# held KIND ROW: are the places that adding one changed those of the table's row?  New files are not places.
held() {
    files >"$work/before"
    "add_$1"
    files >"$work/after"
    diff "$work/before" "$work/after" | sed -n 's/^> [0-9]* [0-9]* //p' | while read -r file; do
        [ ! -f "$top/$file" ] || echo "$file"
    done | sort -u >"$work/changed"
    sed -n "s/^| $2[^|]*|[^|]*|\([^|]*\)|\$/\1/p" "$top/CONTRIBUTING.md" | grep -oE '`[a-z]+/[a-z/-]+\.[a-z]+`' | tr -d '`' | sort -u >"$work/named"
    diff "$work/changed" "$work/named" | sed -n 's/^</     not in CONTRIBUTING.md:/p; s/^>/     in CONTRIBUTING.md, and not needed:/p'
    [ -s "$work/named" ] && cmp -s "$work/changed" "$work/named"
    verdict "the places to add $2 are those that CONTRIBUTING.md names"
}
held option "an option"
held command "a command"
held tokenizer "a tokenizer"
held family "a family"
held act "an act"
held algorithm "a collective algorithm"
held loss "a loss"
held scorer "a scorer"
held model "a model for the option"

# Half of the time would go into making what runs for a moment fast.
(cd "$build" && make -s hllm CFLAGS="$(sed -n 's/^CFLAGS = //p' Makefile) -O0 -g0") >"$work/made" 2>&1
status=$?
grep -E 'error|undefined|\*\*\*' "$work/made" | head -n 5 | sed 's/^/     /'
[ $status -eq 0 ]
verdict "one of each at these places builds"
[ $status -eq 0 ] || finish adding

hllm=$build/hllm
"$hllm" --help | grep -q '^  hllm added '
verdict "the command is in --help"
"$hllm" added "$work" 2>&1 | grep -q 'neither a dataset'
verdict "the command runs"
"$hllm" --manual | grep -qx '.B added_option' && "$hllm" train --help | grep -q '^  added_option '
verdict "the option is in --manual and --help"
cat >"$work/config.json" <<'END'
{"model_type": "added", "architectures": ["AddedModel"], "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
 "num_attention_heads": 2, "vocab_size": 259, "hidden_act": "silu", "initializer_range": 0.3, "max_position_embeddings": 512}
END
"$hllm" synth "$work/data" --users 60 --items 80 --topics 4 >"$work/said" 2>&1
mkdir "$work/model" && mv "$work/config.json" "$work/model/"
cat >"$work/job.yaml" <<END
data_path: $work/data/dataset
text_path: $work/data/information
dataset: synth
text_keys: [title, description]
tokenizer: added
loss: added
model: ADDED
item_pretrain_dir: $work/model
user_pretrain_dir: $work/model
item_llm_init: false
user_llm_init: false
MAX_TEXT_LENGTH: 24
item_prompt: ''
MAX_ITEM_LIST_LENGTH: 4
epochs: 1
max_steps: 2
checkpoint_dir: $work/run
added_option: 3
END
"$hllm" train "$work/job.yaml" >"$work/table" 2>"$work/said"
verdict "the family is trained on the loss, its texts by the tokenizer"
grep -q '^ADDED  *[0-9]' "$work/table"
verdict "the model has its row in the table"
grep -q '^added_option: 3' "$work/run/used.yaml" && grep -q '^loss: added' "$work/run/used.yaml" && grep -q '^tokenizer: .*added' "$work/run/used.yaml"
verdict "used.yaml has them"
grep -q '"phases":.*"added":' "$work/run/metrics.jsonl"
verdict "the act is carried out and recorded"
grep -q 'added' "$work/table"
verdict "the scorer has its row in the table"
"$MPIRUN" -n 2 "$hllm" bench collectives --quick >"$work/said" 2>&1
grep -q 'added' "$work/said"
verdict "the collective algorithm is measured beside the others"
finish adding
