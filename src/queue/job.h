/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The seam: what qsendmail says to qsendmail-relay and what comes back, over
 * a stream socket that is the relay's standard input and output.
 *
 * Both directions are frames: a word, a space and a value (any octets),
 * preceded by the length of all that as four octets, most significant first.
 * A descriptor may travel with a frame (SCM_RIGHTS). Both sides begin with
 * "qsendmail-job VERSION"; another version is EX_SOFTWARE, with both versions
 * in the text.
 *
 * To the relay (words in this order; [] optional, * repeated):
 *   [verbose 1]                      report each step of the dialogue; the
 *                                    secret of the settings before is no more
 *   [progress 1]                     report how far the next mail has come
 *   [patience SECONDS]               longest wait for a connection
 *   set NAME VALUE *                 every effective setting but secrets
 *   [secret-file PATH, secret-section NAME]
 *   one of
 *     check                          log in, report the steps, send nothing
 *     lookup DOMAIN                  report the submission servers that the
 *                                    DNS names ("srv SERVICE PORT TARGET")
 *     etrn NODE                      log in, ask for the mail held for NODE
 *     eval                           report the settings that the section's
 *                                    eval lines make ("setting NAME VALUE")
 *     mail ID, sender ADDRESS, [ret RET], [envid ENVID],
 *       (recipient NUMBER ADDRESS, [notify NOTIFY], [orcpt ORCPT]) *,
 *       content OFFSET LENGTH FACTS + descriptor, go
 *         (ret ... orcpt: parameters of RFC 3461, about the mail or the
 *         recipient before)
 *   (then the next one; mails may be given before the ones in front have ended,
 *   whose envelopes then travel behind their contents; closing the socket ends
 *   the relay)
 *
 * From the relay: "step", "rcpt", ... (enum event_kind), "end" after each
 * mail or other job. "unreported NUMBER" comes right behind the rcpt of a
 * recipient who has the mail and wants to be told so (NOTIFY=SUCCESS), when
 * the server does not offer DSN or a Maildir is in its place: nobody but the
 * front end's side can make that report (RFC 3461 5.2.2).
 */
#ifndef QUEUE_JOB_H
#define QUEUE_JOB_H

#include <sys/types.h>

#include "base/fault.h"
#include "queue/envelope.h"
#include "settings/settings.h"

#define JOB_VERSION 4

/* Descriptors that may be on their way at a time. */
#define FRAMES_FDS 16

/* One end of the socket. */
struct frames {
	int fd;             /* borrowed */
	struct buf out;     /* frames not yet written */
	struct buf in;      /* octets read, not yet taken */
	size_t in_at;
	int fds[FRAMES_FDS]; /* owned; descriptors that came with the input */
	size_t fds_n;
	int is_ended;       /* the other side sends no more */
	struct buf word, value; /* of the last frame read */
	/* Set by the owner, may be NULL: called by frames_read when nothing has
	 * come for 20 ms, before it waits for longer. */
	void (*before_wait)(void *arg);
	void *before_wait_arg;
};

