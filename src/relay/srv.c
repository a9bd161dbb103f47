/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads DNS messages (RFC 1035 4) as far as SRV records need it: header,
 * questions, answers with the aliases among them. Every length and pointer is
 * checked: a compressed name may only point backwards, so it comes to an end.
 */
#include "relay/srv.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/compat.h"
#include "base/compat_dns.h"
#include "base/xalloc.h"

#define TYPE_CNAME 5
#define TYPE_SRV 33
#define CLASS_IN 1
#define NAME_MAX_OCTETS 255
#define ANSWER_MAX 65535
#define RECORDS_MAX 100

struct packet {
	const unsigned char *p;
	size_t len, at;
};

void
srv_list_release(struct srv_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->v[i].target);
	free(l->v);
	memset(l, 0, sizeof *l);
}

/* Two octets, or -1 behind the end. */
static long
take_16(struct packet *m)
{
	if (m->len - m->at < 2)
		return -1;
	m->at += 2;
	return (long)m->p[m->at - 2] << 8 | m->p[m->at - 1];
}

static int
skip(struct packet *m, size_t n)
{
	if (m->len - m->at < n)
		return -1;
	m->at += n;
	return 0;
}

/* Appends a label; octets that no host name has become "?". */
static int
add_label(struct buf *name, const unsigned char *p, size_t n)
{
	size_t i;

	if (name->len + n + 1 > NAME_MAX_OCTETS)
		return -1;
	if (name->len != 0)
		buf_addc(name, '.');
	for (i = 0; i < n; i++)
		buf_addc(name, ascii_is_alnum((char)p[i]) || p[i] == '-' ||
		    p[i] == '_' ? (char)p[i] : '?');
	return 0;
}

/* Takes a name (4.1.4) into text, without a dot at its end; the root is "". */
static int
take_name(struct packet *m, struct buf *text)
{
	size_t at = m->at, before = m->at, n;
	int is_behind = 0; /* a pointer was followed: m->at is set */

	buf_reset(text);
	while (at < m->len && (n = m->p[at]) != 0) {
		if (n < 64) {
			if (m->len - at < n + 1 ||
			    add_label(text, m->p + at + 1, n) == -1)
				return -1;
			at += n + 1;
			continue;
		}
		if (n < 192 || m->len - at < 2)
			return -1;
		if (!is_behind)
			m->at = at + 2;
		is_behind = 1;
		at = (n & 63) << 8 | m->p[at + 1];
		if (at >= before)
			return -1;
		before = at;
	}
	if (at >= m->len)
		return -1;
	if (!is_behind)
		m->at = at + 1;
	return 0;
}

/* Letters, digits and hyphens in labels, two of them at least. */
static int
is_host_name(const char *name)
{
	const char *p;
	char last = '.';

	for (p = name; *p != '\0'; last = *p++)
		if (!ascii_is_alnum(*p) && !(*p == '-' && last != '.') &&
		    !(*p == '.' && last != '.' && last != '-'))
			return 0;
	return last != '.' && last != '-' && strchr(name, '.') != NULL;
}

static int
is_better(const struct srv *a, const struct srv *b)
{
	int rank = strcmp(a->service, "submissions") != 0;
	int other = strcmp(b->service, "submissions") != 0;

	/* "." stands behind all that are a server. */
	rank += strcmp(a->target, ".") == 0 ? 2 : 0;
	other += strcmp(b->target, ".") == 0 ? 2 : 0;
	if (rank != other)
		return rank < other;
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->weight > b->weight;
}

/* Puts a record in its place; of equals the first stays first. */
static void
add_record(struct srv_list *l, const struct srv *r)
{
	size_t i = l->n;

	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	l->n++;
	for (; i > 0 && is_better(r, &l->v[i - 1]); i--)
		l->v[i] = l->v[i - 1];
	l->v[i] = *r;
}

