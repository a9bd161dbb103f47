/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message from its source to the content file that is sent: the header in
 * memory, the body streamed to a private file, files added as parts.
 */
#ifndef SUBMIT_DRAFT_H
#define SUBMIT_DRAFT_H

#include "mail/compose.h"
#include "mail/message.h"
#include "queue/job.h"
#include "settings/account.h"
#include "submit/keep.h"
#include "submit/sender.h"

struct draft {
	struct message message;  /* its header may be changed until finish */
	struct part_list parts;  /* files to be added */
	int compose;             /* the body becomes a part in any case */
	struct text_part text;   /* the body, when it is to be one part */
	struct content content;  /* the result; fd owned */
	struct buf rest;         /* of the body, read with the header */
	struct strv expected;    /* fields still to be added to the header */
	off_t gap;               /* room in front of the body */
	struct keep *keep;       /* borrowed; where the content goes, NULL: a
	                          * private file */
};

void draft_init(struct draft *d);
void draft_release(struct draft *d);

/* Says that this field will be added to the header: before the body is read. */
void draft_expect(struct draft *d, const char *field);
/* Reads the header of a message from r; an input without one is all body. */
int draft_read_header(struct draft *d, struct reader *r, struct fault *f);
/* Reads the body, all that is left of r; flags of text_copy. */
int draft_read_body(struct draft *d, struct reader *r, int flags,
    const struct account *a, const struct sender *s, struct fault *f);
/* Takes text as the body. */
int draft_take_text(struct draft *d, const char *text,
    const struct account *a, const struct sender *s, struct fault *f);
/*
 * Composes, completes the header by the settings of the account, and leaves
 * the finished message in d->content; e, whose recipients are known, is for
 * set_to_header. 0, or -1 with a fault.
 */
int draft_finish(struct draft *d, const struct account *a,
    const struct sender *s, const struct envelope *e, struct fault *f);

#endif
