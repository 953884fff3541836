#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# folio calibrate as a user has it: its table, its profile, refusals, and a kill.
#   calibrate.sh FOLIO
set -u

folio=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"
export FOLIO_NO_HUGE=1 # what it does with huge pages is shared with other tests

# The table: each line of a primitive has a name, two numbers of cycles, a time, n and its fidelity.
start=$SECONDS
expect 0 "exit_spin" "$folio" calibrate --quick --no-progress --out "$work/mine.yaml"
((SECONDS - start < 15)) || fail "--quick took $((SECONDS - start)) s"
rows=$(grep -cE '^  [a-z][a-z0-9_]* +[0-9.]+k? +[0-9.]+k? +[0-9.]+ (ns|us|ms|s) +[1-9][0-9]*  (native|real|stand-in|modelled)$' "$work/output")
((rows > 30)) || fail "the table has $rows lines of figures"
grep -qE '^  [a-z0-9_]+ +0(\.0)? ' "$work/output" && fail "a figure is nothing: $(cat "$work/output")"
grep -q 'mprotect_2m_hugetlb .*FOLIO_NO_HUGE is set' "$work/output" ||
	fail "what cannot be measured has no reason"
expect 2 "a name that is free" "$folio" calibrate --quick --out "$work/mine.yaml"
grep -q '^name: mine$' "$work/mine.yaml" || fail "the profile's name is not its file's"
[ "$(ls -A "$work" | tr '\n' ' ')" = "mine.yaml output " ] || fail "left: $(ls -A "$work")"

# One core: what takes two is told. (A cpuset may allow a single core anyway.)
core=$(sed -n 's/^Cpus_allowed_list:[^0-9]*\([0-9]*\).*/\1/p' /proc/self/status)
expect 0 "there is no other core" taskset -c "$core" "$folio" calibrate --quick --no-progress

# Refused before anything is measured.
expect 2 "NAME.yaml" "$folio" calibrate --out "$work/profile"
expect 2 "No such file" "$folio" calibrate --out "$work/no/mine.yaml"
expect 2 "--core" "$folio" calibrate --core 8000
expect 2 "did you mean '--quick'" "$folio" calibrate --quik
expect 0 "usage: folio calibrate" "$folio" calibrate --help

# Killed: no file, no thread, no process.
"$folio" calibrate --out "$work/killed.yaml" >/dev/null 2>&1 &
pid=$!
sleep 1
kill -KILL "$pid"
wait "$pid" 2>/dev/null
nothing_left "$pid"
[ "$(ls -A "$work" | tr '\n' ' ')" = "mine.yaml output " ] || fail "left: $(ls -A "$work")"

exit "$((failures > 0))"
