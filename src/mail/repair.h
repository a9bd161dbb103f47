/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making text that has a transfer encoding already, or cannot have one, fit
 * for the wire: no octet above 127, no line over 998 octets. Each reads r to
 * its end and writes to w; errors are in r->error and w->error.
 */
#ifndef MAIL_REPAIR_H
#define MAIL_REPAIR_H

#include "base/io.h"

/*
 * base64 with other octets in it or with long lines: the octets of its
 * alphabet in lines of 76. Decoders skip what is dropped (RFC 2045 6.8).
 */
void repair_base64(struct reader *r, struct writer *w);
/*
 * quoted-printable with 8-bit octets or long lines: these octets encoded,
 * lines over 76 divided by soft line breaks. It decodes to the same.
 */
void repair_qp(struct reader *r, struct writer *w);
/*
 * Text that no reader decodes: 8-bit octets become "?", long lines are
 * folded. With hide != 0 a space goes in front of lines that begin with "-",
 * so that none can become a delimiter line (RFC 2046 5.1.1).
 */
void repair_plain(struct reader *r, struct writer *w, int hide);

#endif
