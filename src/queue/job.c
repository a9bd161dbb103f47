/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The seam between the two programs: frames with a length in front, one
 * table of words each way. See job.h for the grammar. What comes in is
 * checked as strictly as anything from outside, though both ends are ours: a
 * mixture of two installed versions must end in a clear line.
 */
#include "queue/job.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/compat.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "queue/dsn.h"

#define FRAME_MAX ((size_t)64 << 20)
#define BEFORE_WAIT_MS 20
#define NUMBER_MAX (1LL << 59)
#define SERVICE_MAX 15
#define HELLO "qsendmail-job"

/* Frames. */

void
frames_init(struct frames *s, int fd)
{
	memset(s, 0, sizeof *s);
	s->fd = fd;
	buf_init(&s->out, 0);
	buf_init(&s->in, 0);
	buf_init(&s->word, 0);
	buf_init(&s->value, 0);
}

void
frames_release(struct frames *s)
{
	while (s->fds_n != 0)
		close(s->fds[--s->fds_n]);
	buf_release(&s->out);
	buf_release(&s->in);
	buf_release(&s->word);
	buf_release(&s->value);
}

void
frames_put_bytes(struct frames *s, const char *word, const char *p, size_t len)
{
	size_t n = strlen(word) + 1 + len;
	unsigned char head[4] = {
		(unsigned char)(n >> 24), (unsigned char)(n >> 16),
		(unsigned char)(n >> 8), (unsigned char)n
	};

	buf_add(&s->out, head, sizeof head);
	buf_adds(&s->out, word);
	buf_addc(&s->out, ' ');
	buf_add(&s->out, p, len);
}

void
frames_put(struct frames *s, const char *word, const char *fmt, ...)
{
	struct buf value = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&value, fmt, ap);
	va_end(ap);
	frames_put_bytes(s, word, value.data, value.len);
	buf_release(&value);
}

/* Keeps the descriptor that came with a message; one too many is closed. */
static void
take_fd(struct frames *s, struct msghdr *m)
{
	struct cmsghdr *c;
	int fd;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
		if (s->fds_n < FRAMES_FDS)
			s->fds[s->fds_n++] = fd;
		else
			close(fd);
	}
}

/* Reads what is there, or waits for it (flags 0): the number of octets, 0 at
 * the end, -1. */
static ssize_t
receive(struct frames *s, int flags)
{
	char chunk[16384];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec piece = { chunk, sizeof chunk };
	struct msghdr m;
	ssize_t n;

	memset(&m, 0, sizeof m);
	m.msg_iov = &piece;
	m.msg_iovlen = 1;
	m.msg_control = control.bytes;
	m.msg_controllen = sizeof control.bytes;
	/* No child of the relay gets a mail. */
	n = compat_recvmsg(s->fd, &m, flags);
	if (n == -1 && errno == ECONNRESET)
		return 0;
	if (n <= 0)
		return n;
	take_fd(s, &m);
	if (s->in_at != 0) {
		buf_consume(&s->in, s->in_at);
		s->in_at = 0;
	}
	buf_add(&s->in, chunk, (size_t)n);
	return n;
}

/* Sends what the socket takes at once, the first octets together with a
 * descriptor unless that is -1. */
static ssize_t
send_some(int fd, const char *p, size_t len, int pass_fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec piece = { (char *)p, len };
	struct msghdr m;
	struct cmsghdr *c;
	ssize_t n;

	memset(&m, 0, sizeof m);
	m.msg_iov = &piece;
	m.msg_iovlen = 1;
	if (pass_fd != -1) {
		memset(&control, 0, sizeof control);
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof control.bytes;
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &pass_fd, sizeof pass_fd);
	}
	do
		n = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	return n;
}

/* Waits until the socket may take more, and takes what comes: the other side
 * may stand in the same place. */
static void
wait_to_send(struct frames *s)
{
	struct pollfd p = { s->fd, POLLOUT, 0 };

	if (!s->is_ended)
		p.events |= POLLIN;
	if (poll(&p, 1, -1) > 0 && (p.revents & POLLIN) != 0 &&
	    receive(s, MSG_DONTWAIT) == 0)
		s->is_ended = 1;
}

