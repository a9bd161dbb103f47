/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sink [--cert FILE] [--rtt MS] [--quickack | --delayed-ack]
 *
 * Prints "PLAIN TLS" (its ports on 127.0.0.1; the second is 0 without --cert,
 * a file with chain and key), then does what standard input says, each order
 * a line, until it ends or SIGTERM comes; then it prints a report.
 *
 *   report        one line of JSON: mails, duplicates (by Message-ID) ...
 *   reset         everything counts from 0 again
 *   until N       "report" as soon as N mails have come
 *   rtt MS        the time of a round trip: for new connections and replies
 *   ack WHICH     system, quick, or delayed: when octets are acknowledged
 *
 * Linux: TCP_QUICKACK.
 */
#include "sink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/xalloc.h"

enum { POLL_ORDERS, POLL_PLAIN, POLL_TLS, POLL_FIXED };

struct server {
	struct sink sink;
	int doors[2]; /* plain, TLS; -1: none */
	struct buf orders;
	long long until; /* mails; 0: nobody waits */
	struct sink_link **links;
	struct pollfd *polls; /* POLL_FIXED and one for each link */
	size_t n, links_cap, polls_cap;
};

static volatile sig_atomic_t is_stopping;

static void
stop(int signal_number)
{
	(void)signal_number;
	is_stopping = 1;
}

static void
die(const char *why)
{
	fprintf(stderr, "sink: %s\n", why);
	exit(1);
}

static int
open_door(int *port)
{
	struct sockaddr_in a;
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof a) == -1 ||
	    listen(fd, 1024) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) == -1)
		die("no port");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	*port = ntohs(a.sin_port);
	return fd;
}

static SSL_CTX *
open_tls(const char *file)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	if (c == NULL ||
	    SSL_CTX_use_certificate_chain_file(c, file) != 1 ||
	    SSL_CTX_use_PrivateKey_file(c, file, SSL_FILETYPE_PEM) != 1)
		die("cannot use the certificate");
	SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return c;
}

/* ---- orders ---- */

static void
report(struct server *s)
{
	struct buf line = BUF_INIT;

	sink_count_report(&s->sink, &line);
	io_write(STDOUT_FILENO, line.data, line.len);
	buf_release(&line);
}

static int
set_ack(struct sink *s, const char *which)
{
	if (strcmp(which, "system") == 0)
		s->ack = ACK_SYSTEM;
	else if (strcmp(which, "quick") == 0)
		s->ack = ACK_QUICK;
	else if (strcmp(which, "delayed") == 0)
		s->ack = ACK_DELAYED;
	else
		return -1;
	return 0;
}

static void
obey(struct server *s, const char *line)
{
	if (strcmp(line, "report") == 0)
		report(s);
	else if (strcmp(line, "reset") == 0)
		sink_count_reset(&s->sink);
	else if (strncmp(line, "until ", 6) == 0)
		s->until = strtoll(line + 6, NULL, 10);
	else if (strncmp(line, "rtt ", 4) == 0)
		s->sink.rtt_us = (long long)(strtod(line + 4, NULL) * 1000);
	else if (strncmp(line, "ack ", 4) != 0 ||
	    set_ack(&s->sink, line + 4) == -1)
		die("an order that is none");
}

static void
take_orders(struct server *s)
{
	char piece[512], *feed;
	ssize_t n = io_read(STDIN_FILENO, piece, sizeof piece);

	if (n <= 0)
		is_stopping = 1;
	else
		buf_add(&s->orders, piece, (size_t)n);
	while ((feed = memchr(s->orders.data, '\n', s->orders.len)) != NULL) {
		*feed = '\0';
		obey(s, s->orders.data);
		buf_consume(&s->orders, (size_t)(feed + 1 - s->orders.data));
	}
}

/* ---- the loop ---- */

static void
take_connections(struct server *s, int door, int is_tls)
{
	struct sink_link *l;
	int fd;

	while ((fd = accept(door, NULL, NULL)) != -1) {
		fcntl(fd, F_SETFL, O_NONBLOCK);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		l = sink_link_new(&s->sink, fd, is_tls);
		if (l == NULL)
			continue;
		s->links = xgrow(s->links, s->n, &s->links_cap,
		    sizeof *s->links);
		s->links[s->n++] = l;
	}
}

