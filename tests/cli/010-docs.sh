#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Manual, --help, example file and providers agree with the tables in src/.
. "$srcdir/tests/lib/lib.sh"

def=$srcdir/src/settings
AWK=${AWK:-awk}
export LC_ALL=C QSENDMAIL_TEST_SYSCONFDIR="$T/none"

# A finished page stands in the build tree, or came with the tarball.
page()
{
	if [ -f "$builddir/$1" ]; then echo "$builddir/$1"; else echo "$srcdir/$1"; fi
}
fill_in() { "$AWK" -v top="$srcdir" -f "$srcdir/man/settings.awk" "$1"; }
# names TABLE MACRO: the second argument of each row (the first of LETTER)
names() { sed -n "s/^$2([A-Z_]*, \"\([^\"]*\)\".*/\1/p" "$def/$1"; }

# Texts and rows.
names settings.def SETTING | sort > rows
ls "$srcdir/man/settings" | sort > texts
is "every setting has its long text, and every text its setting" \
	"$(cat texts)" "$(cat rows)"
is "there are settings" "$(sed -n '/^tls_certcheck$/p' rows)" tls_certcheck
empty=$(find "$srcdir/man/settings" -type f -size -20c)
is "no long text is empty" "$empty" ""

# Pages that are made.
for made in man/qsendmail.1 man/qsendmailrc.5 etc/qsendmailrc.example; do
	ok "$made can be made" fill_in "$srcdir/$made.in"
	cp .ok fresh
	is "$made is fresh" "$(cat "$(page $made)")" "$(cat fresh)"
done
printf 'a\n@NONSENSE@\n' > bad.in
run fill_in bad.in
is "an unknown word in a template is an error" "$status" 1
if command -v mandoc > lint; then
	for i in man/qsendmail.1 man/qsendmailrc.5 man/qsendmail-relay.8; do
		is "mandoc has no complaint about $i" \
			"$(mandoc -Tlint "$(page $i)" 2>&1)" ""
	done
else
	skip "lint of the manual" "mandoc is not there"
fi

# Command line: --help and the manual have every word, letter and setting.
run "$QSENDMAIL" --help
is "--help succeeds" "$status" 0
is "--help is silent on standard error" "$(cat err)" ""
is "lines of --help fit a terminal" "$(awk 'length > 79' out)" ""
cp out help
manual=$(page man/qsendmail.1)
missing=
for i in $(names options.def OPTION); do
	grep -q -e "^  --$i" help || missing="$missing help:$i"
	grep -q -e "Fl -$i\( \|$\)" "$manual" || missing="$missing manual:$i"
done
is "every word is in --help and in the manual" "$missing" ""
missing=
for i in $(sed -n 's/^LETTER(\(.\), [A-Z]*, [UI][SG].*/\1/p' "$def/letters.def"); do
	grep -q -e "^\.It Fl $i\( \|$\)" "$manual" || missing="$missing $i"
done
is "every letter is in the manual" "$missing" ""
missing=
sed -n '/^SETTING(/p' "$def/settings.def" | grep CLI |
	sed 's/^SETTING([A-Z_]*, "\([^"]*\)".*/\1/; s/_/-/g' |
	grep -v '^from$' > words
for i in $(cat words); do
	grep -q -e "^  --$i=" help || missing="$missing help:$i"
	grep -q -e "^\.It Fl -$i Ns" "$manual" || missing="$missing manual:$i"
done
is "every setting of the command line is in --help and in the manual" \
	"$missing" ""
hasnt "a password is no option" help --password=
missing=
for i in $(cat rows); do
	grep -q -e "^\.It Ic $i " "$(page man/qsendmailrc.5)" ||
		missing="$missing $i"
done
is "every setting is in qsendmailrc(5)" "$missing" ""

# What can be said, and how it ends.
sed -n 's/^    "\(.*\)",.*/\1/p' "$srcdir/src/queue/outcome.def" > sentences
missing=$(while read -r i; do
	grep -q -F -e ".It \"$i\"" "$manual" || echo "$i"
done < sentences)
is "every sentence about a mail is in DIAGNOSTICS" "$missing" ""
is "DIAGNOSTICS is there" "$(grep -c '^\.It "the server refused the login"$' \
	"$manual")" 1
missing=
for i in $(find "$srcdir/src" -name '*.[ch]' -o -name '*.def' | xargs cat |
    grep -v '{ EX_' | grep -oE 'EX_[A-Z]+' | sort -u); do
	[ "$i" = EX_OK ] || grep -q -e "^\.It [0-9]* Pq Dv $i$" "$manual" ||
		missing="$missing $i"
done
is "every exit status of the sources is in the manual" "$missing" ""

# The example file, as it is and with every default uncommented.
example=$(page etc/qsendmailrc.example)
cp "$example" example
chmod 600 example
run "$QSENDMAIL" -C example --settings
is "the example file is a settings file" "$status" 0
sed -n '/^# Every setting/,$p' "$example" | sed -n 's/^#\([a-z]\)/\1/p' \
	> defaults
while read -r name value; do
	case $name:$value in
	source_ip:*) value=::1 ;;
	proxy:*) value=socks5h://localhost ;;
	tls_fingerprint:*) value=00112233445566778899aabbccddeeff ;;
	tls_pin:*) value=sha256//$(printf %043d 0)= ;;
	tls_priorities:*) value=NORMAL ;;
	*:[A-Z]*) value=5 ;;
	esac
	echo "$name $value"
done < defaults > all
chmod 600 all
run "$QSENDMAIL" -C all --settings
is "every line of it is a setting" "$(cat err)" ""
is "and none is missing" "$(wc -l < all | tr -d ' ')" \
	"$(($(wc -l < rows) - 3))"
finish
