/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever stands beside entries is in parentheses, as Postfix has its
 * reasons: scripts count the lines that begin with a letter or a digit.
 */
#include "service/mailq_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "queue/reply.h"

#define WIDTH 76

/* ---- words ---- */

void
mailq_time(time_t when, struct buf *out)
{
	clock_format(when, "%a %b %e %H:%M:%S", out);
}

void
mailq_reason(const struct recipient *r, struct buf *out)
{
	if (r->outcome == OUTCOME_NONE)
		return;
	buf_adds(out, outcome_find(r->stage, r->reply)->sentence);
	if (r->code != 0 || r->text[0] != '\0')
		buf_adds(out, ": ");
	if (r->code != 0)
		buf_addf(out, r->text[0] != '\0' ? "%d " : "%d", r->code);
	reply_clean(out, r->text);
}

const char *
mailq_account(const struct entry *e)
{
	return e->section[0] != '\0' ? e->section : e->account;
}

static const char *
sender_name(const struct entry *e)
{
	return e->envelope.sender[0] != '\0' ? e->envelope.sender :
	    "MAILER-DAEMON";
}

/* Who is still to get it; of a mail that has failed everybody who has not. */
static int
is_shown(const struct mailq_view *v, size_t i)
{
	const struct recipient *r = &v->e->envelope.v[i];

	return recipient_is_left(r) || (v->account == NULL &&
	    r->outcome != OUTCOME_DONE);
}

/* ---- for people ---- */

void
mailq_put_head(struct buf *out)
{
	buf_addf(out, "%-20s %8s %-20s %s\n", "-Queue ID-", "--Size--",
	    "----Arrival Time----", "-Sender/Recipient-------");
}

/* A remark in parentheses, at the right if it is short. */
static void
put_remark(struct buf *out, const char *text, size_t len)
{
	struct buf quoted = BUF_INIT;

	log_quote(&quoted, text, len);
	if (quoted.len + 2 < WIDTH)
		buf_addf(out, "%*s", (int)(WIDTH - 2 - quoted.len), "");
	buf_addf(out, "(%s)\n", quoted.data);
	buf_release(&quoted);
}

static void
put_row(struct buf *out, const char *id, char mark, long long size,
    time_t created, const char *sender)
{
	struct buf name = BUF_INIT, when = BUF_INIT;

	log_quotes(&name, id);
	if (mark != '\0')
		buf_addc(&name, mark);
	mailq_time(created, &when);
	buf_addf(out, "%-20s %8lld %-20s ", name.data, size, when.data);
	log_quotes(out, sender);
	buf_addc(out, '\n');
	buf_release(&name);
	buf_release(&when);
}

static void
put_next(struct buf *out, const struct mailq_view *v)
{
	const struct entry *e = v->e;
	time_t next = e->next > v->not_before ? e->next : v->not_before;
	struct buf text = BUF_INIT;

	if (e->attempts != 0)
		buf_addf(&text, "%u attempt%s, ", e->attempts,
		    e->attempts == 1 ? "" : "s");
	buf_adds(&text, "next attempt: ");
	if (next > v->now)
		mailq_time(next, &text);
	else
		buf_adds(&text, "due");
	put_remark(out, text.data, text.len);
	buf_release(&text);
}

/* Each with its reason, unless that is the one before. */
static void
put_recipients(struct buf *out, const struct mailq_view *v)
{
	struct buf reason = BUF_INIT, last = BUF_INIT;
	size_t i;

	for (i = 0; i < v->e->envelope.n; i++) {
		if (!is_shown(v, i))
			continue;
		buf_reset(&reason);
		mailq_reason(&v->e->envelope.v[i], &reason);
		if (reason.len != 0 && strcmp(reason.data, last.data) != 0)
			put_remark(out, reason.data, reason.len);
		buf_set(&last, reason.data, reason.len);
		buf_addf(out, "%-50s ", "");
		log_quotes(out, v->e->envelope.v[i].address);
		buf_addc(out, '\n');
	}
	buf_release(&reason);
	buf_release(&last);
}

