#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What is written to logs: msmtp's line, and JSON.
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay" FAKE_DIR="$T/sent"
export QSENDMAIL_TEST_SYSCONFDIR="$T/none" QSENDMAIL_TEST_TIME=1795457314
mkdir sent
printf '%s\n' 'host smtp.example.org' 'port 587' 'tls on' 'auth on' \
	'user me@example.org' 'from me@example.org' 'password secret' \
	"logfile $T/log" > rc
chmod 600 rc
printf 'Message-ID: <m1@x>\nDate: Mon, 23 Nov 2026 12:00:00 +0800\nFrom: me@example.org\nSubject: s\n\nbody\n' > mail

# logged ARGUMENT...: the log of one call
logged()
{
	rm -f log
	run "$QSENDMAIL" -C rc "$@" < mail
	[ ! -e log ] || cat log
}
size=$(($(wc -c < mail) + $(wc -l < mail)))
head="Nov 23 18:08:34 host=smtp.example.org tls=on auth=on user=me@example.org from=me@example.org"

is "a success" "$(logged a@x b@x)" "$head recipients=a@x,b@x mailsize=$size \
smtpstatus=250 smtpmsg='250 OK: queued as.' exitcode=EX_OK"
is "the log is for its owner" "$(stat -c %a log)" 600
FAKE_REFUSE="a@x=550 it's no"; export FAKE_REFUSE
is "a refusal: no size, an error, no quote within quotes" "$(logged a@x)" \
	"$head recipients=a@x smtpstatus=550 smtpmsg='550 it?s no' \
errormsg='the server refused the recipient' exitcode=EX_UNAVAILABLE"
is "of several outcomes the first that is no success" "$(logged c@x a@x b@x)" \
	"$head recipients=c@x,a@x,b@x smtpstatus=550 smtpmsg='550 it?s no' \
errormsg='the server refused the recipient' exitcode=EX_UNAVAILABLE"
FAKE_REFUSE=$(printf 'a@x=450 a\033[2Jb')
is "control characters are shown" "$(logged a@x)" \
	"$head recipients=a@x smtpstatus=450 smtpmsg='450 a\\x1b[2Jb' \
errormsg='the server cannot take mail for this recipient now' exitcode=EX_TEMPFAIL"
unset FAKE_REFUSE
FAKE_FAULT='login 5xx 535 0 Login Fail'; export FAKE_FAULT
is "a refused login" "$(logged a@x)" "$head recipients=a@x smtpstatus=535 \
smtpmsg='535 Login Fail' errormsg='the server refused the login' exitcode=EX_NOPERM"
FAKE_FAULT='connect lost 0 0 Connection refused'
is "no connection: no reply" "$(logged a@x)" "$head recipients=a@x \
errormsg='no connection to the server: Connection refused' exitcode=EX_TEMPFAIL"
unset FAKE_FAULT
is "no login: no user" "$(logged --auth=off a@x)" \
	"Nov 23 18:08:34 host=smtp.example.org tls=on auth=off \
from=me@example.org recipients=a@x mailsize=$size smtpstatus=250 smtpmsg='250 OK: \
queued as.' exitcode=EX_OK"
is "no relay: the mail is logged, too" \
	"$(QSENDMAIL_RELAY=/nonexistent logged a@x | sed "s/errormsg='.*'/errormsg=/")" \
	"$head recipients=a@x errormsg= exitcode=EX_UNAVAILABLE"
is "the null sender" "$(logged -f '' a@x | grep -o 'from=.* mail')" \
	'from= recipients=a@x mail'
is "nothing is logged when nothing was to be sent" "$(logged)" ""

# The time.
time_of() { logged "$@" a@x | sed 's/host=.*//'; }
is "logfile_time_format" "$(time_of --logfile-time-format=%Y-%m-%d)" \
	"2026-11-23 "
is "an empty one is the default" "$(time_of --logfile-time-format=)" \
	"Nov 23 18:08:34 "
is "none is none" "$(time_of --logfile-time-format=none)" ""
export TZ=CST-8
is "in local time" "$(time_of --logfile-time-format=%T%z)" "02:08:34+0800 "
unset TZ
rm -f log
run "$QSENDMAIL" -C rc --logfile=- a@x < mail
has "- is standard output" out "host=smtp.example.org tls=on"
is "and no file" "$(ls log 2>&1 | grep -c '^log$')" 0

