/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sources of what differs from run to run: clocks, host name, random
 * text. All three can be fixed for tests (see clock.h).
 */
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compat.h"

time_t
clock_now(void)
{
	const char *fixed = compat_getenv("QSENDMAIL_TEST_TIME");

	return fixed != NULL ? (time_t)strtoll(fixed, NULL, 10) : time(NULL);
}

long long
clock_monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Minutes east of Greenwich, from the two broken-down forms of one instant. */
static int
zone_minutes(const struct tm *local, const struct tm *utc)
{
	int days = local->tm_yday - utc->tm_yday;

	if (local->tm_year != utc->tm_year)
		days = local->tm_year > utc->tm_year ? 1 : -1;
	return (days * 24 + local->tm_hour - utc->tm_hour) * 60 +
	    local->tm_min - utc->tm_min;
}

void
clock_format_date(time_t when, struct buf *out)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm local, utc;
	int zone;

	localtime_r(&when, &local);
	gmtime_r(&when, &utc);
	zone = zone_minutes(&local, &utc);
	buf_addf(out, "%.3s, %d %.3s %d %02d:%02d:%02d %c%02d%02d",
	    days + 3 * local.tm_wday, local.tm_mday,
	    months + 3 * local.tm_mon, local.tm_year + 1900,
	    local.tm_hour, local.tm_min, local.tm_sec, zone < 0 ? '-' : '+',
	    abs(zone) / 60, abs(zone) % 60);
}

void
clock_format_rfc3339(time_t when, struct buf *out)
{
	struct tm local, utc;
	int zone;

	localtime_r(&when, &local);
	gmtime_r(&when, &utc);
	zone = zone_minutes(&local, &utc);
	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
	    local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
	    local.tm_hour, local.tm_min, local.tm_sec, zone < 0 ? '-' : '+',
	    abs(zone) / 60, abs(zone) % 60);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void
clock_format(time_t when, const char *format, struct buf *out)
{
	char text[256];
	struct tm local;

	localtime_r(&when, &local);
	if (strftime(text, sizeof text, format, &local) != 0)
		buf_adds(out, text);
}
#pragma GCC diagnostic pop

void
clock_hostname(struct buf *out)
{
	const char *fixed = compat_getenv("QSENDMAIL_TEST_HOSTNAME");
	char name[256];

	if (fixed != NULL) {
		buf_adds(out, fixed);
		return;
	}
	if (gethostname(name, sizeof name) == -1)
		name[0] = '\0';
	name[sizeof name - 1] = '\0';
	buf_adds(out, name[0] != '\0' ? name : "localhost");
}

void
clock_unique(struct buf *out)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	static unsigned long calls;
	const char *fixed = compat_getenv("QSENDMAIL_TEST_UNIQUE");
	unsigned char random[26];
	struct timespec t;
	size_t i;

	calls++;
	if (fixed != NULL) {
		buf_addf(out, "%s%lu", fixed, calls);
		return;
	}
	if (compat_random(random, sizeof random) == -1) {
		clock_gettime(CLOCK_REALTIME, &t);
		buf_addf(out, "%llxp%lxn%lxc%lx", (unsigned long long)t.tv_sec,
		    (unsigned long)getpid(), (unsigned long)t.tv_nsec, calls);
		return;
	}
	for (i = 0; i < sizeof random; i++)
		buf_addc(out, digits[random[i] & 31]);
}
