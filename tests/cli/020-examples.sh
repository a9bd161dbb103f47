#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every example of the manual is run, as it stands there, with a relay that
# keeps the mails; every example of a settings file is read.
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay" FAKE_DIR="$T/sent"
export QSENDMAIL_TEST_SYSCONFDIR="$T/none"

# examples PAGE PREFIX: each literal block of EXAMPLES becomes PREFIX.N
examples()
{
	awk -v prefix="$2" '
		/^\.Sh / { on = $2 == "EXAMPLES" }
		on && /^\.Ed/ { inside = 0; close(file) }
		inside { gsub(/\\e/, "\\"); print > file }
		on && /^\.Bd -literal/ { inside = 1; file = prefix "." ++n }
	' "$srcdir/man/$1"
	ls "$2".* | wc -l | tr -d ' '
}
# sent N KEY: of the Nth mail
sent() { SERVER_DIR="$T/sent" fact "$1" "$2"; }

mkdir sent bin
cat > bin/qsendmail <<END
#!/bin/sh
exec "$QSENDMAIL" "\$@"
END
chmod +x bin/qsendmail
PATH=$T/bin:$PATH
cp "$srcdir/tests/lib/networks.jpg" networks.jpg
cp networks.jpg 网络.jpg
cp networks.jpg logo.png
printf '<p><img src="cid:logo.png"></p>\n' > page.html
printf '%%PDF-1.4\n' > a.pdf
printf 'a,b\n1,2\n' > data
printf 'test:\n\techo all is well\n' > Makefile

is "examples of qsendmail(1)" "$(examples qsendmail.1.in example)" 9
n=0
while [ $n -lt 9 ]; do
	n=$((n + 1))
	# The first one is before there is any settings file.
	[ $n -ne 2 ] || {
		printf 'from 50627xxxx@qq.com\npasswordeval pass show qq\n' \
			> .qsendmailrc
	}
	run sh -e "example.$n"
	is "example $n runs: $(sed -n 's/.*\(qsendmail .*\)/\1/p;' "example.$n" |
		head -n 1)" "$status$(cat err | grep -v '^[A-Z]* .*:<')" 0
	cp out "out.$n"
done
is "seven of them send a mail" "$(ls sent/*.eml | wc -l | tr -d ' ')" 7

is "the first mail: the server of the provider" \
	"$(cat sent/1.json | grep -o '"host": "[^"]*"')" '"host": "smtp.qq.com"'
is "its recipient" "$(sent 1 recipients)" '["kairosxxxx@163.com"]'
is "its sender" "$(sent 1 sender)" '"50627xxxx@qq.com"'
has "its text" sent/1.eml 'I love computer networks!'
has "its picture" sent/1.eml 'name="networks.jpg"'
has "with two lines of settings: the same sender" sent/2.json \
	'"sender": "50627xxxx@qq.com"'
has "a subject in Chinese" sent/3.eml 'Subject: =?UTF-8?'
has "HTML with a picture" sent/4.eml 'Content-ID: <logo.png>'
is "To and Cc" "$(sent 4 recipients)" '["a@example.org", "b@example.org"]'
has "a type of one's own" sent/4.eml 'Content-Type: text/csv'
has "what a command printed" sent/5.eml 'test.log'
has "a dry run shows the message" out.6 'See you at six.'
has "--settings shows the account" out.7 '# account default'
has "as programs call it" sent/6.eml 'Subject: backup'
has "a mail that is caught" sent/7.json "\"maildir\": \"$T/caught\""

is "examples of qsendmailrc(5)" "$(examples qsendmailrc.5.in rc)" 5
printf 'x\n' > .exmail-password
for i in rc.1:default rc.1:work rc.2:house rc.3:default rc.4:mailboxes \
    rc.5:default; do
	chmod 600 "${i%:*}"
	run "$QSENDMAIL" -C "${i%:*}" -a "${i#*:}" --settings
	is "account ${i#*:} of the example is complete" "$status$(cat err)" 0
done

# The lines that the exercise, and everybody's first hour, is made of.
manual=$(sed -n '/^\.Sh EXAMPLES/,/^\.Sh DIAG/p' "$srcdir/man/qsendmail.1.in")
for i in "--from 50627xxxx@qq.com --attach networks.jpg" \
    "qsendmail -t --attach networks.jpg" \
    "qsendmail --subject '图片' --attach 网络.jpg kairosxxxx@163.com" \
    "--attach a.pdf --attach data --type text/csv --name 数据.csv" \
    "--attach - --name test.log"; do
	case $manual in
	*"$i"*) result 0 "the manual shows: $i" ;;
	*) result 1 "the manual shows: $i" ;;
	esac
done
finish
