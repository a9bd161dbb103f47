/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct fault: why something failed, as one sentence and one sysexits code.
 *
 * A function that can fail returns 0 or -1 (or an owned pointer or NULL) and
 * takes a struct fault * last. The first fault wins: setting it again changes
 * nothing, so that a clean-up cannot hide the cause. Texts have no final full
 * stop and no program name, say what, where and what to do, and may hold
 * bytes from outside: whoever prints them quotes them (log_quote).
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <sysexits.h>

#include "base/buf.h"

struct fault {
	int code;        /* sysexits; 0: nothing went wrong */
	struct buf text;
};

#define FAULT_INIT { 0, BUF_INIT }

void fault_init(struct fault *f);
/* Frees the text and forgets the fault. */
void fault_release(struct fault *f);
/* Records code and text unless a fault is recorded already. Returns -1. */
int fault_set(struct fault *f, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Like fault_set, and appends ": " and what errno says. Returns -1. */
int fault_errno(struct fault *f, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "text: " in front of a recorded fault. Returns -1. */
int fault_context(struct fault *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
