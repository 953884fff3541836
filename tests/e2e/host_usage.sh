#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What `folio host` refuses before anything runs: each wrong option, in one go; that it
# removes nothing but a dead server's socket; and how it ends.
#   host_usage.sh FOLIO
set -u

folio=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
	echo "FAILED: $*" >&2
	failures=$((failures + 1))
}

# refuses TEXT OPTION...: exit status 2, and TEXT in what it says.
refuses() {
	local text=$1 got
	shift
	timeout 20 "$folio" host "$@" >"$work/output" 2>&1
	got=$?
	[ "$got" = 2 ] || fail "$*: exit status $got, 2 expected"
	grep -qF -- "$text" "$work/output" || fail "$*: says nothing of '$text': $(cat "$work/output")"
}

socket=$work/socket
refuses "--socket: found none"
refuses "no such option: found '--sokcet'; did you mean '--socket'?" --sokcet "$socket"
refuses "--queues: found '9', allowed: 1 to 8" --socket "$socket" --queues 9
refuses "--rate: found '50', allowed: max, capture, or a rate such as 50 kpps" --socket "$socket" --rate 50
refuses "--rate: found '0 pps'" --socket "$socket" --rate "0 pps"
refuses "--flows: found '65536', allowed: 1 to 65535" --socket "$socket" --flows 65536
refuses "--duration: found '10'" --socket "$socket" --duration 10
refuses "--count: found no value" --socket "$socket" --count
refuses "found 'more', no argument without an option is allowed" --socket "$socket" more
refuses "traffic: found '9001', allowed: a frame size of 60 to 9000 B" --socket "$socket" --traffic 9001
refuses "rate: found 'capture' for traffic '64'" --socket "$socket" --rate capture
refuses "error: --traffic: $work/none.pcap: No such file" --socket "$socket" --traffic "pcap:$work/none.pcap"
head -c 1000 tests/data/web.pcap >"$work/cut.pcap"
refuses "$work/cut.pcap: after frame" --socket "$socket" --traffic "pcap:$work/cut.pcap"
refuses "error: --traffic: README.md: unknown file format" --socket "$socket" --traffic pcap:README.md
refuses "--cpu: found '9999', a core that this process may not run on" --socket "$socket" --cpu 9999
refuses "found a path of 119 bytes, allowed: 1 to 107" --socket "/$(printf 'x%.0s' {1..118})"
refuses "found a path of 0 bytes" --socket ""

# ESP, by the guest's words.
refuses "--set: found it without --esp" --socket "$socket" --set esp_mode=tunnel
refuses "--set: found no value" --socket "$socket" --esp --set
refuses "--set: found 'esp_mode', allowed: KEY=VALUE" --socket "$socket" --esp --set esp_mode
refuses "--set ring: found a key that is not of ESP, allowed: esp_mode, esp_cipher" --socket "$socket" --esp --set ring=64
refuses "did you mean 'esp_mode'?" --socket "$socket" --esp --set esp_modus=tunnel
refuses "--set esp_cipher: found 'aes', allowed: aes-128-gcm, aes-256-gcm" --socket "$socket" --esp --set esp_cipher=aes
refuses "allowed: 72 hexadecimal digits" --socket "$socket" --esp --set esp_cipher=aes-256-gcm --set esp_key_in=00
refuses "allowed: two SPIs" --socket "$socket" --esp --set esp_spi_in=4098
refuses "--set esp_crypto: found 'none', which is no ESP at all" --socket "$socket" --esp --set esp_crypto=none
refuses "--queues: found '2', allowed with --esp: 1" --socket "$socket" --esp --queues 2
refuses "--traffic: found a capture, allowed with --esp" --socket "$socket" --esp --traffic pcap:tests/data/web.pcap
refuses "--traffic: found frames of 1993 B, allowed with --esp: up to 1992" --socket "$socket" --esp --traffic 1993
refuses "--traffic: found frames of 1973 B, allowed with --esp: up to 1972" --socket "$socket" --esp --traffic 1973 \
	--set esp_mode=tunnel

# All of them at once.
refuses "--flows: found '0'" --queues 0 --flows 0 --traffic 1 --set esp_mode=tunnel
for text in "--queues: found '0'" "--socket: found none" "traffic: found '1'" "--set: found it without"; do
	grep -qF -- "$text" "$work/output" || fail "not all is reported: '$text' is missing"
done

echo precious >"$work/file"
for server in "" --server; do
	# shellcheck disable=SC2086
	refuses "$work/file: is there and is no socket" --socket "$work/file" $server
	[ "$(cat "$work/file")" = precious ] || fail "the file at --socket was changed"
done
refuses "--socket: $work/folder/socket: No such file or directory" --socket "$work/folder/socket" --server
refuses "--socket: $work/folder/socket: No such file or directory" --socket "$work/folder/socket"

# A socket in use is refused; what a killed host leaves is replaced; an interrupt ends it.
start_host() {
	FOLIO_NO_HUGE=1 "$folio" host --socket "$socket" --server >"$work/host" 2>&1 &
	host=$!
	for _ in $(seq 100); do
		grep -q "waiting for a guest" "$work/host" && return
		sleep 0.1
	done
	fail "the host does not wait for a guest: $(cat "$work/host")"
}
start_host
refuses "$socket: somebody listens there already" --socket "$socket" --server
kill -KILL $host
wait $host 2>/dev/null
[ -S "$socket" ] || fail "a killed host takes its socket along"
start_host
kill -INT $host
wait $host
status=$?
[ $status = 3 ] || fail "interrupted without a guest: exit status $status, 3 expected"
grep -qF "no guest came to $socket" "$work/host" || fail "does not say that no guest came"
[ -e "$socket" ] && fail "the socket is left behind"
if compgen -G "/tmp/folio-$host-*" >/dev/null; then fail "/tmp/folio-$host-* is left"; fi

"$folio" host --help | grep -q -- "--traffic" || fail "--help says nothing of --traffic"

if [ "$failures" = 0 ]; then exit 0; fi
echo "$failures failed"
exit 1
