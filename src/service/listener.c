/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service/listener.h"

struct listener *
listener_open(const struct values *v, const struct options *o,
    struct fault *f)
{
	(void)v, (void)o;
	fault_set(f, EX_UNAVAILABLE, "there is no service yet");
	return NULL;
}

void
listener_close(struct listener *l)
{
	(void)l;
}

void
listener_free(struct listener *l)
{
	(void)l;
}

void
listener_abandon(struct listener *l)
{
	(void)l;
}

size_t
listener_count(const struct listener *l)
{
	(void)l;
	return 0;
}

void
listener_fill(const struct listener *l, struct pollfd *p)
{
	(void)l, (void)p;
}

void
listener_handle(struct listener *l, const struct pollfd *p, size_t n)
{
	(void)l, (void)p, (void)n;
}

int
listener_reap(struct listener *l, pid_t pid)
{
	(void)l, (void)pid;
	return 0;
}

size_t
listener_sessions(const struct listener *l)
{
	(void)l;
	return 0;
}
