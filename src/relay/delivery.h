/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Doing what a job asks: a session is opened or kept from the job before,
 * mails go through it, and everything is reported to the front end.
 */
#ifndef RELAY_DELIVERY_H
#define RELAY_DELIVERY_H

#include "queue/job.h"
#include "relay/endpoint.h"
#include "relay/secret.h"
#include "relay/session.h"
#include "relay/transaction.h"

struct adapted;

struct delivery {
	struct frames *frames;  /* borrowed */
	const struct secret_environment *environment; /* borrowed */
	struct job *job;        /* the one under way, borrowed */
	int is_gone;            /* the front end does not listen any more */
	int is_set_up;          /* libcurl is */
	/* The connection and what it was opened with. */
	struct session *session; /* NULL: none */
	struct endpoint endpoint;
	struct capabilities offer; /* of LMTP; libcurl's session has its own */
	struct values settings;
	char *secret_file, *secret_section;
	struct buf secret, proxy_secret;
	int has_secret;
	int is_used;            /* a mail has gone through it */
	unsigned long changes;  /* of the job's settings, as they were taken */
	long long max_recipients; /* as it was set; a server may want less */
	/*
	 * A mail that has come while another one is under way: its envelope
	 * travels behind that one's content.
	 */
	struct job ahead;       /* kind JOB_NONE: none */
	struct adapted *now, *next; /* owned; mails as the server gets them */
	int is_from_ahead;      /* the mail under way was one of these */
	int is_fault_shared;    /* it came before the fault of its forerunner
	                         * was known: the same holds for it */
	struct failure fault;   /* that fault */
	struct wire wire;
	struct transaction transaction;
};

void delivery_init(struct delivery *d, struct frames *frames,
    const struct secret_environment *environment);
/* Ends the session with QUIT and wipes the secret. */
void delivery_release(struct delivery *d);
/* Waits for the next job, or takes the one that has come already: 1, 0 at the
 * end, -1 with a fault. */
int delivery_next(struct delivery *d, struct job *job, struct fault *f);
/*
 * Does the job and reports it up to its "end". 0, or -1 with a fault: the
 * front end is gone.
 */
int delivery_run(struct delivery *d, struct job *job, struct fault *f);

#endif
