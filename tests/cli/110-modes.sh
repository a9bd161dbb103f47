#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Called as sendmail, mailq, newaliases: modes other than sending one mail.
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay" FAKE_DIR="$T/sent"
export QSENDMAIL_TEST_SYSCONFDIR="$T/none"
mkdir -p sent bin .config/qsendmail
cat > .config/qsendmail/config <<'END'
account default
host smtp.example.org
from me@example.org
END
chmod 600 .config/qsendmail/config
for i in sendmail mailq newaliases sendmail.qsendmail runq hoststat; do
	ln -s "$QSENDMAIL" bin/$i
done
# none WHAT: nothing was said and nothing sent
none() { is "$1" "$status$(cat out err)$(ls sent)" 0; }

run bin/mailq
is "mailq says that the queue is empty" "$status$(cat out err)" \
	"0Mail queue is empty"
run bin/sendmail -bp
is "so does sendmail -bp" "$status$(cat out err)" "0Mail queue is empty"
run "$QSENDMAIL" -bp -qRjoe
is "with a selection, too" "$status$(cat out err)" "0Mail queue is empty"
run bin/newaliases
none "newaliases succeeds in silence"
run bin/sendmail -bi -oA/etc/mail/aliases
none "so does sendmail -bi"
run bin/sendmail -I
none "and sendmail -I"
run bin/hoststat
none "and hoststat"
run bin/sendmail -bH
none "and sendmail -bH"
for i in -q -qf -q0 -qIabc '-q!Rx' -Qbad; do
	run bin/sendmail $i < /dev/null
	none "sendmail $i succeeds: nothing is queued"
done
run bin/runq
none "runq too"
lock=$QSENDMAIL_TEST_SPOOLDIR/lock
export QSENDMAIL_TEST_SPOOLDIR
printf 'queue_log %s\nlisten %s\nspool %s\n' "$T/log" "$T/s" \
	"${lock%/lock}" >> .config/qsendmail/config
# service WHAT LETTERS...: a service comes, says nothing, and goes
service()
{
	name=$1; shift
	run bin/sendmail "$@" < /dev/null
	none "$name: in the background when it is there"
	read -r kind pid < "$lock"
	is "$name: it watches the queue" "$kind" service
	kill -TERM "$pid"
	ok "$name: SIGTERM ends it" tests_wait "$pid"
}
# tests_wait PID: until that process has ended
tests_wait() { "$PYTHON" -c 'import os, sys, time
end = time.monotonic() + 120
while os.path.exists("/proc/" + sys.argv[1]) and time.monotonic() < end:
    time.sleep(0.02)
sys.exit(os.path.exists("/proc/" + sys.argv[1]))' "$1"; }
service "-q15m" -q15m
service "-qp" -qp
service "-bd -q1h" -bd -q1h
printf 'Subject: s\n\nt\n' > in
run bin/sendmail -q a@x.org < in
is "-q with a recipient is 64: nothing was sent" "$status$(ls sent)" 64
run bin/sendmail -bt < /dev/null
is "-bt is 64" "$status" 64
is "with one line" "$(cat err)" \
	"qsendmail: -bt: there are no rewriting rules to test; -bv ADDRESS says where a mail would go"
run bin/sendmail -Mrm 1abc-000001-00 < in
is "an operation on Exim's queue is 64: nothing was sent" "$status$(ls sent)" 64
run bin/sendmail.qsendmail --attach /etc/passwd a@x.org < in
is "a name with a suffix is strict" "$status" 64
run bin/sendmail.qsendmail -i a@x.org < in
is "and sends" "$status$(echo sent/*)" "0sent/1.eml sent/1.json"
rm sent/*

# -bv: what would become of a mail.
run bin/sendmail -bv joe@example.net root '<jim@example.net>,ann@example.net'
is "-bv says where each address goes" "$(cat out)" \
"joe@example.net... deliverable: mailer smtp, host smtp.example.org, user joe@example.net
root... deliverable: mailer smtp, host smtp.example.org, user me@example.org
jim@example.net... deliverable: mailer smtp, host smtp.example.org, user jim@example.net
ann@example.net... deliverable: mailer smtp, host smtp.example.org, user ann@example.net"
is "and succeeds, sending nothing" "$status$(cat err)$(ls sent)" 0
run "$QSENDMAIL" -bv --maildomain home.example root
is "with maildomain a bare name goes there" "$(cat out)" \
	"root... deliverable: mailer smtp, host smtp.example.org, user root@home.example"
run bin/sendmail -bv 'a b@x' joe@example.net ''
is "an address that is none is 67" "$status" 67
is "those behind it are looked at" "$(cat out)" \
	"joe@example.net... deliverable: mailer smtp, host smtp.example.org, user joe@example.net"
is "each has a line" "$(grep -c '^qsendmail: ' err)" 2
run "$QSENDMAIL" -bv --local_recipient 'a b@x' root
is "a wrong setting is 78" "$status" 78
printf 'account default\nhost h\nfrom a@x\neval echo\n' > rc
FAKE_SETTING='from eval@example.org' run "$QSENDMAIL" -C rc -bv root
is "what eval lines make counts" "$(cat out err)" \
	"root... deliverable: mailer smtp, host h, user eval@example.org"
run bin/sendmail -bv
is "-bv alone is 64" "$status" 64
finish