void
mailq_put_mail(const struct mailq_view *v, struct buf *out)
{
	static const char doubt[] = "a duplicate is possible: the server may "
	    "have accepted it already, its reply was lost";
	const struct entry *e = v->e;
	char mark = '\0';

	if (v->is_busy)
		mark = '*';
	else if (e->is_held)
		mark = '!';
	put_row(out, e->id, mark, (long long)e->content.length, e->created,
	    sender_name(e));
	if (v->is_doubtful)
		put_remark(out, doubt, sizeof doubt - 1);
	if (mark == '\0' && v->account != NULL)
		put_next(out, v);
	put_recipients(out, v);
}

void
mailq_put_pause(const struct pause *p, const char *name, struct buf *out)
{
	buf_adds(out, "(account ");
	log_quotes(out, name);
	buf_adds(out, " pauses until ");
	mailq_time(p->until, out);
	buf_adds(out, ": ");
	log_quotes(out, p->reason);
	buf_addf(out, " (%s: qsendmail -qf))\n", p->is_account_fault ?
	    "correct it, then" : "to try it now");
}

/* The time that an id begins with. */
static time_t
time_of(const char *id)
{
	char digits[9];

	if (strspn(id, "0123456789abcdef") < 8)
		return 0;
	memcpy(digits, id, 8);
	digits[8] = '\0';
	return (time_t)strtoll(digits, NULL, 16);
}

void
mailq_put_damaged(const char *id, long long size, const struct fault *why,
    struct buf *out)
{
	put_row(out, id, '?', size, time_of(id), "?");
	put_remark(out, why->text.data, why->text.len);
}

/* ---- for programs ---- */

static const char *
queue_name(const struct mailq_view *v)
{
	if (v->account == NULL)
		return "failed";
	if (v->is_busy)
		return "active";
	return v->e->is_held ? "hold" : "deferred";
}

static void
json_recipients(const struct mailq_view *v, struct buf *out)
{
	const struct recipient *r;
	struct buf reason = BUF_INIT;
	size_t i;

	json_list(out, "recipients");
	for (i = 0; i < v->e->envelope.n; i++) {
		if (!is_shown(v, i))
			continue;
		r = &v->e->envelope.v[i];
		buf_reset(&reason);
		mailq_reason(r, &reason);
		json_begin(out);
		json_text(out, "address", r->address);
		json_text(out, "delay_reason", reason.data);
		json_text(out, "status", outcome_name(r->outcome));
		json_end(out);
	}
	json_list_end(out);
	buf_release(&reason);
}

/* Members in the order of postqueue -j, with ours among them. */
void
mailq_json_mail(const struct mailq_view *v, struct buf *out)
{
	const struct entry *e = v->e;

	buf_addc(out, '{');
	json_text(out, "queue_name", queue_name(v));
	json_text(out, "queue_id", e->id);
	json_text(out, "account", mailq_account(e));
	json_number(out, "arrival_time", (long long)e->created);
	json_number(out, "message_size", (long long)e->content.length);
	json_text(out, "sender", sender_name(e));
	json_number(out, "next_attempt", (long long)e->next);
	json_number(out, "attempts", (long long)e->attempts);
	json_boolean(out, "duplicate_possible", v->is_doubtful);
	json_recipients(v, out);
	json_end(out);
	buf_addc(out, '\n');
}

void
mailq_json_damaged(const char *account, const char *id, long long size,
    const struct fault *why, struct buf *out)
{
	buf_addc(out, '{');
	json_text(out, "queue_name", "damaged");
	json_text(out, "queue_id", id);
	json_text(out, "account", account != NULL ? account : "");
	json_number(out, "arrival_time", (long long)time_of(id));
	json_number(out, "message_size", size);
	json_text(out, "error", why->text.data);
	json_end(out);
	buf_addc(out, '\n');
}
