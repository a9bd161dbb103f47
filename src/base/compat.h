/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one place for calls that POSIX.1-2008 does not have. Each has a
 * portable fall-back, so the callers need no #ifdef.
 */
#ifndef BASE_COMPAT_H
#define BASE_COMPAT_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Overwrites memory in a way the compiler does not remove. */
void compat_wipe(void *p, size_t len);
/* getenv, but NULL when the process runs with raised privileges. */
const char *compat_getenv(const char *name);
/*
 * Opens a nameless file in directory dir for reading and writing, mode 0600,
 * close-on-exec. Returns the descriptor or -1 with errno.
 */
int compat_nameless_file(const char *dir);
/* A file in memory, close-on-exec; -1 with errno where there is none. */
int compat_memory_file(void);
/* Keeps the process from being dumped or traced by its own user's processes. */
void compat_no_dump(void);
/*
 * Path of the running program's own file into buffer (NUL-ended).
 * 0, or -1 where the system does not tell.
 */
int compat_own_path(char *buffer, size_t size);
/*
 * Octets that a socket has taken from us and the other side has not yet
 * acknowledged; -1 where the system does not tell.
 */
long compat_unsent(int fd);
/* Columns of the terminal fd; 80 where it does not tell. */
int compat_columns(int fd);
/*
 * Takes the lock on an open file that lives as long as the descriptor and its
 * copies in other processes do, whichever ends last. Does not wait. 0, or -1
 * with errno EWOULDBLOCK when somebody else has it.
 */
int compat_lock(int fd);
/* The same for many at a time, none of whom has compat_lock. */
int compat_lock_shared(int fd);
/* Gives either back before the descriptor is closed. */
void compat_unlock(int fd);
/*
 * Sets blocks aside behind the end of a file, whose length stays, so that
 * len more octets can be written to a full disk. 0, or -1 with errno (ENOSPC);
 * 0 where the system cannot do that.
 */
int compat_reserve(int fd, off_t at, off_t len);
/*
 * A descriptor that can be read when addresses or routes of this host have
 * changed (see compat_drain), close-on-exec; -1 where the system does not tell.
 */
int compat_watch_network(void);
/* Takes whatever can be read from fd without waiting, and forgets it. */
void compat_drain(int fd);
/*
 * recvmsg, again after a signal; descriptors that come with it are
 * close-on-exec.
 */
ssize_t compat_recvmsg(int fd, struct msghdr *m, int flags);
/*
 * Who has connected the Unix socket fd: user, and process (-1 where the
 * system does not tell). 0, or -1 with errno.
 */
int compat_peer(int fd, uid_t *uid, pid_t *pid);
/* Closes every descriptor from lowest on. */
void compat_close_from(int lowest);
/* The name of this process in lists of processes, where that is possible. */
void compat_name_process(const char *name);
/* len random bytes from the kernel. 0, or -1 with errno. */
int compat_random(void *p, size_t len);

#endif
