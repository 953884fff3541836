#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# folio check and folio list: what they print, where to, and their exit status.
set -u
folio=$1
source=$2
out=$(mktemp)
err=$(mktemp)
# No results here to estimate by.
empty=$(mktemp -d)
cd "$empty" || exit 1
trap 'rm -rf "$out" "$err" "$empty"' EXIT
failed=0

# expect STATUS STDOUT STDERR ARGUMENT...: each text is to be found there; "" says that nothing is.
expect() {
	status=$1 on_out=$2 on_err=$3
	shift 3
	"$folio" "$@" >"$out" 2>"$err"
	got=$?
	[ "$got" -eq "$status" ] || fail "exit status $got, not $status" "$@"
	has "$out" "$on_out" "$@"
	has "$err" "$on_err" "$@"
}

has() {
	file=$1 text=$2
	shift 2
	if [ -z "$text" ]; then
		[ ! -s "$file" ] || fail "printed what it should not: $(head -c 200 "$file")" "$@"
	else
		grep -qF -e "$text" "$file" || fail "'$text' is not in: $(head -c 400 "$file")" "$@"
	fi
}

fail() {
	why=$1
	shift
	echo "folio $*: $why" >&2
	failed=1
}

expect 0 '60 cells, 180 trials' '' check "$source/configs/quick.yaml"
expect 0 'measuring budget of 12 s' '' check "$source/configs/quick.yaml"
expect 0 '45 cells, 135 trials' '' check "$source/configs/breakdown.yaml"
expect 0 '15 cells, 15 trials' '' check "$source/configs/quick.yaml" --set traffic=imix \
	--set measure.restarts=1
for name in table1 work paper/f5 paper/f6 paper/f7 paper/f8; do
	expect 0 'restarts of up to' '' check "$source/configs/$name.yaml"
done
for name in short full; do
	expect 0 'All of it: ' '' check "$source/configs/paper/$name.yaml"
done
expect 0 'factors: the ideal with all sources of attribution.factors on.' '' \
	check "$source/configs/breakdown.yaml" --set 'attribution.factors=[vc, bounce_copy]'
expect 2 '' 'max_cells, which may be raised' check "$source/configs/quick.yaml" --set max_cells=8
expect 0 'No finished run of this machine in results' '' check "$source/configs/quick.yaml"
expect 0 'usage: folio check' '' check --help
expect 2 '' 'usage: folio check' check
expect 2 '' 'usage: folio check' check a b
expect 2 '' 'usage: folio check' check --nonsense "$source/configs/quick.yaml"
expect 2 '' 'KEY=VALUE' check "$source/configs/quick.yaml" --set nothing
expect 2 '' 'measure.pairs: found' check "$source/configs/quick.yaml" --set measure.pairs=none
expect 2 '' 'cannot be read' check /no/such/file.yaml
expect 0 'sources.vc.cost' '' list sources
expect 0 'bounce_alloc: on, bounce_copy: on' '' list presets
expect 0 'routing in the VM' '' list presets
expect 0 'Y: on  N' '' list presets --diff folio ideal
expect 0 'PCIe link encryption' '' list presets --diff folio ideal
expect 0 '(no difference)' '' list presets --diff folio folio
expect 2 '' "did you mean 'folio'?" list presets --diff folie ideal
expect 2 '' 'usage: folio list' list presets --diff folio
expect 0 'macswap' '' list workloads
expect 0 'udp_echo' '' list workloads
expect 0 'guest_cycles_per_packet' '' list metrics
expect 0 'bounce_copy.bytes_per_packet' '' list metrics
expect 0 'spin' '' list exits
expect 0 'probe' '' list probes
expect 0 'usage: folio list' '' list --help
expect 2 '' 'usage: folio list' list
expect 2 '' "did you mean 'sources'?" list source
exit $failed
