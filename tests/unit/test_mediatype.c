/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Media types from content and name; with the database and without it. */
#include "mail/mediatype.h"

#include <stdlib.h>

#include "base/xalloc.h"

#include "tap.h"

struct sample {
	const char *test;
	const char *head;
	size_t len;
	const char *name;
	const char *want;
};

#define BYTES(s) s, sizeof (s) - 1

#define JPEG BYTES("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xdb")
#define PNG BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\2\0\0\0\x90wS\xde")
#define GIF BYTES("GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\4\1\0\0\0\0,")
#define PDF BYTES("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")
#define ZIP BYTES("PK\3\4\24\0\0\0\10\0\0\0!\0\x06\x07\x8f\x10\5\0\0\0\3\0\0\0\1\0\0\0x\xcbH\xcd\xc9\xc9\7\0")
#define EMPTY_ZIP BYTES("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")
#define OLE BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0>\0\3\0\xfe\xff\x09\0\6\0\0\0\0\0\0\0")
#define GZIP BYTES("\x1f\x8b\10\0\0\0\0\0\0\3\xcbH\xcd\xc9\xc9\7\0\x86\xa6\x10\x36\5\0\0\0")
#define MP4(brand) BYTES("\0\0\0\x20" "ftyp" brand "\0\0\2\0isomiso2avc1mp41\0\0\0\10free")
#define MKV BYTES("\x1a\x45\xdf\xa3\xa3\x42\x86\x81\1\x42\xf7\x81\1\x42\xf2\x81\4\x42\xf3\x81\10\x42\x82\x88matroska\x42\x87\x81\4")
#define WEBM BYTES("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\xf7\x81\1\x42\xf2\x81\4\x42\xf3\x81\10\x42\x82\x84webm\x42\x87\x81\2")
#define OGG BYTES("OggS\0\2\0\0\0\0\0\0\0\0\1\2\3\4\0\0\0\0\5\6\7\10\1\x1e\1vorbis\0\0\0\0\2\x44\xac\0\0")
#define ASF BYTES("\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c\1\2\3\4")
#define TTF BYTES("\0\1\0\0\0\14\0\x80\0\3\0\x40OS/2\1\2\3\4\0\0\0\xcc\0\0\0`")
#define OTF BYTES("OTTO\0\14\0\x80\0\3\0\x40" "CFF \1\2\3\4\0\0\0\xcc\0\0\0`")
#define NOISE BYTES("\x91\x07\xe3\0\x5b\xf8\x02\x9d\0\xc4\x13\xa6\x01\xee\x88\0\xd2")
#define PROSE BYTES("Dear all,\nthe minutes are below.\n")
#define GBK_TEXT BYTES("\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7\n\xd5\xe2\xca\xc7\xd2\xbb\xb8\xf6\xb2\xe2\xca\xd4\n")
#define EML BYTES("From: a@example.org\nTo: b@example.org\nSubject: x\n\nhello\n")

#define OOXML "application/vnd.openxmlformats-officedocument."
#define OCTETS "application/octet-stream"

