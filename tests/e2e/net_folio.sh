#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# net_folio in DPDK's own testpmd, as it is installed, against a second testpmd on
# net_vhost: packets both ways in every copy mode and ring format, what the backend
# gets to map, frames of several buffers, a backend that is killed, an application with
# manners of its own, and bad device arguments.
#   net_folio.sh APP PLUGIN      net_folio_app; the plug-in, empty: it was not built
set -u

failures=0

fail() {
	echo "FAILED: $*" >&2
	failures=$((failures + 1))
}

# shellcheck source=tests/testpmd.bash
. "$(dirname "${BASH_SOURCE[0]}")/../testpmd.bash"
app=$1
take_plugin "${2:-}"
# Which CPUs the threads run on is left to the kernel: there may be two.
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
eal=(--lcores "(0,1)@($cpus)" --no-huge -m 128)
common=(--total-num-mbufs=4096 --disable-link-check -i)

# What else guest and host are told
guest_more=(--forward-mode=macswap) host_more=(--forward-mode=flowgen)

# start_pair QUEUES DEVARGS: guest and host, link up
start_pair() {
	testpmd guest "${eal[@]}" -d "$plugin" --vdev "net_folio0,path=$work/socket,queues=$1,$2" -- \
		"${common[@]}" "${guest_more[@]}" --rxq="$1" --txq="$1"
	heard guest 'testpmd>' || return 1
	testpmd host "${eal[@]}" --vdev "net_vhost0,iface=$work/socket,client=1,queues=$1" -- \
		"${common[@]}" "${host_more[@]}" --rxq="$1" --txq="$1"
	heard guest 'link state change event' && heard host 'testpmd>'
}

# count NAME KEY: the last "KEY value" in what it said
count() {
	grep -aoE "$2:? +[0-9]+" "$work/$1" | tail -n 1 | grep -oE '[0-9]+$' || echo 0
}

# --- packets both ways

# Shared memory objects that a process maps, as device, inode and name
shared_objects() {
	awk '$2 ~ /s$/ && $5 != 0 { print $4, $5, $6 }' "/proc/$1/maps" | sort -u
}

# flows QUEUES COPY FORMAT
flows() {
	local what="copy=$2, $3 ring, $1 queue pairs" common_objects side
	start_pair "$1" "copy=$2,ring_format=$3" || return
	common_objects=$(comm -12 <(shared_objects "$guest_pid") <(shared_objects "$host_pid"))
	[[ $common_objects =~ ^[^\ ]+\ [0-9]+\ /memfd:folio-shared$ ]] ||
		fail "$what: both processes map '$common_objects', not the shared region alone"
	tell guest start
	tell host start
	sleep 1
	tell host stop 'show port stats 0'
	sleep 0.3
	tell guest stop 'show port stats 0' 'show port xstats 0'
	leave host
	leave guest
	echo "$what: the guest received $(count guest RX-packets) and sent $(count guest TX-packets)"
	for side in host guest; do
		if [ "$(count $side RX-packets)" -lt 10000 ] || [ "$(count $side TX-packets)" -lt 10000 ]; then
			fail "$what: $side received $(count $side RX-packets) and sent $(count $side TX-packets)"
		fi
	done
	[ "$(count guest TX-errors)" = 0 ] || fail "$what: $(count guest TX-errors) TX errors"
	for ((side = 0; side < $1; side++)); do
		[ "$(count guest "rx_q${side}_packets")" -gt 0 ] || fail "$what: nothing on queue $side"
	done
	if [ "$2" = none ]; then
		! grep -q '^bounce_copy' "$work/guest" || fail "$what: counts copies"
	else
		[ "$(count guest bounce_copy.copies)" -gt 20000 ] || fail "$what: copies nothing"
	fi
	[ ! -e "$work/socket" ] || fail "$what: the socket is left"
}

flows 1 shadow split
flows 2 shadow packed
flows 2 none split
flows 1 header packed

