/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -oee: who called hears nothing; the sender gets a report by mail. */
#ifndef SUBMIT_ERRORS_H
#define SUBMIT_ERRORS_H

#include "submit/relay.h"
#include "submit/report.h"
#include "submit/sender.h"

/*
 * With -oee, when the mail has been tried and some recipients have not got
 * it: mails a report about them to the sender through the same relay. If that
 * is accepted, r forgets its lines and its status is 0; else, and with any
 * other mode, r stays as it is (but for a line that no report was sent).
 */
void errors_mail(struct report *r, struct relay *relay,
    const struct account *a, const struct sender *s, const struct envelope *e,
    const struct content *c);

#endif
