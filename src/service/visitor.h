/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection to the service, in a process of its own. The parent knows
 * what each user may; it is asked over a stream socket before a mail is
 * taken:
 *
 *   octets N LF         a mail of N octets has come
 *   yes LF, no WHY LF   the answer
 *
 * An end of file is a "no": without its parent a service takes nothing.
 */
#ifndef SERVICE_VISITOR_H
#define SERVICE_VISITOR_H

#include <sys/types.h>

#include "settings/options.h"

/* Octets of a question or an answer, more than there ever are. */
#define VISITOR_LINE_MAX 200

/* Who has connected. */
struct visitor {
	long long uid; /* -1: came by the network */
	pid_t pid;     /* -1: not known */
	char *name;    /* owned: "uid 1000", "[127.0.0.1]" */
};

/* Finds out about the connection fd: 0, or -1 when it is gone already. */
int visitor_find(struct visitor *w, int fd, int is_network);
void visitor_release(struct visitor *w);
/*
 * In the child: serves the connection fd, asks at ask_fd, and ends the
 * process. All other descriptors but the standard ones are closed, what the
 * parent has done about signals is undone.
 */
_Noreturn void visitor_serve(int fd, int ask_fd, const struct visitor *w,
    const struct values *v, const struct options *o);

#endif
