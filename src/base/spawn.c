/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Child processes. Every descriptor we open is close-on-exec, so a child
 * gets just the ones named here. SIGPIPE, which the programs ignore, and the
 * signal mask are put back to their defaults for it.
 */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compat.h"
#include "base/io.h"

extern char **environ;

/* Starts path, which is looked for in $PATH when it is argv[0] itself; err
 * is its standard error, -1: ours. 0, or an errno. */
static int
start(pid_t *pid, const char *path, char *const argv[], int in, int out,
    int err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults, none;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes,
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	if (err != -1)
		posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
	rc = (path == argv[0] ? posix_spawnp : posix_spawn)(pid, path, &files,
	    &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/*
 * Moves fd above the standard descriptors (a caller may have closed some of
 * those) and makes it close-on-exec. Returns the new descriptor or -1.
 */
static int
move_up(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	close(fd);
	return high;
}

int
spawn_pair(int pair[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return -1;
	if (fcntl(pair[0], F_SETFD, FD_CLOEXEC) != -1 &&
	    fcntl(pair[1], F_SETFD, FD_CLOEXEC) != -1)
		return 0;
	close(pair[0]);
	close(pair[1]);
	return -1;
}

int
spawn_socket(struct child *c, const char *path, char *const argv[],
    struct fault *f)
{
	int rc, pair[2];

	c->pid = -1;
	c->fd = -1;
	if (spawn_pair(pair) == -1)
		return fault_errno(f, EX_OSERR, "cannot make a socket pair");
	pair[0] = move_up(pair[0]);
	pair[1] = move_up(pair[1]);
	if (pair[0] == -1 || pair[1] == -1)
		rc = EMFILE;
	else if (access(path, X_OK) == -1)
		/* posix_spawn may find out only in the child (127). */
		rc = errno;
	else
		rc = start(&c->pid, path, argv, pair[1], pair[1], -1);
	if (pair[1] != -1)
		close(pair[1]);
	if (rc != 0) {
		if (pair[0] != -1)
			close(pair[0]);
		c->pid = -1;
		errno = rc;
		return fault_errno(f, rc == ENOENT || rc == EACCES ?
		    EX_UNAVAILABLE : EX_OSERR, "cannot start %s", path);
	}
	c->fd = pair[0];
	return 0;
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status);
}

int
spawn_end(struct child *c)
{
	int status = -1;

	if (c->fd != -1)
		close(c->fd);
	if (c->pid != -1)
		status = wait_for(c->pid);
	c->fd = -1;
	c->pid = -1;
	return status;
}

/* Reads all that comes; -1 when it is more than out may hold. */
static int
drain(int fd, struct buf *out)
{
	char chunk[4096];
	ssize_t n;
	int rc = 0;

	while ((n = io_read(fd, chunk, sizeof chunk)) > 0)
		if (buf_add(out, chunk, (size_t)n) == -1) {
			rc = -1;
			break;
		}
	compat_wipe(chunk, sizeof chunk);
	return rc;
}

/*
 * Runs a program with /dev/null as its input (and, if silent, as its standard
 * error) and appends what it prints to out. 0 with its exit status, 1 when it
 * prints too much, -1 with errno when it cannot be run.
 */
static int
run(const char *path, char *const argv[], int silent, struct buf *out,
    int *status)
{
	int rc, error, empty, ends[2] = { -1, -1 };
	pid_t pid;

	empty = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (empty == -1 || pipe(ends) == -1) {
		error = errno;
		if (empty != -1)
			close(empty);
		errno = error;
		return -1;
	}
	empty = move_up(empty);
	ends[0] = move_up(ends[0]);
	ends[1] = move_up(ends[1]);
	error = start(&pid, path, argv, empty, ends[1], silent ? empty : -1);
	close(empty);
	close(ends[1]);
	if (error != 0) {
		close(ends[0]);
		errno = error;
		return -1;
	}
	rc = drain(ends[0], out);
	close(ends[0]);
	*status = wait_for(pid);
	return rc == -1 ? 1 : 0;
}

int
spawn_shell(const char *command, struct buf *out, struct fault *f)
{
	char shell[] = "sh", option[] = "-c";
	char *const argv[] = { shell, option, (char *)command, NULL };
	int status, rc = run("/bin/sh", argv, 0, out, &status);

	if (rc == -1)
		return fault_errno(f, EX_OSERR, "cannot run \"%s\"", command);
	if (rc == 1)
		return fault_set(f, EX_CONFIG,
		    "command \"%s\" prints too much", command);
	if (status != 0)
		return fault_set(f, EX_CONFIG,
		    "command \"%s\" ended with status %d", command, status);
	return 0;
}

int
spawn_program(char *const argv[], struct buf *out)
{
	int status, rc = run(argv[0], argv, 1, out, &status);

	return rc == 0 ? status : -1;
}
