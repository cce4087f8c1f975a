#!/bin/sh
# check-run.sh - run.sh itself: it adds up what programs say, and gives them the time that a busy machine takes.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/verdict.sh"
here=$(cd "$top" && pwd)

# program NAME: a script from standard input that run.sh runs as ./NAME.
program() {
    { echo '#!/bin/sh' && cat; } >"$work/$1"
    chmod +x "$work/$1"
}
# runs PROGRAM...: what run.sh says of them is in $work/said.
runs() {
    (cd "$work" && SOURCE_DIR=$here MPIRUN=$work/mpirun sh "$here/tests/run.sh" "$@" -- -- --) >"$work/said" 2>&1
}
ends() { # ends LINE: the last one
    [ "$(tail -n 1 "$work/said")" = "$1" ]
}
said() {
    grep -q "$1" "$work/said"
}

program good <<'P'
echo "good: 3 passed, 0 failed, 0 skipped"
P
program partly <<'P'
echo "     skipped something: there is no data"
echo "partly: 2 passed, 0 failed, 1 skipped"
P
program bad <<'P'
echo "FAIL a sentence"
echo "bad: 1 passed, 2 failed, 0 skipped"
exit 1
P
program mute <<'P'
echo "nothing to see"
P
program dies <<'P'
echo "dies: 4 passed, 0 failed, 0 skipped"
exit 3
P
runs good partly && ends "5 passed, 0 failed, 1 skipped" && said "skipped something: there is no data"
verdict "what passed and what was skipped is added up, and skipped sentences are shown"
program sleeps <<'P'
sleep 1.7
echo "sleeps: 1 passed, 0 failed, 0 skipped"
P
program counts <<'P'
awk 'BEGIN { for (i = 0; i < 20000000; i++) x += i % 7 }'
echo "counts: 1 passed, 0 failed, 0 skipped"
P
said_seconds() { # said_seconds NAME CLOCK LEAST MOST: its seconds by the clock and of processors, which are at least and at most so many
    sed -n "s/^ok   $1: [0-9]* (\([0-9]*\) s, \([0-9]*\) of processors)\$/\1 \2/p" "$work/said" |
        awk -v clock="$2" -v least="$3" -v most="$4" '$1 >= clock && $2 >= least && $2 <= most { good = 1 } END { exit !good }'
}
runs sleeps counts && said_seconds sleeps 2 0 0 && said_seconds counts 1 1 20
verdict "each says its seconds by the clock, and those of processors, of which one that waits has none"
! runs good bad && ends "4 passed, 2 failed, 0 skipped" && said "FAIL a sentence"
verdict "a failure is shown, and is the status"
! runs good mute && ends "3 passed, 1 failed, 0 skipped" && said "FAIL mute ended with status 0 and no result"
verdict "a program without a last line has failed"
! runs dies && ends "4 passed, 1 failed, 0 skipped"
verdict "so has one that passed its tests and ends otherwise"
program mpirun <<'P'
[ "$1" = -n ] && echo "$2" >>ran && shift 2 && exec "$@"
P
(unset RANKS ODD_RANKS && cd "$work" && JOBS=1 SOURCE_DIR=$here MPIRUN=$work/mpirun sh "$here/tests/run.sh" -- good -- good good@5,3 --) >"$work/said" 2>&1
[ $? -eq 0 ] && ends "27 passed, 0 failed, 0 skipped" && [ "$(tr '\n' ' ' <"$work/ran")" = "1 2 4 8 3 3 5 5 7 " ]
verdict "programs of ranks run at 1, 2, 4 and 8, those that are odd at 3, 5 and 7 or at what stands behind them"
program nproc <<'P'
echo 2
P
program lasting <<'P'
: >is-here
sleep 1
rm is-here
echo "lasting: 1 passed, 0 failed, 0 skipped"
P
program lonely <<'P'
[ -e is-here ] && echo "lonely: 0 passed, 1 failed, 0 skipped" && exit 1
: >is-here
sleep 1
rm is-here
echo "lonely: 1 passed, 0 failed, 0 skipped"
P
(cd "$work" && PATH=$work:$PATH RANKS=4 ODD_RANKS=3 JOBS=3 SOURCE_DIR=$here MPIRUN=$work/mpirun sh "$here/tests/run.sh" lasting -- lonely lonely -- lonely --) >"$work/said" 2>&1
ends "4 passed, 0 failed, 0 skipped"
verdict "one of more ranks than processors runs by itself"
program writes <<'P'
echo "$TMPDIR" >wrote-in && : >"$TMPDIR/something"
echo "writes: 1 passed, 0 failed, 0 skipped"
P
mkdir "$work/place"
TMPDIR=$work/place runs writes && case $(cat "$work/wrote-in") in "$work/place/"*) ;; *) false ;; esac &&
    [ -z "$(ls "$work/place")" ] && (unset TMPDIR && runs writes) && ! [ -e "$(cat "$work/wrote-in")" ]
