/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The last step of every mail: relay, report, log. A mail for which no relay
 * could be started is logged as well.
 */
#include "submit/transfer.h"

#include "base/clock.h"

static void
log_mail(const struct account *a, const struct envelope *e,
    const struct draft *d, long long since, struct report *report)
{
	const struct header *h = &d->message.header;
	size_t at = header_find(h, "Message-ID", 0);
	struct buf id = BUF_INIT;
	struct logline line = {
		.account = a,
		.envelope = e,
		.size = (long long)d->content.length,
		.duration_ms = clock_monotonic_ms() - since,
	};

	if (at < h->n)
		field_body(&h->v[at], &id);
	line.message_id = id.data;
	report_log(report, &line);
	buf_release(&id);
}

int
transfer_mail(struct relay *relay, const struct account *a,
    struct envelope *e, const struct draft *d, int verbose,
    struct report *report)
{
	long long since = clock_monotonic_ms();
	struct fault f = FAULT_INIT;
	struct buf id = BUF_INIT;
	int rc = 0;

	clock_unique(&id);
	if (relay->child.pid == -1)
		rc = relay_start(relay, a, verbose, &f);
	if (rc == -1)
		report_fault(report, &f);
	else
		rc = relay_mail(relay, a, id.data, e, &d->content, report);
	if (rc == 0)
		report_recipients(report, e);
	log_mail(a, e, d, since, report);
	fault_release(&f);
	buf_release(&id);
	return rc;
}
