#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The helpers for shell tests: they start and end a server, and they notice.
. "$srcdir/tests/lib/lib.sh"

checks=$(
	cases=0 bad=0
	ok right true
	ok wrong false
	is same a a
	is other a b
	echo 'a line' > f
	has there f line
	has missing f word
	hasnt missing f word
	hasnt there f line
	finish
)
is "a bad case is an exit status" "$?" 1
is "cases and their numbers" "$(echo "$checks" | grep -v '^#')" \
"ok 1 - right
not ok 2 - wrong
ok 3 - same
not ok 4 - other
ok 5 - there
not ok 6 - missing
ok 7 - missing
not ok 8 - there
1..8"

run sh -c 'cat; echo oops >&2; exit 3' <<END
text
END
is "run keeps status, output and errors" "$status $(cat out) $(cat err)" \
	"3 text oops"

serve --clear --without AUTH
first=$SERVER_DIR
"$PYTHON" -c "import smtplib
c = smtplib.SMTP('127.0.0.1', $SMTP_PORT)
c.sendmail('a@b', ['c@d'], b'A: b\r\n\r\nx\r\n')"
is "fact reads what the server noted" "$(fact 1 rcpt_to)" '["c@d"]'
is "the mail" "$(tr -d '\r' < "$SERVER_DIR/1.eml")" 'A: b

x'
serve
ok "a second server has its own directory" test "$SERVER_DIR" != "$first"
is "the first one has ended" "$(cat "$first/mails")" 1
serve_end
is "serve_end waits for the end" "$(cat "$SERVER_DIR/mails")" 0
finish
