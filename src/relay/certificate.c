/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hashing certificates. libcurl hands them over in PEM form, whatever its TLS
 * library is, so OpenSSL's libcrypto is enough here: it has nothing to do
 * with the connection.
 */
#include "relay/certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "mail/codec.h"

static const struct {
	const char *name;
	size_t len;
} hashes[] = {
	{ "SHA256", 32 }, { "SHA1", 20 }, { "MD5", 16 },
};

static X509 *
read_pem(const char *pem)
{
	BIO *in = BIO_new_mem_buf(pem, -1);
	X509 *x = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;

	BIO_free(in);
	return x;
}

/* The fingerprint of len octets; the name of its hash, or NULL. */
static const char *
fingerprint(const char *pem, unsigned char octets[EVP_MAX_MD_SIZE],
    size_t len)
{
	X509 *x = read_pem(pem);
	const EVP_MD *hash = NULL;
	const char *name = NULL;
	unsigned n = 0;
	size_t i;

	for (i = 0; i < sizeof hashes / sizeof *hashes; i++)
		if (hashes[i].len == len)
			hash = EVP_get_digestbyname(name = hashes[i].name);
	if (x == NULL || hash == NULL ||
	    X509_digest(x, hash, octets, &n) != 1 || n != len)
		name = NULL;
	X509_free(x);
	return name;
}

int
certificate_fingerprint(struct buf *out, const char *pem, size_t len)
{
	unsigned char octets[EVP_MAX_MD_SIZE];
	const char *name = fingerprint(pem, octets, len);
	size_t i;

	if (name == NULL)
		return -1;
	buf_addf(out, "%s ", name);
	for (i = 0; i < len; i++)
		buf_addf(out, i == 0 ? "%02X" : ":%02X", octets[i]);
	return 0;
}

int
certificate_is(const char *pem, const unsigned char *print, size_t len)
{
	unsigned char octets[EVP_MAX_MD_SIZE];

	return fingerprint(pem, octets, len) != NULL &&
	    memcmp(octets, print, len) == 0;
}

int
certificate_pin(struct buf *out, const char *pem)
{
	unsigned char octets[EVP_MAX_MD_SIZE], *der = NULL;
	X509 *x = read_pem(pem);
	unsigned n = 0;
	int rc = -1, len = -1;

	if (x != NULL)
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	if (len > 0 && EVP_Digest(der, (size_t)len, octets, &n, EVP_sha256(),
	    NULL) == 1) {
		buf_adds(out, "sha256//");
		base64_encode(out, octets, n);
		rc = 0;
	}
	OPENSSL_free(der);
	X509_free(x);
	return rc;
}
