/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sink of the benchmark: an SMTP server that takes every mail, throws it
 * away and counts. One process, one thread; see sink.c for its use.
 *   sink.c       sockets, the loop, orders from standard input
 *   sink_link.c  octets of one connection: TLS, delay
 *   sink_smtp.c  the dialogue
 *   sink_count.c what is counted
 */
#ifndef BENCH_SINK_H
#define BENCH_SINK_H

#include <openssl/ssl.h>

#include "base/buf.h"

/* How the sink treats the other side's octets: TCP's acknowledgements. */
enum sink_ack {
	ACK_SYSTEM,  /* as the system does: late where a reply may carry it */
	ACK_QUICK,   /* at once, always */
	ACK_DELAYED, /* late from the first one on */
};

struct sink_count {
	long long mails, duplicates, nameless; /* nameless: no Message-ID */
	long long recipients, octets, connections, logins;
	long long open, most_open;
	long long first_us, last_us; /* when the first and last mail came */
};

struct sink {
	long long rtt_us;
	enum sink_ack ack;
	SSL_CTX *tls; /* NULL: no TLS */
	struct sink_count count;
	unsigned long long *seen; /* owned: hashes of Message-IDs; 0 is free */
	size_t seen_n, seen_size;
};

/* Octets on their way to the other side. */
struct sink_chunk {
	struct sink_chunk *next;
	long long due_us;
	size_t len, at;
	char data[];
};

enum sink_state {
	STATE_COMMAND, STATE_CONTENT, STATE_LOGIN_USER, STATE_LOGIN_PASSWORD,
	STATE_LOGIN_PLAIN,
};

struct sink_link {
	struct sink *sink;
	int fd;
	SSL *ssl; /* owned; NULL: plain */
	int is_ready; /* the TLS handshake is over, or none is needed */
	int is_closing; /* when all has been written */
	int is_dead;
	long long extra_us; /* that the next chunk is later still */
	struct buf in, out; /* plain text: unread input, new output */
	struct sink_chunk *first, **last;
	/* the dialogue */
	enum sink_state state;
	int has_mail, wants_tls, has_greeted;
	long recipients;
	struct buf header; /* of the mail under way, as far as it matters */
	int is_header_over;
	char tail[4]; /* the last octets of the content */
};

long long sink_now_us(void);

/* ---- sink_count.c ---- */

/* A mail has come whose header begins like that. */
void sink_count_mail(struct sink *s, const char *header, size_t len,
    long recipients);
/* Forgets everything but the connections that are open. */
void sink_count_reset(struct sink *s);
/* Appends one line of JSON. */
void sink_count_report(const struct sink *s, struct buf *out);

/* ---- sink_link.c ---- */

/* Takes fd; is_tls: TLS begins at once. NULL without memory for TLS. */
struct sink_link *sink_link_new(struct sink *s, int fd, int is_tls);
void sink_link_free(struct sink_link *l);
/* Reads what is there, answers it. */
void sink_link_read(struct sink_link *l);
/* Writes what is due. */
void sink_link_write(struct sink_link *l, long long now_us);
/* When there is something to write; -1: nothing; 0: as soon as it goes. */
long long sink_link_due(const struct sink_link *l);

/* ---- sink_smtp.c ---- */

/* The greeting, to l->out. */
void sink_smtp_greet(struct sink_link *l);
/* Takes from l->in what is complete and adds replies to l->out. */
void sink_smtp_take(struct sink_link *l);

#endif
