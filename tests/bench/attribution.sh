#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Do the intervals of an attribution hold costs that are known? Three are injected at once
# (attribution.yaml), N times; a run is right when each of the three 95% intervals, give or take what
# the clock cannot tell, holds what was injected. An exit is spun out to the step of the time stamp
# counter, some 25 cycles on recent CPUs: 4 cycles an exit are a sixth of that. Of the bare
# intervals it says how many hold it.
#   attribution.sh FOLIO [N [OPTION]...]     OPTION: of folio run
set -euo pipefail

[ $# -ge 1 ] || {
	sed -n '3,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
folio=$1 runs=${2:-20}
shift $(($# > 1 ? 2 : 1))
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

right=0 held=0
for ((n = 1; n <= runs; n++)); do
	"$folio" run "$here/attribution.yaml" --out "$work/$n" --no-progress --set measure.seed=$n "$@" \
		>"$work/output" 2>&1 || { cat "$work/output" >&2; exit 1; }
	found=$(tr -d '\r' <"$work/$n/attribution.csv" | awk -F, '
		BEGIN { step = 4 / 16; injected["vmexit_check"] = 3000 / 16; injected["register_encryption"] = 2000 / 16
			injected["tlb_check"] = 1000 / 16 }
		$5 == "guest" && $7 == "shapley" {
			bare += $9 <= injected[$4] && injected[$4] <= $10
			hit = $9 - step <= injected[$4] && injected[$4] <= $10 + step
			held += hit
			printf "%s %.2f (%.2f to %.2f) of %.2f%s  ", $4, $8, $9, $10, injected[$4], hit ? "" : " MISSED"
		}
		END { printf "\n%d %d", held, bare }')
	echo "$n: ${found%$'\n'*}"
	read -r hits bare <<<"${found##*$'\n'}"
	right=$((right + (hits == 3))) held=$((held + bare))
	rm -rf "${work:?}/$n"
done
echo "$right of $runs runs right; $held of $((3 * runs)) bare intervals hold what was injected"
