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

/* 1 for a character that ends a line, moves in a terminal, or turns text
 * around: C0, DEL, C1, line separators, direction overrides. All of them are
 * below U+10000. */
int log_is_unsafe(unsigned long point);
/*
 * Appends text so that it is one line and safe for a terminal: control
 * characters (log_is_unsafe) and octets that are not UTF-8 become \xNN; a
 * backslash stays as it is.
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
 * LOG_USER, as in msmtp), failed chooses between the priorities error and info.
 */
void log_to_syslog(const char *facility, int failed, const char *line);
/*
 * The same with the facility mail, as program ident, in one of three
 * priorities. What was opened for it stays open for the next such line;
 * log_to_syslog_end closes it.
 */
enum log_level { LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
void log_to_syslog_as(const char *ident, enum log_level level,
    const char *line);
void log_to_syslog_end(void);
/* 1 when facility is a name that log_to_syslog knows. */
int log_is_facility(const char *facility);

#endif
