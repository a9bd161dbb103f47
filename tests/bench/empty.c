/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * empty DIRECTORY: takes the entries of one account out of a spool with the
 * fewest calls that keep what a queue promises: open, lock, read, a line in
 * the journal, unlink; the directory is synced after each hundred. Nothing is
 * sent. Prints how many there were and how many microseconds each took: no
 * runner can be faster on this disk, one process at a time.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/io.h"
#include "base/strv.h"

#define GROUP 100

static long long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int
take(int directory, const char *name)
{
	static const char line[] = "attempt 1795813110\n";
	char text[4096];
	struct stat st;
	int fd = openat(directory, name, O_RDWR | O_CLOEXEC), rc = 0;

	if (fd == -1 || compat_lock(fd) == -1 || fstat(fd, &st) == -1 ||
	    io_pread(fd, text, sizeof text, 0) == -1 ||
	    io_pwrite(fd, line, sizeof line - 1, st.st_size) == -1 ||
	    unlinkat(directory, name, 0) == -1)
		rc = -1;
	if (fd != -1)
		close(fd);
	return rc;
}

static void
list(DIR *d, struct strv *names)
{
	struct dirent *e;

	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			strv_add(names, e->d_name);
}

int
main(int argc, char *argv[])
{
	struct strv names = STRV_INIT;
	DIR *d = opendir(argc > 1 ? argv[1] : ".");
	long long start;
	size_t i;
	int rc = 0;

	if (d == NULL) {
		perror(argv[1]);
		return 1;
	}
	list(d, &names);
	start = now_us();
	for (i = 0; rc == 0 && i < names.n; i++) {
		rc = take(dirfd(d), names.v[i]);
		if (rc == 0 && i % GROUP == GROUP - 1)
			rc = fsync(dirfd(d));
	}
	if (rc == -1)
		perror(argv[1]);
	else
		printf("%zu %.1f\n", names.n, names.n == 0 ? 0.0 :
		    (double)(now_us() - start) / (double)names.n);
	strv_release(&names);
	closedir(d);
	return rc == 0 ? 0 : 1;
}
