/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a queue entry. Every value is one line (escape.h). A torn last
 * line of the journal never happened. Text that this version does not know
 * makes the entry one of another version: it is not guessed at.
 */
#include "queue/entry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "queue/escape.h"

#define TEXT_MAX ((size_t)1 << 28)
/* A file of so many octets is read in one piece. */
#define SMALL_FILE ((size_t)8192)
#define HEAD_FORMAT "qsendmail-queue %d %lld %lld %zu"

void
entry_init(struct entry *e)
{
	memset(e, 0, sizeof *e);
	e->id = xstrdup("");
	e->account = xstrdup("");
	e->section = xstrdup("");
	e->config = xstrdup("");
	envelope_init(&e->envelope);
	e->content.fd = -1;
	e->uid = -1;
}

void
entry_release(struct entry *e)
{
	free(e->id);
	free(e->account);
	free(e->section);
	free(e->config);
	values_release(&e->settings);
	envelope_release(&e->envelope);
	if (e->content.fd != -1)
		close(e->content.fd);
	memset(e, 0, sizeof *e);
	e->content.fd = -1;
}

/* ---- lines ---- */

static void
put_line(struct buf *out, const char *key, const char *value)
{
	buf_addf(out, "%s ", key);
	escape_put(out, value);
	buf_addc(out, '\n');
}

static void
put_time(struct buf *out, const char *key, time_t when)
{
	buf_addf(out, "%s %lld\n", key, (long long)when);
}

/* Replaces *field by the value. */
static int
set_text(char **field, const char *value)
{
	char *text = escape_take(value, strlen(value));

	if (text == NULL)
		return -1;
	free(*field);
	*field = text;
	return 0;
}

static int
take_time(const char *value, time_t *when)
{
	long long number;

	if (ascii_take_number(&value, 1LL << 40, &number) == -1 ||
	    *value != '\0')
		return -1;
	*when = (time_t)number;
	return 0;
}

/* ---- writing ---- */

static void
put_settings(struct buf *out, const struct values *v)
{
	struct buf line = BUF_INIT;
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++) {
		if (!values_is_set(v, (enum setting_id)i) ||
		    settings[i].type == TYPE_SECRET)
			continue;
		buf_reset(&line);
		buf_addf(&line, "%s ", settings[i].name);
		escape_put(&line, values_text(v, (enum setting_id)i));
		buf_addf(out, "set %s\n", line.data);
	}
	buf_release(&line);
}

static void
put_envelope(struct buf *out, const struct envelope *e)
{
	size_t i;

	put_line(out, "sender", e->sender);
	if (e->ret[0] != '\0')
		put_line(out, "ret", e->ret);
	if (e->envid[0] != '\0')
		put_line(out, "envid", e->envid);
	for (i = 0; i < e->n; i++) {
		put_line(out, "recipient", e->v[i].address);
		if (e->v[i].notify[0] != '\0')
			put_line(out, "notify", e->v[i].notify);
		if (e->v[i].orcpt[0] != '\0')
			put_line(out, "orcpt", e->v[i].orcpt);
	}
}

static void
put_entry(struct buf *out, const struct entry *e)
{
	const struct content *c = &e->content;

	put_line(out, "id", e->id);
	put_time(out, "created", e->created);
	put_line(out, "account", e->account);
	put_line(out, "section", e->section);
	if (e->config[0] != '\0')
		put_line(out, "config", e->config);
	put_settings(out, &e->settings);
	if (e->is_bounce)
		buf_adds(out, "bounce yes\n");
	if (e->uid != -1)
		buf_addf(out, "uid %lld\n", e->uid);
	buf_addf(out, "facts %d %d %d\n", c->is_8bit_body, c->is_8bit_header,
	    c->has_long_lines);
	put_envelope(out, &e->envelope);
}

int
entry_write(struct entry *e, struct fault *f)
{
	struct content *c = &e->content;
	off_t at = c->offset + c->length;
	struct buf text = BUF_INIT, head = BUF_INIT;
	int rc = -1;

	put_entry(&text, e);
	buf_addf(&head, HEAD_FORMAT, ENTRY_VERSION, (long long)c->offset,
	    (long long)c->length, text.len);
	while (head.len < ENTRY_HEAD - 1)
		buf_addc(&head, ' ');
	buf_addc(&head, '\n');
	e->journal = e->end = at + (off_t)text.len;
	if (c->offset < ENTRY_HEAD || head.len != ENTRY_HEAD)
		fault_set(f, EX_SOFTWARE, "there is no room in front of the "
		    "content");
	else if (io_pwrite(c->fd, text.data, text.len, at) == -1 ||
	    io_pwrite(c->fd, head.data, head.len, 0) == -1)
		fault_errno(f, EX_TEMPFAIL, "cannot write the queue entry %s",
		    e->id);
	else
		rc = 0;
	buf_release(&text);
	buf_release(&head);
	return rc;
}

