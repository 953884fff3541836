#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ./bootstrap refuses bad usage with status 2 and says why, before it does
# anything, from any folder. (That it sets a machine up is not for a test that
# already runs on one.)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
failed=0
cd /

# expect STATUS TEXT ARGUMENT...
expect() {
	local status=0 output wanted_status=$1 text=$2
	shift 2
	output=$("$root/bootstrap" "$@" 2>&1 </dev/null) || status=$?
	if [ "$status" != "$wanted_status" ] || [[ $output != *"$text"* ]]; then
		echo "bootstrap $*: status $status, wanted $wanted_status and '$text'; it said:"
		echo "$output"
		failed=1
	fi
}

expect 2 'usage: ./bootstrap build'
expect 2 'usage: ./bootstrap build' walk
expect 0 'usage: ./bootstrap build' --help
expect 2 "build takes no argument, found 'all'" build all
expect 2 "test takes no argument, found '--fast'" test --fast
expect 2 'no-such.yaml: no such configuration' run no-such.yaml
expect 2 'two configurations: a.yaml and b.yaml' run a.yaml --set seed=1 b.yaml
exit $failed
