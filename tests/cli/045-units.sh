#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The units of systemd and their kin: the installed places, the same in all of
# them and in the program, only words that systemd knows, and hardened.
. "$srcdir/tests/lib/lib.sh"
[ -e "$builddir/Makefile" ] || skip_all "not built by make"

ok "make install-systemd" make -C "$builddir" install-systemd \
	DESTDIR="$T/stage" SYSTEMD_PREFIX=/usr
is "what it installs" "$(cd stage && find . -type f | sort)" \
"./usr/lib/systemd/system/qsendmail.service
./usr/lib/systemd/system/qsendmail.socket
./usr/lib/systemd/user/qsendmail.service
./usr/lib/sysusers.d/qsendmail.conf
./usr/lib/tmpfiles.d/qsendmail.conf"
lib=stage/usr/lib
service=$lib/systemd/system/qsendmail.service
socket=$lib/systemd/system/qsendmail.socket
user=$lib/systemd/user/qsendmail.service
is "nothing is left to fill in" "$(grep -rn '@[a-z]*dir@' stage)" ""

# value FILE KEY: what stands behind "KEY="; many lines, if so
value() { sed -n "s/^$2=//p" "$1"; }
# The places as make knows them.
cat > places.mk <<'END'
include Makefile
places:
	@echo '$(bindir)|$(localstatedir)/spool/qsendmail|$(runstatedir)/qsendmail'
END
places=$(make -s -C "$builddir" -f "$T/places.mk" places)
bindir=${places%%|*} run=${places##*|} spool=${places#*|}
spool=${spool%|*}
is "the service runs the installed program" "$(value "$service" ExecStart)" \
	"$bindir/qsendmail -bD -q15m"
is "... that of a user, too" "$(value "$user" ExecStart)" \
	"$bindir/qsendmail -q15m --foreground"
is "the doors" "$(value "$socket" ListenStream)" "$run/submit.sock
127.0.0.1:25"
is "... which everybody may use" \
	"$(value "$socket" SocketMode) $(value "$socket" DirectoryMode)" \
	"0666 0755"
ok "the program knows the socket by the same name" \
	grep -aqF "$run/submit.sock" "$builddir/qsendmail"
ok "... and the spool" grep -aqF "$spool" "$builddir/qsendmail"
is "the service may write there" "$(value "$service" ReadWritePaths)" "$spool"
is "places and owners" "$(grep '^d' $lib/tmpfiles.d/qsendmail.conf)" \
"d $spool 0700 qsendmail qsendmail -
d $run 0755 qsendmail qsendmail -"
is "the user" "$(value "$service" User)|$(sed -n 's/^u \([^ ]*\) .*/\1/p' \
	$lib/sysusers.d/qsendmail.conf)" "qsendmail|qsendmail"
for i in NoNewPrivileges=yes CapabilityBoundingSet= ProtectSystem=strict \
    ProtectHome=yes PrivateTmp=yes PrivateDevices=yes UMask=0077 \
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK" \
    SystemCallFilter=@system-service RestrictSUIDSGID=yes; do
	ok "hardened: $i" grep -qxF "$i" "$service"
done
has "the password as a credential, by the name that is looked for" \
	"$service" "#LoadCredential=qsendmail.password:"
ok "... which is that of the sources" \
	grep -q '"qsendmail.password"' "$srcdir/src/relay/secret.c"
is "its end leaves the mail under way some time" "$(value "$service" KillMode)" mixed

# Every word that is used; systemd itself only warns of one that it does not
# know.
cat > known <<'END'
After Also CapabilityBoundingSet Description DirectoryMode Documentation
ExecStart Group KillMode ListenStream LockPersonality MemoryDenyWriteExecute
NoNewPrivileges PrivateDevices PrivateTmp ProtectClock ProtectControlGroups
ProtectHome ProtectHostname ProtectKernelLogs ProtectKernelModules
ProtectKernelTunables ProtectSystem ReadWritePaths RemoveOnStop Requires
Restart RestartPreventExitStatus RestrictAddressFamilies RestrictNamespaces
RestrictRealtime RestrictSUIDSGID SocketMode SystemCallArchitectures
SystemCallFilter Type UMask User WantedBy
END
tr ' ' '\n' < known | sort > words
is "words that systemd knows" "$(cat "$service" "$socket" "$user" |
	sed -n 's/^\([A-Za-z]*\)=.*/\1/p' | sort -u | comm -23 - words)" ""
is "... in sections that it knows" "$(cat "$service" "$socket" "$user" |
	grep '^\[' | sort -u | tr '\n' ' ')" "[Install] [Service] [Socket] [Unit] "

# The program is not installed yet; another one takes its place.
mkdir units
for i in "$service" "$socket"; do
	sed 's|^ExecStart=[^ ]*|ExecStart=/bin/sh|' "$i" > "units/${i##*/}"
done
if command -v systemd-analyze > /dev/null &&
    ! systemd-analyze verify --man=no "$T/units/qsendmail.socket" 2>&1 |
	grep -q '^Failed to'; then
	run systemd-analyze verify --man=no "$T/units/qsendmail.service" \
		"$T/units/qsendmail.socket"
	is "systemd-analyze verify" "$status$(grep qsendmail out err)" 0
else
	skip "systemd-analyze verify" "there is none that works here"
fi
if command -v systemd-sysusers > /dev/null &&
    command -v systemd-tmpfiles > /dev/null && [ "$(id -u)" -eq 0 ]; then
	mkdir -p root/etc
	run systemd-sysusers --root="$T/root" \
		"$PWD/$lib/sysusers.d/qsendmail.conf"
	is "systemd-sysusers" "$status $(cut -d: -f1,6 root/etc/passwd)" \
		"0 qsendmail:$spool"
	run systemd-tmpfiles --root="$T/root" --create \
		"$PWD/$lib/tmpfiles.d/qsendmail.conf"
	id=$(cut -d: -f3 root/etc/passwd)
	is "systemd-tmpfiles" "$status $(stat -c '%a %u' "root$spool" "root$run" |
		tr '\n' ' ')" "0 700 $id 755 $id "
else
	skip "systemd-sysusers, systemd-tmpfiles" "not here, or not as root"
fi

ok "make uninstall-systemd" make -C "$builddir" uninstall-systemd \
	DESTDIR="$T/stage" SYSTEMD_PREFIX=/usr
is "... takes all away" "$(find stage -type f)" ""
make -C "$builddir" install-systemd DESTDIR="$T/stage" SYSTEMD_PREFIX=/usr \
	> out
echo '# ours' >> "$socket"
make -C "$builddir" uninstall-systemd DESTDIR="$T/stage" \
	SYSTEMD_PREFIX=/usr > out
is "... but what somebody has changed" "$(find stage -type f)" "$socket"

container=$srcdir/etc/container/Containerfile
ok "the container has a user of its own" grep -qx 'USER qsendmail' "$container"
ok "... and stays in the foreground" grep -q '^ENTRYPOINT .*"-bD"' "$container"
finish
