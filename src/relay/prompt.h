/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking the person at the terminal for a secret. */
#ifndef RELAY_PROMPT_H
#define RELAY_PROMPT_H

#include "base/buf.h"
#include "base/fault.h"

/*
 * Shows question on /dev/tty and appends the line typed there, which is not
 * shown, to out. 1; 0 when there is no terminal that we may use; -1 with a
 * fault (EX_TEMPFAIL: nothing was typed).
 */
int prompt_secret(const char *question, struct buf *out, struct fault *f);

#endif
