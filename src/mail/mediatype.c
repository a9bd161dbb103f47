/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Media types (RFC 6838) of files. libmagic looks at the first octets of the
 * content, never at a file. Its answer puts the file into a family; only
 * within a family does the name choose (Office files are ZIP or OLE
 * containers, texts of all sorts are text), so a text called x.jpg is never
 * image/jpeg. Of texts libmagic is believed only when the text begins as the
 * format demands: it takes prose for TeX or Java too easily.
 * The library and its database are the one piece of state here: loaded at
 * first use, kept because loading costs more than asking. Without them a few
 * signatures of our own serve.
 */
#include "mail/mediatype.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mail/libmagic.h"

enum family {
	NONE,      /* libmagic knows best */
	TEXT,
	ZIP,
	OLE,       /* compound documents: Office up to 2003, encrypted Office */
	MP4,
	MATROSKA,
	OGG,
	ASF,
	FONT,
	BINARY     /* libmagic knows nothing */
};

/*
 * The tables have no pointers: those would have to be relocated at the start
 * of each call, also of one that has no file to ask about.
 */
#define TYPE_OCTETS 80 /* of one in a table, with its NUL */

/* Which family an answer belongs to; a final '*' stands for any rest. */
static const struct {
	char said[TYPE_OCTETS];
	enum family family;
} families[] = {
	{ "text/*", TEXT },
	{ "message/*", TEXT },
	{ "image/svg+xml", TEXT },
	{ "application/javascript", TEXT },
	{ "application/json", TEXT },
	{ "application/mbox", TEXT },
	{ "application/pgp*", TEXT },
	{ "application/x-mswinurl", TEXT },
	{ "application/x-ndjson", TEXT },
	{ "application/x-setupscript", TEXT },
	{ "application/x-subrip", TEXT },
	{ "application/x-wine-extension-ini", TEXT },
	{ "application/java-archive", ZIP },
	{ "application/vnd.openxmlformats-*", ZIP },
	{ "application/zip", ZIP },
	{ "application/cdfv2*", OLE },
	{ "application/msword", OLE },
	{ "application/vnd.ms-excel", OLE },
	{ "application/vnd.ms-office", OLE },
	{ "application/vnd.ms-powerpoint", OLE },
	{ "application/x-ole-storage", OLE },
	{ "video/mp4", MP4 },
	{ "video/x-m4v", MP4 },
	{ "video/webm", MATROSKA },
	{ "video/x-matroska", MATROSKA },
	{ "application/ogg", OGG },
	{ "audio/ogg", OGG },
	{ "video/ogg", OGG },
	{ "video/x-ms-asf", ASF },
	{ "application/vnd.ms-opentype", FONT },
	{ "application/x-font-*", FONT },
	{ "font/otf", FONT },
	{ "font/sfnt", FONT },
	{ "font/ttf", FONT },
	{ "application/octet-stream", BINARY },
};

