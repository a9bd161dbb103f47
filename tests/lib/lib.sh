# SPDX-License-Identifier: GPL-3.0-or-later
# For shell tests: . "$srcdir/tests/lib/lib.sh". Each check prints one TAP case;
# the last line of a test is "finish". $T is the test's own directory.
# After "serve ..." there are SMTP_PORT, SMTPS_PORT and SERVER_DIR (with N.eml,
# N.json, N.session, violations: see qqserver.py), and certificates in $T/certs.
T=$PWD cases=0 bad=0 server=
trap 'serve_end' EXIT

# result STATUS NAME: one case
result()
{
	cases=$((cases + 1))
	[ "$1" -eq 0 ] && { echo "ok $cases - $2"; return 0; }
	bad=$((bad + 1))
	echo "not ok $cases - $2"
}
# ok NAME COMMAND...: the command succeeds; what it prints is shown if not
ok()
{
	n=$1 s=0; shift
	"$@" > "$T/.ok" 2>&1 || s=$?
	result "$s" "$n"
	[ "$s" -eq 0 ] || { echo "# status $s of: $*"; sed 's/^/# /' "$T/.ok"; }
}
# is NAME GOT WANT: two texts are the same
is()
{
	[ "$2" = "$3" ]; s=$?
	result "$s" "$1"
	[ "$s" -eq 0 ] || printf 'got:  %s\nwant: %s\n' "$2" "$3" | sed 's/^/# /'
}
# has NAME FILE TEXT: a line of the file has that text in it
has() { ok "$1" grep -aF -e "$3" "$2"; [ "$s" -eq 0 ] || sed 's/^/# /' "$2"; }
# hasnt NAME FILE TEXT
hasnt() { ! grep -aF -e "$3" "$2" > "$T/.ok"; result $? "$1"; sed 's/^/# /' "$T/.ok"; }
# run COMMAND...: leaves out, err (files) and $status; input as given
run() { status=0; "$@" > "$T/out" 2> "$T/err" || status=$?; }
skip() { cases=$((cases + 1)); echo "ok $cases - $1 # SKIP $2"; }
skip_all() { echo "1..0 # SKIP $1"; exit 0; }
finish() { echo "1..$cases"; [ "$bad" -eq 0 ]; exit; }

# serve [OPTION...]: starts a server (with a fresh directory), ends the last one
serve()
{
	serve_end
	[ -d "$T/certs" ] || "$srcdir/tests/lib/certificates" "$T/certs" || exit 1
	server=$(mktemp -d "$T/server.XXXXXX") || exit 1
	s=$("$PYTHON" "$srcdir/tests/lib/qqserver.py" --background \
		--cert "$T/certs/valid.pem" --dir "$server" "$@") || exit 1
	eval "$s"
}
# serve_end: waits until the server has ended; its files stay
serve_end()
{
	[ -z "$server" ] || "$PYTHON" "$srcdir/tests/lib/qqserver.py" --stop "$server"
	server=
}
# fact N KEY: from N.json, as JSON
fact() { "$PYTHON" -c 'import json, sys
print(json.dumps(json.load(open(sys.argv[1]))[sys.argv[2]]))' "$SERVER_DIR/$1.json" "$2"; }
