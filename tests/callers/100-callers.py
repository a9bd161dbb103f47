#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real programs that call sendmail, with their own defaults, on a host that is
configured with two lines for a mailbox at a provider with QQ's rules."""

import email
import email.policy
import hashlib
import os
import sys

LIB = os.environ["srcdir"] + "/tests/lib"
sys.path.insert(0, LIB)
import qqserver  # noqa: E402
import room  # noqa: E402
import subprocess  # noqa: E402
from tap import case, done, same, skip_all  # noqa: E402

why = room.missing()
if why:
    skip_all(why)
if os.environ.get("VALGRIND", "") not in ("", "0"):
    # Its programs are the callers'; other users may not write its log.
    skip_all("valgrind sees qsendmail in the other tests")

LOGIN = "50627xxxx@qq.com"
BOB, CAROL, DAVE = "bob@example.net", "carol@example.net", "dave@example.net"
subprocess.run([LIB + "/certificates", "certs"], check=True)
os.chmod("certs", 0o755)
os.chmod("certs/ca.pem", 0o644)
server = qqserver.Server(qqserver.options(
    ["--dir", "server", "--cert", "certs/valid.pem", "--refuse",
     "refused@example.net=550 no such mailbox"]))
# The two lines are the first ones; the others put the test server in the
# place of smtp.qq.com.
SETTINGS = """\
from %s
password_file /etc/qq-code
host localhost
port %d
tls on
tls_starttls off
tls_trust_file %s/certs/ca.pem
auth login
user %s
sender login
""" % (LOGIN, server.smtps_port, os.getcwd(), LOGIN)


class Mail:
    """The newest mail at the server."""

    def __init__(self, number):
        import json
        with open("server/%d.json" % number) as f:
            self.facts = json.load(f)
        with open("server/%d.eml" % number, "rb") as f:
            self.raw = f.read()
        self.message = email.message_from_bytes(
            self.raw, policy=email.policy.default)

    def text(self):
        part = self.message.get_body(("plain",))
        return part.get_content().replace("\r\n", "\n")


count = 0


def look(name, recipients, subject=None, text=None):
    """The newest mail at the server, after the checks for every caller."""
    mail = Mail(count)
    same(name + ": from the login", mail.facts["mail_from"], LOGIN)
    same(name + ": to whom it meant", mail.facts["rcpt_to"], recipients)
    froms = mail.message.get_all("from")
    case(name + ": one From, which is the login",
         len(froms) == 1 and LOGIN in froms[0], froms)
    case(name + ": nobody is told of Bcc", not mail.message["bcc"])
    if subject is not None:
        same(name + ": its subject", mail.message["subject"], subject)
    if text is not None:
        got = mail.text()
        case(name + ": its text", text in got, "text: %r" % got)
    return mail


def sent(name, words, recipients, stdin=b"", subject=None, text=None,
         mails=1, status=0, **how):
    """Runs the caller; the mail it sent (the last one), or None."""
    global count
    ended = here.run(words, stdin, **how)
    came = ended.returncode == status and server.wait_for(count + mails)
    case(name + " sends", came, "status %d" % ended.returncode,
         (ended.stdout + ended.stderr).decode(errors="replace"))
    if not came:
        return None
    count += mails
    return look(name, recipients, subject, text)


def served(name, words, recipients, **how):
    """The same of a service, which runs until the mail is there."""
    global count
    service = here.start(words, user="root")
    came = server.wait_for(count + 1)
    service.terminate()
    out, err = service.communicate(timeout=60)
    if not case(name + " sends", came, out, err):
        return None
    count += 1
    return look(name, recipients, **how)


def picture(name, mail):
    with open(LIB + "/networks.jpg", "rb") as f:
        want = hashlib.sha256(f.read()).hexdigest()
    got = [hashlib.sha256(p.get_payload(decode=True)).hexdigest()
           for p in mail.message.walk() if p.get_content_type() ==
           "image/jpeg"] if mail else []
    same(name + ": the picture arrived", got, [want])


