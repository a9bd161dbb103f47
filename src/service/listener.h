/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The doors of a service for a whole host: Unix sockets and loopback TCP,
 * opened here or by whoever started us (systemd). Each connection becomes a
 * child process that speaks SMTP and puts mail into the spool; the parent
 * keeps the limits of each user. The runner's loop owns the processor: it
 * polls for us and calls us.
 */
#ifndef SERVICE_LISTENER_H
#define SERVICE_LISTENER_H

#include <poll.h>
#include <sys/types.h>

#include "settings/options.h"

struct listener; /* heap object */

/*
 * Opens the places that the setting listen names (values v of the service),
 * or takes open sockets over ($LISTEN_FDS). o is for each session, as with
 * -bs; v and o are borrowed for the life of the listener. NULL with a fault
 * (EX_CANTCREAT, EX_CONFIG) that names the place.
 */
struct listener *listener_open(const struct values *v,
    const struct options *o, struct fault *f);
/* Stops taking connections; sessions go on. */
void listener_close(struct listener *l);
/* Ends what is left of the sessions (none may be told 250 for a mail that is
 * not in the spool), removes socket files that we made. NULL is fine. */
void listener_free(struct listener *l);
/* In a child that is no session: closes what was inherited, and touches
 * nothing that others see. */
void listener_abandon(struct listener *l);
/* How many descriptors there are to poll, and puts them into p (room for that
 * many). */
size_t listener_count(const struct listener *l);
void listener_fill(const struct listener *l, struct pollfd *p);
/* Does what the n entries of a finished poll say: takes connections, answers
 * children. Never blocks. */
void listener_handle(struct listener *l, const struct pollfd *p, size_t n);
/* 1 when pid, a child that has ended, was a session. */
int listener_reap(struct listener *l, pid_t pid);
/* Sessions that run. */
size_t listener_sessions(const struct listener *l);

#endif