/* ---- the journal ---- */

void
entry_put_attempt(struct entry *e, time_t when, struct buf *out)
{
	e->attempts++;
	e->attempted = when;
	e->is_unsettled = 1;
	put_time(out, "attempt", when);
}

void
entry_put_recipient(struct entry *e, size_t i, struct buf *out)
{
	const struct recipient *r = &e->envelope.v[i];

	if (r->outcome == OUTCOME_UNCONFIRMED)
		e->is_doubtful = 1;
	buf_addf(out, "to %zu %s %s %d ", i, stage_name(r->stage),
	    reply_name(r->reply), r->code);
	escape_put(out, r->text);
	buf_addc(out, '\n');
	if (r->is_unreported)
		buf_addf(out, "unreported %zu\n", i);
}

void
entry_put_told(struct entry *e, size_t i, struct buf *out)
{
	e->envelope.v[i].is_told = 1;
	buf_addf(out, "told %zu\n", i);
}

void
entry_put_next(struct entry *e, time_t when, struct buf *out)
{
	e->is_unsettled = 0;
	e->next = when;
	e->has_new_next = 1;
	put_time(out, "next", when);
}

void
entry_put_hold(struct entry *e, int is_held, struct buf *out)
{
	e->is_held = is_held;
	buf_adds(out, is_held ? "hold yes\n" : "hold no\n");
}

void
entry_put_warned(struct entry *e, struct buf *out)
{
	e->is_warned = 1;
	buf_adds(out, "warned yes\n");
}

/* ---- reading ---- */

static int
read_created(struct entry *e, const char *value)
{
	if (take_time(value, &e->created) == -1)
		return -1;
	/* Due from the start; the journal may know better. */
	e->next = e->created;
	return 0;
}

static int
read_id(struct entry *e, const char *value)
{
	return set_text(&e->id, value);
}

static int
read_account(struct entry *e, const char *value)
{
	return set_text(&e->account, value);
}

static int
read_section(struct entry *e, const char *value)
{
	return set_text(&e->section, value);
}

static int
read_config(struct entry *e, const char *value)
{
	return set_text(&e->config, value);
}

static int
read_set(struct entry *e, const char *value)
{
	struct origin origin = { ORIGIN_COMMAND_LINE, NULL, 0 };
	const char *blank = strchr(value, ' ');
	struct fault ignored = FAULT_INIT;
	char *name, *text;
	int rc = -1;

	if (blank == NULL)
		return -1;
	name = xmemdup(value, (size_t)(blank - value));
	text = escape_take(blank + 1, strlen(blank + 1));
	if (text != NULL)
		rc = settings_set(&e->settings, SETTING_CLI, name, text,
		    &origin, &ignored);
	fault_release(&ignored);
	free(name);
	free(text);
	return rc;
}

static int
read_bounce(struct entry *e, const char *value)
{
	e->is_bounce = 1;
	return strcmp(value, "yes") == 0 ? 0 : -1;
}

static int
read_uid(struct entry *e, const char *value)
{
	return ascii_take_number(&value, 1LL << 32, &e->uid) == -1 ||
	    *value != '\0' ? -1 : 0;
}

static int
read_facts(struct entry *e, const char *value)
{
	struct content *c = &e->content;
	long long facts[3];
	size_t i;

	for (i = 0; i < 3; i++)
		if (ascii_take_number(&value, 1, &facts[i]) == -1)
			return -1;
	c->is_8bit_body = (int)facts[0];
	c->is_8bit_header = (int)facts[1];
	c->has_long_lines = (int)facts[2];
	return 0;
}

static int
read_sender(struct entry *e, const char *value)
{
	char *text = escape_take(value, strlen(value));

	if (text == NULL)
		return -1;
	envelope_set_sender(&e->envelope, text);
	free(text);
	return 0;
}

static int
read_recipient(struct entry *e, const char *value)
{
	char *text = escape_take(value, strlen(value));
	int rc = text != NULL && *text != '\0' ? 0 : -1;

	if (rc == 0)
		envelope_add(&e->envelope, text);
	free(text);
	return rc;
}

static int
read_ret(struct entry *e, const char *value)
{
	return set_text(&e->envelope.ret, value);
}

static int
read_envid(struct entry *e, const char *value)
{
	return set_text(&e->envelope.envid, value);
}

/* A wish of the recipient before. */
static int
read_notify(struct entry *e, const char *value)
{
	size_t n = e->envelope.n;

	return n == 0 ? -1 : set_text(&e->envelope.v[n - 1].notify, value);
}

