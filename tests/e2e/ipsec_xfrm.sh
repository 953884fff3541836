#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The kernel's ESP (XFRM) as a judge of ours: it seals datagrams for the guest of
# ipsec_echo and opens what comes back, in transport and tunnel mode, with both ciphers,
# with extended numbers and without, against whatever does ESP at our end.
#
#   ipsec_xfrm.sh FOLIO
#
# In a network namespace of the script's own testpmd stands between a TAP, with the client's
# addresses, and the guest's socket. First without ESP, so that all else shows on any kernel; one that then refuses
# the associations ends the test as skipped, with its reason.
set -uo pipefail

skip() {
	echo "SKIP: $*"
	exit 77
}

if [ "${2:-}" != inside ]; then
	unshare --net true 2>/dev/null || skip "a network namespace is not allowed here"
	exec unshare --net "$0" "$1" inside
fi

folio=$1
client=10.18.0.2
guest=10.18.0.1
# A packet of the longest fills Ethernet's 1500 B in a tunnel, but for some.
lengths=(1 2 3 4 5 17 63 64 100 999 1400)
work=$(mktemp -d /tmp/folio-xfrm-XXXXXX)
testpmd_pid='' guest_pid=''
failed=0
export FOLIO_NO_HUGE=1
# shellcheck disable=SC2086
trap 'kill $testpmd_pid $guest_pid 2>/dev/null; wait; rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $*"
	failed=$((failed + 1))
}

# wait_for WHAT COMMAND...: until it succeeds, at most 20 s
wait_for() {
	local what=$1 end=$((SECONDS + 20))
	shift
	while [ $SECONDS -lt $end ]; do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	fail "$what: not within 20 s"
	return 1
}

# --- the link: kernel, TAP, testpmd, the guest's socket

start_link() {
	mkfifo "$work/input"
	exec 7<>"$work/input"
	RUNTIME_DIRECTORY=$work stdbuf -oL dpdk-testpmd --no-huge -m 128 --no-pci --no-telemetry \
		--no-shconf --iova-mode=va --lcores "(0,1)@($(taskset -pc $$ | sed 's/.*: //'))" \
		--vdev "net_vhost0,iface=$work/socket,client=1" \
		--vdev net_tap0,iface=xfrm0,mac=02:f0:11:00:00:02 \
		-- --auto-start --total-num-mbufs=4096 --disable-link-check --forward-mode=io \
		<&7 >"$work/testpmd" 2>&1 &
	testpmd_pid=$!
	wait_for "testpmd's TAP" ip link show dev xfrm0 &&
		wait_for "testpmd" grep -q 'forwards packets' "$work/testpmd" &&
		ip link set dev xfrm0 up &&
		ip address add "$client/24" dev xfrm0
}

# By ARP, for which a packet outside every policy asks: of TCP, which nobody answers
is_reached() {
	ip neigh flush dev xfrm0
	timeout 0.3 bash -c "exec 3<>/dev/tcp/$guest/7"
	ip neigh show "$guest" dev xfrm0 | grep -q lladdr
}

has_met_or_ended() {
	grep -q 'a host is there' "$work/guest" || ! kill -0 "$guest_pid"
}

# with_guest OPTION...: starts one
with_guest() {
	"$folio" guest --socket "$work/socket" --workload ipsec_echo "$@" >"$work/guest" 2>&1 &
	guest_pid=$!
	wait_for "testpmd at the guest" has_met_or_ended && kill -0 "$guest_pid" 2>/dev/null &&
		wait_for "the guest's ARP" is_reached
}

# end_guest: returns its status
end_guest() {
	local pid=$guest_pid
	guest_pid=''
	kill -INT "$pid" 2>/dev/null
	wait "$pid"
}

without_guest() {
	end_guest || fail "the guest ends with status $?: $(tail -n 3 "$work/guest")"
}

# echoes SECONDS LENGTH...: how many datagrams come back as they went; each has SECONDS
echoes() {
	/usr/bin/python3 - "$guest" "$@" <<-'END'
		import socket, sys
		to, seconds, *lengths = sys.argv[1:]
		link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		link.settimeout(float(seconds))
		link.connect((to, 7))
		back = 0
		for length in map(int, lengths):
		    sent = bytes((length * 7 + i * 13) & 0xFF for i in range(length))
		    try:
		        link.send(sent)
		        back += link.recv(4096) == sent
		    except OSError:
		        pass
		print(back)
	END
}

# came WHAT BACK EXPECTED
came() {
	if [ "$2" = "$3" ]; then
		echo "ok: $1: datagrams back $2"
	else
		fail "$1: datagrams back $2, not $3"
	fi
}

# --- associations, as a configuration has them when it says nothing

# key FIRST BYTES: that count up from FIRST, and the salt's
key() {
	local i
	printf 0x
	for ((i = 0; i < $2 + 4; i++)); do printf %02x $((($1 + i) & 255)); done
}

