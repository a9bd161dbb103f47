/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Following the relay. The rule of the seam: whatever it reported counts;
 * when it dies before it announced the final dot nothing was sent, after
 * that the mail is unconfirmed.
 */
#include "submit/relay.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/xalloc.h"

void
relay_init(struct relay *r)
{
	r->child.pid = -1;
	r->child.fd = -1;
	r->verbose = 0;
	r->patience_s = 0;
	r->dot_sent = 0;
	r->is_lost = 0;
	r->is_wild = 0;
	fault_init(&r->fault);
	r->fault_stage = STAGE_LOCAL;
	r->fault_reply = REPLY_ANY;
	r->fault_code = 0;
	r->fault_text = NULL;
	progress_init(&r->progress);
	frames_init(&r->frames, -1);
}

void
relay_release(struct relay *r)
{
	progress_release(&r->progress);
	frames_release(&r->frames);
	free(r->fault_text);
	fault_release(&r->fault);
	spawn_end(&r->child);
}

/* A program of the built tree stands beside ours. */
static int
find_beside(struct buf *path)
{
	char own[PATH_MAX];
	char *slash;

	if (compat_own_path(own, sizeof own) == -1)
		return -1;
	slash = strrchr(own, '/');
	if (slash == NULL)
		return -1;
	buf_add(path, own, (size_t)(slash - own));
	buf_adds(path, "/qsendmail-relay");
	if (access(path->data, X_OK) == 0)
		return 0;
	buf_reset(path);
	return -1;
}

static void
find_program(struct buf *path)
{
	const char *named = compat_getenv("QSENDMAIL_RELAY");

	if (named != NULL && named[0] != '\0')
		buf_adds(path, named);
	else if (find_beside(path) == -1)
		buf_adds(path, PKGLIBEXECDIR "/qsendmail-relay");
}

int
relay_start(struct relay *r, const struct account *a, int verbose,
    struct fault *f)
{
	char name[] = "qsendmail-relay";
	char *const argv[] = { name, NULL };
	struct buf path = BUF_INIT;
	int rc;

	find_program(&path);
	rc = spawn_socket(&r->child, path.data, argv, f);
	buf_release(&path);
	if (rc == -1)
		return -1;
	r->frames.fd = r->child.fd;
	r->verbose = verbose;
	/* Between the lines of the dialogue there is no place for it. */
	if (!verbose)
		progress_open(&r->progress);
	job_put_hello(&r->frames);
	if (r->patience_s != 0)
		job_put_patience(&r->frames, r->patience_s);
	job_put_settings(&r->frames, &a->values, a->secret_file,
	    a->secret_section, verbose);
	return 0;
}

/* How it ended explains more than the job that could not be written to it. */
int
relay_died(struct relay *r, struct fault *f)
{
	int status = spawn_end(&r->child);

	if (status != 0)
		fault_release(f);
	return fault_set(f, EX_TEMPFAIL,
	    "qsendmail-relay ended before its work was done (%s %d)",
	    status > 128 ? "signal" : "status",
	    status > 128 ? status - 128 : status);
}

int
relay_eval(struct relay *r, struct account *a, struct fault *f)
{
	struct event e;
	int rc;

	event_init(&e);
	job_put_eval(&r->frames);
	rc = frames_flush(&r->frames, -1, f);
	while (rc == 0 && (rc = event_read(&r->frames, &e, f)) == 1 &&
	    e.kind != EVENT_END) {
		rc = 0;
		if (e.kind == EVENT_SETTING)
			rc = account_add_evaluated(a, e.name, e.text, f);
		else if (e.kind == EVENT_FAULT)
			rc = fault_set(f, e.exit_status != 0 ? e.exit_status :
			    EX_CONFIG, "%s", e.text);
	}
	if (rc == 0)
		rc = relay_died(r, f);
	event_release(&e);
	if (rc != 1 || account_complete(a, f) == -1)
		return -1;
	/* From now on with what they set. */
	job_put_settings(&r->frames, &a->values, a->secret_file,
	    a->secret_section, r->verbose);
	return 0;
}

/* Gives every recipient without an outcome the one of a dead connection. */
static void
settle(struct envelope *e, int dot_sent, const char *why)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		if (e->v[i].outcome == OUTCOME_NONE)
			envelope_record(e, i, STAGE_CONTENT, dot_sent ?
			    REPLY_LOST : REPLY_UNSENT, 0, why);
}

static int
check_recipient(const struct envelope *e, const struct event *event,
    struct fault *f)
{
	if (event->recipient >= e->n)
		return fault_set(f, EX_SOFTWARE,
		    "qsendmail-relay reports recipient %zu of %zu",
		    event->recipient, e->n);
	return 0;
}

