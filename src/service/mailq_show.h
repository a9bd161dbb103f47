/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailq show: everything that is known of one mail, for people. */
#ifndef SERVICE_MAILQ_SHOW_H
#define SERVICE_MAILQ_SHOW_H

#include "queue/spool.h"
#include "submit/report.h"

/*
 * Writes it to standard output: the fields, the recipients, what has happened
 * in its order, the header of the message. account NULL: it has failed.
 */
void mailq_show(struct spool *s, const char *account, const char *id,
    struct report *report);

#endif
