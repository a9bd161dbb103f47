/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the server offers: its reply to EHLO (RFC 5321 4.1.1.1). */
#ifndef RELAY_CAPABILITY_H
#define RELAY_CAPABILITY_H

#include "base/strv.h"

struct answer;

struct capabilities {
	int pipelining;    /* RFC 2920 */
	int eightbitmime;  /* RFC 6152 */
	int smtputf8;      /* RFC 6531 */
	int starttls;      /* RFC 3207 */
	int dsn;           /* RFC 3461 */
	int etrn;          /* RFC 1985 */
	int size;          /* RFC 1870: SIZE may be given with MAIL */
	unsigned long long size_max; /* octets; 0: no limit told */
	unsigned long long recipients_max; /* RFC 9422 RCPTMAX; 0: not told */
	struct strv auth;  /* mechanisms (RFC 4954), upper case */
	int auth_old_only; /* only "AUTH=LOGIN", which libcurl does not read */
};

void capabilities_init(struct capabilities *c);
void capabilities_release(struct capabilities *c);
/* Replaces c by what the reply offers; one that is no 250 offers nothing. */
void capabilities_parse(struct capabilities *c, const struct answer *a);

#endif
