/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The account that QSENDMAIL_ variables form. */
#ifndef SETTINGS_ENVIRONMENT_H
#define SETTINGS_ENVIRONMENT_H

#include "settings/settings.h"

/* Reads it into v: 1 when there is one, 0, or -1 with a fault (EX_CONFIG). */
int environment_load(struct values *v, struct fault *f);

#endif
