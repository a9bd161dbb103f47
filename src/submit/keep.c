/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The front end's side of the queue. An entry tells how to find the account
 * again: its name, the settings file that was named, and the settings of the
 * command line, with files by their whole path, as a runner stands elsewhere.
 * What only this process can know (a pipe, the environment) cannot wait.
 */
#include "submit/keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "queue/eventlog.h"

void
keep_init(struct keep *k)
{
	memset(k, 0, sizeof *k);
	fault_init(&k->why);
	spool_init(&k->spool);
	entry_init(&k->entry);
	k->uid = -1;
	k->client = "";
}

static void
drop_file(struct keep *k)
{
	if (k->has_file)
		spool_discard(&k->spool, &k->entry);
	k->has_file = 0;
}

void
keep_release(struct keep *k)
{
	drop_file(k);
	if (k->is_accepted && !k->is_silent)
		spool_trigger(&k->spool, k->entry.account, k->entry.id);
	k->entry.content.fd = -1;
	entry_release(&k->entry);
	spool_release(&k->spool);
	fault_release(&k->why);
}

/* ---- whether ---- */

/* Only what others find again by its path. */
static int
is_lasting_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A reason why no runner could send it later, or NULL. */
static const char *
find_obstacle(const struct account *a, const struct options *o, int is_auto)
{
	if (o->file != NULL && !is_lasting_file(o->file))
		return "its settings file (-C) is no file that lasts";
	if (a->secret_file != NULL &&
	    strncmp(a->secret_file, "/dev/fd/", 8) == 0)
		return "its settings come from a pipe";
	/* With "queue on" the runner is said to have it, too. */
	if (is_auto && strcmp(a->name, "env") == 0)
		return "its account is in the environment, which a runner "
		    "does not see (say queue on if yours does)";
	return NULL;
}

static void
open_spool(struct keep *k, const struct values *v, int is_auto)
{
	struct buf path = BUF_INIT;
	int rc;

	settings_spool(v, &path);
	rc = spool_open(&k->spool, path.data, is_auto, &k->why);
	buf_release(&path);
	if (rc == 0 && (!is_auto || spool_is_watched(&k->spool)))
		k->mode = is_auto ? KEEP_WATCHED : KEEP_ALWAYS;
	else if (is_auto)
		k->is_unwatched = 1;
	/* Nobody asked for a queue in so many words. */
	if (is_auto && rc == -1)
		fault_release(&k->why);
}

void
keep_open(struct keep *k, const struct account *a, const struct options *o)
{
	const struct values *v = &a->values;
	int is_auto = values_is(v, S_QUEUE, "auto") && !k->must_wait;
	const char *obstacle;

	/* The service of this host has the queue. */
	if ((values_is(v, S_QUEUE, "off") && !k->must_wait) ||
	    a->is_service || o->mode == MODE_DRY_RUN)
		return;
	obstacle = find_obstacle(a, o, is_auto);
	if (obstacle == NULL)
		open_spool(k, v, is_auto);
	else if (!is_auto)
		fault_set(&k->why, EX_TEMPFAIL, "the mail cannot wait: %s",
		    obstacle);
}

int
keep_file(struct keep *k, struct fault *f)
{
	struct fault why = FAULT_INIT;

	if (k->mode == KEEP_NEVER)
		return io_private_file(f);
	drop_file(k);
	if (spool_create(&k->spool, &k->entry, &why) == 0) {
		k->has_file = 1;
		return k->entry.content.fd;
	}
	/* It may still be sent now. */
	k->mode = KEEP_NEVER;
	fault_release(&k->why);
	k->why = why;
	return io_private_file(f);
}

off_t
keep_gap(const struct keep *k)
{
	return k->has_file ? ENTRY_HEAD : 0;
}

/* ---- limits ---- */

struct counter {
	long long n, max;
};

static int
count_entry(void *arg, const struct spool_item *item, struct fault *f)
{
	struct counter *c = arg;

	(void)item;
	if (++c->n < c->max)
		return 0;
	return fault_set(f, EX_TEMPFAIL, "%lld mails wait in the queue: the "
	    "setting queue_max_count allows no more", c->n);
}

static int
check_limits(struct keep *k, const struct values *v, long long octets,
    struct fault *f)
{
	struct counter counter = { 0, values_number(v, S_QUEUE_MAX_COUNT) };
	long long most = values_number(v, S_QUEUE_MAX_SIZE);

	if (most != 0 && octets > most)
		return fault_set(f, EX_TEMPFAIL, "the mail has %lld octets: "
		    "the setting queue_max_size keeps none over %lld", octets,
		    most);
	/* Its octets are on the disk already. */
	if (spool_check_room(&k->spool, 0, values_number(v,
	    S_QUEUE_MIN_FREE), f) == -1)
		return -1;
	return counter.max == 0 ? 0 : spool_scan(&k->spool, count_entry,
	    &counter, f);
}

/* ---- accepting ---- */

/* Paths that are words of their own, or are not for the runner to open. */
static int
is_word(enum setting_id id)
{
	return id == S_TLS_TRUST_FILE || id == S_QUEUE_LOG;
}

