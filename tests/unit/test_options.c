/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tap.h"

int
main(void)
{
	return tap_done();
}
