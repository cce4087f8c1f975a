#!/bin/sh
# end-study.sh - hllm study: the points of a study file.
. "${SOURCE_DIR:-$(dirname "$0")/..}/tests/end-lib.sh"

small_job "" "" <<YAML
batch_size: 4
nce_thres: 2
checkpoint_dir: $work/saved
YAML
./hllm synth "$work/data" --items 60 --users 40 --topics 4 >/dev/null 2>"$work/said"
verdict "data are made up"

# study OPTIONS...: of $work/curve.yaml; what it prints in out, the log in said.
study() { ./hllm study "$@" >"$work/out" 2>"$work/said" </dev/null; }

cat >"$work/curve.yaml" <<YAML
base: job.yaml
axes: {ranks: [1, 2], user.tp: [1, 2]}
repetitions: 2
warmup: 1
steps: 3
YAML
study "$work/curve.yaml" --dry-run && [ "$(grep -c '^ranks [12], user.tp [12] ' "$work/out")" -eq 4 ] &&
    awk '/^ranks/ && $9 > 0 { hours += $10 } / node-hours are forecast/ { for (i = 1; i < NF; i++) if ($(i + 1) == "node-hours") sum = $i } END { d = hours / sum - 1; exit !(hours > 0 && d < 0.02 && d > -0.02) }' "$work/out"
verdict "a dry run shows the points, and what they take in all"
grep '^ranks 1, user.tp 2 .* - ' "$work/out" | grep -q 'user'
verdict "a point that cannot be has its reason"
[ -z "$(find "$work" -name '*.study')" ] && [ ! -e "$work/saved" ]
verdict "nothing is run"
for file in "$top"/experiments/scaling/*.yaml; do ./hllm study "$file" --submit --dry-run --dir "$work/shipped.study" >"$work/out" 2>"$work/said" || [ "${file##*/}" = smoke.yaml ] || echo "$file"; done >"$work/absent"
[ ! -s "$work/absent" ]
verdict "those that are shipped could be submitted"
(cd "$top" && "$OLDPWD/hllm" study experiments/scaling/smoke.yaml --dry-run) >"$work/out" 2>"$work/said" && [ "$(grep -c '^ranks [12] ' "$work/out")" -eq 2 ]
verdict "the example is a study"

# A launcher that notes each start and, where there is a file hang, never comes back from the third.
cat >"$work/launch.sh" <<LAUNCH
echo x >>"$work/starts"
if [ -e "$work/hang" ] && [ \$(wc -l <"$work/starts") -eq 3 ]; then sleep 300; fi
ranks=\$1
shift
exec "$MPIRUN" -n "\$ranks" "\$@"
LAUNCH
cat >"$work/curve.yaml" <<YAML
base: job.yaml
axes: {ranks: [1, 2]}
points: {'bad <&> "it''s"': {ranks: 1, user.tp: 2}}
repetitions: 2
steps: 2
launcher: [sh, $work/launch.sh, "{ranks}"]
YAML
curve=$work/curve.study
starts() { wc -l <"$work/starts"; }
results() { find "$curve" -name result.json | sort; }

touch "$work/hang" "$work/starts"
./hllm study "$work/curve.yaml" --local >"$work/log" 2>&1 </dev/null &
study=$!
tries=600
while [ "$(starts)" -lt 3 ] && tries=$((tries - 1)) && [ $tries -gt 0 ]; do sleep 0.1; done
study "$work/curve.yaml" --local --resume
[ $? -eq 2 ] && grep -q 'another job works in this folder' "$work/said"
verdict "one study at a time works in a folder"
kill -TERM $study
wait $study
[ $? -eq 75 ] && grep -q 'stopped by a signal; what was measured is in' "$work/log" && [ "$(starts)" -eq 3 ] && nobody_runs
verdict "a signal ends the run and the study, with status 75"
rm "$work/hang"
before=$(results) && [ -n "$before" ] && cat $before >"$work/first"
verdict "what was measured is kept"
study "$work/curve.yaml" --local
[ $? -eq 2 ] && grep -q 'holds a study already' "$work/said"
verdict "another start needs --resume"
study "$work/curve.yaml" --local --resume
[ $? -eq 1 ] && grep -q '2 of 6 runs have failed' "$work/said" && [ "$(starts)" -eq $((3 + 6 - $(echo "$before" | wc -l))) ] && cat $before | cmp -s - "$work/first" &&
    [ "$(results | wc -l)" -eq 4 ]
