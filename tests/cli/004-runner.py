#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/run itself: nothing that goes wrong may count as passed."""

import os
import shutil
import subprocess
import sys

SRCDIR = os.environ["srcdir"]
sys.path.insert(0, SRCDIR + "/tests/lib")
from tap import case, done, same  # noqa: E402

TESTS = {    # name: (script, last line of the runner, a line it must print)
    "passes": ("echo ok 1 - a; echo ok 2 - b; echo 1..2",
               "2 passed, 0 failed", None),
    "plan-first": ("echo 1..1; echo ok", "1 passed, 0 failed", None),
    "fails": ("echo ok 1; echo not ok 2 - b; echo 1..2; exit 1",
              "1 passed, 1 failed", "    not ok 2 - b"),
    "fails-silently": ("echo not ok 1; echo 1..1", "0 passed, 1 failed", None),
    "skips": ("echo 'ok 1 - a # SKIP why'; echo ok 2; echo 1..2",
              "1 passed, 0 failed, 1 skipped", "    ok 1 - a # SKIP why"),
    "skips-all": ("echo '1..0 # SKIP why'; exit 0",
                  "0 passed, 0 failed, 1 skipped", None),
    "no-plan": ("echo ok 1", "1 passed, 1 failed",
                "    => no plan after 1 cases"),
    "nothing": ("true", "0 passed, 1 failed", None),
    "empty-plan": ("echo 1..0", "0 passed, 1 failed", None),
    "too-few": ("echo ok 1; echo 1..2", "1 passed, 1 failed",
                "    => planned 2 cases, ran 1"),
    "two-plans": ("echo ok 1; echo 1..1; echo 1..1", "1 passed, 1 failed",
                  None),
    "misnumbered": ("echo ok 2; echo 1..1", "1 passed, 1 failed", None),
    "bails-out": ("echo ok 1; echo 'Bail out! no disk'", "1 passed, 1 failed",
                  "    => Bail out! no disk"),
    "bad-status": ("echo ok 1; echo 1..1; exit 7", "1 passed, 1 failed",
                   "    => ended by exit status 7, though no case failed"),
    "signal": ("echo ok 1; echo 1..1; kill -9 $$", "1 passed, 1 failed",
               "    => ended by signal 9, though no case failed"),
    "hangs": ("echo ok 1; echo 1..1; exec sleep 1000", "1 passed, 1 failed",
              "    => not finished after 2 seconds"),
    "errors-are-shown": ("echo ok 1; echo 1..1; echo why >&2; exit 1",
                         "1 passed, 1 failed", "    why"),
    "has-no-input": ("read x && exit 1; echo ok 1; echo 1..1",
                     "1 passed, 0 failed", None),
    "is-alone": ("[ -z \"$(ls -A)\" ] && [ \"$HOME\" = \"$PWD\" ] &&"
                 " [ \"$TMPDIR\" = \"$PWD\" ] && [ -z \"${SECRET-}\" ] &&"
                 " echo ok 1; echo 1..1", "1 passed, 0 failed", None),
    "takes-rights": ("mkdir -p a/b; chmod 0 a; echo ok 1; echo 1..1",
                     "1 passed, 0 failed", None),
}


def write(path, text, mode=0o755):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def run(*arguments, **more):
    environment = dict(os.environ, builddir=os.getcwd() + "/tree/build",
                       TEST_TIMEOUT="2", SECRET="1", VALGRIND="")
    environment.update(more)
    r = subprocess.run(["tree/tests/run"] + list(arguments), text=True,
                       env=environment, capture_output=True)
    return r.returncode, r.stdout.splitlines(), r.stderr


os.makedirs("tree/tests/cli")
os.makedirs("tree/build")
shutil.copy(SRCDIR + "/tests/run", "tree/tests/run")
for name, (script, _, _) in TESTS.items():
    write("tree/tests/cli/%s.sh" % name, "#!/bin/sh\n%s\n" % script)

for name, (_, last, line) in TESTS.items():
    status, out, err = run("tests/cli/%s.sh" % name)
    good = last.startswith(("1 passed, 0", "2 passed, 0"))
    case(name, (status == 0) == good and out[-1] == last and
         (line is None or line in out) and not err, status, *out, err)