static const struct sample by_content[] = {
	{ "JPEG without a suffix", JPEG, "photo", "image/jpeg" },
	{ "JPEG called text", JPEG, "photo.txt", "image/jpeg" },
	{ "JPEG called png", JPEG, "photo.png", "image/jpeg" },
	{ "JPEG without any name", JPEG, "", "image/jpeg" },
	{ "PNG", PNG, "x.jpg", "image/png" },
	{ "GIF", GIF, "x", "image/gif" },
	{ "PDF", PDF, "x.doc", "application/pdf" },
	{ "ZIP", ZIP, "x", "application/zip" },
	{ "ZIP with a suffix of no meaning", ZIP, "x.data",
	    "application/zip" },
	{ "empty ZIP", EMPTY_ZIP, "x.zip", "application/zip" },
	{ "compressed tar", GZIP, "x.tar.gz", "application/gzip" },
	{ "compressed data called csv", GZIP, "x.csv", "application/gzip" },
	{ "compound document without a suffix", OLE, "x",
	    "application/x-ole-storage" },
	{ "text", PROSE, "minutes", "text/plain" },
	{ "text called jpg is no picture", PROSE, "x.jpg", "text/plain" },
	{ "text called docx is no Office file", PROSE, "x.docx",
	    "text/plain" },
	{ "text called mp3 is no music", PROSE, "x.mp3", "text/plain" },
	{ "one letter is text", BYTES("a"), "x", "text/plain" },
	{ "one line end is text", BYTES("\n"), "x", "text/plain" },
	{ "one octet that is no text", BYTES("\x91"), "x", OCTETS },
	{ "one UTF-8 character is text", BYTES("\xc3\xa4"), "x",
	    "text/plain" },
	{ "UTF-8 text", BYTES("\xe4\xbd\xa0\xe5\xa5\xbd\n"), "x",
	    "text/plain" },
	{ "UTF-8 text cut within a character", BYTES("\xe4\xbd\xa0\xe5\xa5"),
	    "x", "text/plain" },
	{ "GBK text", GBK_TEXT, "x", "text/plain" },
	{ "UTF-16 text", BYTES("\xff\xfeh\0e\0l\0l\0o\0\n\0"), "x",
	    "text/plain" },
	{ "UTF-16 big endian text", BYTES("\xfe\xff\0h\0e\0l\0l\0o\0\n"), "x",
	    "text/plain" },
	{ "text with colours and form feed",
	    BYTES("\033[31mred\033[0m\b\v\f\n"), "x", "text/plain" },
	{ "text followed by NULs is no text", BYTES("MSCF\0\0\0\0\0\0\0\0"),
	    "x", OCTETS },
	{ "text with a NUL is no text", BYTES("hello\0world\n"), "x.txt",
	    OCTETS },
	{ "noise", NOISE, "x", OCTETS },
	{ "noise called jpg is no picture", NOISE, "x.jpg", OCTETS },
	{ "noise called docx is no Office file", NOISE, "x.docx", OCTETS },
	{ "noise called csv is no text", NOISE, "x.csv", OCTETS },
	{ "noise called .mp3 (no signature to be found)", NOISE, "x.mp3",
	    "audio/mpeg" },
	{ "nothing", BYTES(""), "x", OCTETS },
	{ "nothing, without a name", BYTES(""), "", OCTETS },
	{ "nothing, called text", BYTES(""), "x.txt", "text/plain" },
	{ "nothing, called csv", BYTES(""), "x.csv", "text/csv" },
	{ "nothing, called jpg", BYTES(""), "x.jpg", OCTETS },
	{ "nothing, called docx", BYTES(""), "x.docx", OCTETS },
};

