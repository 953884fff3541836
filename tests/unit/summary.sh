#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/summary.py counts each kind of outcome as what it is. What ctest writes of
# each is taken from ctest itself, run over tests of every kind.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/CTestTestfile.cmake" <<'END'
add_test(fine "true")
add_test(part "echo" "SKIP: one part: no second core")
add_test(wrong "false")
add_test(gone "/no/such/program")
add_test(slow "sleep" "5")
add_test(lacking "sh" "-c" "echo before && echo 'SKIP: no huge pages' && exit 77")
add_test(off "true")
set_tests_properties(slow PROPERTIES TIMEOUT 0.2)
set_tests_properties(lacking PROPERTIES SKIP_RETURN_CODE 77)
set_tests_properties(off PROPERTIES DISABLED TRUE)
END

wanted='
failed    all: gone
failed    all: slow
failed    all: wrong
in part   all: part: skipped one part: no second core
skipped   all: lacking: no huge pages
skipped   all: off: disabled, no reason given
2 passed, 3 failed, 2 skipped'

# expect STATUS TEXT CTEST-OPTION...
expect() {
	local status=0 output wanted_status=$1 wanted_text=$2
	shift 2
	ctest --test-dir "$work" --output-junit "$work/tests.xml" "$@" >/dev/null 2>&1 || true
	output=$(/usr/bin/python3 "$root/tests/summary.py" "all=$work/tests.xml" && echo .) || status=$?
	if [ "$status" != "$wanted_status" ] || [ "${output%$'\n'.}" != "$wanted_text" ]; then
		echo "status $status, wanted $wanted_status; wanted text, then found:"
		diff <(echo "$wanted_text") <(echo "${output%$'\n'.}") || true
		exit 1
	fi
}

expect 1 "$wanted"
expect 0 $'\n1 passed, 0 failed, 0 skipped' -R fine
expect 1 $'\n0 passed, 0 failed, 0 skipped' -R none-of-that-name