/* Within a family the suffix of the name chooses. */
static const struct {
	enum family family;
	char suffix[12];
	char type[TYPE_OCTETS];
} names[] = {
	{ TEXT, "bat", "text/plain" },
	{ TEXT, "c", "text/x-c" },
	{ TEXT, "cfg", "text/plain" },
	{ TEXT, "conf", "text/plain" },
	{ TEXT, "css", "text/css" },
	{ TEXT, "csv", "text/csv" },
	{ TEXT, "diff", "text/x-diff" },
	{ TEXT, "geojson", "application/geo+json" },
	{ TEXT, "gpx", "application/gpx+xml" },
	{ TEXT, "h", "text/x-c" },
	{ TEXT, "htm", "text/html" },
	{ TEXT, "html", "text/html" },
	{ TEXT, "ics", "text/calendar" },
	{ TEXT, "ini", "text/plain" },
	{ TEXT, "ipynb", "application/x-ipynb+json" },
	{ TEXT, "java", "text/x-java" },
	{ TEXT, "js", "text/javascript" },
	{ TEXT, "json", "application/json" },
	{ TEXT, "kml", "application/vnd.google-earth.kml+xml" },
	{ TEXT, "log", "text/plain" },
	{ TEXT, "markdown", "text/markdown" },
	{ TEXT, "md", "text/markdown" },
	{ TEXT, "mjs", "text/javascript" },
	{ TEXT, "patch", "text/x-diff" },
	{ TEXT, "php", "text/x-php" },
	{ TEXT, "pl", "text/x-perl" },
	{ TEXT, "py", "text/x-python" },
	{ TEXT, "rtf", "text/rtf" },
	{ TEXT, "sh", "text/x-shellscript" },
	{ TEXT, "sql", "application/sql" },
	{ TEXT, "srt", "application/x-subrip" },
	{ TEXT, "svg", "image/svg+xml" },
	{ TEXT, "tex", "text/x-tex" },
	{ TEXT, "toml", "application/toml" },
	{ TEXT, "tsv", "text/tab-separated-values" },
	{ TEXT, "txt", "text/plain" },
	{ TEXT, "vcf", "text/vcard" },
	{ TEXT, "vtt", "text/vtt" },
	{ TEXT, "xhtml", "application/xhtml+xml" },
	{ TEXT, "xml", "text/xml" },
	{ TEXT, "yaml", "application/yaml" },
	{ TEXT, "yml", "application/yaml" },
#define OOXML "application/vnd.openxmlformats-officedocument."
	{ ZIP, "docx", OOXML "wordprocessingml.document" },
	{ ZIP, "dotx", OOXML "wordprocessingml.template" },
	{ ZIP, "pptx", OOXML "presentationml.presentation" },
	{ ZIP, "potx", OOXML "presentationml.template" },
	{ ZIP, "ppsx", OOXML "presentationml.slideshow" },
	{ ZIP, "xlsx", OOXML "spreadsheetml.sheet" },
	{ ZIP, "xltx", OOXML "spreadsheetml.template" },
	{ ZIP, "docm", "application/vnd.ms-word.document.macroenabled.12" },
	{ ZIP, "pptm",
	    "application/vnd.ms-powerpoint.presentation.macroenabled.12" },
	{ ZIP, "xlsb", "application/vnd.ms-excel.sheet.binary.macroenabled.12" },
	{ ZIP, "xlsm", "application/vnd.ms-excel.sheet.macroenabled.12" },
	{ ZIP, "odg", "application/vnd.oasis.opendocument.graphics" },
	{ ZIP, "odp", "application/vnd.oasis.opendocument.presentation" },
	{ ZIP, "ods", "application/vnd.oasis.opendocument.spreadsheet" },
	{ ZIP, "odt", "application/vnd.oasis.opendocument.text" },
	{ ZIP, "apk", "application/vnd.android.package-archive" },
	{ ZIP, "epub", "application/epub+zip" },
	{ ZIP, "jar", "application/java-archive" },
	{ ZIP, "kmz", "application/vnd.google-earth.kmz" },
	{ ZIP, "ofd", "application/ofd" },
	{ ZIP, "vsdx", "application/vnd.ms-visio.drawing.main+xml" },
	{ ZIP, "war", "application/java-archive" },
	{ ZIP, "xpi", "application/x-xpinstall" },
	{ OLE, "doc", "application/msword" },
	{ OLE, "dot", "application/msword" },
	{ OLE, "mpp", "application/vnd.ms-project" },
	{ OLE, "msg", "application/vnd.ms-outlook" },
	{ OLE, "msi", "application/x-msi" },
	{ OLE, "pps", "application/vnd.ms-powerpoint" },
	{ OLE, "ppt", "application/vnd.ms-powerpoint" },
	{ OLE, "pub", "application/vnd.ms-publisher" },
	{ OLE, "vsd", "application/vnd.visio" },
	{ OLE, "xls", "application/vnd.ms-excel" },
	{ OLE, "xlt", "application/vnd.ms-excel" },
	{ OLE, "docx", OOXML "wordprocessingml.document" },
	{ OLE, "pptx", OOXML "presentationml.presentation" },
	{ OLE, "xlsx", OOXML "spreadsheetml.sheet" },
	{ OLE, "dps", "application/wps-office.dps" },
	{ OLE, "et", "application/wps-office.et" },
	{ OLE, "wps", "application/wps-office.wps" },
#undef OOXML
	{ MP4, "m4a", "audio/mp4" },
	{ MP4, "m4b", "audio/mp4" },
	{ MATROSKA, "mka", "audio/x-matroska" },
	{ MATROSKA, "mkv", "video/x-matroska" },
	{ MATROSKA, "weba", "audio/webm" },
	{ MATROSKA, "webm", "video/webm" },
	{ OGG, "oga", "audio/ogg" },
	{ OGG, "ogv", "video/ogg" },
	{ OGG, "opus", "audio/ogg" },
	{ ASF, "wma", "audio/x-ms-wma" },
	{ ASF, "wmv", "video/x-ms-wmv" },
	{ FONT, "otf", "font/otf" },
	{ FONT, "ttf", "font/ttf" },
	{ BINARY, "aac", "audio/aac" },
	{ BINARY, "amr", "audio/AMR" },
	{ BINARY, "br", "application/x-brotli" },
	{ BINARY, "cab", "application/vnd.ms-cab-compressed" },
	{ BINARY, "cer", "application/pkix-cert" },
	{ BINARY, "crl", "application/pkix-crl" },
	{ BINARY, "crt", "application/pkix-cert" },
	{ BINARY, "der", "application/pkix-cert" },
	{ BINARY, "dmg", "application/x-apple-diskimage" },
	{ BINARY, "iso", "application/x-iso9660-image" },
	{ BINARY, "lzma", "application/x-lzma" },
	{ BINARY, "mobi", "application/x-mobipocket-ebook" },
	{ BINARY, "mp3", "audio/mpeg" },
	{ BINARY, "mpeg", "video/mpeg" },
	{ BINARY, "mpg", "video/mpeg" },
	{ BINARY, "p12", "application/pkcs12" },
	{ BINARY, "p7b", "application/x-pkcs7-certificates" },
	{ BINARY, "p7m", "application/pkcs7-mime" },
	{ BINARY, "p7s", "application/pkcs7-signature" },
	{ BINARY, "pcap", "application/vnd.tcpdump.pcap" },
	{ BINARY, "pfx", "application/pkcs12" },
	{ BINARY, "psd", "image/vnd.adobe.photoshop" },
	{ BINARY, "sqlite", "application/vnd.sqlite3" },
	{ BINARY, "ts", "video/mp2t" },
};

