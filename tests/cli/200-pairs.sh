#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Messages in and out, octet by octet: for each pairs/X.args (words of the
# shell) "qsendmail --dry-run ARGS < X.in" gives X.out and the envelope X.err,
# with status X.status (0 if there is no such file).
. "$srcdir/tests/lib/lib.sh"

export TZ=UTC0 QSENDMAIL_TEST_TIME=1795457314 QSENDMAIL_TEST_UNIQUE=unique
export QSENDMAIL_TEST_HOSTNAME=host.example LC_ALL=C.UTF-8
pairs=$srcdir/tests/cli/pairs
cat > .qsendmailrc <<'END'
account default
host smtp.example.org
from me@example.org
account qq
from 10001@qq.com
END
cp "$pairs"/files/* . 2>/dev/null

for args in "$pairs"/*.args; do
	x=${args%.args}
	name=$(basename "$x" | tr - ' ')
	in=/dev/null want=0
	[ -f "$x.in" ] && in=$x.in
	[ -f "$x.status" ] && want=$(cat "$x.status")
	eval "run \"\$QSENDMAIL\" --dry-run $(cat "$args") < \"\$in\""
	[ -z "$PAIRS_WRITE" ] || { cp out "$x.out"; cp err "$x.err"; }
	is "$name: status" "$status" "$want"
	for part in out err; do
		[ ! -f "$x.$part" ] ||
			ok "$name: $part" diff -u "$x.$part" "$part"
	done
done
finish
