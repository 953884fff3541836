#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# folio trace of this machine: how it begins, ends and is interrupted, by each probe that works here.
#
#   trace_live.sh FOLIO
set -u
folio=$1
work=$(mktemp -d /tmp/folio-test-XXXXXX)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"

# SIGINT ends it like any end: a table, status 0. A background job of a script ignores it, so Python sends it.
interrupted() {
	/usr/bin/python3 - "$folio" "$1" >"$work/output" 2>&1 <<'PYTHON'
import signal, subprocess, sys, time
trace = subprocess.Popen([sys.argv[1], "trace", "--live", "--probe", sys.argv[2]],
                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
time.sleep(1.5)
trace.send_signal(signal.SIGINT)
sys.exit(trace.wait(10))
PYTHON
}

tried=0
for probe in btf classic tracefs perf; do
	"$folio" trace --live --probe $probe --duration "200 ms" --output "$work/$probe" \
		>"$work/output" 2>&1
	case $? in
	0) tried=$((tried + 1)) ;;
	3)
		echo "without $probe: $(head -n 1 "$work/output")"
		continue
		;;
	*) fail "$probe: $(cat "$work/output")" ;;
	esac
	grep -q "^by $probe, " "$work/output" || fail "$probe: another probe, or none, is named"
	if grep -q $'\033' "$work/output"; then fail "$probe: a terminal's codes in a pipe"; fi
	head -n 1 "$work/$probe/exits.csv" | grep -q '^reason,origin,count,' || fail "$probe: no exits.csv"
	interrupted $probe || fail "$probe: interrupted, it ends with $?: $(tail -n 3 "$work/output")"
	sleep 2 &
	expect 0 'has ended' "$folio" trace --probe $probe --pid $! --duration "20 s"
done

expect 2 'found' "$folio" trace --pid 4194303 --duration "100 ms"
# A folder that looks like tracefs and is none: the probe that was asked for cannot, which is no bad usage.
mkdir -p "$work/fake/events" "$work/fake/instances"
if unshare -m mount --bind "$work/fake" /sys/kernel/tracing 2>/dev/null; then
	expect 3 'does not let that probe' unshare -m sh -c \
		"mount --bind '$work/fake' /sys/kernel/tracing && exec '$folio' trace --probe tracefs --duration '100 ms'"
fi
expect 2 'allowed: what folio list probes lists' "$folio" trace --probe nosuch
expect 2 '--pid: found' "$folio" trace --pid 0 --duration "100 ms"
expect 2 '--duration: found' timeout 10 "$folio" trace --duration "0 s"
expect 2 '--duration: found' "$folio" trace --duration 3

[ "$failures" = 0 ] || exit 1
[ "$tried" -gt 0 ] || {
	echo "SKIP: no probe may trace here"
	exit 77
}
