/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --configure: the settings for a mail address, as a file that is ready for
 * use, on standard output. Writes nothing anywhere else.
 */
#ifndef SUBMIT_CONFIGURE_H
#define SUBMIT_CONFIGURE_H

#include "settings/options.h"
#include "submit/report.h"

void configure_run(const struct options *o, struct report *report);

#endif