/* Texts whose first octets (white space aside) prove what libmagic says. */
static const struct {
	char said[TYPE_OCTETS];
	char begins[20];
	char type[TYPE_OCTETS];
} formats[] = {
	{ "text/html", "<", "text/html" },
	{ "text/xml", "<", "text/xml" },
	{ "image/svg+xml", "<", "image/svg+xml" },
	{ "text/rtf", "{\\rtf", "text/rtf" },
	{ "text/calendar", "BEGIN:VCALENDAR", "text/calendar" },
	{ "text/vcard", "BEGIN:VCARD", "text/vcard" },
	{ "text/vtt", "WEBVTT", "text/vtt" },
	{ "text/x-shellscript", "#!", "text/x-shellscript" },
	{ "text/x-perl", "#!", "text/x-perl" },
	{ "text/x-python", "#!", "text/x-python" },
	{ "text/x-script.python", "#!", "text/x-python" },
	{ "application/pgp-keys", "-----BEGIN", "application/pgp-keys" },
	{ "application/pgp-signature", "-----BEGIN",
	    "application/pgp-signature" },
};

/* libmagic's names for what is registered (RFC 6838) under another one. */
static const struct {
	char said[TYPE_OCTETS];
	char type[TYPE_OCTETS];
} registered[] = {
	{ "application/font-woff", "font/woff" },
	{ "application/vnd.ms-opentype", "font/otf" },
	{ "application/cdfv2", "application/x-ole-storage" },
	{ "application/x-dosexec",
	    "application/vnd.microsoft.portable-executable" },
	{ "application/x-gzip", "application/gzip" },
	{ "application/x-rar", "application/vnd.rar" },
	{ "audio/x-m4a", "audio/mp4" },
	{ "image/x-icon", "image/vnd.microsoft.icon" },
	{ "image/x-ms-bmp", "image/bmp" },
};

