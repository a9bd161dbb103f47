/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The envelope (RFC 5321 2.3.1): reverse-path and recipients, and what has
 * become of each recipient. */
#ifndef QUEUE_ENVELOPE_H
#define QUEUE_ENVELOPE_H

#include <stddef.h>

#include "mail/address.h"
#include "queue/outcome.h"

struct recipient {
	char *address; /* owned; local@domain as it goes into a command; the
	                * domain may still have U-labels */
	enum outcome outcome;
	enum stage stage;
	enum reply reply;
	int code;      /* SMTP reply code, 0 if none */
	char *text;    /* owned; the server's words or ours, "" if none */
};

struct envelope {
	char *sender;  /* owned; "" is the null reverse-path */
	struct recipient *v;
	size_t n, cap;
	size_t *slots; /* hash table: number + 1 of a recipient, 0 empty */
	size_t slots_n;
};

void envelope_init(struct envelope *e);
void envelope_release(struct envelope *e);
void envelope_set_sender(struct envelope *e, const char *sender);
/* Adds a recipient unless it is there already (local part by octet, domain
 * without regard to case). Returns 1 when it was added. */
int envelope_add(struct envelope *e, const char *address);
/* Records what became of recipient i; the outcome is looked up in the table. */
void envelope_record(struct envelope *e, size_t i, enum stage stage,
    enum reply reply, int code, const char *text);
/* How many recipients have the given outcome. */
size_t envelope_count(const struct envelope *e, enum outcome outcome);

#endif
