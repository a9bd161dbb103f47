/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who sends: the reverse-path of the envelope and the From field, by -f,
 * --from, the account, and providers that accept the login only.
 */
#ifndef SUBMIT_SENDER_H
#define SUBMIT_SENDER_H

#include "mail/address.h"
#include "mail/header.h"
#include "settings/account.h"
#include "settings/options.h"

struct sender {
	char *reverse_path;  /* owned; "" is the null reverse-path */
	char *from_field;    /* owned; body of a From field to add, "" none */
	char *msgid_domain;  /* owned */
	char *own_address;   /* owned; of the account itself, "" none */
	int login_only;      /* setting sender login */
	struct address login;/* owned; what From must be then */
};

void sender_init(struct sender *s);
void sender_release(struct sender *s);
/*
 * Decides from options and account; header_from is the address in the From
 * field of the mail (NULL if none), for --read-envelope-from and for %F in the
 * setting from. 0, or -1 with a fault: a bad address (EX_USAGE), no sender
 * anywhere (EX_CONFIG).
 */
int sender_resolve(struct sender *s, const struct options *o,
    const struct account *a, const char *header_from, struct fault *f);
/* 1 when resolving takes header_from. */
int sender_needs_header(const struct options *o, const struct account *a);
/*
 * Appends the first address of From, or of Resent-From when that stands in
 * front of it (msmtp). 1; 0 when there is none; -1 with a fault (EX_DATAERR).
 */
int sender_find_from(const struct header *h, struct buf *out,
    struct fault *f);
/*
 * With sender login: makes the From field the login, keeping the display
 * name; another address moves to Reply-To when it can be answered and the
 * message has none. Otherwise changes nothing.
 */
void sender_apply(const struct sender *s, struct header *h);

#endif