# --- frames of several buffers, which an application gets if it enabled them

# long_frames COPY OPTION...: of the guest's testpmd
long_frames() {
	local copy=$1 error=0
	received=0 errors=0
	shift
	guest_more=("$@" --max-pkt-len=9000 --forward-mode=rxonly)
	host_more=(--tx-offloads=0x8000 "--txpkts=1500,1500,1000" --forward-mode=txonly)
	start_pair 1 "mergeable=on,copy=$copy" || error=$?
	guest_more=(--forward-mode=macswap) host_more=(--forward-mode=flowgen)
	[ "$error" = 0 ] || return
	tell guest start
	tell host start
	sleep 0.5
	tell host stop
	sleep 0.3
	tell guest stop 'show port info 0' 'show port stats 0' 'show port xstats 0'
	leave host
	leave guest
	[ "$(count guest 'Maximum configurable length of RX packet')" = 9000 ] ||
		fail "long frames, copy=$copy: $(grep -a 'Maximum configurable' "$work/guest")"
	received=$(count guest RX-packets) errors=$(count guest RX-errors)
	dropped=$(count guest drop.segmented)
	echo "long frames, copy=$copy, $*: $received received, $errors errors"
	[ "$errors" = "$dropped" ] || fail "long frames, copy=$copy: drop.segmented $dropped of $errors"
}

for copy in shadow header; do
	long_frames $copy --enable-scatter
	[ "$received" -gt 1000 ] || fail "long frames, copy=$copy: scatter on, $received received"
	[ "$errors" = 0 ] || fail "long frames, copy=$copy: scatter on, $errors errors"
	long_frames $copy
	[ "$received" = 0 ] || fail "long frames, copy=$copy: scatter off, $received received"
	[ "$errors" -gt 1000 ] || fail "long frames, copy=$copy: scatter off, $errors errors"
done

# --- a backend that is killed, and the next one

# link STATE: of the guest's port, within 10 s
link() {
	local i
	for ((i = 0; i < 50; i++)); do
		tell guest 'show port info 0'
		sleep 0.2
		[ "$(grep -ao 'Link status: .*' "$work/guest" | tail -n 1)" != "Link status: $1" ] || return 0
	done
	fail "the link is not $1"
}

if start_pair 1 "vc=on,vc.cost=1000cycles,psc=on,psc.cost=1us"; then
	tell guest start
	tell host start
	sleep 0.3
	kill -9 "$host_pid"
	wait "$host_pid" 2>/dev/null
	link down
	[ -S "$work/socket" ] || fail "nobody listens for the next backend"
	tell guest 'clear port stats 0'
	testpmd host "${eal[@]}" --vdev "net_vhost0,iface=$work/socket,client=1" -- "${common[@]}" \
		--forward-mode=flowgen
	heard host 'testpmd>'
	link up
	tell host start
	sleep 0.5
	tell guest 'show port stats 0'
	tell guest stop 'show port xstats 0'
	leave guest
	leave host
	[ "$(count guest TX-packets)" -gt 1000 ] || fail "nothing flows with the next backend"
	[ "$(count guest exits.psc)" -gt 0 ] || fail "source psc does nothing"
	[ "$(count guest device.lost.rx_posted)" -gt 0 ] || fail "nothing was lost with the killed one"
fi

# --- an application with manners of its own

# application CASE DEVARGS
application() {
	env RUNTIME_DIRECTORY="$work/run-app" ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$preload" \
		timeout 30 "$app" "$1" "$work/socket" --no-pci --no-telemetry --no-shconf \
		"${eal[@]}" -d "$plugin" --vdev "net_folio0,path=$work/socket,$2" \
		>"$work/app" 2>&1 || fail "$1: status $?: $(tail -n 5 "$work/app")"
	echo "application: $1"
}