def cron():
    # Jobs marked so run at once, and cron mails what they print.
    here.write("etc/crontab", "@reboot root echo 'I love computer networks!'\n")
    mail = served("cron", ["cron", "-f"], [LOGIN],
                  text="I love computer networks!")
    if mail:
        case("cron: it is told from the daemon",
             "Cron Daemon" in mail.message["from"], mail.message["from"])


def at():
    # What the installation of the package makes.
    here.write("var/spool/cron/atjobs/.SEQ", "0\n")
    here.write("var/spool/cron/atspool/.keep", "")
    served("at", ["sh", "-c", "chown -R daemon:daemon /var/spool/cron/at*; "
                  "echo 'echo I love computer networks!' | "
                  "at now && exec atd -f"], [LOGIN],
           text="I love computer networks!")


def mutt():
    for name in ("mutt", "neomutt"):
        mutt_kind(name)


def mutt_kind(name):
    mail = sent(name, [name, "-n", "-F", "/dev/null", "-s", "图片", "-a",
                         LIB + "/networks.jpg", "-b", CAROL, "--", BOB],
                [BOB, CAROL], b"I love\n.\ncomputer networks!\n",
                subject="图片", text="I love\n.\ncomputer networks!\n")
    picture(name, mail)


def s_nail():
    mail = sent("s-nail", ["s-nail", "-:/", "-Smta=/usr/sbin/sendmail", "-s",
                           "networks", "-a", LIB + "/networks.jpg", "-b",
                           CAROL, BOB], [BOB, CAROL],
                b"I love computer networks!\n", subject="networks",
                text="I love computer networks!")
    picture("s-nail", mail)


def bsd_mailx():
    sent("bsd-mailx", ["bsd-mailx", "-s", "networks", "-c", CAROL, BOB],
         [BOB, CAROL], b"I love\ncomputer networks!\n", subject="networks",
         text="I love\ncomputer networks!\n")


def git_send_email():
    here.run(["sh", "-ec", """
        git init -q; git config user.name 'Alice Example'
        git config user.email alice@example.org
        echo 1 > f; git add f; git commit -qm 'f: begin'
        echo 2 > f; git commit -qam 'f: 网络 goes on'
        git format-patch -q -o patches HEAD~1"""])
    mail = sent("git send-email", [
        "sh", "-c", "git send-email --quiet --confirm=never --to=%s --cc=%s "
        "patches/*.patch" % (BOB, CAROL)],
        [BOB, CAROL, "alice@example.org"],
        subject="[PATCH] f: 网络 goes on", text="+2")
    if mail:
        case("git send-email: answers go to the author",
             "alice@example.org" in str(mail.message["reply-to"]))


PHP = ["php8.2", "-n", "-d", "extension=mbstring", "-d", "extension=ctype",
       "-d", "display_errors=stderr"]


def php(code, *ini):
    words = list(PHP)
    for line in ini:
        words += ["-d", line]
    return words + ["-r", code]


def php_mail():
    mail = sent("PHP mail()", php(
        "exit(mail('%s', 'networks', \"I love\\n.\\ncomputer networks!\\n\", "
        "\"From: Alice <alice@example.org>\\r\\nBcc: %s\") ? 0 : 1);" % (
            BOB, CAROL), "sendmail_path=/usr/sbin/sendmail -t -i"),
        [BOB, CAROL], subject="networks",
        text="I love\n.\ncomputer networks!\n")
    if mail:
        case("PHP mail(): answers go to the writer",
             "alice@example.org" in str(mail.message["reply-to"]))


SYMFONY = """
require '/usr/share/php/Symfony/Component/Mailer/autoload.php';
use Symfony\\Component\\Mailer\\Transport;
use Symfony\\Component\\Mime\\Email;
$t = Transport::fromDsn('%s');
foreach (array(%s) as $to) {
    $t->send((new Email())->from('Alice <alice@example.org>')->to($to)
        ->bcc('carol@example.net')->subject('网络')
        ->text("I love\\n.\\ncomputer networks!\\n")
        ->attachFromPath('%s'));
}
"""


