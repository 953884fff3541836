#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Against software that is not ours: the guest before a foreign back end (stock
# dpdk-testpmd with net_vhost, Open vSwitch with DPDK), and the host before a foreign
# front end (testpmd with net_virtio_user). Frames go at a rate below what the peers
# can take; each must come back, whole.
#
#   foreign_peers.sh FOLIO [FRAMES [KPPS]]     10000000 frames at 400 kpps is the full test
#
# What a core that is taken away for some milliseconds does not fetch in time is lost:
# then the peer is tried again at half the rate, three times in all. Nothing is left
# behind: peers are ended by their process numbers, files lie in a folder of their own.
# A peer that is not installed is skipped, with the reason.
set -uo pipefail

folio=$1
# Open vSwitch takes what huge pages there are; the other peers run without, too.
export FOLIO_NO_HUGE=1
frames=${2:-150000}
full_kpps=${3:-40}
work=$(mktemp -d /tmp/folio-peers-XXXXXX)
pids=()
failed=0
skipped=0
ran=0
mapfile -t cores < <(taskset -pc $$ | sed 's/.*: //' | tr ',' '\n' |
	awk -F- '{ for (i = $1; i <= (NF > 1 ? $2 : $1); i++) print i }')

end_peers() {
	local pid
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${pids[@]}"; do
		wait "$pid" 2>/dev/null
		while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
	done
	pids=()
}

trap 'end_peers; rm -rf "$work"' EXIT

# core N: the N-th core of those allowed, as often as needed
core() { echo "${cores[$(($1 % ${#cores[@]}))]}"; }

skip() {
	echo "SKIP: $*"
	skipped=$((skipped + 1))
}

# wait_for WHAT COMMAND...: until it succeeds, at most 20 s
wait_for() {
	local what=$1 i
	shift
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "$what: not within 20 s"
	return 1
}

# value FILE NAME: a row of the closing table
value() { awk -v name="$2" '$1 == name { print $2 }' "$1"; }

# judge: every frame back, none damaged, by $log and $status. Returns 2 where some are lost and nothing else is wrong.
judge() {
	local name sent received
	sent=$(value "$log" sent)
	received=$(value "$log" received)
	found="status $status, sent ${sent:-?}, received ${received:-?}"
	[ "$status" = 0 ] && [ "${sent:-0}" = "$frames" ] || return 1
	for name in lost_at_disconnect reordered duplicated corrupted; do
		[ "$(value "$log" "$name")" = 0 ] || return 1
	done
	[ "$received" = "$frames" ] || return 2
}

# peer WHAT COMMAND...: COMMAND sends at $kpps, and sets log and status
peer() {
	local what=$1 verdict
	shift
	ran=$((ran + 1))
	for kpps in "$full_kpps" $((full_kpps / 2)) $((full_kpps / 4)); do
		"$@"
		judge
		verdict=$?
		end_peers
		if [ "$verdict" = 0 ]; then
			echo "ok: $what: $frames frames there and back at $kpps kpps"
			return
		fi
		[ "$verdict" = 2 ] || break
		echo "lost some at $kpps kpps: $what: $found"
	done
	echo "FAILED: $what: $found"
	tail -n 40 "$log"
	failed=$((failed + 1))
}

# --- dpdk-testpmd

# testpmd NAME DEVICE OPTION...: runs until it is ended, or its standard input is
testpmd() {
	local name=$1 device=$2
	shift 2
	RUNTIME_DIRECTORY=$work dpdk-testpmd --no-huge -m 256 --no-pci --no-telemetry --iova-mode=va \
		--file-prefix "folio-$$-$name" --lcores "0@$(core 0),1@$(core 1)" --vdev "$device" \
		-- --auto-start --total-num-mbufs=16384 --no-mlockall "$@" \
		<"$work/input" >"$work/$name.log" 2>&1 &
	pids+=($!)
}

# guest_sends LOG OPTION...: a guest of ours as the source of traffic
guest_sends() {
	local log=$1
	shift
	timeout 600 "$folio" guest --cpu "$(core 2)" --count "$frames" --rate "$kpps kpps" --settle "1 s" "$@" \
		>"$log" 2>&1
}

# back_end VHOST-ARGUMENTS GUEST-OPTION...: net_vhost, whose frames go back as they came
back_end() {
	local arguments=$1 name=vhost$ran
	shift
	log=$work/$name.out
	rm -f "$work/$name"
	testpmd "$name" "net_vhost0,iface=$work/$name,$arguments" --forward-mode=io --port-topology=loop \
		--rxq="${queues:-1}" --txq="${queues:-1}"
	[[ $arguments != *client=0* ]] || wait_for "testpmd's socket" test -S "$work/$name"
	guest_sends "$log" --socket "$work/$name" --set queues="${queues:-1}" "$@"
	status=$?
}

# front_end VIRTIO-USER-ARGUMENTS HOST-OPTION...
front_end() {
	local arguments=$1 name=user$ran
	shift
	log=$work/$name.out
	rm -f "$work/$name"
	testpmd "$name" "net_virtio_user0,path=$work/$name,queue_size=1024,$arguments" \
		--forward-mode=macswap --rxd=1024 --txd=1024
	timeout 600 "$folio" host --socket "$work/$name" --cpu "$(core 2)" --count "$frames" \
		--rate "$kpps kpps" --settle "1 s" "$@" >"$log" 2>&1
	status=$?
}

