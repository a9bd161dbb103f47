/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be read from the words of a server's reply (behind the code). */
#ifndef QUEUE_REPLY_H
#define QUEUE_REPLY_H

#include "base/buf.h"

/* Appends the enhanced status code (RFC 3463: "4.7.1") that the words begin
 * with, else nothing. */
void reply_enhanced_code(const char *words, struct buf *out);
/*
 * Appends the name that the server has given to the mail it has accepted, as
 * its postmaster finds it in a log; nothing when the words have none. Servers
 * say it each in their own way.
 */
void reply_queue_id(const char *words, struct buf *out);
/*
 * Appends the words as people may see them: in one line, the GBK that Chinese
 * servers speak decoded, and quoted (log_quote).
 */
void reply_clean(struct buf *out, const char *words);

#endif
