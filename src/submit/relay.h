/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The front end's side of the seam: starting qsendmail-relay, giving it a
 * job, following its reports. */
#ifndef SUBMIT_RELAY_H
#define SUBMIT_RELAY_H

#include "base/spawn.h"
#include "queue/job.h"
#include "settings/account.h"
#include "submit/progress.h"
#include "submit/report.h"

struct relay {
	struct child child;
	struct frames frames;
	int verbose;  /* the dialogue was asked for */
	struct progress progress; /* open where it can be shown */
	int patience_s; /* longest wait for a connection, 0: as settings say */
	int dot_sent; /* the relay has announced the final dot of this mail */
	/* Of the last fault of the account or session (relay_mail -1). */
	enum stage fault_stage;
	enum reply fault_reply;
	int fault_code;
	char *fault_text; /* owned, NULL none: the server's words, or ours */
	int is_lost;  /* it died or said nonsense: not good for another mail */
	int is_wild;  /* it lives on and may send what it was given */
	struct fault fault; /* the mail given last could not be written */
};

void relay_init(struct relay *r);
/* Closes the socket, which ends the relay, and waits for it. */
void relay_release(struct relay *r);
/*
 * Starts the program ($QSENDMAIL_RELAY, else the one beside our own file,
 * else the installed one) and gathers the settings of the account. 0, or -1
 * with a fault.
 */
int relay_start(struct relay *r, const struct account *a, int verbose,
    struct fault *f);
/*
 * The relay closed its socket without an end, or could not be written to: a
 * fault (EX_TEMPFAIL) that says how it ended. -1.
 */
int relay_died(struct relay *r, struct fault *f);
/* Runs the eval lines of the account's section and takes over what they
 * set. */
int relay_eval(struct relay *r, struct account *a, struct fault *f);
/*
 * Gives it a mail; relay_follow has to be called for each that was given, in
 * their order. So many may be under way at a time as RELAY_MAILS_MAX.
 */
#define RELAY_MAILS_MAX 8
void relay_give(struct relay *r, const char *id, const struct envelope *e,
    const struct content *c);
int relay_follow(struct relay *r, const struct account *a,
    struct envelope *e, struct report *report);
/*
 * Both. The outcome of every recipient is in e afterwards; steps
 * and session faults go to report. 0; -1 when a fault was reported there and
 * the recipients were not tried.
 */
int relay_mail(struct relay *r, const struct account *a, const char *id,
    struct envelope *e, const struct content *c, struct report *report);

#endif
