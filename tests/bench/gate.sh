#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# How far folio ab can be relied on, on this machine: a build against itself, and against
# itself with known costs put in (B's --set-b), N times each. Prints, for each case, how
# often it came to which verdict, how long it took, and what change it found; each single
# comparison goes to standard error as it ends.
#   gate.sh FOLIO N [CASE]...      CASE: same +2% +1% exit (default all)
#   HOG=1: with as many processes that spin as there are cores besides the one that measures
#   TIME: of each comparison, at most (default "60 s")
# Done on an idle machine, N=40 takes some 90 minutes.
set -euo pipefail

[ $# -ge 2 ] || {
	sed -n '3,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
folio=$1 runs=$2
shift 2
[ $# -gt 0 ] || set -- same +2% +1% exit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
hogs=()

clean_up() {
	[ "${#hogs[@]}" = 0 ] || kill "${hogs[@]}" 2>/dev/null || true
	rm -rf "$work"
}
trap clean_up EXIT

start_hogs() {
	local n
	for ((n = 1; n < $(nproc); n++)); do
		bash -c 'while :; do :; done' &
		hogs+=($!)
	done
}

gate_config=$here/gate.yaml
ci_config=$here/../../configs/ci.yaml
base_cycles=2000 # vc's cost in gate.yaml

# ab CONFIG OPTION...: exit status in $status, seconds in $seconds, restarts' figures in restarts.csv
ab() {
	local config=$1 start
	shift
	start=$EPOCHREALTIME
	status=0
	"$folio" ab --no-progress --a "$folio" --b "$folio" "$config" --csv "$work/restarts.csv" "$@" \
		>"$work/output" 2>&1 || status=$?
	seconds=$(awk -v from="$start" -v to="$EPOCHREALTIME" 'BEGIN { print to - from }')
	case $status in 0 | 1 | 4) ;; *)
		cat "$work/output" >&2
		exit 1
		;;
	esac
}

# change: of folio, in percent, as the last comparison found it
change() {
	awk '$1 == "folio" && $2 == "over" { sub(/%/, "", $6); print $6 + 0; exit }' "$work/output"
}

# calibrate PERCENT: sets cost to what gives that change. Cycles per packet are linear in the
# cost, and a change of some 10% is found to a few hundredths of itself; 1% would not be.
calibrate() {
	local far=$((base_cycles + 1000))
	ab "$gate_config" --set-b "sources.vc.cost=$far cycles" --tolerance 0.1% --time "40 s"
	calibrated=$(awk -v base="$base_cycles" -v far="$far" -v found="$(change)" -v wanted="$1" \
		'BEGIN { printf "%d", base + (far - base) * wanted / found + 0.5 }')
}

# try CASE CONFIG OPTION...: N comparisons
try() {
	local case=$1 config=$2 n
	shift 2
	declare -A times=([0]=0 [1]=0 [4]=0)
	: >"$work/seconds"
	: >"$work/changes"
	for ((n = 0; n < runs; n++)); do
		ab "$config" --time "${TIME:-60 s}" "$@"
		times[$status]=$((times[$status] + 1))
		echo "$seconds" >>"$work/seconds"
		change >>"$work/changes"
		printf '%s %d of %d: status %d after %.0f s, %s%%\n' "$case" $((n + 1)) "$runs" "$status" "$seconds" \
			"$(change)" >&2
	done
	printf '%-6s  %5d  %9d  %9d  %12d' "$case" "$runs" "${times[1]}" "${times[0]}" "${times[4]}"
	sort -n "$work/seconds" | awk '{ v[NR] = $1; s += $1 } END { printf "  %6.1f  %6.1f", s / NR, v[NR] }'
	sort -n "$work/changes" | awk '{ v[NR] = $1 } END { printf "  %+.2f%% (%+.2f%% to %+.2f%%)\n", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

[ -z "${HOG:-}" ] || start_hogs
echo "${HOG:+$(($(nproc) - 1)) processes spin meanwhile; }at most ${TIME:-60 s} each"
echo "case     runs  regressed  unchanged  inconclusive  mean s   max s  change of folio: median (least to most)"
for case in "$@"; do
	case $case in
	same)
		try same "$ci_config"
		;;
	+2% | +1%)
		calibrate "${case//[+%]/}"
		tolerance=1%
		[ "$case" = +2% ] || tolerance=0.5%
		try "$case" "$gate_config" --tolerance "$tolerance" --set-b "sources.vc.cost=$calibrated cycles"
		;;
	exit)
		try exit "$ci_config" --set-b "configurations=[{name: folio, preset: folio, sources: {vc: {at: [doorbell], cost: $base_cycles cycles}}}]"
		;;
	*)
		echo "gate.sh: no such case: $case" >&2
		exit 2
		;;
	esac
done
