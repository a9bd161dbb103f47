/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line. Single letters are sendmail's (a table: letter, arity,
 * use/ignore/refuse) plus msmtp's -a, words are ours, --keyword=value is a
 * setting. The rules and their order stand in qsendmail(1).
 */
#ifndef SETTINGS_OPTIONS_H
#define SETTINGS_OPTIONS_H

#include "base/strv.h"
#include "settings/settings.h"

enum mode {
	MODE_SEND,     /* read a message, send it */
	MODE_DRY_RUN,  /* --dry-run: message to stdout, envelope to stderr */
	MODE_SETTINGS, /* --settings */
	MODE_CHECK,    /* --check (--serverinfo) */
	MODE_CONFIGURE, /* --configure */
	MODE_RMQS,     /* --rmqs */
	MODE_HELP,
	MODE_VERSION,
	MODE_SMTP,     /* -bs */
	MODE_MAILQ,    /* -bp, mailq */
	MODE_ALIASES,  /* -bi, newaliases */
	MODE_VERIFY,   /* -bv */
	MODE_DAEMON,   /* -bd */
	MODE_QUEUE,    /* -q..., runq */
	MODE_NOTHING   /* -bh, -bH, -Q: succeed */
};

/* -oeX, -eX: where errors are told. */
enum error_mode {
	ERRORS_PRINT,       /* p: standard error and exit status; the default */
	ERRORS_QUIET,       /* q: exit status only */
	ERRORS_MAIL,        /* m: to the sender, by mail */
	ERRORS_WRITE,       /* w: on the sender's terminal */
	ERRORS_MAIL_EXIT_0  /* e: as m, and the exit status is 0 then */
};

/* -odX: when a mail is sent. */
enum delivery_mode {
	DELIVER_INTERACTIVE, /* i: now, and wait for it; the default */
	DELIVER_BACKGROUND,  /* b: now, and do not wait */
	DELIVER_QUEUE,       /* q: at the next run of the queue */
	DELIVER_DEFER        /* d: the same, nothing is looked up before */
};

enum part_role { PART_BODY, PART_HTML, PART_INLINE, PART_ATTACHMENT };

/* One file of a composed message, as asked for. */
struct part_option {
	enum part_role role; /* PART_HTML, PART_INLINE or PART_ATTACHMENT */
	char *path;          /* owned, literal; "-" is standard input */
	char *type;          /* --type, NULL: find out */
	char *name;          /* --name, NULL: last component of path */
};

struct options {
	enum mode mode;
	int strict;          /* sendmail's rules (called so, or --sendmail) */
	int verbose;         /* -v */
	int read_recipients; /* -t */
	int read_envelope_from; /* the sender is that of the From field */
	int ignore_dots;     /* -i, -oi */
	int foreground;      /* --foreground, -bD: a service stays */
	enum error_mode error_mode;
	enum delivery_mode delivery_mode; /* as asked for */
	int json;            /* --json */
	int compose;         /* --subject, --to, --cc, --body or --html given */
	char *envelope_from; /* -f or -r; "" is the null sender; NULL if none */
	char *from;          /* --from */
	char *full_name;     /* -F */
	char *file;          /* -C */
	char *account;       /* -a */
	char *envid;         /* -V, as given */
	char *argument;      /* --configure or --rmqs */
	char *subject;       /* --subject */
	char *body;          /* --body: then standard input is not the text */
	struct strv to, cc, bcc; /* --to, --cc, --bcc; each one field value */
	struct strv headers;     /* --header 'Name: value' */
	struct strv recipients;  /* operands; of MAILQ an action and ids */
	struct strv queue;       /* what stood behind each -q: "", "15m", "Iid",
	                          * "!Rtext" (sendmail_interval) */
	struct part_option *parts; /* --html, --inline, --attach, in order */
	size_t parts_n, parts_cap;
	struct values argv;      /* --keyword=value */
};

void options_init(struct options *o);
void options_release(struct options *o);
/*
 * argv[0]'s last component sendmail, mailq, newaliases (sendmail_name) asks for
 * the strict rules. 0, or -1 with a fault (EX_USAGE) that names the option.
 */
int options_parse(struct options *o, int argc, char *const argv[],
    struct fault *f);
/* Appends the text of --help. */
void options_help(struct buf *out);

#endif
