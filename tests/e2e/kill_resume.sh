#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs that are killed or stopped at random moments and resumed, until they are done: no cell is lost
# or doubled, summary.csv has an uninterrupted run's structure, and nothing is left behind.
#   kill_resume.sh FOLIO [KILLS [SEED]]
# The full count is 50: tests/e2e/kill_resume.sh build/folio 50
set -u

folio=$1
kills=${2:-8}
RANDOM=${3:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"
# Huge pages that come and go with other programs would make blocks of their own.
export FOLIO_NO_HUGE=1

cat >"$work/small.yaml" <<YAML
folio: 1
name: small
costs: epyc-9334-snp
configurations: [{preset: folio}, {preset: swiotlb}]
sweep:
  traffic: [{size: 64}, imix]
measure: {slice: 50 us, pairs: 3, restarts: 2, max_restarts: 2, budget: 60 s}
YAML

# Cell, metric, unit, values and restarts of each row of summary.csv.
structure() {
	tr -d '\r' <"$1/summary.csv" | awk -F, '{ print $1, $7, $8, $16, $17 }'
}

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}

began=$(now_ms)
expect 0 "reference" "$folio" run "$work/small.yaml" --out "$work/whole" --no-progress
whole_ms=$(($(now_ms) - began))
structure "$work/whole" >"$work/wanted"

# check_done DIR: the run in it is done, once each.
check_done() {
	local cells
	cells=$(($(wc -l <"$1/plan.csv") - 1))
	tr -d '\r' <"$1/trials.csv" | awk -F, -v cells="$cells" '
		$6 == "trial_duration" { if (seen[$1 "," $5]++) doubled++; n++ }
		END { exit doubled || n != 2 * cells }' ||
		fail "$1: a trial is lost or doubled"
	structure "$1" | diff "$work/wanted" - >&2 || fail "$1: summary.csv is not an uninterrupted run's"
	grep -q '"status": "done"' "$1/manifest.json" || fail "$1: the manifest does not say done"
	[ "$(wc -l <"$1/blocks.csv")" = 2 ] || fail "$1: has more than a block"
	if compgen -G "$1/.*.tmp" >/dev/null; then fail "$1: an unfinished file is left"; fi
}

# A folder that another run holds; its lock dies with it.
"$folio" run "$work/small.yaml" --out "$work/held" --no-progress --set measure.pairs=200 >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do
	[ -e "$work/held/trials.csv" ] && break
	sleep 0.1
done
expect 2 "another folio is writing to this folder" "$folio" run --resume "$work/held"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
expect 2 "measure.pairs was '200' and is '3'" "$folio" run "$work/small.yaml" --resume "$work/held"

run=0
killed=0
while [ "$killed" -lt "$kills" ]; do
	run=$((run + 1))
	dir=$work/run$run
	while :; do
		# A kill before the manifest leaves nothing to resume.
		if [ -e "$dir/manifest.json" ]; then
			set -- --resume "$dir"
			[ -e "$dir/config.yaml" ] || set -- "$work/small.yaml" "$@"
		else
			set -- "$work/small.yaml" --out "$dir"
		fi
		"$folio" run "$@" --no-progress >"$work/output" 2>&1 &
		pid=$!
		if [ "$killed" -lt "$kills" ]; then
			delay=$((RANDOM % (whole_ms + 1)))
			sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
			children=$(children_of "$pid")
			# Every third is asked to stop.
			signal=KILL
			[ $((killed % 3)) = 2 ] && signal=TERM
			if kill -$signal "$pid" 2>/dev/null; then killed=$((killed + 1)); fi
		fi
		wait "$pid" 2>/dev/null
		got=$?
		for child in ${children:-}; do
			for _ in $(seq 50); do kill -0 "$child" 2>/dev/null && sleep 0.1; done
			kill -0 "$child" 2>/dev/null && fail "process $child outlives the killed run"
		done
		children=
		[ "$got" = 137 ] || [ "$got" = 143 ] && continue
		[ "$got" = 0 ] || fail "a resumed run: exit status $got: $(tail -n 3 "$work/output")"
		break
	done
	if [ "$got" = 0 ]; then check_done "$dir"; else break; fi
	nothing_left "$pid"
done
echo "$killed kills in $run runs of $whole_ms ms"

# A second look at what is done measures nothing; another configuration is refused.
before=$(cksum <"$dir/trials.csv")
expect 0 "reference" "$folio" run --resume "$dir"
[ "$(cksum <"$dir/trials.csv")" = "$before" ] || fail "a run that is done was measured again"
expect 2 "measure.pairs was '3' and is '4'" "$folio" run "$work/small.yaml" --resume "$dir" --set measure.pairs=4
expect 2 "usage" "$folio" run "$work/small.yaml" --resume "$dir" --out "$work/other"
expect 2 "no/such" "$folio" run --resume /no/such

exit "$((failures > 0))"
