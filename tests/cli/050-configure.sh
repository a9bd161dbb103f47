#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# --configure: what it writes is a settings file, and it writes nothing else.
# (tests/relay/150-lookup.py asks a real DNS.)
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_TEST_SYSCONFDIR="$T/none" FAKE_DIR="$T/fake"
export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay"
mkdir fake

# lines: what of the output is no comment
lines() { sed '/^#/d; /^$/d' out; }
# works NAME: the output is a settings file without a fault
works()
{
	cp out settings
	chmod 600 settings
	run "$QSENDMAIL" -C settings --settings
	is "$1" "$status$(cat err)" 0
}

run "$QSENDMAIL" --configure me@qq.com
is "a known provider" "$status$(cat err)" 0
is "two lines are all" "$(lines)" "from me@qq.com
password_file ~/.config/qsendmail/password"
has "with what the password is" out "16-letter authorization code"
has "which provider it is" out "provider qq"
is "no line is long" "$(awk 'length > 76' out)" ""
works "they are settings"
is "with the server of the provider" \
	"$(awk '$1 == "host" { print $2 }' out)" smtp.qq.com
is "nobody was asked" "$(ls fake)" ""

FAKE_SRV='submissions 465 mail.example.net;submission 587 smtp.example.net' \
	run "$QSENDMAIL" --configure '"<me@example.org>"'
is "an address in quotes is none" "$status" 64
FAKE_SRV='submissions 465 mail.example.net;submission 587 smtp.example.net' \
	run "$QSENDMAIL" --configure 'Me <me@example.org>'
is "servers of the DNS" "$status$(cat err)" 0
is "the best one is taken" "$(lines)" "from me@example.org
host mail.example.net
port 465
tls on
tls_starttls off
auth on
user me@example.org
password_file ~/.config/qsendmail/password"
has "the other one is named" out '# It also names smtp.example.net port 587'
has "a warning" out 'Without DNSSEC'
has "the relay was asked for the domain" fake/asked.json \
	'"lookup": "example.org"'
works "they are settings, too"
FAKE_SRV='submission 587 mail.example.net;submissions 0 .' \
	run "$QSENDMAIL" --configure me@example.org
is "STARTTLS, and another service that is not there" \
	"$(lines | sed -n '2,5p' | tr '\n' ' ')" \
	"host mail.example.net port 587 tls on tls_starttls on "
hasnt "which nobody needs to know" out 'also names'

run "$QSENDMAIL" --configure me@example.org
is "nothing found" "$status" 69
is "one line says so" "$(cat err)" \
	"qsendmail: no submission server is known for example.org: fill in the line host of the settings"
is "the host is left open" "$(grep -n '^#host ' out | cut -d: -f2)" \
	"#host smtp.example.org"
sed 's/^#host /host /' out > filled && cp filled out
works "with the host it is a settings file"
rm -f fake/asked.json
run "$QSENDMAIL" --configure 'me@[192.0.2.1]'
is "an address literal has no records" "$status$(ls fake)" 69
FAKE_SRV='submissions 0 .' run "$QSENDMAIL" --configure me@example.org
is "no service" "$status$(cat out)" 69
FAKE_FAULT='local any 0 75 the DNS does not answer' \
	run "$QSENDMAIL" --configure me@example.org
is "no DNS" "$status$(cat out err)" "75qsendmail: the DNS does not answer"
FAKE_DIE=start run "$QSENDMAIL" --configure me@example.org
is "no relay" "$status$(cat out)" 75
has "says so" err 'ended before its work was done'

FAKE_SRV='submissions 465 mail.example.net' \
	run "$QSENDMAIL" --configure '"a b\"c"@example.org'
is "a strange name" "$status$(cat err)" 0
works "is in a settings file"
printf 'Subject: hi\n\nhello\n' > in
run "$QSENDMAIL" -C settings --dry-run a@example.net < in
is "as it was, letter by letter" "$(sed -n 1p err)" \
	'MAIL FROM:<"a b\"c"@example.org>'

printf 'nonsense\n' > .qsendmailrc
run "$QSENDMAIL" --configure me@qq.com
is "a settings file that is broken does not matter" "$status" 0
rm .qsendmailrc
is "nothing was written" "$(find . -newer settings -type f ! -name 'settings' \
	! -name in ! -name out ! -name err ! -name '.ok' ! -path './fake/*')" ""
finish