/* Fills polls; when the next octets are due, or -1. */
static long long
fill(struct server *s, long long now_us)
{
	long long due, next = -1;
	size_t i;

	while (s->polls_cap < POLL_FIXED + s->n)
		s->polls = xgrow(s->polls, s->polls_cap, &s->polls_cap,
		    sizeof *s->polls);
	s->polls[POLL_ORDERS] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
	s->polls[POLL_PLAIN] = (struct pollfd){ s->doors[0], POLLIN, 0 };
	s->polls[POLL_TLS] = (struct pollfd){ s->doors[1], POLLIN, 0 };
	for (i = 0; i < s->n; i++) {
		due = sink_link_due(s->links[i]);
		s->polls[POLL_FIXED + i] = (struct pollfd){ s->links[i]->fd,
		    due != -1 && due <= now_us ? POLLIN | POLLOUT : POLLIN,
		    0 };
		if (due > now_us && (next == -1 || due < next))
			next = due;
	}
	return next;
}

/* poll counts in milliseconds: the rest of one is slept. */
static int
wait_until(struct server *s, long long next_us, long long now_us)
{
	long long left = next_us - now_us;
	struct timespec t = { 0, 0 };

	if (next_us != -1 && left < 1000) {
		t.tv_nsec = (long)left * 1000;
		nanosleep(&t, NULL);
		left = 0;
	}
	return poll(s->polls, (nfds_t)(POLL_FIXED + s->n),
	    next_us == -1 ? -1 : (int)(left / 1000));
}

static void
serve_links(struct server *s)
{
	long long now_us = sink_now_us();
	size_t i, kept = 0, n = s->n;
	struct sink_link *l;

	for (i = 0; i < n; i++) {
		l = s->links[i];
		if ((s->polls[POLL_FIXED + i].revents & ~POLLOUT) != 0) {
			sink_link_read(l);
			if (s->sink.rtt_us == 0)
				now_us = sink_now_us();
		}
		sink_link_write(l, now_us);
		if (l->is_dead)
			sink_link_free(l);
		else
			s->links[kept++] = l;
	}
	s->n = kept;
}

static void
serve(struct server *s)
{
	long long now_us = sink_now_us(), next_us = fill(s, now_us);

	if (wait_until(s, next_us, now_us) == -1)
		return;
	serve_links(s);
	if (s->until != 0 && s->sink.count.mails >= s->until) {
		s->until = 0;
		report(s);
	}
	if (s->polls[POLL_PLAIN].revents != 0)
		take_connections(s, s->doors[0], 0);
	if (s->polls[POLL_TLS].revents != 0)
		take_connections(s, s->doors[1], 1);
	if (s->polls[POLL_ORDERS].revents != 0)
		take_orders(s);
}

static void
release(struct server *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		sink_link_free(s->links[i]);
	sink_count_reset(&s->sink);
	SSL_CTX_free(s->sink.tls);
	buf_release(&s->orders);
	free(s->links);
	free(s->polls);
}

static void
read_options(struct server *s, char *words[])
{
	for (; *words != NULL; words++) {
		if (strcmp(*words, "--quickack") == 0)
			s->sink.ack = ACK_QUICK;
		else if (strcmp(*words, "--delayed-ack") == 0)
			s->sink.ack = ACK_DELAYED;
		else if (words[1] == NULL)
			die("see the head of sink.c");
		else if (strcmp(*words, "--cert") == 0)
			s->sink.tls = open_tls(*++words);
		else if (strcmp(*words, "--rtt") == 0)
			s->sink.rtt_us =
			    (long long)(strtod(*++words, NULL) * 1000);
		else
			die("see the head of sink.c");
	}
}

int
main(int argc, char *argv[])
{
	struct sigaction a;
	struct server s;
	int ports[2] = { 0, 0 };

	(void)argc;
	memset(&s, 0, sizeof s);
	buf_init(&s.orders, 0);
	read_options(&s, argv + 1);
	memset(&a, 0, sizeof a);
	a.sa_handler = stop;
	sigaction(SIGTERM, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
	s.doors[0] = open_door(&ports[0]);
	s.doors[1] = s.sink.tls != NULL ? open_door(&ports[1]) : -1;
	printf("%d %d\n", ports[0], ports[1]);
	fflush(stdout);
	while (!is_stopping)
		serve(&s);
	report(&s);
	release(&s);
	return 0;
}
