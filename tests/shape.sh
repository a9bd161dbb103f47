#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Information, not a test: how long the functions of src/ are, the longest
# first, with median and ninetieth percentile. Usage: tests/shape.sh [COUNT]
cd "${0%/*}/.." || exit 1
awk '
	FNR == 1 { name = "" }
	# KNF: the name stands at the start of a line, the body in { } alone.
	/^[a-z_0-9]+\(/ { name = $0; sub(/\(.*/, "", name) }
	/^{/ && name != "" { start = FNR }
	/^}/ && name != "" && start {
		printf "%5d %s %s\n", FNR - start - 1, FILENAME, name
		name = ""; start = 0
	}' src/*/*.c | sort -rn > "${TMPDIR:-/tmp}/shape.$$"
trap 'rm -f "${TMPDIR:-/tmp}/shape.$$"' EXIT
head -n "${1:-15}" "${TMPDIR:-/tmp}/shape.$$"
awk '{ v[NR] = $1 } $1 > 100 { over++ } $1 > 50 { half++ } END {
	printf "%d functions: median %d, p90 %d, %d over 50, %d over 100\n",
	    NR, v[int(NR / 2) + 1], v[int(NR / 10) + 1], half, over
}' "${TMPDIR:-/tmp}/shape.$$"
wc -l src/*/*.[ch] | sort -rn | sed -n 2,6p