void frames_init(struct frames *s, int fd);
void frames_release(struct frames *s);
/* Gathers one frame; nothing is written yet. */
void frames_put(struct frames *s, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void frames_put_bytes(struct frames *s, const char *word, const char *p,
    size_t len);
/* Writes what is gathered; pass_fd (-1: none) travels with it. What comes
 * meanwhile is read, or two who write to each other would wait for ever. 0,
 * also when nothing is gathered, or -1 with a fault (EX_TEMPFAIL: the other
 * side is gone). */
int frames_flush(struct frames *s, int pass_fd, struct fault *f);
/* 1 when octets have been read that were not taken yet: with our own programs
 * at the other end that is a whole frame, as good as always. */
int frames_has_input(const struct frames *s);
/* The same, or something can be read without waiting. */
int frames_is_readable(const struct frames *s);
/* Waits for the next frame: 1 with s->word and s->value; 0 when the other
 * side has closed; -1 with a fault (EX_SOFTWARE: not our protocol). */
int frames_read(struct frames *s, struct fault *f);

/* The content of a mail: a stretch of a file, CRLF, not dot-stuffed. */
struct content {
	int fd;
	off_t offset, length;
	int is_8bit_body;
	int is_8bit_header;  /* only addresses (RFC 6532) are left there */
	int has_long_lines;  /* over 998 octets */
};

/* Sending side. */
void job_put_hello(struct frames *s);
void job_put_settings(struct frames *s, const struct values *v,
    const char *secret_file, const char *secret_section, int verbose);
/* Asks for reports of progress about the next mail. */
void job_put_progress(struct frames *s);
/* Somebody waits, and there is a queue: the limit for a connection. */
void job_put_patience(struct frames *s, int seconds);
void job_put_check(struct frames *s);
void job_put_eval(struct frames *s);
void job_put_lookup(struct frames *s, const char *domain);
void job_put_etrn(struct frames *s, const char *node);
/* Gathers a mail: every recipient whose outcome is not decided, numbered as
 * in e, and writes it with the content's descriptor. */
int job_send_mail(struct frames *s, const char *id, const struct envelope *e,
    const struct content *c, struct fault *f);

/* Receiving side (relay). */
enum job_kind {
	JOB_NONE, JOB_CHECK, JOB_EVAL, JOB_LOOKUP, JOB_ETRN, JOB_MAIL
};

struct job {
	enum job_kind kind;
	struct values settings;  /* stays from job to job until set again */
	char *secret_file, *secret_section; /* owned, NULL if none */
	unsigned long changes;   /* how often one of these has been set */
	int verbose;
	int progress;             /* of this mail is asked for */
	int patience_s;           /* 0: as the settings say; stays, too */
	char *argument;          /* LOOKUP, ETRN; owned, else NULL */
	char *id;
	struct envelope envelope; /* all recipients given, in order */
	size_t *numbers;          /* number of each recipient for reports; owned */
	struct content content;   /* fd owned, -1 if none */
};

void job_init(struct job *j);
void job_release(struct job *j);
/* 1 when a mail for the same account has come and nothing else stands before
 * it: job_read will not wait long. */
int job_has_mail(struct frames *s);
/* Moves the mail of from, and nothing else, to j; from has none then. */
void job_move_mail(struct job *j, struct job *from);
/* Closes the content's descriptor, with which a lock may go. */
void job_close_content(struct job *j);
/* Waits for the next job: 1, 0 at the end, -1 with a fault. */
int job_read(struct frames *s, struct job *j, struct fault *f);

/* What the relay reports. */
enum event_kind {
	EVENT_STEP,     /* one exchange of the dialogue: name, sent, received */
	EVENT_SETTING,  /* name, text: what an eval line made */
	EVENT_SRV,      /* a server of the DNS, the best one first */
	EVENT_ENVELOPE, /* MAIL was accepted */
	EVENT_CONTENT,  /* 354 */
	EVENT_PROGRESS, /* octets of octets_total have been sent */
	EVENT_DOT,      /* the final dot is about to be sent */
	EVENT_RCPT,     /* outcome of one recipient */
	EVENT_UNREPORTED, /* it is done, and no server reports that */
	EVENT_FAULT,    /* account or session: no mail was touched by it */
	EVENT_END
};

struct event {
	enum event_kind kind;
	char *name;            /* owned: STEP ("rcpt to"), SETTING; SRV: the
	                        * service, "submissions" or "submission" */
	char *sent;            /* owned: STEP: what we sent, secrets masked */
	char *text;            /* owned: STEP: the reply, lines separated by LF;
	                        * RCPT, FAULT: the server's words or a reason;
	                        * SRV: the host, or "." for no service */
	size_t recipient;      /* RCPT, UNREPORTED: its number */
	enum stage stage;      /* RCPT, FAULT */
	enum reply reply;      /* RCPT, FAULT */
	int code;              /* RCPT, FAULT: SMTP code, 0 if none; SRV: the
	                        * port */
	int exit_status;       /* FAULT: 0, or instead of the table's */
	long long octets, octets_total; /* PROGRESS */
};

void event_init(struct event *e);
void event_release(struct event *e);
/* Gathers an event; "end" may travel with the next mail's "dot". */
void event_put(struct frames *s, const struct event *e);
/* Gathers an event; EVENT_END, EVENT_DOT, EVENT_STEP and EVENT_PROGRESS are
 * also written; the last is dropped when the front end does not keep up. 0,
 * or -1 with a fault: the front end is gone. */
int event_send(struct frames *s, const struct event *e, struct fault *f);
/* Waits for an event: 1, 0 when the relay is gone, -1 with a fault. */
int event_read(struct frames *s, struct event *e, struct fault *f);

#endif
