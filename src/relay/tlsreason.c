/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of TLS failures. The texts are OpenSSL's (1.1.1 to 3.x), which
 * people meet only here. An alert is what the server says before it breaks
 * off; the same alert means one thing when it has seen a certificate of ours
 * and another when it has not.
 */
#include "relay/tlsreason.h"

#include <string.h>
#include <sysexits.h>

static const char untrusted[] = "the certificate was signed by an authority "
    "that is not trusted here: name it in tls_trust_file";
static const char itself[] = "the certificate was signed by itself "
    "(self-signed): name it in tls_fingerprint or tls_trust_file";
static const char weak[] = "the certificate, or one above it, is too weak";
static const char crl_old[] = "the list in tls_crl_file is too old, or not "
    "valid yet";
static const char version[] = "the server has no version of TLS that is "
    "allowed here: see tls_min_version";
static const char ciphers[] = "the server takes none of the ciphers that are "
    "allowed here: see tls_ciphers";
static const char refused[] = "the server does not take the certificate of "
    "tls_cert_file";
static const char wanted[] = "the server wants a certificate of this host: "
    "add tls_cert_file and tls_key_file";

/* Later rows are the more general ones. */
static const struct {
	const char *text;
	struct tls_reason reason;
} reasons[] = {
#define BAD(words) { STAGE_CERTIFICATE, REPLY_ANY, 0, words }
	{ "certificate has expired", BAD("the certificate has expired") },
	{ "certificate is not yet valid", BAD("the certificate is not valid "
	    "yet: is the clock of this host right?") },
	{ "certificate in certificate chain", BAD(untrusted) },
	{ "self-signed certificate", BAD(itself) },
	{ "self signed certificate", BAD(itself) },
	{ "local issuer certificate", BAD(untrusted) },
	{ "get issuer certificate", BAD(untrusted) },
	{ "verify the first certificate", BAD(untrusted) },
	{ "problem: certificate revoked",
	    BAD("the certificate was revoked") },
	{ "get certificate CRL", BAD("tls_crl_file has no list of an "
	    "authority of the certificate") },
	{ "CRL has expired", BAD(crl_old) },
	{ "CRL is not yet valid", BAD(crl_old) },
	{ "key too small", BAD(weak) },
	{ "too weak", BAD(weak) },
	{ "unsuitable certificate purpose",
	    BAD("the certificate is not made for a server") },
	{ "invalid CA certificate", BAD("the certificate was signed by one "
	    "that must not sign") },
#undef BAD
#define OLD(words) { STAGE_TLS, REPLY_NOT_OFFERED, 0, words }
	{ "alert protocol version", OLD(version) },
	{ "unsupported protocol", OLD(version) },
	{ "alert inappropriate fallback", OLD(version) },
	{ "no shared cipher", OLD(ciphers) },
	{ "alert insufficient security", OLD(ciphers) },
	{ "no ciphers available", { STAGE_CONFIG, REPLY_ANY, EX_CONFIG,
	    "no cipher is left: see tls_ciphers and tls_min_version" } },
	{ "no protocols available", { STAGE_CONFIG, REPLY_ANY, EX_CONFIG,
	    "no version of TLS is left: see tls_min_version" } },
#undef OLD
};

/* Alerts about a certificate of ours (RFC 8446 6.2). */
static const char *const about_ours[] = {
	"alert certificate required", "alert bad certificate",
	"alert unsupported certificate", "alert certificate revoked",
	"alert certificate expired", "alert certificate unknown",
	"alert unknown ca", "alert access denied", "alert decrypt error",
};

static const struct tls_reason *
find_alert(const char *text, enum tls_shown shown)
{
	static const struct tls_reason shut = {
		STAGE_TLS, REPLY_NOT_OFFERED, 0, ciphers
	}, bad = {
		STAGE_TLS, REPLY_R5XX, 0, refused
	}, none = {
		STAGE_CONFIG, REPLY_ANY, EX_CONFIG, wanted
	};
	int is_failure = strstr(text, "alert handshake failure") != NULL;
	int is_ours = is_failure;
	size_t i;

	for (i = 0; i < sizeof about_ours / sizeof *about_ours; i++)
		if (strstr(text, about_ours[i]) != NULL)
			is_ours = 1;
	if (is_ours && shown == TLS_NONE_SHOWN)
		return &none;
	if (is_failure)
		return shown == TLS_SHOWN ? &bad : &shut;
	return is_ours ? &bad : NULL;
}

const struct tls_reason *
tls_reason_find(const char *text, enum tls_shown shown)
{
	size_t i;

	for (i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (strstr(text, reasons[i].text) != NULL)
			return &reasons[i].reason;
	return find_alert(text, shown);
}
