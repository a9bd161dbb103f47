/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The door to libidn2. libcurl's own conversion depends on the locale, and
 * ours is always "C"; domains are UTF-8 here.
 */
#include "relay/idn.h"

#include <idn2.h>
#include <string.h>

#include "base/utf8.h"

int
idn_to_ascii(const char *domain, struct buf *out)
{
	char *ascii = NULL;

	if (!utf8_is_8bit(domain, strlen(domain)))
		return buf_adds(out, domain);
	if (idn2_to_ascii_8z(domain, &ascii, IDN2_NONTRANSITIONAL |
	    IDN2_NFC_INPUT) != IDN2_OK)
		return -1;
	buf_adds(out, ascii);
	idn2_free(ascii);
	return 0;
}