/* The data of an SRV record, which ends at end. */
static int
take_data(struct srv_list *l, const char *service, struct packet *m,
    size_t end)
{
	struct buf target = BUF_INIT;
	struct srv r = { .service = service };
	long priority = take_16(m), weight = take_16(m), port = take_16(m);
	int rc = -1;

	if (priority == -1 || weight == -1 || port == -1 ||
	    take_name(m, &target) == -1 || m->at != end)
		goto out;
	r.priority = (unsigned)priority;
	r.weight = (unsigned)weight;
	r.port = (unsigned)port;
	if (target.len == 0)
		r.target = xstrdup(".");
	else if (is_host_name(target.data) && port != 0)
		r.target = xstrdup(target.data);
	if (r.target != NULL)
		add_record(l, &r);
	rc = 0;
out:
	buf_release(&target);
	return rc;
}

/* One record of the answer; an alias of owner becomes owner. */
static int
take_record(struct srv_list *l, const char *service, struct packet *m,
    struct buf *owner)
{
	struct buf name = BUF_INIT;
	long type, class, length;
	int rc = -1, is_ours;
	size_t end;

	if (take_name(m, &name) == -1)
		goto out;
	is_ours = ascii_is_equal(name.data, name.len, owner->data, owner->len);
	type = take_16(m);
	class = take_16(m);
	if (type == -1 || class == -1 || skip(m, 4) == -1 ||
	    (length = take_16(m)) == -1 || m->len - m->at < (size_t)length)
		goto out;
	end = m->at + (size_t)length;
	rc = 0;
	if (is_ours && class == CLASS_IN && type == TYPE_SRV &&
	    l->n < RECORDS_MAX)
		rc = take_data(l, service, m, end);
	else if (is_ours && class == CLASS_IN && type == TYPE_CNAME)
		rc = take_name(m, owner);
	m->at = end;
out:
	buf_release(&name);
	return rc;
}

/* The header and the questions: the number of answers, or -1. */
static long
take_head(struct packet *m)
{
	struct buf name = BUF_INIT;
	long flags, questions, answers;
	int rc = 0;

	if (skip(m, 2) == -1)
		return -1;
	flags = take_16(m);
	questions = take_16(m);
	answers = take_16(m);
	/* A response, and RCODE 0. */
	if (flags == -1 || questions == -1 || answers == -1 ||
	    skip(m, 4) == -1 || (flags & 0x800f) != 0x8000)
		return -1;
	for (; rc == 0 && questions > 0; questions--)
		if (take_name(m, &name) == -1 || skip(m, 4) == -1)
			rc = -1;
	buf_release(&name);
	return rc == 0 ? answers : -1;
}

int
srv_parse(struct srv_list *l, const char *service, const char *name,
    const unsigned char *p, size_t len, struct fault *f)
{
	struct packet m = { p, len, 0 };
	struct buf owner = BUF_INIT;
	long answers = take_head(&m);
	int rc = answers == -1 ? -1 : 0;

	buf_adds(&owner, name);
	for (; rc == 0 && answers > 0; answers--)
		rc = take_record(l, service, &m, &owner);
	if (rc == -1)
		fault_set(f, EX_PROTOCOL,
		    "the answer of the DNS about %s is malformed", name);
	buf_release(&owner);
	return rc;
}

/* One of the two questions. */
static int
ask(struct srv_list *l, const char *service, const char *domain,
    unsigned char *answer, struct fault *f)
{
	const char *server = compat_getenv("QSENDMAIL_TEST_RESOLVER");
	struct buf name = BUF_INIT;
	int n, rc = 0;

	buf_addf(&name, "_%s._tcp.%s", service, domain);
	n = compat_dns_query(name.data, TYPE_SRV, answer, ANSWER_MAX, server);
	if (n == COMPAT_DNS_FAILED)
		rc = fault_set(f, EX_TEMPFAIL, "the DNS does not answer about "
		    "%s: check the network", name.data);
	else if (n != COMPAT_DNS_NONE)
		rc = srv_parse(l, service, name.data, answer, (size_t)n, f);
	buf_release(&name);
	return rc;
}

int
srv_lookup(struct srv_list *l, const char *domain, struct fault *f)
{
	unsigned char *answer;
	int rc;

	if (!is_host_name(domain) || strlen(domain) > 230)
		return fault_set(f, EX_USAGE, "\"%s\" is no mail domain",
		    domain);
	answer = xmalloc(ANSWER_MAX);
	rc = ask(l, "submissions", domain, answer, f);
	if (rc == 0)
		rc = ask(l, "submission", domain, answer, f);
	free(answer);
	return rc;
}
