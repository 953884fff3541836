#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Experiments in two processes: a small run and its files, and sides that die. What is
# left behind is looked at each time.
#   two_process.sh FOLIO
set -u

folio=$1
if [ "$(nproc)" -lt 2 ]; then
	echo "SKIP: two processes that poll want two cores, this machine has $(nproc)"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"

# descendant PID NAME: the process of that name below it.
descendant() {
	local child
	for child in $(children_of "$1"); do
		[ "$(cat "/proc/$child/comm" 2>/dev/null)" = "$2" ] && echo "$child"
		descendant "$child" "$2"
	done
}

# start_long DIR: a run of many short trials in the background, with its first one written; sets pid.
start_long() {
	"$folio" run "$work/small.yaml" --no-progress --set queues=1 --set frame_size=64 \
		--set "sweep.burst=[$(seq -s , 32)]" --set measure.pairs=30 \
		--set "measure.budget=60 s" --out "$1" >"$work/output" 2>&1 &
	pid=$!
	for _ in $(seq 300); do
		[ "$(wc -l 2>/dev/null <"$1/trials.csv")" -gt 1 ] 2>/dev/null && break
		sleep 0.1
	done
}

# all_gone PID...: none of these lives on.
all_gone() {
	local one
	for _ in $(seq 50); do
		kill -0 "$@" 2>/dev/null || break
		sleep 0.1
	done
	for one in "$@"; do
		if kill -0 "$one" 2>/dev/null; then fail "process $one lives on"; fi
	done
}

cat >"$work/small.yaml" <<YAML
folio: 1
name: small
topology: two-process
configurations:
  - preset: folio
sweep:
  frame_size: [64, 1500]
  queues: [1, 2]
measure: {slice: 5 ms, pairs: 2, restarts: 1, max_restarts: 1, budget: 5 s}
YAML

# A run and its files.
expect 0 "Two processes, on cores" "$folio" run "$work/small.yaml" --out "$work/run" --no-progress
grep -q '"placement": "guest on core [0-9]*, host on core [0-9]*, ' "$work/run/manifest.json" ||
	fail "the manifest does not say where the sides ran"
for metric in guest_cycles_per_packet packets_per_second loss_share guest_busy_share round_trip_cycles \
	reference_packets_per_second; do
	grep -q "^0,folio,macswap,64,0,$metric," "$work/run/trials.csv" || fail "no $metric in trials.csv"
	grep -q ",$metric," "$work/run/summary.csv" || fail "no $metric in summary.csv"
done
tr -d '\r' <"$work/run/trials.csv" | awk -F, '
	$6 ~ /^packets_(in|out|dropped)$/ { sum[$1 "," $5] += $6 == "packets_in" ? $8 : -$8; n++ }
	$6 == "packets_out" && $8 == 0 { bad++ }
	END { for (t in sum) if (sum[t] != 0) bad++; exit bad || n < 3 * 8 }' ||
	fail "packets in are not packets out plus dropped"
expect 0 "Throughput" "$folio" report "$work/run"

# At a rate; a capture; a sources' device of its own; without huge pages.
expect 0 "The host sends 100 kpps" "$folio" run "$work/small.yaml" --quick --out "$work/rate" \
	--set "rate=100 kpps" --set frame_size=64
grep -q "^0,folio,macswap,64,0,latency_p50_ns," "$work/rate/trials.csv" || fail "no latency at a rate"
grep -q ",latency_pooled_frames," "$work/rate/summary.csv" || fail "no frames of a latency"
expect 0 "64 B, rate=100 kpps" "$folio" run "$work/small.yaml" --quick --out "$work/rates" \
	--set "sweep.rate=[100 kpps, max]" --set frame_size=64 --set queues=1
expect 0 "folio, no loss" "$folio" run "$work/small.yaml" --quick --out "$work/search" \
	--set frame_size=64 --set queues=1 \
	--set "search={width: 10%, trial: 25 ms, sum: 50 ms, budget: 3 s}"
for metric in throughput_pdr_inconsistent throughput_trials reference_throughput_trials; do
	grep -q "^0,folio,macswap,64,0,$metric," "$work/search/trials.csv" || fail "no $metric of a search"
done
expect 0 "Beside that 3 searches for throughput" "$folio" check "$work/small.yaml" \
	--set frame_size=64 --set queues=1 --set measure.restarts=1 --set search=on
expect 0 "There is no latency for traffic that is sent as fast" "$folio" report "$work/rates"
expect 0 "web.pcap" "$folio" run "$work/small.yaml" --quick --out "$work/capture" \
	--set "traffic={pcap: tests/data/web.pcap}" --set queues=1
expect 0 "4 KiB pages" env FOLIO_NO_HUGE=1 "$folio" run "$work/small.yaml" --quick --out "$work/plain" \
	--set frame_size=64

