/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the server proves who it is, how this host does, and what TLS must be
 * like. Every file that is named must be there before anything is sent.
 */
#include "relay/endpoint_parts.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define KEY_MAX ((size_t)1 << 20)

/* Takes over the name of a file that can be read, if one is named. */
static int
load_file(struct buf *out, const struct values *v, enum setting_id id,
    struct failure *f)
{
	const char *file = values_text(v, id);

	buf_adds(out, file);
	if (file[0] == '\0' || endpoint_is_token(out) ||
	    access(file, R_OK) == 0)
		return 0;
	return failure_config(f, "%s cannot be read: %s: %s",
	    settings[id].name, file, strerror(errno));
}

/* What the server's certificate is held against. */
static int
load_trust(struct endpoint *e, const struct values *v, struct failure *f)
{
	const char *file = values_text(v, S_TLS_TRUST_FILE);
	const char *print = values_text(v, S_TLS_FINGERPRINT);

	buf_adds(&e->pin, values_text(v, S_TLS_PIN));
	if (!values_bool(v, S_TLS_CERTCHECK))
		return 0;
	if (print[0] != '\0') {
		if (fingerprint_parse(print, e->fingerprint,
		    &e->fingerprint_len) == -1)
			return failure_config(f, "tls_fingerprint is none: %s",
			    print);
		return 0;
	}
	if (file[0] == '\0') {
		if (e->pin.len != 0)
			return 0;
		return failure_config(f, "tls_trust_file is empty, so no "
		    "server can be trusted: name a file or system, or add "
		    "tls_fingerprint or tls_pin");
	}
	e->check_certificate = 1;
	if (strcmp(file, "system") != 0 &&
	    load_file(&e->trust_file, v, S_TLS_TRUST_FILE, f) == -1)
		return -1;
	return load_file(&e->crl_file, v, S_TLS_CRL_FILE, f);
}

int
endpoint_is_token(const struct buf *file)
{
	return strncmp(file->data, "pkcs11:", 7) == 0;
}

int
endpoint_has_locked_key(const struct endpoint *e)
{
	return e->key_is_encrypted || endpoint_is_token(&e->cert_file) ||
	    endpoint_is_token(&e->key_file);
}

/* Both forms of an encrypted key say so in words (RFC 7468 11, RFC 1421). */
static int
look_at_key(struct endpoint *e, struct failure *f)
{
	const struct buf *file = e->key_file.len != 0 ? &e->key_file :
	    &e->cert_file;
	struct fault why = FAULT_INIT;
	struct buf text;
	int rc = 0;

	if (endpoint_is_token(file))
		return 0;
	buf_init(&text, KEY_MAX);
	if (io_load(file->data, KEY_MAX, &text, &why) == -1)
		rc = failure_config(f, "%s: %s", e->key_file.len != 0 ?
		    "tls_key_file" : "tls_cert_file", why.text.data);
	else if (strstr(text.data, "BEGIN ENCRYPTED PRIVATE KEY") != NULL ||
	    strstr(text.data, "4,ENCRYPTED") != NULL)
		e->key_is_encrypted = 1;
	buf_wipe(&text);
	fault_release(&why);
	return rc;
}

static int
load_certificate(struct endpoint *e, const struct values *v,
    struct failure *f)
{
	if (load_file(&e->cert_file, v, S_TLS_CERT_FILE, f) == -1 ||
	    load_file(&e->key_file, v, S_TLS_KEY_FILE, f) == -1)
		return -1;
	if (e->cert_file.len != 0)
		return look_at_key(e, f);
	if (e->key_file.len != 0)
		return failure_config(f, "tls_key_file is of no use without "
		    "tls_cert_file");
	return 0;
}

/* Ours count before msmtp's. */
static int
load_choice(struct endpoint *e, const struct values *v, struct failure *f)
{
	const char *words = values_text(v, S_TLS_PRIORITIES);
	const char *ciphers = values_text(v, S_TLS_CIPHERS);
	struct buf why = BUF_INIT;
	int rc = 0;

	if (words[0] != '\0' &&
	    tls_choice_parse(&e->choice, words, &why) == -1)
		rc = failure_config(f, "tls_priorities: %s", why.data);
	if (words[0] == '\0' || values_is_set(v, S_TLS_MIN_VERSION))
		tls_version_parse(values_text(v, S_TLS_MIN_VERSION),
		    &e->choice.min);
	if (e->choice.max < e->choice.min)
		e->choice.max = TLS_1_3;
	if (ciphers[0] != '\0')
		tls_choice_set_ciphers(&e->choice, ciphers);
	buf_release(&why);
	return rc;
}

int
endpoint_load_tls(struct endpoint *e, const struct values *v,
    struct failure *f)
{
	const char *name = values_text(v, S_TLS_HOST_OVERRIDE);

	e->tls = !values_bool(v, S_TLS) ? TLS_OFF :
	    values_bool(v, S_TLS_STARTTLS) ? TLS_STARTTLS : TLS_IMPLICIT;
	if (e->tls == TLS_OFF)
		return 0;
	if (name[0] != '\0' && endpoint_load_name(&e->name, name) == -1)
		return failure_config(f, "tls_host_override is not a name: %s",
		    name);
	if (load_trust(e, v, f) == -1 || load_certificate(e, v, f) == -1)
		return -1;
	return load_choice(e, v, f);
}

/* OpenSSL's names: eight hexadecimal digits, a dot, a number. */
static int
is_hashed_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
	    name[9] >= '0' && name[9] <= '9';
}

const char *
endpoint_hashed_certificates(const char *directory)
{
	DIR *d = opendir(directory);
	const struct dirent *entry;
	int found = 0;

	if (d == NULL)
		return NULL;
	while (!found && (entry = readdir(d)) != NULL)
		found = is_hashed_name(entry->d_name);
	closedir(d);
	return found ? directory : NULL;
}