verdict "--resume makes what is missing, and nothing else; a point that fails does not stop the rest"
[ "$(cat "$curve"/bad-*/[12]/failed.json | grep -c '"reason": "item.tp 1 and user.tp 2 .* need 2 ranks')" -eq 2 ] && [ -z "$(find "$curve" -path '*bad-*' -name result.json)" ]
verdict "a run that fails says why"
n=$(starts)
study "$work/curve.yaml" --local --resume
[ $? -eq 1 ] && [ "$(starts)" -eq $((n + 2)) ] && grep -q '4 of 6 runs were there already' "$work/said"
verdict "only what has failed is tried again"

# The report, beside a computation of its own: medians of two are means.
study report "$curve" && [ "$(sed 1d "$curve/report.csv" | wc -l)" -eq 3 ]
verdict "a report is made"
for ranks in 1 2; do
    cat "$curve/ranks-$ranks-"*/[12]/result.json | awk -v ranks=$ranks '
        /^ "seconds":/ { seconds += $2 / 2 } $1 == "\"step_gflops\":" { rate += $2 / 2 } $1 == "\"users_per_second\":" { users += $2 / 2 }
        $1 == "\"texts\":" { texts += $2 / 2 } $1 == "\"users\":" { batch = $2 + 0 } $1 == "\"token_share\":" { saved += (1 - $2) / 2 }
        $1 == "\"phase\":" { phase = $2 } $1 == "\"share\":" && phase ~ /(forward|backward|again)"/ { compute += $2 / 2 }
        END { print ranks, seconds, rate, users, texts / batch, saved, compute }' OFMT=%.9g
done >"$work/ours"
awk -v ours="$work/ours" '
    function near(a, b) { return a - b < 1e-5 * b + 1e-9 && b - a < 1e-5 * b + 1e-9 }
    BEGIN { FS = " "; while ((getline <ours) > 0) for (i = 2; i <= 7; i++) own[$1, i] = $i; FS = "," }
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    /^ranks / {
        r = $at["ranks"]; s = own[r, 4] / own[1, 4]
        good += near($at["seconds"], own[r, 2]) && near($at["gflops_per_core"], own[r, 3]) && near($at["users_per_second"], own[r, 4]) &&
            near($at["items_per_user"], own[r, 5]) && near($at["saved_share"], own[r, 6]) && near($at["compute_share"], own[r, 7]) &&
            near($at["speedup"], s) && near($at["efficiency"], s / r) && near($at["rate_efficiency"], own[r, 3] / own[1, 3]) &&
            (r == 1 ? $at["serial_share"] == "" : near($at["serial_share"], 2 / s - 1)) && $at["runs"] == 2 && $at["failed"] == 0 &&
            $at["parallel_efficiency"] > 0 && $at["parallel_efficiency"] <= $at["load_balance"] && $at["forecast_machine"] == "assumed" &&
            near($at["global_efficiency"], $at["parallel_efficiency"] * $at["computation_scalability"]) && $at["peak_bytes"] > 1e6 &&
            $at["seconds_low"] <= $at["seconds"] && $at["seconds"] <= $at["seconds_high"] && $at["forecast_seconds"] > 0
    }
    END { exit good != 2 }' "$curve/report.csv"
verdict "its figures are those of the results"
grep '^"bad <&> ""it'"'"'s""",' "$curve/report.csv" | grep -q ',0,2,0,,.*need 2 ranks'
verdict "a point that fails is in it, with the reason"

# whole FILE: every element is closed, by xmllint where there is one.
whole() {
    if command -v xmllint >/dev/null; then xmllint --noout "$1"; return; fi
    sed 's/<!--.*-->//' "$1" | tr '\n' ' ' | sed 's/</\n</g' | awk '
        /^<[?!]/ || /^<[^>]*\/>/ { next }
        /^<\// { sub(/^<\//, ""); sub(/[ >].*/, ""); if (open[n--] != $0) bad = 1; next }
        /^</ { sub(/^</, ""); sub(/[ >].*/, ""); open[++n] = $0 }
        END { exit bad || n }'
}
whole "$curve/report.html" && grep -q 'bad &lt;&amp;&gt; &quot;it' "$curve/report.html" && grep -q '<li>program: hllm ' "$curve/report.html" &&
    ! grep -qE '(href|src)="[^#]|url\([^#]|@import' "$curve/report.html"
verdict "the page is whole, and needs no other file"
if command -v gnuplot >/dev/null; then
    whole "$curve/report.svg" && grep -q '<svg' "$curve/report.html" && [ ! -e "$curve/gnuplot.log" ]
    verdict "the picture is whole, and in the page"
    if gnuplot -e 'set terminal pdfcairo' 2>/dev/null; then
        [ "$(head -c 5 "$curve/report.pdf")" = %PDF- ]
        verdict "it is there as PDF too"
    else
        skip "the picture as PDF: this gnuplot has no cairo"
    fi
else
    skip "the picture of a study: there is no gnuplot"
fi
mkdir "$work/nothing"
PATH=$work/nothing ./hllm study report "$curve" >"$work/out" 2>"$work/said" && grep -q 'there is no gnuplot here' "$work/said" && [ ! -e "$curve/report.svg" ] && [ ! -e "$curve/report.pdf" ] &&
    ! grep -q '<svg' "$curve/report.html" && whole "$curve/report.html"
verdict "without gnuplot there is a report without a picture"
study report "$work/nothing"
[ $? -eq 3 ] && grep -q 'there is no study.json' "$work/said"
verdict "a folder without a study is said"

# A reader of its own looks at the crate: files, digests, what refers to what.
study crate "$curve" && [ -s "$curve/CITATION.cff" ]
verdict "a crate is made"
if command -v python3 >/dev/null; then
    python3 - "$curve" >"$work/out" 2>"$work/said" <<'PYTHON'
import hashlib, json, os, sys, urllib.parse
os.chdir(sys.argv[1])
crate = json.load(open('ro-crate-metadata.json'))
graph = {e['@id']: e for e in crate['@graph']}
assert len(graph) == len(crate['@graph']), 'an @id stands twice'
assert crate['@context'][0] == 'https://w3id.org/ro/crate/1.1/context'
head, root = graph['ro-crate-metadata.json'], graph['./']
assert head['conformsTo']['@id'] == 'https://w3id.org/ro/crate/1.1' and head['about']['@id'] == './'
assert all(root[key] for key in ('name', 'description', 'datePublished', 'license')) and root['@type'] == 'Dataset'
listed = set()
for part in root['hasPart']:
    file = graph[part['@id']]
    path = urllib.parse.unquote(file['@id'])
    listed.add(path)
    data = open(path, 'rb').read()
    assert file['@type'] == 'File' and int(file['contentSize']) == len(data) and file['sha256'] == hashlib.sha256(data).hexdigest(), path
there = {os.path.normpath(os.path.join(top, name)) for top, _, names in os.walk('.') for name in names}
assert there - listed == {n for n in there if n == 'ro-crate-metadata.json' or n.endswith('lock')}, there ^ listed
def references(x):
    if isinstance(x, dict):
        if set(x) == {'@id'}: yield x['@id']
        else: yield from (r for v in x.values() for r in references(v))
    elif isinstance(x, list): yield from (r for v in x for r in references(v))
lost = {r for r in references(crate['@graph']) if r not in graph and not r.startswith('http')}
assert not lost, lost
runs = [e for e in crate['@graph'] if e['@type'] == 'CreateAction' and e['@id'].startswith('#run-')]
good = [e for e in runs if e['actionStatus']['@id'].endswith('CompletedActionStatus')]
assert len(runs) == 6 and len(good) == 4 and all('need 2 ranks' in e['error'] for e in runs if e not in good)
for e in good:
    program = graph[e['instrument'][0]['@id']]
    assert program['@type'] == 'SoftwareApplication' and program['version'] and graph[e['instrument'][1]['@id']]['@type'] == 'IndividualProduct'
    assert e['endTime'].endswith('Z') and e['result']['@id'].endswith('/result.json')
sbom = json.load(open('sbom.spdx.json'))
names = {p['SPDXID']: p for p in sbom['packages']}
assert sbom['spdxVersion'] == 'SPDX-2.3' and sbom['dataLicense'] == 'CC0-1.0' and sbom['documentNamespace'].startswith('https://') and sbom['creationInfo']['creators']
assert all(p['name'] and p['downloadLocation'] for p in names.values()) and {'SPDXRef-hllm', 'SPDXRef-mpi', 'SPDXRef-hdf5', 'SPDXRef-blas', 'SPDXRef-jansson'} <= set(names)
assert all(names[i]['versionInfo'] for i in ('SPDXRef-mpi', 'SPDXRef-hdf5', 'SPDXRef-blas', 'SPDXRef-libyaml', 'SPDXRef-xxhash', 'SPDXRef-libc'))
ends = {r[k] for r in sbom['relationships'] for k in ('spdxElementId', 'relatedSpdxElement')}
assert ends <= set(names) | {'SPDXRef-DOCUMENT'} and set(names) <= ends
PYTHON
    verdict "a crate lists all files with size and digest, what made them, and what the program is made of"
else
    skip "what stands in a crate: there is no python3"
fi

# Beside itself, and beside a table that says a thousandth of the seconds of one point and knows another.
study compare "$curve" "$curve/report.csv" && [ "$(grep -c ' same .*ranks [12]$' "$work/out")" -eq 2 ]
verdict "a study is as fast as itself"
awk -F, -v OFS=, -v CONVFMT=%.17g 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } /^ranks 2,/ { for (c in at) if (c ~ /^seconds/) $at[c] /= 1000 } { print } END { sub(/^ranks 2/, "ranks 9"); print }' "$curve/report.csv" |
    grep -v '^.bad' >"$work/other.csv"
