/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Starting other programs: the relay on a socket, a shell command for text. */
#ifndef BASE_SPAWN_H
#define BASE_SPAWN_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"

/* A child process that we talk to over a stream socket. */
struct child {
	pid_t pid; /* -1: none */
	int fd;    /* our end, close-on-exec; -1: none */
};

/*
 * Makes a pair of connected Unix stream sockets, both close-on-exec. 0, or -1
 * with errno.
 */
int spawn_pair(int pair[2]);
/*
 * Starts the program at path with a Unix stream socket as its standard input
 * and output; standard error is ours. argv is NULL-ended. 0, or -1 with a
 * fault (EX_OSERR, EX_UNAVAILABLE when it cannot be executed).
 */
int spawn_socket(struct child *c, const char *path, char *const argv[],
    struct fault *f);
/*
 * Closes our end and waits for the child. Returns its exit status, or 128
 * plus the number of the signal that ended it; -1 when there was none.
 */
int spawn_end(struct child *c);
/*
 * Runs command by /bin/sh with /dev/null as standard input and appends what
 * it prints to out (at most out->max octets). 0; -1 with a fault
 * (EX_CONFIG) when it cannot be run, prints too much or exits non-zero.
 */
int spawn_shell(const char *command, struct buf *out, struct fault *f);
/*
 * The same for a program of $PATH, without a shell and with /dev/null as its
 * standard error. Returns its exit status (128 plus the number of a signal);
 * -1 when there is no such program, when it prints too much, or when the
 * system refuses.
 */
int spawn_program(char *const argv[], struct buf *out);

#endif