static const struct sample by_beginning[] = {
	{ "HTML", BYTES("<!DOCTYPE html>\n<html><body>x</body></html>\n"), "x",
	    "text/html" },
	{ "HTML behind blank lines", BYTES("\r\n\t <html><head></head>\n"),
	    "x", "text/html" },
	{ "HTML behind a byte order mark",
	    BYTES("\xef\xbb\xbf<!DOCTYPE html>\n<html></html>\n"), "x",
	    "text/html" },
	{ "prose with a tag in it is no HTML",
	    BYTES("Write <html> first,\nthen <head> and <title>.\n"), "x",
	    "text/plain" },
	{ "XML", BYTES("<?xml version=\"1.0\"?>\n<a/>\n"), "x", "text/xml" },
	{ "SVG", BYTES("<?xml version=\"1.0\"?>\n"
	    "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>\n"), "x",
	    "image/svg+xml" },
	{ "HTML called txt stays a source text",
	    BYTES("<!DOCTYPE html>\n<html></html>\n"), "x.txt",
	    "text/plain" },
	{ "RTF", BYTES("{\\rtf1\\ansi hello}\n"), "x", "text/rtf" },
	{ "calendar", BYTES("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"
	    "END:VCALENDAR\r\n"), "x", "text/calendar" },
	{ "card", BYTES("BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n"), "x",
	    "text/vcard" },
	{ "shell script", BYTES("#!/bin/sh\necho hi\n"), "x",
	    "text/x-shellscript" },
	{ "Python script", BYTES("#!/usr/bin/env python3\nprint(1)\n"), "x",
	    "text/x-python" },
	{ "Perl script", BYTES("#!/usr/bin/perl\nprint 1;\n"), "x",
	    "text/x-perl" },
	{ "signature", BYTES("-----BEGIN PGP SIGNATURE-----\n\niQ\n"
	    "-----END PGP SIGNATURE-----\n"), "x.asc",
	    "application/pgp-signature" },
	{ "prose that mentions imports is no Java",
	    BYTES("import java.util;\npublic class A is what he wrote\n"), "x",
	    "text/plain" },
	{ "prose with a TeX word is no TeX",
	    BYTES("\\begin{document} is how it starts\n"), "x",
	    "text/plain" },
	{ "message without a suffix is text", EML, "x", "text/plain" },
	{ "message", EML, "x.eml", "message/rfc822" },
	{ "message, suffix in capitals", EML, "X.EML", "message/rfc822" },
	{ "message with folded fields",
	    BYTES("Received: from x\r\n\tby y\r\n by z\r\nX-A: b\r\n\r\nx"),
	    "x.eml", "message/rfc822" },
	{ "message that ends within its header",
	    BYTES("Date: x\nSub"), "x.eml", "message/rfc822" },
	{ "message that ends behind its header",
	    BYTES("Subject: x\nX-A: y\n"), "x.eml", "message/rfc822" },
	{ "message that is only one unfinished line", BYTES("Subject: x"),
	    "x.eml", "message/rfc822" },
	{ "fields that no message needs", BYTES("X-A: b\nFoo: c\n\nhello\n"),
	    "x.eml", "text/plain" },
	{ "a fold first is no message", BYTES(" x\nFrom: a@b\n\nhello\n"),
	    "x.eml", "text/plain" },
	{ "a name with a space is no field",
	    BYTES("From: a@b\nHello there: you\n\nx\n"), "x.eml",
	    "text/plain" },
	{ "an empty name is no field", BYTES("From: a@b\n: you\n\nx\n"),
	    "x.eml", "text/plain" },
	{ "mbox called eml is no message",
	    BYTES("From a@b Mon Jan  1 00:00:00 2024\nFrom: a@b\n\nx\n"),
	    "x.eml", "text/plain" },
	{ "prose called eml is no message", PROSE, "x.eml", "text/plain" },
	{ "field behind the blank line does not count",
	    BYTES("X-A: b\n\nFrom: a@b\n"), "x.eml", "text/plain" },
	{ "the same with CRLF", BYTES("X-A: b\r\n\r\nFrom: a@b\r\n"),
	    "x.eml", "text/plain" },
};