static int
record_recipient(struct envelope *e, const struct event *event,
    struct fault *f)
{
	if (check_recipient(e, event, f) == -1)
		return -1;
	envelope_record(e, event->recipient, event->stage, event->reply,
	    event->code, event->text);
	return 0;
}

static int
note_unreported(struct envelope *e, const struct event *event,
    struct fault *f)
{
	if (check_recipient(e, event, f) == -1)
		return -1;
	envelope_set_unreported(e, event->recipient);
	return 0;
}

static void
keep_fault(struct relay *r, const struct event *e)
{
	r->fault_stage = e->stage;
	r->fault_reply = e->reply;
	r->fault_code = e->code;
	free(r->fault_text);
	r->fault_text = xstrdup(e->text);
}

/* Takes one event in: 0 go on, 1 the mail is done, -1 with a fault. */
static int
take_event(struct relay *r, const struct account *a, struct envelope *e,
    const struct event *event, struct report *report, int *session_fault,
    struct fault *f)
{
	switch (event->kind) {
	case EVENT_STEP:
		report_step(report, event);
		return 0;
	case EVENT_PROGRESS:
		progress_update(&r->progress, event->octets,
		    event->octets_total);
		return 0;
	case EVENT_DOT:
		r->dot_sent = 1;
		return 0;
	case EVENT_RCPT:
		return record_recipient(e, event, f);
	case EVENT_UNREPORTED:
		return note_unreported(e, event, f);
	case EVENT_FAULT:
		*session_fault = 1;
		keep_fault(r, event);
		progress_erase(&r->progress);
		report_session(report, event, a);
		return 0;
	case EVENT_END:
		return 1;
	default:
		return 0;
	}
}

/* Takes the relay's reports in until the mail is done, or f says why not. */
static void
follow(struct relay *r, const struct account *a, struct envelope *e,
    struct report *report, int *session_fault, struct fault *f)
{
	struct fault why = FAULT_INIT;
	struct event event;
	int rc = 0, events = 0;

	event_init(&event);
	while (rc == 0 && (rc = event_read(&r->frames, &event, &why)) == 1) {
		events++;
		rc = take_event(r, a, e, &event, report, session_fault, &why);
	}
	event_release(&event);
	progress_erase(&r->progress);
	if (rc == 1)
		return;
	r->is_lost = 1;
	if (why.code == 0) {
		relay_died(r, f);
		return;
	}
	/* It lives on and may still send what it was given; but one that has
	 * never spoken our protocol has not taken the job. */
	if (events != 0 || why.code != EX_SOFTWARE)
		r->is_wild = r->dot_sent = 1;
	fault_release(f);
	*f = why;
}

void
relay_give(struct relay *r, const char *id, const struct envelope *e,
    const struct content *c)
{
	if (r->is_lost)
		return;
	if (progress_is_open(&r->progress))
		job_put_progress(&r->frames);
	/* Half a job ends with the socket, or the relay would wait for the
	 * rest. Why it could not be written it may have said. */
	if (job_send_mail(&r->frames, id, e, c, &r->fault) == -1)
		shutdown(r->child.fd, SHUT_WR);
}

/* What happens to those that were given to a relay which is lost. */
static int
follow_lost(const struct relay *r, struct envelope *e)
{
	settle(e, r->is_wild, r->fault.text.len != 0 ? r->fault.text.data :
	    "qsendmail-relay ended before its turn");
	return 0;
}

int
relay_follow(struct relay *r, const struct account *a, struct envelope *e,
    struct report *report)
{
	size_t open = envelope_count(e, OUTCOME_NONE);
	struct fault f = FAULT_INIT;
	int session_fault = 0;

	if (r->is_lost)
		return follow_lost(r, e);
	r->dot_sent = 0;
	f = r->fault;
	fault_init(&r->fault);
	follow(r, a, e, report, &session_fault, &f);
	if (!r->dot_sent && f.code == EX_SOFTWARE && !session_fault) {
		report_fault(report, &f);
		session_fault = 1;
	}
	if (session_fault && envelope_count(e, OUTCOME_NONE) == open) {
		fault_release(&f);
		return -1;
	}
	settle(e, r->dot_sent, f.text.data);
	fault_release(&f);
	return 0;
}

int
relay_mail(struct relay *r, const struct account *a, const char *id,
    struct envelope *e, const struct content *c, struct report *report)
{
	relay_give(r, id, e, c);
	return relay_follow(r, a, e, report);
}
