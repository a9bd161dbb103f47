#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# As daemons call it: with no environment at all (but what leads to the relay
# of the test), from any directory, as any user.
. "$srcdir/tests/lib/lib.sh"

mkdir sent etc
chmod 777 sent
chmod 755 etc
printf '#!/bin/sh\nexec "%s" "%s"\n' "$PYTHON" "$srcdir/tests/lib/fakerelay" \
	> relay
chmod 755 relay
cat > etc/qsendmailrc <<END
host smtp.example.org
from host@example.org
aliases $T/etc/aliases
END
printf 'root: ann@x.org\nops: :include:ops\n' > etc/aliases
printf 'bob@x.org\nroot\n' > etc/ops
printf 'To: root\nSubject: s\n\nbody\n' > in
chmod 644 in etc/*

# bare COMMAND...: nothing in the environment
bare()
{
	rm -f sent/*
	run env -i QSENDMAIL_RELAY="$relay" FAKE_DIR="$T/sent" \
		QSENDMAIL_TEST_SYSCONFDIR="$T/etc" \
		QSENDMAIL_TEST_SOCKET="$T/no/socket" \
		${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
		${UBSAN_OPTIONS:+UBSAN_OPTIONS="$UBSAN_OPTIONS"} "$@" < in
	got=none
	[ ! -e sent/1.json ] || got=$(SERVER_DIR=sent fact 1 recipients)
}
relay=$T/relay
sm="$QSENDMAIL --sendmail"

for i in root "-i root" "-t" "-ti" "-oi -f root -- root" "-F Cron root" \
    "-f <> root" "-i -t -f root@host.example -oem -odi" "-B8BITMIME -oem root"
do
	bare $sm $i
	is "$i" "$status$(cat out err) $got" '0 ["ann@x.org"]'
done
bare $sm nobody ops
is "names with and without an alias" "$status$(cat out err) $got" \
	'0 ["host@example.org", "bob@x.org", "ann@x.org"]'
bare $sm -bi
is "newaliases" "$status$(cat out err)" 0
bare "$QSENDMAIL" --subject s --body b root
is "words as well" "$status$(cat out err) $got" '0 ["ann@x.org"]'
# What starts valgrind has to find it.
bare env HOME= USER= LOGNAME= PATH="${VALGRIND:+$PATH}" $sm root
is "variables that are empty" "$status$(cat out err) $got" '0 ["ann@x.org"]'
mkdir gone
bare sh -c 'cd "$0" && rmdir "$0" && exec "$@"' "$T/gone" $sm root
# The relay of the test is a script of a shell, which says so.
is "from a directory that is gone" \
	"$status$(cat out err | grep -v getcwd) $got" '0 ["ann@x.org"]'
bare sh -c 'exec "$@" >&- 2>&-' sh $sm root
is "without standard output and error" "$status$(cat out err) $got" \
	'0 ["ann@x.org"]'

# The home directory is that of the user database then.
home=$("$PYTHON" -c 'import os, pwd; print(pwd.getpwuid(os.getuid()).pw_dir)')
printf 'host smtp.example.org\nfrom host@example.org\naliases ~/no/such/file.qsendmail\n' \
	> etc/qsendmailrc
bare $sm root
is "~ without HOME" "$status$(cat out err) $got" \
	"78qsendmail: aliases: $home/no/such/file.qsendmail: No such file or directory none"
bare $sm ann@x.org
is "... which is not needed for an address" "$status$got" '0["ann@x.org"]'

# Other users, also such that the user database does not know.
as() { bare setpriv --reuid="$user" --regid="$user" --clear-groups "$@"; }
# A shell between: setpriv itself may enter more than what it starts.
can()
{
	setpriv --reuid=54321 --regid=54321 --clear-groups \
		sh -c '"$0" "$@"' "$@" > .ok 2>&1
}
python=$PYTHON
can "$python" -c 1 || python=/usr/bin/python3
if ! can "$QSENDMAIL" --version || ! can "$python" -c 1 || [ -n "$VALGRIND" ]
then
	skip "mail of other users" "not as root, or they cannot enter here"
	finish
fi
cp "$srcdir/tests/lib/fakerelay" fakerelay
chmod 644 fakerelay
printf '#!/bin/sh\nexec "%s" "%s"\n' "$python" "$T/fakerelay" > relay
for user in 65534 54321; do
	printf 'host smtp.example.org\nfrom host@example.org\naliases %s\n' \
		"$T/etc/aliases" > etc/qsendmailrc
	as $sm -t
	is "user $user: -t" "$status$(cat out err) $got" '0 ["ann@x.org"]'
	as $sm -i -F CronDaemon -oem root ops
	is "user $user: names" "$status$(cat out err) $got" \
		'0 ["ann@x.org", "bob@x.org"]'
	printf 'host smtp.example.org\nfrom host@example.org\naliases ~/no/such/file.qsendmail\n' \
		> etc/qsendmailrc
	as $sm root
	is "user $user: ~ is told, whatever it is" "$status $got" '78 none'
	has "... with the file" err "/no/such/file.qsendmail: No such file"
	chmod 600 etc/qsendmailrc
	as $sm root
	is "user $user: settings that are not for them are the service's" \
		"$status$(cat out err) $got" '0 ["root"]'
	is "... which knows who root is" \
		"$(SERVER_DIR=sent fact 1 settings | grep -o '"socket": "[^"]*"')" \
		"\"socket\": \"$T/no/socket\""
	chmod 644 etc/qsendmailrc
	printf 'host smtp.example.org\nfrom host@example.org\naliases %s\n' \
		"$T/etc/secret" > etc/qsendmailrc
	printf 'root: ann@x.org\n' > etc/secret
	chmod 600 etc/secret
	as $sm root
	is "user $user: aliases that are not for them stop the mail" \
		"$status$(cat out err) $got" \
		"78qsendmail: aliases: $T/etc/secret: Permission denied none"
done
finish
