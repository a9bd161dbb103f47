/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The wire: commands, content and replies of RFC 5321 over a session that
 * somebody else has opened. It reads while it writes, so that a server that
 * talks cannot stall it, and every wait has a limit.
 */
#ifndef RELAY_WIRE_H
#define RELAY_WIRE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"

/* What a transport answers instead of a number of octets. */
enum { TRANSPORT_CLOSED = 0, TRANSPORT_ERROR = -1, TRANSPORT_AGAIN = -2 };

/* A connection, encrypted or not, that never blocks. */
struct transport {
	/* Octets taken (> 0), TRANSPORT_AGAIN or TRANSPORT_ERROR. After AGAIN
	 * the same pointer and length come again. */
	ssize_t (*send)(void *arg, const char *p, size_t len);
	/* Octets read (> 0), TRANSPORT_CLOSED, _AGAIN or _ERROR. */
	ssize_t (*recv)(void *arg, char *p, size_t len);
	/* Octets that the system has taken and the other side has not; -1 or
	 * a NULL function: not known. */
	long (*unsent)(void *arg);
	/* What went wrong last; may be NULL. */
	const char *(*error)(void *arg);
	void *arg;
	int fd; /* to poll */
	/* What poll does not see is not there: nobody between us and the
	 * system keeps octets that have come. */
	int is_plain;
};

/* A reply: all its lines. (enum reply is the class of one.) */
struct answer {
	int code;         /* 200..599 */
	struct buf lines; /* "250-a\n250 b", without a line feed at the end */
};

void answer_init(struct answer *a);
void answer_release(struct answer *a);
/* Appends the words alone: no codes, lines joined by a space. */
void answer_text(const struct answer *a, struct buf *out);
/*
 * Takes one line of a reply (without its line end) into a, which is empty
 * before the first: 1 when the reply is whole, 0 when more lines follow, -1
 * when this is not a reply (the offending line is then the last of a->lines).
 */
int answer_add_line(struct answer *a, const char *line, size_t len);

enum wire_status {
	WIRE_REPLY,   /* a whole reply came */
	WIRE_LOST,    /* closed, reset, or not writable and nothing to read */
	WIRE_TIMEOUT,
	WIRE_GARBAGE, /* what came is no reply; a->lines has it */
	WIRE_LOCAL,   /* the content cannot be read, or before_dot refused */
	WIRE_IDLE     /* wire_check_idle: nothing came */
};

enum wire_dot { DOT_NONE, DOT_AHEAD, DOT_HANDED };

/* A message to be sent: a part of a file, CRLF, not dot-stuffed. */
struct wire_content {
	int fd;
	off_t at, left;
	/* Called just before the final dot may leave; -1 keeps it back. */
	int (*before_dot)(void *arg, struct fault *f);
	void *arg;
};

struct wire {
	struct transport via;
	/* Input: octets not yet looked at, and the line they continue. */
	char *in;
	size_t in_at, in_end;
	int is_drained;    /* nothing more has come since the last sleep */
	struct buf line;
	/* Output: commands, then the content, then commands behind it. */
	struct buf text, after;
	size_t text_at;
	struct wire_content content;
	enum wire_dot dot; /* of the content given last */
	char last;         /* last octet of the content put into the chunk */
	int ends_line;     /* the last two are CR LF, or there are none yet */
	char *raw;         /* content as read */
	char *chunk;       /* what goes to send: [chunk_at, chunk_end) */
	size_t chunk_at, chunk_end;
	int send_broken;   /* a send failed: only reading is left */
	int block_ms;      /* limit without progress while output is left */
	long unsent;       /* transport's answer at the last look */
	struct fault fault; /* WIRE_LOCAL: why */
	/* Set by the caller; may be NULL. Called before each sleep. */
	void (*before_sleep)(void *arg);
	void *before_sleep_arg;
	/*
	 * Set by the caller; NULL: nobody wants to know. Hears, while a content
	 * is on its way and at most every WIRE_PROGRESS_MS, how many octets of
	 * it are out of our system's hands (as far as that is known); never
	 * less than before.
	 */
	void (*progress)(void *arg, off_t sent, off_t total);
	void *progress_arg;
	off_t total;       /* of the content */
	off_t told;        /* what progress heard last */
	long long told_at; /* when progress heard last */
	int is_telling;    /* there is something left to tell */
};

#define WIRE_PROGRESS_MS 100

/* block_ms limits how long sending may make no progress. */
void wire_init(struct wire *w, const struct transport *via, int block_ms);
void wire_release(struct wire *w);

/*
 * Queues text (whole commands) behind everything queued before. Nothing is
 * sent until wire_wait.
 */
void wire_put(struct wire *w, const char *text, size_t len);
/*
 * Queues a message, dot-stuffed, and its final dot. There may be one at a
 * time; before_dot may be NULL. w->dot becomes DOT_AHEAD, and DOT_HANDED just
 * before the octets with the dot are given to send for the first time.
 */
void wire_put_content(struct wire *w, const struct wire_content *content);

/*
 * Sends what is queued and reads until one whole reply is there. limit_ms is
 * for the reply: it runs from the last progress in sending. Replies that came
 * before are returned first, one a call.
 */
enum wire_status wire_wait(struct wire *w, struct answer *a, int limit_ms);
/*
 * Looks whether anything came on a connection where nothing is due:
 * WIRE_IDLE; WIRE_REPLY (a holds it), WIRE_GARBAGE or WIRE_LOST otherwise.
 * Does not wait.
 */
enum wire_status wire_check_idle(struct wire *w, struct answer *a);
/* Wipes what was sent, a password, from the buffers. What was still to be sent
 * is lost. */
void wire_forget(struct wire *w);
/* Sends what can be sent without waiting. 1 when everything is gone. */
int wire_flush(struct wire *w);

#endif