/* Suffixes that choose within a family: "suffix type" in pairs. */
static const struct {
	const char *test, *head;
	size_t len;
	const char *pairs[100];
} families[] = {
	{ "text", PROSE, {
	    "csv", "text/csv", "CSV", "text/csv",
	    "tsv", "text/tab-separated-values", "txt", "text/plain",
	    "log", "text/plain", "html", "text/html", "htm", "text/html",
	    "css", "text/css", "js", "text/javascript",
	    "mjs", "text/javascript", "json", "application/json",
	    "md", "text/markdown", "markdown", "text/markdown",
	    "diff", "text/x-diff", "patch", "text/x-diff",
	    "ics", "text/calendar", "vcf", "text/vcard", "xml", "text/xml",
	    "svg", "image/svg+xml", "c", "text/x-c", "h", "text/x-c",
	    "py", "text/x-python", "sh", "text/x-shellscript",
	    "pl", "text/x-perl", "php", "text/x-php", "java", "text/x-java",
	    "tex", "text/x-tex", "rtf", "text/rtf",
	    "sql", "application/sql", "srt", "application/x-subrip",
	    "vtt", "text/vtt", "toml", "application/toml",
	    "yaml", "application/yaml", "yml", "application/yaml",
	    "xhtml", "application/xhtml+xml",
	    "gpx", "application/gpx+xml",
	    "kml", "application/vnd.google-earth.kml+xml",
	    "geojson", "application/geo+json",
	    "ipynb", "application/x-ipynb+json", "conf", "text/plain",
	    "no.csv", "text/csv", "csv.unknown", "text/plain" } },
	{ "JSON text", BYTES("{\"a\":[1,2,3]}\n"), {
	    "json", "application/json", "txt", "text/plain" } },
	{ "diff text", BYTES("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"), {
	    "diff", "text/x-diff", "txt", "text/plain" } },
	{ "subtitles", BYTES("1\n00:00:01,000 --> 00:00:02,000\nhi\n"), {
	    "srt", "application/x-subrip", "txt", "text/plain" } },
	{ "ZIP", ZIP, {
	    "docx", OOXML "wordprocessingml.document",
	    "DOCX", OOXML "wordprocessingml.document",
	    "dotx", OOXML "wordprocessingml.template",
	    "xlsx", OOXML "spreadsheetml.sheet",
	    "xltx", OOXML "spreadsheetml.template",
	    "pptx", OOXML "presentationml.presentation",
	    "potx", OOXML "presentationml.template",
	    "ppsx", OOXML "presentationml.slideshow",
	    "docm", "application/vnd.ms-word.document.macroenabled.12",
	    "xlsm", "application/vnd.ms-excel.sheet.macroenabled.12",
	    "xlsb", "application/vnd.ms-excel.sheet.binary.macroenabled.12",
	    "pptm",
	    "application/vnd.ms-powerpoint.presentation.macroenabled.12",
	    "vsdx", "application/vnd.ms-visio.drawing.main+xml",
	    "odt", "application/vnd.oasis.opendocument.text",
	    "ods", "application/vnd.oasis.opendocument.spreadsheet",
	    "odp", "application/vnd.oasis.opendocument.presentation",
	    "odg", "application/vnd.oasis.opendocument.graphics",
	    "epub", "application/epub+zip",
	    "jar", "application/java-archive",
	    "war", "application/java-archive",
	    "apk", "application/vnd.android.package-archive",
	    "kmz", "application/vnd.google-earth.kmz",
	    "ofd", "application/ofd", "xpi", "application/x-xpinstall",
	    "zip", "application/zip", "doc", "application/zip",
	    "jpg", "application/zip", "csv", "application/zip" } },
	{ "compound document", OLE, {
	    "doc", "application/msword", "dot", "application/msword",
	    "xls", "application/vnd.ms-excel",
	    "xlt", "application/vnd.ms-excel",
	    "ppt", "application/vnd.ms-powerpoint",
	    "pps", "application/vnd.ms-powerpoint",
	    "msg", "application/vnd.ms-outlook",
	    "mpp", "application/vnd.ms-project",
	    "pub", "application/vnd.ms-publisher",
	    "vsd", "application/vnd.visio", "msi", "application/x-msi",
	    "docx", OOXML "wordprocessingml.document",
	    "xlsx", OOXML "spreadsheetml.sheet",
	    "pptx", OOXML "presentationml.presentation",
	    "wps", "application/wps-office.wps",
	    "et", "application/wps-office.et",
	    "dps", "application/wps-office.dps",
	    "odt", "application/x-ole-storage" } },
	{ "MP4", MP4("isom"), {
	    "mp4", "video/mp4", "m4a", "audio/mp4", "m4b", "audio/mp4",
	    "mkv", "video/mp4" } },
	{ "MP4 with sound only", MP4("M4A "), {
	    "m4a", "audio/mp4", "mp4", "audio/mp4" } },
	{ "Matroska", MKV, {
	    "mkv", "video/x-matroska", "mka", "audio/x-matroska",
	    "webm", "video/webm", "m4a", "video/x-matroska" } },
	{ "WebM", WEBM, {
	    "webm", "video/webm", "weba", "audio/webm", "x", "video/webm" } },
	{ "Ogg", OGG, {
	    "ogg", "audio/ogg", "oga", "audio/ogg", "opus", "audio/ogg",
	    "ogv", "video/ogg" } },
	{ "ASF", ASF, {
	    "wma", "audio/x-ms-wma", "wmv", "video/x-ms-wmv",
	    "asf", "video/x-ms-asf" } },
	{ "TrueType", TTF, {
	    "ttf", "font/ttf", "otf", "font/otf", "x", "font/sfnt" } },
	{ "OpenType", OTF, {
	    "otf", "font/otf", "x", "font/otf" } },
	{ "unknown octets", NOISE, {
	    "aac", "audio/aac", "amr", "audio/AMR",
	    "br", "application/x-brotli",
	    "cab", "application/vnd.ms-cab-compressed",
	    "cer", "application/pkix-cert", "crt", "application/pkix-cert",
	    "crl", "application/pkix-crl", "der", "application/pkix-cert",
	    "dmg", "application/x-apple-diskimage",
	    "iso", "application/x-iso9660-image",
	    "lzma", "application/x-lzma",
	    "mobi", "application/x-mobipocket-ebook", "mp3", "audio/mpeg",
	    "mpg", "video/mpeg", "mpeg", "video/mpeg",
	    "p12", "application/pkcs12", "pfx", "application/pkcs12",
	    "p7b", "application/x-pkcs7-certificates",
	    "p7m", "application/pkcs7-mime",
	    "p7s", "application/pkcs7-signature",
	    "pcap", "application/vnd.tcpdump.pcap",
	    "psd", "image/vnd.adobe.photoshop",
	    "sqlite", "application/vnd.sqlite3", "ts", "video/mp2t",
	    "png", OCTETS, "pdf", OCTETS, "zip", OCTETS, "mp4", OCTETS } },
};