def symfony():
    for name, dsn in (
            ("Symfony Mailer", "sendmail://default"),
            ("Laravel", "sendmail://default?command=/usr/sbin/sendmail%20"
             "-bs%20-i"),
            ("Symfony Mailer with -t -i", "sendmail://default?command=/usr/"
             "sbin/sendmail%20-t%20-i")):
        mail = sent(name, php(SYMFONY % (dsn, "'bob@example.net'", LIB +
                                         "/networks.jpg")),
                    [BOB, CAROL], subject="网络",
                    text="I love\n.\ncomputer networks!\n")
        picture(name, mail)
    sent("Symfony Mailer, two mails in a session", php(SYMFONY % (
        "sendmail://default", "'bob@example.net', 'dave@example.net'",
        LIB + "/networks.jpg")), [DAVE, CAROL], mails=2)
    ended = here.run(php(SYMFONY % (
        "sendmail://default", "'refused@example.net'", LIB + "/networks.jpg")))
    case("Symfony Mailer hears of a refused recipient, and who has the mail",
         ended.returncode != 0 and b"TransportException" in ended.stderr and
         b"refused@example.net" in ended.stderr, ended.stderr)
    global count
    count += server.wait_for(count + 1)
    same("... which the other one has", Mail(count).facts["rcpt_to"], [CAROL])


def phpmailer():
    code = """
foreach (array('Exception', 'PHPMailer', 'SMTP') as $f)
    require "/usr/share/php/libphp-phpmailer/src/$f.php";
$m = new PHPMailer\\PHPMailer\\PHPMailer(true);
$m->%s();
$m->CharSet = 'UTF-8';
$m->setFrom('alice@example.org', 'Alice');
$m->addAddress('bob@example.net');
$m->addBCC('carol@example.net');
$m->Subject = '网络';
$m->Body = "I love\\n.\\ncomputer networks!\\n";
$m->addAttachment('%s');
$m->send();
"""
    for name, way in (("PHPMailer", "isSendmail"),
                      ("PHPMailer by mail()", "isMail")):
        mail = sent(name, php(code % (way, LIB + "/networks.jpg"),
                              "sendmail_path=/usr/sbin/sendmail -t -i"),
                    [BOB, CAROL], subject="网络",
                    text="I love\n.\ncomputer networks!\n")
        picture(name, mail)


def swift():
    code = """
require '/usr/share/php/Swift/autoload.php';
$m = (new Swift_Message('网络'))->setFrom(['alice@example.org' => 'Alice'])
    ->setTo(['bob@example.net'])->setBcc(['carol@example.net'])
    ->setBody("I love\\n.\\ncomputer networks!\\n");
$t = new Swift_SendmailTransport('%s');
exit((new Swift_Mailer($t))->send($m) == 2 ? 0 : 1);
"""
    for command in ("/usr/sbin/sendmail -bs", "/usr/sbin/sendmail -t -i"):
        sent("Swift Mailer, " + command, php(code % command), [BOB, CAROL],
             subject="网络",
             text="I love\n.\ncomputer networks!\n")


def procmail():
    here.write("home/alice/.procmailrc", ":0\n! %s %s\n" % (BOB, DAVE))
    sent("procmail", ["procmail", "-d", "alice"], [BOB, DAVE],
         b"From carol@example.net Mon Nov 23 12:00:00 2026\n"
         b"From: carol@example.net\nTo: alice@example.org\n"
         b"Subject: networks\n\nI love\n.\ncomputer networks!\n",
         user="root", subject="networks",
         text="I love\n.\ncomputer networks!\n")


def logwatch():
    sent("logwatch", ["logwatch", "--output", "mail", "--mailto", "root",
                      "--service", "all", "--range", "today"],
         [LOGIN], user="root", text="Logwatch")


