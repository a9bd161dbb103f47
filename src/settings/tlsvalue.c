/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Priority strings are little languages. What of them says something about
 * versions and ciphers is put in OpenSSL's words; what says nothing here (no
 * compression, no tickets) is passed over; and a word whose wish cannot be
 * granted is an error: a user who forbids something must not believe that it
 * is forbidden.
 */
#include "settings/tlsvalue.h"

#include <string.h>

#include "base/ascii.h"

int
fingerprint_parse(const char *text, unsigned char octets[FINGERPRINT_MAX],
    size_t *len)
{
	size_t n = 0;
	int high, low, has_colons = strchr(text, ':') != NULL;

	while (*text != '\0') {
		high = ascii_hex_value(text[0]);
		low = high == -1 ? -1 : ascii_hex_value(text[1]);
		if (low == -1 || n == FINGERPRINT_MAX)
			return -1;
		octets[n++] = (unsigned char)(high << 4 | low);
		text += 2;
		if (has_colons && *text == ':' && text[1] != '\0')
			text++;
		else if (has_colons && *text != '\0')
			return -1;
	}
	*len = n;
	return n == 32 || n == 20 || n == 16 ? 0 : -1;
}

/* The base64 form of 32 octets: 43 characters and one "=". */
static int
is_pin(const char *p, size_t len)
{
	static const char prefix[] = "sha256//";
	size_t n = sizeof prefix - 1, i;

	if (len != n + 44 || memcmp(p, prefix, n) != 0 || p[len - 1] != '=')
		return 0;
	for (i = n; i < len - 1; i++)
		if (!ascii_is_alnum(p[i]) && p[i] != '+' && p[i] != '/')
			return 0;
	return 1;
}

int
pin_check(const char *text)
{
	size_t n;

	for (;; text += n + 1) {
		n = strcspn(text, ";");
		if (!is_pin(text, n))
			return -1;
		if (text[n] == '\0')
			return 0;
	}
}

void
tls_choice_init(struct tls_choice *c)
{
	c->min = TLS_1_2;
	c->max = TLS_1_3;
	buf_init(&c->ciphers, 0);
	buf_init(&c->ciphers_13, 0);
	buf_init(&c->curves, 0);
}

void
tls_choice_release(struct tls_choice *c)
{
	buf_release(&c->ciphers);
	buf_release(&c->ciphers_13);
	buf_release(&c->curves);
	tls_choice_init(c);
}

int
tls_version_parse(const char *text, enum tls_version *v)
{
	if (strncmp(text, "1.", 2) != 0 || text[2] < '0' || text[2] > '3' ||
	    text[3] != '\0')
		return -1;
	*v = (enum tls_version)(text[2] - '0');
	return 0;
}

static void
add_name(struct buf *list, const char *p, size_t len)
{
	if (list->len != 0)
		buf_addc(list, ':');
	buf_add(list, p, len);
}

void
tls_choice_set_ciphers(struct tls_choice *c, const char *text)
{
	size_t n;

	buf_reset(&c->ciphers);
	buf_reset(&c->ciphers_13);
	for (; *text != '\0'; text += n) {
		text += strspn(text, ":, \t");
		n = strcspn(text, ":, \t");
		if (n != 0)
			add_name(n > 4 && memcmp(text, "TLS_", 4) == 0 ?
			    &c->ciphers_13 : &c->ciphers, text, n);
	}
}

/* Versions as a set; the empty one and one with a hole are refused. */

static unsigned
bit(enum tls_version v)
{
	return 1u << v;
}

#define ALL_VERSIONS 15u
#define SECURE_VERSIONS (1u << TLS_1_2 | 1u << TLS_1_3)

static int
take_versions(struct tls_choice *c, unsigned set, struct buf *why)
{
	enum tls_version v;

	if (set == 0) {
		buf_adds(why, "it leaves no version of TLS; set "
		    "tls_min_version instead");
		return -1;
	}
	for (v = TLS_1_0; (set & bit(v)) == 0; v++)
		continue;
	c->min = v;
	while (v < TLS_1_3 && (set & bit(v + 1)) != 0)
		v++;
	c->max = v;
	if (set >> (v + 1) == 0)
		return 0;
	buf_adds(why, "a version of TLS between two others cannot be left "
	    "out; set tls_min_version instead");
	return -1;
}

static int
say_unknown(struct buf *why, const char *p, size_t len)
{
	buf_adds(why, "\"");
	buf_add(why, p, len);
	buf_adds(why, "\" has no counterpart here; write tls_min_version or "
	    "tls_ciphers (OpenSSL's names) instead");
	return -1;
}

/* GnuTLS. */

static const char strong_ciphers[] =
    "ECDHE+AES256:DHE+AES256:ECDHE+CHACHA20:DHE+CHACHA20:AES256:!aNULL";
static const char strong_13[] =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