int
frames_flush(struct frames *s, int pass_fd, struct fault *f)
{
	size_t done = 0;
	ssize_t n = 0;

	while (n != -1 && done < s->out.len) {
		n = send_some(s->fd, s->out.data + done, s->out.len - done,
		    done == 0 ? pass_fd : -1);
		if (n != -1) {
			done += (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			wait_to_send(s);
			n = 0;
		}
	}
	buf_reset(&s->out);
	if (n == -1)
		return fault_errno(f, EX_TEMPFAIL,
		    "the other side of the mail relay is gone");
	return 0;
}

/* 1 when something comes, or the end, within so many milliseconds. */
static int
can_read(const struct frames *s, int ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	return poll(&p, 1, ms) > 0;
}

/* Makes n octets of input available: 1, 0 when the input ends before. */
static int
need(struct frames *s, size_t n, struct fault *f)
{
	ssize_t got;

	while (s->in.len - s->in_at < n) {
		if (s->before_wait != NULL && !can_read(s, BEFORE_WAIT_MS))
			s->before_wait(s->before_wait_arg);
		got = receive(s, 0);
		if (got == -1)
			return fault_errno(f, EX_OSERR,
			    "cannot read from the mail relay's socket");
		if (got == 0)
			return 0;
	}
	return 1;
}

int
frames_has_input(const struct frames *s)
{
	return s->in.len > s->in_at;
}

int
frames_is_readable(const struct frames *s)
{
	return frames_has_input(s) || can_read(s, 0);
}

int
frames_read(struct frames *s, struct fault *f)
{
	const unsigned char *head;
	const char *p, *space;
	size_t len;
	int rc = need(s, 4, f);

	if (rc != 1)
		return rc;
	head = (const unsigned char *)s->in.data + s->in_at;
	len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	    (size_t)head[2] << 8 | head[3];
	if (len > FRAME_MAX)
		return fault_set(f, EX_SOFTWARE, "a frame of %zu octets on the "
		    "relay's socket: not our protocol", len);
	rc = need(s, 4 + len, f);
	if (rc != 1)
		return rc;
	p = s->in.data + s->in_at + 4;
	space = memchr(p, ' ', len);
	if (space == NULL)
		return fault_set(f, EX_SOFTWARE,
		    "a frame without a word on the relay's socket");
	buf_set(&s->word, p, (size_t)(space - p));
	buf_set(&s->value, space + 1, len - (size_t)(space + 1 - p));
	s->in_at += 4 + len;
	return 1;
}

static int
unexpected(const struct frames *s, struct fault *f)
{
	return fault_set(f, EX_SOFTWARE, "\"%s\" is not expected here on the "
	    "relay's socket", s->word.data);
}

static int
is_word(const struct frames *s, const char *word)
{
	return strcmp(s->word.data, word) == 0;
}

/* Checks the version that the other side speaks. */
static int
check_hello(const struct frames *s, struct fault *f)
{
	char own[16];

	snprintf(own, sizeof own, "%d", JOB_VERSION);
	if (strcmp(s->value.data, own) != 0)
		return fault_set(f, EX_SOFTWARE, "qsendmail and "
		    "qsendmail-relay are of different versions (%s and %s): "
		    "install both of one", own, s->value.data);
	return 0;
}

static char *
value_copy(const struct frames *s)
{
	return xmemdup(s->value.data, s->value.len);
}

static void
replace(char **p, char *text)
{
	free(*p);
	*p = text;
}

/* Jobs, sending. */

void
job_put_hello(struct frames *s)
{
	frames_put(s, HELLO, "%d", JOB_VERSION);
}

void
job_put_settings(struct frames *s, const struct values *v,
    const char *secret_file, const char *secret_section, int verbose)
{
	int i;

	frames_put(s, "verbose", "%d", verbose != 0);
	for (i = 0; i < SETTING_COUNT; i++)
		if (settings[i].type != TYPE_SECRET &&
		    values_is_set(v, (enum setting_id)i))
			frames_put(s, "set", "%s %s", settings[i].name,
			    values_text(v, (enum setting_id)i));
	if (secret_file != NULL)
		frames_put(s, "secret-file", "%s", secret_file);
	if (secret_section != NULL)
		frames_put(s, "secret-section", "%s", secret_section);
}

void
job_put_progress(struct frames *s)
{
	frames_put(s, "progress", "%d", 1);
}

void
job_put_patience(struct frames *s, int seconds)
{
	frames_put(s, "patience", "%d", seconds);
}

void
job_put_check(struct frames *s)
{
	frames_put(s, "check", "%s", "");
}

void
job_put_eval(struct frames *s)
{
	frames_put(s, "eval", "%s", "");
}

static void
put_if_any(struct frames *s, const char *word, const char *value)
{
	if (value[0] != '\0')
		frames_put(s, word, "%s", value);
}

static void
put_recipient(struct frames *s, size_t number, const struct recipient *r)
{
	frames_put(s, "recipient", "%zu %s", number, r->address);
	put_if_any(s, "notify", r->notify);
	put_if_any(s, "orcpt", r->orcpt);
}

void
job_put_lookup(struct frames *s, const char *domain)
{
	frames_put(s, "lookup", "%s", domain);
}

void
job_put_etrn(struct frames *s, const char *node)
{
	frames_put(s, "etrn", "%s", node);
}

int
job_send_mail(struct frames *s, const char *id, const struct envelope *e,
    const struct content *c, struct fault *f)
{
	size_t i;

	frames_put(s, "mail", "%s", id);
	frames_put(s, "sender", "%s", e->sender);
	put_if_any(s, "ret", e->ret);
	put_if_any(s, "envid", e->envid);
	for (i = 0; i < e->n; i++)
		if (e->v[i].outcome == OUTCOME_NONE ||
		    e->v[i].outcome == OUTCOME_RETRY ||
		    e->v[i].outcome == OUTCOME_UNCONFIRMED)
			put_recipient(s, i, &e->v[i]);
	frames_put(s, "content", "%lld %lld %d %d %d", (long long)c->offset,
	    (long long)c->length, c->is_8bit_body, c->is_8bit_header,
	    c->has_long_lines);
	frames_put(s, "go", "%s", "");
	return frames_flush(s, c->fd, f);
}

/* Jobs, receiving. */

void
job_init(struct job *j)
{
	memset(j, 0, sizeof *j);
	values_init(&j->settings);
	envelope_init(&j->envelope);
	j->content.fd = -1;
}

void
job_close_content(struct job *j)
{
	if (j->content.fd != -1)
		close(j->content.fd);
	j->content.fd = -1;
}

/* Forgets the mail of a job; the settings stay. */
static void
job_clear_mail(struct job *j)
{
	replace(&j->id, NULL);
	replace(&j->argument, NULL);
	free(j->numbers);
	j->numbers = NULL;
	envelope_release(&j->envelope);
	envelope_init(&j->envelope);
	job_close_content(j);
	memset(&j->content, 0, sizeof j->content);
	j->content.fd = -1;
	j->kind = JOB_NONE;
	j->progress = 0;
}

void
job_release(struct job *j)
{
	job_clear_mail(j);
	envelope_release(&j->envelope);
	values_release(&j->settings);
	free(j->secret_file);
	free(j->secret_section);
}

/* Nothing but n numbers (one and more), a space between: 0, or -1. */
static int
take_numbers(const char *value, long long *number, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ascii_take_number(&value, NUMBER_MAX, &number[i]) == -1)
			return -1;
	return *value == '\0' && value[-1] != ' ' ? 0 : -1;
}

