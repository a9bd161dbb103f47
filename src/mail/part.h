/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files that become parts of a message: opened and checked before
 * anything is written, read later, and known to be the same file then.
 */
#ifndef MAIL_PART_H
#define MAIL_PART_H

#include <sys/types.h>
#include <time.h>

#include "base/fault.h"

enum part_kind { PART_KIND_HTML, PART_KIND_INLINE, PART_KIND_ATTACHMENT };

struct part {
	enum part_kind kind;
	int fd;            /* owned; a regular file (a FIFO or standard input
	                    * was copied into a private one); -1: path is
	                    * opened again for reading (see PART_KEEP_OPEN) */
	char *path;        /* owned; for messages */
	char *name;        /* owned; file name to tell, UTF-8, "" none */
	char *type;        /* owned; media type, NULL: find out */
	char *content_id;  /* owned; of inline parts (without < >), set when
	                    * the message is composed; else NULL */
	off_t length;      /* as opened; a change while reading is a fault */
	dev_t device;      /* the file that was opened */
	ino_t inode;
	struct timespec modified;
};

struct part_list {
	struct part *v;
	size_t n, cap;
};

#define PART_LIST_INIT { NULL, 0, 0 }

/* Files beyond this many are closed and opened again: descriptors are few. */
#define PART_KEEP_OPEN 64
/* What a FIFO or standard input may hold: one that never ends must end. */
#define PART_PIPE_MAX ((off_t)1 << 30)

void part_list_release(struct part_list *l);
/*
 * Opens path ("-": standard input, needs a name unless it is the HTML) and
 * appends it. A missing or unreadable file, a directory, a device: one fault
 * (EX_NOINPUT) that names it. A FIFO is read once into a private file. name
 * and type may be NULL (name: the last component of path); EX_USAGE when
 * they hold control characters, when type is no media type of a single part,
 * or for a second HTML part.
 */
int part_open(struct part_list *l, enum part_kind kind, const char *path,
    const char *name, const char *type, struct fault *f);
/*
 * A descriptor to read the part from (length octets from 0 on, by position),
 * or -1 with a fault when the file is not the one that was opened any more.
 */
int part_begin(const struct part *p, struct fault *f);
/*
 * Ends reading from fd; 0, or -1 with a fault (EX_NOINPUT) when the file
 * changed since it was opened.
 */
int part_end(const struct part *p, int fd, struct fault *f);

#endif
