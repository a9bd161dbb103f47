/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --check: connects, logs in, sends nothing, and explains each stage. */
#ifndef SUBMIT_DOCTOR_H
#define SUBMIT_DOCTOR_H

#include "settings/options.h"
#include "submit/report.h"

void doctor_run(const struct options *o, struct report *report);
/* --settings: every effective setting and where it came from. */
void doctor_settings(const struct options *o, struct report *report);

#endif
