/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bare local names in the header ("From: root (Cron Daemon)"): a server or
 * reader somewhere would put a domain of its own behind them, and make a
 * stranger of them.
 */
#ifndef SUBMIT_LOCALNAME_H
#define SUBMIT_LOCALNAME_H

#include <sys/types.h>

#include "mail/address.h"
#include "mail/header.h"
#include "settings/account.h"
#include "submit/sender.h"

/*
 * Gives each bare name in the address fields of h an address: maildomain, if
 * there is one; else the sender's (From, Sender) or the one that mail to the
 * name goes to (the others). What was told of the name becomes the display
 * name. Nothing else in the field changes; a field that cannot be read stays.
 * 0, or -1 with a fault (EX_CONFIG: maildomain or local_recipient is wrong).
 */
int localname_repair(struct header *h, const struct account *a,
    const struct sender *s, struct fault *f);
/* How much longer the field text may become by it, at most. */
off_t localname_room(const char *text, size_t len, const struct account *a,
    const struct sender *s);
/*
 * The display name for mailbox m of an address field with the given body: its
 * own; else, when it is the only one, the comment ("root (Cron Daemon)", the
 * form before RFC 2822); else a bare name itself. Appends nothing if none.
 */
void localname_display(const struct address *m, int only, const char *body,
    size_t len, struct buf *out);

#endif