static int
read_set(struct frames *s, struct job *j, struct fault *f)
{
	struct origin from = { ORIGIN_ACCOUNT, NULL, 0 };
	char *space = strchr(s->value.data, ' ');

	if (space == NULL)
		return unexpected(s, f);
	*space = '\0';
	j->changes++;
	return settings_set(&j->settings, SETTING_FILE, s->value.data,
	    space + 1, &from, f);
}

static int
read_recipient(struct frames *s, struct job *j, struct fault *f)
{
	size_t cap = j->envelope.cap;
	const char *p = s->value.data;
	long long number;

	if (ascii_take_number(&p, NUMBER_MAX, &number) == -1 || p[-1] != ' ')
		return unexpected(s, f);
	if (envelope_add(&j->envelope, p) == 0)
		return fault_set(f, EX_SOFTWARE,
		    "a recipient twice in one job");
	if (j->numbers == NULL || j->envelope.cap != cap)
		j->numbers = xrealloc(j->numbers,
		    j->envelope.cap * sizeof *j->numbers);
	j->numbers[j->envelope.n - 1] = (size_t)number;
	return 0;
}

static int
read_content(struct frames *s, struct job *j, struct fault *f)
{
	long long n[5];
	struct content *c = &j->content;

	if (take_numbers(s->value.data, n, 5) == -1)
		return unexpected(s, f);
	c->offset = (off_t)n[0];
	c->length = (off_t)n[1];
	c->is_8bit_body = n[2] != 0;
	c->is_8bit_header = n[3] != 0;
	c->has_long_lines = n[4] != 0;
	return 0;
}

