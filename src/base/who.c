/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of user and host. A service or a container often has neither USER nor
 * HOSTNAME in its environment, and perhaps not even a line in the user
 * database: then there is no name, and none is made up.
 */
#include "base/who.h"

#include <netdb.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compat.h"

/* Appends a variable that is set and says something: 1, else 0. */
static int
add_variable(struct buf *out, const char *name)
{
	const char *value = compat_getenv(name);

	if (value == NULL || *value == '\0')
		return 0;
	buf_adds(out, value);
	return 1;
}

int
who_user(struct buf *out)
{
	const struct passwd *user;

	if (add_variable(out, "USER") || add_variable(out, "LOGNAME"))
		return 0;
	user = getpwuid(getuid());
	if (user == NULL || user->pw_name[0] == '\0')
		return -1;
	buf_adds(out, user->pw_name);
	return 0;
}

void
who_host(struct buf *out)
{
	if (!add_variable(out, "HOSTNAME"))
		clock_hostname(out);
}

void
who_canonical_host(struct buf *out)
{
	struct addrinfo hints, *found = NULL;
	struct buf host = BUF_INIT;

	if (add_variable(out, "QSENDMAIL_TEST_CANONICAL"))
		return;
	who_host(&host);
	memset(&hints, 0, sizeof hints);
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_CANONNAME;
	if (getaddrinfo(host.data, NULL, &hints, &found) != 0)
		found = NULL;
	buf_adds(out, found != NULL && found->ai_canonname != NULL ?
	    found->ai_canonname : host.data);
	if (found != NULL)
		freeaddrinfo(found);
	buf_release(&host);
}
