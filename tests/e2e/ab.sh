#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# folio ab as a user has it: verdicts and files, what it refuses, builds that are none,
# interruptions. What it leaves behind is looked at.
#   ab.sh FOLIO FOREIGN
set -u

folio=$1 foreign=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"

cat >"$work/ci.yaml" <<YAML
folio: 1
name: ci
reference: ideal
configurations:
  - preset: folio
sweep: {frame_size: [64]}
measure: {slice: 50 us, seed: 1}
YAML
ab() { "$folio" ab --no-progress --a "$folio" "$@" "$work/ci.yaml"; }
costly='configurations=[{name: folio, preset: folio, sources: {vc: {cost: 20000 cycles}}}]'

# A build against itself, and against one whose every burst costs an exit more.
expect 0 "unchanged" ab --b "$folio" --tolerance 40%
expect 1 "regressed" ab --b "$folio" --tolerance 20% --set-b "$costly" \
	--markdown "$work/report.md" --junit "$work/junit.xml" --csv "$work/restarts.csv"
grep -q '^| folio over 64 .*| regressed |$' "$work/report.md" || fail "report.md has no regression"
grep -q '^| ideal over 64 .*| unchanged |$' "$work/report.md" || fail "report.md has no more"
/usr/bin/python3 - "$work/junit.xml" <<'PY' || fail "junit.xml"
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
assert suite.get("tests") == "2" and suite.get("failures") == "1", suite.attrib
assert [c.get("name") for c in suite if c.find("failure") is not None] == ["folio over 64"]
PY
head -n 1 "$work/restarts.csv" | tr -d '\r' |
	grep -qx 'what,restart,a_cycles,b_cycles,log_ratio' || fail "restarts.csv"

# Time that is too short for a verdict.
expect 4 "inconclusive" ab --b "$folio" --time "1 s"

# Bad usage.
expect 2 "usage" "$folio" ab --a "$folio" "$work/ci.yaml"
expect 2 "no-such-build" ab --b no-such-build
expect 2 "layouts" ab --b "$(type -P true)" --tolerance 0.5%
expect 2 "--tolerance" ab --b "$folio" --tolerance 1
expect 2 "two-process" ab --b "$folio" --set topology=two-process --set "measure.slice=5 ms"
expect 2 "configurations" ab --b "$folio" --set-b configurations=none

# Programs that are no build, or one that goes wrong: named, with what they said.
expect 2 "status 0" ab --b "$(type -P true)"
printf 'no program' >"$work/text"
chmod +x "$work/text"
expect 2 "cannot be run" ab --b "$work/text"
try() { expect 2 "$2" env FOREIGN="$1" "$folio" ab --no-progress --a "$folio" --b "$foreign" "$work/ci.yaml"; }
try old "no such command"
try stranger "hello"
try newer "version 2"
try short "3 bytes"
try hang-up "hung up"
try other "?[31mred"
try endless "measures 2 things"
try crash "signal 6"
try nan "none of the trial"
try negative "none of the trial"
try many "none of the trial"
try loud "does not end its slice"
grep -q "$foreign" "$work/output" || fail "the build that went wrong is not named"

# Stopped, and killed: its builds go with it.
start() {
	"$folio" ab --no-progress --a "$folio" --b "$folio" --tolerance 0.1% "$work/ci.yaml" >/dev/null 2>&1 &
	pid=$!
	for _ in $(seq 100); do
		[ "$(children_of "$pid" | wc -l)" -ge 2 ] && break
		sleep 0.1
	done
	sleep 0.5
}
start
kill -TERM "$pid"
wait "$pid"
[ $? = 143 ] || fail "a stopped ab does not end by its signal"
nothing_left "$pid"

start
children=$(children_of "$pid")
[ -n "$children" ] || fail "the killed ab had no builds"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
for child in $children; do
	for _ in $(seq 50); do
		kill -0 "$child" 2>/dev/null || break
		sleep 0.1
	done
	kill -0 "$child" 2>/dev/null && fail "a build outlives a killed ab"
done
expect 4 "inconclusive" ab --b "$folio" --time "1 s"
nothing_left "$pid"

exit "$((failures > 0))"
