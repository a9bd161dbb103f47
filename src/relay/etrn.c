/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one command of RFC 1985 and what its replies mean (5.2). */
#include "relay/etrn.h"

static void
set_lost(struct failure *f, enum wire_status status, int limit_ms)
{
	if (status == WIRE_TIMEOUT)
		failure_set(f, STAGE_ETRN, REPLY_TIMEOUT,
		    "nothing came within %d s", limit_ms / 1000);
	else if (status == WIRE_GARBAGE)
		failure_set(f, STAGE_ETRN, REPLY_GARBAGE,
		    "the server sent what is no reply");
	else
		failure_set(f, STAGE_ETRN, REPLY_LOST,
		    "the server closed the connection");
}

int
etrn_ask(struct wire *w, const char *node, int limit_ms, struct answer *a,
    struct failure *f)
{
	struct buf line = BUF_INIT;
	enum wire_status status;

	buf_addf(&line, "ETRN %s\r\n", node);
	wire_put(w, line.data, line.len);
	buf_release(&line);
	status = wire_wait(w, a, limit_ms);
	if (status != WIRE_REPLY) {
		set_lost(f, status, limit_ms);
		return -1;
	}
	if (a->code / 100 == 2)
		return 0;
	failure_set_answer(f, STAGE_ETRN, a);
	if (a->code / 100 == 3)
		f->reply = REPLY_GARBAGE;
	/* "Node not allowed": waiting changes nothing. */
	if (a->code == 459)
		f->reply = REPLY_R5XX;
	return -1;
}
