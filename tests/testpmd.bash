# SPDX-License-Identifier: BSD-3-Clause
# For scripts that drive net_folio in DPDK's testpmd: to be sourced. The script says
# what failing is, with a function fail TEXT.
# shellcheck shell=bash

children=()
# Set by testpmd(), through their names.
# shellcheck disable=SC2034
guest_pid='' host_pid=''

skip() {
	echo "SKIP: $*"
	exit 77
}

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

# take_plugin PLUGIN: sets work, a folder of the script's own, and plugin, a copy in it.
# Skips where something is missing. Nothing is left when the script ends.
take_plugin() {
	local home
	[ -n "$1" ] || skip "net_folio was not built: no driver headers of DPDK"
	plugin=$(realpath -e "$1") || exit 1
	command -v dpdk-testpmd >/dev/null || skip "no dpdk-testpmd (package dpdk-dev)"
	compgen -G '/usr/lib/*/dpdk/pmds-*/librte_net_vhost.so.*' >/dev/null ||
		skip "no net_vhost (package librte-net-vhost23)"
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
}

# testpmd NAME EAL-ARGUMENT... -- ARGUMENT...: in the background. Commands come from a
# pipe, on which it sets ${NAME}_in; output goes to $work/NAME; sets ${NAME}_pid.
testpmd() {
	local name=$1 fd
	shift
	mkdir -p "$work/run-$name"
	rm -f "$work/$name.in"
	mkfifo "$work/$name.in"
	env RUNTIME_DIRECTORY="$work/run-$name" ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$preload" \
		stdbuf -oL dpdk-testpmd --no-pci --no-telemetry --no-shconf "$@" \
		<"$work/$name.in" >"$work/$name" 2>&1 &
	printf -v "${name}_pid" %d $!
	children+=("$!")
	exec {fd}>"$work/$name.in"
	printf -v "${name}_in" %d "$fd"
}

# tell NAME COMMAND...
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
	fail "testpmd ($1) does not say '$2'; it ends with: $(tail -n 12 "$work/$1")"
	return 1
}

# leave NAME: it ends by itself, with status 0
leave() {
	local pid=${1}_pid fd=${1}_in
	tell "$1" stop quit
	wait "${!pid}" || fail "testpmd ($1) ends with status $?: $(tail -n 3 "$work/$1")"
	eval "exec ${!fd}>&-"
}

# count NAME KEY: the last "KEY value" in what it said
count() {
	grep -aoE "$2:? +[0-9]+" "$work/$1" | tail -n 1 | grep -oE '[0-9]+$' || echo 0
}
