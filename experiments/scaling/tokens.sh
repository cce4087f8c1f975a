#!/bin/sh
# tokens.sh - tokens that the Item LLM encodes in a step, and what each way of encoding fewer saves.
#
# usage: tokens.sh CONFIG [--users "N..."] [--steps N] [-- --key=value...]
#   --users "N..."     samples a step ["64 512"]
#   --steps N          of which the median is taken [20]
#   -- --key=value...  options of the configuration; `tokenizer` where the configuration names a model instead
#
# The public code encodes every slot of every window, empty ones with items drawn at random, and every negative.  Against that are counted: no empty
# slots; equal texts once (dedup); what all texts of a micro-batch begin with once (share_prefix); both.  Tokens do not depend on the models, so that
# these are as small as can be.
. "$(dirname "$0")/scaling.sh"

[ $# -gt 0 ] && [ "$1" != --help ] || { usage; exit; }
config=$1 users="64 512" steps=20
shift
while [ $# -gt 0 ]; do
    case $1 in
    --) shift && break ;;
    --users | --steps)
        [ $# -gt 1 ] || fail "$1: its value is missing"
        eval "${1#--}=\$2"
        shift
        ;;
    *) fail "$1: no such option; --help lists them" ;;
    esac
    shift
done
own=$(printf '%s\n' "$@")
small="--nce_thres 2 --item_pretrain_dir= --user_pretrain_dir= --item_emb_pretrain="
for side in item user; do
    for size in hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads; do
        small="$small --${side}_llm.$size $(case $size in *_size) echo 8 ;; *) echo 1 ;; esac)"
    done
done

# count TITLE DEDUP SHARE_PREFIX
count() {
    ours 1 1 step "$config" --threads 1 --steps "$steps" --quick --batch_size "$n" --dedup "$2" --share_prefix "$3" $small $own
    public=$(value public_item_tokens "$work/ours")
    [ "$1" ] || { line "the public code" "$public" && return; }
    line "$1" "$(value item_tokens "$work/ours")"
}
line() {
    printf '%s\t%s\t%s\n' "$1" "$2" "$public" | awk -F '\t' -v users="$n" '{ printf "%6d  %-28s %10d %8.1f %% %8.2f x\n", users, $1, $2, 100 * $2 / $3, $3 / $2 }'
}

printf '%6s  %-28s %10s %10s %10s\n' users "encoded once a step" tokens share less
for n in $users; do
    count "" false false
    count "no empty slots" false false
    count "and equal texts once" true false
    count "or prefixes once a micro-batch" false true
    count "all three" true true
done
