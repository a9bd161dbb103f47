/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of outcomes and the names of its columns. A look-up takes the
 * first row of the stage that names the reply or says ANY, and what no row
 * knows is tried again: a mail is given up only where a row says so.
 */
#include "queue/outcome.h"

#include <string.h>
#include <sysexits.h>

#define OUTCOME(stage, reply, outcome, status, sentence, advice) \
	{ STAGE_##stage, REPLY_##reply, OUTCOME_##outcome, status, sentence, \
	    advice },
static const struct outcome_rule rules[] = {
#include "queue/outcome.def"
};
#undef OUTCOME

static const char *const stage_names[STAGE_COUNT] = {
	"config", "resolve", "connect", "proxy", "tls", "certificate",
	"greeting", "ehlo", "starttls", "login", "etrn", "mail", "rcpt",
	"data", "content", "size", "address", "local", "maildir", "lhlo",
	"queue",
};

static const char *const reply_names[REPLY_COUNT] = {
	"any", "2xx", "3xx", "4xx", "5xx", "lost", "timeout", "garbage",
	"not-offered", "unsent",
};

static const char *const outcome_names[] = {
	"none", "done", "retry", "reject", "unconfirmed",
};

#define LENGTH(a) (sizeof (a) / sizeof *(a))

const struct outcome_rule *
outcome_rules(unsigned *n)
{
	*n = LENGTH(rules);
	return rules;
}

const struct outcome_rule *
outcome_find(enum stage stage, enum reply reply)
{
	static const struct outcome_rule unknown = {
		STAGE_LOCAL, REPLY_ANY, OUTCOME_RETRY, EX_TEMPFAIL,
		"the server gave an answer that makes no sense here", ""
	};
	size_t i;

	for (i = 0; i < LENGTH(rules); i++)
		if (rules[i].stage == stage && (rules[i].reply == reply ||
		    rules[i].reply == REPLY_ANY))
			return &rules[i];
	return &unknown;
}

enum reply
reply_class(int code)
{
	switch (code / 100) {
	case 2:
		return REPLY_R2XX;
	case 3:
		return REPLY_R3XX;
	case 4:
		return REPLY_R4XX;
	case 5:
		return REPLY_R5XX;
	default:
		return REPLY_GARBAGE;
	}
}

static int
find_name(const char *const *names, size_t n, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
			return (int)i;
	return -1;
}

/* What stands before the space in *p; moves behind that. */
static int
take_name(const char *const *names, size_t n, const char **p)
{
	size_t len = strcspn(*p, " ");
	int i = (*p)[len] == ' ' ? find_name(names, n, *p, len) : -1;

	if (i != -1)
		*p += len + 1;
	return i;
}

const char *
stage_name(enum stage stage)
{
	return stage_names[stage];
}

const char *
reply_name(enum reply reply)
{
	return reply_names[reply];
}

const char *
outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

int
stage_parse(const char *text)
{
	return find_name(stage_names, LENGTH(stage_names), text, strlen(text));
}

int
reply_parse(const char *text)
{
	return find_name(reply_names, LENGTH(reply_names), text, strlen(text));
}

int
stage_take(const char **p)
{
	return take_name(stage_names, LENGTH(stage_names), p);
}

int
reply_take(const char **p)
{
	return take_name(reply_names, LENGTH(reply_names), p);
}

int
outcome_parse(const char *text)
{
	return find_name(outcome_names, LENGTH(outcome_names), text,
	    strlen(text));
}