test_testpmd() {
	if ! command -v dpdk-testpmd >/dev/null; then
		skip "dpdk-testpmd is not installed (package dpdk-dev)"
		return
	fi
	local format
	for format in split packed; do
		peer "testpmd's net_vhost as server, $format" back_end client=0 --client \
			--set ring=4096 --set ring_format=$format --traffic 64
		peer "testpmd's net_vhost as client, $format" back_end client=1 \
			--set ring=4096 --set ring_format=$format --traffic imix
	done
	queues=2 peer "testpmd's net_vhost, two queue pairs" back_end client=1,queues=2 --set ring=4096 \
		--traffic 64
	peer "testpmd's net_vhost, frames of 9000 B in several buffers" back_end client=1 --set ring=4096 \
		--set mergeable=on --traffic 9000
	peer "testpmd's net_virtio_user as server" front_end server=1 --traffic imix
}

# --- Open vSwitch with DPDK

ovs_vswitchd=/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk

ovs_vsctl() { ovs-vsctl --timeout=10 --db="unix:$work/ovs/db.sock" "$@"; }

# One polling thread of its own; no physical device is looked for.
ovs_settings() {
	ovs_vsctl --no-wait -- init -- set Open_vSwitch . other_config:dpdk-init=true \
		other_config:dpdk-extra="--no-pci --no-telemetry --iova-mode=va" \
		other_config:dpdk-lcore-mask="$(printf '0x%x' $((1 << $(core 0))))" \
		other_config:pmd-cpu-mask="$(printf '0x%x' $((1 << $(core 1))))"
}

ovs_start() {
	export OVS_RUNDIR=$work/ovs OVS_LOGDIR=$work/ovs OVS_DBDIR=$work/ovs
	export XDG_RUNTIME_DIR=$work/ovs RUNTIME_DIRECTORY=$work/ovs
	mkdir -p "$work/ovs"
	ovsdb-tool create "$work/ovs/conf.db" /usr/share/openvswitch/vswitch.ovsschema
	ovsdb-server "$work/ovs/conf.db" --remote="punix:$work/ovs/db.sock" \
		--unixctl="$work/ovs/db.ctl" >"$work/ovs/db.log" 2>&1 &
	pids+=($!)
	wait_for "ovsdb-server" test -S "$work/ovs/db.sock" && ovs_settings || return 1
	# Its bridge is a persistent TAP: in a network namespace of its own that ends with it.
	unshare --net "$ovs_vswitchd" "unix:$work/ovs/db.sock" --unixctl="$work/ovs/switch.ctl" \
		>"$work/ovs/switch.log" 2>&1 &
	pids+=($!)
	ovs_vsctl add-br br0 -- set bridge br0 datapath_type=netdev fail-mode=secure &&
		ovs_port a && ovs_port b && ovs_flow a b && ovs_flow b a
}

ovs_port() {
	ovs_vsctl add-port br0 "$1" -- set Interface "$1" type=dpdkvhostuserclient \
		"options:vhost-server-path=$work/ovs/$1.sock"
}

ovs_flow() {
	ovs-ofctl add-flow "unix:$work/ovs/br0.mgmt" "in_port=$1,actions=output:$2"
}

huge_pages_free() {
	cat /sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages 2>/dev/null || echo 0
}

# A guest that sends, the switch, a guest that sends back, and the switch again.
switched() {
	log=$work/sender.out
	status=1
	rm -rf "$work/ovs"
	if ! ovs_start; then
		grep -h -m 20 -E "EAL|ERR|WARN" "$work"/ovs/*.log
		: >"$log"
		return
	fi
	"$folio" guest --socket "$work/ovs/b.sock" --cpu "$(core 3)" --set ring=4096 \
		>"$work/mirror.out" 2>&1 &
	pids+=($!)
	wait_for "the switch's second port" grep -q 'a host is there' "$work/mirror.out"
	guest_sends "$log" --socket "$work/ovs/a.sock" --set ring=4096 --traffic 64
	status=$?
}

test_ovs() {
	if [ ! -x "$ovs_vswitchd" ]; then
		skip "Open vSwitch with DPDK is not installed (package openvswitch-switch-dpdk)"
	elif [ "${#cores[@]}" -lt 3 ]; then
		skip "two guests and a switch that polls want three cores, here are ${#cores[@]}"
	elif [ "$(huge_pages_free)" -lt 64 ]; then
		skip "Open vSwitch with DPDK wants 64 free huge pages, here are $(huge_pages_free)"
	elif ! unshare --net true 2>/dev/null; then
		skip "Open vSwitch's bridge wants a network namespace, which is not allowed here"
	else
		peer "Open vSwitch, two guests of ours" switched
	fi
}

mkfifo "$work/input"
exec 7<>"$work/input"
test_testpmd
test_ovs
echo "$ran peers, $failed failed, $skipped skipped"
[ "$failed" = 0 ] || exit 1
[ "$ran" -gt 0 ] || exit 77
