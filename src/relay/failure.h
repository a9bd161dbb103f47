/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a session or a transaction went wrong, in the outcome table's terms. */
#ifndef RELAY_FAILURE_H
#define RELAY_FAILURE_H

#include "base/buf.h"
#include "queue/outcome.h"
#include "relay/wire.h"

struct failure {
	int is_set;
	enum stage stage;
	enum reply reply;
	int code;        /* SMTP reply code, 0 if none */
	int exit_status; /* 0, or instead of the table's */
	struct buf text; /* the server's words, or a reason */
};

void failure_init(struct failure *f);
void failure_release(struct failure *f);
/* What from says, in place of what f says. */
void failure_copy(struct failure *f, const struct failure *from);
/* Records a failure unless there is one already (the first is the cause). */
void failure_set(struct failure *f, enum stage stage, enum reply reply,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The same for a setting that cannot be (CONFIG, EX_CONFIG). Returns -1. */
int failure_config(struct failure *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same from a reply: its class, code and words. */
void failure_set_answer(struct failure *f, enum stage stage,
    const struct answer *a);
/* The same when a wait of limit_ms for a reply ended with status, which is
 * not WIRE_REPLY; a has what is no reply. */
void failure_set_wire(struct failure *f, enum stage stage,
    enum wire_status status, const struct wire *w, const struct answer *a,
    int limit_ms);
/* What came in place of a reply. */
enum reply failure_reply(enum wire_status status);

#endif