/* Without the database. */
static const struct sample by_signature[] = {
	{ "JPEG", JPEG, "x", "image/jpeg" },
	{ "PNG", PNG, "x", "image/png" },
	{ "GIF", GIF, "x", "image/gif" },
	{ "old GIF", BYTES("GIF87a\1\0\1\0\x80"), "x", "image/gif" },
	{ "PDF", PDF, "x", "application/pdf" },
	{ "ZIP", ZIP, "x", "application/zip" },
	{ "empty ZIP", EMPTY_ZIP, "x", "application/zip" },
	{ "Office", ZIP, "x.xlsx", OOXML "spreadsheetml.sheet" },
	{ "old Office", OLE, "x.xls", "application/vnd.ms-excel" },
	{ "gzip", GZIP, "x", "application/gzip" },
	{ "text", PROSE, "x", "text/plain" },
	{ "text called csv", PROSE, "x.csv", "text/csv" },
	{ "UTF-8 text", BYTES("\xe4\xbd\xa0\xe5\xa5\xbd\n"), "x",
	    "text/plain" },
	{ "message", EML, "x.eml", "message/rfc822" },
	{ "UTF-8 text cut behind one octet of two", BYTES("\n\xc3"), "x",
	    "text/plain" },
	{ "UTF-8 text cut behind three octets of four",
	    BYTES("\n\xf0\x9f\x98"), "x", "text/plain" },
	{ "UTF-8 text that ends whole", BYTES("\n\xf0\x9f\x98\x80"), "x",
	    "text/plain" },
	{ "four octets that only look like a character",
	    BYTES("\n\x80\x9f\x98\x80"), "x", OCTETS },
	{ "a character of two octets, its first one the lowest",
	    BYTES("\n\xc2"), "x", "text/plain" },
	{ "a cut character within", BYTES("\xe4\xbdx\xe4\xbd"), "x", OCTETS },
	{ "continuation octets only", BYTES("\x80\x80"), "x", OCTETS },
	{ "noise", NOISE, "x", OCTETS },
	{ "nothing but a signature", BYTES("\xff\xd8\xff"), "x",
	    "image/jpeg" },
	{ "beginning of a signature only", BYTES("\xff\xd8\0"), "x", OCTETS },
	{ "control characters", BYTES("a\1b"), "x", OCTETS },
	{ "delete character", BYTES("a\177b"), "x", OCTETS },
};

/*
 * What other versions of libmagic say, by a database of our own: the content
 * is begins and the number of the case, the answer is said.
 */
