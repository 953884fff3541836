#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A suite: configurations run one by one and reported together; what cannot run says why and the
# others go on; what was stopped is gone on with.
#   suite.sh FOLIO
set -u

folio=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"
cd "$work" || exit 1

# config NAME SIZE [LINE]: a run of a second.
config() {
	cat >"$1.yaml" <<-END
	folio: 1
	name: $1
	frame_size: $2
	configurations: [{preset: folio}]
	measure: {pairs: 4, restarts: 2, max_restarts: 1, budget: 5 s}
	${3:-}
	END
}

config small 64
config large 1500 'paper: F6'
mkdir sub
mv large.yaml sub/
cat >both.yaml <<-END
folio: 1
name: both
runs: [small.yaml, sub/large.yaml]
set: {measure.restarts: 1}
END

"$folio" check both.yaml >check || fail 'check'
grep -q '^large: sub/large.yaml' check || fail 'check does not name the runs'
[ "$(grep -c '(1 restarts of up to 4' check)" -eq 2 ] || fail 'set did not reach both runs'

"$folio" run both.yaml --no-progress --out out --set measure.pairs=2 --set measure.restarts=1 >text 2>err || { cat err; fail 'run'; }
for file in report.md report.html runs.csv config.yaml small/report.md large/summary.csv; do
	[ -s "out/$file" ] || fail "no $file"
done
grep -q 'small, guest cycles per packet: folio over ideal' text || fail 'no headline'
grep -q 'TCP mean latency, 1 B .*not measurable here' text || grep -A1 'TCP mean latency, 1 B' text |
	grep -q 'not measurable here' || fail 'no verdict on what nothing here measures'
grep -q '^ *F6 UDP throughput, 100 B' text && fail 'a row of what no run measured'
tr '\n' ' ' <text | grep -q 'F6 UDP throughput, 100 B;.*: not tried: no run' || fail 'what no run measured is not named'
grep -q 'data:image/png' out/report.html || fail 'no figures in report.html'
grep -q '](small/figures/' out/report.md || fail 'no figures in report.md'
[ "$(grep -c ',done,' out/runs.csv)" -eq 2 ] || fail 'runs.csv'

# Made again from the files; gone on with where nothing is left to do.
cp out/report.md before.md
rm out/report.md out/report.html out/large/report.md
"$folio" report out >again 2>&1 || fail 'report'
[ -s out/large/report.md ] || fail "a run's own report was not made again"
cmp -s before.md out/report.md || fail 'the report made again differs'
"$folio" run --resume out --no-progress >resumed 2>&1 || { cat resumed; fail 'resume of a whole suite'; }

# A suite whose first run only is there.
rm -r out/large
"$folio" run --resume out --no-progress >resumed 2>&1 || { cat resumed; fail 'resume'; }
[ -s out/large/summary.csv ] || fail 'the run that was missing is still missing'
[ "$(grep -c '^large' out/runs.csv)" -eq 1 ] || fail 'runs.csv after resume'

# What this machine cannot run has a reason; the others go on, and two swept keys make a heat map.
config lacking 64 'memory: cc_shared'
cat >swept.yaml <<-END
folio: 1
name: swept
configurations: [{preset: folio}]
sweep: {frame_size: [64, 256], work: [0 cycles, 500 cycles]}
measure: {pairs: 2, restarts: 1, max_restarts: 1, budget: 5 s}
END
printf 'folio: 1\nname: part\nruns: [lacking.yaml, swept.yaml]\n' >part.yaml
if [ ! -e /dev/dma_heap/system_cc_shared ]; then
	"$folio" run part.yaml --no-progress --out part >text 2>&1 || { cat text; fail 'a suite of which a part can run'; }
	grep -q '^lacking,failed,.*cc_shared' part/runs.csv || fail 'no reason in runs.csv'
	grep -q '^lacking: shared region' text || fail 'no reason in the report'
fi
printf 'folio: 1\nname: none\nruns: [lacking.yaml]\n' >none.yaml
if [ ! -e /dev/dma_heap/system_cc_shared ]; then
	"$folio" run none.yaml --no-progress --out none >text 2>&1
	[ $? -eq 3 ] || fail 'a suite of which nothing can run'
fi
[ ! -d part ] || ! grep -q 'Beside the paper' part/report.md || fail 'the paper beside runs that are not of it'
if /usr/bin/python3 -c 'import matplotlib' 2>/dev/null && [ -d part ]; then
	[ -s part/swept/figures/heat.png ] || fail 'no heat map'
	[ ! -e out/small/figures/heat.png ] || fail 'a heat map of one cell'
fi

# Refused before anything runs.
refused() {
	"$folio" run "$1" --no-progress --out refused >text 2>err
	[ $? -eq 2 ] || fail "$1: not refused"
	grep -q -e "$2" err || { cat err; fail "$1: '$2' is not said"; }
	[ ! -e refused ] || fail "$1: left a folder"
}
printf 'folio: 1\nname: x\nruns: []\n' >empty.yaml
refused empty.yaml 'empty.yaml:3: runs: '
printf 'folio: 1\nname: x\nruns: [none.yaml]\n' >none-of.yaml
refused none-of.yaml 'none.yaml'
printf 'folio: 1\nname: x\nruns: [small.yaml, sub/../small.yaml]\n' >twice.yaml
refused twice.yaml 'found a second small'
printf 'folio: 1\nname: x\nruns: [small.yaml]\nworkload: macswap\n' >keys.yaml
refused keys.yaml 'keys.yaml:4: workload: '
printf 'folio: 1\nname: x\nruns: [small.yaml]\nset: {measure.slice: 4}\n' >unit.yaml
refused unit.yaml 'measure.slice'
printf 'folio: 1\nname: x\nruns: [small.yaml]\nset: [1]\n' >list.yaml
refused list.yaml 'list.yaml:4: set: '

# A link in a run's place leads out of the suite: nothing is written there.
linked() {
	"$folio" "$@" >text 2>err
	[ $? -eq 2 ] || fail "$*: a link in a run's place was followed"
	grep -q 'small: found a symbolic link' err || { cat err; fail "$*: the link is not named"; }
	[ "$(find elsewhere -newer before)" = '' ] || fail "$*: wrote behind the link"
}
cp -r out link
mv link/small elsewhere
ln -s "$PWD/elsewhere" link/small
sleep 0.05
touch before
linked run --resume link --no-progress
linked report link

# A list of runs that is cut short is damaged, wherever it is cut.
for text in 'run,sta' 'run,status,reason\nsmall,do' 'run,status,reason\nsmall,done,'; do
	# shellcheck disable=SC2059
	printf "$text" >out/runs.csv
	expect 2 'cut short' "$folio" report out
	grep -q 'none of its' output && fail 'a cut list of runs passes for one without any'
done

# A damaged list of runs names no folder elsewhere.
printf 'run,status,reason\n../out,done,\n' >out/runs.csv
"$folio" report out >text 2>err && fail 'a run outside of the folder was reported'
grep -q 'runs.csv:2: damaged' err || fail 'damage is not named'
[ "$failures" -eq 0 ]
