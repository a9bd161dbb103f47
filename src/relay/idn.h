/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Internationalised domain names (RFC 5890, UTS 46). */
#ifndef RELAY_IDN_H
#define RELAY_IDN_H

#include "base/buf.h"

/*
 * Appends domain with A-labels in place of U-labels; one that is ASCII, or an
 * address literal, as it is. 0, or -1 with nothing added: not a domain name.
 */
int idn_to_ascii(const char *domain, struct buf *out);

#endif
