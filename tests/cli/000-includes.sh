#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The folders of src/ are layers: includes point only towards base/, submit/
# and relay/ do not know each other, and foreign libraries have one door each.
. "$srcdir/tests/lib/lib.sh"
cd "$srcdir/src" || exit 1

# knows LAYER ALLOWED...: files of the layer include only those layers
knows()
{
	layer=$1
	name="$layer/ includes only $*"
	allowed=$(echo "$*" | tr ' ' '|')
	grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' \
		"$layer"/*.[ch] > "$T/lines"
	grep -vE "include \"($allowed)/[a-z0-9_]+\.(h|def)\"" "$T/lines" \
		> "$T/wrong"
	is "$name" "$(cat "$T/wrong")" ""
}
knows base
knows settings base
knows mail base settings
knows queue base settings mail
knows submit base settings mail queue
knows relay base settings mail queue
knows service base settings mail queue submit
is "there are no other folders" "$(echo */)" \
	"base/ mail/ queue/ relay/ service/ settings/ submit/"
is "there is no file outside the folders" \
	"$(find . -maxdepth 1 -type f)" ""

# door HEADER FILE: one file includes that header
door()
{
	found=$(grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$1" \
		*/*.[ch])
	is "<$1> enters by $2" "${found:-$2}" "$2"
}
door curl/ relay/session_state.h
door openssl/ relay/certificate.c
door magic.h mail/libmagic.h
door syslog.h base/log.c
door resolv.h base/compat_dns.c
is "libmagic stays within mail/mediatype.c" \
	"$(grep -l '"mail/libmagic.h"' */*.[ch] | grep -v '^mail/libmagic_')" \
	mail/mediatype.c
is "what includes libcurl stays within relay/session*.c" \
	"$(grep -l '"relay/session_state.h"' */*.[ch] |
		grep -v '^relay/session[a-z_]*\.c$')" ""

is "a file includes its own header first" "$(
	for c in */*.c; do
		[ -e "${c%.c}.h" ] || continue
		first=$(grep -m1 '^#include' "$c")
		[ -z "$first" ] || [ "$first" = "#include \"${c%.c}.h\"" ] ||
			echo "$c: $first"
	done)" ""

is "system headers come before ours, each kind in order" "$(
	for c in */*.[ch]; do
		# The first line of a .c file is the header of its module.
		awk -v own="${c##*.}" '
			!/^#include/ || /\.def"/ { next }
			own == "c" { own = ""; if ($2 ~ /"/) next }
			{ kind = substr($2, 1, 1) }
			kind == "<" && seen == "\"" {
				print FILENAME ": " $0 " behind ours"
			}
			kind == "\"" && seen == "\"" && $2 <= last {
				print FILENAME ": " $0 " behind " last
			}
			{ seen = kind; last = $2 }' "$c"
	done)" ""

is "conditional compilation is for compat*.c and include guards" "$(
	for c in */*.[ch]; do
		guard=$(echo "${c%.h}_H" | tr 'a-z/.-' 'A-Z___')
		case $c in base/compat*) continue ;; esac
		grep -HnE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif)\b' "$c" |
			grep -vE "#ifndef $guard\$"
	done)" ""

is "each file names its licence and says what it owns" "$(
	for c in */*.[ch]; do
		[ "$(sed -n 1p "$c")" = \
			'/* SPDX-License-Identifier: GPL-3.0-or-later */' ] &&
			sed -n 2p "$c" | grep -q '^/\*' || echo "$c"
	done)" ""

is "variables of a header are constant" \
	"$(grep -nE '^extern ' */*.h | grep -v '^[^:]*:[0-9]*:extern const ')" ""

if [ -x "$builddir/qsendmail" ] && command -v ldd > /dev/null; then
	LC_ALL=C ldd "$builddir/qsendmail" > "$T/libraries" 2>&1
	hasnt "qsendmail is not linked to libcurl" "$T/libraries" libcurl
	hasnt "nor to libidn2" "$T/libraries" libidn2
	if grep -q 'LOAD_LIBMAGIC_TRUE"\]=""' "$builddir/config.status"; then
		hasnt "nor to libmagic, which is loaded when it is needed" \
			"$T/libraries" libmagic
	fi
fi
finish
