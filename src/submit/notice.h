/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports about a mail to its sender, made for the account that sends it. */
#ifndef SUBMIT_NOTICE_H
#define SUBMIT_NOTICE_H

#include "queue/bounce.h"
#include "settings/account.h"
#include "submit/sender.h"

/* A mail and what is to be told of it; all borrowed. */
struct notice {
	const struct account *account;
	const struct sender *sender;
	const struct envelope *envelope;
	const struct content *content;
	struct bounce_recipient *recipients;
	size_t recipients_n;
	time_t arrival;
	time_t retry_until; /* 0: it is not tried again */
};

/*
 * 1 when the sender wants to hear of it: a failure, or a delay ("FAILURE",
 * "DELAY"), by NOTIFY (RFC 3461 4.1).
 */
int notice_is_wanted(const struct recipient *r, const char *what);
/* The envelope of the report; 0 when there is nobody to tell. */
int notice_address(struct envelope *out, const struct envelope *e,
    const struct sender *s);
/* Writes the report to fd from at on; 0, or -1 with a fault. */
int notice_write(const struct notice *n, int fd, off_t at,
    struct content *out, struct fault *f);

#endif
