#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds two commits side by side and compares them (folio ab): for any CI that has a
# shell, and for the desk. What it builds is removed at its end.
#   gate.sh BASE [HEAD]     HEAD defaults to the commit that is checked out
# From the environment: TOLERANCE (1%), TIME (60 s), CONFIG (configs/ci.yaml of HEAD),
# OUT: a folder for report.md and junit.xml (the present one).
# Exit status: that of folio ab (0 unchanged or improved, 1 regressed, 2 does not build or
# run, 3 this machine cannot do it, 4 inconclusive).
set -euo pipefail

[ $# -ge 1 ] || {
	sed -n '3,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
base=$(git rev-parse --verify "$1^{commit}")
head=$(git rev-parse --verify "${2:-HEAD}^{commit}")
out=$(realpath "${OUT:-.}")
trees=$(mktemp -d)

remove_trees() {
	for side in base head; do git worktree remove --force "$trees/$side" 2>/dev/null || true; done
	rm -rf "$trees"
}
trap remove_trees EXIT

# Options, compiler and machine are the same for both.
build() { # SIDE COMMIT
	git worktree add --quiet --detach "$trees/$1" "$2"
	cmake -S "$trees/$1" -B "$trees/$1/build" -G Ninja -DBUILD_TESTING=OFF >"$trees/$1.log" &&
		ninja -C "$trees/$1/build" folio >>"$trees/$1.log" || {
		tail -n 40 "$trees/$1.log" >&2
		echo "gate.sh: $1 ($2) does not build" >&2
		exit 2
	}
}
build base "$base"
build head "$head"

status=0
"$trees/head/build/folio" ab --a "$trees/base/build/folio" --b "$trees/head/build/folio" \
	"${CONFIG:-$trees/head/configs/ci.yaml}" --tolerance "${TOLERANCE:-1%}" --time "${TIME:-60 s}" \
	--markdown "$out/report.md" --junit "$out/junit.xml" || status=$?
exit "$status"
