#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Where errors are told: -oep, -oem, -oeq, -oew, -oee.
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay" FAKE_DIR="$T/sent"
export QSENDMAIL_TEST_SYSCONFDIR="$T/none"
mkdir -p sent
cat > .qsendmailrc <<'END'
account default
host smtp.example.org
from me@example.org
account qq
from 10001@qq.com
END
chmod 600 .qsendmailrc
printf 'Subject: s\nMessage-ID: <one@x>\n\ntext\n' > in
refused='qsendmail: <a@x>: the server refused the recipient: 550 5.1.1 no such user'
# send OPTION...: to a@x, who is refused, and b@x
send() { rm -f sent/*; FAKE_REFUSE="a@x=550 5.1.1 no such user$more" \
	run "$QSENDMAIL" --sendmail -i "$@" a@x b@x < in; }
more=
for i in -oep -oem -oew -ep '-O ErrorMode=m'; do
	send $i
	is "$i: a line on standard error, and the status" \
		"$status$(cat out err)" "69$refused"
done
send -oeq
is "-oeq: the status only" "$status$(cat out err)" 69
send -eq -f ''
is "-eq with the null sender, too" "$status$(cat out err)" 69
FAKE_FAULT='login 5xx 535 0 Login Fail' send -oeq
is "-oeq: also when the login is refused" "$status$(cat out err)" 77
run "$QSENDMAIL" --sendmail -oeq -i < in
is "-oeq: also without a recipient" "$status$(cat out err)" 64
run "$QSENDMAIL" --sendmail -oeq -z a@x < in
is "but a wrong command line is told" "$status$(cat out err)" \
	"64qsendmail: -z is unknown (see --help)"

# -oee: a report instead.
send -oee
is "-oee: nothing is said, and 0" "$status$(cat out err)" 0
has "the mail went to the other one" sent/1.eml 'Message-ID: <one@x>'
is "the report goes to the sender" "$(SERVER_DIR=sent fact 2 recipients)" \
	'["me@example.org"]'
is "from the null reverse-path" "$(SERVER_DIR=sent fact 2 sender)" '""'
has "it is from the account" sent/2.eml \
	'From: Mail Delivery System <me@example.org>'
has "it says who has not got the mail" sent/2.eml 'Final-Recipient: rfc822; a@x'
hasnt "and nothing of who has" sent/2.eml 'rfc822; b@x'
has "why not" sent/2.eml 'Diagnostic-Code: smtp; 550 5.1.1 no such user'
has "as whose server said" sent/2.eml 'Remote-MTA: dns; smtp.example.org'
has "and has the mail" sent/2.eml 'Message-ID: <one@x>'
send -oee -f bounces@example.org
is "-oee: the sender is the one of -f" "$(SERVER_DIR=sent fact 2 recipients)" \
	'["bounces@example.org"]'
rm -f sent/*
FAKE_REFUSE='a@x=450 later' run "$QSENDMAIL" --sendmail -oee a@x < in
is "-oee: what failed for now is reported as well" "$status$(cat out err)" 0
has "with its status" sent/1.eml 'Status: 4.0.0'
rm -f sent/*
FAKE_REFUSE='a@x=550 no' run "$QSENDMAIL" -a qq -oee a@x < in
is "-oee: a provider that takes only the login gets it" \
	"$(SERVER_DIR=sent fact 1 sender)$(SERVER_DIR=sent fact 1 recipients)" \
	'"10001@qq.com"["10001@qq.com"]'
has "in From, too" sent/1.eml 'From: Mail Delivery System <10001@qq.com>'
rm -f sent/*
run "$QSENDMAIL" --sendmail -oee b@x < in
is "-oee: no report about a mail that all have got" \
	"$status$(cat out err)$(echo sent/*)" "0sent/1.eml sent/1.json"
more=';me@example.org=550 no'
send -oee
is "-oee: a report that is refused leaves the true status" "$status" 69
is "and all is told" "$(cat err)" "$refused
qsendmail: -oee: no report could be sent to <me@example.org>, either"
more=
send -oee -f '<>'
is "-oee: nobody to report to leaves the true status" "$status" 69
is "and all is told, too" "$(cat err)" "$refused
qsendmail: -oee: the mail has no sender to report to"
FAKE_FAULT='login 5xx 535 0 Login Fail' send -oee
is "-oee: a refused login would refuse the report: 77" "$status" 77
is "which is told once" "$(cat err)" \
	"qsendmail: smtp.example.org port 25: the server refused the login: 535 Login Fail (check user and password)"
FAKE_REFUSE='a@x=550 no' "$QSENDMAIL" --sendmail -i -v -oee a@x b@x < in \
	> /dev/full 2> err
is "-oee with a dialogue that nobody could be shown: the report counts" \
	"$?$(cat err)" 0
for i in never success delay,success; do
	send -oee -N $i
	is "-oee -N $i: no report, but the line and the status" \
		"$status$(cat out err)$(echo sent/*)" \
		"69${refused}sent/1.eml sent/1.json"
done
send -oee -N success,failure
is "-oee -N success,failure: a report" \
	"$status$(cat out err)$(echo sent/2.json)" "0sent/2.json"
FAKE_DIE=before send -oee
is "-oee: a relay that has died sends no report: 75" "$status" 75
has "which is told" err 'no report could be sent'
FAKE_DIE=lost run "$QSENDMAIL" --sendmail -i -oee b@x < in
is "-oee: what a lost relay says of the mail is not about the report: 75" \
	"$status" 75
has "which is told" err 'no report could be sent'
run "$QSENDMAIL" --sendmail -oee < in
is "-oee: no recipient is told on standard error" "$status" 64
has "as ever" err 'no recipient: name one'
finish
