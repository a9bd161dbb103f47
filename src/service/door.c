/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening sockets. A socket file that nobody listens on any more is left by a
 * service that died, and in the way of its successor; one that answers is
 * another service's, and stays.
 */
#include "service/door.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/xalloc.h"
#include "settings/service_account.h"

/* The first descriptor that is handed over (sd_listen_fds(3)). */
#define FIRST_INHERITED 3
#define INHERITED_MAX 64

static void
add(struct doors *d, int fd, int is_network, char *path)
{
	struct door door = { fd, is_network, path };

	d->v = xgrow(d->v, d->n, &d->cap, sizeof *d->v);
	d->v[d->n++] = door;
}

static int
set_flags(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ? -1 : 0;
}

/* 1 when an address is one of this computer that no other can reach. */
static int
is_loopback(const struct sockaddr *a)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (a->sa_family == AF_INET) {
		memcpy(&four, a, sizeof four);
		return ntohl(four.sin_addr.s_addr) >> 24 == 127;
	}
	if (a->sa_family != AF_INET6)
		return 0;
	memcpy(&six, a, sizeof six);
	return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
}

static int
refuse_address(const char *place, struct fault *f)
{
	return fault_set(f, EX_CONFIG, "listen %s: the service takes mail "
	    "without a password, so it listens only on this computer: "
	    "127.0.0.1:PORT, [::1]:PORT or the path of a socket", place);
}

/* ---- handed over ---- */

/* A whole number of the environment, -1 if there is none. */
static long
read_number(const char *name)
{
	const char *text = compat_getenv(name);
	char *end;
	long n;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	return *end == '\0' && errno == 0 ? n : -1;
}

static int
take_over(struct doors *d, int fd, struct fault *f)
{
	struct sockaddr_storage address;
	struct buf place = BUF_INIT;
	socklen_t len = sizeof address, size = sizeof(int);
	int listens = 0, rc = 0;

	buf_addf(&place, "descriptor %d", fd);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == -1 ||
	    !listens || getsockname(fd, (struct sockaddr *)&address,
	    &len) == -1 || set_flags(fd) == -1)
		rc = fault_set(f, EX_CONFIG, "LISTEN_FDS: %s does not listen "
		    "for stream connections", place.data);
	else if (address.ss_family != AF_UNIX &&
	    !is_loopback((struct sockaddr *)&address))
		rc = refuse_address(place.data, f);
	else
		add(d, fd, address.ss_family != AF_UNIX, NULL);
	buf_release(&place);
	return rc;
}

/* How many were taken over, or -1. Children must not do that again. */
static int
open_inherited(struct doors *d, struct fault *f)
{
	long pid = read_number("LISTEN_PID"), n = read_number("LISTEN_FDS");
	int i, rc = 0;

	if (pid != (long)getpid() || n <= 0)
		return 0;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (n > INHERITED_MAX)
		return fault_set(f, EX_CONFIG, "LISTEN_FDS: at most %d "
		    "sockets", INHERITED_MAX);
	for (i = 0; rc == 0 && i < n; i++)
		rc = take_over(d, FIRST_INHERITED + i, f);
	return rc == 0 ? (int)n : -1;
}

/* ---- Unix sockets ---- */

/* 1 when a service answers at the address: 0 when that file is left over. */
static int
is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), alive;

	/* A full queue of a living one must not hold us up. */
	alive = fd == -1 || set_flags(fd) == -1 || connect(fd,
	    (const struct sockaddr *)address, sizeof *address) == 0 ||
	    errno != ECONNREFUSED;
	if (fd != -1)
		close(fd);
	return alive;
}

/* Makes way for a socket file: 0, or -1 with a fault. */
static int
clear_path(const struct sockaddr_un *address, struct fault *f)
{
	const char *path = address->sun_path;
	struct stat st;

	if (lstat(path, &st) == -1)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return fault_set(f, EX_CANTCREAT, "listen %s: there is a file "
		    "of this name", path);
	if (is_alive(address))
		return fault_set(f, EX_CANTCREAT, "listen %s: a service "
		    "answers there already", path);
	if (unlink(path) == -1)
		return fault_errno(f, EX_CANTCREAT, "listen %s: cannot remove "
		    "the socket of a service that is gone", path);
	return 0;
}

/* The directory that everybody has to get through; it may be there. */
static void
make_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory;
	mode_t mask;

	if (slash == NULL || slash == path)
		return;
	directory = xmemdup(path, (size_t)(slash - path));
	mask = umask(022);
	mkdir(directory, 0755);
	umask(mask);
	free(directory);
}

/* From the first moment on anybody may connect, so no chmod is needed. */
static int
bind_for_all(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0111);
	int rc = bind(fd, (const struct sockaddr *)address, sizeof *address);

	umask(mask);
	return rc;
}

