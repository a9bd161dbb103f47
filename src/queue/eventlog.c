/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue/eventlog.h"

#include <stdarg.h>

void
eventlog_accepted(const char *where, const struct entry *e,
    const char *message_id, const char *client)
{
	(void)where, (void)e, (void)message_id, (void)client;
}

void
eventlog_recipient(const char *where, const struct entry *e, size_t i,
    const char *relay, long long delay_ms)
{
	(void)where, (void)e, (void)i, (void)relay, (void)delay_ms;
}

void
eventlog_removed(const char *where, const struct entry *e)
{
	(void)where, (void)e;
}

void
eventlog_notice(const char *where, const struct entry *e, const char *kind,
    const char *notice_id)
{
	(void)where, (void)e, (void)kind, (void)notice_id;
}

void
eventlog_note(const char *where, const char *name, const char *id,
    const char *fmt, ...)
{
	(void)where, (void)name, (void)id, (void)fmt;
}
