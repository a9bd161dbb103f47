/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The service knows its client by the user id that the system tells it. The
 * name that we give is of the same user, whatever the environment says.
 */
#include "submit/service_sender.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

static char *
spec_of(const struct address *a)
{
	struct buf spec = BUF_INIT;

	address_format_spec(a, &spec);
	return buf_detach(&spec);
}

/* This user's name, or its number where it has none, as an address without a
 * domain. */
static char *
find_login(void)
{
	const struct passwd *user = getpwuid(getuid());
	struct buf number = BUF_INIT;
	struct address a;
	char *login;

	buf_addf(&number, "%ld", (long)getuid());
	memset(&a, 0, sizeof a);
	a.local = user != NULL && user->pw_name[0] != '\0' ? user->pw_name :
	    number.data;
	a.domain = (char *)buf_empty;
	login = spec_of(&a);
	buf_release(&number);
	return login;
}

static int
resolve_path(struct sender *s, const struct options *o,
    const char *header_from, struct fault *f)
{
	const char *asked = header_from != NULL ? header_from :
	    o->envelope_from != NULL ? o->envelope_from : o->from;
	struct address a;

	if (asked == NULL) {
		s->reverse_path = find_login();
		return 0;
	}
	if (asked[0] == '\0' || strcmp(asked, "<>") == 0) {
		s->reverse_path = xstrdup("");
		return 0;
	}
	if (address_parse(&a, asked, f) == -1)
		return fault_context(f, "sender");
	s->reverse_path = spec_of(&a);
	address_release(&a);
	return 0;
}

/* The mailbox of a From field that is to be added, with its name. */
static int
make_from(const struct sender *s, const struct options *o, struct buf *field,
    struct fault *f)
{
	struct address a;
	char *login = NULL;
	int rc;

	if (o->from == NULL && s->reverse_path[0] == '\0')
		login = find_login();
	rc = address_parse(&a, o->from != NULL ? o->from : login != NULL ?
	    login : s->reverse_path, f);
	free(login);
	if (rc == -1)
		return fault_context(f, "sender");
	if (a.display[0] == '\0' && o->full_name != NULL) {
		free(a.display);
		a.display = xstrdup(o->full_name);
	}
	address_format(&a, field);
	address_release(&a);
	return 0;
}

int
service_sender_resolve(struct sender *s, const struct options *o,
    const char *header_from, struct fault *f)
{
	int has_name = o->full_name != NULL && o->full_name[0] != '\0';
	struct buf field = BUF_INIT, host = BUF_INIT;

	if (resolve_path(s, o, header_from, f) == -1 || ((has_name ||
	    o->from != NULL) && make_from(s, o, &field, f) == -1)) {
		buf_release(&field);
		return -1;
	}
	clock_hostname(&host);
	s->from_field = buf_detach(&field);
	s->msgid_domain = buf_detach(&host);
	s->own_address = xstrdup(s->reverse_path);
	return 0;
}
