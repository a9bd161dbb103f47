/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header fields, and the recipients, that the command line makes. */
#ifndef SUBMIT_FIELDS_H
#define SUBMIT_FIELDS_H

#include "mail/address.h"
#include "mail/header.h"
#include "settings/options.h"

/*
 * Adds the recipients of o (operands, --to, --cc, --bcc) to l and, for a
 * composed message, To, Cc and Subject to h. Operands are told in To when
 * neither --to nor --cc says who is to be told. 0, or -1 with a fault
 * (EX_USAGE) that names the option.
 */
int fields_compose(struct header *h, struct address_list *l,
    const struct options *o, struct fault *f);
/* Adds the fields of --header. 0, or -1 with a fault. */
int fields_add(struct header *h, const struct options *o, struct fault *f);

#endif
