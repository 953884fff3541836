#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What sources that are off cost: the ideal of a build with all of them against one that has
# none (ninja folio_bare), interleaved. At most 1 cycle a packet is wanted. Another link moves
# the code, which alone can be worth 1%.
#   off.sh FOLIO FOLIO_BARE [ARGUMENT OF FOLIO AB]...
set -euo pipefail

[ $# -ge 2 ] || {
	sed -n '3,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
folio=$1 bare=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$folio" ab --a "$bare" --b "$folio" "$here/off.yaml" "$@"
