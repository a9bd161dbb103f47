/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recorded failure; see failure.h. Like a fault, the first one wins. */
#include "relay/failure.h"

#include <stdarg.h>

#include "relay/wire.h"

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

void
failure_set_answer(struct failure *f, enum stage stage,
    const struct answer *a)
{
	if (begin(f, stage, reply_class(a->code), a->code))
		answer_text(a, &f->text);
}
