/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is shown is what the file says: the journal is told line by line, not
 * summed up. All of it may come from outside and is quoted.
 */
#include "service/mailq_show.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "queue/escape.h"
#include "service/mailq_view.h"

#define HEADER_MAX ((size_t)1 << 20)

/* ---- fields ---- */

static void
put(struct buf *out, const char *name, const char *text)
{
	buf_addf(out, "%-10s ", name);
	log_quotes(out, text);
	buf_addc(out, '\n');
}

static void
put_time(struct buf *out, const char *name, time_t when)
{
	struct buf text = BUF_INIT;

	clock_format_date(when, &text);
	put(out, name, text.data);
	buf_release(&text);
}

static void
put_number(struct buf *out, const char *name, long long number,
    const char *unit)
{
	buf_addf(out, "%-10s %lld%s\n", name, number, unit);
}

static void
put_known(struct buf *out, const char *name, const char *text)
{
	if (text[0] != '\0')
		put(out, name, text);
}

static const char *
state(const struct entry *e, int has_failed, int is_busy)
{
	if (has_failed)
		return "failed, and nobody could be told";
	if (is_busy)
		return "being sent now";
	if (e->is_held)
		return "on hold";
	return e->is_unsettled ? "waiting; an attempt was cut off" : "waiting";
}

static void
put_settings(struct buf *out, const struct values *v)
{
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++) {
		if (!values_is_set(v, (enum setting_id)i) ||
		    settings[i].type == TYPE_SECRET)
			continue;
		buf_reset(&text);
		buf_addf(&text, "%s %s", settings[i].name,
		    values_text(v, (enum setting_id)i));
		put(out, "setting", text.data);
	}
	buf_release(&text);
}

static void
put_fields(struct buf *out, const struct entry *e, int has_failed,
    int is_busy)
{
	put(out, "id", e->id);
	put(out, "state", state(e, has_failed, is_busy));
	put(out, "account", mailq_account(e));
	put_known(out, "config", e->config);
	put_settings(out, &e->settings);
	put_time(out, "arrived", e->created);
	if (e->uid != -1)
		put_number(out, "user", e->uid, "");
	if (e->is_bounce)
		put(out, "notice", "yes: nobody is told about its own end");
	put_number(out, "size", (long long)e->content.length, " octets");
	put_number(out, "attempts", e->attempts, "");
	if (e->next != 0 && !has_failed && !e->is_held)
		put_time(out, "next", e->next);
	if (e->is_doubtful || (e->is_unsettled && !is_busy))
		put(out, "duplicate", "possible: a reply was lost");
	buf_addf(out, "%-10s <", "sender");
	log_quotes(out, e->envelope.sender);
	buf_adds(out, ">\n");
	put_known(out, "ret", e->envelope.ret);
	put_known(out, "envid", e->envelope.envid);
}

static void
put_recipients(struct buf *out, const struct entry *e)
{
	const struct recipient *r;
	size_t i;

	for (i = 0; i < e->envelope.n; i++) {
		r = &e->envelope.v[i];
		buf_addf(out, "%-10s <", "recipient");
		log_quotes(out, r->address);
		buf_addf(out, ">%s%s\n", r->outcome != OUTCOME_NONE ? ": " :
		    "", r->outcome != OUTCOME_NONE ?
		    outcome_name(r->outcome) : "");
		put_known(out, "  notify", r->notify);
		put_known(out, "  orcpt", r->orcpt);
	}
}

/* ---- the journal ---- */

/* "<ADDRESS>: " of the recipient that a value begins with. */
static void
put_who(struct buf *out, const struct entry *e, const char *value)
{
	unsigned long i = strtoul(value, NULL, 10);

	buf_addc(out, '<');
	if (i < e->envelope.n)
		log_quotes(out, e->envelope.v[i].address);
	buf_adds(out, ">: ");
}

static void
tell_attempt(struct buf *out, const struct entry *e, const char *value)
{
	(void)e;
	mailq_time((time_t)strtoll(value, NULL, 10), out);
	buf_adds(out, " tried");
}

