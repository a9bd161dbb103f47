#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Local names: who gets their mail, by the aliases file and by the settings,
# and that none of them ever is a recipient at the server.
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay" FAKE_DIR="$T/sent"
export QSENDMAIL_TEST_SYSCONFDIR="$T/none"
mkdir sent
cat > .qsendmailrc <<END
defaults
host smtp.example.org
from me@example.org

account default
aliases ~/aliases

account plain

account other
aliases $T/other
END
cat > aliases <<'END'
# who gets what
root: ann@x.org,
	operators	# of the day
operators: bob@x.org, Carl <carl@x.org>, \operators
team: :include:lists/team
webmaster: ROOT
dave: dave, dave@x.org
mailman: "|/usr/lib/mailman/mail/mailman post mailman"
archive: /var/mail/archive
one: two
two: three, one
empty:
END
mkdir lists
printf '# the team\nann@x.org, eve@x.org\n  dave\n' > lists/team
printf 'root: other@x.org\ndefault: rest@x.org\n' > other
printf 'To: root\nCc: Root, ann@x.org\nSubject: s\n\nbody\n' > in

# mail OPTION...: recipients are in $got, as JSON
mail()
{
	rm -f sent/*
	run "$QSENDMAIL" "$@" < in
	got=none
	[ ! -e sent/1.json ] || got=$(SERVER_DIR=sent fact 1 recipients)
}

mail root
is "an alias of two, one of them another alias, and one name at its end" \
	"$got" '["ann@x.org", "bob@x.org", "carl@x.org", "me@example.org"]'
is "in silence" "$status$(cat out err)" 0
has "the message still has the name" sent/1.eml "To: root"
mail -t
is "the same from the header, each once" "$got" \
	'["ann@x.org", "bob@x.org", "carl@x.org", "me@example.org"]'
mail "root, operators" x@y webmaster
is "lists of operands, addresses among them" "$got" \
	'["ann@x.org", "bob@x.org", "carl@x.org", "me@example.org", "x@y"]'
mail root+cron@x.org ann@X.ORG
is "an address with a domain is no alias" "$got" \
	'["root+cron@x.org", "ann@X.ORG"]'
mail team
is "an included file, beside the aliases file" "$got" \
	'["ann@x.org", "eve@x.org", "me@example.org", "dave@x.org"]'
mail --maildomain home.example dave nobody
is "a name without an alias, or at the end of one, gets maildomain" "$got" \
	'["dave@home.example", "dave@x.org", "nobody@home.example"]'
mail --local-recipient boss@x.org dave nobody
is "or goes to local_recipient" "$got" '["boss@x.org", "dave@x.org"]'
mail root+cron postmaster MAILER-DAEMON
is "detail, postmaster and MAILER-DAEMON are root's" "$got" \
	'["ann@x.org", "bob@x.org", "carl@x.org", "me@example.org"]'
mail -a other nobody root
is "default is for all others" "$got" '["rest@x.org", "other@x.org"]'
mail -a other --maildomain home.example nobody
is "before maildomain" "$got" '["rest@x.org"]'
mail -a plain root postmaster
is "without aliases everything goes to the account's own address" "$got" \
	'["me@example.org"]'
mail --aliases= root
is "an empty value is none" "$got" '["me@example.org"]'
mail --aliases other root
is "a file of the command line" "$got" '["other@x.org"]'
rm -f sent/*
run env QSENDMAIL_URL=smtp://smtp.example.org QSENDMAIL_FROM=e@x.org \
	QSENDMAIL_ALIASES="$T/other" "$QSENDMAIL" root < in
is "or of the environment" "$(SERVER_DIR=sent fact 1 recipients)" \
	'["other@x.org"]'

# localhost
mail root@localhost Root@LOCALHOST.localdomain 'root@[127.0.0.1]'
is "localhost is no domain" "$got" \
	'["ann@x.org", "bob@x.org", "carl@x.org", "me@example.org"]'
mail root@localhost.example.org root@mail.localhost
is "but others that look like it are" "$got" \
	'["root@localhost.example.org", "root@mail.localhost"]'
mail --host localhost --from me@example.org root@localhost
is "a server on this machine has its own localhost" "$got" \
	'["root@localhost"]'
mail --host localhost --from me@example.org root
is "but gets no bare name either" "$got" '["me@example.org"]'
mail --host localhost --from me@example.org --auth on --user me root@localhost
is "one with a login is the way to a provider" "$got" '["me@example.org"]'

# What is refused, as a whole, before anything is sent.
refused()
{
	n=$1 line=$2; shift 2
	mail "$@"
	is "$n is 78, and nothing is sent" "$status$got" 78none
	is "... in one line with its place" "$(cat out err)" "qsendmail: $line"
}
refused "an alias that is a program" \
	"$T/aliases:8: mailman: mail is not handed to programs (|): write an address" \
	root mailman
refused "one that is a file" \
	"$T/aliases:9: archive: mail is not written to files (/): write an address" \
	archive
refused "a loop" \
	"$T/aliases:11: two: this alias leads back to itself: one -> two -> one" \
	one
refused "an alias without an address" \
	"$T/aliases:12: empty: the alias has no address" empty root
refused "a file that is missing" "aliases: $T/no: No such file or directory" \
	--aliases "$T/no" root
mail --aliases "$T/no" a@x.org
is "which stops no mail that needs no alias" "$status$got" '0["a@x.org"]'
printf 'root: :include:theirs\n' > evil
chmod 666 other
printf 'a@x.org\n' > theirs
chmod 666 theirs
refused "a file that everybody can write" \
	"aliases: $T/other says where mail goes, and other users can write to it: chmod o-w $T/other" \
	-a other root
refused "an included one" \
	"evil:1: :include:: theirs says where mail goes, and other users can write to it: chmod o-w theirs" \
	--aliases evil root
chmod 644 other

# newaliases
new() { run "$QSENDMAIL" --sendmail -bi "$@"; }
new
is "newaliases tells every mistake" "$status" 78
is "... with its place" "$(cat out err)" \
"qsendmail: $T/aliases:8: mailman: mail is not handed to programs (|): write an address
qsendmail: $T/aliases:9: archive: mail is not written to files (/): write an address
qsendmail: $T/aliases:11: two: this alias leads back to itself: one -> two -> one
qsendmail: $T/aliases:12: empty: the alias has no address"
sed -i '/^mailman/,$d' aliases
new
is "of a file without mistakes it says nothing" "$status$(cat out err)" 0
new -v
is "but with -v how many there are" "$status$(cat out err)" \
	"0$T/aliases: 5 aliases"
run "$QSENDMAIL" -v -bi -a other
is "of the account that was asked for" "$(cat out err)" "$T/other: 2 aliases"
printf 'Team: ann@x.org\n' >> aliases
new
is "a name given twice is told, and no failure" "$status$(cat out err)" \
	"0qsendmail: $T/aliases:8: alias team is there already: line 5 counts"
printf 'To: webmaster, bruno\nCc: carla, one\nReply-To: carla\n\nt\n' > names
cp aliases kept
printf 'bruno: operators2\noperators2: bob@x.org\ncarla: a@x.org, b@x.org\n' \
	>> aliases
rm -f sent/*
run "$QSENDMAIL" dave@x.org < names
has "a name in a field becomes the one address that it stands for" \
	sent/1.eml 'bruno <bob@x.org>'
has "and the account's own where these are several, or it stands for none" \
	sent/1.eml 'Cc: carla <me@example.org>, one <me@example.org>'
is "which is no matter to others" "$status$(cat err)" 0
mv kept aliases
rm -f sent/*
printf 'nonsense\n' >> aliases
new
is "a line that is none" "$status$(cat out err)" \
	"78qsendmail: $T/aliases:9: expected \"name: address\""
mail dave
is "stops mail to local names, too" "$status$got" 78none
mail dave@x.org
is "but not to others" "$status$got" '0["dave@x.org"]'
rm aliases
new
is "a file that is missing" "$status$(cat out err)" \
	"78qsendmail: aliases: $T/aliases: No such file or directory"
printf 'from me@example.net\n' > .qsendmailrc
new
is "an account without aliases is in order" "$status$(cat out err)" 0
printf 'aliases ~/aliases\n' > .qsendmailrc
printf 'root: a@x\n' > aliases
new -v
is "aliases of an account that cannot send yet" "$status$(cat out err)" \
	"0$T/aliases: 1 aliases"
printf 'aliasses x\n' > .qsendmailrc
new
is "a mistake in the settings is told" "$status" 78
rm .qsendmailrc
new
is "nothing configured at all is in order" "$status$(cat out err)" 0
finish
