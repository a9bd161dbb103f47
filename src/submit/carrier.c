/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tells two accounts apart is what their relays are told: the gathered
 * frames of the settings, octet by octet.
 */
#include "submit/carrier.h"

#include <string.h>

void
carrier_init(struct carrier *c)
{
	account_init(&c->account);
	relay_init(&c->relay);
	buf_init(&c->key, 0);
}

void
carrier_release(struct carrier *c)
{
	relay_release(&c->relay);
	account_release(&c->account);
	buf_release(&c->key);
}

void
carrier_drop(struct carrier *c)
{
	carrier_release(c);
	carrier_init(c);
}

/* All that the relay is told of an account: the same for the same account. */
static void
make_key(const struct account *a, struct buf *key)
{
	struct frames frames;

	frames_init(&frames, -1);
	frames_put(&frames, "account", "%s", a->name);
	job_put_settings(&frames, &a->values, a->secret_file,
	    a->secret_section, 0);
	buf_add(key, frames.out.data, frames.out.len);
	frames_release(&frames);
}

static int
is_key(const struct carrier *c, const struct buf *key)
{
	return c->key.len != 0 && key->len == c->key.len &&
	    memcmp(key->data, c->key.data, key->len) == 0;
}

int
carrier_fits(const struct carrier *c, const struct account *a)
{
	struct buf key = BUF_INIT;
	int fits;

	make_key(a, &key);
	fits = is_key(c, &key);
	buf_release(&key);
	return fits;
}

int
carrier_take(struct carrier *c, struct account *a, int verbose,
    struct fault *f)
{
	struct buf key = BUF_INIT;
	int rc = 0;

	make_key(a, &key);
	if (is_key(c, &key)) {
		buf_release(&key);
		account_release(a);
		account_init(a);
		return 0;
	}
	carrier_drop(c);
	c->account = *a;
	account_init(a);
	if (c->account.has_eval && (relay_start(&c->relay, &c->account,
	    verbose, f) == -1 ||
	    relay_eval(&c->relay, &c->account, f) == -1)) {
		carrier_drop(c);
		rc = -1;
	} else
		buf_add(&c->key, key.data, key.len);
	buf_release(&key);
	return rc;
}

void
carrier_check(struct carrier *c, int rc, const struct envelope *e)
{
	int is_in_step = rc == 0 && !c->relay.is_lost;
	size_t i;

	for (i = 0; is_in_step && i < e->n; i++)
		is_in_step = e->v[i].code != 0;
	if (!is_in_step)
		carrier_drop(c);
}
