/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making outside text safe to show, and the places a log line goes to.
 * The only module that includes syslog.h.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"

/*
 * Appends text so that it is one line and safe for a terminal: control
 * characters (C0, DEL, C1, line separators, direction overrides) and octets
 * that are not UTF-8 become \xNN; a backslash stays as it is.
 */
void log_quote(struct buf *out, const char *p, size_t len);
void log_quotes(struct buf *out, const char *s);

/*
 * Appends one line (without its line feed) to the file at path, under a lock;
 * "-" is standard output. 0, or -1 with a fault (EX_CANTCREAT).
 */
int log_to_file(const char *path, const char *line, struct fault *f);
/*
 * Sends one line to syslog; facility is a name like LOG_MAIL (NULL or "":
 * LOG_MAIL), failed chooses between the priorities error and info.
 */
void log_to_syslog(const char *facility, int failed, const char *line);
/* 1 when facility is a name that log_to_syslog knows. */
int log_is_facility(const char *facility);

#endif
