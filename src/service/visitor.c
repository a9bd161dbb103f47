/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The child of a service: it has a client and a question to ask. */
#include "service/visitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"
#include "submit/guest.h"
#include "submit/smtpd.h"

/* RFC 5321 4.5.3.2.7: five minutes for a client that says nothing. */
#define IDLE_MS 300000
/* The parent never thinks for long. */
#define ANSWER_MS 60000

enum { CLIENT_FD = 3, ASK_FD = 4 };

/* The address of the other end, as RFC 5321 4.1.3 writes it. */
static int
network_name(int fd, struct buf *out)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	char host[64];

	if (getpeername(fd, (struct sockaddr *)&a, &len) == -1 ||
	    getnameinfo((struct sockaddr *)&a, len, host, sizeof host, NULL, 0,
	    NI_NUMERICHOST) != 0)
		return -1;
	buf_addf(out, "[%s%s]", a.ss_family == AF_INET6 ? "IPv6:" : "", host);
	return 0;
}

int
visitor_find(struct visitor *w, int fd, int is_network)
{
	struct buf name = BUF_INIT;
	uid_t uid;

	w->uid = -1;
	w->pid = -1;
	w->name = NULL;
	if (is_network) {
		if (network_name(fd, &name) == -1)
			return -1;
	} else {
		if (compat_peer(fd, &uid, &w->pid) == -1)
			return -1;
		w->uid = (long long)uid;
		buf_addf(&name, "uid %lld", w->uid);
	}
	w->name = buf_detach(&name);
	return 0;
}

void
visitor_release(struct visitor *w)
{
	free(w->name);
	w->name = NULL;
}

/* ---- the question ---- */

/* The answer, without its line feed: 0, or -1 when there is none. */
static int
read_answer(int fd, struct buf *line)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char c;
	int n;

	for (;;) {
		do
			n = poll(&p, 1, ANSWER_MS);
		while (n == -1 && errno == EINTR);
		if (n != 1 || io_read(fd, &c, 1) != 1)
			return -1;
		if (c == '\n')
			return 0;
		if (buf_addc(line, c) == -1)
			return -1;
	}
}

static int
may_take(void *arg, long long octets, struct buf *why)
{
	struct buf question = BUF_INIT, answer;
	int rc;

	(void)arg;
	buf_init(&answer, VISITOR_LINE_MAX);
	buf_addf(&question, "octets %lld\n", octets);
	rc = io_write(ASK_FD, question.data, question.len);
	if (rc == 0)
		rc = read_answer(ASK_FD, &answer);
	if (rc == -1)
		buf_adds(why, "the service is about to end");
	else if (strcmp(answer.data, "yes") != 0) {
		rc = -1;
		buf_adds(why, strncmp(answer.data, "no ", 3) == 0 ?
		    answer.data + 3 : answer.data);
	}
	buf_release(&question);
	buf_release(&answer);
	return rc;
}

/* ---- the process ---- */

static void
reset_signals(void)
{
	static const int caught[] = {
		SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2, SIGALRM
	};
	sigset_t none;
	size_t i;

	for (i = 0; i < sizeof caught / sizeof *caught; i++)
		signal(caught[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The parent's locks, doors and other clients are none of our business. */
static int
keep_two(int fd, int ask_fd)
{
	int client = fcntl(fd, F_DUPFD, ASK_FD + 1);
	int ask = fcntl(ask_fd, F_DUPFD, ASK_FD + 1);

	if (client == -1 || ask == -1 || dup2(client, CLIENT_FD) == -1 ||
	    dup2(ask, ASK_FD) == -1)
		return -1;
	compat_close_from(ASK_FD + 1);
	fcntl(CLIENT_FD, F_SETFD, FD_CLOEXEC);
	fcntl(ASK_FD, F_SETFD, FD_CLOEXEC);
	/* So that a client that does not read cannot hold us for ever. */
	fcntl(CLIENT_FD, F_SETFL, fcntl(CLIENT_FD, F_GETFL) | O_NONBLOCK);
	fcntl(ASK_FD, F_SETFL, fcntl(ASK_FD, F_GETFL) & ~O_NONBLOCK);
	return 0;
}

static int
idle_ms(void)
{
	const char *test = compat_getenv("QSENDMAIL_TEST_IDLE_MS");

	return test != NULL ? (int)strtol(test, NULL, 10) : IDLE_MS;
}

/* What went wrong with the client is no fault of the service: a note. */
static void
note_lines(const struct visitor *w, const struct values *v,
    const struct buf *lines)
{
	const char *p, *lf;

	for (p = lines->data; (lf = strchr(p, '\n')) != NULL; p = lf + 1)
		eventlog_note(values_text(v, S_QUEUE_LOG), "service", "",
		    "%s: %.*s", w->name, (int)(lf - p), p);
}

static void
serve(const struct visitor *w, const struct values *v,
    const struct options *o)
{
	const struct passwd *user = w->uid != -1 ?
	    getpwuid((uid_t)w->uid) : NULL;
	struct guest guest = {
		w->uid, w->uid == -1 ? GUEST_NETWORK :
		    user != NULL ? user->pw_name : "", w->name, v, may_take,
		NULL
	};
	struct smtpd_client client = {
		CLIENT_FD, CLIENT_FD, idle_ms(), w->uid == -1, &guest
	};
	struct buf lines = BUF_INIT;
	struct report report;
	char *login = xstrdup(guest.user);

	/* Others ask for users as well, and get the same memory. */
	guest.user = login;
	report_init(&report, "qsendmail");
	report_collect(&report, &lines);
	smtpd_serve(&client, o, &report);
	note_lines(w, v, &lines);
	report_release(&report);
	buf_release(&lines);
	free(login);
}

_Noreturn void
visitor_serve(int fd, int ask_fd, const struct visitor *w,
    const struct values *v, const struct options *o)
{
	compat_name_process("qsendmail-smtp");
	if (keep_two(fd, ask_fd) == -1)
		_exit(EX_OSERR);
	reset_signals();
	serve(w, v, o);
	_exit(0);
}
