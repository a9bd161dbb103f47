/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints what GMime sees in the message on standard input, one line a part:
 *
 *     DEPTH TYPE sha256=HEX name=NAME disposition=WORD id=ID encoding=WORD
 *
 * (sha256 of the decoded content; multiparts have none). Names are shown as
 * octets in hexadecimal, so that a line is a line.
 */
#include <gmime/gmime.h>
#include <stdio.h>
#include <unistd.h>

static void
print_hex(const char *what, const char *text)
{
	printf(" %s=", what);
	for (; text != NULL && *text != '\0'; text++)
		printf("%02x", (unsigned char)*text);
}

static void
print_digest(GMimeObject *part)
{
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes;
	char *sum;

	if (GMIME_IS_MESSAGE_PART(part))
		g_mime_object_write_to_stream(GMIME_OBJECT(
		    g_mime_message_part_get_message(GMIME_MESSAGE_PART(part))),
		    NULL, stream);
	else
		g_mime_data_wrapper_write_to_stream(
		    g_mime_part_get_content(GMIME_PART(part)), stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes->data,
	    bytes->len);
	printf(" sha256=%s", sum);
	g_free(sum);
	g_object_unref(stream);
}

static void
print_part(GMimeObject *part, int depth)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	GMimeContentDisposition *disposition =
	    g_mime_object_get_content_disposition(part);
	char *name = g_mime_content_type_get_mime_type(type);
	const char *parameter;
	int i, n;

	printf("%d %s", depth, name);
	g_free(name);
	if (GMIME_IS_MULTIPART(part)) {
		putchar('\n');
		n = g_mime_multipart_get_count(GMIME_MULTIPART(part));
		for (i = 0; i < n; i++)
			print_part(g_mime_multipart_get_part(
			    GMIME_MULTIPART(part), i), depth + 1);
		return;
	}
	print_digest(part);
	parameter = g_mime_content_type_get_parameter(type, "name");
	print_hex("old", parameter);
	parameter = disposition == NULL ? NULL :
	    g_mime_content_disposition_get_parameter(disposition, "filename");
	print_hex("name", parameter);
	print_hex("charset", g_mime_content_type_get_parameter(type,
	    "charset"));
	print_hex("id", g_mime_object_get_content_id(part));
	printf(" disposition=%s\n", disposition == NULL ? "" :
	    g_mime_content_disposition_get_disposition(disposition));
}

int
main(void)
{
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *message;

	g_mime_init();
	stream = g_mime_stream_pipe_new(STDIN_FILENO);
	parser = g_mime_parser_new_with_stream(stream);
	message = g_mime_parser_construct_message(parser, NULL);
	if (message == NULL) {
		fprintf(stderr, "gmime_dump: no message\n");
		return 1;
	}
	print_part(g_mime_message_get_mime_part(message), 0);
	g_object_unref(message);
	g_object_unref(parser);
	g_object_unref(stream);
	g_mime_shutdown();
	return 0;
}
