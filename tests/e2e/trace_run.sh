#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# folio trace beside a run of ours: its emulated exits, by packet of those queue pairs that exit.
#
#   trace_run.sh FOLIO
set -u
folio=$1
work=$(mktemp -d /tmp/folio-test-XXXXXX)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"
export FOLIO_NO_HUGE=1

# 32 packets a burst, two doorbells: 0.0625 a packet, and fewer while a slice drains.
shows_doorbells_by_packet() {
	awk '$1 == "doorbell" && $2 == "emulated" { found = $NF > 0.03 && $NF <= 0.07 } END { exit !found }' "$1"
}

"$folio" run "$(dirname "$0")/../../configs/trace-demo.yaml" --no-progress --out "$work/run" \
	--set exits=spin --set measure.pairs=256 --set measure.restarts=50 --set measure.max_restarts=50 \
	--set "measure.budget=60 s" >"$work/run.log" 2>&1 &
run=$!
shown=
for ((try = 0; try < 20; try++)); do
	"$folio" trace --pid $run --duration "1 s" >"$work/output" 2>"$work/errors"
	status=$?
	[ $status = 0 ] || break
	shows_doorbells_by_packet "$work/output" && shown=1 && break
done
kill $run 2>/dev/null && wait $run
if [ $status = 3 ]; then
	echo "SKIP: $(head -n 1 "$work/errors")"
	exit 77
fi
[ -n "$shown" ] || fail "no doorbells by packet: $(cat "$work/output" "$work/errors" "$work/run.log")"
exit $((failures > 0))
