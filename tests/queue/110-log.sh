#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The log of the queue, counted by pflogsumm as that of a Postfix.
. "$srcdir/tests/lib/lib.sh"

counter=/usr/sbin/pflogsumm
[ -x "$counter" ] || counter=$POSTFIX_TREE$counter
[ -x "$counter" ] || skip_all "pflogsumm is not there"

ok "a log is written" "$builddir/tests/unit/test_eventlog" "$T/log"
run "$counter" --syslog-name=qsendmail --problems-first --detail 20 log
is "pflogsumm reads it" "$status$(cat err)" 0

# total NAME: its number among the grand totals
total() { sed -n "s/^ *\([0-9][0-9k]*\)  *$1 *\((.*)\)*\$/\1/p" out | head -1; }
is "mails received; a notice of ours is none" "$(total received)" 2
is "delivered: for each recipient" "$(total delivered)" 3
is "deferred" "$(total deferred)" 2
is "bounced" "$(total bounced)" 1
is "octets received, without the notice" "$(total 'bytes received')" 6000
is "octets delivered" "$(total 'bytes delivered')" 2700
is "senders" "$(total senders)" 2
is "recipients who got something" "$(total recipients)" 3

# section TITLE: its lines, blanks made one, octets in front
section()
{
	awk -v title="$1" 'index($0, title) == 1 { on = 1; next }
		on && /^[^ -]/ { exit }
		on && NF && !/^-/ { $1 = $1; print }' out
}
is "senders by their octets" "$(section 'top 20 Senders by message size')" \
	"5000 you@example.com
1000 me@example.org"
is "recipients by their mails" "$(section 'top 20 Recipients by message count' | sort)" \
	"1 a@example.net
1 b@example.net
1 me@example.org"
is "why mail waits, by the words of the server" \
	"$(section 'message deferral detail')" \
	"smtp (top 20) (total: 2)
1 4.7.1 come [later]
1 $(sed -n 's/.*status=deferred (\([^4].*\))$/\1/p' log)"
is "why it came back, whatever those say" \
	"$(section 'message bounce detail')" \
	"smtp.example.org:465 (top 20) (total: 1)
1 5.1.1 no], status=sent [x"
is "warnings" "$(section Warnings)" \
	"runner (top 20) (total: 1)
1 account qq pauses"
is "the note stands in the log once" "$(grep -c 'runner\[[0-9]*\]: warning' log)" 1

# A line that pflogsumm does not understand would be a mail without a sender.
hasnt "every mail has its sender and size" out "no size"
finish
