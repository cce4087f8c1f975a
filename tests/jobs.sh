# jobs.sh - what scripts share that train and evaluate $work/job.yaml again and again.  To be sourced after verdict.sh.

# job RANKS COMMAND NAME OPTIONS...: in the run folder NAME; the table in NAME.table, the log in said.
job() {
    ranks=$1 command=$2 name=$3
    shift 3
    "$MPIRUN" -n "$ranks" ./hllm "$command" "$work/job.yaml" --checkpoint_dir "$work/$name" "$@" >"$work/$name.table" 2>"$work/said" </dev/null
}
row() { # row ROW NAME: what a table says of it
    grep "^$1 " "$work/$2.table"
}
recall() { # recall ROW NAME: at 10
    awk -v row="$1" '$1 == row && $2 != "ties" { print $3 }' "$work/$2.table"
}
losses() { # losses NAME: of the steps, as many figures as layouts agree in
    sed -n 's/.*"kind":"step"[^[]*"loss":\([0-9.e-]*\).*/\1/p' "$work/$1/metrics.jsonl" | awk '{ printf "%.3f\n", $1 }'
}
alike() { # alike NAME NAME: losses of all steps, to a thousandth
    losses "$1" >"$work/a"
    losses "$2" >"$work/b"
    [ -s "$work/a" ] && paste "$work/a" "$work/b" | awk '{ d = $1 - $2; if (NF < 2 || d > 0.0021 || d < -0.0021) bad = 1 } END { exit bad }'
}
