# SPDX-License-Identifier: BSD-3-Clause
# For the scripts beside it: what they ask of commands. They set work, a folder of their own.
# shellcheck shell=bash disable=SC2154
failures=0

fail() {
	echo "FAILED: $*" >&2
	failures=$((failures + 1))
}

# expect STATUS TEXT COMMAND...: its exit status, and TEXT somewhere in what it says.
expect() {
	local status=$1 text=$2 got
	shift 2
	"$@" >"$work/output" 2>&1
	got=$?
	if [ "$got" != "$status" ]; then
		fail "$*: exit status $got, $status expected"
		tail -n 5 "$work/output" >&2
	fi
	if ! grep -qF -- "$text" "$work/output"; then
		fail "$*: says nothing of '$text'"
		tail -n 5 "$work/output" >&2
	fi
}

# children_of PID: the processes whose parent it is.
children_of() {
	local stat
	for stat in /proc/[0-9]*/stat; do
		# The name, in parentheses, may hold anything; behind it come state and parent.
		sed -n "s/^\([0-9]*\) (.*) [A-Za-z] $1 .*/\1/p" "$stat" 2>/dev/null
	done
}

# nothing_left PID: no process or scratch folder of the run with that pid. What a
# killed run left in /tmp goes with the next one, so that is asked for after it.
nothing_left() {
	[ -z "$(children_of "$1")" ] || fail "a child of $1 lives on"
	if compgen -G "/tmp/folio-$1-*" >/dev/null; then fail "/tmp/folio-$1-* is left"; fi
}
