/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that is not POSIX.1-2008 stands here, behind portable
 * fall-backs; the only source file with #ifdef for systems, and the only one
 * compiled with the system's extensions (libcompat in Makefile.am).
 */
#include "base/compat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#endif

void
compat_wipe(void *p, size_t len)
{
	volatile unsigned char *q = p;

	while (len-- != 0)
		*q++ = 0;
}

const char *
compat_getenv(const char *name)
{
#ifdef __linux__
	return secure_getenv(name);
#else
	if (issetugid())
		return NULL;
	return getenv(name);
#endif
}

int
compat_nameless_file(const char *dir)
{
	char path[PATH_MAX];
	mode_t mask;
	int fd = -1;

#ifdef O_TMPFILE
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd != -1)
		return fd;
#endif
	if (snprintf(path, sizeof path, "%s/qsendmail.XXXXXX", dir) >=
	    (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	mask = umask(077);
	fd = mkstemp(path);
	umask(mask);
	if (fd != -1) {
		unlink(path);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	return fd;
}

int
compat_memory_file(void)
{
#ifdef __linux__
	return memfd_create("qsendmail", MFD_CLOEXEC);
#else
	errno = ENOSYS;
	return -1;
#endif
}

void
compat_no_dump(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

int
compat_own_path(char *buffer, size_t size)
{
#ifdef __linux__
	ssize_t n = readlink("/proc/self/exe", buffer, size - 1);

	if (n <= 0 || (size_t)n >= size - 1)
		return -1;
	buffer[n] = '\0';
	return 0;
#else
	(void)buffer;
	(void)size;
	return -1;
#endif
}

long
compat_unsent(int fd)
{
#ifdef __linux__
	int n;

	return ioctl(fd, SIOCOUTQ, &n) == 0 ? n : -1;
#else
	(void)fd;
	return -1;
#endif
}

#ifdef MSG_CMSG_CLOEXEC
#define CLOSE_ON_EXEC MSG_CMSG_CLOEXEC
#else
#define CLOSE_ON_EXEC 0
#endif

/* Where the system does not do it itself. */
static void
close_on_exec(struct msghdr *m)
{
	struct cmsghdr *c;
	size_t i, n;
	int fd;

	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof fd;
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			fcntl(fd, F_SETFD, FD_CLOEXEC);
		}
	}
}

ssize_t
compat_recvmsg(int fd, struct msghdr *m, int flags)
{
	ssize_t n;

	do
		n = recvmsg(fd, m, flags | CLOSE_ON_EXEC);
	while (n == -1 && errno == EINTR);
	if (n != -1 && CLOSE_ON_EXEC == 0)
		close_on_exec(m);
	return n;
}

static int
lock(int fd, int kind)
{
	int rc;

	do
		rc = flock(fd, kind | LOCK_NB);
	while (rc == -1 && errno == EINTR);
	return rc;
}

int
compat_lock(int fd)
{
	return lock(fd, LOCK_EX);
}

int
compat_lock_shared(int fd)
{
	return lock(fd, LOCK_SH);
}

void
compat_unlock(int fd)
{
	flock(fd, LOCK_UN);
}

int
compat_reserve(int fd, off_t at, off_t len)
{
#ifdef __linux__
	int rc;

	do
		rc = fallocate(fd, FALLOC_FL_KEEP_SIZE, at, len);
	while (rc == -1 && errno == EINTR);
	if (rc == 0 || errno == EOPNOTSUPP || errno == ENOSYS)
		return 0;
	return -1;
#else
	(void)fd;
	(void)at;
	(void)len;
	return 0;
#endif
}

int
compat_columns(int fd)
{
#ifdef TIOCGWINSZ
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
		return size.ws_col;
#else
	(void)fd;
#endif
	return 80;
}

int
compat_peer(int fd, uid_t *uid, pid_t *pid)
{
#ifdef __linux__
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return -1;
	*uid = peer.uid;
	*pid = peer.pid;
	return 0;
#else
	gid_t gid;

	*pid = -1;
	return getpeereid(fd, uid, &gid);
#endif
}

/* The same one by one: those that the system lists, else all there may be. */
static void
close_each(int lowest)
{
	DIR *list = opendir("/dev/fd");
	struct dirent *entry;
	long fd, end = sysconf(_SC_OPEN_MAX);
	char *rest;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		fd = strtol(entry->d_name, &rest, 10);
		if (*rest == '\0' && rest != entry->d_name && fd >= lowest &&
		    fd != dirfd(list))
			close((int)fd);
	}
	if (list != NULL) {
		closedir(list);
		return;
	}
	for (fd = lowest; fd < (end > 0 ? end : 1024); fd++)
		close((int)fd);
}

void
compat_close_from(int lowest)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)lowest, ~0u, 0u) == 0)
		return;
#endif
	close_each(lowest);
}

void
compat_name_process(const char *name)
{
#ifdef __linux__
	prctl(PR_SET_NAME, name);
#else
	(void)name;
#endif
}

int
compat_random(void *p, size_t len)
{
#ifdef __linux__
	return getrandom(p, len, 0) == (ssize_t)len ? 0 : -1;
#else
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return -1;
	n = read(fd, p, len);
	close(fd);
	return n == (ssize_t)len ? 0 : -1;
#endif
}

int
compat_watch_network(void)
{
#ifdef __linux__
	struct sockaddr_nl address;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);

	if (fd == -1)
		return -1;
	memset(&address, 0, sizeof address);
	address.nl_family = AF_NETLINK;
	address.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |
	    RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
#endif
	return -1;
}

void
compat_drain(int fd)
{
	char octets[4096];
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return;
	/* A full buffer (ENOBUFS) says that there was something, too. */
	do
		errno = 0;
	while (read(fd, octets, sizeof octets) > 0 || errno == ENOBUFS);
}
