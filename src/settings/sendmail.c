/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dialects behind -b, -q, -o, -O and -M. Where they disagree, what the
 * callers mean decides:
 *
 * -oX VALUE   Sendmail and Postfix read only what is glued to the letter;
 *             Exim takes the next argument for A, X, P, M., and for B, r, s
 *             when it is a number or time. A time is never a recipient.
 * -q VALUE    Sendmail takes the next argument; Postfix and Exim only what is
 *             glued. Taken here when it is a time.
 * -Mxx ID     Exim works on the queue; for Sendmail it is a macro, which
 *             nobody names like one of Exim's operations.
 * -bx         Sendmail and Postfix look at one letter, Exim at all of them.
 */
#include "settings/sendmail.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

#define LENGTH(a) (sizeof (a) / sizeof *(a))

enum classic_value { VALUE_GLUED, VALUE_APART, VALUE_TIME, VALUE_EXIM };

static const struct {
	char letter;
	enum mode mode;
	const char *refused; /* why there is no such mode; NULL: there is */
} modes[] = {
#define MODE(letter, mode, summary) { #letter[0], MODE_##mode, NULL },
#define REFUSED(letter, why) { #letter[0], MODE_NOTHING, why },
#define CLASSIC(letter, name, value, use, argument, summary)
#include "settings/sendmail.def"
#undef CLASSIC
#undef REFUSED
#undef MODE
};

static const struct classic {
	char letter;
	const char *name;
	enum classic_value value;
} classics[] = {
#define MODE(letter, mode, summary)
#define REFUSED(letter, summary)
#define CLASSIC(letter, name, value, use, argument, summary) \
	{ #letter[0], name, VALUE_##value },
#include "settings/sendmail.def"
#undef CLASSIC
#undef REFUSED
#undef MODE
};

static int
is_one_of(const char *text, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(text, list[i]) == 0)
			return 1;
	return 0;
}

/* ---- modes ---- */

int
sendmail_mode(const char *text, enum mode *mode, struct fault *f)
{
	size_t i;

	for (i = 0; i < LENGTH(modes); i++) {
		if (text[0] != modes[i].letter || text[1] != '\0')
			continue;
		if (modes[i].refused != NULL)
			return fault_set(f, EX_USAGE, "-b%s: %s", text,
			    modes[i].refused);
		*mode = modes[i].mode;
		return 0;
	}
	return fault_set(f, EX_USAGE, "-b%s: this mode is not supported; "
	    "there are -bm -bs -bp -bi -bv -bd", text);
}

int
sendmail_name(const char *path, enum mode *mode)
{
	static const struct {
		const char *name;
		enum mode mode;
	} names[] = {
		{ "sendmail", MODE_SEND }, { "send-mail", MODE_SEND },
		{ "mailq", MODE_MAILQ }, { "newaliases", MODE_ALIASES },
		{ "runq", MODE_QUEUE }, { "hoststat", MODE_NOTHING },
		{ "purgestat", MODE_NOTHING },
	};
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t i, len = strcspn(name, ".");

	for (i = 0; i < LENGTH(names); i++)
		if (strlen(names[i].name) == len &&
		    strncmp(name, names[i].name, len) == 0) {
			*mode = names[i].mode;
			return 1;
		}
	return 0;
}

/* ---- queue ---- */

static long
unit_seconds(char c)
{
	switch (c) {
	case 'w':
		return 7L * 24 * 60 * 60;
	case 'd':
		return 24L * 60 * 60;
	case 'h':
		return 60L * 60;
	case 'm':
	case '\0':
		return 60;
	case 's':
		return 1;
	default:
		return 0;
	}
}

int
sendmail_interval(const char *text, long *seconds)
{
	long sum = 0, n, unit;

	if (*text == '\0')
		return 0;
	while (*text != '\0') {
		if (!ascii_is_digit(*text))
			return 0;
		for (n = 0; ascii_is_digit(*text); text++)
			n = n < 1000000 ? n * 10 + (*text - '0') : n;
		unit = unit_seconds(*text);
		/* A century is enough, and sums cannot overflow. */
		if (unit == 0 || n > 100L * 366 * 24 * 60 * 60 / unit ||
		    sum > 100L * 366 * 24 * 60 * 60)
			return 0;
		sum += n * unit;
		text += *text != '\0';
	}
	if (seconds != NULL)
		*seconds = sum;
	return 1;
}

