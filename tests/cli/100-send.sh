#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# One mail from standard input to the relay: who gets it, what is told, and
# which exit status says so.
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay" FAKE_DIR="$T/sent"
mkdir -p sent .config/qsendmail
cat > .config/qsendmail/config <<'END'
account default
host smtp.example.org
port 587
tls on
auth on
user me@example.org
from me@example.org
password secret
hint make a new code in the web mail
END
chmod 600 .config/qsendmail/config

# sent KEY: of the newest mail, as JSON
sent()
{
	n=$(ls sent/*.json | sed 's/.*\///; s/\..*//' | sort -n | tail -n 1)
	SERVER_DIR=sent fact "$n" "$1"
}
mail() { printf 'To: a@x.org\nSubject: s\n\nbody\n'; }
again() { rm -f sent/*; }

mail > in
run "$QSENDMAIL" -t < in
is "a mail with -t is sent" "$status" 0
is "to the address of To" "$(sent recipients)" '["a@x.org"]'
is "with the account's from as sender" "$(sent sender)" '"me@example.org"'
is "in silence" "$(cat out err)" ""
hasnt "the password is not in the job" sent/1.json secret\"
again

mail > in
run "$QSENDMAIL" b@x.org a@x.org < in
is "operands are the recipients" "$(sent recipients)" '["b@x.org", "a@x.org"]'
again
mail > in
run "$QSENDMAIL" -t b@x.org a@x.org < in
is "with -t both count, each once" "$(sent recipients)" \
	'["b@x.org", "a@x.org"]'
again
printf 'To: a@x\nCc: b@x, "c d"@x\nBcc : d@x\nbCC:\n\te@x,\n f@x\n\ntext\n' > in
run "$QSENDMAIL" -t < in
is "To, Cc and Bcc are read, in any case, folded, with a space before the colon" \
	"$(sent recipients)" \
	'["a@x", "b@x", "\"c d\"@x", "d@x", "e@x", "f@x"]'
hasnt "no Bcc field is in the content" sent/1.eml d@x
hasnt "not even folded lines of it" sent/1.eml f@x
again
printf 'To: a@x\nBcc: hidden@x\nResent-Bcc: h2@x\n\nBcc: stays@x\n' > in
run "$QSENDMAIL" b@x < in
hasnt "Bcc goes without -t as well" sent/1.eml hidden@x
hasnt "so does Resent-Bcc" sent/1.eml h2@x
has "a line of the body that looks like Bcc stays" sent/1.eml 'Bcc: stays@x'
is "and is no recipient" "$(sent recipients)" '["b@x"]'
again
printf 'To: a@x\nResent-To: r@x\nResent-Bcc: s@x\n\nt\n' > in
run "$QSENDMAIL" -t < in
is "a resent message goes to the Resent- recipients" "$(sent recipients)" \
	'["r@x", "s@x"]'
again
printf 'To: undisclosed-recipients:;\nBcc: g: a@x, b@x;, "q@q" <c@x> (d@x)\n\nt\n' > in
run "$QSENDMAIL" -t < in
is "groups are flattened, comments and names are no recipients" \
	"$(sent recipients)" '["a@x", "b@x", "c@x"]'
again

mail > in
run "$QSENDMAIL" -t -f other@example.org < in
is "-f is the reverse-path" "$(sent sender)" '"other@example.org"'
again
mail > in
run "$QSENDMAIL" -t -f '' < in
is "-f '' is the null reverse-path" "$(sent sender)" '""'
again
mail > in
run "$QSENDMAIL" -t -f '<>' < in
is "so is -f '<>'" "$(sent sender)" '""'
again
mail > in
run "$QSENDMAIL" -i -t -F 'Some Body' --from 'x@example.org' < in
has "-F and --from make the From field" sent/1.eml \
	'From: Some Body <x@example.org>'
is "--from is the reverse-path too" "$(sent sender)" '"x@example.org"'
again

# Who sends, and what the message says about it.
mail > in
run "$QSENDMAIL" -t -f other@example.org -F 'Some Body' < in
has "a From field that is missing has the address of -f" sent/1.eml \
	'From: Some Body <other@example.org>'
again
mail > in
run "$QSENDMAIL" -t -f '<>' < in
has "but never the null sender" sent/1.eml 'From: me@example.org'
again
mail > in
run "$QSENDMAIL" -t -f root < in
has "nor a bare name" sent/1.eml 'From: me@example.org'
is "which is no reverse-path either" "$(sent sender)" '"me@example.org"'
again
printf 'Subject: s\nfrom: "A, B" <ab@example.org>, c@x\nTo: a@x\n\nt\n' > in
run "$QSENDMAIL" -t --read-envelope-from < in
is "--read-envelope-from takes the first address of From" "$(sent sender)" \
	'"ab@example.org"'
has "the message stays as it is" sent/1.eml 'from: "A, B" <ab@example.org>, c@x'
is "its body too" "$(tail -n 1 sent/1.eml | tr -d '\r')" t
again
printf 'Resent-From: r@x\nFrom: a@x\nResent-To: b@x\n\nt\n' > in
run "$QSENDMAIL" -t --read-envelope-from < in
is "of a resent message who resent it" "$(sent sender)" '"r@x"'
again
mail > in
run "$QSENDMAIL" -t --read-envelope-from < in
is "without a From field it is an error" "$status$(ls sent)" 64
has "that says what to write" err 'no address in a From field: use -f'
printf 'From: a@@b\n\nt\n' > in
run "$QSENDMAIL" --read-envelope-from a@x < in
is "so is one that cannot be read" "$status" 65
printf 'from *@example.org\nhost a\n' > wild
mail > in
run "$QSENDMAIL" -C wild -t < in
is "from with wildcards is no sender" "$status" 78
has "and the line says what to do" err 'fits many senders: say which by -f'
run "$QSENDMAIL" -C wild -t -f joe@example.org < in
is "with -f it is that one" "$(sent sender)" '"joe@example.org"'
has "who is in From as well" sent/1.eml 'From: joe@example.org'
again
run "$QSENDMAIL" -C wild -t --user me@example.org < in
is "without -f it is the user" "$(sent sender)" '"me@example.org"'
again
printf 'from %%F\nhost a\n' > header-from
printf 'From: A <a@x>\nTo: b@x\n\nt\n' > in
run "$QSENDMAIL" -C header-from -t < in
is "from %F is the address of the From field" "$(sent sender)" '"a@x"'
again
mail > in
run "$QSENDMAIL" -C header-from -t < in
is "without that field it is an error" "$status" 78
has "that says why" err 'from "%F": the message has no From field'
run "$QSENDMAIL" -C header-from -t -f c@x < in
is "unless there is -f" "$(sent sender)" '"c@x"'
again
printf 'host a\nauto_from\nfrom b@x\n' > auto
run env USER=joe "$QSENDMAIL" -C auto -t --maildomain y.org -f c@x < in
is "auto_from is the user at maildomain" "$(sent sender)" '"joe@y.org"'
has "in From as well" sent/1.eml 'From: joe@y.org'
again
run env USER=joe "$QSENDMAIL" -C auto -t < in
is "without maildomain it is an error" "$status" 78
has "that names it" err 'add a line with maildomain'
printf 'host a\nfrom\n' > null
run "$QSENDMAIL" -C null -t < in
is "from without a value is the null sender" "$(sent sender)" '""'
hasnt "and makes no From field" sent/1.eml 'From:'
again

# One To field for all.
printf 'To: T <t@x>\nCc: c@x\nBcc: b@x\nSubject: s\n\nbody\n' > in
run "$QSENDMAIL" -t --set-to-header o@x < in
is "set_to_header: everybody gets the mail" "$(sent recipients)" \
	'["o@x", "t@x", "c@x", "b@x"]'
is "and is in the one To field" "$(grep -i '^[tb]*cc*[:]\|^to:' sent/1.eml |
	tr -d '\r')" 'To: o@x, t@x, c@x, b@x'
again
run "$QSENDMAIL" -t --undisclosed-recipients o@x < in
is "undisclosed_recipients: nobody is" \
	"$(grep -i '^[tb]*cc*[:]\|^to:' sent/1.eml | tr -d '\r')" \
	'To: undisclosed-recipients:;'
again
domain=$(printf 'very.long.%.0s' 1 2 3 4 5 6 7 8 9 0)example.org
i=0
while [ $i -lt 1500 ]; do echo "n$i"; i=$((i + 1)); done > names
printf 'Subject: s\n\nfirst\nlast\n' > in
# shellcheck disable=SC2046
run "$QSENDMAIL" --set-to-header --maildomain "$domain" $(cat names) < in
is "a To field larger than was foreseen" "$status$(cat err)" 0
is "has all of them" "$(grep -o "n[0-9]*@$domain" sent/1.eml | wc -l |
	tr -d ' ')" 1500
is "and the body is whole" "$(tail -n 3 sent/1.eml | tr -d '\r')" \
	"$(printf '\nfirst\nlast')"
again

# Local names.
mail > in
run "$QSENDMAIL" root < in
is "a bare name goes to the account's own address" "$(sent recipients)" \
	'["me@example.org"]'
again
mail > in
run "$QSENDMAIL" --maildomain home.example root < in
is "with maildomain it gets that domain" "$(sent recipients)" \
	'["root@home.example"]'
again
mail > in
run "$QSENDMAIL" --local_recipient admin@example.net root bob < in
is "local_recipient gets mail for all of them, once" "$(sent recipients)" \
	'["admin@example.net"]'
again
mail > in
run "$QSENDMAIL" --local_recipient 'Admin <admin@example.net>' root < in
is "as an address, however it is written" "$(sent recipients)" \
	'["admin@example.net"]'
again
mail > in
run "$QSENDMAIL" --local_recipient 'a@x, b@x' root < in
is "two addresses are a wrong local_recipient" "$status" 78
has "and the line says so" err 'local_recipient: address "a@x, b@x": exactly'
mail > in
run "$QSENDMAIL" --maildomain 'x> NOTIFY=NEVER' root < in
is "what is no domain is a wrong maildomain" "$status" 78
has "and that line says so" err 'maildomain: address "root@x> NOTIFY=NEVER":'
again

"$PYTHON" -c 'print("To: a@x,", ",\n ".join("n%d" % i for i in range(20000)))
print("\ntext")' > in
run "$QSENDMAIL" -t < in
is "a long list of bare names can be sent" "$status$(cat err)" 0
is "and each has an address in the header" \
	"$(grep -c '^ n[0-9]* <me@example.org>' sent/1.eml)" 19999
again
mail > in
run "$QSENDMAIL" -t --header 'Reply-To: root' --maildomain 'x y' < in
is "a maildomain that makes no address is 78, for the header too" "$status" 78

# A wrong address is a fault of whoever wrote it.
printf 'account default\nhost h\nfrom me\n' > rc
mail > in
run "$QSENDMAIL" -C rc -t < in
is "a from without domain in a file is 78" "$status" 78
has "and is named" err 'from: "me" has no domain'
mail > in
run "$QSENDMAIL" --host h --from me -t < in
is "one on the command line is 64" "$status" 64
printf 'account default\nhost h\nsender login\nuser m e@x\n' > rc
mail > in
run "$QSENDMAIL" -C rc -t < in
is "a user that has to be an address and is none is 78" "$status" 78

# Header fields of the command line are part of the header, however long.
long=$(printf '%0100000d' 0)
mail > in
run "$QSENDMAIL" -t --header "X-A: $long" --header "X-B: $long" < in
is "long fields of the command line are sent" "$status" 0
is "and are whole" "$(awk 'length > 100000' sent/1.eml | wc -l | tr -d ' ')" 2
again

# What goes wrong.
refused() { again; mail > in; FAKE_REFUSE="$1" run "$QSENDMAIL" a@x b@x < in; }
refused 'a@x=550 no such user'
is "a partly refused mail is 69" "$status" 69
is "the line names recipient, reason and reply" "$(cat err)" \
	"qsendmail: <a@x>: the server refused the recipient: 550 no such user"
is "the others get it" "$(ls sent/*.eml | wc -l | tr -d ' ')" 1
refused 'a@x=450 later'
is "partly refused for now is 69 too: a retry would duplicate" "$status" 69
refused 'a@x=550 no;b@x=551 never'
is "all refused for good is 69" "$status" 69
is "with a line for each" "$(wc -l < err | tr -d ' ')" 2
refused 'a@x=450 later;b@x=451 later'
is "all refused for now is 75" "$status" 75
refused 'a@x=550 no;b@x=451 later'
is "nobody has it and one may get it later is 75" "$status" 75
again
mail > in
FAKE_DOT='552 5.3.4 too large' run "$QSENDMAIL" a@x < in
is "refused content is 69" "$status" 69
has "with the server's words" err \
	'<a@x>: the server refused the content: 552 5.3.4 too large'
mail > in
FAKE_DOT='451 later' run "$QSENDMAIL" a@x < in
is "content refused for now is 75" "$status" 75
mail > in
FAKE_DIE=before run "$QSENDMAIL" a@x < in
is "a relay that dies before the dot is 75" "$status" 75
hasnt "and nothing was sent" err 'may have arrived'
mail > in
FAKE_DIE=before run "$PYTHON" -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])' "$QSENDMAIL" a@x < in
has "how it ended is known to callers that ignore it, too" err '(status 3)'
mail > in
FAKE_DIE=dot run "$QSENDMAIL" a@x < in
is "a relay that dies after the dot is 75" "$status" 75
has "and the line says that a duplicate is possible" err 'may have arrived'
mail > in
FAKE_DIE=start run "$QSENDMAIL" a@x < in
is "a relay that dies at once is 75" "$status" 75
mail > in
FAKE_VERSION=99 run "$QSENDMAIL" a@x < in
has "another version says both" err '(4 and 99)'
is "and is 70: trying again does not help" "$status" 70
mail > in
QSENDMAIL_RELAY=/bin/cat run "$QSENDMAIL" a@x < in
is "a relay that is none is 70" "$status" 70
hasnt "and nothing was sent" err 'may have arrived'
mail > in
FAKE_DIE=garbage run "$QSENDMAIL" a@x < in
is "a relay that cannot be followed any more is 75" "$status" 75
has "and may still send the mail" err 'may have arrived'
mail > in
QSENDMAIL_RELAY=/nonexistent run "$QSENDMAIL" a@x < in
is "a missing relay is 69" "$status" 69
mail > in
FAKE_FAULT='login 5xx 535 0 Login Fail' run "$QSENDMAIL" a@x < in
is "a refused login is 77" "$status" 77
is "said in one line with the provider's hint" "$(cat err)" \
	"qsendmail: smtp.example.org port 587: the server refused the login: 535 Login Fail (make a new code in the web mail)"
mail > in
FAKE_FAULT='connect any 0 0 connection refused' run "$QSENDMAIL" a@x < in
is "no connection is 75" "$status" 75
mail > in
FAKE_FAULT='config any 0 78 add tls on' run "$QSENDMAIL" a@x < in
is "a configuration fault is 78" "$status" 78
again
mail > in
run "$QSENDMAIL" < in
is "no recipient is 64" "$status" 64
printf 'Subject: x\n\nTo: a@x\n' > in
run "$QSENDMAIL" -t < in
is "-t without an address is 65" "$status" 65
printf 'To: a b@x\n\nt\n' > in
run "$QSENDMAIL" -t < in
is "an address that is none is 65" "$status" 65
mail > in
run "$QSENDMAIL" -t 'a@x b@y' < in
is "two addresses in one argument are 64" "$status" 64
mail > in
run "$QSENDMAIL" "$(printf 'a@x>\r\nRCPT TO:<evil@x')" < in
is "a line end in an address is refused" "$status" 64
mail > in
run "$QSENDMAIL" -t -f "$(printf 'a@x\nRCPT TO:<b@x>')" < in
is "so it is in the reverse-path" "$status" 64
mail > in
run "$QSENDMAIL" -t -F "$(printf 'A\nBcc: evil@x')" < in
is "and in a name" "$status" 64
is "nothing was sent in all of these" "$(ls sent/*.eml 2>/dev/null | wc -l | tr -d ' ')" 0

# The log.
mail > in
run "$QSENDMAIL" -t --logfile "$T/log" < in
has "logfile has msmtp's line" log \
	"host=smtp.example.org tls=on auth=on user=me@example.org from=me@example.org recipients=a@x.org mailsize="
has "with the result" log "smtpstatus=250 smtpmsg='250 OK: queued as.' exitcode=EX_OK"
mail > in
run "$QSENDMAIL" -t --logfile /nonexistent/log < in
is "a log that cannot be written does not fail the mail" "$status" 0
mail > in
run "$QSENDMAIL" -v -t < in
has "-v shows the steps on standard output" out 'mail from: 250 OK.'
is "and nothing on standard error" "$(cat err)" ""
mail > in
status=0; "$QSENDMAIL" -v -t < in > /dev/full 2> err || status=$?
is "a dialogue that cannot be shown does not undo the mail" "$status" 0

# eval lines run in the relay.
cat > rc <<'END'
account default
host smtp.example.org
eval echo from evil
END
again
mail > in
FAKE_SETTING='from eval@example.org' run "$QSENDMAIL" -C rc -t < in
is "what eval lines make is used" "$(sent sender)" '"eval@example.org"'
FAKE_SETTING='from eval@example.org' run "$QSENDMAIL" -C rc -v -t < in
has "and -v shows the dialogue with them, too" out 'mail from: 250 OK.'

finish