/* For a system without the library or its database. */
static const struct {
	char begins[12];
	size_t len;
	char type[TYPE_OCTETS];
} signatures[] = {
	{ "\xff\xd8\xff", 3, "image/jpeg" },
	{ "\x89PNG\r\n\x1a\n", 8, "image/png" },
	{ "GIF87a", 6, "image/gif" },
	{ "GIF89a", 6, "image/gif" },
	{ "%PDF-", 5, "application/pdf" },
	{ "PK\3\4", 4, "application/zip" },
	{ "PK\5\6", 4, "application/zip" },
	{ "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "application/x-ole-storage" },
	{ "\x1f\x8b", 2, "application/gzip" },
};

#define COUNT(a) (sizeof (a) / sizeof *(a))

static struct {
	const struct libmagic *library;
	magic_t magic;
	int tried;
} database;

static void
database_close(void)
{
	if (database.magic != NULL)
		database.library->close(database.magic);
	database.magic = NULL;
}

static void
database_load(void)
{
	database.tried = 1;
	database.library = libmagic_get();
	if (database.library == NULL)
		return;
	/* The parsers that are left out look deep into content from
	 * elsewhere, or guess (CSV). */
	database.magic = database.library->open(MAGIC_MIME_TYPE |
	    MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_CDF |
	    MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_JSON |
	    MAGIC_NO_CHECK_TOKENS);
	if (database.magic != NULL &&
	    database.library->load(database.magic, NULL) != 0)
		database_close();
}

void
mediatype_release(void)
{
	database_close();
	libmagic_release();
	database.tried = 0;
}

static int
begins_with(const char *p, size_t len, const char *what, size_t what_len)
{
	return len >= what_len && memcmp(p, what, what_len) == 0;
}

static const char *
ask_signatures(const char *head, size_t len)
{
	size_t i;

	for (i = 0; i < COUNT(signatures); i++)
		if (begins_with(head, len, signatures[i].begins,
		    signatures[i].len))
			return signatures[i].type;
	return "application/octet-stream";
}

static const char *
ask(const char *head, size_t len)
{
	const char *said = NULL;

	if (!database.tried)
		database_load();
	if (database.magic != NULL)
		said = database.library->buffer(database.magic, head, len);
	/* Of small or odd containers libmagic is shy. */
	if (said == NULL || strcmp(said, "application/octet-stream") == 0)
		said = ask_signatures(head, len);
	return said;
}

/* UTF-16 and UTF-32 with a byte order mark: text, though with NULs. */
static int
has_wide_mark(const char *p, size_t len)
{
	return begins_with(p, len, "\xff\xfe", 2) ||
	    begins_with(p, len, "\xfe\xff", 2) ||
	    begins_with(p, len, "\0\0\xfe\xff", 4);
}

/* len without a last UTF-8 character that is cut off. */
static size_t
whole_characters(const char *p, size_t len)
{
	size_t i = len;

	while (i != 0 && len - i < 3 && ((unsigned char)p[i - 1] & 0xc0) == 0x80)
		i--;
	if (i == 0 || (unsigned char)p[i - 1] < 0xc2)
		return len;
	return utf8_decode(p + i - 1, len - i + 1, NULL) != 0 ? len : i - 1;
}

/* 1 when p is plain ASCII or UTF-8; its last character may be cut off. */
static int
is_plain_text(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] == '\0' || p[i] == '\177' ||
		    ((unsigned char)p[i] < ' ' &&
		    strchr("\t\n\v\f\r\b\033", p[i]) == NULL))
			return 0;
	return utf8_is_valid(p, whole_characters(p, len));
}

static int
matches(const char *pattern, const char *said)
{
	size_t n = strlen(pattern) - 1;

	if (pattern[n] == '*')
		return strlen(said) >= n && ascii_is_equal(pattern, n, said, n);
	return ascii_is_same(pattern, said);
}

/*
 * libmagic does not judge a file of one octet, and takes text followed by
 * nothing but NULs for text: both are put right here.
 */
static enum family
find_family(const char *said, const char *head, size_t len)
{
	enum family family = NONE;
	size_t i;

	for (i = 0; i < COUNT(families); i++)
		if (matches(families[i].said, said)) {
			family = families[i].family;
			break;
		}
	if (family == BINARY && is_plain_text(head, len))
		return TEXT;
	if (family == TEXT && memchr(head, '\0', len) != NULL &&
	    !has_wide_mark(head, len))
		return BINARY;
	return family;
}

static const char *
by_name(enum family family, const char *name)
{
	const char *suffix = strrchr(name, '.');
	size_t i;

	if (suffix == NULL)
		return NULL;
	for (i = 0; i < COUNT(names); i++)
		if (names[i].family == family &&
		    ascii_is_same(names[i].suffix, suffix + 1))
			return names[i].type;
	return NULL;
}

static const char *
skip_blank(const char *p, const char *end)
{
	if (begins_with(p, (size_t)(end - p), "\xef\xbb\xbf", 3))
		p += 3;
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p;
}

