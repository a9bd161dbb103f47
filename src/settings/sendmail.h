/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The old language of sendmail(8) behind single letters: modes (-bX), queue
 * runs (-qX), options (-oX, -O Name=Value). Sendmail, Postfix and Exim speak
 * dialects of it; sendmail.def says which words mean something here.
 */
#ifndef SETTINGS_SENDMAIL_H
#define SETTINGS_SENDMAIL_H

#include "settings/options.h"

/* The mode of -bTEXT: 0, or -1 with a fault (EX_USAGE) that lists them. */
int sendmail_mode(const char *text, enum mode *mode, struct fault *f);
/*
 * The mode that the name of the program asks for; folders, and whatever
 * follows a dot (sendmail.qsendmail), do not count. 1, or 0 when the name is
 * none of sendmail's.
 */
int sendmail_name(const char *path, enum mode *mode);
/* -oTEXT. next is the argument that follows, NULL if none. Returns 1 when
 * next is the value of the option, else 0. */
int sendmail_option(struct options *o, const char *text, const char *next);
/* -O NAME=VALUE. */
void sendmail_long_option(struct options *o, const char *text);
/* -eX, which is the same as -oeX. */
void sendmail_error_mode(struct options *o, const char *text);
/*
 * 1 when text is a time of sendmail (15m, 1h30m, 90), and how many seconds
 * that are; without a unit these are minutes. NULL for seconds: not wanted.
 */
int sendmail_interval(const char *text, long *seconds);
/* -qTEXT is added to o->queue: 0, or -1 with a fault (EX_USAGE) when no
 * sendmail knows it. */
int sendmail_queue(struct options *o, const char *text, struct fault *f);
/* 1 when -MTEXT is an operation on the queue in Exim; in Sendmail a macro. */
int sendmail_is_operation(const char *text);

#endif