static void
tell_to(struct buf *out, const struct entry *e, const char *value)
{
	long long number, code;
	struct recipient r;
	int stage, reply;

	memset(&r, 0, sizeof r);
	put_who(out, e, value);
	/* A line that entry_read has taken has all of them. */
	if (ascii_take_number(&value, INT_MAX, &number) == -1 ||
	    (stage = stage_take(&value)) == -1 ||
	    (reply = reply_take(&value)) == -1 ||
	    ascii_take_number(&value, 999, &code) == -1)
		return;
	r.stage = (enum stage)stage;
	r.reply = (enum reply)reply;
	r.code = (int)code;
	r.outcome = outcome_find(r.stage, r.reply)->outcome;
	r.text = escape_take(value, strlen(value));
	if (r.text != NULL)
		mailq_reason(&r, out);
	free(r.text);
}

static void
tell_told(struct buf *out, const struct entry *e, const char *value)
{
	put_who(out, e, value);
	buf_adds(out, "the sender knows");
}

static void
tell_next(struct buf *out, const struct entry *e, const char *value)
{
	(void)e;
	buf_adds(out, "to be tried ");
	mailq_time((time_t)strtoll(value, NULL, 10), out);
}

static void
tell_hold(struct buf *out, const struct entry *e, const char *value)
{
	(void)e;
	buf_adds(out, strcmp(value, "yes") == 0 ? "put on hold" : "released");
}

static void
tell_warned(struct buf *out, const struct entry *e, const char *value)
{
	(void)e;
	(void)value;
	buf_adds(out, "the sender was told of the delay");
}

static const struct {
	const char *key;
	void (*tell)(struct buf *out, const struct entry *e,
	    const char *value);
} events[] = {
	{ "attempt ", tell_attempt }, { "to ", tell_to },
	{ "told ", tell_told }, { "next ", tell_next },
	{ "hold ", tell_hold }, { "warned ", tell_warned },
};

static void
put_event(struct buf *out, const struct entry *e, const char *line)
{
	size_t i, n;

	for (i = 0; i < sizeof events / sizeof *events; i++) {
		n = strlen(events[i].key);
		if (strncmp(line, events[i].key, n) != 0)
			continue;
		buf_adds(out, "  ");
		events[i].tell(out, e, line + n);
		buf_addc(out, '\n');
		return;
	}
}

static int
put_journal(struct buf *out, const struct entry *e, struct fault *f)
{
	struct buf journal = BUF_INIT;
	char *p, *lf;
	int rc = entry_journal(e, &journal, f);

	if (rc == 0 && journal.len != 0)
		buf_adds(out, "\nhistory\n");
	for (p = journal.data; rc == 0 && (lf = strchr(p, '\n')) != NULL;
	    p = lf + 1) {
		*lf = '\0';
		put_event(out, e, p);
	}
	buf_release(&journal);
	return rc;
}

/* ---- the message ---- */

/* Its header; an endless one is cut. */
static void
put_header(struct buf *out, const struct content *c)
{
	struct buf line;
	struct reader r;
	size_t total = 0;

	buf_adds(out, "\nheader\n");
	buf_init(&line, HEADER_MAX);
	reader_init_part(&r, c->fd, c->offset, c->length);
	while (total < HEADER_MAX && reader_line(&r, &line) == 1) {
		total += line.len;
		while (line.len != 0 && (line.data[line.len - 1] == '\n' ||
		    line.data[line.len - 1] == '\r'))
			buf_truncate(&line, line.len - 1);
		if (line.len == 0)
			break;
		buf_adds(out, "  ");
		log_quote(out, line.data, line.len);
		buf_addc(out, '\n');
		buf_reset(&line);
	}
	reader_release(&r);
	buf_release(&line);
}

void
mailq_show(struct spool *s, const char *account, const char *id,
    struct report *report)
{
	struct fault f = FAULT_INIT;
	struct buf out = BUF_INIT;
	struct entry e;
	int is_busy, rc;

	entry_init(&e);
	rc = spool_look(s, account, id, &e, &is_busy, &f);
	if (rc == 1) {
		put_fields(&out, &e, account == NULL, is_busy);
		put_recipients(&out, &e);
		if (put_journal(&out, &e, &f) == -1)
			rc = -1;
		put_header(&out, &e.content);
		buf_addc(&out, '\n');
		report_output(report, out.data, out.len);
	}
	if (rc == -1)
		report_fault(report, &f);
	buf_release(&out);
	entry_release(&e);
	fault_release(&f);
}
