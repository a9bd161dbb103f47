#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The shipped providers: the file is well-formed, and an address is enough.
# (tests/unit/test_config.c looks at each of their settings.)
. "$srcdir/tests/lib/lib.sh"

export QSENDMAIL_TEST_SYSCONFDIR="$T/none"
file=$srcdir/etc/providers

# values KEYWORD: the words of all such lines
values() { sed -n "s/^$1 //p" "$file" | tr ' ' '\n'; }

is "each line is a known one" "$(grep -vnE \
	'^(#.*|defaults|(account|host|hosts|port|tls_starttls|tls|auth|sender|domains|user|max_recipients|hint) [^ ].*|)$' \
	"$file")" ""
is "no line ends with a blank" "$(grep -n '[[:blank:]]$' "$file")" ""
is "the file is ASCII" "$(LC_ALL=C grep -n '[^ -~	]' "$file")" ""
for i in account host hosts domains; do
	is "$i: nothing is there twice" "$(values $i | sort | uniq -d)" ""
done
is "a host stands once, as host or among hosts" \
	"$({ values host; values hosts; } | sort | uniq -d)" ""
is "hosts are names" "$({ values host; values hosts; } |
	grep -vE '^([a-z0-9*]([a-z0-9-]*[a-z0-9])?\.)+([a-z]+|[0-9]+)$')" ""
is "domains are names" "$(values domains |
	grep -vE '^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+$')" ""
is "a provider has a name that needs no quotes" \
	"$(values account | grep -vE '^[a-z0-9][a-z0-9.-]*$')" ""
is "each has one host and one hint" "$(awk '
	/^account / { if (name != "" && n != 11) print name; name = $2; n = 0 }
	/^host / { n++ } /^hint / { n += 10 }
	END { if (n != 11) print name }' "$file")" ""
is "a hint is short" "$(awk '/^hint / && length($0) > 245' "$file")" ""
is "a hint ends as part of a sentence" "$(grep -n '^hint .*[.:;,]$' "$file")" ""

# The host that each domain has to have. (In valgrind one domain of each.)
while read -r host way domains; do
	got=
	[ -z "${VALGRIND-}" ] || domains=${domains%% *}
	for i in $domains; do
		run "$QSENDMAIL" --settings --from "me@$i"
		[ "$status" -eq 0 ] || got="$got $i: $(cat err)"
		awk -v want="$host $way me@$i" '
			$1 == "host" { h = $2 } $1 == "port" { p = $2 }
			$1 == "tls" { t = $2 } $1 == "tls_starttls" { s = $2 }
			$1 == "user" { u = $2 }
			END {
				w = s == "on" ? "starttls" : "tls"
				if (h " " p "/" w " " u != want || t != "on")
					print h, p, t, s, u
			}' out > wrong
		[ ! -s wrong ] || got="$got $i: $(cat wrong)"
	done
	is "$host for $domains" "$got" ""
done <<'END'
smtp.qq.com 465/tls qq.com vip.qq.com foxmail.com
smtp.163.com 465/tls 163.com
smtp.126.com 465/tls 126.com
smtp.yeah.net 465/tls yeah.net
smtp.vip.163.com 465/tls vip.163.com
smtp.vip.126.com 465/tls vip.126.com
smtp.188.com 465/tls 188.com
smtp.sina.com 465/tls sina.com
smtp.sina.cn 465/tls sina.cn
smtp.vip.sina.com 465/tls vip.sina.com
smtp.sohu.com 465/tls sohu.com
smtp.139.com 465/tls 139.com
smtp.189.cn 465/tls 189.cn
smtp.21cn.com 465/tls 21cn.com
smtp.tom.com 465/tls tom.com
smtp.aliyun.com 465/tls aliyun.com
smtp.gmail.com 465/tls gmail.com googlemail.com
smtp-mail.outlook.com 587/starttls outlook.com hotmail.com live.com msn.com hotmail.co.uk outlook.de live.cn
smtp.mail.yahoo.com 465/tls yahoo.com yahoo.co.uk yahoo.de ymail.com rocketmail.com
smtp.aol.com 465/tls aol.com
smtp.mail.me.com 587/starttls icloud.com me.com mac.com
smtp.zoho.com 465/tls zoho.com zohomail.com
smtp.zoho.eu 465/tls zoho.eu zohomail.eu
smtp.zoho.in 465/tls zoho.in zohomail.in
smtp.fastmail.com 465/tls fastmail.com fastmail.fm
mail.gmx.net 465/tls gmx.net gmx.de gmx.at gmx.ch
mail.gmx.com 465/tls gmx.com
smtp.web.de 465/tls web.de
securesmtp.t-online.de 465/tls t-online.de
smtp.yandex.ru 465/tls yandex.ru yandex.com ya.ru
smtp.mail.ru 465/tls mail.ru bk.ru inbox.ru list.ru internet.ru
127.0.0.1 1025/starttls proton.me protonmail.com pm.me
smtp.mailbox.org 465/tls mailbox.org
posteo.de 465/tls posteo.de
END

# Services, by their name.
for i in exmail aliyun-enterprise netease-enterprise feishu lark office365 ses \
    sendgrid mailgun mailgun-eu postmark tencent-ses directmail brevo mailjet \
    sparkpost resend; do
	run "$QSENDMAIL" -a "$i" --settings --from me@example.org
	is "$i is a base" "$status$(cat err) $(awk '$1 == "tls" { print $2 }' out)" \
		"0 on"
done
user() { "$QSENDMAIL" -a "$1" --settings --from me@example.org |
	awk '$1 == "user" { print $2 }'; }
is "SendGrid has one user name for all" "$(user sendgrid)" apikey
is "Resend too" "$(user resend)" resend
is "Amazon SES has not" "$(user ses)" me@example.org
printf 'account default : ses\nhost email-smtp.eu-west-1.amazonaws.com\n%s\n' \
	'from a@example.org' > region
run "$QSENDMAIL" -C region --settings
is "another region of a service is another host" \
	"$(awk '/^(host|port|max_recipients) / { print $2 }' out | tr '\n' ' ')" \
	"email-smtp.eu-west-1.amazonaws.com 465 50 "

# The hint, through a relay that says what a server would.
export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay" FAKE_DIR="$T"
# refused FAULT OPTION...
refused()
{
	fault=$1; shift
	printf 'Subject: hi\n\nhello\n' > in
	FAKE_FAULT=$fault run "$QSENDMAIL" "$@" a@example.net < in
}
refused 'login 5xx 535 0 no' --from me@icloud.com
has "a refused login has the provider's hint" err 'app-specific password'
refused 'login 5xx 535 0 no' --host email-smtp.cn-north-1.amazonaws.com \
	--from me@example.org --auth=on --user=x
has "one at a host that is named, too" err 'Amazon SES wants'
refused 'login 4xx 454 0 later' --from me@icloud.com
hasnt "a login that is to be tried again has none" err 'app-specific'
refused 'connect lost 0 0 Connection refused' --from me@icloud.com
hasnt "nor has a server that is not there" err 'app-specific'
refused 'connect lost 0 0 Connection refused' --from me@proton.me
has "unless it is a program on this machine" err 'it must run here'
refused 'certificate any 0 0 self-signed certificate' --from me@pm.me
has "whose certificate has to be named" err 'tls_trust_file'
is "before that it is not trusted" "$status" 76
finish
