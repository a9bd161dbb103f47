/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The submission servers that a mail domain names in the DNS: SRV records
 * (RFC 2782) of _submissions._tcp (RFC 8314 5.1) and _submission._tcp (RFC
 * 6186 3.1).
 */
#ifndef RELAY_SRV_H
#define RELAY_SRV_H

#include <stddef.h>

#include "base/fault.h"

struct srv {
	const char *service; /* "submissions": TLS from the first octet on;
	                      * "submission": STARTTLS */
	unsigned priority, weight, port;
	char *target;        /* owned; a host name, "." means: no service */
};

/* The best one first. */
struct srv_list {
	struct srv *v;
	size_t n, cap;
};

void srv_list_release(struct srv_list *l);
/*
 * Takes the records of an answer, len octets that nobody vouches for, about
 * name into the list. Records whose target is no host name are passed over.
 * 0, or -1 with a fault: this is no answer (EX_PROTOCOL).
 */
int srv_parse(struct srv_list *l, const char *service, const char *name,
    const unsigned char *p, size_t len, struct fault *f);
/*
 * Asks for both services of domain (ASCII). 0, the list may be empty; or -1
 * with a fault (EX_TEMPFAIL: no answer).
 */
int srv_lookup(struct srv_list *l, const char *domain, struct fault *f);

#endif