static const struct {
	const char *word;
	const char *ciphers;    /* "": nothing to say */
	const char *ciphers_13;
} gnutls_words[] = {
	{ "NORMAL", "", "" }, { "DEFAULT", "", "" }, { "@SYSTEM", "", "" },
	{ "PERFORMANCE", "", "" }, { "LEGACY", "", "" },
	{ "SECURE", "", "" }, { "SECURE128", "", "" },
	{ "PFS", "!kRSA", "" }, { "-RSA", "!kRSA", "" },
	{ "SECURE192", strong_ciphers, strong_13 },
	{ "SECURE256", strong_ciphers, strong_13 },
	{ "-DHE-RSA", "!kDHE", "" }, { "-SHA1", "!SHA1", "" },
	{ "-3DES-CBC", "!3DES", "" }, { "-MD5", "!MD5", "" },
	/* What OpenSSL 3 has not, or not by default. */
	{ "-ARCFOUR-128", "", "" }, { "-DHE-DSS", "", "" },
	{ "-ARCFOUR-40", "", "" }, { "-RSA-EXPORT", "", "" },
	{ "-COMP-ALL", "", "" }, { "-COMP-DEFLATE", "", "" },
	{ "+COMP-NULL", "", "" }, { "-CTYPE-OPENPGP", "", "" },
	{ "-CTYPE-OPGP", "", "" }, { "+CTYPE-X509", "", "" },
	{ "-ANON-DH", "", "" }, { "-ANON-ECDH", "", "" },
	/* OpenSSL's security levels. */
	{ "%PROFILE_LOW", "@SECLEVEL=1", "" },
	{ "%PROFILE_LEGACY", "@SECLEVEL=1", "" },
	{ "%PROFILE_MEDIUM", "@SECLEVEL=2", "" },
	{ "%PROFILE_HIGH", "@SECLEVEL=3", "" },
	/* About extensions and old servers; nothing hangs on them here. */
	{ "%COMPAT", "", "" }, { "%DUMBFW", "", "" },
	{ "%NO_EXTENSIONS", "", "" }, { "%NO_TICKETS", "", "" },
	{ "%NO_SESSION_HASH", "", "" }, { "%NO_ETM", "", "" },
	{ "%SERVER_PRECEDENCE", "", "" }, { "%SAFE_RENEGOTIATION", "", "" },
	{ "%PARTIAL_RENEGOTIATION", "", "" }, { "%FALLBACK_SCSV", "", "" },
	{ "%UNSAFE_RENEGOTIATION", "", "" },
	{ "%DISABLE_SAFE_RENEGOTIATION", "", "" },
	{ "%SSL3_RECORD_VERSION", "", "" },
	{ "%LATEST_RECORD_VERSION", "", "" },
	{ "%STATELESS_COMPRESSION", "", "" },
	{ "%DISABLE_WILDCARDS", "", "" },
};

/* The versions behind "VERS-"; 0 with *known 0 when there are none such. */
static unsigned
gnutls_versions(const char *p, size_t len, int *known)
{
	*known = 1;
	if (ascii_is_word(p, len, "ALL") || ascii_is_word(p, len, "TLS-ALL"))
		return ALL_VERSIONS;
	if (len == 6 && ascii_is_word(p, 5, "TLS1.") && p[5] >= '0' &&
	    p[5] <= '3')
		return bit((enum tls_version)(p[5] - '0'));
	/* Of no interest over TCP, and long gone. */
	*known = (len > 4 && ascii_is_word(p, 4, "DTLS")) ||
	    ascii_is_word(p, len, "SSL3.0");
	return 0;
}

/* "+VERS-TLS1.3" and its like: 1 done, 0 not one of these, -1 unknown. */
static int
gnutls_version_word(const char *p, size_t len, unsigned *set)
{
	int known;
	unsigned versions;

	if (len < 6 || strchr("+-!", p[0]) == NULL ||
	    !ascii_is_word(p + 1, 5, "VERS-"))
		return 0;
	versions = gnutls_versions(p + 6, len - 6, &known);
	if (!known || (p[0] == '+' && ascii_is_word(p + 6, len - 6, "SSL3.0")))
		return -1;
	if (p[0] == '+')
		*set |= versions;
	else
		*set &= ~versions;
	return 1;
}

/* What takes away, or sets a level, needs something to take it from. */
static void
add_ciphers(struct tls_choice *c, const char *words)
{
	if (words[0] == '\0')
		return;
	if (c->ciphers.len == 0 && strchr("!@", words[0]) != NULL)
		buf_adds(&c->ciphers, "DEFAULT");
	add_name(&c->ciphers, words, strlen(words));
}

