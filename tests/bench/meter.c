/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * meter [-i FILE] [-d DIR] COMMAND...: runs a command and prints a line
 *
 *   STATUS CALLER ALL USER SYSTEM PEAK
 *
 * its exit status (or 1000 + signal); microseconds until it ended, and until
 * everything that it left behind had ended too; microseconds of CPU of all of
 * it; and the largest peak of memory of one of these processes, in KiB. The
 * command has FILE as its standard input and DIR to work in; what it says is
 * on standard error.
 *
 * Why not Python: a process counts the memory of the one that started it as
 * its own peak, so that one has to be small. Linux: PR_SET_CHILD_SUBREAPER.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long
micro(struct timeval t)
{
	return t.tv_sec * 1000000LL + t.tv_usec;
}

static void
be_command(int in, char *words[])
{
	dup2(in, STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(words[0], words);
	perror(words[0]);
	_exit(127);
}

static void
measure(int in, char *words[])
{
	long long start = now_us(), caller = 0;
	struct rusage usage;
	int status, first = 0;
	pid_t pid, child = fork();

	if (child == 0)
		be_command(in, words);
	while ((pid = wait(&status)) > 0) {
		if (pid != child)
			continue;
		caller = now_us() - start;
		first = WIFEXITED(status) ? WEXITSTATUS(status) :
		    1000 + WTERMSIG(status);
	}
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%d %lld %lld %lld %lld %ld\n", first, caller,
	    now_us() - start, micro(usage.ru_utime), micro(usage.ru_stime),
	    usage.ru_maxrss);
}

int
main(int argc, char *argv[])
{
	int in = STDIN_FILENO, option;

	while ((option = getopt(argc, argv, "+i:d:")) != -1) {
		if (option == 'i' &&
		    (in = open(optarg, O_RDONLY | O_CLOEXEC)) == -1)
			perror(optarg);
		if ((option == 'd' && chdir(optarg) == -1) ||
		    option == '?' || in == -1)
			return 127;
	}
	if (argv[optind] == NULL)
		return 127;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	measure(in, argv + optind);
	return 0;
}
