/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Following the part of the dialogue that libcurl leads, from the greeting to
 * the end of AUTH: which reply belongs to which step, what the server offers,
 * and whether it has really let us in.
 */
#ifndef RELAY_DIALOGUE_H
#define RELAY_DIALOGUE_H

#include "queue/outcome.h"
#include "relay/capability.h"
#include "relay/wire.h"

/* The reply that is due. */
enum phase {
	PHASE_GREETING, PHASE_EHLO, PHASE_HELO, PHASE_STARTTLS, PHASE_LOGIN,
	PHASE_READY /* none: the mail may come */
};

struct dialogue {
	/* Given. step (may be NULL) hears of each reply. */
	int wants_starttls, wants_login;
	void (*step)(void *arg, const char *name, const char *sent,
	    const char *reply);
	void *arg;
	/* Found out. */
	enum phase phase;
	int is_started;      /* STARTTLS was accepted */
	int is_logged_in;    /* 235 */
	int ehlo_code;       /* of the last reply to EHLO */
	int login_replies;   /* replies since AUTH */
	int auth_before_tls; /* AUTH was offered only before STARTTLS */
	struct capabilities offer;
	struct answer answer; /* the last reply */
	int is_whole;         /* the answer is: the next line begins another */
	struct buf sent;      /* commands since then, secrets masked */
	int is_auth_login;    /* AUTH LOGIN: user name and password apart */
};

void dialogue_init(struct dialogue *d);
void dialogue_release(struct dialogue *d);
/*
 * A line from the server, with its line end. 1 when it completes a reply, 0
 * when more lines follow, -1 when it is not SMTP.
 */
int dialogue_line(struct dialogue *d, const char *p, size_t len);
/* What was sent; needed for steps only. From AUTH to the reply that ends it
 * everything but the mechanism's name is masked. */
void dialogue_sent(struct dialogue *d, const char *p, size_t len);
/* The stage that the awaited reply belongs to. */
enum stage dialogue_stage(const struct dialogue *d);

#endif
