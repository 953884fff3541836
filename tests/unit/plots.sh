#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The figures' scripts on folders that are missing, empty or damaged: a message,
# status 2, no traceback, no figure.
set -u
plots=$(cd "$(dirname "$0")/../../plots" && pwd)
folder=$(mktemp -d /tmp/folio-test-XXXXXX)
trap 'rm -rf "$folder"' EXIT
failed=0
scripts='breakdown waterfall latency'

if ! /usr/bin/python3 -c 'import matplotlib' 2>/dev/null; then
	echo "skipped: /usr/bin/python3 has no matplotlib (package python3-matplotlib)"
	exit 77
fi

# refuses WHAT TEXT [ARGUMENT...]: the scripts end with 2 and name TEXT.
refuses() {
	what=$1
	text=$2
	shift 2
	for script in $scripts; do
		said=$(/usr/bin/python3 -B "$plots/$script.py" "$@" 2>&1)
		status=$?
		case $said in
		*Traceback*) status=traceback ;;
		*"$text"*) ;;
		*) status="$status, without '$text'" ;;
		esac
		if [ "$status" != 2 ] || [ -e "$folder/figures/$script.png" ]; then
			echo "$script, $what: status $status, said: $said"
			failed=1
		fi
	done
}

manifest='{"run": {"name": "x", "workload": "macswap", "reference": "ideal"},
 "machine": {"cpu_model": "cpu", "tsc_hz": 2600000000}}'
plan='cell,role,configuration,reference,variant,workload,frame_size,traffic,source,fidelity
0,listed,folio,ideal,,macswap,64,64,,real'
summary='cell,configuration,reference,variant,workload,frame_size,metric,unit,fidelity,median,ci_low,ci_high
0,folio,ideal,,macswap,64,guest_cycles_per_packet,cycles/packet,real,100,99,101
0,folio,ideal,,macswap,64,reference_guest_cycles_per_packet,cycles/packet,stand-in,90,89,91'
attribution='workload,frame_size,variant,source,side,unit,method,cost,ci_low,ci_high,fidelity,distinguishable'

write() {
	printf '%s\n' "$manifest" >"$folder/manifest.json"
	printf '%s\n' "$plan" >"$folder/plan.csv"
	printf '%s\n' "$summary" >"$folder/summary.csv"
	printf '%s\n' "$attribution" >"$folder/attribution.csv"
}

refuses 'no argument' 'usage:'
refuses 'no folder' 'No such file' /nonexistent
refuses 'empty folder' 'manifest.json: No such file' "$folder"
write
echo '{"run": ' >"$folder/manifest.json"
refuses 'cut manifest' 'manifest.json: damaged' "$folder"
write
echo '{}' >"$folder/manifest.json"
refuses 'manifest without sections' 'manifest.json: damaged' "$folder"
write
rm "$folder/summary.csv"
refuses 'no summary' 'summary.csv: No such file' "$folder"
write
sed -i 's/,100,/,many,/' "$folder/summary.csv"
refuses 'text for a number' 'summary.csv:2: damaged' "$folder"
write
echo '0,folio,ideal' >>"$folder/summary.csv"
refuses 'cut line' 'summary.csv:4: damaged' "$folder"
write
sed -i 's/^0,listed/7,listed/' "$folder/plan.csv"
refuses 'cell that is not in the plan' 'is not in plan.csv' "$folder"
write
sed -i 's/variant/variance/' "$folder/summary.csv"
refuses 'another column' 'no column variant' "$folder"
write
sed -i 2,3d "$folder/summary.csv"
refuses 'nothing measured' 'no measurements' "$folder"

# What is drawn of some runs only.
scripts='throughput heat'
summary='cell,configuration,reference,variant,workload,frame_size,metric,unit,fidelity,median,ci_low,ci_high,ratio_to_reference,ratio_ci_low,ratio_ci_high'
plan='cell,role,configuration,reference,variant,workload,frame_size,traffic,source,fidelity'
write
refuses 'nothing measured' 'no measurements' "$folder"
cell=0
for size in 64 1500; do
	for work in 0 500; do
		at="$cell,folio,ideal,work=$work cycles,macswap,$size"
		plan="$plan
$cell,listed,folio,ideal,work=$work cycles,macswap,$size,$size,,real"
		summary="$summary
$at,guest_cycles_per_packet,cycles/packet,real,100,99,101,1.1,1.0,1.2
$at,packets_per_second,packets/s,real,1000000,,,,,
$at,reference_packets_per_second,packets/s,stand-in,1100000,1000000,9000000,,,"
		cell=$((cell + 1))
	done
done
write
for script in $scripts; do
	if ! /usr/bin/python3 -B "$plots/$script.py" "$folder" || [ ! -s "$folder/figures/$script.png" ]; then
		echo "$script: no figure of a good file"
		failed=1
	fi
	rm -f "$folder/figures/$script.png"
done
sed -i 's/ratio_ci_low/ratio/' "$folder/summary.csv"
scripts=heat
refuses 'another column' 'no column ratio_ci_low' "$folder"

# VM exits have a file of their own, which is all that their figure needs.
exits='reason,origin,count,ns_min,ns_p50,ns_p99,ns_max
svm:npf,kvm,3,1000,2000,9000,9100
doorbell,emulated,2000000,,,,'
scripts=exits
write() {
	printf '%s\n' "$exits" >"$folder/exits.csv"
}

rm -f "$folder"/*.csv
refuses 'no exits.csv' 'exits.csv: No such file' "$folder"
write
sed -i 's/,kvm,3/,kvm,three/' "$folder/exits.csv"
refuses 'text for a count' 'exits.csv:2: damaged' "$folder"
write
sed -i 's/emulated/imagined/' "$folder/exits.csv"
refuses 'unknown origin' 'damaged: origin imagined' "$folder"
write
sed -i 2,3d "$folder/exits.csv"
refuses 'no exits' 'no measurements' "$folder"
write
if ! /usr/bin/python3 -B "$plots/exits.py" "$folder" || [ ! -s "$folder/figures/exits.png" ]; then
	echo "exits: no figure of a good file"
	failed=1
fi
exit $failed