/* I, R, S, Q, G and what is to be found; "!" turns it round. */
static int
is_selector(const char *text)
{
	int negated = *text == '!';

	text += negated;
	return (*text == 'Q' && !negated) || (*text != '\0' &&
	    strchr(negated ? "IRSQ" : "IRSG", *text) != NULL &&
	    text[1] != '\0');
}

int
sendmail_queue(struct options *o, const char *text, struct fault *f)
{
	const char *p = text;

	if (*p == 'p')
		p++;
	/* Of Exim and Sendmail: how, not which (qq two stages, i first ones,
	 * f force or foreground, l local ones, L lost ones). */
	if (*p != '\0' && !sendmail_interval(p, NULL) && !is_selector(p) &&
	    p[strspn(p, "qifl")] != '\0' && strcmp(p, "L") != 0)
		return fault_set(f, EX_USAGE, "-q%s: expected an interval "
		    "like 15m, or I, R, S or G and which mail is meant", text);
	strv_add(&o->queue, text);
	return 0;
}

int
sendmail_is_operation(const char *text)
{
	static const char *const operations[] = {
		"G", "ar", "c", "eb", "es", "f", "g", "mad", "md", "rm", "set",
		"t", "ut", "vb", "vc", "vh", "vl",
	};

	/* -M alone forces a delivery; -MC is between Exim and itself. */
	return *text == '\0' || text[0] == 'C' ||
	    is_one_of(text, operations, LENGTH(operations));
}

/* ---- options ---- */

/* sendmail's idea of true: nothing, or a word that begins with t or y. */
static int
is_true(const char *text)
{
	return *text == '\0' || strchr("tTyY", *text) != NULL;
}

void
sendmail_error_mode(struct options *o, const char *text)
{
	static const struct {
		char letter;
		enum error_mode mode;
	} errors[] = {
		{ 'p', ERRORS_PRINT }, { 'q', ERRORS_QUIET },
		{ 'm', ERRORS_MAIL }, { 'w', ERRORS_WRITE },
		{ 'e', ERRORS_MAIL_EXIT_0 },
	};
	size_t i;

	for (i = 0; i < LENGTH(errors); i++)
		if (*text == errors[i].letter)
			o->error_mode = errors[i].mode;
}

/* Words may follow the letter, as in "-O DeliveryMode=background". */
static void
set_delivery_mode(struct options *o, const char *text)
{
	static const struct {
		char letter;
		enum delivery_mode mode;
	} deliveries[] = {
		{ 'i', DELIVER_INTERACTIVE }, { 'f', DELIVER_INTERACTIVE },
		{ 'b', DELIVER_BACKGROUND }, { 'q', DELIVER_QUEUE },
		{ 'd', DELIVER_DEFER },
	};
	size_t i;

	for (i = 0; i < LENGTH(deliveries); i++)
		if (*text == deliveries[i].letter)
			o->delivery_mode = deliveries[i].mode;
}

static void
set_option(struct options *o, char letter, const char *value)
{
	switch (letter) {
	case 'd':
		set_delivery_mode(o, value);
		break;
	case 'e':
		sendmail_error_mode(o, value);
		break;
	case 'i':
		o->ignore_dots = is_true(value);
		break;
	case 'v':
		o->verbose = is_true(value);
		break;
	default:
		break;
	}
}

/* 1 when next is the value of an option that has none glued to it. */
static int
takes_next(const struct classic *c, const char *value, const char *next)
{
	static const char *const exim[] = {
		"a", "aa", "ai", "as", "i", "m", "r", "s", "t"
	};

	if (next == NULL || *next == '-')
		return 0;
	switch (c->value) {
	case VALUE_APART:
		return *value == '\0';
	case VALUE_TIME:
		return *value == '\0' && sendmail_interval(next, NULL);
	case VALUE_EXIM:
		return is_one_of(value, exim, LENGTH(exim));
	default:
		return 0;
	}
}

int
sendmail_option(struct options *o, const char *text, const char *next)
{
	size_t i;

	for (i = 0; i < LENGTH(classics); i++) {
		if (text[0] != classics[i].letter)
			continue;
		set_option(o, text[0], text + 1);
		return takes_next(&classics[i], text + 1, next);
	}
	return 0;
}

void
sendmail_long_option(struct options *o, const char *text)
{
	const char *value;
	size_t i, len;

	text += strspn(text, " ");
	len = strcspn(text, " =.");
	value = text + strcspn(text, "=");
	value += *value == '=';
	value += strspn(value, " ");
	for (i = 0; i < LENGTH(classics); i++)
		if (len != 0 && ascii_is_word(text, len, classics[i].name))
			set_option(o, classics[i].letter, value);
}
