/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/header.h"
#include "base/utf8.h"
#include "mail/codec.h"
int header_encode(struct header *h, const char *charset){(void)charset;return header_is_8bit(h);}
