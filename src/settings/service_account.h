/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The account of those who have none: the service of this host, reached by
 * its socket. It knows the password, which they cannot read, and completes
 * what they send: names, addresses, header fields.
 */
#ifndef SETTINGS_SERVICE_ACCOUNT_H
#define SETTINGS_SERVICE_ACCOUNT_H

#include "settings/account.h"

/* Appends the path of the service's socket: $QSENDMAIL_TEST_SOCKET, else the
 * installed place. */
void service_account_socket(struct buf *path);
/*
 * For a user without any settings: 1 when the system's settings are there
 * but closed to us, or there are none and the socket is. Else 0.
 */
int service_account_is_due(void);
/* Makes a, which is empty, that account. */
void service_account_use(struct account *a);

#endif
