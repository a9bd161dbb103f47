/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -bv: where mail to some addresses would go. Nothing is sent and no server
 * is asked: whether it takes the address is known when there is a mail. */
#ifndef SUBMIT_VERIFY_H
#define SUBMIT_VERIFY_H

#include "settings/options.h"
#include "submit/report.h"

/*
 * One line for each operand that can be delivered, on standard output and in
 * the form of Sendmail's; for any other a line on standard error, and
 * EX_NOUSER.
 */
void verify_run(const struct options *o, struct report *report);

#endif
