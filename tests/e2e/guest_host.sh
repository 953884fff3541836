#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `folio guest` and `folio host` in two processes: what each refuses, both roles, both
# orders of starting, either side killed and started again, and interrupts.
#   guest_host.sh FOLIO
set -u

folio=$1
work=$(mktemp -d)
pids=()
trap 'kill -KILL "${pids[@]}" 2>/dev/null; rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"
. "$(dirname "$0")/sides.sh"
socket=$work/socket
# Two that start at the same time would count the same free huge pages.
export FOLIO_NO_HUGE=1

# ---- Nobody on the other side: a hint after 5 s, looked at below ----

for role in guest "guest --client" host "host --server"; do
	# shellcheck disable=SC2086
	"$folio" $role --socket "$work/nobody${role// /}" >"$work/lonely ${role}" 2>&1 &
	pids+=("$!")
done

# ---- What is refused before anything runs ----

# refuses TEXT OPTION...
refuses() {
	local text=$1
	shift
	expect 2 "$text" timeout 20 "$folio" guest "$@"
	[ ! -e "$socket" ] || fail "a refused guest left its socket"
}

refuses "--socket: found none, the socket's path is wanted"
refuses "no such option: found '--sokcet'; did you mean '--socket'?" --sokcet "$socket"
refuses "--preset: found 'foil', allowed: vm-virtio, vm-sriov" --socket "$socket" --preset foil
refuses "--workload: found 'macswop'" --socket "$socket" --workload macswop
refuses "--set queues: found '9', allowed: 1 to 8" --socket "$socket" --set queues=9
refuses "--set ring: found '100', allowed: 64 to 4096, a power of two" --socket "$socket" --set ring=100
refuses "--set rings: found a key that is not known here" --socket "$socket" --set rings=64
refuses "--set sources.vd: found no source 'vd'" --socket "$socket" --set sources.vd=on
refuses "--set: found 'queues', allowed: KEY=VALUE" --socket "$socket" --set queues
refuses "--set: found no value" --socket "$socket" --set
refuses "sources.vc.cost: found no \`costs:\`" --socket "$socket" --set sources.vc=on
refuses "found 'nobody', which is no cost profile" --socket "$socket" --costs nobody
refuses "found source iotlb on in folio" --socket "$socket" --set sources.iotlb=on --set ring_format=packed
refuses "--set device: found 'virtio-user'" --socket "$socket" --preset ideal --set device=virtio-user
refuses "--socket: found one, and a device that has none" --socket "$socket" --set device=ethdev \
	--set devargs=net_null0
refuses "--cpu: found 'two', allowed: numbers of cores" --socket "$socket" --cpu two
refuses "--cpu: found '99999', a core that this process may not run on" --socket "$socket" --cpu 99999
refuses "--cpu: found '0,0', allowed: each core once" --socket "$socket" --set queues=2 --cpu 0,0
refuses "--duration: found '10', allowed" --socket "$socket" --duration 10
refuses "--rate: found it without --traffic" --socket "$socket" --rate "50 kpps"
refuses "traffic: found '12'" --socket "$socket" --traffic 12
refuses "--traffic: found frames of 9000 B, allowed with this configuration: up to 2048" --socket "$socket" --traffic 9000
refuses "error: --traffic: README.md: unknown file format" --socket "$socket" --traffic pcap:README.md
refuses "error: --traffic: $work/none.pcap: No such file" --socket "$socket" --traffic "pcap:$work/none.pcap"
refuses "found a path of 119 bytes" --socket "/$(printf 'x%.0s' {1..118})"
refuses "No such file or directory" --socket "$work/folder/socket"
refuses "No such file or directory" --socket "$work/folder/socket" --client
if [ "$(nproc)" -ge 2 ]; then
	refuses "allowed: at most one core for each queue pair" --socket "$socket" --cpu 0,1
fi
echo precious >"$work/file"
refuses "$work/file: is there and is no socket" --socket "$work/file"
refuses "$work/file: is there and is no socket" --socket "$work/file" --client
[ "$(cat "$work/file")" = precious ] || fail "the file at --socket was changed"

# ---- Two processes ----

