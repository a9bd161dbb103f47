/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session of SMTP as the server (RFC 5321), for one client: a program at a
 * pipe (-bs), or the guest of a service. Knows two descriptors and nothing of
 * what is behind them.
 */
#ifndef SUBMIT_SMTPD_H
#define SUBMIT_SMTPD_H

#include "settings/options.h"
#include "submit/guest.h"
#include "submit/report.h"

/* What a message may have, in octets. */
#define SMTPD_SIZE_MAX (1LL << 30)

struct smtpd_client {
	int in_fd, out_fd; /* borrowed; may be the same */
	int timeout_ms;    /* longest wait for input; -1: no limit */
	int strict;        /* lines end in CRLF, always: for a network */
	/* Borrowed; NULL: no service. The mails of a guest go into the queue,
	 * with a Received field, and its bare names are local ones. */
	const struct guest *guest;
};

/*
 * Serves until the client ends. o holds for every mail, but the sender is
 * MAIL's; operands and -t count for nothing. Each mail is answered to the
 * client. In report is what nobody else can be told: why the session ended
 * early (EX_DATAERR: within a message, EX_PROTOCOL: the client's mistakes,
 * EX_TEMPFAIL: it said nothing), and the mails that failed while replies
 * could not be written.
 */
void smtpd_serve(const struct smtpd_client *client, const struct options *o,
    struct report *report);

#endif
