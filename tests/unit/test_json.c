/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON of any octets is valid. */
#include "tap.h"

#include "base/json.h"
#include "base/utf8.h"

static const struct {
	const char *name, *in;
	size_t len;
	const char *want;
} cases[] = {
	{ "ASCII", "a b/c", 5, "\"a b/c\"" },
	{ "nothing", "", 0, "\"\"" },
	{ "quote and backslash", "\"\\", 2, "\"\\\"\\\\\"" },
	{ "controls", "\t\n\r\x1b[m\x7f", 7,
	    "\"\\u0009\\n\\u000d\\u001b[m\\u007f\"" },
	{ "NUL", "a\0b", 3, "\"a\\u0000b\"" },
	{ "UTF-8", "\347\275\221\360\237\222\214", 7,
	    "\"\347\275\221\360\237\222\214\"" },
	{ "no UTF-8", "\316\344\xff", 3, "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "a character that is cut off", "\347\275", 2, "\"\\ufffd\\ufffd\"" },
	{ "a surrogate", "\355\240\200", 3, "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "line separators and overrides", "\342\200\250\342\200\256", 6,
	    "\"\\u2028\\u202e\"" },
	{ "C1", "\302\233", 2, "\"\\u009b\"" },
};

int
main(void)
{
	struct buf out = BUF_INIT;
	char all[256];
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&out);
		json_string(&out, cases[i].in, cases[i].len);
		is_text(out.data, cases[i].want, cases[i].name);
	}
	for (i = 0; i < sizeof all; i++)
		all[i] = (char)i;
	buf_reset(&out);
	json_string(&out, all, sizeof all);
	ok(utf8_is_valid(out.data, out.len), "every octet: valid UTF-8");
	for (i = 0; i < out.len && (unsigned char)out.data[i] >= 32; i++)
		continue;
	is_number((long long)i, (long long)out.len, "... on one line");
	buf_reset(&out);
	json_begin(&out);
	json_text(&out, "a", "{");
	json_number(&out, "b", -12);
	json_text(&out, "c", "");
	json_end(&out);
	is_text(out.data, "{\"a\":\"{\",\"b\":-12,\"c\":\"\"}", "an object");
	buf_reset(&out);
	json_begin(&out);
	json_end(&out);
	is_text(out.data, "{}", "an empty one");
	buf_reset(&out);
	json_begin(&out);
	json_list(&out, "none");
	json_list_end(&out);
	json_boolean(&out, "b", 1);
	json_list(&out, "l");
	json_begin(&out);
	json_boolean(&out, "c", 0);
	json_end(&out);
	json_begin(&out);
	json_end(&out);
	json_list_end(&out);
	json_end(&out);
	is_text(out.data, "{\"none\":[],\"b\":true,"
	    "\"l\":[{\"c\":false},{}]}", "lists");
	buf_release(&out);
	return tap_done();
}
