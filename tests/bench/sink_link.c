/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The round trip: loopback takes no time, so all of it is put on the way back.
 * What the sink writes leaves it rtt later than it was made; nothing of it
 * waits for what is still under way. The first octets, those of TLS among
 * them, leave another rtt later, which is the handshake of TCP.
 * TLS runs in memory, so its messages are delayed as any others.
 */
#include "sink.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xalloc.h"

#define PIECE (256 * 1024)

static int
start_tls(struct sink_link *l)
{
	BIO *from = BIO_new(BIO_s_mem()), *to = BIO_new(BIO_s_mem());

	l->ssl = SSL_new(l->sink->tls);
	if (l->ssl == NULL || from == NULL || to == NULL)
		return -1;
	SSL_set_bio(l->ssl, from, to);
	SSL_set_accept_state(l->ssl);
	l->is_ready = 0;
	return 0;
}

static void
set_socket(const struct sink_link *l, int option, int value)
{
	setsockopt(l->fd, IPPROTO_TCP, option, &value, sizeof value);
}

/* What was written meanwhile. */
static void
queue(struct sink_link *l, const char *p, size_t len)
{
	struct sink_chunk *c = xmalloc(sizeof *c + len);

	c->next = NULL;
	c->due_us = sink_now_us() + l->sink->rtt_us + l->extra_us;
	c->len = len;
	c->at = 0;
	memcpy(c->data, p, len);
	*l->last = c;
	l->last = &c->next;
	l->extra_us = 0;
}

static void
queue_output(struct sink_link *l)
{
	char *p;
	long len;

	if (l->ssl == NULL) {
		if (l->out.len != 0)
			queue(l, l->out.data, l->out.len);
		buf_reset(&l->out);
		return;
	}
	if (l->is_ready && l->out.len != 0) {
		SSL_write(l->ssl, l->out.data, (int)l->out.len);
		buf_reset(&l->out);
	}
	len = BIO_get_mem_data(SSL_get_wbio(l->ssl), &p);
	if (len > 0)
		queue(l, p, (size_t)len);
	(void)BIO_reset(SSL_get_wbio(l->ssl));
}

struct sink_link *
sink_link_new(struct sink *s, int fd, int is_tls)
{
	struct sink_link *l = xcalloc(1, sizeof *l);

	l->sink = s;
	l->fd = fd;
	l->is_ready = 1;
	l->last = &l->first;
	l->extra_us = s->rtt_us;
	buf_init(&l->in, 0);
	buf_init(&l->out, 0);
	buf_init(&l->header, 0);
	s->count.connections++;
	if (++s->count.open > s->count.most_open)
		s->count.most_open = s->count.open;
	set_socket(l, TCP_NODELAY, 1);
	if (s->ack != ACK_SYSTEM)
		set_socket(l, TCP_QUICKACK, s->ack == ACK_QUICK);
	if (is_tls && start_tls(l) == -1) {
		sink_link_free(l);
		return NULL;
	}
	sink_smtp_greet(l);
	if (!is_tls)
		queue_output(l);
	return l;
}

void
sink_link_free(struct sink_link *l)
{
	struct sink_chunk *c;

	while ((c = l->first) != NULL) {
		l->first = c->next;
		free(c);
	}
	SSL_free(l->ssl);
	buf_release(&l->in);
	buf_release(&l->out);
	buf_release(&l->header);
	close(l->fd);
	l->sink->count.open--;
	free(l);
}

/* Goes on with the handshake: 1 when it is over. */
static int
shake_hands(struct sink_link *l)
{
	int rc;

	if (l->is_ready)
		return 1;
	rc = SSL_do_handshake(l->ssl);
	if (rc == 1)
		return l->is_ready = 1;
	rc = SSL_get_error(l->ssl, rc);
	if (rc != SSL_ERROR_WANT_READ && rc != SSL_ERROR_WANT_WRITE)
		l->is_dead = 1;
	return 0;
}

static void
take_encrypted(struct sink_link *l, const char *p, size_t len)
{
	int n;

	BIO_write(SSL_get_rbio(l->ssl), p, (int)len);
	if (!shake_hands(l))
		return;
	do {
		buf_grow(&l->in, PIECE);
		n = SSL_read(l->ssl, l->in.data + l->in.len, PIECE);
		if (n > 0) {
			l->in.len += (size_t)n;
			sink_smtp_take(l);
		}
	} while (n > 0);
	if (SSL_get_error(l->ssl, n) == SSL_ERROR_ZERO_RETURN)
		l->is_closing = 1;
}

void
sink_link_read(struct sink_link *l)
{
	static char piece[PIECE];
	ssize_t n = recv(l->fd, piece, sizeof piece, 0);

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		l->is_dead = 1;
	if (n <= 0)
		return;
	/* The system goes back to late ones by itself. */
	if (l->sink->ack == ACK_QUICK)
		set_socket(l, TCP_QUICKACK, 1);
	if (l->ssl != NULL) {
		take_encrypted(l, piece, (size_t)n);
	} else {
		buf_add(&l->in, piece, (size_t)n);
		sink_smtp_take(l);
	}
	queue_output(l);
	if (l->wants_tls) {
		l->wants_tls = 0;
		if (start_tls(l) == -1)
			l->is_dead = 1;
	}
}

void
sink_link_write(struct sink_link *l, long long now_us)
{
	struct sink_chunk *c;
	ssize_t n;

	while ((c = l->first) != NULL && c->due_us <= now_us) {
		n = send(l->fd, c->data + c->at, c->len - c->at,
		    MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == -1) {
			l->is_dead = 1;
			return;
		}
		c->at += (size_t)n;
		if (c->at < c->len)
			return;
		l->first = c->next;
		if (l->first == NULL)
			l->last = &l->first;
		free(c);
	}
	if (l->first == NULL && l->is_closing)
		l->is_dead = 1;
}

long long
sink_link_due(const struct sink_link *l)
{
	if (l->first == NULL)
		return -1;
	return l->first->at != 0 ? 0 : l->first->due_us;
}
