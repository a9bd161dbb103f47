#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Wishes about notices (RFC 3461): from letters and settings into the job.
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay" FAKE_DIR="$T/sent"
export QSENDMAIL_TEST_SYSCONFDIR="$T/none"
mkdir sent
printf 'host smtp.example.org\nfrom me@example.org\n' > plain
printf '%s\n' 'host smtp.example.org' 'from me@example.org' \
	'dsn_notify failure,DELAY' 'dsn_return headers' > wishing
printf 'To: a@x.org\nSubject: s\n\nbody\n' > mail

# wishes RC ARGUMENT...: what the job of such a call says
wishes()
{
	rc=$1; shift
	rm -f sent/*
	run "$QSENDMAIL" -C "$rc" "$@" a@x b@x < mail
	[ "$status" -eq 0 ] || { cat err; return; }
	"$PYTHON" -c 'import json
j = json.load(open("sent/1.json"))
print(j.get("ret", "-"), j.get("envid", "-"), *sum(j["wishes"], []))'
}
NEVER="notify NEVER notify NEVER"

is "nothing is wished by itself" "$(wishes plain)" "- -"
is "-N goes to each recipient" "$(wishes plain -N never)" "- - $NEVER"
is "-R is about the mail" "$(wishes plain -R hdrs)" "HDRS -"
is "-R full" "$(wishes plain -Rfull)" "FULL -"
is "-V names the mail" "$(wishes plain -V id42)" "- id42"
is "-V encodes what needs it" "$(wishes plain -V '1+1 = 2')" "- 1+2B1+20+3D+202"
is "-V takes xtext as it is" "$(wishes plain -V 1+2B1)" "- 1+2B1"
is "an empty -V is none" "$(wishes plain -V '')" "- -"
is "all of them, glued, in any case" \
	"$(wishes plain -NSuccess,FAILURE -RHDRS -Vx)" \
	"HDRS x notify SUCCESS,FAILURE notify SUCCESS,FAILURE"
is "the settings do the same" "$(wishes wishing)" \
	"HDRS - notify FAILURE,DELAY notify FAILURE,DELAY"
is "the command line wins" "$(wishes wishing -N never -R full)" "FULL - $NEVER"
is "also to take a wish back" "$(wishes wishing --dsn-notify=off \
	--dsn-return off)" "- -"
is "the words of msmtp" "$(wishes plain --dsn-notify=success,failure,delay \
	--dsn-return=headers)" "HDRS - notify SUCCESS,FAILURE,DELAY notify \
SUCCESS,FAILURE,DELAY"
is "the environment" "$(QSENDMAIL_DSN_NOTIFY=never QSENDMAIL_HOST=h \
	QSENDMAIL_FROM=me@x; export QSENDMAIL_DSN_NOTIFY QSENDMAIL_HOST \
	QSENDMAIL_FROM; wishes /dev/null -a env)" "- - $NEVER"
ln -s "$QSENDMAIL" sendmail
mkdir -p .config/qsendmail
cp plain .config/qsendmail/config
rm -f sent/*
run ./sendmail -N never -i a@x < mail
is "called as sendmail as well" "$(SERVER_DIR=sent fact 1 wishes)" \
	'[["notify NEVER"]]'

# What cannot be sent.
rm -f sent/*
refuse()
{
	name=$1; text=$2; shift 2
	run "$QSENDMAIL" -C plain "$@" a@x < mail
	is "$name is 64" "$status" 64
	has "... $text" err "$text"
}
refuse "another word for -N" '-N: --dsn-notify "sometimes": expected off' -N sometimes
refuse "never with something else" '-N: --dsn-notify' -N never,failure
refuse "another word for -R" '-R: --dsn-return "body": expected off' -R body
refuse "a line end in -V" '-V: the value has a control character' \
	-V "$(printf 'a\nRCPT TO:<b@x>')"
refuse "a tab in -V" '-V "a\x09b": expected printable ASCII' \
	-V "$(printf 'a\tb')"
refuse "an encoded line end in -V" '-V "a+0D+0AX": expected' -V a+0D+0AX
refuse "what a notice cannot show in -V" '-V "网": expected' -V 网
refuse "more than 100 characters" '-V "1000' -V "$(printf 1%0100d 0)"
is "nothing was sent" "$(ls sent)" ""
printf 'host h\nfrom a@x\ndsn_notify failure delay\n' > wrong
run "$QSENDMAIL" -C wrong a@x < mail
is "a wrong setting is 78" "$status" 78
has "with its place" err 'wrong:3: dsn_notify "failure delay": expected'

run "$QSENDMAIL" -C wishing -V 'a b' --dry-run a@x < mail
is "--dry-run shows the wishes" "$(cat err)" \
	"MAIL FROM:<me@example.org> RET=HDRS ENVID=a+20b
RCPT TO:<a@x> NOTIFY=FAILURE,DELAY"
finish
