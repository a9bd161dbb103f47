/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values that say what TLS has to be: fingerprints, pins, and the priority
 * strings that msmtp hands to its TLS library. Read here once, so that the
 * settings can refuse a bad one with its place and the relay can use it.
 */
#ifndef SETTINGS_TLSVALUE_H
#define SETTINGS_TLSVALUE_H

#include "base/buf.h"

#define FINGERPRINT_MAX 32

/*
 * "01:23:..." or "0123..." in octets: 0 with *len 32 (SHA-256), 20 (SHA-1) or
 * 16 (MD5), else -1.
 */
int fingerprint_parse(const char *text, unsigned char octets[FINGERPRINT_MAX],
    size_t *len);
/* "sha256//BASE64", several with ";" between: 0, else -1. */
int pin_check(const char *text);

/* Versions of TLS in their order. */
enum tls_version { TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 };

struct tls_choice {
	enum tls_version min, max;
	struct buf ciphers;    /* up to TLS 1.2, as OpenSSL lists them; "" */
	struct buf ciphers_13; /* of TLS 1.3; "": the library's */
	struct buf curves;     /* "": the library's */
};

void tls_choice_init(struct tls_choice *c);
void tls_choice_release(struct tls_choice *c);
/* "1.0" to "1.3": 0, else -1. */
int tls_version_parse(const char *text, enum tls_version *v);
/* Sets both lists of c from names with ":" (or "," or blanks) between. */
void tls_choice_set_ciphers(struct tls_choice *c, const char *text);
/*
 * Reads a priority string of GnuTLS or libtls into c, which has the default
 * versions before. 0, or -1 with the reason in why: the word that has no
 * counterpart, and what to write instead.
 */
int tls_choice_parse(struct tls_choice *c, const char *text, struct buf *why);

#endif
