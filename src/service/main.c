/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qsendmail: hands a mail to the computer, and says truly what became of it. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "service/mailq.h"
#include "service/runner.h"
#include "settings/options.h"
#include "submit/configure.h"
#include "submit/doctor.h"
#include "submit/etrn.h"
#include "submit/newaliases.h"
#include "submit/report.h"
#include "submit/smtpd.h"
#include "submit/submit.h"
#include "submit/verify.h"

/* Standard descriptors that a caller has closed must not become files. */
static void
open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void
show_text(struct report *r, void (*make)(struct buf *))
{
	struct buf text = BUF_INIT;

	make(&text);
	report_output(r, text.data, text.len);
	buf_release(&text);
}

static void
make_version(struct buf *out)
{
	buf_adds(out, "qsendmail " PACKAGE_VERSION "\n");
}

/* A program at a pipe may think as long as it likes. */
static void
serve_smtp(const struct options *o, struct report *r)
{
	struct smtpd_client client = {
		STDIN_FILENO, STDOUT_FILENO, -1, 0, NULL
	};

	smtpd_serve(&client, o, r);
}

static void
run(const struct options *o, struct report *r)
{
	switch (o->mode) {
	case MODE_SEND:
	case MODE_DRY_RUN:
		submit_run(o, r);
		break;
	case MODE_SETTINGS:
		doctor_settings(o, r);
		break;
	case MODE_CHECK:
		doctor_run(o, r);
		break;
	case MODE_SMTP:
		serve_smtp(o, r);
		break;
	case MODE_CONFIGURE:
		configure_run(o, r);
		break;
	case MODE_RMQS:
		etrn_run(o, r);
		break;
	case MODE_HELP:
		show_text(r, options_help);
		break;
	case MODE_VERSION:
		show_text(r, make_version);
		break;
	case MODE_MAILQ:
		mailq_run(o, r);
		break;
	case MODE_QUEUE:
	case MODE_DAEMON:
		runner_run(o, r);
		break;
	case MODE_VERIFY:
		verify_run(o, r);
		break;
	case MODE_ALIASES:
		newaliases_run(o, r);
		break;
	case MODE_NOTHING:
		break;
	}
}

int
main(int argc, char *argv[])
{
	struct fault f = FAULT_INIT;
	struct options o;
	struct report r;
	int status;

	open_standard_descriptors();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* A caller that ignores it would take the status of children away. */
	signal(SIGCHLD, SIG_DFL);
	report_init(&r, "qsendmail");
	options_init(&o);
	if (options_parse(&o, argc, argv, &f) == 0) {
		/* A wrong command line is always told on standard error. */
		r.errors = o.error_mode;
		run(&o, &r);
	} else
		report_fault(&r, &f);
	status = report_finish(&r);
	options_release(&o);
	report_release(&r);
	fault_release(&f);
	return status;
}