# closes HOST [GUEST]: the host's counters do, nothing came back wrong, and the guest names each loss.
closes() {
	local sent received lost gone dropped=0 counter
	sent=$(count "$1" sent) received=$(count "$1" received)
	lost=$(count "$1" lost) gone=$(count "$1" lost_at_disconnect)
	[ "${received:-0}" -gt 0 ] || fail "$1: nothing came back: $(tail -n 3 "$work/$1")"
	[ "$sent" = $((received + lost + gone)) ] ||
		fail "$1: sent $sent, received $received, lost $lost, at disconnect $gone"
	for counter in corrupted duplicated stale reordered; do
		[ "$(count "$1" "$counter")" = 0 ] || fail "$1: $counter $(count "$1" "$counter")"
	done
	[ $# = 1 ] && return
	for counter in not_taken drop.no_shadow drop.no_temporary drop.unsendable; do
		dropped=$((dropped + $(count "$2" "$counter")))
	done
	[ "$lost" = "$dropped" ] || fail "$1 lost $lost, and $2 names $dropped"
}

# hints ROLE TEXT: so it says once while there is nobody.
hints() {
	wait_for "lonely $1" "$2"
	[ "$(grep -c " yet: " "$work/lonely $1")" = 1 ] || fail "$1 gives its hint again"
}

hints guest "no host has come to .* yet: .*without --server?"
hints "guest --client" "nobody listens at .* yet: .*with --server?"
hints host "nobody listens at .* yet: .*without --client?"
hints "host --server" "no guest has come to .* yet: .*with --client?"
kill -INT "${pids[@]}"
wait "${pids[@]}"
pids=()

last=$(($(nproc) - 1))
traffic=(--rate "50 kpps" --traffic imix --cpu 0)
forward=(--cpu "$last" --set queues=2)

# meet GUEST_OPTION HOST_OPTION FIRST: one role each, and who starts first.
meet() {
	local guest_role=$1 host_role=$2 first=$3 guest host
	# shellcheck disable=SC2086
	if [ "$first" = guest ]; then
		start guest "$folio" guest --socket "$socket" $guest_role "${forward[@]}"
		guest=$pid
		wait_for guest "waiting for a host"
	fi
	# shellcheck disable=SC2086
	start host "$folio" host --socket "$socket" $host_role "${traffic[@]}" --count 20000
	host=$pid
	# shellcheck disable=SC2086
	if [ "$first" = host ]; then
		wait_for host "waiting for a guest"
		start guest "$folio" guest --socket "$socket" $guest_role "${forward[@]}"
		guest=$pid
	fi
	ends "$host" 0 host
	wait_for guest "the host has gone"
	kill -INT "$guest"
	ends "$guest" 0 guest
	closes host guest
	[ "$(count guest hosts)" = 1 ] || fail "the guest counts $(count guest hosts) hosts"
	[ ! -e "$socket" ] || fail "the socket is left ($guest_role, $host_role)"
}

meet "" "" guest
meet "" "" host
meet --client --server guest
meet --client --server host

# The guest is killed and started again: the host goes on, and says what was lost.
start guest "$folio" guest --socket "$socket" "${forward[@]}"
start host "$folio" host --socket "$socket" "${traffic[@]}"
host=$pid
wait_for host "guest there, 2 queues"
kill -KILL "${pids[-2]}"
wait_for host "guest away"
start guest2 "$folio" guest --socket "$socket" "${forward[@]}"
guest=$pid
wait_for guest2 "received [1-9][0-9.]* kpps"
kill -INT "$host"
ends "$host" 0 host
closes host
[ "$(count host sessions)" = 2 ] || fail "the host counts $(count host sessions) sessions"

# The host is killed and started again, twice: the guest goes on.
for i in 1 2; do
	start "host$i" "$folio" host --socket "$socket" "${traffic[@]}"
	wait_for "host$i" "guest there, 2 queues"
	wait_for "host$i" "received [1-9][0-9.]* kpps"
	kill -KILL "$pid"
	for _ in $(seq 100); do
		[ "$(grep -c "the host has gone" "$work/guest2")" -gt "$i" ] && break
		sleep 0.1
	done
done
start host3 "$folio" host --socket "$socket" "${traffic[@]}" --count 20000
ends "$pid" 0 host3
closes host3
kill -TERM "$guest"
ends "$guest" 0 guest2
[ "$(count guest2 hosts)" = 4 ] || fail "the guest counts $(count guest2 hosts) hosts"
[ "$(count guest2 device.lost.rx_posted)" -gt 0 ] || fail "the guest names no lost buffers"
grep -q "device.lost.rx_posted .* buffers .*empty with the device when it went: no frames" "$work/guest2" ||
	fail "the guest does not say what lost.rx_posted is"
[ "$(count guest2 device.faults_rx)" = 0 ] || fail "a host that went was taken for a hostile one"

# Frames that the guest has no room for, and traffic from both sides, by rate and as fast as possible.
for rate in "2 kpps" max; do
	start guest "$folio" guest --socket "$socket" "${forward[@]}"
	guest=$pid
	start host "$folio" host --socket "$socket" --traffic 9000 --rate "$rate" --cpu 0 --duration "2500 ms"
	ends "$pid" 0 host
	[ "$(count host sent)" = 0 ] || fail "a guest without mergeable buffers took 9000 B"
	[ "$(grep -c "warning: no frame was taken.*--set mergeable=on" "$work/host")" = 2 ] ||
		fail "the host does not say, at once and in the end, that nothing is taken: $(cat "$work/host")"
	kill -INT "$guest"
	ends "$guest" 0 guest
done
grep -q "in all not taken 0, lost 0" "$work/host" || fail "no line tells what was not taken"
start guest "$folio" guest --socket "$socket" --traffic 64 --rate "5 kpps" --cpu "$last"
guest=$pid
start host "$folio" host --socket "$socket" --traffic 64 --rate "5 kpps" --cpu 0 --duration "1500 ms"
ends "$pid" 0 host
kill -INT "$guest"
ends "$guest" 0 guest
for side in host guest; do
	grep -q ", foreign [1-9]" "$work/$side" || fail "no line of the $side tells of foreign frames"
	grep -q "warning: .* frames were none of ours" "$work/$side" || fail "the $side does not warn of foreign frames"
done

# Everything on, and a host that is killed: what sources keep for each buffer, they give back.
start guest "$folio" guest --socket "$socket" --preset naive --costs epyc-9334-snp --cpu "$last"
guest=$pid
start lesser "$folio" host --socket "$socket" --cpu 0
wait_for guest "lacks features VIRTIO_F_ACCESS_PLATFORM .*folio host --iommu offers it"
sleep 2.5
[ "$(grep -c "lacks features" "$work/guest")" = 1 ] || fail "the guest complains of one host again and again"
kill -INT "$pid"
ends "$pid" 3 lesser
start host "$folio" host --socket "$socket" --iommu --rate "2 kpps" --cpu 0
wait_for guest "host there; received [1-9]"
kill -KILL "$pid"
wait_for guest "the host has gone"
start host "$folio" host --socket "$socket" --iommu --rate "2 kpps" --cpu 0 --count 1000
ends "$pid" 0 host
closes host
kill -INT "$guest"
ends "$guest" 0 guest
[ "$(count guest bounce_alloc.found)" = "$(count guest bounce_alloc.freed)" ] ||
	fail "found $(count guest bounce_alloc.found) bounce slots, freed $(count guest bounce_alloc.freed)"

# The guest as the source of traffic, before a backend that only forwards: stock testpmd, where it is
# installed.
if command -v dpdk-testpmd >/dev/null; then
	start guest "$folio" guest --socket "$socket" --client --traffic imix --rate "20 kpps" --count 20000 \
		--settle "1 s" --cpu "$last"
	guest=$pid
	start testpmd dpdk-testpmd --no-huge -m 256 --no-pci --no-telemetry --no-shconf --lcores 0@0,1@0 \
		--vdev "net_vhost0,iface=$socket" -- --forward-mode=macswap --auto-start --no-mlockall \
		--total-num-mbufs=4096 --stats-period 60
	ends "$guest" 0 guest
	closes guest
	kill -INT "$pid"
	wait "$pid"
	rm -f "$socket"
fi

# Interrupted while there is nobody: the socket is gone, and it says that nobody came.
start guest "$folio" guest --socket "$socket" --preset ideal
wait_for guest "waiting for a host"
kill -INT "$pid"
ends "$pid" 3 guest
grep -q "no host came to $socket" "$work/guest" || fail "a guest without a host says: $(cat "$work/guest")"
[ ! -e "$socket" ] || fail "an interrupted guest left its socket"

# A second guest at a socket in use; what a killed one left is taken over.
start guest "$folio" guest --socket "$socket"
wait_for guest "waiting for a host"
refuses_in_use=$("$folio" guest --socket "$socket" 2>&1)
[ $? = 2 ] || fail "a socket in use was taken over: $refuses_in_use"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
start guest "$folio" guest --socket "$socket" --duration "1 s"
guest=$pid
wait_for guest "waiting for a host"
start host "$folio" host --socket "$socket" "${traffic[@]}"
host=$pid
ends "$guest" 0 guest
wait_for host "guest away"
kill -INT "$host"
ends "$host" 0 host

exit "$((failures > 0))"