static int
read_orcpt(struct entry *e, const char *value)
{
	size_t n = e->envelope.n;

	return n == 0 ? -1 : set_text(&e->envelope.v[n - 1].orcpt, value);
}

static int
read_attempt(struct entry *e, const char *value)
{
	e->attempts++;
	e->is_unsettled = 1;
	return take_time(value, &e->attempted);
}

static int
read_to(struct entry *e, const char *value)
{
	long long i, code;
	int stage, reply;
	char *text;

	if (ascii_take_number(&value, (1LL << 31) - 1, &i) == -1 ||
	    (size_t)i >= e->envelope.n ||
	    (stage = stage_take(&value)) == -1 ||
	    (reply = reply_take(&value)) == -1 ||
	    ascii_take_number(&value, 999, &code) == -1 ||
	    (text = escape_take(value, strlen(value))) == NULL)
		return -1;
	envelope_record(&e->envelope, (size_t)i, (enum stage)stage,
	    (enum reply)reply, (int)code, text);
	if (e->envelope.v[i].outcome == OUTCOME_UNCONFIRMED)
		e->is_doubtful = 1;
	free(text);
	return 0;
}

/* A recipient's number that is all of the value. */
static int
take_recipient(const struct entry *e, const char *value, size_t *number)
{
	long long i;

	if (ascii_take_number(&value, (1LL << 31) - 1, &i) == -1 ||
	    *value != '\0' || (size_t)i >= e->envelope.n)
		return -1;
	*number = (size_t)i;
	return 0;
}

static int
read_told(struct entry *e, const char *value)
{
	size_t i;

	if (take_recipient(e, value, &i) == -1)
		return -1;
	e->envelope.v[i].is_told = 1;
	return 0;
}

static int
read_unreported(struct entry *e, const char *value)
{
	size_t i;

	if (take_recipient(e, value, &i) == -1)
		return -1;
	envelope_set_unreported(&e->envelope, i);
	return 0;
}

static int
read_next(struct entry *e, const char *value)
{
	e->is_unsettled = 0;
	return take_time(value, &e->next);
}

static int
read_hold(struct entry *e, const char *value)
{
	e->is_held = strcmp(value, "yes") == 0;
	return e->is_held || strcmp(value, "no") == 0 ? 0 : -1;
}

static int
read_warned(struct entry *e, const char *value)
{
	e->is_warned = 1;
	return strcmp(value, "yes") == 0 ? 0 : -1;
}

static const struct line {
	const char *key;
	int (*read)(struct entry *e, const char *value);
	int in_journal;
} lines[] = {
	{ "id", read_id, 0 }, { "created", read_created, 0 },
	{ "account", read_account, 0 }, { "section", read_section, 0 },
	{ "config", read_config, 0 },
	{ "set", read_set, 0 }, { "bounce", read_bounce, 0 },
	{ "uid", read_uid, 0 },
	{ "facts", read_facts, 0 }, { "sender", read_sender, 0 },
	{ "ret", read_ret, 0 }, { "envid", read_envid, 0 },
	{ "recipient", read_recipient, 0 },
	{ "notify", read_notify, 0 }, { "orcpt", read_orcpt, 0 },
	{ "attempt", read_attempt, 1 }, { "to", read_to, 1 },
	{ "unreported", read_unreported, 1 }, { "told", read_told, 1 },
	{ "next", read_next, 1 }, { "hold", read_hold, 1 },
	{ "warned", read_warned, 1 },
};

/* One line, NUL-ended in place. 0, or -1: not of this version. */
static int
read_line(struct entry *e, char *text, int in_journal)
{
	char *value = strchr(text, ' ');
	size_t i;

	if (value == NULL)
		return -1;
	*value++ = '\0';
	for (i = 0; i < sizeof lines / sizeof *lines; i++)
		if (lines[i].in_journal == in_journal &&
		    strcmp(lines[i].key, text) == 0)
			return lines[i].read(e, value);
	return -1;
}

/*
 * The whole lines of len octets at p; *used says how many those are. They end
 * before a NUL, which is never written: there the disk had not yet what was
 * appended when the power went, though perhaps what was to follow.
 */
static int
read_lines(struct entry *e, char *p, size_t len, int in_journal, size_t *used)
{
	char *start = p, *end = p + len, *lf;

	for (; (lf = memchr(p, '\n', (size_t)(end - p))) != NULL; p = lf + 1) {
		*lf = '\0';
		if (strlen(p) != (size_t)(lf - p))
			break;
		if (read_line(e, p, in_journal) == -1)
			return -1;
	}
	*used = (size_t)(p - start);
	return 0;
}