/* Takes a wish about notices: of the mail, or of the recipient named last.
 * 0, or -1: it is none. known is for the value as it is kept. */
static int
take_dsn(const struct frames *s, struct envelope *e, struct buf *known)
{
	struct recipient *last = e->n != 0 ? &e->v[e->n - 1] : NULL;
	const char *value = s->value.data;

	if (strlen(value) != s->value.len)
		return -1;
	if (is_word(s, "ret") && dsn_parse_ret(value, known) == 0)
		envelope_set_dsn(e, known->data, e->envid);
	else if (is_word(s, "envid") && dsn_is_envid(value))
		envelope_set_dsn(e, e->ret, value);
	else if (is_word(s, "notify") && last != NULL &&
	    dsn_parse_notify(value, known) == 0)
		envelope_set_recipient_dsn(e, e->n - 1, known->data,
		    last->orcpt);
	else if (is_word(s, "orcpt") && last != NULL && dsn_is_orcpt(value))
		envelope_set_recipient_dsn(e, e->n - 1, last->notify, value);
	else
		return -1;
	return 0;
}

static int
read_dsn(struct frames *s, struct job *j, struct fault *f)
{
	struct buf known = BUF_INIT;
	int rc = take_dsn(s, &j->envelope, &known);

	buf_release(&known);
	return rc == 0 ? 0 : unexpected(s, f);
}

/* The last word of a mail: everything it needs has come. */
static int
read_go(struct frames *s, struct job *j, struct fault *f)
{
	if (s->fds_n == 0 || j->envelope.n == 0 || j->id == NULL)
		return fault_set(f, EX_SOFTWARE,
		    "a job without content or recipient");
	j->content.fd = s->fds[0];
	s->fds_n--;
	memmove(s->fds, s->fds + 1, s->fds_n * sizeof *s->fds);
	j->kind = JOB_MAIL;
	return 0;
}

/* The first word of a group of settings: it may come without a secret. */
static void
read_verbose(const struct frames *s, struct job *j)
{
	j->verbose = strcmp(s->value.data, "1") == 0;
	j->changes++;
	replace(&j->secret_file, NULL);
	replace(&j->secret_section, NULL);
}

static void
replace_secret(const struct frames *s, struct job *j, char **p)
{
	j->changes++;
	replace(p, value_copy(s));
}

/* A job that is whole with its one argument. */
static int
read_argument(struct frames *s, struct job *j, enum job_kind kind)
{
	replace(&j->argument, value_copy(s));
	j->kind = kind;
	return 0;
}

/* Takes one frame into the job; j->kind is set when the job is whole. */
static int
read_word(struct frames *s, struct job *j, struct fault *f)
{
	if (is_word(s, HELLO))
		return check_hello(s, f);
	if (is_word(s, "verbose"))
		read_verbose(s, j);
	else if (is_word(s, "patience"))
		j->patience_s = (int)strtol(s->value.data, NULL, 10);
	else if (is_word(s, "progress"))
		j->progress = strcmp(s->value.data, "1") == 0;
	else if (is_word(s, "set"))
		return read_set(s, j, f);
	else if (is_word(s, "secret-file"))
		replace_secret(s, j, &j->secret_file);
	else if (is_word(s, "secret-section"))
		replace_secret(s, j, &j->secret_section);
	else if (is_word(s, "check"))
		j->kind = JOB_CHECK;
	else if (is_word(s, "eval"))
		j->kind = JOB_EVAL;
	else if (is_word(s, "lookup"))
		return read_argument(s, j, JOB_LOOKUP);
	else if (is_word(s, "etrn"))
		return read_argument(s, j, JOB_ETRN);
	else if (is_word(s, "mail"))
		replace(&j->id, value_copy(s));
	else if (is_word(s, "sender"))
		envelope_set_sender(&j->envelope, s->value.data);
	else if (is_word(s, "recipient"))
		return read_recipient(s, j, f);
	else if (is_word(s, "content"))
		return read_content(s, j, f);
	else if (is_word(s, "go"))
		return read_go(s, j, f);
	else
		return read_dsn(s, j, f);
	return 0;
}

