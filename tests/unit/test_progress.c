/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The line of progress on terminals of any width. */
#include "tap.h"

#include "submit/progress.h"

static const struct {
	const char *name;
	long long octets, total;
	double rate;
	int columns;
	const char *want;
} cases[] = {
	{ "half of it", 10000000, 20000000, 1e6, 80,
	    " 50% [=================>                 ] "
	    "10.0 of 20.0 MB, 1.0 MB/s, 0:10 left" },
	{ "small ones in kB", 450000, 900000, 12345, 80,
	    " 50% [===================>                  ] "
	    "450 of 900 kB, 12 kB/s, 0:36 left" },
	{ "a wide terminal: the bar has an end", 1000000, 4000000, 1e6, 200,
	    " 25% [==========>                             ] "
	    "1.0 of 4.0 MB, 1.0 MB/s, 0:03 left" },
	{ "nothing yet", 0, 4000000, 0, 80,
	    "  0% [>                                       ] "
	    "0.0 of 4.0 MB" },
	{ "everything", 4000000, 4000000, 1e6, 80,
	    "100% [=====================================] "
	    "4.0 of 4.0 MB, 1.0 MB/s, 0:00 left" },
	{ "not everything is not 100", 3999999, 4000000, 0, 40,
	    " 99% [=================>] 4.0 of 4.0 MB" },
	{ "hours", 0, 7200000000, 1e6, 60,
	    "  0% [>          ] 0.0 of 7200.0 MB, 1.0 MB/s, 2:00:00 left" },
	{ "days are no estimate", 0, 7200000000, 1e3, 45,
	    "  0% [>           ] 0.0 of 7200.0 MB, 1 kB/s" },
	{ "no room for a bar", 10000000, 20000000, 1e6, 48,
	    " 50% 10.0 of 20.0 MB, 1.0 MB/s, 0:10 left" },
	{ "nor for the time", 10000000, 20000000, 1e6, 41,
	    " 50% 10.0 of 20.0 MB, 1.0 MB/s" },
	{ "nor for the rate", 10000000, 20000000, 1e6, 30,
	    " 50% 10.0 of 20.0 MB" },
	{ "instead of anything else a bar", 10000000, 20000000, 1e6, 20,
	    " 50% [=====>     ] " },
	{ "or nothing but a number", 10000000, 20000000, 1e6, 18, " 50% " },
	{ "or nothing", 10000000, 20000000, 1e6, 5, "" },
	{ "one column", 10000000, 20000000, 1e6, 1, "" },
	{ "none", 10000000, 20000000, 1e6, 0, "" },
	{ "an empty content", 0, 0, 0, 40, "100% [======================] 0 of 0 kB" },
};

int
main(void)
{
	struct buf line = BUF_INIT;
	struct progress none;
	size_t i;
	int columns, fits = 1;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		progress_format(cases[i].octets, cases[i].total,
		    cases[i].rate, cases[i].columns, &line);
		is_text(line.data, cases[i].want, cases[i].name);
	}
	for (columns = 2; columns < 300; columns++) {
		progress_format(123456789012, 999999999999, 9e11, columns,
		    &line);
		fits &= line.len < (size_t)columns;
	}
	ok(fits, "no line reaches the last column");
	progress_init(&none);
	progress_update(&none, 1, 2);
	progress_erase(&none);
	ok(!progress_is_open(&none), "without a terminal nothing happens");
	progress_release(&none);
	buf_release(&line);
	return tap_done();
}
