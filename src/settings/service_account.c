/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A settings file that this user may not read is an administrator's way to
 * say: not by yourself, by the service.
 */
#include "settings/service_account.h"

#include <unistd.h>

#include "base/compat.h"
#include "base/xalloc.h"

void
service_account_socket(struct buf *path)
{
	const char *test = compat_getenv("QSENDMAIL_TEST_SOCKET");

	buf_adds(path, test != NULL ? test : RUNDIR "/submit.sock");
}

int
service_account_is_due(void)
{
	const char *server = compat_getenv("SMTPSERVER");
	struct buf path = BUF_INIT;
	int due;

	/* msmtp's variables are settings, too. */
	if (server != NULL && *server != '\0')
		return 0;
	due = settings_closed_file("qsendmailrc") ||
	    settings_closed_file("msmtprc");
	service_account_socket(&path);
	if (!due)
		due = access(path.data, F_OK) == 0;
	buf_release(&path);
	return due;
}

static void
set(struct account *a, const char *name, const char *text)
{
	struct origin origin = { ORIGIN_BUILTIN, NULL, 0 };
	struct fault ignored = FAULT_INIT;

	settings_set(&a->values, SETTING_FILE, name, text, &origin, &ignored);
	fault_release(&ignored);
}

void
service_account_use(struct account *a)
{
	struct buf path = BUF_INIT;

	a->name = xstrdup("service");
	a->is_service = 1;
	service_account_socket(&path);
	set(a, "socket", path.data);
	set(a, "host", "localhost");
	set(a, "queue", "off");
	/* All that is missing in the header, the service adds. */
	set(a, "set_date_header", "off");
	set(a, "set_msgid_header", "off");
	buf_release(&path);
}
