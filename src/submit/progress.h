/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line on the terminal that shows how far a mail has come, when that takes
 * longer than a second; nothing is left of it in the end. Writing never
 * waits: a terminal that is stopped gets no line.
 */
#ifndef SUBMIT_PROGRESS_H
#define SUBMIT_PROGRESS_H

#include "base/buf.h"

struct progress {
	int fd;             /* owned: the terminal, opened anew; -1: none */
	int is_begun;       /* a report has come */
	long long begun_ms; /* when */
	long long last_ms;  /* of the last report */
	long long last;     /* its octets */
	double rate;        /* octets a second, smoothed */
	size_t drawn;       /* columns that are to be erased */
};

void progress_init(struct progress *p);
/*
 * Looks whether standard error is a terminal to draw on: not for TERM=dumb.
 * Without one the calls below do nothing.
 */
void progress_open(struct progress *p);
int progress_is_open(const struct progress *p);
/* Takes a report in and draws, as soon as a second has passed. */
void progress_update(struct progress *p, long long octets, long long total);
/* Erases the line; the next report begins anew. */
void progress_erase(struct progress *p);
void progress_release(struct progress *p);

/*
 * Makes the line for a terminal of so many columns (it stays one shorter):
 * " 45% [=====>      ] 12.3 of 27.4 MB, 1.2 MB/s, 0:13 left". What does not
 * fit is left out from the end; the bar takes what room there is. rate 0 and
 * below: not known.
 */
void progress_format(long long octets, long long total, double rate,
    int columns, struct buf *out);

#endif