def nodemailer():
    mail = sent("Nodemailer", ["node", "-e", """
        const t = require('/usr/share/nodejs/nodemailer')
            .createTransport({sendmail: true});
        t.sendMail({from: 'Alice <alice@example.org>', to: 'bob@example.net',
            bcc: 'carol@example.net', subject: '网络',
            text: 'I love\\n.\\ncomputer networks!\\n',
            attachments: [{path: '%s'}]}, (e) => {
                if (e) { console.error(e); process.exit(1); } });
        """ % (LIB + "/networks.jpg")], [BOB, CAROL], subject="网络",
        text="I love\n.\ncomputer networks!\n")
    picture("Nodemailer", mail)


def perl():
    sent("Perl's Mail::Send", ["perl", "-MMail::Send", "-e", """
        my $m = Mail::Send->new(Subject => 'networks', To => '%s');
        my $fh = $m->open('sendmail');
        print $fh "I love\\n.\\ncomputer networks!\\n";
        $fh->close or die "no: $!";
        """ % BOB], [BOB], subject="networks",
        text="I love\n.\ncomputer networks!\n")
    sent("Perl's Email::Sender", [
        "perl", "-MEmail::Sender::Simple=sendmail", "-MEmail::Simple",
        "-MEmail::Sender::Transport::Sendmail", "-e", """
        sendmail(Email::Simple->create(header => [From => 'alice@example.org',
            To => 'bob@example.net', Subject => 'networks'],
            body => "I love\\n.\\ncomputer networks!\\n"),
            {transport => Email::Sender::Transport::Sendmail->new,
             to => ['bob@example.net', 'carol@example.net']});
        """], [BOB, CAROL], subject="networks",
        text="I love\n.\ncomputer networks!\n")


def ruby():
    mail = sent("Ruby's Mail", ["ruby", "-rmail", "-e", """
        m = Mail.new(charset: 'UTF-8') do
          from 'alice@example.org'; to 'bob@example.net'
          bcc 'carol@example.net'; subject '网络'
          body "I love\\n.\\ncomputer networks!\\n"
          add_file '%s'
        end
        m.delivery_method :sendmail
        m.deliver!
        """ % (LIB + "/networks.jpg")], [BOB, CAROL], subject="网络",
        text="I love\n.\ncomputer networks!\n")
    picture("Ruby's Mail", mail)


def python():
    sent("Python's subprocess idiom", [sys.executable, "-c", """
import subprocess
from email.message import EmailMessage
m = EmailMessage()
m['From'], m['To'], m['Bcc'] = 'alice@example.org', '%s', '%s'
m['Subject'] = '网络'
m.set_content('I love\\n.\\ncomputer networks!\\n')
subprocess.run(['/usr/sbin/sendmail', '-t', '-oi'], input=m.as_bytes(),
               check=True)
""" % (BOB, CAROL)], [BOB, CAROL], subject="网络",
         text="I love\n.\ncomputer networks!\n")


def nmh():
    draft = ("From: Alice <alice@example.org>\nTo: %s\nBcc: %s\n"
             "Subject: networks\n--------\nI love\n.\ncomputer networks!\n" % (
                 BOB, CAROL))
    for name, mts in (("nmh", "sendmail/smtp"), ("nmh with a pipe",
                                                 "sendmail/pipe")):
        here.write("home/alice/.mh_profile", "Path: Mail\n")
        here.write("home/alice/draft", draft)
        here.run(["sh", "-c", "mkdir -p Mail"], user="root")
        here.run(["chown", "-R", "alice", "/home/alice"], user="root")
        sent(name, ["/usr/bin/mh/send", "-mts", mts, "/home/alice/draft"],
             [CAROL], mails=2)


def sudo():
    here.write("etc/sudoers.d/test", "Defaults !authenticate, mail_no_perms\n"
               "alice ALL=(ALL) /usr/bin/true\n", 0o440)
    sent("sudo", ["sudo", "-n", "/usr/bin/id"], [LOGIN], status=1,
         text="COMMAND=/usr/bin/id")


def swaks():
    sent("swaks", ["swaks", "--pipe", "/usr/sbin/sendmail -bs", "--from",
                   "alice@example.org", "--to", BOB, "--header",
                   "Subject: networks", "--body",
                   "I love computer networks!"], [BOB], subject="networks",
         text="I love computer networks!")


