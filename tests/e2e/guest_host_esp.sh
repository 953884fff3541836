#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ESP between `folio guest` and `folio host`, told alike by the same --set: every mode there
# is, what does not get through and how both sides name it, and either side started anew.
#   guest_host_esp.sh FOLIO
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
last=$(($(nproc) - 1))
key=$(printf '5c%.0s' {1..20})

# serve NAME OPTION...: a guest with the workload; sets guest.
serve() {
	local name=$1
	shift
	start "$name" "$folio" guest --socket "$socket" --cpu "$last" --workload ipsec_echo "$@"
	guest=$pid
}

# ask NAME STATUS OPTION...: a host, from its start to its end.
ask() {
	local name=$1 status=$2
	shift 2
	start "$name" "$folio" host --socket "$socket" --cpu 0 --esp --rate "2 kpps" "$@"
	ends "$pid" "$status" "$name"
}

leave() {
	kill -INT "$guest"
	ends "$guest" 0 "$1"
}

# is NAME COUNTER COUNT
is() {
	[ "$(count "$1" "$2")" = "$3" ] || fail "$what: $1: $2 $(count "$1" "$2"), not $3"
}

# some NAME COUNTER: what is under way when a side ends, on a busy machine, nobody counts
some() {
	[ "$(count "$1" "$2")" -gt 0 ] || fail "$what: $1: $2 $(count "$1" "$2")"
}

# says NAME TEXT
says() {
	grep -qF -- "$2" "$work/$1" || fail "$what: $1 says nothing of '$2': $(tail -n 3 "$work/$1")"
}

# agree WHERE TRAFFIC OPTION...: one set of options at both sides; WHERE the guest counts its ESP.
agree() {
	local what="$*" where=$1 traffic=$2 counter received
	shift 2
	serve guest "${only_guest[@]}" "$@"
	ask host 0 --traffic "$traffic" --count 500 "$@"
	leave guest
	received=$(count host received)
	is host sent 500
	is host lost $((500 - received))
	is host esp_opened "$received"
	[ "${received:-0}" -gt 0 ] || fail "$what: nothing came back"
	for counter in corrupted duplicated stale foreign reordered esp_wrong_spi esp_truncated esp_replayed \
		esp_damaged esp_malformed esp_unsealed; do
		is host "$counter" 0
	done
	for counter in opened sealed; do
		[ "$(count guest "$where.esp_$counter")" -ge "$received" ] ||
			fail "$what: $received came back, the guest counts $(count guest "$where.esp_$counter") $counter"
	done
	for counter in wrong_spi truncated replayed damaged malformed unsealed; do
		is guest "$where.esp_$counter" 0
	done
}

only_guest=()
agree ipsec_echo payload:1
agree ipsec_echo imix --set esp_mode=tunnel --set esp_esn=on --set esp_cipher=aes-256-gcm --set esp_window=1024 \
	--set "esp_key_in=$(printf '4d%.0s' {1..36})" --set esp_spi_in=7000 --set esp_spi_out=7001
agree ipsec_echo 1992 --set esp_esn=on --set esp_crypto=look-aside
agree ipsec_echo 1972 --set esp_mode=tunnel --set esp_crypto=direct --set "esp_key_out=$key"
only_guest=(--set sources.bounce_copy.mode=fused)
agree fused 1972 --set esp_mode=tunnel
only_guest=(--cpu "$([ "$last" = 0 ] || echo 0,)$last")
agree inline payload:1000 --set esp_crypto=inline

# Nothing gets through, and each side says why.
what="another key towards the guest"
serve guest
ask host 1 --count 500 --set "esp_key_in=$key"
leave guest
is host received 0
is host lost 500
is host esp_opened 0
some guest ipsec_echo.esp_damaged
is guest ipsec_echo.esp_opened 0
says host "error: nothing came back in ESP: the guest's counts say what it drops"

what="another key from the guest"
serve guest --set "esp_key_out=$key"
ask host 1 --duration "2500 ms"
leave guest
is host received 0
is host esp_opened 0
some host esp_damaged
some guest ipsec_echo.esp_sealed
says host "warning: all ESP that came back is damaged: are esp_key_out"
says host "frames in ESP did not open: 0 wrong SPI, 0 truncated, 0 replayed, $(count host esp_damaged) damaged"

what="another SPI towards the guest"
serve guest
ask host 1 --count 500 --set esp_spi_in=5000
leave guest
is host received 0
some guest ipsec_echo.esp_wrong_spi
is guest ipsec_echo.esp_opened 0

what="a guest without ESP"
start guest "$folio" guest --socket "$socket" --cpu "$last"
guest=$pid
ask host 1 --count 500
leave guest
is host received 0
some host esp_wrong_spi
says host "does the guest run --workload ipsec_echo"

what="a guest with ESP, and a host without"
serve guest
start host "$folio" host --socket "$socket" --cpu 0 --rate "2 kpps" --count 500
ends "$pid" 0 host
leave guest
is host received 0
some guest ipsec_echo.foreign
is guest ipsec_echo.esp_opened 0

# A guest that is killed and comes again: its numbers are refused until they pass the highest one seen.
# begins_anew COUNTER OPTION...: what its frames are taken for
begins_anew() {
	local what="a guest that comes again, $*" counter=$1 host
	shift
	serve guest "$@"
	start host "$folio" host --socket "$socket" --cpu 0 --esp --rate "2 kpps" "$@"
	host=$pid
	wait_for host "received [1-9]"
	kill -KILL "$guest"
	wait_for host "guest away"
	serve guest2 "$@"
	wait_for host "warning: ESP of a guest that came again does not open: its sequence numbers begin anew"
	for _ in $(seq 100); do
		awk '/begin anew/ { told = 1 } told && /received [1-9]/ { exit !(again = 1) } END { exit !again }' \
			"$work/host" && break
		sleep 0.1
	done
	kill -INT "$host"
	ends "$host" 1 host
	leave guest2
	is host sessions 2
	is host corrupted 0
	some host "$counter"
	[ "$(count guest2 ipsec_echo.esp_sealed)" -gt "$(count host "$counter")" ] ||
		fail "$what: nothing opens again"
}
begins_anew esp_replayed
begins_anew esp_damaged --set esp_esn=on

what="a host that comes again"
serve guest
ask host 0 --count 1000
ask host2 1 --count 500
leave guest
is host2 received 0
some guest ipsec_echo.esp_replayed
is guest hosts 2
says host2 "takes this one's sequence numbers for replayed until it is started anew"

exit "$((failures > 0))"
