/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The places where the service takes connections: Unix sockets that any user
 * of this computer may connect to, and TCP on the loopback interface. Never
 * another network: whoever gets through a door is not asked for a password.
 */
#ifndef SERVICE_DOOR_H
#define SERVICE_DOOR_H

#include <stddef.h>

#include "settings/settings.h"

struct door {
	int fd;         /* listens, non-blocking; -1: closed */
	int is_network; /* TCP: who connects is not known */
	char *path;     /* owned; of a socket file that we have made, else NULL */
};

struct doors {
	struct door *v;
	size_t n, cap;
};

#define DOORS_INIT { NULL, 0, 0 }

/*
 * Takes over the sockets that this process was started with ($LISTEN_PID,
 * $LISTEN_FDS as systemd sets them); without any, opens the places that the
 * setting listen names; without these, the service's socket and port 25 of
 * 127.0.0.1. One of those two may be missing, as port 25 is for an ordinary
 * user, and then missed says why; what was named must open. 0, or -1 with a
 * fault that names the place (EX_CANTCREAT, EX_CONFIG) and nothing open.
 */
int doors_open(struct doors *d, const struct values *v, struct buf *missed,
    struct fault *f);
/* Closes them; the socket files that we have made go. */
void doors_close(struct doors *d);
/* The same in a child: the files stay. */
void doors_abandon(struct doors *d);
void doors_release(struct doors *d);

#endif
