/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Header fields for a server without SMTPUTF8 (RFC 6531): 7-bit ones. */
#ifndef MAIL_DOWNGRADE_H
#define MAIL_DOWNGRADE_H

#include "mail/header.h"
#include "mail/mime.h"

/*
 * Leaves no octet above 127 in h. Text becomes encoded words; domains of
 * addresses become A-labels by to_ascii (NULL: none can); a mailbox that
 * cannot have an ASCII address becomes an empty group whose name shows it
 * (RFC 6857 3.1.8), so that it is seen but not answered.
 */
void header_downgrade(struct header *h, mime_to_ascii to_ascii);

#endif
