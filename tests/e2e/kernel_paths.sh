#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs whose frames go through the machine's own kernel, at both ends: they work, they leave no
# link, namespace or process behind, whichever process is killed, and without privileges they are
# refused.
#   kernel_paths.sh FOLIO
set -u

folio=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"
export FOLIO_NO_HUGE=1

cat >"$work/paths.yaml" <<YAML
folio: 1
name: paths
topology: two-process
workload: udp_echo
rate: 5 kpps
frame_size: 500
configurations:
  - {name: both, preset: folio, sources: {kernel_path: on, host_path: on}}
measure: {pairs: 2, restarts: 1, max_restarts: 1, budget: 2 s}
YAML

# Root without the two capabilities is refused as anybody else.
unprivileged=()
[ "$(id -u)" != 0 ] || unprivileged=(setpriv --bounding-set=-sys_admin,-net_admin)
expect 3 "may not make a network namespace" \
	"${unprivileged[@]}" "$folio" run "$work/paths.yaml" --out "$work/refused" --no-progress
expect 2 "takes the place of one workload" \
	"$folio" run "$work/paths.yaml" --out "$work/macswap" --no-progress --set workload=macswap

if ! unshare --net true 2>/dev/null || [ ! -w /dev/net/tun ]; then
	[ "$failures" = 0 ] || exit 1
	echo "SKIP: no privileges for network namespaces, or no /dev/net/tun"
	exit 77
fi

# Links here, and network namespaces that a thread is in.
links() {
	ls /sys/class/net
}
namespaces() {
	readlink /proc/[0-9]*/task/*/ns/net 2>/dev/null | sort -u
}

# settled LINKS NAMESPACES: are they what they were? The kernel may take a moment.
settled() {
	for _ in $(seq 50); do
		[ "$(namespaces)" = "$2" ] && [ "$(links)" = "$1" ] && return
		sleep 0.1
	done
	return 1
}

links_before=$(links)
namespaces_before=$(namespaces)
expect 0 "both" "$folio" run "$work/paths.yaml" --out "$work/done" --no-progress
settled "$links_before" "$namespaces_before" || fail "a link or a namespace is left after a run"
# As fast as it goes, when the device has no buffer for all that comes.
for topology in lockstep two-process; do
	sed "s/^topology: .*/topology: $topology/; /^rate:/d" "$work/paths.yaml" >"$work/fast.yaml"
	expect 0 "both" "$folio" run "$work/fast.yaml" --out "$work/$topology" --no-progress
done

# wait_for_namespace: until the guest's server is in one of its own.
wait_for_namespace() {
	for _ in $(seq 200); do
		[ "$(namespaces)" != "$namespaces_before" ] && return
		sleep 0.05
	done
	fail "no process of a run is in a namespace of its own"
}

# Kills each process of a run by turns: the command, what measures, guest and host.
for victim in folio folio-measure folio-guest folio-host; do
	"$folio" run "$work/paths.yaml" --out "$work/killed-$victim" --no-progress \
		--set measure.pairs=64 --set "measure.slice=100 ms" --set "measure.budget=60 s" >/dev/null 2>&1 &
	run=$!
	wait_for_namespace
	pid=$run
	for child in $(children_of "$run"); do
		for process in "$child" $(children_of "$child"); do
			[ "$(cat "/proc/$process/comm" 2>/dev/null)" = "$victim" ] && pid=$process
		done
	done
	[ "$victim" = folio ] || [ "$pid" != "$run" ] || fail "no process of a run is called $victim"
	kill -KILL "$pid"
	wait "$run" 2>/dev/null
	settled "$links_before" "$namespaces_before" ||
		fail "a link or a namespace is left when $victim is killed"
done
expect 0 "both" "$folio" run "$work/paths.yaml" --out "$work/after" --no-progress
nothing_left "$run"

[ "$failures" = 0 ] || exit 1