static const struct {
	const char *said, *begins, *name, *want;
} answers[] = {
	{ "text/x-anything", "x", "x.csv", "text/csv" },
	{ "message/news", "x", "x.csv", "text/csv" },
	{ "image/svg+xml", "x", "x.csv", "text/csv" },
	{ "application/javascript", "x", "x.js", "text/javascript" },
	{ "application/json", "x", "x.csv", "text/csv" },
	{ "application/mbox", "x", "x.txt", "text/plain" },
	{ "application/pgp-encrypted", "x", "x.txt", "text/plain" },
	{ "application/x-mswinurl", "x", "x.txt", "text/plain" },
	{ "application/x-ndjson", "x", "x.json", "application/json" },
	{ "application/x-setupscript", "x", "x.ini", "text/plain" },
	{ "application/x-subrip", "x", "x.txt", "text/plain" },
	{ "application/x-wine-extension-ini", "x", "x.ini", "text/plain" },
	{ "application/java-archive", "x", "x.docx",
	    OOXML "wordprocessingml.document" },
	{ OOXML "presentationml.presentation", "x", "x.ppsx",
	    OOXML "presentationml.slideshow" },
	{ "application/vnd.openxmlformats", "x", "x.docx",
	    "application/vnd.openxmlformats" },
	{ "application/zip", "x", "x.docx",
	    OOXML "wordprocessingml.document" },
	{ "application/CDFV2", "x", "x.doc", "application/msword" },
	{ "application/CDFV2-corrupt", "x", "x.doc", "application/msword" },
	{ "application/msword", "x", "x.xls", "application/vnd.ms-excel" },
	{ "application/vnd.ms-excel", "x", "x.et",
	    "application/wps-office.et" },
	{ "application/vnd.ms-office", "x", "x.doc", "application/msword" },
	{ "application/vnd.ms-powerpoint", "x", "x.dps",
	    "application/wps-office.dps" },
	{ "application/x-ole-storage", "x", "x.doc", "application/msword" },
	{ "audio/mp4", "x", "x.m4b", "audio/mp4" },
	{ "audio/x-m4a", "x", "x", "audio/mp4" },
	{ "video/mp4", "x", "x.m4a", "audio/mp4" },
	{ "video/x-m4v", "x", "x.m4a", "audio/mp4" },
	{ "video/webm", "x", "x.mkv", "video/x-matroska" },
	{ "video/x-matroska", "x", "x.webm", "video/webm" },
	{ "application/ogg", "x", "x.ogv", "video/ogg" },
	{ "audio/ogg", "x", "x.ogv", "video/ogg" },
	{ "video/ogg", "x", "x.oga", "audio/ogg" },
	{ "video/ogg", "x", "x.opus", "audio/ogg" },
	{ "video/x-ms-asf", "x", "x.wma", "audio/x-ms-wma" },
	{ "application/vnd.ms-opentype", "x", "x.ttf", "font/ttf" },
	{ "application/x-font-ttf", "x", "x.otf", "font/otf" },
	{ "font/otf", "x", "x.ttf", "font/ttf" },
	{ "font/sfnt", "x", "x.otf", "font/otf" },
	{ "font/ttf", "x", "x.otf", "font/otf" },
	{ "application/octet-stream", "\1", "x.mp3", "audio/mpeg" },
	{ "text/html", "<", "x", "text/html" },
	{ "text/html", "x", "x", "text/plain" },
	{ "text/html", "<", "x.bat", "text/plain" },
	{ "text/html", "<", "x.cfg", "text/plain" },
	{ "text/html", "<", "x.conf", "text/plain" },
	{ "text/html", "<", "x.ini", "text/plain" },
	{ "text/html", "<", "x.log", "text/plain" },
	{ "text/html", "<", "x.txt", "text/plain" },
	{ "text/xml", "<", "x", "text/xml" },
	{ "text/xml", "x", "x", "text/plain" },
	{ "image/svg+xml", "<", "x", "image/svg+xml" },
	{ "image/svg+xml", "x", "x", "text/plain" },
	{ "text/rtf", "{\\rtf", "x", "text/rtf" },
	{ "text/rtf", "{rtf", "x", "text/plain" },
	{ "text/calendar", "BEGIN:VCALENDAR", "x", "text/calendar" },
	{ "text/calendar", "BEGIN:VCARD", "x", "text/plain" },
	{ "text/vcard", "BEGIN:VCARD", "x", "text/vcard" },
	{ "text/vcard", "BEGIN:VCALENDAR", "x", "text/plain" },
	{ "text/vtt", "WEBVTT", "x", "text/vtt" },
	{ "text/vtt", "x", "x", "text/plain" },
	{ "text/x-shellscript", "#!", "x", "text/x-shellscript" },
	{ "text/x-shellscript", "# ", "x", "text/plain" },
	{ "text/x-perl", "#!", "x", "text/x-perl" },
	{ "text/x-perl", "# ", "x", "text/plain" },
	{ "text/x-python", "#!", "x", "text/x-python" },
	{ "text/x-python", "# ", "x", "text/plain" },
	{ "text/x-script.python", "#!", "x", "text/x-python" },
	{ "text/x-script.python", "# ", "x", "text/plain" },
	{ "application/pgp-keys", "-----BEGIN", "x", "application/pgp-keys" },
	{ "application/pgp-keys", "BEGIN", "x", "text/plain" },
	{ "application/pgp-signature", "-----BEGIN", "x",
	    "application/pgp-signature" },
	{ "application/font-woff", "x", "x", "font/woff" },
	{ "application/vnd.ms-opentype", "x", "x", "font/otf" },
	{ "application/CDFV2", "x", "x", "application/x-ole-storage" },
	{ "application/x-dosexec", "x", "x",
	    "application/vnd.microsoft.portable-executable" },
	{ "application/x-gzip", "x", "x", "application/gzip" },
	{ "application/x-rar", "x", "x", "application/vnd.rar" },
	{ "image/x-icon", "x", "x", "image/vnd.microsoft.icon" },
	{ "image/x-ms-bmp", "x", "x", "image/bmp" },
	{ "image/x-new", "x", "x.png", "image/x-new" },
};

