/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quoting for people's eyes, and the two sinks of log lines. What to log is
 * decided elsewhere; a log that cannot be written never fails a mail.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/io.h"
#include "base/utf8.h"

#define LOCK_TRIES 20
#define LOCK_PAUSE_MS 50

int
log_is_unsafe(unsigned long c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ||
	    c == 0x2028 || c == 0x2029 || c == 0x61c ||
	    (c >= 0x200e && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* How many octets at p are plain ASCII, as nearly all text is. */
static size_t
plain_length(const char *p, size_t len)
{
	size_t n;

	for (n = 0; n < len && p[n] >= ' ' && p[n] <= '~'; n++)
		continue;
	return n;
}

void
log_quote(struct buf *out, const char *p, size_t len)
{
	unsigned long point;
	size_t i, n;

	while (len != 0) {
		n = plain_length(p, len);
		if (n != 0) {
			buf_add(out, p, n);
			p += n;
			len -= n;
			continue;
		}
		n = utf8_decode(p, len, &point);
		if (n != 0 && !log_is_unsafe(point)) {
			buf_add(out, p, n);
		} else {
			n = n != 0 ? n : 1;
			for (i = 0; i < n; i++)
				buf_addf(out, "\\x%02x", (unsigned char)p[i]);
		}
		p += n;
		len -= n;
	}
}

void
log_quotes(struct buf *out, const char *s)
{
	log_quote(out, s, strlen(s));
}

/*
 * Waits a second for the lock. It only keeps lines apart where O_APPEND does
 * not (NFS): a mail that is out must not hang on somebody who holds it.
 */
static void
lock_whole(int fd)
{
	struct flock l;
	int tries;

	memset(&l, 0, sizeof l);
	l.l_type = F_WRLCK;
	l.l_whence = SEEK_SET;
	for (tries = 0; tries < LOCK_TRIES; tries++) {
		if (fcntl(fd, F_SETLK, &l) == 0)
			return;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return;
		poll(NULL, 0, LOCK_PAUSE_MS);
	}
}

int
log_to_file(const char *path, const char *line, struct fault *f)
{
	struct buf text = BUF_INIT;
	int fd, rc = 0;

	buf_addf(&text, "%s\n", line);
	if (strcmp(path, "-") == 0) {
		rc = io_write(STDOUT_FILENO, text.data, text.len);
		buf_release(&text);
		return rc == 0 ? 0 : fault_errno(f, EX_IOERR,
		    "cannot write the log to standard output");
	}
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
	    0600);
	if (fd == -1)
		rc = fault_errno(f, EX_CANTCREAT, "cannot log to %s", path);
	else
		lock_whole(fd);
	if (fd != -1 && io_write(fd, text.data, text.len) == -1)
		rc = fault_errno(f, EX_IOERR, "cannot log to %s", path);
	if (fd != -1 && close(fd) == -1 && rc == 0)
		rc = fault_errno(f, EX_IOERR, "cannot log to %s", path);
	buf_release(&text);
	return rc;
}

static const struct facility {
	const char *name;
	int value;
} facilities[] = {
	{ "LOG_USER", LOG_USER }, { "LOG_MAIL", LOG_MAIL },
	{ "LOG_LOCAL0", LOG_LOCAL0 }, { "LOG_LOCAL1", LOG_LOCAL1 },
	{ "LOG_LOCAL2", LOG_LOCAL2 }, { "LOG_LOCAL3", LOG_LOCAL3 },
	{ "LOG_LOCAL4", LOG_LOCAL4 }, { "LOG_LOCAL5", LOG_LOCAL5 },
	{ "LOG_LOCAL6", LOG_LOCAL6 }, { "LOG_LOCAL7", LOG_LOCAL7 },
};

static const struct facility *
facility_find(const char *name)
{
	size_t i;

	if (name == NULL || name[0] == '\0')
		return &facilities[0];
	for (i = 0; i < sizeof facilities / sizeof *facilities; i++)
		if (strcmp(facilities[i].name, name) == 0)
			return &facilities[i];
	return NULL;
}

int
log_is_facility(const char *facility)
{
	return facility_find(facility) != NULL;
}

void
log_to_syslog(const char *facility, int failed, const char *line)
{
	const struct facility *where = facility_find(facility);

	openlog("qsendmail", LOG_PID, where != NULL ? where->value : LOG_USER);
	syslog(failed ? LOG_ERR : LOG_INFO, "%s", line);
	closelog();
}

void
log_to_syslog_as(const char *ident, enum log_level level, const char *line)
{
	static const int priorities[] = {
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_WARNING] = LOG_WARNING,
		[LOG_LEVEL_ERROR] = LOG_ERR
	};
	static char kept[32]; /* openlog does not copy it */

	snprintf(kept, sizeof kept, "%s", ident);
	openlog(kept, LOG_PID, LOG_MAIL);
	syslog(priorities[level], "%s", line);
}

void
log_to_syslog_end(void)
{
	closelog();
}
