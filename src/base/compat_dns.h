/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The system's resolver, for records that getaddrinfo does not know. Apart
 * from compat.h, so that only the program that uses it is linked to it.
 */
#ifndef BASE_COMPAT_DNS_H
#define BASE_COMPAT_DNS_H

#include <stddef.h>

enum { COMPAT_DNS_NONE = 0, COMPAT_DNS_FAILED = -1 };

/*
 * Asks for the records of one type (class IN) of name, which is complete: no
 * search list is used. The answer, a DNS message (RFC 1035 4) that came from
 * the network, goes to answer and its length is returned; or
 * COMPAT_DNS_NONE: there is no such name or record, COMPAT_DNS_FAILED: no
 * answer. server, "ADDRESS:PORT" (IPv4), is asked instead of the system's
 * ones where it is not NULL; where the system cannot do that, it fails.
 */
int compat_dns_query(const char *name, int type, unsigned char *answer,
    size_t size, const char *server);

#endif
