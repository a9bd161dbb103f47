/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses of RFC 5322 3.4 (with the obsolete forms of 4.4) and RFC 6532:
 * from the body of a header field, from a command line argument.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"

struct address {
	/* Owned, NUL-ended, never NULL; no control characters in them. */
	char *display; /* display name: quoting undone, folding removed,
	                * RFC 2047 words as written; "" if none */
	char *local;   /* local part, quoting undone */
	char *domain;  /* as written without comments and white space, an
	                * address literal with its brackets; "": bare name */
	/* Spans of the parsed text, as offsets. */
	size_t start, end;           /* the mailbox, display name included */
	size_t spec_start, spec_end; /* the addr-spec, without < > */
};

struct address_list {
	struct address *v;
	size_t n, cap;
	int groups; /* how many groups the text had ("undisclosed:;" is one) */
};

#define ADDRESS_LIST_INIT { NULL, 0, 0, 0 }

void address_release(struct address *a);
void address_list_release(struct address_list *l);

/*
 * Appends the mailboxes of an address-list (body of To, Cc, From ..., folded
 * or not; len octets): groups are flattened, comments skipped, source routes
 * dropped, empty members allowed. Lenient where the meaning is clear, a
 * fault (EX_DATAERR) that shows the offending part where it is not: nothing
 * that a reader could take for another recipient is guessed. A bare name is
 * an ASCII atom with dots. 0, or -1 with the list as it was.
 */
int address_parse_list(struct address_list *l, const char *text, size_t len,
    struct fault *f);
/*
 * Exactly one mailbox (argument, setting, reverse-path): user@example.org,
 * <user@example.org>, Name <user@example.org> or a bare name. On success the
 * caller releases a. -1 with a fault (EX_USAGE) otherwise.
 */
int address_parse(struct address *a, const char *text, struct fault *f);

/*
 * Appends the text of the first comment in the body of an address field,
 * which in "root (Cron Daemon)" is a display name: quoting undone, white
 * space and folds single spaces. Nothing when there is none.
 */
void address_comment(const char *text, size_t len, struct buf *out);

/*
 * Appends local@domain as RFC 5321 4.1.2 wants it in a command: the local
 * part quoted only where it must be.
 */
void address_format_spec(const struct address *a, struct buf *out);
/*
 * Appends a mailbox for a header field: display name (quoted or, when it is
 * 8-bit, as RFC 2047 words) and <spec>; just the spec without a name.
 */
void address_format(const struct address *a, struct buf *out);
/* Same mailbox: local part by octet, domain without regard to case. */
int address_is_equal(const struct address *a, const struct address *b);
/* 1 when any octet of local part or domain is above 127 (RFC 6531). */
int address_is_8bit(const struct address *a);

#endif
