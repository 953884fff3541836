#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# folio doctor: what is there and what is not, with a way to get it; whole lines to a pipe.
#   doctor.sh FOLIO
set -u
folio=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"

links() { ls /sys/class/net; }

before=$(links)
"$folio" doctor >"$work/text" || [ $? -eq 3 ] || fail "exit status $?"
[ "$(links)" = "$before" ] || fail 'a network link is left'
grep -Eq '^TAP +(ok|missing) +' "$work/text" || fail 'nothing on TAPs'
if grep -q '^TAP  *missing' "$work/text"; then
	grep -A2 '^TAP' "$work/text" | grep -q 'kernel_path, host_path' || fail 'not what a TAP is for'
	grep -A2 '^TAP' "$work/text" | grep -q 'get it: ' || fail 'not how to get a TAP'
fi

# Without the device, in a mount namespace whose /dev/net is another's.
if unshare --mount true 2>/dev/null && [ -d /dev/net ]; then
	unshare --mount sh -c 'mount -t tmpfs none /dev/net && exec "$1" doctor' sh "$folio" >"$work/text"
	grep -q '^TAP  *missing  /dev/net/tun: No such file or directory' "$work/text" ||
		fail 'a TAP without its device'
	grep -q 'get it: as root: modprobe tun' "$work/text" || fail 'not how to get the device'
fi

# A terminal that is narrow gets no line that is not; a pipe gets the same words.
if command -v script >/dev/null; then
	script -qec "stty cols 70 && '$folio' doctor" /dev/null >"$work/terminal" </dev/null
	tr -d '\r' <"$work/terminal" | awk 'length > 70' | grep . && fail 'a line is wider than the terminal'
fi
exit $((failures > 0))
