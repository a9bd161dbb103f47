#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Settings as users see them: --settings, files, environment, eval lines run
# by the real relay (which needs no network for that), and what is refused.
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_TEST_SYSCONFDIR="$T/sys"
mkdir sys

# shown NAME: value and origin of a setting in the output
shown()
{
	awk -v name="$1" \
		'$1 == name { sub(/^[^ ]* +/, ""); gsub(/ +/, " "); print }' out
}

run "$QSENDMAIL" --settings
is "without any account: a fault of the settings" "$status" 78
is "one line that names the two lines to write" "$(cat out err)" \
'qsendmail: no account is configured: write the two lines "from YOU@qq.com" and "passwordeval COMMAND" into ~/.qsendmailrc, or use --from'

cat > .qsendmailrc <<'END'
# a comment
defaults
timeout 30
password hunter2

account default
from 1@qq.com
END
chmod 600 .qsendmailrc
run "$QSENDMAIL" --settings
is "--settings succeeds" "$status$(cat err)" 0
is "a setting of the account" "$(shown from)" "1@qq.com # account, $T/.qsendmailrc:7"
is "one of defaults" "$(shown timeout)" "30 # defaults, $T/.qsendmailrc:3"
is "one of the provider" "$(shown host | sed 's/,.*//')" "smtp.qq.com # provider"
is "a built-in one" "$(shown tls_certcheck)" "on # built-in"
is "a password is only said to be there" "$(shown password)" \
	"(set) # defaults, $T/.qsendmailrc:4"
hasnt "and never shown" out hunter2
run "$QSENDMAIL" --settings --timeout 5 --set-from-header off
is "the command line counts more" "$(shown timeout)" "5 # command line"
is "with a value of its own" "$(shown set_from_header)" "off # command line"
run "$QSENDMAIL" --settings --host mail.example.org
is "--host starts from nothing" "$(shown password)$(shown from)" ""

# The environment.
run env QSENDMAIL_URL=smtps://me:hunter3@mail.example.org "$QSENDMAIL" --settings
is "the environment's account" "$(shown host) $(shown port)" \
	"mail.example.org # environment 465 # built-in"
hasnt "its password is not shown either" out hunter3
is "nothing of the files is in it" "$(shown timeout)" "off # built-in"
run env QSENDMAIL_URL=smtps://me@mail.example.org "$QSENDMAIL" -a default --settings
is "it changes no account of a file" "$(shown host | sed 's/,.*//')" \
	"smtp.qq.com # provider"
run env QSENDMAIL_NOSUCH=1 "$QSENDMAIL" --settings
is "an unknown variable is a fault" "$status$(cat err)" \
	"78qsendmail: QSENDMAIL_NOSUCH is unknown (qsendmail(1) has the list)"

# Mistakes.
printf 'from a@example.org\npasswort hunter2\n' > bad
chmod 600 bad
run "$QSENDMAIL" -C bad --settings
is "a mistake has file and line, but not the line itself" "$status$(cat err)" \
	"78qsendmail: bad:2: unknown keyword (qsendmailrc(5) has the list)"
printf 'tls maybe\n' > bad
run "$QSENDMAIL" -C bad --settings
is "a bad value is shown with what is expected" "$(cat err)" \
	'qsendmail: bad:1: tls "maybe": expected on or off'
printf 'host a\ntls_priorities NORMAL:+VERS-SSL3.0\n' > bad
run "$QSENDMAIL" -C bad --settings
is "so is a wish about TLS that cannot be granted" "$status" 78
has "by the word and its place" err \
	'bad:2: tls_priorities "NORMAL:+VERS-SSL3.0": "+VERS-SSL3.0"'
run "$QSENDMAIL" -C missing --settings
is "a file that is missing" "$status" 66
printf 'host a\npassword hunter2\n' > open
chmod 644 open
run "$QSENDMAIL" -C open --settings
is "a password that everybody can read is refused" "$status" 78
has "with what to do" err "chmod "
hasnt "not showing it" err hunter2

# A pipe instead of a file, as the shell makes it for <(...).
mkfifo pipe
run "$QSENDMAIL" -C pipe --settings
is "a pipe that nobody writes to is no file to read" "$status$(cat err)" \
	"66qsendmail: pipe is a pipe, and nothing comes out of it"
printf 'host a\neval echo timeout 7\n' > pipe &
run "$QSENDMAIL" -C pipe --settings
is "what is written to a pipe is read" "$status $(shown host)" \
	"0 a # account, pipe:1"
is "and once more by the relay" "$(shown timeout | sed 's/ .*//')" 7
printf 'host b\neval echo timeout 8\n' | "$QSENDMAIL" -C /dev/stdin \
	--settings > out
is "standard input can be one" "$(shown host) $(shown timeout |
	sed 's/ .*//')" "b # account, /dev/stdin:1 8"

# The words of msmtp.
printf 'from %%U@%%H\nhost a\n' > words
run env USER=joe HOSTNAME=h.example "$QSENDMAIL" -C words --pretend root
is "--pretend shows the settings, whatever recipients there are" \
	"$status $(shown from)" "0 joe@h.example # account, words:1"

# eval, by the relay.
cat > evals <<'END'
account default
eval echo host mail.example.org
eval echo timeout 7
timeout 8
eval echo password hunter2
END
chmod 600 evals
run "$QSENDMAIL" -C evals --settings
is "eval lines are run" "$status$(cat err) $(shown host)" \
	"0 mail.example.org # account, eval in evals"
is "a later line counts more" "$(shown timeout)" "8 # account, evals:4"
hasnt "no password comes back from the relay" out hunter2
printf 'eval echo from 1@qq.com\n' > evals
run "$QSENDMAIL" -C evals --settings
is "a sender from an eval line has its provider" \
	"$(shown host | sed 's/,.*//')" "smtp.qq.com # provider"
printf 'eval echo password hunter2\n' > evals
run "$QSENDMAIL" -C evals --settings --from 1@qq.com
is "a password from an eval line does not go wherever a sender says" \
	"$status$(cat err)" '78qsendmail: account default names neither host nor from: add "from ADDRESS" (of a known provider) or "host NAME"'
printf 'host a\neval exit 3\n' > evals
run "$QSENDMAIL" -C evals --settings
is "a command that fails" "$status" 78
has "is named with its line" err "evals:2: eval: command \"exit 3\" ended with status 3"
touch ran
printf 'account default\nhost a\naccount b\nhost b\neval rm ran\n' > evals
run "$QSENDMAIL" -C evals --settings
ok "the eval lines of other accounts are not run" test -e ran

# Called as sendmail.
printf 'host a\n' > theirs
chmod 666 theirs
run "$QSENDMAIL" --sendmail -C theirs a@example.org < /dev/null
is "called as sendmail, -C refuses a file that others can write" "$status" 77
run "$QSENDMAIL" --sendmail --passwordeval 'touch hacked' a@example.org < /dev/null
is "and there are no words" "$status" 64
ok "nothing was run" test ! -e hacked
finish
