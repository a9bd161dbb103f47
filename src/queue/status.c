/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue/status.h"

void
status_release(struct status *s)
{
	(void)s;
}

void
status_add(struct status *s, const char *account, int is_account_fault,
    time_t until, const char *reason)
{
	(void)s, (void)account, (void)is_account_fault, (void)until;
	(void)reason;
}

const struct pause *
status_find(const struct status *s, const char *account)
{
	(void)s, (void)account;
	return NULL;
}

int
status_write(const struct status *s, const struct spool *spool,
    struct fault *f)
{
	(void)s, (void)spool, (void)f;
	return 0;
}

int
status_read(struct status *s, const struct spool *spool, struct fault *f)
{
	(void)s, (void)spool, (void)f;
	return 0;
}
