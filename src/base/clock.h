/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time, host name and unique text. For tests that compare octets each can be
 * fixed by QSENDMAIL_TEST_TIME (seconds since 1970), QSENDMAIL_TEST_HOSTNAME
 * and QSENDMAIL_TEST_UNIQUE; a privileged process ignores these.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <time.h>

#include "base/buf.h"

/* Seconds since 1970. */
time_t clock_now(void);
/* Milliseconds of a clock that only goes forward; for deadlines. */
long long clock_monotonic_ms(void);
/* Appends RFC 5322 date-time in local time: Mon, 23 Nov 2026 18:08:34 +0000 */
void clock_format_date(time_t when, struct buf *out);
/* Appends RFC 3339 date-time in local time: 2026-11-23T18:08:34+00:00 */
void clock_format_rfc3339(time_t when, struct buf *out);
/* Appends msmtp's log time, or any strftime format: Nov 23 18:08:34 */
void clock_format(time_t when, const char *format, struct buf *out);
/* Appends the name of this host, "localhost" when it has none. */
void clock_hostname(struct buf *out);
/*
 * Appends text of letters and digits that no other call, process or host
 * makes: 120 random bits (26 characters). For Message-IDs and boundaries.
 */
void clock_unique(struct buf *out);

#endif
