/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the text of some settings has to look like, beyond its type. */
#ifndef SETTINGS_SYNTAX_H
#define SETTINGS_SYNTAX_H

#include "settings/settings.h"

/* 0, or -1 with what is wrong, or expected, in why. */
int syntax_check(enum setting_id id, const char *text, struct buf *why);

#endif
