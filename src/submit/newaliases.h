/* SPDX-License-Identifier: GPL-3.0-or-later */
/* newaliases, sendmail -bi: there is no database to build, but there may be
 * an aliases file to check. */
#ifndef SUBMIT_NEWALIASES_H
#define SUBMIT_NEWALIASES_H

#include "settings/options.h"
#include "submit/report.h"

/*
 * Goes through the aliases of the account, if it has any, and tells the first
 * mistakes. In silence when all is well: package scripts call it. With -v it
 * says how many there are.
 */
void newaliases_run(const struct options *o, struct report *report);

#endif
