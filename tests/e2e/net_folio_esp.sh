#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ESP below an application that knows nothing of it: testpmd with net_folio in copy mode
# fused, against a second testpmd on net_vhost. Packets come out of capture files and go
# into others: what scapy sealed comes to the application in plain, what the application
# sends in plain scapy opens, and what must not get through is counted.
#   net_folio_esp.sh PLUGIN      empty: it was not built
set -u

failures=0

fail() {
	echo "FAILED: $*" >&2
	failures=$((failures + 1))
}

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/testpmd.bash
. "$here/../testpmd.bash"
scapy=(/usr/bin/python3 "$here/esp_scapy.py")
/usr/bin/python3 -c 'import scapy.layers.ipsec, cryptography' 2>/dev/null ||
	skip "no scapy with cryptography (packages python3-scapy, python3-cryptography)"
take_plugin "${1:-}"
export FOLIO_NO_HUGE=1
# Which CPUs the threads run on is left to the kernel: there may be two.
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)

# captured NAME DEVICE IN OUT EAL-ARGUMENT...: testpmd between a device and capture files.
# What the files hold is forwarded once, so nothing may be thrown away before.
captured() {
	local name=$1 device=$2 in=$3 out=$4
	shift 4
	testpmd "$name" --lcores "(0,1)@($cpus)" --no-huge -m 128 "$@" --vdev "$device" \
		--vdev "net_pcap0,rx_pcap=$in,tx_pcap=$out" -- --total-num-mbufs=4096 \
		--disable-link-check --no-flush-rx --forward-mode=io -i
	heard "$name" 'testpmd>'
}

# moved NAME KEY COUNT: its first port has so many, within 10 s
moved() {
	local i
	for ((i = 0; i < 50; i++)); do
		tell "$1" 'show port stats 0'
		sleep 0.2
		[ "$(count "$1" "$2")" != "$3" ] || return 0
	done
	fail "$1: $2 $(count "$1" "$2"), not $3"
}

# counted KEY COUNT: by the guest's port
counted() {
	[ "$(count guest "$1")" = "$2" ] || fail "$what: $1 $(count guest "$1"), not $2"
}

# judge MODE CIPHER ESN LONGEST: frames of up to LONGEST bytes, which such a port takes
judge() {
	local what="$*" n=74
	if ! "${scapy[@]}" plain "$work/plain.pcap" "$4" ||
		! "${scapy[@]}" seal "$1" "$2" "$3" 0 "$work/plain.pcap" "$work/sealed.pcap" ||
		! "${scapy[@]}" spoil "$work/sealed.pcap" "$work/plain.pcap" "$work/theirs.pcap"; then
		fail "$what: scapy does not seal"
		return
	fi
	captured guest "net_folio0,path=$work/socket,copy=fused,esp_mode=$1,esp_cipher=$2,esp_esn=$3" \
		"$work/plain.pcap" "$work/opened.pcap" -d "$plugin" || return
	captured host "net_vhost0,iface=$work/socket,client=1" "$work/theirs.pcap" "$work/ours.pcap" ||
		return
	heard guest 'link state change event' || return
	tell guest start
	moved guest TX-packets "$n"
	tell host start
	moved host RX-packets "$n"
	moved guest RX-packets "$n"
	tell guest stop 'show port xstats 0' 'show port info 0' 'port stop 0' 'port start 0'
	heard guest 'would use again under one key' || fail "$what: numbers are used again"
	leave host
	leave guest
	counted RX-errors 4
	counted drop.esp 4
	counted fused.esp_opened "$n"
	counted fused.esp_sealed "$n"
	counted fused.esp_damaged 1
	counted fused.esp_replayed 1
	counted fused.esp_wrong_spi 1
	counted fused.plain 1
	counted 'Maximum configurable length of RX packet' "$4"
	"${scapy[@]}" same "$work/opened.pcap" "$work/plain.pcap" ||
		fail "$what: the application does not get what scapy sealed"
	"${scapy[@]}" open "$1" "$2" "$3" 0 "$work/ours.pcap" "$work/opened.pcap" &&
		"${scapy[@]}" same "$work/opened.pcap" "$work/plain.pcap" ||
		fail "$what: scapy does not open what the application sent"
	echo "$what: $n frames each way"
}

# pair FIRST SECOND TEXT: what two ports whose devargs end so have it say
pair() {
	testpmd pair --lcores "(0,1)@($cpus)" --no-huge -m 128 -d "$plugin" \
		--vdev "net_folio0,path=$work/0,copy=fused$1" \
		--vdev "net_folio1,path=$work/1,copy=fused$2" -- --total-num-mbufs=4096 \
		--disable-link-check -i
	heard pair "$3"
	kill -9 "$pair_pid" 2>/dev/null
	wait "$pair_pid" 2>/dev/null
}

pair '' '' 'net_folio1: esp_key_out: found the key of another port'
pair '' ",esp_key_out=000102030405060708090a0b0c0d0e0f10111213" 'testpmd>'
judge transport aes-128-gcm off 2012
judge tunnel aes-256-gcm on 1992

exit "$((failures > 0))"