verdict "what is temporary is in TMPDIR, or where nobody said a place, and is gone afterwards"
program first <<'P'
tries=50
until [ -e second-is-here ] || [ $tries -eq 0 ]; do tries=$((tries - 1)) && sleep 0.1; done
[ -e second-is-here ] && echo "first: 1 passed, 0 failed, 0 skipped"
P
program second <<'P'
: >second-is-here
echo "second: 1 passed, 0 failed, 0 skipped"
P
JOBS=2 runs first second good && ends "5 passed, 0 failed, 0 skipped" && [ "$(cut -d : -f 1 "$work/said" | head -n 3 | tr '\n' ' ')" = "ok   first ok   second ok   good " ]
verdict "two run at a time, and are shown in their order"
rm "$work/second-is-here"
! JOBS=1 runs first second && ends "1 passed, 1 failed, 0 skipped"
verdict "one with JOBS=1"
program hangs <<'P'
sleep 60 & sleep 60
P
! LIMIT=1 runs hangs && said "took longer than 1 seconds" && ! IDLE_LIMIT=1 runs hangs && said "took longer than 1 seconds of an idle machine"
verdict "a program that hangs is ended, by a given LIMIT or by the machine's pace"
program slow <<'P'
sleep 4
echo "slow: 1 passed, 0 failed, 0 skipped"
P
mkdir "$work/busy" && printf '#!/bin/sh\nsleep 0.12\n' >"$work/busy/awk" && chmod +x "$work/busy/awk"
(PATH=$work/busy:$PATH IDLE_LIMIT=1 runs slow)
said "1 passed, 0 failed"
verdict "where the same work takes six times as long, so may a program"
! LIMIT=1 runs slow && said "took longer than 1 seconds"
verdict "unless LIMIT is given"
program lasts <<'P'
echo $$ >lasting
exec sleep 60
P
(cd "$work" && SOURCE_DIR=$here exec sh "$here/tests/run.sh" lasts good -- -- --) >"$work/said" 2>&1 &
runner=$!
tries=50
until [ -s "$work/lasting" ] || [ $tries -eq 0 ]; do tries=$((tries - 1)) && sleep 0.1; done
kill $runner
tries=50
while [ -e "/proc/$(cat "$work/lasting")" ] && [ $tries -gt 0 ]; do tries=$((tries - 1)) && sleep 0.1; done
! [ -e "/proc/$(cat "$work/lasting")" ]
verdict "where run.sh is ended, its programs are"
wait $runner
watcher_stays() {
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/cwd" 2>/dev/null)" = "$work" ] && grep -qas 'run\.sh' "$process/cmdline" && return 0
    done
    return 1
}
(trap '' TERM && IDLE_LIMIT=9 runs good) # who watches looks each second
tries=100
while watcher_stays && [ $tries -gt 0 ]; do tries=$((tries - 1)) && sleep 0.1; done
! watcher_stays && ends "3 passed, 0 failed, 0 skipped"
verdict "nobody watches a program that is over, also not who has missed that he is to end"

counts_idle() { # counts_idle COMMAND...
    "$@" idle >"$work/said" 2>&1 && return 1
    said '^FAIL what asserts nothing' && said '^FAIL a file of the repository' && said '^idle: 1 passed, 2 failed, 1 skipped$'
}
counts_idle tests/test-check && counts_idle "$MPIRUN" -n 2 tests/test-check
verdict "a test that asserts nothing has failed, unless it said why; so has one whose file of the repository is not there"

finish check-run
