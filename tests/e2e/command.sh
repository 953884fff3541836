#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The command as a user has it: small runs, refusals, interruptions. What it
# leaves behind is looked at each time.
#   command.sh FOLIO
set -u

folio=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"

# start_long DIR: a run that goes on for a minute, in the background, with its first trial written; sets pid.
start_long() {
	"$folio" run "$work/small.yaml" --no-progress --set measure.pairs=200 \
		--set "measure.budget=60 s" --out "$1" >/dev/null 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		[ "$(wc -l 2>/dev/null <"$1/trials.csv")" -gt 1 ] 2>/dev/null && break
		sleep 0.1
	done
}

cat >"$work/small.yaml" <<YAML
folio: 1
name: small
topology: lockstep
workload: macswap
reference: ideal
costs: epyc-9334-snp
configurations:
  - preset: folio
  - preset: naive
sweep:
  traffic: [{size: 64}, imix]
measure: {slice: 50 us, pairs: 3, restarts: 2, max_restarts: 2, budget: 5 s, seed: 1}
YAML

# A run and its files.
expect 0 "folio" "$folio" run "$work/small.yaml" --out "$work/run" --no-progress
for file in manifest.json config.yaml plan.csv trials.csv summary.csv report.md report.html; do
	[ -s "$work/run/$file" ] || fail "$file is missing"
done
head -n 1 "$work/run/trials.csv" | tr -d '\r' |
	grep -qx 'cell,configuration,workload,frame_size,repeat,metric,unit,value,fidelity' ||
	fail "trials.csv: its header is $(head -n 1 "$work/run/trials.csv")"

# Counters close: for each trial, packets in = packets out + packets dropped.
tr -d '\r' <"$work/run/trials.csv" | awk -F, '
	$6 ~ /^packets_(in|out|dropped)$/ { sum[$1 "," $5] += $6 == "packets_in" ? $8 : -$8; n++ }
	END { for (t in sum) if (sum[t] != 0) bad++; exit bad || n < 3 * 3 }' ||
	fail "packets in are not packets out plus dropped"

# Done, and damaged since: that is the folder's fault, not this machine's.
cp -r "$work/run" "$work/changed"
sed -i '2s/,[a-z+-]*$/,hearsay/' "$work/changed/trials.csv"
expect 2 "found 'hearsay'" "$folio" run --resume "$work/changed"

# A run without exits lacks nothing.
expect 0 "folio" "$folio" run "$work/small.yaml" --out "$work/quiet" --no-progress \
	--set 'configurations=[{preset: folio}]' --set 'sweep.traffic=[imix]'
grep -q 'error' "$work/output" && fail "a run without exits: $(grep error "$work/output")"

# What it took is what the next one is estimated by; a damaged folder is passed over.
mkdir -p "$work/here/results/damaged"
echo '{' >"$work/here/results/damaged/manifest.json"
cp -r "$work/run" "$work/here/results/mine"
expect 0 "by what trials took in results/mine" env -C "$work/here" "$(realpath "$folio")" check "$work/small.yaml"

# The same folder again; a folder that cannot be; a bad command line.
expect 2 "$work/run" "$folio" run "$work/small.yaml" --out "$work/run"
expect 2 "/proc/nowhere" "$folio" run "$work/small.yaml" --out /proc/nowhere
expect 2 "usage" "$folio" run
expect 2 "usage" "$folio" run "$work/small.yaml" --what
expect 2 "KEY=VALUE" "$folio" run "$work/small.yaml" --set nothing
expect 2 "no-such.yaml" "$folio" run "$work/no-such.yaml"

# A capture that ends in the middle of a frame is refused before anything runs.
head -c 3000 tests/data/web.pcap >"$work/cut.pcap"
sed 's/imix/{pcap: cut.pcap}/' "$work/small.yaml" >"$work/cut.yaml"
expect 2 "cut.pcap" "$folio" run "$work/cut.yaml" --out "$work/cut"
[ ! -e "$work/cut" ] || fail "a refused run left a folder"

# Without huge pages.
expect 0 "4 KiB pages" env FOLIO_NO_HUGE=1 "$folio" run "$work/small.yaml" --out "$work/plain" --quick

# Closed standard streams: nothing of what would go there ends up in a file.
"$folio" run "$work/small.yaml" --quick --out "$work/closed" 0<&- 1>&- 2>&-
expect 0 "reference" "$folio" report "$work/closed"

# A reader that leaves early does not end the run.
"$folio" run "$work/small.yaml" --quick --out "$work/left" 2>&1 | head -n 1 >/dev/null
grep -q '"done"' "$work/left/manifest.json" || fail "a run whose reader left is not done"

# A run that is stopped, and one that is killed.
start_long "$work/stopped"
kill -TERM "$pid"
wait "$pid"
[ $? = 143 ] || fail "a stopped run does not end by its signal"
nothing_left "$pid"
grep -q '"stopped"' "$work/stopped/manifest.json" ||
	fail "the manifest does not say stopped: $(grep status "$work/stopped/manifest.json")"

start_long "$work/killed"
children=$(children_of "$pid")
[ -n "$children" ] || fail "the killed run had no measuring process"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
for _ in $(seq 50); do
	kill -0 "$children" 2>/dev/null || break
	sleep 0.1
done
kill -0 "$children" 2>/dev/null && fail "the measuring process outlives a killed run"
expect 0 "reference" "$folio" report "$work/killed"

# The next run removes what the killed one left.
expect 0 "reference" "$folio" run "$work/small.yaml" --out "$work/after" --quick
nothing_left "$pid"

exit "$((failures > 0))"