SHAPES = {
    # How programs call that are not here: their arguments, and whether the
    # message names its recipients.
    "alpine": (["-oem", "-t", "-oi"], True),
    "Emacs": (["-oi", "-f", "alice@example.org", "-oem", "-odb", "-t"], True),
    "sieve": (["-i", "-f", "carol@example.net", "--", BOB, CAROL], False),
    "anacron": (["-FAnacron", "-odi", BOB, CAROL], False),
    "mdadm": (["-t"], True),
    "fail2ban": (["-f", "fail2ban", BOB, CAROL], False),
    "smartd": (["-i", BOB, CAROL], False),
}


def shapes():
    for name, (arguments, has_recipients) in SHAPES.items():
        message = "From: Alice <alice@example.org>\nSubject: networks\n%s\n" \
            "I love\n.\ncomputer networks!\n" % (
                "To: %s\nBcc: %s\n" % (BOB, CAROL) if has_recipients else "")
        sent(name + "'s arguments", ["/usr/sbin/sendmail"] + arguments,
             [BOB, CAROL], message.encode(), subject="networks",
             text="I love\n.\ncomputer networks!\n")


def container():
    """Settings from the environment alone, a user without a name and a home,
    a secret that all can read, no file that could be written."""
    script = ("for i in /tmp /var/tmp /dev/shm; do mount --bind $i $i && "
              "mount -o remount,bind,ro $i || exit; done; exec setpriv "
              "--reuid=4712 --regid=4712 --clear-groups env -i \"$@\"")
    sent("a container", [
        "sh", "-c", script, "sh",
        "QSENDMAIL_URL=smtps://%s@localhost:%d" % (
            LOGIN.replace("@", "%40"), server.smtps_port),
        "QSENDMAIL_FROM=" + LOGIN, "QSENDMAIL_AUTH=login",
        "QSENDMAIL_PASSWORD_FILE=/etc/qq-code",
        "QSENDMAIL_TLS_TRUST_FILE=/etc/test-ca.pem",
        "/usr/sbin/sendmail", "-i", BOB], [BOB], b"Subject: s\n\nhello\n",
        subject="s", text="hello", user="root", cwd="/")


def manual():
    """Whoever stands in the manual as a program to use it with is one of
    those above."""
    with open(os.environ["srcdir"] + "/man/qsendmail.1.in") as f:
        section = f.read().split(".Sh USE IT WITH")[1].split(".Sh ")[0]
    named = set()
    for line in section.splitlines():
        if line.startswith(".It Sy "):
            named |= set(line[7:].replace(" ,", ",").split(", "))
    tested = set(SHAPES) | {
        "cron", "at", "logwatch", "sudo", "mutt", "neomutt", "s-nail",
        "mailx", "nmh", "git send-email", "PHP mail()", "PHPMailer",
        "Symfony Mailer", "Laravel", "Swift Mailer", "Nodemailer", "Rails",
        "Ruby's Mail", "Perl", "Python", "procmail", "swaks"}
    same("every program of the manual has sent a mail", named - tested, set())


def other_commands():
    ended = here.run(["newaliases"])
    same("newaliases succeeds in silence",
         (ended.returncode, ended.stdout + ended.stderr), (0, b""))
    ended = here.run(["mailq"])
    case("mailq says that nothing waits",
         ended.returncode == 0 and b"empty" in ended.stdout, ended)


server.start()
here = room.Room("room", SETTINGS)
here.write("etc/qq-code", "abcdefghijklmnop\n", 0o444)
with open("certs/ca.pem") as f:
    here.write("etc/test-ca.pem", f.read())
for caller in (cron, at, mutt, s_nail, bsd_mailx, git_send_email, php_mail,
               phpmailer, swift, symfony, nodemailer, perl, ruby, python, nmh,
               sudo, procmail, logwatch, swaks, shapes, container, manual,
               other_commands):
    caller()
server.stop()
with open("server/violations") as f:
    same("no caller made qsendmail break a rule", f.read(), "")
done()
