/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report to the sender about the fate of a mail (RFC 3464, RFC 6522): a
 * multipart/report of a text for people, fields for programs, and the mail or
 * its header. Made from an envelope with outcomes and the content it had.
 */
#ifndef QUEUE_BOUNCE_H
#define QUEUE_BOUNCE_H

#include <sys/types.h>
#include <time.h>

#include "queue/envelope.h"
#include "queue/job.h"

/* What has become of a recipient (RFC 3464 2.3.3). */
enum bounce_action {
	BOUNCE_FAILED,    /* nothing more will be tried */
	BOUNCE_DELAYED,   /* it will be tried again */
	BOUNCE_DELIVERED,
	BOUNCE_RELAYED,   /* passed on to a server that sends no reports */
	BOUNCE_EXPANDED   /* an alias: its members have got it */
};

struct bounce_recipient {
	size_t number;        /* which recipient of the envelope */
	enum bounce_action action;
	const char *original; /* "TYPE; ADDRESS" as the sender named it (ORCPT
	                       * without xtext), NULL if not known */
	const char *status;   /* instead of what the reply says, like "4.4.7";
	                       * NULL: by the reply */
};

/* All borrowed. Texts that are not known are "", times 0. */
struct bounce {
	const struct envelope *envelope;   /* its sender gets the report */
	const struct content *content;
	const struct bounce_recipient *recipients; /* at least one */
	size_t recipients_n;
	const char *from;          /* body of the From field */
	const char *reporting_mta; /* name of this host */
	const char *remote_mta;    /* of the server whose replies these are */
	const char *msgid_domain;
	const char *envelope_id;   /* ENVID without xtext */
	time_t now, arrival;
	time_t retry_until;        /* of delayed ones */
	int headers_only;          /* RET=HDRS */
	off_t return_max;          /* a larger mail gives its header only, and
	                            * no more of that; 0: BOUNCE_RETURN_MAX */
};

#define BOUNCE_RETURN_MAX ((off_t)100 << 10)

/*
 * Writes the report to fd from offset at on and tells in *out where it stands
 * (fd stays the caller's). The mail is returned octet by octet as
 * message/rfc822, streamed; one that may not stand there unencoded (lines over
 * 998 octets, 8-bit header) as application/octet-stream. 0, or -1 with a
 * fault (EX_TEMPFAIL, EX_IOERR).
 */
int bounce_write(const struct bounce *b, int fd, off_t at,
    struct content *out, struct fault *f);
/*
 * The envelope of the report about a mail with envelope e: to its sender, and
 * from the null reverse-path, or from own where a server takes no other ("":
 * it does). 1, or 0 when nobody is to be told: a mail from the null
 * reverse-path. A report that is sent from own is not known by its envelope:
 * whoever keeps it must remember that it is one, and never report about it.
 */
int bounce_address(struct envelope *out, const struct envelope *e,
    const char *own);
/* Appends the status (RFC 3463) of a recipient with that action: the one in
 * the server's reply, else by what happened where. */
void bounce_status(const struct recipient *r, enum bounce_action action,
    struct buf *out);

#endif
