#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The package: what the archive holds, that it builds out of tree from
# read-only sources, installs and uninstalls ("make distcheck"), and that the
# installed programs find each other.
. "$srcdir/tests/lib/lib.sh"
for tool in autoconf automake xz; do
	command -v "$tool" > /dev/null || skip_all "$tool is not here"
done
[ -z "$VALGRIND" ] || skip_all "nothing to see for valgrind"
"$builddir/config.status" --config | grep -q sanitizers &&
	skip_all "done with the plain build"

# A tree of its own: nothing is written where other tests run.
mkdir tree build
(cd "$srcdir" && tar -cf - --exclude=./build --exclude=./.git .) |
	tar -xf - -C tree
[ ! -e tree/config.status ] || (cd tree && make distclean > log 2>&1)
[ -e tree/configure ] || ok "autoreconf" autoreconf -fi tree
# Nobody waits for what the optimizer makes of it.
ok "configure, out of tree" sh -c \
	"cd build && ../tree/configure -q --prefix='$T/usr' CFLAGS=-O0"

# In there a few tests run again, to see that the archive has what they need;
# and it is the build in which libmagic is linked.
few='tests/unit/test_base tests/unit/test_mediatype'
few="$few tests/cli/000-includes.sh tests/cli/002-lib.sh"
ok "make distcheck" make -j2 -C build distcheck \
	DISTCHECK_CONFIGURE_FLAGS='CFLAGS=-O0 --disable-dlopen' \
	TESTS="$few"

if [ -e "$srcdir/.git" ] && command -v git > /dev/null; then
	git -c safe.directory='*' -c core.quotePath=false -C "$srcdir" ls-files |
		grep -v '/\{0,1\}\.git[a-z]*$' | sort > wanted
	tar -tf build/qsendmail-*.tar.xz | sed 's|^[^/]*/||' | sort > held
	is "the archive holds every source" "$(comm -23 wanted held | head -n 20)" ""
else
	skip "the archive holds every source" "not a git clone"
fi

ok "make install" make -j2 -C build install
is "the programs that are installed" \
	"$(cd usr && find . -type f -perm -u+x | sort)" \
"./bin/qsendmail
./libexec/qsendmail/qsendmail-relay"
ok "what is installed runs" usr/bin/qsendmail --version

# The names that programs call, staged as a package does it.
links()
{
	for i in sbin/sendmail lib/sendmail bin/mailq bin/newaliases; do
		echo "$i -> $(readlink "$1/$i")"
	done
}
want="sbin/sendmail -> $T/usr/bin/qsendmail
lib/sendmail -> $T/usr/bin/qsendmail
bin/mailq -> $T/usr/bin/qsendmail
bin/newaliases -> $T/usr/bin/qsendmail"
ok "make install-sendmail" make -C build install-sendmail DESTDIR="$T/stage"
is "its links" "$(links "stage$T/usr")" "$want"
ok "a second time" make -C build install-sendmail DESTDIR="$T/stage"
rm "stage$T/usr/lib/sendmail" "stage$T/usr/bin/mailq"
echo foreign > "stage$T/usr/lib/sendmail"
ln -s /nonexistent "stage$T/usr/bin/newaliases.new"
mv "stage$T/usr/bin/newaliases.new" "stage$T/usr/bin/newaliases"
run make -C build install-sendmail DESTDIR="$T/stage"
is "what is foreign stops it" "$([ "$status" -ne 0 ]; echo $?)" 0
has "each is named" err "$T/stage$T/usr/lib/sendmail is not ours: it stays"
has "also a link that leads nowhere" err "usr/bin/newaliases is not ours"
is "and stays" "$(cat "stage$T/usr/lib/sendmail")$(readlink \
	"stage$T/usr/bin/newaliases")" foreign/nonexistent
ok "no link is made then" test ! -e "stage$T/usr/bin/mailq"
ok "make uninstall-sendmail" make -C build uninstall-sendmail DESTDIR="$T/stage"
is "takes only ours away" "$(cd "stage$T/usr" && find . ! -type d | sort)" \
"./bin/newaliases
./lib/sendmail"
ok "the links elsewhere" make -C build install-sendmail \
	SENDMAIL_PREFIX="$T/other"
is "are there" "$(links other)" "$want"
ok "make uninstall" make -C build uninstall SENDMAIL_PREFIX="$T/other"
is "takes them away, too" "$(find other ! -type d)" ""
ok "make install, with links" make -j2 -C build install install-sendmail
run usr/bin/mailq
is "mailq by its link" "$status$(cat out err)" "0Mail queue is empty"
rm -rf tree build
serve
printf '%s\n' 'from 50627xxxx@qq.com' 'user 50627xxxx@qq.com' \
	'password abcdefghijklmnop' 'host localhost' "port $SMTPS_PORT" 'auth login' \
	'tls on' 'tls_starttls off' "tls_trust_file $T/certs/ca.pem" > settings
chmod 600 settings
cp settings .qsendmailrc
run usr/sbin/sendmail -i a@example.net <<END
Subject: from the installed program

text
END
is "and it finds its relay" "$status$(cat err)" 0
finish