int
job_has_mail(struct frames *s)
{
	static const char word[] = "mail ";
	size_t n = 4 + sizeof word - 1;

	while (s->in.len - s->in_at < n)
		if (receive(s, MSG_DONTWAIT) <= 0)
			return 0;
	return memcmp(s->in.data + s->in_at + 4, word, sizeof word - 1) == 0;
}

void
job_move_mail(struct job *j, struct job *from)
{
	job_clear_mail(j);
	envelope_release(&j->envelope);
	j->kind = from->kind;
	j->id = from->id;
	j->envelope = from->envelope;
	j->numbers = from->numbers;
	j->content = from->content;
	from->id = NULL;
	from->numbers = NULL;
	from->content.fd = -1;
	from->kind = JOB_NONE;
	envelope_init(&from->envelope);
}

int
job_read(struct frames *s, struct job *j, struct fault *f)
{
	int rc;

	job_clear_mail(j);
	while (j->kind == JOB_NONE) {
		rc = frames_read(s, f);
		if (rc != 1)
			return rc;
		if (read_word(s, j, f) == -1)
			return -1;
	}
	return 1;
}

/* Events. */

static const struct {
	enum event_kind kind;
	const char *word;
} event_words[] = {
	{ EVENT_STEP, "step" }, { EVENT_SETTING, "setting" },
	{ EVENT_SRV, "srv" },
	{ EVENT_ENVELOPE, "envelope" }, { EVENT_CONTENT, "content" },
	{ EVENT_PROGRESS, "progress" },
	{ EVENT_DOT, "dot" }, { EVENT_RCPT, "rcpt" },
	{ EVENT_UNREPORTED, "unreported" },
	{ EVENT_FAULT, "fault" }, { EVENT_END, "end" },
};

void
event_init(struct event *e)
{
	memset(e, 0, sizeof *e);
}

void
event_release(struct event *e)
{
	free(e->name);
	free(e->sent);
	free(e->text);
	event_init(e);
}

static const char *
text_or_empty(const char *s)
{
	return s != NULL ? s : "";
}

/* 1 when the socket takes a frame at once. */
static int
is_writable(const struct frames *s)
{
	struct pollfd p = { s->fd, POLLOUT, 0 };

	return poll(&p, 1, 0) == 1;
}

void
event_put(struct frames *s, const struct event *e)
{
	const char *word = event_words[e->kind].word;
	struct buf b = BUF_INIT;

	switch (e->kind) {
	case EVENT_PROGRESS:
		buf_addf(&b, "%lld %lld", e->octets, e->octets_total);
		break;
	case EVENT_STEP:
		/* Three strings; the first two end with NUL. */
		buf_adds(&b, text_or_empty(e->name));
		buf_addc(&b, '\0');
		buf_adds(&b, text_or_empty(e->sent));
		buf_addc(&b, '\0');
		buf_adds(&b, text_or_empty(e->text));
		break;
	case EVENT_SETTING:
		buf_addf(&b, "%s %s", e->name, text_or_empty(e->text));
		break;
	case EVENT_SRV:
		buf_addf(&b, "%s %d %s", e->name, e->code, e->text);
		break;
	case EVENT_RCPT:
	case EVENT_FAULT:
		buf_addf(&b, "%zu %s %s %d %d %s", e->recipient,
		    stage_name(e->stage), reply_name(e->reply), e->code,
		    e->exit_status, text_or_empty(e->text));
		break;
	case EVENT_UNREPORTED:
		buf_addf(&b, "%zu", e->recipient);
		break;
	default:
		break;
	}
	frames_put_bytes(s, word, b.data, b.len);
	buf_release(&b);
}

int
event_send(struct frames *s, const struct event *e, struct fault *f)
{
	/* Nobody must wait for what is but for show. */
	if (e->kind == EVENT_PROGRESS && !is_writable(s))
		return 0;
	event_put(s, e);
	if (e->kind == EVENT_END || e->kind == EVENT_DOT ||
	    e->kind == EVENT_STEP || e->kind == EVENT_PROGRESS)
		return frames_flush(s, -1, f);
	return 0;
}

