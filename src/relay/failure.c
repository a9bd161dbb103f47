/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recorded failure; see failure.h. Like a fault, the first one wins. */
#include "relay/failure.h"

#include <stdarg.h>
#include <sysexits.h>

void
failure_init(struct failure *f)
{
	f->is_set = 0;
	f->stage = STAGE_LOCAL;
	f->reply = REPLY_ANY;
	f->code = 0;
	f->exit_status = 0;
	buf_init(&f->text, 0);
}

void
failure_release(struct failure *f)
{
	buf_release(&f->text);
	failure_init(f);
}

static int
begin(struct failure *f, enum stage stage, enum reply reply, int code)
{
	if (f->is_set)
		return 0;
	f->is_set = 1;
	f->stage = stage;
	f->reply = reply;
	f->code = code;
	return 1;
}

void
failure_copy(struct failure *f, const struct failure *from)
{
	failure_release(f);
	f->is_set = from->is_set;
	f->stage = from->stage;
	f->reply = from->reply;
	f->code = from->code;
	f->exit_status = from->exit_status;
	buf_add(&f->text, from->text.data, from->text.len);
}

void
failure_set(struct failure *f, enum stage stage, enum reply reply,
    const char *fmt, ...)
{
	va_list ap;

	if (!begin(f, stage, reply, 0))
		return;
	va_start(ap, fmt);
	buf_vaddf(&f->text, fmt, ap);
	va_end(ap);
}

int
failure_config(struct failure *f, const char *fmt, ...)
{
	va_list ap;

	if (!begin(f, STAGE_CONFIG, REPLY_ANY, 0))
		return -1;
	f->exit_status = EX_CONFIG;
	va_start(ap, fmt);
	buf_vaddf(&f->text, fmt, ap);
	va_end(ap);
	return -1;
}

void
failure_set_answer(struct failure *f, enum stage stage,
    const struct answer *a)
{
	if (begin(f, stage, reply_class(a->code), a->code))
		answer_text(a, &f->text);
}

enum reply
failure_reply(enum wire_status status)
{
	switch (status) {
	case WIRE_TIMEOUT:
		return REPLY_TIMEOUT;
	case WIRE_GARBAGE:
		return REPLY_GARBAGE;
	default:
		return REPLY_LOST;
	}
}

static void
set_lost(struct failure *f, enum stage stage, const struct transport *via)
{
	const char *error = via->error != NULL ? via->error(via->arg) : "";

	failure_set(f, stage, REPLY_LOST, "%s", error != NULL &&
	    error[0] != '\0' ? error : "the server closed the connection");
}

void
failure_set_wire(struct failure *f, enum stage stage,
    enum wire_status status, const struct wire *w, const struct answer *a,
    int limit_ms)
{
	struct buf words = BUF_INIT;

	if (status == WIRE_GARBAGE) {
		answer_text(a, &words);
		failure_set(f, stage, REPLY_GARBAGE,
		    "the server sent what is no reply: %s", words.data);
		buf_release(&words);
	} else if (status == WIRE_LOCAL) {
		failure_set(f, STAGE_LOCAL, REPLY_ANY, "%s",
		    w->fault.text.data);
	} else if (status == WIRE_TIMEOUT) {
		failure_set(f, stage, REPLY_TIMEOUT,
		    "nothing came within %d s", limit_ms / 1000);
	} else {
		set_lost(f, stage, &w->via);
	}
}
