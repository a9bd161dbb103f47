/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Content-IDs of inline files and the references of an HTML text to them
 * (cid: URLs, RFC 2392).
 */
#ifndef MAIL_CID_H
#define MAIL_CID_H

#include "base/io.h"
#include "mail/part.h"

/*
 * Copies HTML from r to its end to w. A reference cid:NAME to the name of an
 * inline part (as it stands or with %XX) gives that part its Content-ID, and
 * becomes a reference to that. A name that can be a Content-ID is its own, so
 * such references stay as they are; other names (with blanks, not ASCII) are
 * given a unique one. Of parts with the same name the first is meant. Errors
 * are in r->error and w->error.
 */
void cid_copy(struct part_list *parts, struct reader *r, struct writer *w);
/* Gives every inline part that has no Content-ID yet a unique one. */
void cid_complete(struct part_list *parts);

#endif
