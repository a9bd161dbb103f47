/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What OpenSSL's errors mean. The texts are from 1.1.1, 3.0 and 3.2. */
#include "tap.h"

#include <string.h>

#include "base/buf.h"
#include "relay/tlsreason.h"

#define ALERT "OpenSSL/3.0.19: error:0A000410:SSL routines::"
#define READ "OpenSSL SSL_read: error:0A00045C:SSL routines::"

static const struct {
	const char *text;
	enum tls_shown shown;
	const char *want; /* "stage reply status words", "" if unknown */
} cases[] = {
	{ "SSL certificate problem: certificate has expired", TLS_NOT_ASKED,
	    "certificate any 0 the certificate has expired" },
	{ "SSL certificate problem: certificate is not yet valid",
	    TLS_NOT_ASKED, "certificate any 0 the certificate is not valid "
	    "yet" },
	{ "SSL certificate problem: self-signed certificate", TLS_NOT_ASKED,
	    "certificate any 0 the certificate was signed by itself" },
	{ "SSL certificate problem: self signed certificate", TLS_NOT_ASKED,
	    "certificate any 0 the certificate was signed by itself" },
	{ "SSL certificate problem: self-signed certificate in certificate "
	    "chain", TLS_NOT_ASKED, "certificate any 0 the certificate was "
	    "signed by an authority that is not trusted here" },
	{ "SSL certificate problem: unable to get local issuer certificate",
	    TLS_NOT_ASKED, "certificate any 0 the certificate was signed by "
	    "an authority that is not trusted here" },
	{ "SSL certificate problem: unable to verify the first certificate",
	    TLS_NOT_ASKED, "certificate any 0 the certificate was signed by "
	    "an authority that is not trusted here" },
	{ "SSL certificate problem: certificate revoked", TLS_NOT_ASKED,
	    "certificate any 0 the certificate was revoked" },
	{ "SSL certificate problem: unable to get certificate CRL",
	    TLS_NOT_ASKED, "certificate any 0 tls_crl_file has no list" },
	{ "SSL certificate problem: CRL has expired", TLS_NOT_ASKED,
	    "certificate any 0 the list in tls_crl_file is too old" },
	{ "SSL certificate problem: EE certificate key too weak",
	    TLS_NOT_ASKED, "certificate any 0 the certificate, or one above "
	    "it, is too weak" },
	{ "SSL certificate problem: CA signature digest algorithm too weak",
	    TLS_NOT_ASKED, "certificate any 0 the certificate, or one above "
	    "it, is too weak" },
	{ ALERT "tlsv1 alert protocol version", TLS_NOT_ASKED,
	    "tls not-offered 0 the server has no version of TLS" },
	{ ALERT "unsupported protocol", TLS_NOT_ASKED,
	    "tls not-offered 0 the server has no version of TLS" },
	{ ALERT "sslv3 alert handshake failure", TLS_NOT_ASKED,
	    "tls not-offered 0 the server takes none of the ciphers" },
	{ ALERT "ssl/tls alert handshake failure", TLS_NOT_ASKED,
	    "tls not-offered 0 the server takes none of the ciphers" },
	{ ALERT "sslv3 alert handshake failure", TLS_NONE_SHOWN,
	    "config any 78 the server wants a certificate of this host" },
	{ ALERT "sslv3 alert handshake failure", TLS_SHOWN,
	    "tls 5xx 0 the server does not take the certificate" },
	{ READ "tlsv13 alert certificate required, errno 0", TLS_NONE_SHOWN,
	    "config any 78 the server wants a certificate of this host" },
	{ READ "tlsv1 alert unknown ca, errno 0", TLS_SHOWN,
	    "tls 5xx 0 the server does not take the certificate" },
	{ READ "sslv3 alert certificate revoked, errno 0", TLS_SHOWN,
	    "tls 5xx 0 the server does not take the certificate" },
	{ READ "sslv3 alert certificate expired, errno 0", TLS_SHOWN,
	    "tls 5xx 0 the server does not take the certificate" },
	{ ALERT "no protocols available", TLS_NOT_ASKED,
	    "config any 78 no version of TLS is left" },
	{ ALERT "wrong version number", TLS_NOT_ASKED, "" },
	{ "Failed to connect to localhost port 1", TLS_NOT_ASKED, "" },
	{ "", TLS_NONE_SHOWN, "" },
};

int
main(void)
{
	const struct tls_reason *r;
	struct buf got = BUF_INIT;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		r = tls_reason_find(cases[i].text, cases[i].shown);
		buf_reset(&got);
		if (r != NULL)
			buf_addf(&got, "%s %s %d %s", stage_name(r->stage),
			    reply_name(r->reply), r->exit_status, r->words);
		buf_truncate(&got, cases[i].want[0] == '\0' ? got.len :
		    strlen(cases[i].want));
		is_text(got.data, cases[i].want, cases[i].text);
	}
	buf_release(&got);
	return tap_done();
}