static const struct {
	const char *text;
	int want;
} validity[] = {
	{ "image/jpeg", 1 },
	{ "application/vnd.openxmlformats-officedocument.x+xml", 1 },
	{ "text/csv; charset=utf-8", 1 },
	{ "text/csv;charset=utf-8", 1 },
	{ "text/csv ; charset=utf-8 ; header=\"a; \\\"b\\\"\"", 1 },
	{ "text/x-!#$%&'*+-.^_`{|}~", 1 },
	{ "", 0 },
	{ "text", 0 },
	{ "text/", 0 },
	{ "/plain", 0 },
	{ "text plain", 0 },
	{ "text/plain/x", 0 },
	{ "text/pl(ain", 0 },
	{ "text /plain", 0 },
	{ "te\177xt/plain", 0 },
	{ "text/plain; a=\"~\"", 1 },
	{ "text/plain;a=b;c=d", 1 },
	{ "text/plain ", 1 },
	{ "text/plain;", 0 },
	{ "text/plain; charset", 0 },
	{ "text/plain; =utf-8", 0 },
	{ "text/plain; charset=", 0 },
	{ "text/plain; charset=utf 8", 0 },
	{ "text/plain; charset=\"utf-8", 0 },
	{ "text/plain; charset=\"utf-8\\", 0 },
	{ "text/plain; charset=\"utf-8\"x", 0 },
	{ "text/plain; charset=\"utf\t8\"", 0 },
	{ "text/plain; charset=\"utf\1778\"", 0 },
	{ "text/plain; name=\"\xe4\xbd\xa0\"", 0 },
	{ "text/plain\r\nBcc: x", 0 },
	{ "text/plain; a=\"b\r\nBcc: x\"", 0 },
	{ "text/pl\xc3\xa4in", 0 },
};

static void
test_samples(const struct sample *s, size_t n, const char *how)
{
	struct buf type = BUF_INIT;
	char name[200];
	size_t i;

	for (i = 0; i < n; i++) {
		/* Of its own size, so that reading beyond it is noticed. */
		char *head = xmemdup(s[i].head, s[i].len);

		head = xrealloc(head, s[i].len);
		buf_reset(&type);
		mediatype_guess(head, s[i].len, s[i].name, &type);
		free(head);
		snprintf(name, sizeof name, "%s: %s", how, s[i].test);
		is_text(type.data, s[i].want, name);
	}
	buf_release(&type);
}