# protect MODE: UDP between the two goes in ESP, or not at all
protect() {
	ip xfrm policy flush &&
		ip xfrm policy add dir out src "$client" dst "$guest" proto udp \
			tmpl src "$client" dst "$guest" proto esp mode "$1" &&
		ip xfrm policy add dir in src "$guest" dst "$client" proto udp \
			tmpl src "$guest" dst "$client" proto esp mode "$1"
}

# associate MODE CIPHER ESN [FIRST-OUT [FIRST-IN]]: what keys begin with, where not as the guest's
associate() {
	local bytes=16 numbers=(replay-window 32)
	[ "$2" = aes-128-gcm ] || bytes=32
	[ "$3" = off ] || numbers=(replay-window 64 flag esn)
	ip xfrm state flush &&
		ip xfrm state add src "$client" dst "$guest" proto esp spi 4097 mode "$1" \
			"${numbers[@]}" aead 'rfc4106(gcm(aes))' "$(key "${4:-0x11}" $bytes)" 128 &&
		ip xfrm state add src "$guest" dst "$client" proto esp spi 4098 mode "$1" \
			"${numbers[@]}" aead 'rfc4106(gcm(aes))' "$(key "${5:-0x71}" $bytes)" 128
}

# found TO WORD: what the kernel counts of the association towards TO
found() {
	ip -s xfrm state list dst "$1" | grep -oE "$2" | grep -oE '[0-9]+'
}

# judged WHAT BACK SEALED OPENED FAILED: datagrams that came back, and what the kernel counts
judged() {
	local counts
	counts="$(found "$guest" '[0-9]+\(packets\)') sealed"
	counts+=", $(found "$client" '[0-9]+\(packets\)') opened"
	counts+=", $(found "$client" 'failed [0-9]+') not authentic"
	came "$1" "$2, $counts" "$3, $4 sealed, $5 opened, $6 not authentic"
}

# option_of IMPLEMENTATION: one of esp_crypto, or the copy mode
option_of() {
	case $1 in
	fused) echo 'sources.bounce_copy={mode: fused}' ;;
	*) echo "esp_crypto=$1" ;;
	esac
}

# can_watch: may copy mode fused see what the cipher reads? 3: this machine cannot.
can_watch() {
	with_guest --set "$(option_of fused)"
	end_guest
	[ $? != 3 ]
}

# exchange IMPLEMENTATION MODE CIPHER ESN SECONDS LENGTH...: sets back, as echoes says
exchange() {
	back=none
	if with_guest --set "$(option_of "$1")" --set "esp_mode=$2" --set "esp_cipher=$3" \
		--set "esp_esn=$4"; then
		back=$(echoes "${@:5}")
	fi
	without_guest
}

# judge IMPLEMENTATION MODE CIPHER ESN
judge() {
	local n=${#lengths[@]}
	protect "$2"
	associate "${@:2}"
	exchange "$@" 2 "${lengths[@]}"
	judged "$*" "$back" "$n" "$n" "$n" 0
}

# judge_wrong_keys IMPLEMENTATION MODE CIPHER ESN: in each direction
judge_wrong_keys() {
	associate "${@:2}" 0x12
	exchange "$@" 0.5 1 100
	judged "$*, sealed with another key" "$back" 0 2 0 0
	associate "${@:2}" 0x11 0x72
	exchange "$@" 0.5 1 100
	judged "$*, opened with another key" "$back" 0 2 0 2
}

command -v ip >/dev/null || skip "no ip (package iproute2)"
command -v dpdk-testpmd >/dev/null || skip "no dpdk-testpmd (package dpdk-dev)"
[ -c /dev/net/tun ] || skip "no TAP: no /dev/net/tun"
start_link || exit 1

if with_guest --set esp_crypto=none; then
	came "without ESP" "$(echoes 2 "${lengths[@]}")" ${#lengths[@]}
	reason=$(protect transport 2>&1) || skip "this kernel has no XFRM: $reason"
	came "ESP demanded, and no association" "$(echoes 0.5 1 100)" 0
fi
without_guest
[ $failed = 0 ] || exit 1

# 2: the kernel refused; anything else is ours.
reason=$(associate transport aes-128-gcm off 2>&1)
case $? in
0) ;;
2) skip "this kernel has no ESP with AES-GCM: $reason" ;;
*) fail "ip xfrm: $reason" ;;
esac
for implementation in cpu look-aside direct inline fused; do
	if [ $implementation = fused ] && ! can_watch; then
		echo "left out: fused: $(tail -n 1 "$work/guest")"
		continue
	fi
	for mode in transport tunnel; do
		for cipher in aes-128-gcm aes-256-gcm; do
			for esn in off on; do
				judge $implementation $mode $cipher $esn
			done
		done
	done
	judge_wrong_keys $implementation tunnel aes-256-gcm on
done
exit $((failed > 0))