/* "NUMBER STAGE REPLY CODE STATUS TEXT" */
static int
read_result(struct frames *s, struct event *e, struct fault *f)
{
	const char *p = s->value.data;
	long long recipient, code, status;
	int stage, reply;

	if (ascii_take_number(&p, NUMBER_MAX, &recipient) == -1 ||
	    (stage = stage_take(&p)) == -1 ||
	    (reply = reply_take(&p)) == -1 ||
	    ascii_take_number(&p, 999, &code) == -1 ||
	    ascii_take_number(&p, 255, &status) == -1 || p[-1] != ' ')
		return unexpected(s, f);
	e->recipient = (size_t)recipient;
	e->stage = (enum stage)stage;
	e->reply = (enum reply)reply;
	e->code = (int)code;
	e->exit_status = (int)status;
	e->text = xstrdup(p);
	return 0;
}

static int
read_unreported(struct frames *s, struct event *e, struct fault *f)
{
	long long number;

	if (take_numbers(s->value.data, &number, 1) == -1)
		return unexpected(s, f);
	e->recipient = (size_t)number;
	return 0;
}

static int
read_step(struct frames *s, struct event *e, struct fault *f)
{
	const char *p = s->value.data, *end = p + s->value.len;
	const char *sent = memchr(p, '\0', s->value.len), *text;

	if (sent == NULL)
		return unexpected(s, f);
	sent++;
	text = memchr(sent, '\0', (size_t)(end - sent));
	if (text == NULL)
		return unexpected(s, f);
	e->name = xstrdup(p);
	e->sent = xstrdup(sent);
	e->text = xmemdup(text + 1, (size_t)(end - text - 1));
	return 0;
}

static int
read_setting(struct frames *s, struct event *e, struct fault *f)
{
	const char *space = strchr(s->value.data, ' ');

	if (space == NULL)
		return unexpected(s, f);
	e->name = xmemdup(s->value.data, (size_t)(space - s->value.data));
	e->text = xstrdup(space + 1);
	return 0;
}

static int
read_progress(struct frames *s, struct event *e, struct fault *f)
{
	long long n[2];

	if (take_numbers(s->value.data, n, 2) == -1 || n[0] > n[1])
		return unexpected(s, f);
	e->octets = n[0];
	e->octets_total = n[1];
	return 0;
}

/* "SERVICE PORT TARGET" */
static int
read_srv(struct frames *s, struct event *e, struct fault *f)
{
	const char *p = s->value.data;
	size_t len = strcspn(p, " ");
	long long port;

	p += len;
	if (len == 0 || len > SERVICE_MAX || *p++ != ' ' ||
	    ascii_take_number(&p, 65535, &port) == -1 || p[-1] != ' ')
		return unexpected(s, f);
	e->code = (int)port;
	e->name = xmemdup(s->value.data, len);
	e->text = xstrdup(p);
	return 0;
}

int
event_read(struct frames *s, struct event *e, struct fault *f)
{
	size_t i;
	int rc;

	event_release(e);
	do {
		rc = frames_read(s, f);
		if (rc != 1)
			return rc;
		if (is_word(s, HELLO) && check_hello(s, f) == -1)
			return -1;
	} while (is_word(s, HELLO));
	for (i = 0; i < sizeof event_words / sizeof *event_words; i++)
		if (is_word(s, event_words[i].word))
			break;
	if (i == sizeof event_words / sizeof *event_words)
		return unexpected(s, f);
	e->kind = event_words[i].kind;
	switch (e->kind) {
	case EVENT_STEP:
		rc = read_step(s, e, f);
		break;
	case EVENT_SETTING:
		rc = read_setting(s, e, f);
		break;
	case EVENT_PROGRESS:
		rc = read_progress(s, e, f);
		break;
	case EVENT_SRV:
		rc = read_srv(s, e, f);
		break;
	case EVENT_RCPT:
	case EVENT_FAULT:
		rc = read_result(s, e, f);
		break;
	case EVENT_UNREPORTED:
		rc = read_unreported(s, e, f);
		break;
	default:
		rc = 0;
		break;
	}
	return rc == -1 ? -1 : 1;
}
