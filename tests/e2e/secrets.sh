#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A key that the user gave is in config.yaml, which its owner alone may read, and nowhere else: in no
# other file of the run, and in no message.
#   secrets.sh FOLIO
set -u

folio=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"
export FOLIO_NO_HUGE=1
umask 022
key=c0ffee0405060708090a0b0c0d0e0f1011121314
other=beefee0405060708090a0b0c0d0e0f1011121314

cat >"$work/esp.yaml" <<YAML
folio: 1
name: esp
workload: ipsec_echo
configurations: [{preset: folio}]
measure: {slice: 50 us, pairs: 2, restarts: 1, max_restarts: 1, budget: 5 s}
YAML
cat >"$work/all.yaml" <<YAML
folio: 1
name: all
runs: [esp.yaml]
set: {esp_key_in: $key}
YAML

# only_in_config FOLDER: each config.yaml below it, and nothing else.
only_in_config() {
	local file
	grep -rilE "$key|$other" "$1" >"$work/found"
	[ -s "$work/found" ] || fail "$1: no file has the key"
	while read -r file; do
		[ "${file##*/}" = config.yaml ] || fail "$file: has the key"
		[ "$(stat -c %a "$file")" = 600 ] || fail "$file: $(stat -c %A "$file")"
	done <"$work/found"
}

"$folio" run "$work/esp.yaml" --set esp_key_in=$key --out "$work/run" --no-progress \
	>"$work/said" 2>&1 || fail "a run with a key: $(tail -1 "$work/said")"
"$folio" run "$work/all.yaml" --out "$work/suite" --no-progress >>"$work/said" 2>&1 ||
	fail "a suite with a key: $(tail -1 "$work/said")"
only_in_config "$work/run"
only_in_config "$work/suite"
"$folio" run "$work/esp.yaml" --set esp_key_in=$other --resume "$work/run" --no-progress \
	>>"$work/said" 2>&1 && fail "a run goes on with another key"
grep -q "esp_key_in is another" "$work/said" || fail "it is not said which key is another"
"$folio" run "$work/esp.yaml" --out "$work/plain" --no-progress >>"$work/said" 2>&1 ||
	fail "a run without a key: $(tail -1 "$work/said")"
[ "$(stat -c %a "$work/plain/config.yaml")" = 644 ] || fail "a configuration without keys is no secret"
if grep -iE "$key|$other" "$work/said"; then fail "a message has the key"; fi
[ "$failures" -eq 0 ]