mkdir -p "$work/run-app"
application queue_not_set_up queues=2
grep -qF "receive queue 0: found it not set up" "$work/app" || fail "the queue is not named"
application removed_while_started ring=64
application left_started ring=64
application host_does_not_answer ring=64
testpmd host "${eal[@]}" --vdev "net_vhost0,iface=$work/socket,client=1,queues=2" -- \
	"${common[@]}" --forward-mode=flowgen --rxq=2 --txq=2 --auto-start
application reset_then_fewer_queues queues=2
application clone_is_not_padded copy=fused
leave host

# --- bad device arguments

# refused TEXT DEVARGS
refused() {
	env RUNTIME_DIRECTORY="$work/run-guest" ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$preload" \
		dpdk-testpmd --no-pci --no-telemetry --no-shconf "${eal[@]}" -d "$plugin" --vdev "net_folio0,$2" -- --total-num-mbufs=1024 \
		</dev/null >"$work/refused" 2>&1 && fail "$2: is taken"
	grep -qF -- "$1" "$work/refused" ||
		fail "$2: says nothing of '$1': $(grep net_folio "$work/refused")"
	[ ! -e "$work/socket" ] || fail "$2: leaves a socket"
}

path=path=$work/socket
refused "path: found none, allowed: path=SOCKET" copy=none
refused "path: found a longer one" "path=/$(printf 'x%.0s' {1..120})"
refused "copy: found 'full', allowed: none, shadow, header, fused" "$path,copy=full"
refused "ring: found '100', allowed: 64 to 4096, a power of two" "$path,ring=100"
refused "queues: found '9', allowed: 1 to 8" "$path,queues=9"
refused "ring_format: found 'pact', allowed: split, packed" "$path,ring_format=pact"
refused "mac: found 'ff:ff:ff:ff:ff:ff'" "$path,mac=ff:ff:ff:ff:ff:ff"
refused "rign: found a key that is not known" "$path,rign=256"
refused "did you mean 'ring'?" "$path,rign=256"
refused "vc.cots: found no option 'cots' of vc, allowed: at, cost" "$path,vc.cots=1us"
refused "vc.cost: found none, and a port has no cost profile" "$path,vc=on"
refused "vc: found 'yes', allowed: on, off" "$path,vc=yes"
refused "server: found 'on', allowed: 0, 1" "$path,server=on"
refused "device: found 'virtio-user', allowed: vhost-user" "$path,device=virtio-user"
refused "work: found some, but the application is not folio's" "$path,work=500cycles"
refused "net_folio: devargs: device vhost-user has no devargs" "$path,devargs=lo"
refused "net_folio: esp_key_in: found 4 hexadecimal digits, allowed: 40" "$path,copy=fused,esp_key_in=0123"
refused "net_folio: esp_spi_out: found 4097 as esp_spi_in and as" "$path,copy=fused,esp_spi_out=4097"
refused "net_folio: esp_esn: found without copy=fused" "$path,esp_esn=on"
refused "net_folio: esp_crypto: found without copy=fused" "$path,esp_crypto=inline"
refused "net_folio: esp_crypto: found 'look-aside'" "$path,copy=fused,esp_crypto=look-aside"
refused "source bounce_copy: mode fused has one association each way" "$path,copy=fused,queues=2"
refused "ring: found it 2 times, allowed: once" "$path,ring=64,ring=128"
refused "path: found it 2 times" "$path,$path.2"
refused "copy: found bounce_copy as well, allowed: one" "$path,copy=none,bounce_copy=on"
refused "copy: found bounce_copy.mode as well" "$path,copy=shadow,bounce_copy.mode=header"
refused "bounce_copy.mode: found no bounce_copy=on or off" "$path,bounce_copy.mode=header"
refused "source bounce_copy: mode header" "$path,bounce_copy=on,bounce_copy.mode=header,iotlb=on"
refused "source bounce_copy: mode header" "$path,copy=header,iotlb=on"

exit "$((failures > 0))"
