/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a line from /dev/tty without echo. A signal that ends or stops the
 * process must find the terminal as it was: such signals are held back while
 * echo is off, looked for a few times a second, and let through once it is on
 * again. A process in the background asks nobody; it would be stopped.
 */
#include "relay/prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/io.h"

#define LOOK_MS 200

static const int held[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

struct terminal {
	int fd;
	struct termios normal;
	sigset_t before;
};

static int
is_ours(int fd)
{
	return isatty(fd) && tcgetpgrp(fd) == getpgrp();
}

static void
echo_off(struct terminal *t)
{
	struct termios quiet = t->normal;
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < sizeof held / sizeof *held; i++)
		sigaddset(&set, held[i]);
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ECHONL;
	sigprocmask(SIG_BLOCK, &set, &t->before);
	tcsetattr(t->fd, TCSAFLUSH, &quiet);
}

/* What was held back takes effect here. */
static void
echo_on(struct terminal *t)
{
	tcsetattr(t->fd, TCSAFLUSH, &t->normal);
	sigprocmask(SIG_SETMASK, &t->before, NULL);
}

static int
is_signal_pending(void)
{
	sigset_t pending;
	size_t i;

	sigpending(&pending);
	for (i = 0; i < sizeof held / sizeof *held; i++)
		if (sigismember(&pending, held[i]))
			return 1;
	return 0;
}

/* Waits for a line: 1, or 0 when a signal came. */
static int
wait_for_line(const struct terminal *t)
{
	struct pollfd p = { t->fd, POLLIN, 0 };

	while (poll(&p, 1, LOOK_MS) <= 0)
		if (is_signal_pending())
			return 0;
	return 1;
}

static int
read_line(const struct terminal *t, struct buf *out)
{
	char line[4096];
	ssize_t n = io_read(t->fd, line, sizeof line);
	int rc = -1;

	if (n > 0 && line[n - 1] == '\n')
		n--;
	if (n > 0)
		rc = buf_add(out, line, (size_t)n);
	compat_wipe(line, sizeof line);
	return rc;
}

int
prompt_secret(const char *question, struct buf *out, struct fault *f)
{
	struct terminal t;
	int rc, came;

	t.fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (t.fd == -1)
		return 0;
	if (!is_ours(t.fd) || tcgetattr(t.fd, &t.normal) == -1) {
		close(t.fd);
		return 0;
	}
	do {
		echo_off(&t);
		io_write(t.fd, question, strlen(question));
		came = wait_for_line(&t);
		rc = came ? read_line(&t, out) : 0;
		echo_on(&t);
	} while (!came); /* stopped and continued: ask again */
	close(t.fd);
	return rc == 0 ? 1 : fault_set(f, EX_TEMPFAIL,
	    "no password was typed");
}
