/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the listener share; see listener.h. */
#ifndef SERVICE_LISTENER_STATE_H
#define SERVICE_LISTENER_STATE_H

#include "service/door.h"
#include "service/listener.h"
#include "service/quota.h"
#include "service/visitor.h"

struct session {
	pid_t pid;
	int fd;          /* its questions; -1: it has closed them */
	struct visitor who;
	struct buf in;   /* a question that is not whole yet */
	size_t mails;    /* taken */
};

struct listener {
	const struct values *values;   /* borrowed */
	const struct options *options; /* borrowed */
	struct doors doors;
	struct quota quota;
	struct session *v;
	size_t n, cap, max;
	int spare_fd; /* given up where there is none for a connection */
};

/* A descriptor to be given up later; -1 if there is none. */
int listener_open_spare(void);
/* Takes the connections that wait at a door: each gets a session, or is told
 * why not. */
void listener_take(struct listener *l, const struct door *d);

#endif