static int
open_unix(struct doors *d, const char *path, struct fault *f)
{
	struct sockaddr_un address;
	int fd;

	if (strlen(path) >= sizeof address.sun_path)
		return fault_set(f, EX_CONFIG, "listen %s: the path of a "
		    "socket may have %zu characters", path,
		    sizeof address.sun_path - 1);
	memset(&address, 0, sizeof address);
	address.sun_family = AF_UNIX;
	memcpy(address.sun_path, path, strlen(path) + 1);
	make_directory(path);
	if (clear_path(&address, f) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd == -1 || set_flags(fd) == -1 ||
	    bind_for_all(fd, &address) == -1 || listen(fd, SOMAXCONN) == -1) {
		fault_errno(f, EX_CANTCREAT, "listen %s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	add(d, fd, 0, xstrdup(path));
	return 0;
}

/* ---- TCP ---- */

static int
open_address(struct doors *d, const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM, 0), on = 1;

	if (fd == -1)
		return -1;
	/* [::1] is no door to IPv4; and who closed a connection lately is no
	 * reason not to start. */
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (set_flags(fd) == -1 || bind(fd, a->ai_addr, a->ai_addrlen) == -1 ||
	    listen(fd, SOMAXCONN) == -1) {
		on = errno;
		close(fd);
		errno = on;
		return -1;
	}
	add(d, fd, 1, NULL);
	return 0;
}

/* ADDRESS:PORT or [ADDRESS]:PORT; addresses as numbers only. */
static int
open_tcp(struct doors *d, const char *place, struct fault *f)
{
	const char *colon = strrchr(place, ':'), *host = place;
	struct addrinfo hints, *found = NULL;
	size_t len = (size_t)(colon - place);
	char *name;
	int rc;

	if (*host == '[' && len > 2 && colon[-1] == ']') {
		host++;
		len -= 2;
	}
	name = xmemdup(host, len);
	memset(&hints, 0, sizeof hints);
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
	hints.ai_socktype = SOCK_STREAM;
	rc = getaddrinfo(len != 0 ? name : NULL, colon + 1, &hints, &found);
	free(name);
	if (rc != 0)
		return fault_set(f, EX_CONFIG, "listen %s: expected "
		    "ADDRESS:PORT, like 127.0.0.1:25, or the path of a socket",
		    place);
	if (!is_loopback(found->ai_addr))
		rc = refuse_address(place, f);
	else if (open_address(d, found) == -1)
		rc = fault_errno(f, EX_CANTCREAT, "listen %s", place);
	freeaddrinfo(found);
	return rc;
}

/* ---- all of them ---- */

static int
open_place(struct doors *d, const char *place, struct fault *f)
{
	if (strchr(place, '/') != NULL)
		return open_unix(d, place, f);
	if (strchr(place, ':') != NULL)
		return open_tcp(d, place, f);
	return fault_set(f, EX_CONFIG, "listen %s: expected ADDRESS:PORT, "
	    "like 127.0.0.1:25, or the path of a socket", place);
}

/* The words of the setting. */
static int
open_named(struct doors *d, const char *list, struct fault *f)
{
	char *place;
	size_t n;
	int rc = 0;

	for (; rc == 0 && *list != '\0'; list += n) {
		list += strspn(list, " \t");
		n = strcspn(list, " \t");
		place = xmemdup(list, n);
		if (n != 0)
			rc = open_place(d, place, f);
		free(place);
	}
	return rc;
}

/* What is missing of the places that nobody has named: 0, or -1 if all is. */
static int
note_missed(const struct doors *d, struct fault *why, struct buf *missed,
    struct fault *f)
{
	if (why->code == 0)
		return 0;
	if (d->n == 0)
		return fault_set(f, why->code, "%s", why->text.data);
	buf_adds(missed, why->text.data);
	return 0;
}

/* An ordinary user has no port 25, and another program may have it. In a test
 * there is one socket, and nothing that has a fixed number. */
static int
open_default(struct doors *d, struct buf *missed, struct fault *f)
{
	int is_test = compat_getenv("QSENDMAIL_TEST_SOCKET") != NULL;
	struct fault why = FAULT_INIT;
	struct buf path = BUF_INIT;
	int rc;

	service_account_socket(&path);
	open_unix(d, path.data, &why);
	if (!is_test)
		open_tcp(d, "127.0.0.1:25", &why);
	rc = note_missed(d, &why, missed, f);
	fault_release(&why);
	buf_release(&path);
	return rc;
}

int
doors_open(struct doors *d, const struct values *v, struct buf *missed,
    struct fault *f)
{
	const char *list = values_text(v, S_LISTEN);
	int rc = open_inherited(d, f);

	if (rc == 0 && *list != '\0')
		rc = open_named(d, list, f);
	else if (rc == 0)
		rc = open_default(d, missed, f);
	if (rc != -1)
		return 0;
	doors_release(d);
	return -1;
}

static void
close_all(struct doors *d, int removes)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		if (d->v[i].fd != -1)
			close(d->v[i].fd);
		d->v[i].fd = -1;
		if (removes && d->v[i].path != NULL)
			unlink(d->v[i].path);
		free(d->v[i].path);
		d->v[i].path = NULL;
	}
}

void
doors_close(struct doors *d)
{
	close_all(d, 1);
}

void
doors_abandon(struct doors *d)
{
	close_all(d, 0);
}

void
doors_release(struct doors *d)
{
	doors_close(d);
	free(d->v);
	memset(d, 0, sizeof *d);
}