study compare "$curve" "$work/other.csv"
[ $? -eq 1 ] && grep -q ' 1000.000 .* slower  *ranks 2$' "$work/out" && grep -q ' same  *ranks 1$' "$work/out" && [ ! -s "$work/said" ]
verdict "where points differ, it is said, and the status is 1"
printf '%s\n' 'base: job.yaml' 'axes: {ranks: [1]}' 'repetitions: 1' 'steps: 1' >"$work/one.yaml"
study "$work/one.yaml" --local && mv "$work/job.yaml" "$work/kept.yaml" && rm "$work/one.yaml" && { study verify "$work/one.study/" || [ $? -eq 1 ]; } &&
    grep -qE '^ +[0-9.e-]+ +[0-9.e-]+ .* ranks 1$' "$work/out" && [ -s "$work/one.study.verify/report.html" ] && mv "$work/kept.yaml" "$work/job.yaml"
verdict "a study is run again from its folder, and compared"

sed 's/{ranks}/1/' "$work/curve.yaml" >"$work/other.yaml"
study "$work/other.yaml" --local --resume --dir "$curve"
[ $? -eq 1 ] && grep -q 'ranks 2, repetition 1, failed: it measured 1 ranks, not 2' "$work/said"
verdict "a launcher that starts other ranks than it should is found"
grep -q '"machine": "'"$(uname -n | cut -c 1-64)"'"' "$curve"/ranks-2-*/1/result.json && grep -q '^<li>machine: 1 node of .*: '"$(uname -n | cut -c 1-64)"'</li>' "$curve/report.html"
verdict "a result says the machines, and so does the report"
printf '%s\n' 'base: job.yaml' 'axes: {nodes: [2]}' 'repetitions: 1' 'steps: 1' >"$work/nodes.yaml"
study "$work/nodes.yaml" --local
[ $? -eq 1 ] && grep -q 'nodes 2, repetition 1, failed: it measured 1 nodes, not 2' "$work/said"
verdict "so is one that starts all ranks on one node"
cat >"$work/frame.sh" <<'FRAME'
printf '%s\n' -------- 'mpirun has found no slots.' '' 'Ask for more.' -------- >&2
exit 1
FRAME
printf '%s\n' 'base: job.yaml' 'axes: {ranks: [1]}' 'repetitions: 1' "launcher: sh $work/frame.sh" >"$work/framed.yaml"
study "$work/framed.yaml" --local
[ $? -eq 1 ] && grep -q 'repetition 1, failed: mpirun has found no slots.$' "$work/said"
verdict "what a launcher says in a frame of dashes is the reason"
sed 's/^launcher.*/launcher: no-such-launcher/' "$work/curve.yaml" >"$work/none.yaml"
study "$work/none.yaml" --local
[ $? -eq 2 ] && grep -q 'no-such-launcher cannot be started' "$work/said"
verdict "a launcher that is not there is said"
# Different texts a user fall as a batch grows, unless the world grows too.
printf '%s\n' 'batch_size: 8' 'num_negatives: 8' >"$work/more.yaml"
for fixed in users_per_rank unique_items; do
    printf '%s\n' 'base: [job.yaml, more.yaml]' 'axes: {ranks: [1, 2]}' "fixed: $fixed" 'repetitions: 1' 'warmup: 0' 'steps: 3' "launcher: [$MPIRUN, -n, '{ranks}']" >"$work/$fixed.yaml"
    study "$work/$fixed.yaml" --local && study report "$work/$fixed.study" &&
        awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { x[NR] = $at["items_per_user"]; n[NR] = $at["users"] } END { print x[3] / x[2]; exit !(n[2] == 8 && n[3] == 16) }' "$work/$fixed.study/report.csv" >"$work/$fixed.ratio" || echo 9 >"$work/$fixed.ratio"
done
[ -s "$work/data-x2/oracle.json" ] && awk '{ x[FILENAME ~ /unique/] = $1 } END { exit !(x[0] < 0.9 && x[1] > 0.93 && x[1] < 1.07) }' "$work/users_per_rank.ratio" "$work/unique_items.ratio"
verdict "texts a user stay where the world grows with the ranks"
rm "$work/data/oracle.json"
study "$work/unique_items.yaml" --dry-run
[ $? -eq 2 ] && grep -q 'hllm synth has not made these' "$work/said"
verdict "data that hllm synth has not made do not grow"
[ ! -e "$work/saved" ]
verdict "no run folder is touched"

finish study
