/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * res_nquery, where it is there, has a state of its own in which the server
 * can be set; musl has res_query alone.
 */
#include "base/compat_dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define CLASS_IN 1

/* What a resolver's result means. */
static int
judge(int n, size_t size)
{
	if (n > 0)
		return (size_t)n <= size ? n : COMPAT_DNS_FAILED;
	return h_errno == HOST_NOT_FOUND || h_errno == NO_DATA ?
	    COMPAT_DNS_NONE : COMPAT_DNS_FAILED;
}

#ifdef HAVE_RES_NQUERY

static int
set_server(struct __res_state *state, const char *server)
{
	const char *colon = strrchr(server, ':');
	struct sockaddr_in *to = &state->nsaddr_list[0];
	char address[INET_ADDRSTRLEN];
	unsigned long port;
	size_t n;

	if (colon == NULL || (n = (size_t)(colon - server)) >= sizeof address)
		return -1;
	memcpy(address, server, n);
	address[n] = '\0';
	port = strtoul(colon + 1, NULL, 10);
	memset(to, 0, sizeof *to);
	to->sin_family = AF_INET;
	to->sin_port = htons((unsigned short)port);
	state->nscount = 1;
	return inet_pton(AF_INET, address, &to->sin_addr) == 1 ? 0 : -1;
}

int
compat_dns_query(const char *name, int type, unsigned char *answer,
    size_t size, const char *server)
{
	struct __res_state state;
	int rc = COMPAT_DNS_FAILED;

	memset(&state, 0, sizeof state);
	if (size > INT_MAX || res_ninit(&state) == -1)
		return COMPAT_DNS_FAILED;
	if (server == NULL || set_server(&state, server) == 0)
		rc = judge(res_nquery(&state, name, CLASS_IN, type, answer,
		    (int)size), size);
	res_nclose(&state);
	return rc;
}

#else

int
compat_dns_query(const char *name, int type, unsigned char *answer,
    size_t size, const char *server)
{
	if (size > INT_MAX || server != NULL)
		return COMPAT_DNS_FAILED;
	h_errno = 0;
	return judge(res_query(name, CLASS_IN, type, answer, (int)size), size);
}

#endif
