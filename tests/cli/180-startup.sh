#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# No work at the start that the call does not need: which files a call opens
# (strace), each with a call beside it that does need them.
. "$srcdir/tests/lib/lib.sh"
[ -z "$VALGRIND" ] || skip_all "valgrind opens files of its own"
strace -f -o trace true 2> /dev/null ||
	skip_all "strace is not here, or may not trace"

# LeakSanitizer cannot work under another tracer.
[ -z "$ASAN_OPTIONS" ] || ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
export QSENDMAIL_RELAY="$srcdir/tests/lib/fakerelay" FAKE_DIR="$T/sent"
export QSENDMAIL_TEST_SYSCONFDIR="$T/none" LC_ALL=C.UTF-8
mkdir sent spool
printf '%s\n' 'host smtp.example.org' 'from me@example.org' > rc
printf '%s\n' 'queue on' "spool $T/spool" >> rc
printf 'maildir %s\n' "$T/maildir" > maildir.rc
chmod 600 rc maildir.rc
printf 'To: a@x\nSubject: s\n\nbody\n' > mail
printf 'To: a@x\nSubject: s\n\nna\303\257ve\n' > utf8
printf 'To: a@x\nSubject: s\n\nna\357ve\n' > latin1
printf 'To: a@x\nSubject: na\357ve\n\nbody\n' > field
printf '%%PDF-1.4\n%%\342\343\317\323\n1 0 obj\n' > file

words='locale gconv passwd libcurl'
is_loaded() { grep -q 'LOAD_LIBMAGIC_TRUE"\]=""' "$builddir/config.status"; }
! is_loaded || words="libmagic $words"

# opened INPUT ARGUMENT...: which of the words a path has that a call opens;
# "ok" in front when it ends well
opened()
{
	input=$1
	shift
	strace -f -o trace -e trace=open,openat,connect "$QSENDMAIL" "$@" \
		< "$input" > out 2> err && printf ok
	for i in $words; do
		! grep -v ENOENT trace | grep -q "\"[^\"]*/$i" || printf ' %s' $i
	done
}
# One of them alone. Not every system keeps these things in files.
word() { opened "$@" | grep -o "$word" | sort -u; }

is "a mail that is accepted" "$(opened mail -C rc -odq a@x)" ok
is "one in UTF-8" "$(opened utf8 -C rc -odq a@x)" ok
is "one that is shown" "$(opened mail -C rc -t --dry-run)" ok
is "one with a field from the command line" \
	"$(opened mail -C rc -t --dry-run --header 'X-A: b')" ok
is "--version" "$(opened /dev/null --version)" ok
printf 'EHLO x\r\nMAIL FROM:<me@example.org>\r\nRCPT TO:<a@x>\r\nDATA\r\n' > smtp
printf 'Subject: s\r\n\r\nbody\r\n.\r\nQUIT\r\n' >> smtp
is "a session of SMTP" "$(opened smtp -C rc -bs -odq)" ok

word=libmagic
if is_loaded; then
	is "libmagic for a file" "$(word mail -C rc -t -odq --attach file)" $word
	is "... once it is asked, and not when its type is named" \
		"$(word mail -C rc -t -odq --attach file --type text/plain)" ""
fi
word=locale
strace -f -o trace locale charmap > out 2>&1
if grep -v ENOENT trace | grep -q '"[^"]*/locale'; then
	is "the locale for text without a label" "$(word latin1 -C rc -odq a@x)" \
		$word
	is "... for a field" "$(word field -C rc -odq a@x)" $word
	is "... for one of the command line" "$(word mail -C rc -t --dry-run \
		--header "$(printf 'X-A: na\357ve')")" $word
	is "... not when the charset is set" \
		"$(word latin1 -C rc -odq --charset gbk a@x)" ""
fi
word=passwd
is "the list of users for a Maildir without a sender" \
	"$(word mail -C maildir.rc -t --dry-run)" $word
is "... not for one with a sender" \
	"$(word mail -C maildir.rc -t --dry-run --from me@example.org)" ""
finish