static void
test_families(void)
{
	struct buf type = BUF_INIT;
	char file[100], name[200];
	size_t i, j;

	for (i = 0; i < sizeof families / sizeof *families; i++)
		for (j = 0; families[i].pairs[j] != NULL; j += 2) {
			snprintf(file, sizeof file, "dir.x/file.%s",
			    families[i].pairs[j]);
			snprintf(name, sizeof name, "%s called .%s",
			    families[i].test, families[i].pairs[j]);
			buf_reset(&type);
			mediatype_guess(families[i].head, families[i].len,
			    file, &type);
			is_text(type.data, families[i].pairs[j + 1], name);
		}
	buf_release(&type);
}

/* Makes a database in the source form and has it loaded. */
static void
make_database(const char *path)
{
	FILE *f = fopen(path, "w");
	size_t i;

	for (i = 0; f != NULL && i < sizeof answers / sizeof *answers; i++)
		fprintf(f, "0\tsearch/64\tcase%03zu\tcase\n!:mime\t%s\n", i,
		    answers[i].said);
	if (f == NULL || fclose(f) != 0) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
	setenv("MAGIC", path, 1);
	mediatype_release();
}

static void
test_answers(void)
{
	const char *top = getenv("TMPDIR");
	struct buf type = BUF_INIT, path = BUF_INIT;
	char head[100], name[200];
	size_t i;

	buf_addf(&path, "%s/mediatype.magic", top != NULL ? top : "/tmp");
	make_database(path.data);
	for (i = 0; i < sizeof answers / sizeof *answers; i++) {
		snprintf(head, sizeof head, "%s case%03zu\n",
		    answers[i].begins, i);
		snprintf(name, sizeof name, "libmagic says %s, called %s",
		    answers[i].said, answers[i].name);
		buf_reset(&type);
		mediatype_guess(head, strlen(head), answers[i].name, &type);
		is_text(type.data, answers[i].want, name);
	}
	remove(path.data);
	buf_release(&type);
	buf_release(&path);
}

static void
test_validity(void)
{
	char text[1000], name[100];
	size_t i;

	for (i = 0; i < sizeof validity / sizeof *validity; i++) {
		snprintf(name, sizeof name, "valid type %zu", i);
		if (mediatype_is_valid(validity[i].text) != validity[i].want)
			tap_show("text", validity[i].text,
			    strlen(validity[i].text));
		is_number(mediatype_is_valid(validity[i].text),
		    validity[i].want, name);
	}
	memset(text, 'a', sizeof text);
	text[127] = '/';
	text[255] = '\0';
	ok(mediatype_is_valid(text), "names of 127 octets are valid");
	text[255] = 'a';
	text[256] = '\0';
	ok(!mediatype_is_valid(text), "a subtype of 128 octets is not");
	text[127] = 'a';
	text[128] = '/';
	text[140] = '\0';
	ok(!mediatype_is_valid(text), "a type of 128 octets is not");
	memset(text, 'a', sizeof text);
	memcpy(text, "text/plain; x=", 14);
	text[512] = '\0';
	ok(mediatype_is_valid(text), "512 octets in all are valid");
	text[512] = 'a';
	text[513] = '\0';
	ok(!mediatype_is_valid(text), "513 octets are not");
}

int
main(void)
{
	struct buf type = BUF_INIT;

	unsetenv("MAGIC");
	test_samples(by_content, sizeof by_content / sizeof *by_content,
	    "content");
	test_samples(by_beginning, sizeof by_beginning / sizeof *by_beginning,
	    "beginning");
	test_families();
	test_validity();

	buf_adds(&type, "type=");
	mediatype_guess(JPEG, "x", &type);
	is_text(type.data, "type=image/jpeg", "the type is appended");
	buf_release(&type);

	test_answers();

	mediatype_release();
	setenv("MAGIC", "/nonexistent/magic", 1);
	test_samples(by_signature, sizeof by_signature / sizeof *by_signature,
	    "without a database");
	mediatype_release();
	mediatype_release();
	return tap_done();
}
