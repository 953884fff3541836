#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# An upper floor may include a lower one, never the reverse; siblings do not
# include each other; src/base knows neither DPDK nor libbpf.
#
#   floors.sh [TREE]     (default: this checkout) exits 1 when an #include of
#                        TREE/src breaks a rule, or when the check itself does
#                        not find what it must.
set -euo pipefail

declare -A floors=([base]=1 [datapath]=2 [probes]=2 [runner]=3)
libraries='^(rte_|bpf/|libbpf|linux/bpf|xdp/)' # what floor 1 may not include

# includes TREE: "file:line:header" of each #include in TREE/src
includes() {
	(cd "$1/src" && grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' .) |
		sed -E 's|^\./||; s/^([^:]+:[0-9]+):[^<"]*[<"]([^>"]+)[>"].*/\1:\2/'
}

# broken_rules TREE: one line for each
broken_rules() {
	local file line header from to
	while IFS=: read -r file line header; do
		from=${file%%/*} to=${header%%/*}
		if [ -z "${floors[$from]:-}" ]; then
			echo "src/$file: no floor is known for src/$from; floors are: ${!floors[*]}"
		elif [[ $header == *../* ]]; then
			echo "src/$file:$line: includes \"$header\"; paths start at src/"
		elif [ "$from" = base ] && [[ $header =~ $libraries ]]; then
			echo "src/$file:$line: includes <$header>; src/base knows neither DPDK nor libbpf"
		elif [ "$to" != "$from" ] && [ -n "${floors[$to]:-}" ] &&
			[ "${floors[$to]}" -ge "${floors[$from]}" ]; then
			echo "src/$file:$line: includes \"$header\"; src/$from (floor ${floors[$from]})" \
				"may include floors below ${floors[$from]} only"
		fi
	done < <(includes "$1")
}

# A tree with one break of each rule, and lines that break none.
make_bad_tree() {
	mkdir -p "$1"/src/{base,datapath/guest,probes,runner,attic}
	printf '#include <rte_mbuf.h>\n#include <stdio.h>\n' >"$1/src/base/a.c"
	printf '#include "datapath/config.h" /* upward */\n' >"$1/src/base/b.h"
	printf '# include "runner/trial.h"\n#include "base/log.h"\n' >"$1/src/datapath/guest/c.c"
	printf '#include "probes/probe.h"\n#include <rte_mbuf.h>\n' >"$1/src/datapath/d.c"
	printf '#include "datapath/config.h"\n' >"$1/src/probes/e.c"
	printf '#include "../runner/f.h"\n#include "probes/probe.h"\n' >"$1/src/runner/f.c"
	printf '#include <stdio.h>\n' >"$1/src/attic/g.c"
	printf '  #include <bpf/libbpf.h>\n' >"$1/src/base/h.c"
}

bad_tree_breaks='src/attic/g.c
src/base/a.c
src/base/b.h
src/base/h.c
src/datapath/d.c
src/datapath/guest/c.c
src/probes/e.c
src/runner/f.c'

check_itself() {
	local tree found
	tree=$(mktemp -d)
	# shellcheck disable=SC2064
	trap "rm -rf '$tree'" EXIT
	make_bad_tree "$tree"
	found=$(broken_rules "$tree" | sed 's/:.*//' | sort)
	[ "$found" = "$bad_tree_breaks" ] || {
		echo "the check misses or invents breaks in a bad tree:"
		diff <(echo "$bad_tree_breaks") <(echo "$found") || true
		return 1
	}
}

tree=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
check_itself
count=$(includes "$tree" | wc -l)
[ "$count" -gt 0 ] || {
	echo "no #include found in $tree/src"
	exit 1
}
found=$(broken_rules "$tree")
[ -z "$found" ] || {
	echo "$found"
	exit 1
}
echo "$count includes, none upward"
