/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One mail of an SMTP session: the account that its reverse-path chooses,
 * envelope, content, and the relay. Account and relay stay for the next mail
 * as long as that belongs to the same account.
 */
#ifndef SUBMIT_SMTP_MAIL_H
#define SUBMIT_SMTP_MAIL_H

#include "settings/options.h"
#include "submit/carrier.h"
#include "submit/draft.h"
#include "submit/guest.h"
#include "submit/keep.h"
#include "submit/smtp_path.h"

/* RFC 5321 6.3: more Received fields than that are a loop. */
#define SMTP_HOPS_MAX 100
/* Recipients of one mail; RFC 5321 4.5.3.1.8 asks for 100 at least. */
#define SMTP_RECIPIENTS_MAX 10000

struct smtp_mail {
	const struct options *o; /* borrowed; of the session */
	const char *program;     /* borrowed; for the report */
	const struct guest *guest; /* borrowed; NULL: no service */
	/* From mail to mail. */
	struct carrier carrier;  /* account and relay */
	/* Of the mail at hand. */
	int is_utf8;             /* SMTPUTF8 was given */
	struct sender sender;
	struct envelope envelope;
	struct draft draft;
	struct keep keep;
};

void smtp_mail_init(struct smtp_mail *m, const struct options *o,
    const char *program);
void smtp_mail_release(struct smtp_mail *m);
/* Forgets the mail at hand. */
void smtp_mail_reset(struct smtp_mail *m);
/*
 * MAIL, RCPT: 0, or -1 with the reply that is due. The account is chosen as
 * for a mail of the command line with -f and the path.
 */
int smtp_mail_begin(struct smtp_mail *m, const struct smtp_sender *from,
    struct smtp_reply *r);
int smtp_mail_add(struct smtp_mail *m, const struct smtp_recipient *to,
    struct smtp_reply *r);
/*
 * Who would get a mail for a, in e (VRFY): 0, or -1 with the reply. Only
 * while no mail is at hand.
 */
int smtp_mail_verify(struct smtp_mail *m, const struct address *a,
    struct envelope *e, struct smtp_reply *r);
/* Reads and completes the message: 0, or -1 with the reply that is due. */
int smtp_mail_read(struct smtp_mail *m, struct reader *in,
    struct smtp_reply *r);
/* Sends it; r is what became of it. Returns its exit status. */
int smtp_mail_send(struct smtp_mail *m, struct smtp_reply *r);

#endif
