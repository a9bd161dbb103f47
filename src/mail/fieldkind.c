/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the body of a field is made of, by the field's name: RFC 5322, 2045,
 * 2183, 2369, 3834, 6376 and common practice. What is not in the table is
 * unstructured text, as RFC 5322 3.6.8 has it for unknown fields.
 */
#include "mail/header.h"

#include <string.h>

#include "base/ascii.h"

static const struct {
	const char *name; /* a final "-": everything that begins so */
	enum field_kind kind;
} kinds[] = {
	{ "From", FIELD_ADDRESSES },
	{ "Sender", FIELD_ADDRESSES },
	{ "Reply-To", FIELD_ADDRESSES },
	{ "To", FIELD_ADDRESSES },
	{ "Cc", FIELD_ADDRESSES },
	{ "Bcc", FIELD_ADDRESSES },
	{ "Resent-From", FIELD_ADDRESSES },
	{ "Resent-Sender", FIELD_ADDRESSES },
	{ "Resent-Reply-To", FIELD_ADDRESSES },
	{ "Resent-To", FIELD_ADDRESSES },
	{ "Resent-Cc", FIELD_ADDRESSES },
	{ "Resent-Bcc", FIELD_ADDRESSES },
	{ "Return-Receipt-To", FIELD_ADDRESSES },
	{ "Disposition-Notification-To", FIELD_ADDRESSES },
	{ "Errors-To", FIELD_ADDRESSES },
	{ "Mail-Followup-To", FIELD_ADDRESSES },
	{ "Mail-Reply-To", FIELD_ADDRESSES },
	{ "Apparently-To", FIELD_ADDRESSES },
	{ "Delivered-To", FIELD_ADDRESSES },
	{ "Envelope-To", FIELD_ADDRESSES },
	{ "Return-Path", FIELD_ADDRESSES },
	{ "List-Archive", FIELD_LIST },
	{ "List-Help", FIELD_LIST },
	{ "List-Id", FIELD_LIST },
	{ "List-Owner", FIELD_LIST },
	{ "List-Post", FIELD_LIST },
	{ "List-Subscribe", FIELD_LIST },
	{ "List-Unsubscribe", FIELD_LIST },
	{ "Keywords", FIELD_LIST },
	{ "Content-Type", FIELD_PARAMETERS },
	{ "Content-Disposition", FIELD_PARAMETERS },
	{ "Received", FIELD_STRUCTURED },
	{ "Received-SPF", FIELD_STRUCTURED },
	{ "Message-ID", FIELD_STRUCTURED },
	{ "Resent-Message-ID", FIELD_STRUCTURED },
	{ "In-Reply-To", FIELD_STRUCTURED },
	{ "References", FIELD_STRUCTURED },
	{ "Date", FIELD_STRUCTURED },
	{ "Resent-Date", FIELD_STRUCTURED },
	{ "Expires", FIELD_STRUCTURED },
	{ "MIME-Version", FIELD_STRUCTURED },
	{ "Content-Transfer-Encoding", FIELD_STRUCTURED },
	{ "Content-ID", FIELD_STRUCTURED },
	{ "Content-Location", FIELD_STRUCTURED },
	{ "Content-Language", FIELD_STRUCTURED },
	{ "Content-MD5", FIELD_STRUCTURED },
	{ "Auto-Submitted", FIELD_STRUCTURED },
	{ "Authentication-Results", FIELD_STRUCTURED },
	{ "DKIM-Signature", FIELD_STRUCTURED },
	{ "DomainKey-Signature", FIELD_STRUCTURED },
	{ "ARC-", FIELD_STRUCTURED },
};

enum field_kind
field_kind(const struct field *f)
{
	size_t i, len;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		len = strlen(kinds[i].name);
		if (kinds[i].name[len - 1] == '-' && f->name_len > len &&
		    ascii_is_equal(f->text, len, kinds[i].name, len))
			return kinds[i].kind;
		if (field_is(f, kinds[i].name))
			return kinds[i].kind;
	}
	return FIELD_UNSTRUCTURED;
}
