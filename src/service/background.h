/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Going into the background, as services do that nobody watches. */
#ifndef SERVICE_BACKGROUND_H
#define SERVICE_BACKGROUND_H

#include "base/fault.h"

/*
 * Goes on as a child without a terminal; the caller's process waits until
 * background_ready and ends with status 0 then, else with that of the child.
 * Standard error stays until then. A descriptor for background_ready, or -1
 * with a fault (EX_OSERR).
 */
int background_start(struct fault *f);
/* All is well: nobody is watching any more. */
void background_ready(int fd);

#endif