static const char *
by_beginning(const char *said, const char *head, size_t len)
{
	const char *p = skip_blank(head, head + len);
	size_t left = len - (size_t)(p - head), i;

	for (i = 0; i < COUNT(formats); i++)
		if (ascii_is_same(formats[i].said, said) && begins_with(p,
		    left, formats[i].begins, strlen(formats[i].begins)))
			return formats[i].type;
	return NULL;
}

/* Length of a field name with its colon at p (RFC 5322 2.2), else 0. */
static size_t
field_name(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && p[n] > ' ' && p[n] < '\177' && p[n] != ':')
		n++;
	return n != 0 && n < len && p[n] == ':' ? n + 1 : 0;
}

/* 1 when the line at p with a name of n octets is a field every mail has. */
static int
is_known_field(const char *p, size_t n)
{
	static const char *const known[] = { "From:", "Date:", "Received:",
	    "Message-ID:", "Subject:", "To:", "Return-Path:" };
	size_t i;

	for (i = 0; i < COUNT(known); i++)
		if (ascii_is_word(p, n, known[i]))
			return 1;
	return 0;
}

/*
 * 1 when text begins like a message: field lines, a usual one among them, up
 * to a blank line or to the end of what we see, which may cut off a line.
 */
static int
is_message(const char *p, size_t len)
{
	const char *end = p + len, *nl;
	size_t n;
	int fields = 0, known = 0;

	for (; p < end && *p != '\n' && *p != '\r'; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		n = field_name(p, (size_t)(end - p));
		if (n != 0)
			known |= is_known_field(p, n);
		else if (nl != NULL &&
		    (fields == 0 || (*p != ' ' && *p != '\t')))
			return 0;
		if (nl == NULL)
			break;
		fields = 1;
	}
	return known;
}

static const char *
text_type(const char *said, const char *head, size_t len, const char *name)
{
	const char *suffix = strrchr(name, '.');
	const char *type;

	if (suffix != NULL && ascii_is_same(suffix, ".eml") &&
	    is_message(head, len))
		return "message/rfc822";
	type = by_name(TEXT, name);
	if (type == NULL)
		type = by_beginning(said, head, len);
	return type != NULL ? type : "text/plain";
}

static const char *
registered_name(const char *said)
{
	size_t i;

	for (i = 0; i < COUNT(registered); i++)
		if (ascii_is_same(registered[i].said, said))
			return registered[i].type;
	return said;
}

/* The type of content that is not empty. */
static const char *
content_type(const char *head, size_t len, const char *name)
{
	const char *said = ask(head, len), *type;
	enum family family = find_family(said, head, len);

	if (family == TEXT)
		return text_type(said, head, len, name);
	type = by_name(family, name);
	if (type == NULL && family != BINARY)
		type = registered_name(said);
	return type;
}

void
mediatype_guess(const char *head, size_t len, const char *name,
    struct buf *type)
{
	const char *found = len != 0 ? content_type(head, len, name) :
	    by_name(TEXT, name);

	if (found == NULL || !mediatype_is_valid(found))
		found = "application/octet-stream";
	buf_adds(type, found);
}

/* RFC 2045 5.1: the end of a token at p; p itself if there is none. */
static const char *
skip_token(const char *p)
{
	while (*p > ' ' && *p < '\177' && strchr("()<>@,;:\\\"/[]?=", *p) == NULL)
		p++;
	return p;
}

static const char *
skip_space(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

/* The end of a token or quoted string; NULL when it is neither. */
static const char *
skip_value(const char *p)
{
	const char *end;

	if (*p != '"') {
		end = skip_token(p);
		return end != p ? end : NULL;
	}
	for (p++; *p != '"'; p++) {
		if (*p == '\\')
			p++;
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			return NULL;
	}
	return p + 1;
}

/* RFC 6838 4.2 allows 127 octets for each of the two names. */
#define NAME_MAX_LENGTH 127
#define TYPE_MAX_LENGTH 512

int
mediatype_is_valid(const char *text)
{
	const char *p = skip_token(text), *q;

	if (strlen(text) > TYPE_MAX_LENGTH)
		return 0;
	if (p == text || p - text > NAME_MAX_LENGTH || *p != '/')
		return 0;
	q = skip_token(++p);
	if (q == p || q - p > NAME_MAX_LENGTH)
		return 0;
	for (p = skip_space(q); *p == ';'; p = skip_space(p)) {
		p = skip_space(p + 1);
		q = skip_token(p);
		if (q == p || *q != '=')
			return 0;
		p = skip_value(q + 1);
		if (p == NULL)
			return 0;
	}
	return *p == '\0';
}
