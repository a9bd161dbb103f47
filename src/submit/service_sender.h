/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who sends, when the service of this host will complete it. */
#ifndef SUBMIT_SERVICE_SENDER_H
#define SUBMIT_SERVICE_SENDER_H

#include "submit/sender.h"

/*
 * Fills s: the reverse-path is -f, --from or header_from, else this user's
 * bare login name; a From field is added only where a name for it was given.
 * 0, or -1 with a fault: a bad address (EX_USAGE).
 */
int service_sender_resolve(struct sender *s, const struct options *o,
    const char *header_from, struct fault *f);

#endif