# ESP by the port itself: by a crypto thread, which wants a third core, and as the copy; and none at all.
cat >"$work/esp.yaml" <<YAML
folio: 1
name: esp
topology: two-process
workload: ipsec_echo
rate: 20 kpps
reference: folio
configurations:
  - {name: fused, preset: folio, sources: {bounce_copy: {mode: fused}}}
  - {name: plain, preset: folio, esp_crypto: none}
  - {name: inline, preset: folio, esp_crypto: inline}
payload_size: 1000
measure: {slice: 10 ms, pairs: 2, restarts: 1, max_restarts: 1, budget: 5 s}
YAML
grep -v -e fused -e ^rate "$work/esp.yaml" >"$work/inline.yaml"
expect 3 "esp_crypto inline wants a third core" taskset -c 0,1 "$folio" run "$work/esp.yaml" --out "$work/two"
[ ! -e "$work/two" ] || fail "a run that could not start left a folder"
expect 2 "esp_crypto: inline is a thread of its own, and there is one thread" \
	"$folio" check "$work/inline.yaml" --set topology=lockstep
expect 2 "esp_crypto: inline is a thread that decrypts ESP" \
	"$folio" check "$work/inline.yaml" --set workload=udp_echo
ways="fused plain inline"
if [ "$(nproc)" -lt 3 ]; then
	echo "NOTE: esp_crypto inline was refused only, this machine has $(nproc) cores"
	ways="fused plain"
	sed -i '/inline/d' "$work/esp.yaml"
fi
expect 0 "payload:1000" "$folio" run "$work/esp.yaml" --no-progress --out "$work/esp"
for way in $ways; do
	tr -d '\r' <"$work/esp/trials.csv" | awk -F, -v way="$way" '
		$2 == way && $6 == "loss_share" { n++; lost += $8 }
		END { exit !(n && lost / n < 0.5) }' || fail "$way: frames are lost"
done
# What drains the device is nobody's: a crypto thread that meets it while its cores are taken away from
# the application meters it no more.
if [ "$ways" != "${ways%inline}" ]; then
	hogs=()
	for _ in $(seq $((2 * $(nproc)))); do
		timeout 20 sh -c 'while :; do :; done' &
		hogs+=($!)
	done
	sed -i -e '/fused/d' -e '/plain/d' "$work/esp.yaml"
	expect 0 "payload:1000" "$folio" run "$work/esp.yaml" --no-progress --out "$work/busy" --set measure.pairs=32
	kill "${hogs[@]}"
	wait "${hogs[@]}" 2>/dev/null
	tr -d '\r' <"$work/busy/trials.csv" | awk -F, '
		$2 == "inline" && $6 == "drop.esp_per_packet" { n++; dropped += $8 }
		END { exit !(n && !dropped) }' || fail "inline: what drains the device is metered"
fi

# One core.
expect 3 "topology: lockstep" taskset -c 0 "$folio" run "$work/small.yaml" --out "$work/one"
[ ! -e "$work/one" ] || fail "a run that could not start left a folder"

# A side that dies ends the run, and is named.
for side in guest host; do
	start_long "$work/$side"
	victim=$(descendant "$pid" "folio-$side" | head -n 1)
	[ -n "$victim" ] || fail "the run has no process folio-$side"
	others="$(descendant "$pid" folio-guest) $(descendant "$pid" folio-host)"
	kill -KILL "$victim"
	wait "$pid"
	got=$?
	[ "$got" = 3 ] || fail "a run whose $side died: exit status $got, 3 expected"
	grep -q "the $side process of device [0-9]* was ended by signal 9" "$work/output" ||
		fail "a run whose $side died says: $(tail -n 3 "$work/output")"
	grep -q '"failed"' "$work/$side/manifest.json" || fail "the manifest does not say failed"
	# shellcheck disable=SC2086
	all_gone $others
	nothing_left "$pid"
done

# No thread of a side that measures has privileges left.
if [ "$(id -u)" = 0 ]; then
	start_long "$work/private"
	for side in $(descendant "$pid" folio-guest) $(descendant "$pid" folio-host); do
		[ "$(cat /proc/"$side"/task/*/status | grep -c '^CapEff:')" -gt 1 ] || fail "side $side has one thread"
		if cat /proc/"$side"/task/*/status | grep '^CapEff:' | grep -qv '\s0*$'; then
			fail "a thread of side $side has privileges"
		fi
	done
	kill -TERM "$pid"
	wait "$pid"
fi

# A run that is stopped, and one that is killed.
start_long "$work/stopped"
sides="$(descendant "$pid" folio-guest) $(descendant "$pid" folio-host)"
kill -TERM "$pid"
wait "$pid"
[ $? = 143 ] || fail "a stopped run does not end by its signal"
# shellcheck disable=SC2086
all_gone $sides
nothing_left "$pid"

start_long "$work/killed"
sides="$(descendant "$pid" folio-guest) $(descendant "$pid" folio-host)"
[ -n "${sides// /}" ] || fail "the killed run had no sides"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
# shellcheck disable=SC2086
all_gone $sides

# The next run removes what the killed one left.
expect 0 "reference" "$folio" run "$work/small.yaml" --out "$work/after" --quick --set queues=1
nothing_left "$pid"

exit "$((failures > 0))"
