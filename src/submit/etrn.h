/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --rmqs: asks the server of an account to send the mail that it holds. */
#ifndef SUBMIT_ETRN_H
#define SUBMIT_ETRN_H

#include "settings/options.h"
#include "submit/report.h"

void etrn_run(const struct options *o, struct report *report);

#endif
