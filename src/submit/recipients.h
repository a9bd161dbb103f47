/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who gets a mail: the addresses of operands, options and header fields, and
 * what becomes of those that are bare local names.
 */
#ifndef SUBMIT_RECIPIENTS_H
#define SUBMIT_RECIPIENTS_H

#include "mail/header.h"
#include "queue/envelope.h"
#include "settings/account.h"
#include "submit/aliases.h"
#include "submit/sender.h"

/*
 * Adds the mailboxes of To, Cc and Bcc to l; of a message that was resent
 * those of Resent-To, Resent-Cc and Resent-Bcc (RFC 5322 3.6.6). 0, or -1 with
 * a fault (EX_DATAERR) that names the field.
 */
int recipients_of_header(struct address_list *l, const struct header *h,
    struct fault *f);

/* The rules for local names; the aliases are read when they are needed. */
struct resolver {
	const struct account *account; /* borrowed, as the next one */
	const struct sender *sender;
	struct aliases aliases;
	int has_aliases;               /* they are read */
};

/* An address for the envelope, and why it is one. */
struct route {
	char *address; /* owned; local@domain */
	char *via;     /* owned; "" as it was given, else for people: "alias
	                * root -> operators", "maildomain", "local_recipient",
	                * "own address", or an alias and one of these */
};

struct routes {
	struct route *v;
	size_t n, cap;
};

#define ROUTES_INIT { NULL, 0, 0 }

void resolver_init(struct resolver *r, const struct account *account,
    const struct sender *sender);
void resolver_release(struct resolver *r);
void routes_release(struct routes *l);
/*
 * Adds to l what one mailbox stands for: itself when it has a domain that is
 * not localhost, or the server is one of this machine; for a local name its
 * alias, else the name at maildomain, else local_recipient, else the account's
 * own address. 0, or -1 with a fault
 * (EX_NOUSER, EX_CONFIG) and l as it was.
 */
int resolver_find(struct resolver *r, const struct address *a,
    struct routes *l, struct fault *f);

/*
 * Makes an address of the local name in spec, which has no alias: that of
 * maildomain, else of local_recipient, else the account's own; *rule is that
 * word. 0, or -1 with a fault: EX_CONFIG (a setting is wrong), EX_NOUSER
 * (there is nobody to get its mail).
 */
int recipients_complete_name(struct buf *spec, const char **rule,
    const struct account *account, const struct sender *sender,
    struct fault *f);
/* Adds one mailbox to the envelope, by resolver_find; it reads the aliases
 * anew for a local name. 0, or -1 with a fault (EX_NOUSER, EX_CONFIG). */
int recipients_add(struct envelope *e, const struct address *a,
    const struct account *account, const struct sender *sender,
    struct fault *f);
/* The same for all of a list. */
int recipients_add_list(struct envelope *e, const struct address_list *l,
    const struct account *account, const struct sender *sender,
    struct fault *f);

#endif
