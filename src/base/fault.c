/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One recorded reason for a failure; see fault.h. */
#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

void
fault_init(struct fault *f)
{
	f->code = 0;
	buf_init(&f->text, 0);
}

void
fault_release(struct fault *f)
{
	f->code = 0;
	buf_release(&f->text);
}

int
fault_set(struct fault *f, int code, const char *fmt, ...)
{
	va_list ap;

	if (f->code != 0)
		return -1;
	f->code = code;
	va_start(ap, fmt);
	buf_vaddf(&f->text, fmt, ap);
	va_end(ap);
	return -1;
}

int
fault_errno(struct fault *f, int code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (f->code != 0)
		return -1;
	f->code = code;
	va_start(ap, fmt);
	buf_vaddf(&f->text, fmt, ap);
	va_end(ap);
	buf_addf(&f->text, ": %s", strerror(saved));
	return -1;
}

int
fault_context(struct fault *f, const char *fmt, ...)
{
	struct buf front = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&front, fmt, ap);
	va_end(ap);
	buf_adds(&front, ": ");
	buf_insert(&f->text, 0, front.data, front.len);
	buf_release(&front);
	return -1;
}