static int
gnutls_word(struct tls_choice *c, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof gnutls_words / sizeof *gnutls_words; i++) {
		const char *word = gnutls_words[i].word;

		/* "!" is another "-". */
		if (!ascii_is_word(p, len, word) && !(p[0] == '!' &&
		    word[0] == '-' && ascii_is_word(p + 1, len - 1, word + 1)))
			continue;
		add_ciphers(c, gnutls_words[i].ciphers);
		if (gnutls_words[i].ciphers_13[0] != '\0')
			buf_set(&c->ciphers_13, gnutls_words[i].ciphers_13,
			    strlen(gnutls_words[i].ciphers_13));
		return 0;
	}
	return -1;
}

static int
parse_gnutls(struct tls_choice *c, const char *text, struct buf *why)
{
	unsigned set = SECURE_VERSIONS;
	size_t n;
	int rc;

	for (; *text != '\0'; text += n + (text[n] != '\0')) {
		n = strcspn(text, ":");
		if (n == 0)
			continue;
		rc = gnutls_version_word(text, n, &set);
		if (rc == -1 || (rc == 0 && gnutls_word(c, text, n) == -1))
			return say_unknown(why, text, n);
	}
	return take_versions(c, set, why);
}

/* libtls. */

static const struct {
	const char *word;
	unsigned versions;
} libtls_versions[] = {
	{ "all", SECURE_VERSIONS }, { "legacy", ALL_VERSIONS },
	{ "default", SECURE_VERSIONS }, { "secure", SECURE_VERSIONS },
	{ "tlsv1", ALL_VERSIONS }, { "tlsv1.0", 1u << TLS_1_0 },
	{ "tlsv1.1", 1u << TLS_1_1 }, { "tlsv1.2", 1u << TLS_1_2 },
	{ "tlsv1.3", 1u << TLS_1_3 },
};

/* "tlsv1.2:tlsv1.3", "all,!tlsv1.1" */
static int
parse_protocols(struct tls_choice *c, const char *p, size_t len,
    struct buf *why)
{
	const char *end = p + len;
	size_t n, i, count = sizeof libtls_versions / sizeof *libtls_versions;
	unsigned set = 0;
	int is_less, is_first = 1;

	for (; p < end; p += n) {
		p += *p == ':' || *p == ',';
		n = strcspn(p, ":, \t");
		is_less = *p == '!';
		for (i = 0; i < count && !ascii_is_word(p + is_less, n -
		    (size_t)is_less, libtls_versions[i].word); i++)
			continue;
		if (i == count)
			return say_unknown(why, p, n);
		if (is_less)
			set = (is_first ? ALL_VERSIONS : set) &
			    ~libtls_versions[i].versions;
		else
			set |= libtls_versions[i].versions;
		is_first = 0;
	}
	return take_versions(c, set, why);
}

static void
take_ciphers(struct tls_choice *c, const char *p, size_t len)
{
	struct buf list = BUF_INIT;

	buf_add(&list, p, len);
	if (ascii_is_word(p, len, "compat") || ascii_is_word(p, len, "legacy"))
		buf_set(&list, "HIGH:!aNULL", 11);
	else if (ascii_is_word(p, len, "default") ||
	    ascii_is_word(p, len, "secure"))
		buf_reset(&list);
	else if (ascii_is_word(p, len, "all") ||
	    ascii_is_word(p, len, "insecure"))
		buf_set(&list, "ALL:!aNULL:!eNULL", 17);
	tls_choice_set_ciphers(c, list.data);
	buf_release(&list);
}

static void
take_curves(struct tls_choice *c, const char *p, size_t len)
{
	size_t i;

	if (ascii_is_word(p, len, "default") || ascii_is_word(p, len, "auto"))
		return;
	buf_set(&c->curves, p, len);
	for (i = 0; i < len; i++)
		if (c->curves.data[i] == ',')
			c->curves.data[i] = ':';
}

/* NAME=VALUE with blanks between. */
static int
parse_libtls(struct tls_choice *c, const char *text, struct buf *why)
{
	size_t n, name;
	const char *value;

	for (;; text += n) {
		text += strspn(text, " \t");
		if (*text == '\0')
			return 0;
		n = strcspn(text, " \t");
		name = strcspn(text, "= \t");
		value = text + name + 1;
		if (name >= n)
			return say_unknown(why, text, n);
		if (ascii_is_word(text, name, "CIPHERS"))
			take_ciphers(c, value, n - name - 1);
		else if (ascii_is_word(text, name, "ECDHECURVES"))
			take_curves(c, value, n - name - 1);
		else if (!ascii_is_word(text, name, "PROTOCOLS"))
			return say_unknown(why, text, n);
		else if (parse_protocols(c, value, n - name - 1, why) == -1)
			return -1;
	}
}

int
tls_choice_parse(struct tls_choice *c, const char *text, struct buf *why)
{
	/* "@SECLEVEL=" stands only in a list of ciphers. */
	if (strchr(text, '=') != NULL)
		return parse_libtls(c, text, why);
	return parse_gnutls(c, text, why);
}
