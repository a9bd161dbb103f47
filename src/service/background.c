/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whoever starts a service wants to know whether it runs: the first process
 * waits for one octet from the one that stays.
 */
#include "service/background.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"

static void
wait_and_end(pid_t pid, int fd)
{
	char octet;
	int status = 0;

	if (io_read(fd, &octet, 1) == 1)
		_exit(0);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EX_OSERR);
}

int
background_start(struct fault *f)
{
	int ends[2];
	pid_t pid;

	if (pipe(ends) == -1)
		return fault_errno(f, EX_OSERR, "cannot make a pipe");
	pid = fork();
	if (pid == -1) {
		fault_errno(f, EX_OSERR, "cannot start a process");
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	if (pid != 0) {
		close(ends[1]);
		wait_and_end(pid, ends[0]);
	}
	close(ends[0]);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	setsid();
	return ends[1];
}

void
background_ready(int fd)
{
	int null = open("/dev/null", O_RDWR);

	if (null != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	io_write(fd, "r", 1);
	close(fd);
}
