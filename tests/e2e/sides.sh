# SPDX-License-Identifier: BSD-3-Clause
# For the scripts beside it, after expect.sh: both sides in the background, and what they say.
# They set work, a folder of their own, and pids, an empty array.
# shellcheck shell=bash disable=SC2154

# start NAME COMMAND...: in the background, output to $work/NAME; sets pid.
start() {
	local name=$1
	shift
	"$@" >"$work/$name" 2>&1 &
	pid=$!
	pids+=("$pid")
}

# wait_for NAME TEXT: until TEXT stands in $work/NAME, at most 20 s.
wait_for() {
	for _ in $(seq 200); do
		grep -q -- "$2" "$work/$1" && return
		sleep 0.1
	done
	fail "$1 says nothing of '$2': $(tail -n 3 "$work/$1")"
}

# ends PID STATUS NAME: it ends so within 20 s, and leaves no folder.
ends() {
	local got
	for _ in $(seq 200); do
		kill -0 "$1" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$1" 2>/dev/null && fail "$3 does not end"
	wait "$1"
	got=$?
	[ "$got" = "$2" ] || fail "$3: exit status $got, $2 expected: $(tail -n 3 "$work/$3")"
	if compgen -G "/tmp/folio-$1-*" >/dev/null; then fail "$3 left /tmp/folio-$1-*"; fi
}

# count NAME COUNTER: out of a closing table.
count() {
	awk -v name="$2" '$1 == name { print $2 }' "$work/$1"
}
