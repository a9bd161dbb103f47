/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hashes of a certificate: its fingerprint, and that of its public key, which
 * stays the same when the certificate is renewed. The door to OpenSSL.
 */
#ifndef RELAY_CERTIFICATE_H
#define RELAY_CERTIFICATE_H

#include "base/buf.h"

/*
 * Appends "SHA256 01:23:..." for a certificate in PEM form; len octets long:
 * 32, or 20 (SHA1) or 16 (MD5). 0, or -1: no certificate, or no such hash.
 */
int certificate_fingerprint(struct buf *out, const char *pem, size_t len);
/* 1 when the fingerprint is that of print, len octets. */
int certificate_is(const char *pem, const unsigned char *print, size_t len);
/* Appends "sha256//BASE64", what tls_pin and curl call a pin. 0 or -1. */
int certificate_pin(struct buf *out, const char *pem);

#endif
