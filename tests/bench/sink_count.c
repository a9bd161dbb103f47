/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sink.h"

#include <stdlib.h>
#include <time.h>

#include "base/ascii.h"
#include "base/xalloc.h"

long long
sink_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* FNV-1a; never 0. */
static unsigned long long
hash(const char *p, size_t len)
{
	unsigned long long h = 14695981039346656037ULL;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * 1099511628211ULL;
	return h != 0 ? h : 1;
}

/* Adds h to the set: 1 when it was there already. */
static int
add(struct sink *s, unsigned long long h)
{
	size_t i = h & (s->seen_size - 1);

	for (; s->seen[i] != 0; i = (i + 1) & (s->seen_size - 1))
		if (s->seen[i] == h)
			return 1;
	s->seen[i] = h;
	s->seen_n++;
	return 0;
}

static void
make_room(struct sink *s)
{
	unsigned long long *old = s->seen;
	size_t i, size = s->seen_size;

	if (s->seen_n * 2 < size)
		return;
	s->seen_size = size != 0 ? size * 4 : 4096;
	s->seen = xcalloc(s->seen_size, sizeof *s->seen);
	s->seen_n = 0;
	for (i = 0; i < size; i++)
		if (old[i] != 0)
			add(s, old[i]);
	free(old);
}

/* The value of Message-ID without blanks at its ends: its length, or 0. */
static size_t
find_id(const char *header, size_t len, const char **id)
{
	static const char name[] = "message-id:";
	const char *p = header, *end = header + len, *line_end;

	for (; p < end; p = line_end + 1) {
		line_end = memchr(p, '\n', (size_t)(end - p));
		if (line_end == NULL)
			line_end = end;
		if ((size_t)(line_end - p) < sizeof name - 1 ||
		    !ascii_is_equal(p, sizeof name - 1, name, sizeof name - 1))
			continue;
		p += sizeof name - 1;
		while (p < line_end && ascii_is_space(*p))
			p++;
		while (p < line_end && ascii_is_space(line_end[-1]))
			line_end--;
		*id = p;
		return (size_t)(line_end - p);
	}
	return 0;
}

void
sink_count_mail(struct sink *s, const char *header, size_t len,
    long recipients)
{
	const char *id;
	size_t id_len = find_id(header, len, &id);

	s->count.last_us = sink_now_us();
	if (s->count.mails++ == 0)
		s->count.first_us = s->count.last_us;
	s->count.recipients += recipients;
	make_room(s);
	if (id_len == 0)
		s->count.nameless++;
	else if (add(s, hash(id, id_len)))
		s->count.duplicates++;
}

void
sink_count_reset(struct sink *s)
{
	long long open = s->count.open;

	memset(&s->count, 0, sizeof s->count);
	s->count.open = s->count.most_open = open;
	free(s->seen);
	s->seen = NULL;
	s->seen_n = s->seen_size = 0;
}

void
sink_count_report(const struct sink *s, struct buf *out)
{
	const struct sink_count *c = &s->count;

	buf_addf(out, "{\"mails\": %lld, \"duplicates\": %lld, "
	    "\"nameless\": %lld, \"recipients\": %lld, \"octets\": %lld, ",
	    c->mails, c->duplicates, c->nameless, c->recipients, c->octets);
	buf_addf(out, "\"connections\": %lld, \"logins\": %lld, "
	    "\"open\": %lld, \"most_open\": %lld, ",
	    c->connections, c->logins, c->open, c->most_open);
	buf_addf(out, "\"first_us\": %lld, \"last_us\": %lld}\n",
	    c->first_us, c->last_us);
}
