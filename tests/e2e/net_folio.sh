#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# net_folio in DPDK's own testpmd, as it is installed, against a second testpmd on
# net_vhost: packets both ways in every copy mode and ring format, what the backend
# gets to map, a backend that is killed, and bad device arguments.
#   net_folio.sh PLUGIN      the plug-in; empty: it was not built
set -u

plugin=${1:-}
failures=0
children=()
guest_pid='' host_pid='' # set by testpmd(), through their names

skip() {
	echo "SKIP: $*"
	exit 77
}

fail() {
	echo "FAILED: $*" >&2
	failures=$((failures + 1))
}

[ -n "$plugin" ] || skip "net_folio was not built: no driver headers of DPDK"
plugin=$(realpath -e "$plugin") || exit 1
command -v dpdk-testpmd >/dev/null || skip "no dpdk-testpmd (package dpdk)"

compgen -G '/usr/lib/*/dpdk/pmds-*/librte_net_vhost.so.*' >/dev/null ||
	skip "no net_vhost (package librte-net-vhost23)"

# --- set-up

# safe FOLDER: nobody but its owner can put files there or above, as DPDK wants it of plug-ins
safe() {
	local folder=$1
	[ -w "$folder" ] || return 1
	while :; do
		[ -z "$(find "$folder" -maxdepth 0 -perm -o=w)" ] || return 1
		[ "$folder" != / ] || return 0
		folder=$(dirname "$folder")
	done
}

for home in "$(dirname "$plugin")" "${XDG_RUNTIME_DIR:-/run}" "$HOME" ''; do
	[ -n "$home" ] || skip "no folder for a plug-in that is not under a world-writable one"
	! safe "$home" || break
done
work=$(mktemp -d "$home/net-folio-test.XXXXXX")
trap 'kill -9 "${children[@]}" 2>/dev/null; rm -rf "$work"' EXIT
cp "$plugin" "$work/librte_net_folio.so"
plugin=$work/librte_net_folio.so
# The sanitizers' run time has to come first in a program that was built without them.
preload=$(ldd "$plugin" | awk '/lib(asan|ubsan)/ { print $3 }' | tr '\n' ' ')
# Which CPUs the threads run on is left to the kernel: there may be two.
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)

# testpmd NAME EAL-ARGUMENT... -- ARGUMENT...: commands come from a pipe on which it
# sets ${NAME}_in; output goes to $work/NAME
testpmd() {
	local name=$1 fd
	shift
	mkdir -p "$work/run-$name"
	rm -f "$work/$name.in"
	mkfifo "$work/$name.in"
	env RUNTIME_DIRECTORY="$work/run-$name" ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$preload" \
		stdbuf -oL dpdk-testpmd --lcores "(0,1)@($cpus)" --no-pci --no-telemetry --no-shconf \
		--no-huge -m 128 "$@" <"$work/$name.in" >"$work/$name" 2>&1 &
	printf -v "${name}_pid" %d $!
	children+=("$!")
	exec {fd}>"$work/$name.in"
	printf -v "${name}_in" %d "$fd"
}

tell() {
	local fd=${1}_in
	shift
	printf '%s\n' "$@" >&"${!fd}"
}

# heard NAME TEXT: within 10 s
heard() {
	local i
	for ((i = 0; i < 100; i++)); do
		! grep -qF -- "$2" "$work/$1" || return 0
		sleep 0.1
	done
	fail "testpmd ($1) does not say '$2'; it ends with:"
	tail -n 12 "$work/$1" >&2
	return 1
}

# leave NAME: it ends by itself, with status 0
leave() {
	local pid=${1}_pid fd=${1}_in
	tell "$1" stop quit
	wait "${!pid}" || fail "testpmd ($1) ends with status $?: $(tail -n 3 "$work/$1")"
	eval "exec ${!fd}>&-"
}

common=(--total-num-mbufs=4096 --disable-link-check -i)

# start_pair QUEUES DEVARGS: guest and host, link up
start_pair() {
	testpmd guest -d "$plugin" --vdev "net_folio0,path=$work/socket,queues=$1,$2" -- \
		"${common[@]}" --forward-mode=macswap --rxq="$1" --txq="$1"
	heard guest 'testpmd>' || return 1
	testpmd host --vdev "net_vhost0,iface=$work/socket,client=1,queues=$1" -- \
		"${common[@]}" --forward-mode=flowgen --rxq="$1" --txq="$1"
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
	testpmd host --vdev "net_vhost0,iface=$work/socket,client=1" -- "${common[@]}" \
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

# --- bad device arguments

# refused TEXT DEVARGS
refused() {
	env RUNTIME_DIRECTORY="$work/run-guest" ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$preload" \
		dpdk-testpmd --lcores "(0,1)@($cpus)" --no-pci --no-telemetry --no-shconf --no-huge \
		-m 32 -d "$plugin" --vdev "net_folio0,$2" -- --total-num-mbufs=1024 \
		</dev/null >"$work/refused" 2>&1 && fail "$2: is taken"
	grep -qF -- "$1" "$work/refused" ||
		fail "$2: says nothing of '$1': $(grep net_folio "$work/refused")"
	[ ! -e "$work/socket" ] || fail "$2: leaves a socket"
}

path=path=$work/socket
refused "path: found none, allowed: path=SOCKET" copy=none
refused "path: found a longer one" "path=/$(printf 'x%.0s' {1..120})"
refused "copy: found 'full', allowed: none, shadow, header" "$path,copy=full"
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
refused "device vhost-user has no devargs" "$path,devargs=lo"
refused "source bounce_copy: mode header" "$path,copy=header,iotlb=on"

exit "$((failures > 0))"
