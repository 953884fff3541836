#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs while other programs take huge pages: all restarts measure on pages of one kind, and
# none ends the run.
#   scarce_pages.sh FOLIO HOG
set -u

folio=$1
hog=$2
work=$(mktemp -d)
hog_pid=
trap 'kill $hog_pid 2>/dev/null; rm -rf "$work"' EXIT
. "$(dirname "$0")/expect.sh"

pool=/sys/kernel/mm/hugepages/hugepages-2048kB
# The smallest run below takes about 100.
needed=128
free=$(($(cat "$pool/free_hugepages" 2>/dev/null || echo 0) -
	$(cat "$pool/resv_hugepages" 2>/dev/null || echo 0)))
if [ "$free" -lt "$needed" ]; then
	echo "SKIP: $needed free huge pages of 2 MiB are wanted, here are $free"
	exit 77
fi
unset FOLIO_NO_HUGE

cat >"$work/small.yaml" <<YAML
folio: 1
name: small
costs: epyc-9334-snp
configurations: [{preset: folio}, {preset: swiotlb}]
measure: {slice: 200 us, pairs: 200, restarts: 3, max_restarts: 3, budget: 3 s}
YAML

# start DIR [OPTION...]: the run in the background; sets pid.
start() {
	local dir=$1
	shift
	"$folio" run "$work/small.yaml" --out "$dir" --no-progress "$@" >"$dir.output" 2>&1 &
	pid=$!
}

# until_said FILE TEXT: waits until it does.
until_said() {
	local _
	for _ in $(seq 400); do
		grep -qsF -- "$2" "$1" && return
		sleep 0.05
	done
	fail "$1: says nothing of '$2'"
	tail -n 5 "$1" >&2
}

start_hog() {
	"$hog" "$@" >"$work/hog" &
	hog_pid=$!
	until_said "$work/hog" "huge pages taken"
}

end_hog() {
	kill "$hog_pid"
	wait "$hog_pid" 2>/dev/null
	hog_pid=
}

# check_done PID DIR: the run came to its end, in one block.
check_done() {
	wait "$1" || fail "$2: exit status $?: $(tail -n 3 "$2.output")"
	grep -q '"status": "done"' "$2/manifest.json" || fail "$2: the manifest does not say done"
	[ "$(wc -l <"$2/blocks.csv")" = 2 ] || fail "$2: has no block, or several"
}

# check_kind DIR KIND: it ran on such pages.
check_kind() {
	grep -q "\"page_kind\": \"$2\"" "$1/manifest.json" || fail "$1: not on $2"
}

# Pages taken during the first restart are waited for by the next one.
start "$work/huge"
until_said "$work/huge/trials.csv" trial_duration
start_hog
until_said "$work/huge.output" "waiting until other programs give some back"
end_hog
check_done "$pid" "$work/huge"
check_kind "$work/huge" "2 MiB huge pages"

# Pages taken from under a restart that has just claimed them are waited for as well.
start "$work/robbed"
until_said "$work/robbed/trials.csv" trial_duration
start_hog unfair
until_said "$work/robbed.output" "it is started again"
until_said "$work/robbed.output" "waiting until other programs give some back"
end_hog
check_done "$pid" "$work/robbed"
check_kind "$work/robbed" "2 MiB huge pages"

# Pages that come free during the first restart are left to others.
start_hog
start "$work/plain"
until_said "$work/plain/trials.csv" trial_duration
end_hog
check_done "$pid" "$work/plain"
check_kind "$work/plain" "4 KiB pages"

# Two at once, for which 256 pages are too few: whoever has some gets some again.
start "$work/one" --set "sweep.queues=[1, 2]"
one=$pid
start "$work/two" --set "sweep.queues=[1, 2]"
check_done "$one" "$work/one"
check_done "$pid" "$work/two"
if grep "error:" "$work/one.output" "$work/two.output" >&2; then fail "they got in each other's way"; fi

exit "$((failures > 0))"