/* What has been read of a file at its beginning, and how long it is. */
struct start {
	char data[SMALL_FILE + 1];
	size_t len;
	off_t size;
};

/* The whole of a small file, else the head: 0, or -1 with a fault. */
static int
read_start(struct start *s, int fd, off_t size, struct fault *f)
{
	ssize_t n = io_pread(fd, s->data, size <= (off_t)SMALL_FILE ?
	    (size_t)size : ENTRY_HEAD, 0);

	if (n == -1)
		return fault_errno(f, EX_IOERR, "cannot read it");
	s->len = (size_t)n;
	s->data[n] = '\0';
	s->size = size;
	return 0;
}

/* Where things are, from the head; *size is that of the text. */
static int
read_head(struct entry *e, const struct start *s, size_t *size,
    struct fault *f)
{
	static const char magic[] = "qsendmail-queue ";
	long long version, offset, length, text;
	struct content *c = &e->content;
	const char *p = s->data + sizeof magic - 1;

	if (s->len < ENTRY_HEAD || s->data[ENTRY_HEAD - 1] != '\n' ||
	    strncmp(s->data, magic, sizeof magic - 1) != 0 ||
	    ascii_take_number(&p, 1 << 30, &version) == -1)
		return fault_set(f, EX_DATAERR, "not a queue entry");
	if (version != ENTRY_VERSION)
		return fault_set(f, EX_CONFIG, "version %lld of a queue "
		    "entry, and only %d is known here", version,
		    ENTRY_VERSION);
	if (ascii_take_number(&p, 1LL << 59, &offset) == -1 ||
	    ascii_take_number(&p, 1LL << 59, &length) == -1 ||
	    ascii_take_number(&p, (long long)TEXT_MAX, &text) == -1 ||
	    offset < ENTRY_HEAD)
		return fault_set(f, EX_DATAERR, "a damaged queue entry");
	c->offset = (off_t)offset;
	c->length = (off_t)length;
	*size = (size_t)text;
	return 0;
}

/* Text, of size octets, and journal: everything behind the content. */
static int
read_text(struct entry *e, char *text, size_t size, size_t len,
    struct fault *f)
{
	size_t used = 0;

	if (read_lines(e, text, size, 0, &used) == -1 || used != size ||
	    e->envelope.n == 0)
		return fault_set(f, EX_DATAERR, "a damaged queue entry");
	if (read_lines(e, text + size, len - size, 1, &used) == -1)
		return fault_set(f, EX_DATAERR, "a damaged journal in the "
		    "queue entry");
	e->journal = e->content.offset + e->content.length + (off_t)size;
	e->end = e->journal + (off_t)used;
	e->is_torn = used != len - size;
	return 0;
}

static int
read_rest(struct entry *e, struct start *s, size_t size, struct fault *f)
{
	off_t at = e->content.offset + e->content.length;
	char *text;
	size_t len;
	int rc;

	if (s->size < at + (off_t)size || s->size - at > (off_t)TEXT_MAX)
		return fault_set(f, EX_DATAERR, "a damaged queue entry");
	len = (size_t)(s->size - at);
	if ((off_t)s->len == s->size)
		return read_text(e, s->data + at, size, len, f);
	text = xmalloc(len + 1);
	if (io_pread(e->content.fd, text, len, at) == (ssize_t)len)
		rc = read_text(e, text, size, len, f);
	else
		rc = fault_errno(f, EX_IOERR, "cannot read it");
	free(text);
	return rc;
}

int
entry_read(struct entry *e, int fd, off_t file_size, struct fault *f)
{
	struct start s;
	size_t size = 0;

	e->content.fd = fd;
	if (read_start(&s, fd, file_size, f) == -1 ||
	    read_head(e, &s, &size, f) == -1)
		return -1;
	return read_rest(e, &s, size, f);
}

int
entry_journal(const struct entry *e, struct buf *out, struct fault *f)
{
	size_t len = (size_t)(e->end - e->journal);

	buf_grow(out, len);
	if (io_pread(e->content.fd, out->data + out->len, len, e->journal) !=
	    (ssize_t)len)
		return fault_errno(f, EX_IOERR, "cannot read the journal of "
		    "%s", e->id);
	out->len += len;
	out->data[out->len] = '\0';
	return 0;
}

/* ---- recipients ---- */

size_t
entry_left(const struct entry *e)
{
	size_t i, n = 0;

	for (i = 0; i < e->envelope.n; i++)
		n += (size_t)recipient_is_left(&e->envelope.v[i]);
	return n;
}

void
entry_prepare(struct entry *e)
{
	size_t i;

	for (i = 0; i < e->envelope.n; i++)
		if (recipient_is_left(&e->envelope.v[i]))
			e->envelope.v[i].outcome = OUTCOME_NONE;
}