static void
put_settings(struct values *out, const struct values *argv)
{
	const struct value *path;
	struct value value;
	size_t i;

	values_merge(out, argv);
	for (i = 0; i < SETTING_COUNT; i++) {
		path = values_find(argv, (enum setting_id)i);
		if (settings[i].type != TYPE_PATH || path == NULL ||
		    (is_word((enum setting_id)i) &&
		    strchr(path->text, '/') == NULL))
			continue;
		value = *path;
		value.text = io_whole_path(path->text);
		values_put(out, (enum setting_id)i, &value);
		free(value.text);
	}
}

static void
add_hash(unsigned long *h, const char *text)
{
	for (; *text != '\0'; text++)
		*h = (*h ^ (unsigned char)*text) * 16777619UL & 0xffffffffUL;
	*h = (*h ^ 0xff) * 16777619UL & 0xffffffffUL;
}

/*
 * Another settings file, another server or login of the command line: mail
 * for them waits apart, or a fault of one would hold up that of the others.
 */
static void
set_account(struct entry *e)
{
	static const enum setting_id telling[] = {
		S_HOST, S_PORT, S_SOCKET, S_MAILDIR, S_PROTOCOL, S_USER,
		S_AUTH, S_TLS, S_PASSWORD_FILE, S_PASSWORDEVAL, S_PROXY,
		S_PROXY_HOST, S_SOURCE_IP
	};
	struct buf name = BUF_INIT;
	unsigned long h = 2166136261UL;
	int is_special = e->config[0] != '\0';
	size_t i;

	add_hash(&h, e->config);
	for (i = 0; i < sizeof telling / sizeof *telling; i++) {
		if (!values_is_set(&e->settings, telling[i]))
			continue;
		is_special = 1;
		add_hash(&h, settings[telling[i]].name);
		add_hash(&h, values_text(&e->settings, telling[i]));
	}
	buf_adds(&name, e->section);
	if (is_special)
		buf_addf(&name, "+%08lx", h);
	free(e->account);
	e->account = buf_detach(&name);
}

static void
fill_entry(struct keep *k, const struct account *a, const struct options *o,
    const struct envelope *e, const struct content *c)
{
	struct entry *entry = &k->entry;

	free(entry->section);
	free(entry->config);
	entry->section = xstrdup(a->name);
	entry->config = io_whole_path(o->file != NULL ? o->file : "");
	put_settings(&entry->settings, &o->argv);
	set_account(entry);
	entry->created = entry->next = clock_now();
	entry->uid = k->uid;
	envelope_release(&entry->envelope);
	envelope_copy(&entry->envelope, e);
	entry->content = *c;
}

/* The journal of the attempt that was made before. Its end for somebody is
 * told by the exit status, or the reply to the client. */
static void
put_attempt(struct entry *e, struct buf *lines)
{
	size_t i;

	entry_put_attempt(e, e->created, lines);
	for (i = 0; i < e->envelope.n; i++) {
		if (e->envelope.v[i].outcome != OUTCOME_NONE)
			entry_put_recipient(e, i, lines);
		if (e->envelope.v[i].outcome == OUTCOME_REJECT ||
		    e->envelope.v[i].is_unreported)
			entry_put_told(e, i, lines);
	}
	entry_put_next(e, e->next, lines);
}

static void
set_waiting(struct envelope *e)
{
	size_t i;

	for (i = 0; i < e->n; i++)
		e->v[i].is_waiting = recipient_is_left(&e->v[i]);
}

/* The runner may have gone while we were at it: nobody would send it. */
static int
check_watched(struct keep *k, struct fault *f)
{
	if (k->mode != KEEP_WATCHED || spool_is_watched(&k->spool))
		return 0;
	if (spool_remove(&k->spool, &k->entry, f) == 0)
		spool_sync(&k->spool, k->entry.account, f);
	k->is_unwatched = 1;
	return fault_set(f, EX_TEMPFAIL, "no runner watches the queue any "
	    "more");
}

int
keep_accept(struct keep *k, const struct account *a, const struct options *o,
    struct envelope *e, const struct content *c, int attempted,
    struct fault *f)
{
	struct buf lines = BUF_INIT;
	int rc;

	if (!k->has_file)
		return fault_set(f, EX_TEMPFAIL, "%s", k->why.text.len != 0 ?
		    k->why.text.data : "the mail is not in the queue");
	fill_entry(k, a, o, e, c);
	if (attempted)
		put_attempt(&k->entry, &lines);
	rc = check_limits(k, &a->values, (long long)c->length, f);
	if (rc == 0) {
		/* Whatever comes of it, the file in tmp/ is gone. */
		k->has_file = 0;
		rc = spool_accept(&k->spool, &k->entry, &lines, f);
	}
	if (rc == 0)
		rc = check_watched(k, f);
	if (rc == 0) {
		k->is_accepted = 1;
		set_waiting(e);
	}
	buf_release(&lines);
	return rc;
}
