#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# folio trace --import: what it prints, writes and refuses.
#
#   trace_import.sh FOLIO        in the source folder
set -u
folio=$1
traces=tests/data/exits
work=$(mktemp -d /tmp/folio-test-XXXXXX)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/e2e/expect.sh
. "$(dirname "$0")/expect.sh"

"$folio" trace --import $traces/snp.dat >"$work/output" 2>&1
if [ $? = 3 ]; then
	echo "SKIP: $(cat "$work/output")"
	exit 77
fi

expect 0 'ghcb:page_state_change' "$folio" trace --import $traces/snp.dat
expect 0 '3 lost, 1 unmatched' "$folio" trace --import $traces/snp.dat
expect 0 'vmx:ept_violation' "$folio" trace --import $traces/vmx.dat

expect 0 'svm:npf' "$folio" trace --import $traces/snp.dat --output "$work/out"
grep -v '^#' $traces/snp.csv | diff - "$work/out/exits.csv" || fail "exits.csv is another than snp.csv"
expect 2 'holds files already' "$folio" trace --import $traces/snp.dat --output "$work/out"

# What is refused leaves no folder behind.
head -c 20000 $traces/snp.dat >"$work/cut.dat"
expect 2 'damaged' "$folio" trace --import "$work/cut.dat" --output "$work/none"
[ ! -e "$work/none" ] || fail "a folder is left for a trace that was refused"
expect 2 'allowed: trace.dat (trace-cmd) or perf.data' "$folio" trace --import README.md
expect 2 'No such file' "$folio" trace --import "$work/none"
expect 2 'no regular file' "$folio" trace --import /dev/null
expect 2 '--import: found with' "$folio" trace --import $traces/snp.dat --live
# An event that the reader takes and folio does not: never a table of what came before it.
echo "1000 5 kvm_exit isa=9" >"$work/isa.txt"
/usr/bin/python3 $traces/trace_dat.py "$work/isa.dat" "$work/isa.txt"
for _ in 1 2 3 4 5 6 7 8 9 10; do
	expect 2 'holds what no kernel writes' "$folio" trace --import "$work/isa.dat"
done
# A buffer that lost events, and goes on with earlier times.
cat >"$work/back.txt" <<END
500000 7 kvm_exit exit_reason=0x72 isa=2
500100 7 kvm_entry
lost 1
100000 7 kvm_exit exit_reason=0x72 isa=2
100300 7 kvm_entry
END
/usr/bin/python3 $traces/trace_dat.py "$work/back.dat" "$work/back.txt"
expect 0 '4 events in 0.0004001 s; 1 lost, 0 unmatched' "$folio" trace --import "$work/back.dat"
expect 2 "--import: found ''" timeout 10 "$folio" trace --import ""
expect 2 "--output: found ''" "$folio" trace --import $traces/snp.dat --output ""
expect 2 'no such option' "$folio" trace --imprt x

expect 0 '31 of 32 handlings hold one of 32 VMGEXITs' \
	"$folio" trace --import $traces/match.dat --guest $traces/guest.dat
expect 2 '0 handlings between nothing and folio_vc_exit' \
	"$folio" trace --import $traces/match.dat --guest $traces/guest.dat --guest-begin nothing
expect 2 'damaged' "$folio" trace --import $traces/match.dat --guest "$work/cut.dat"
expect 2 'wanted: the host' "$folio" trace --guest $traces/guest.dat
expect 0 'usage: folio trace' "$folio" trace --help

exit $((failures > 0))
