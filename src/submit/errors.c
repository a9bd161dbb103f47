/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mails reports about mails that nobody will try again: without a queue what
 * failed for now has failed, too. A report about a report is never made, since
 * only a mail from standard input comes here.
 */
#include "submit/errors.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "submit/notice.h"

static int
is_wanted(const struct recipient *r)
{
	return !recipient_is_taken(r) && notice_is_wanted(r, "FAILURE");
}

/* The report as content of a private file, which is the caller's. */
static int
make_report(const struct account *a, const struct sender *s,
    const struct envelope *e, const struct content *c, struct content *out,
    struct fault *f)
{
	struct bounce_recipient *to = xcalloc(e->n, sizeof *to);
	struct notice n = { a, s, e, c, to, 0, clock_now(), 0 };
	int fd = io_private_file(f), rc = -1;
	size_t i;

	for (i = 0; i < e->n; i++)
		if (is_wanted(&e->v[i]))
			to[n.recipients_n++].number = i;
	if (fd != -1)
		rc = notice_write(&n, fd, 0, out, f);
	if (rc == -1 && fd != -1)
		close(fd);
	free(to);
	return rc;
}

/* 1 when the report has been accepted. */
static int
send_report(struct relay *relay, const struct account *a, struct envelope *to,
    const struct content *c)
{
	struct buf id = BUF_INIT;
	struct report ignored;
	int sent;

	report_init(&ignored, "");
	ignored.errors = ERRORS_QUIET;
	clock_unique(&id);
	/* What a lost relay still says would be taken for the report's. */
	sent = !relay->is_lost &&
	    relay_mail(relay, a, id.data, to, c, &ignored) == 0 &&
	    envelope_count(to, OUTCOME_DONE) == to->n;
	report_release(&ignored);
	buf_release(&id);
	return sent;
}

static int
is_tried(const struct envelope *e)
{
	size_t i, wanted = 0;

	for (i = 0; i < e->n; i++)
		wanted += (size_t)is_wanted(&e->v[i]);
	return envelope_count(e, OUTCOME_NONE) == 0 && wanted != 0;
}

void
errors_mail(struct report *r, struct relay *relay, const struct account *a,
    const struct sender *s, const struct envelope *e, const struct content *c)
{
	struct fault f = FAULT_INIT;
	struct envelope to;
	struct content content;
	int sent = 0;

	if (r->errors != ERRORS_MAIL_EXIT_0 || !is_tried(e))
		return;
	envelope_init(&to);
	if (notice_address(&to, e, s) &&
	    make_report(a, s, e, c, &content, &f) == 0) {
		sent = send_report(relay, a, &to, &content);
		close(content.fd);
	}
	if (sent)
		report_forget(r);
	else if (to.n == 0)
		report_line(r, r->status, "-oee: the mail has no sender to "
		    "report to");
	else
		report_line(r, r->status, "-oee: no report could be sent to "
		    "<%s>, either", e->sender);
	envelope_release(&to);
	fault_release(&f);
}
