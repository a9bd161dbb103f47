/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals of a process with a loop: they become octets in a pipe. */
#ifndef SERVICE_SIGNALS_H
#define SERVICE_SIGNALS_H

#include "base/fault.h"

enum {
	SIGNAL_STOP = 1,   /* SIGTERM, SIGINT */
	SIGNAL_RELOAD = 2, /* SIGHUP */
	SIGNAL_CHILD = 4   /* SIGCHLD */
};

/* From now on they are caught; a descriptor that can be read when one has
 * come, or -1 with a fault (EX_OSERR). */
int signals_open(struct fault *f);
/* What has come since: SIGNAL_... together. */
int signals_take(int fd);
/* Back to how the process has found them, in a child too. */
void signals_close(int fd);

#endif
