/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plain_upload PORT < MESSAGE: sends a message (CRLF lines) with libcurl's
 * own SMTP upload, its size announced, as many programs do. For
 * 900-upload-loss.py, which shows what became of it; prints the version of
 * libcurl and exits with libcurl's result.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

struct message {
	char data[1 << 20];
	size_t len, at;
};

static size_t
give(char *to, size_t size, size_t n, void *from)
{
	struct message *m = from;
	size_t i;

	for (i = 0; i < size * n && m->at < m->len; i++)
		to[i] = m->data[m->at++];
	return i;
}

int
main(int argc, char *argv[])
{
	static struct message m;
	struct curl_slist *to = curl_slist_append(NULL, "<b@example.net>");
	CURL *h = curl_easy_init();
	char url[64];
	int rc;

	m.len = fread(m.data, 1, sizeof m.data, stdin);
	snprintf(url, sizeof url, "smtp://127.0.0.1:%s",
	    argc > 1 ? argv[1] : "25");
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_MAIL_FROM, "<a@example.org>");
	curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(h, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(h, CURLOPT_READDATA, &m);
	curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)m.len);
	rc = (int)curl_easy_perform(h);
	curl_easy_cleanup(h);
	curl_slist_free_all(to);
	printf("%s\n", curl_version_info(CURLVERSION_NOW)->version);
	return rc;
}
