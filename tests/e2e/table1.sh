#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The paper's table 1, as short as it goes: every column is measured, stands beside the
# paper's figures, and each claim gets a verdict. No timing is judged.
#   table1.sh FOLIO SOURCE
set -u

folio=$1
config=$2/configs/table1.yaml
if [ "$(nproc)" -lt 2 ]; then
	echo "SKIP: two processes that poll want two cores, this machine has $(nproc)"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"

# run DIR ARGUMENT...: one short restart; sets status.
run() {
	local dir=$1
	shift
	"$folio" run "$config" --no-progress --set measure.pairs=1 --set measure.restarts=1 \
		--set measure.max_restarts=1 --set "measure.budget=20 s" --out "$dir" "$@" \
		>"$work/output" 2>&1
	status=$?
}

# has TEXT: the report has it.
has() {
	grep -qF -e "$1" "$work/output" || fail "'$1' is not in the report"
}

# Where TAPs and namespaces are not to be had, the columns that need none.
run "$work/all"
kernel=yes
if [ $status -eq 3 ]; then
	kernel=no
	run "$work/all" --set sources.kernel_path=off --set sources.host_path=off
fi
[ $status -eq 0 ] || { cat "$work/output"; fail "exit status $status"; }

has 'Beside the paper: T1'
for column in vm-sriov vm-virtio vm-dpdk sev-virtio sev-sriov es-sriov snp-sriov snp-tio ideal folio; do
	has "  $column "
done
has '(75.1 us)'
has '(> 50x)'
has 'guest cycles'
has 'real+modelled'
# What nobody has published a cost for is no verdict.
grep -q 'RMP and TLB checks.*not measurable here' "$work/output" || fail 'a verdict on what costs nothing'
if [ $kernel = no ]; then
	grep -q 'host routing.*not measurable here' "$work/output" || fail 'a verdict on what was off'
fi
# Nor is what a single process of each side gives.
has 'where nothing was measured: one restart'
if grep -q -e '  holds ' -e '  does not hold ' "$work/output"; then fail 'a verdict on one restart'; fi
claims=$(tail -n +2 "$2/configs/paper/claims.csv" | wc -l)
verdicts=$(grep -c -e 'holds$' -e 'does not hold$' -e 'not distinguishable$' \
	-e 'not measurable here$' "$work/output")
[ "$verdicts" -ge "$claims" ] || fail "$verdicts verdicts of $claims claims"

"$folio" report "$work/all" >"$work/again" 2>&1 || fail 'folio report'
grep -qF 'Beside the paper: T1' "$work/again" || fail 'the report, made again, lacks the paper'
[ "$failures" -eq 0 ]
