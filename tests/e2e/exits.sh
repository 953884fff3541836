#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# exits.csv of a run: emulated exits with their durations; and where the configuration exits to
# KVM and tracing is allowed, as many exits that the kernel saw.
#   exits.sh FOLIO
set -u

folio=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"
export FOLIO_NO_HUGE=1

# count DIR REASON: that reason's exits in all trials
count() {
	tr -d '\r' <"$1/exits.csv" | awk -F, -v reason="$2" '$6 == reason { n += $8 } END { print n + 0 }'
}

config="$(dirname "$0")/../../configs/trace-demo.yaml"
measure=(--quick --no-progress --set "measure.slice=1 ms")

expect 0 "Files" "$folio" run "$config" --set exits=spin "${measure[@]}" --out "$work/spin"
[ "$(count "$work/spin" doorbell)" -gt 0 ] || fail "no doorbell in exits.csv"
tr -d '\r' <"$work/spin/exits.csv" | awk -F, 'NR > 1 && ($7 != "emulated" || !($9 <= $10 && $10 <= $11 && $11 <= $12)) { exit 1 }' ||
	fail "exits.csv: exits that are not emulated, or times out of order"

# per_packet DIR METRIC: of the first cell.
per_packet() {
	tr -d '\r' <"$1/trials.csv" | awk -F, -v metric="$2" '$1 == 0 && $6 == metric { print $8; exit }'
}

# Without KVM, or with it but without BPF, there is nothing to compare with.
if ! "$folio" run "$config" "${measure[@]}" --out "$work/kvm" >"$work/log" 2>&1; then
	grep -q kvm "$work/log" || fail "exits to kvm failed without naming it: $(cat "$work/log")"
	echo "SKIP: no exits to KVM: $(grep -m 1 kvm "$work/log")"
	exit $((failures ? 1 : 77))
fi
if ! grep -q ',kvm,' "$work/kvm/exits.csv"; then
	grep -q 'not traced' "$work/log" || fail "KVM's exits are missing and nothing says why"
	echo "SKIP: $(grep -m 1 'not traced' "$work/log")"
	exit $((failures ? 1 : 77))
fi
emulated=$(count "$work/kvm" doorbell)
traced=$(count "$work/kvm" kvm:kvm_mmio)
[ "$emulated" -gt 0 ] && [ "$traced" = "$emulated" ] ||
	fail "exits.csv: $emulated doorbells were emulated, KVM saw $traced"
# A burst that is not metered (warm-up, draining) has other doorbells than one that is.
metered=$(per_packet "$work/kvm" exits.doorbell_per_packet)
seen=$(per_packet "$work/kvm" kvm.exits_per_packet)
[ -n "$seen" ] && [ "$seen" = "$metered" ] ||
	fail "trials.csv: $metered doorbells a packet, ${seen:-no} exits that KVM saw"
grep -q '^0,.*,kvm.exits_per_packet,' "$work/kvm/summary.csv" || fail "no kvm.exits_per_packet"
exit $((failures > 0))
