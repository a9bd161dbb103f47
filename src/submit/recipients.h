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
#include "submit/sender.h"

/*
 * Adds the mailboxes of To, Cc and Bcc to l; of a message that was resent
 * those of Resent-To, Resent-Cc and Resent-Bcc (RFC 5322 3.6.6). 0, or -1 with
 * a fault (EX_DATAERR) that names the field.
 */
int recipients_of_header(struct address_list *l, const struct header *h,
    struct fault *f);
/*
 * Adds one mailbox to the envelope. A bare local name becomes an address by
 * the settings of the account. 0, or -1 with a fault (EX_NOUSER, EX_CONFIG).
 */
int recipients_add(struct envelope *e, const struct address *a,
    const struct account *account, const struct sender *sender,
    struct fault *f);

#endif
