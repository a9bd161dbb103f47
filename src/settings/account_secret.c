/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The account once more, for the relay: with its secrets, and with what its
 * eval lines print, which run nowhere else.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/spawn.h"
#include "settings/account.h"
#include "settings/environment.h"

#define EVAL_OUTPUT_MAX 65536

static int
run_eval(const struct eval *e, struct values *v, struct fault *f)
{
	struct buf output, keyword = BUF_INIT, text = BUF_INIT;
	struct values made;
	const char *lf;
	size_t len, i;
	int rc = -1;

	values_init(&made);
	made.keep_secrets = 1;
	buf_init(&output, EVAL_OUTPUT_MAX);
	buf_grow(&output, EVAL_OUTPUT_MAX);
	if (spawn_shell(e->command, &output, f) == -1)
		goto out;
	lf = memchr(output.data, '\n', output.len);
	len = lf != NULL ? (size_t)(lf - output.data) : output.len;
	if (len > 0 && output.data[len - 1] == '\r')
		len--;
	if (memchr(output.data, '\0', len) != NULL) {
		fault_set(f, EX_CONFIG, "the line has a NUL octet");
		goto out;
	}
	if (config_split(output.data, len, &keyword, &text) &&
	    config_set(&made, keyword.data, text.data, &e->origin, f) == -1)
		goto out;
	for (i = 0; i < SETTING_COUNT; i++)
		if (values_is_set(&made, (enum setting_id)i) &&
		    !e->covered[i])
			values_put(v, (enum setting_id)i,
			    values_find(&made, (enum setting_id)i));
	rc = 0;
out:
	if (rc == -1)
		fault_context(f, "%s:%u: eval", e->origin.file,
		    e->origin.line);
	values_release(&made);
	buf_wipe(&output);
	buf_wipe(&keyword);
	buf_wipe(&text);
	return rc;
}

/* The origins borrow their file names from a config that goes. */
static void
forget_files(struct values *v)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		v->set[i].origin.file = NULL;
}

int
account_load_secret(const char *file, const char *name, struct values *v,
    struct fault *f)
{
	const struct section *s;
	struct config c;
	size_t i;
	int rc = -1;

	v->keep_secrets = 1;
	/* The copy of a pipe, inherited for us, not for commands. */
	if (strncmp(file, "/dev/fd/", 8) == 0)
		fcntl((int)strtol(file + 8, NULL, 10), F_SETFD, FD_CLOEXEC);
	if (*file == '\0')
		return environment_load(v, f) == -1 ? -1 : 0;
	config_init(&c);
	if (config_load(&c, file, CONFIG_SECRETS, f) == -1)
		goto out;
	s = config_find(&c, name);
	if (s == NULL) {
		fault_set(f, EX_CONFIG, "account %s is no longer in %s", name,
		    file);
		goto out;
	}
	values_merge(v, &s->values);
	for (i = 0; i < s->evals_n; i++)
		if (run_eval(&s->evals[i], v, f) == -1)
			goto out;
	rc = 0;
out:
	forget_files(v);
	config_release(&c);
	return rc;
}