# The same in JSON. check EXPRESSION: about o, the objects of the log
check()
{
	"$PYTHON" -c 'import json, sys
o = [json.loads(line) for line in open("log", encoding="utf-8", newline="\n")]
print(eval(sys.argv[1]))' "$1"
}
printf 'log_format json\n' >> rc
logged a@x b@y > text
is "an object for each recipient" "$(check '[x["recipient"] for x in o]')" \
	"['a@x', 'b@y']"
ms=$(check 'o[0].pop("duration_ms")')
ok "how long it took is a number" test "$ms" -ge 0
"$PYTHON" -c 'import json
o = json.loads(open("log").readline())
o.pop("duration_ms")
print(json.dumps(o, indent=0))' > object
is "all its members, in order" "$(cat object)" '{
"time": "2026-11-23T18:08:34+00:00",
"account": "default",
"host": "smtp.example.org",
"port": 587,
"tls": "on",
"user": "me@example.org",
"sender": "me@example.org",
"recipient": "a@x",
"size": '"$size"',
"message_id": "<m1@x>",
"outcome": "done",
"stage": "content",
"code": 250,
"dsn": "",
"reply": "OK: queued as.",
"queue_id": "",
"exit_status": 0
}'
FAKE_DOT='250 2.0.0 Ok: queued as 4711' logged a@x > text
is "the server's name of the mail" \
	"$(check '[o[0][k] for k in ("dsn", "queue_id")]')" "['2.0.0', '4711']"
FAKE_REFUSE='b@x=550 5.1.1 queued as nobody;c@x=451 later' \
	logged a@x b@x c@x > text
is "each with its own outcome" "$(check '[[x[k] for k in ("recipient",
	"outcome", "stage", "code", "dsn", "queue_id", "exit_status")] for x in o]')" \
	"[['a@x', 'done', 'content', 250, '', '', 69], \
['b@x', 'reject', 'rcpt', 550, '5.1.1', '', 69], \
['c@x', 'retry', 'rcpt', 451, '', '', 69]]"
FAKE_DIE=dot logged a@x > text
is "a mail whose end is not known" "$(check 'o[0]["outcome"]')" unconfirmed
FAKE_FAULT='login 5xx 535 0 5.7.8 Login Fail' logged a@x b@x > text
is "a refused login, for each" "$(check '[[x[k] for k in ("recipient",
	"outcome", "stage", "code", "dsn", "reply", "exit_status")] for x in o]')" \
	"[['a@x', 'retry', 'login', 535, '5.7.8', '5.7.8 Login Fail', 77], \
['b@x', 'retry', 'login', 535, '5.7.8', '5.7.8 Login Fail', 77]]"
FAKE_FAULT='connect lost 0 0 Connection refused' logged a@x > text
is "no connection" "$(check '[o[0][k] for k in ("outcome", "stage", "code",
	"reply", "exit_status")]')" "['retry', 'connect', 0, 'no connection to \
the server: Connection refused', 75]"
QSENDMAIL_RELAY=/nonexistent logged a@x > text
is "no relay" "$(check '[o[0][k] for k in ("outcome", "stage", "code",
	"exit_status")]')" "['retry', 'local', 0, 69]"
FAKE_REFUSE="$(printf 'a@x=550 \320\324 "\\\033\377 \342\200\250')" logged a@x > text
is "any octets make valid JSON" "$(check 'len(o)')" 1
FAKE_REFUSE="$(printf 'a@x=550 \325\312\272\305')" logged a@x > text
is "GBK is read" "$(check 'o[0]["reply"]')" 帐号
sed '1s/.*/Message-ID: <\xff"\\@x>/' mail > odd
mv odd mail
logged 'b@网.example' > text
is "names beyond ASCII" "$(check 'o[0]["recipient"]')" b@网.example
export TZ=NST3:30
logged a@x > text
is "a zone of half hours" "$(check 'o[0]["time"]')" 2026-11-23T14:38:34-03:30
unset TZ
run "$QSENDMAIL" -C rc --log-format=xml a@x < mail
is "another format is 64" "$status" 64

# A log never fails a mail, nor delays it for ever.
for i in /nonexistent/log /dev/full "$T"; do
	run "$QSENDMAIL" -C rc --logfile="$i" a@x < mail
	is "$(basename "$i") cannot be written: the mail is sent" \
		"$status $(cat err)" "0 "
done
finish
