#!/bin/sh
# run-kernels.sh - run.sh once for each kernel of our own that this processor has, with each of some kernels of OpenBLAS.
#
# usage: SOURCE_DIR=... run-kernels.sh what run.sh takes...   in the build folder
# KERNELS and CORES name fewer.  Nothing is read from a folder `shared`, as on a machine that has none.  The last line is
# "N of N pairs of kernels passed".
KERNELS=${KERNELS-avx512 avx2 plain}
CORES=${CORES-Haswell Zen Prescott}
said=$(mktemp) || exit 1
trap 'rm -f "$said"' EXIT
trap 'exit 130' INT TERM HUP

# OpenBLAS takes another kernel where it does not know the name, or the processor lacks the instructions.
says_both() {
    ./hllm --version >"$said" 2>&1 && grep -q "OpenBLAS [^ ]* $OPENBLAS_CORETYPE, own kernels $HLLM_KERNELS," "$said"
}

export HLLM_SHARED=/nonexistent
pairs=0 passed=0
for HLLM_KERNELS in $KERNELS; do
    for OPENBLAS_CORETYPE in $CORES; do
        export HLLM_KERNELS OPENBLAS_CORETYPE
        if ! says_both; then
            echo "     skipped own kernels $HLLM_KERNELS with $OPENBLAS_CORETYPE of OpenBLAS: not on this machine"
            continue
        fi
        echo "---- own kernels $HLLM_KERNELS, OpenBLAS $OPENBLAS_CORETYPE"
        pairs=$((pairs + 1))
        if sh "$SOURCE_DIR/tests/run.sh" "$@"; then passed=$((passed + 1)); fi
    done
done
echo "$passed of $pairs pairs of kernels passed"
[ $pairs -gt 0 ] && [ $passed -eq $pairs ]