same("no test is left of its directories",
     [n for n in os.listdir(".") if n.startswith("qsendmail-test")], [])

# A process in a session of its own, of which only the environment tells.
write("tree/tests/cli/leaves.sh", "#!/bin/sh\nsetsid sleep 1000 & "
      "echo $! > '%s/left'\necho ok 1; echo 1..1\n" % os.getcwd())
status, out, _ = run("tests/cli/leaves.sh")
with open("left") as f:
    pid = f.read().strip()
try:
    with open("/proc/%s/cmdline" % pid) as f:
        alive = f.read()
except OSError:
    alive = ""
same("what a test leaves behind is killed", alive, "")

# An interrupted runner takes everything with it.
write("tree/tests/cli/waits.sh", "#!/bin/sh\necho $$ > '%s/left'\n"
      "echo > '%s/ready'\nexec sleep 1000\n" % ((os.getcwd(),) * 2))
os.mkfifo("ready")
runner = subprocess.Popen(["tree/tests/run", "tests/cli/waits.sh"],
                          stdout=subprocess.DEVNULL)
with open("ready") as f:
    f.read()
runner.terminate()
same("SIGTERM ends the runner", runner.wait(), 130)
with open("left") as f:
    pid = f.read().strip()
same("and its tests", [n for n in os.listdir("/proc") if n == pid and
                       open("/proc/%s/cmdline" % n).read()], [])
same("and leaves no directory", [n for n in os.listdir(".")
                                 if n.startswith("qsendmail-test")], [])
os.unlink("tree/tests/cli/waits.sh")

status, out, _ = run()
# The test that leaves a process behind passes one more.
sums = [1 + sum(int(last.split()[0]) for _, last, _ in TESTS.values()),
        sum(int(last.split()[2]) for _, last, _ in TESTS.values())]
same("all tests are found, all cases counted", (status, out[-1]),
     (1, "%d passed, %d failed, 2 skipped" % tuple(sums)))
shutil.rmtree("tree/tests/cli")
same("no tests at all are a failure", run()[0], 1)
os.makedirs("tree/build/tests/unit")
write("tree/build/tests/unit/test_x", "#!/bin/sh\necho ok 1; echo 1..1\n")
case("a unit test is named from the top of the build tree",
     run("tests/unit/test_x")[1][0].startswith("tests/unit/test_x "))
shutil.rmtree("tree/build/tests")
same("an unknown test is an error", run("tests/cli/x.sh")[0], 1)

# A stand-in for valgrind complains about the relay only.
os.makedirs("bin")
os.makedirs("tree/tests/cli")
write("bin/valgrind", """#!/bin/sh
for a; do
	case $a in
	--log-file=*) log=${a#*=} ;;
	-*) ;;
	*) break ;;
	esac
	shift
done
[ "$2" != bad ] || echo "Invalid read" > "${log%%%*}1"
exec "$@"
""")
write("tree/build/qsendmail", "#!/bin/sh\necho \"$0 $*\"\n")
for argument, want in (("good", (0, "1 passed, 0 failed")),
                       ("bad", (1, "1 passed, 1 failed"))):
    write("tree/tests/cli/v.sh", "#!/bin/sh\n\"$QSENDMAIL\" %s\n"
          "echo ok 1; echo 1..1\n" % argument)
    status, out, _ = run(VALGRIND="1", PATH=os.getcwd() + "/bin:" +
                         os.environ["PATH"])
    same("valgrind finds it %s" % argument, (status, out[-1]), want)
case("and its words are shown", "    Invalid read" in out, *out)
write("tree/tests/cli/v.sh", "#!/bin/sh\nln -s \"$QSENDMAIL\" mailq\n"
      "./mailq > x; grep -q 'as/mailq ' x && echo ok 1; echo 1..1\n")
same("under valgrind another name stays another name", run(
    VALGRIND="1", PATH=os.getcwd() + "/bin:" + os.environ["PATH"])[0], 0)
done()
