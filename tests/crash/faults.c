/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A library for LD_PRELOAD that counts the system calls of the programs under
 * test, and makes the Nth one go wrong or the last one; or writes down every
 * change of a directory, so that a power loss can be played (power.py).
 *
 * Environment:
 *   FAULTS_PROGRAM  names of the programs that are meant, with ":" between
 *   FAULTS_COUNTER  file of the counter; all processes of a run share it
 *   FAULTS_LOG      a line "N PROGRAM CALL ERRORS WHAT" for each call, or,
 *                   with FAULTS_AT, for the one that was hit
 *   FAULTS_AT       N: the call that goes wrong; "N-": all from there on
 *   FAULTS_DO       kill; killall (its process group); tear (a write that
 *                   ends in the middle, and kill); or the name of an error,
 *                   which happens when the call can end with it
 *   FAULTS_MEMORY   set: allocations are counted in place of calls; not with
 *                   NO_MEMORY, for sanitizers, which have an allocator
 *   FAULTS_RECORD   file of the record
 *   FAULTS_UNDER    the directory whose changes are recorded
 *
 * A line of the record is one of (INODE is a number, PATH is below UNDER)
 *   create PATH INODE    mkdir PATH       fifo PATH       unlink PATH
 *   rename PATH PATH     link INODE PATH  write INODE OFFSET HEX
 *   truncate INODE SIZE  sync INODE       syncdir PATH
 *   say PROGRAM HEX      what went to a pipe or socket
 *   exit PROGRAM STATUS
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEAR (-1)

static int is_watched, is_memory, at_on;
static unsigned *counter;
static unsigned at;
static const char *log_path, *what_to_do, *record_path, *under;

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "EIO", EIO }, { "ENOSPC", ENOSPC }, { "ENOMEM", ENOMEM },
	{ "EINTR", EINTR }, { "EMFILE", EMFILE }, { "ENOLCK", ENOLCK },
};

/* What a call can end with. */
#define FILE_NEW "EIO,ENOSPC,ENOMEM,EINTR,EMFILE"
#define FILE_OLD "EIO,ENOMEM,EINTR,EMFILE"
#define NAME_NEW "EIO,ENOSPC,ENOMEM"
#define NAME_OLD "EIO,ENOMEM"
#define INPUT "EIO,EINTR"
#define DISK "EIO,ENOSPC,EINTR"
#define META "EIO"
#define DESCRIPTORS "ENOMEM,EMFILE"
#define NET "ENOMEM,EINTR"

/* ---- the log ---- */

static void
append_line(const char *path, const char *text, size_t len)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);

	if (fd == -1)
		return;
	syscall(SYS_write, fd, text, len);
	syscall(SYS_close, fd);
}

/* The path of a descriptor; *len octets of out. */
static void
descriptor_path(int fd, char *out, size_t size)
{
	char link[64];
	long n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlinkat, AT_FDCWD, link, out, size - 1);
	out[n < 0 ? 0 : n] = '\0';
}

/* The path that a call with dirfd means. */
static void
whole_path(int dirfd, const char *path, char *out, size_t size)
{
	char directory[1024];

	if (path[0] == '/') {
		snprintf(out, size, "%s", path);
		return;
	}
	if (dirfd == AT_FDCWD) {
		if (syscall(SYS_getcwd, directory, sizeof directory) < 0)
			directory[0] = '\0';
	} else {
		descriptor_path(dirfd, directory, sizeof directory);
	}
	snprintf(out, size, "%.1000s/%.1000s", directory, path);
}

static void
log_call(unsigned n, const char *call, const char *kinds, int fd,
    const char *path)
{
	char line[2500], what[2048];
	int len;

	what[0] = '\0';
	if (path != NULL)
		whole_path(fd, path, what, sizeof what);
	else if (fd >= 0)
		descriptor_path(fd, what, sizeof what);
	len = snprintf(line, sizeof line, "%u %s %s %s %s\n", n,
	    program_invocation_short_name, call, kinds, what);
	append_line(log_path, line, (size_t)len);
}

/* ---- faults ---- */

static int
error_number(const char *kinds)
{
	size_t i;

	if (strstr(kinds, what_to_do) == NULL)
		return 0;
	for (i = 0; i < sizeof errors / sizeof *errors; i++)
		if (strcmp(errors[i].name, what_to_do) == 0)
			return errors[i].number;
	return 0;
}

static void
die(int everybody)
{
	kill(everybody ? 0 : getpid(), SIGKILL);
	for (;;)
		pause();
}

/*
 * Counts a call that can end with those kinds of errors. 0: it goes on; else
 * the error it ends with, or TEAR. path with the descriptor fd of a directory,
 * or NULL and a descriptor or -1.
 */
static int
count(const char *call, const char *kinds, int fd, const char *path)
{
	int number, saved = errno;
	unsigned n;

	if (!is_watched || counter == NULL)
		return 0;
	n = __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
	if (at == 0) {
		if (log_path != NULL)
			log_call(n, call, kinds, fd, path);
		errno = saved;
		return 0;
	}
	if (n < at || (n > at && !at_on))
		return 0;
	number = error_number(kinds);
	if (strcmp(what_to_do, "tear") == 0 && strstr(call, "write") != NULL)
		number = TEAR;
	if (log_path != NULL && (number != 0 || what_to_do[0] == 'k'))
		log_call(n, call, kinds, fd, path);
	if (what_to_do[0] == 'k')
		die(strcmp(what_to_do, "killall") == 0);
	errno = number != 0 ? number : saved;
	return number;
}

static int
call(const char *name, const char *kinds, int fd, const char *path)
{
	return is_memory ? 0 : count(name, kinds, fd, path);
}

/* ---- the record ---- */

static int
record_lock(void)
{
	int fd;

	if (!is_watched || record_path == NULL)
		return -1;
	fd = (int)syscall(SYS_openat, AT_FDCWD, record_path,
	    O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd != -1)
		syscall(SYS_flock, fd, LOCK_EX);
	return fd;
}

static void
record_unlock(int lock)
{
	if (lock != -1)
		syscall(SYS_close, lock);
}

static void
record(int lock, const char *format, ...)
{
	char line[6000];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	syscall(SYS_write, lock, line, (size_t)n);
}

/* The part of a path below the directory, or NULL. */
static const char *
below(int dirfd, const char *path, char *out, size_t size)
{
	size_t n = strlen(under);

	whole_path(dirfd, path, out, size);
	return strncmp(out, under, n) == 0 && out[n] == '/' ? out + n + 1 :
	    NULL;
}

static int
exists(int dirfd, const char *path)
{
	struct stat st;

	return syscall(SYS_newfstatat, dirfd, path, &st,
	    AT_SYMLINK_NOFOLLOW) == 0;
}

static unsigned long
inode(int fd, mode_t *mode, off_t *size)
{
	struct stat st;

	*mode = 0;
	if (syscall(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH) != 0)
		return 0;
	*mode = st.st_mode & S_IFMT;
	*size = st.st_size;
	return (unsigned long)st.st_ino;
}

static void
record_octets(int lock, const char *before, const void *p, size_t len)
{
	char *line = __builtin_alloca(strlen(before) + 2 * len + 2);
	size_t i, n = strlen(before);

	memcpy(line, before, n);
	for (i = 0; i < len; i++) {
		line[n++] = "0123456789abcdef"[((const unsigned char *)p)[i] >>
		    4];
		line[n++] = "0123456789abcdef"[((const unsigned char *)p)[i] &
		    15];
	}
	line[n++] = '\n';
	syscall(SYS_write, lock, line, n);
}

/* What was written; offset -1: at the descriptor's, which has moved on. */
static void
record_write(int lock, int fd, const void *p, ssize_t len, off_t offset)
{
	char before[100];
	unsigned long ino;
	mode_t mode;
	off_t size;

	if (lock == -1 || len <= 0)
		return;
	ino = inode(fd, &mode, &size);
	if (mode == S_IFREG) {
		if (offset == -1)
			offset = lseek(fd, 0, SEEK_CUR) - len;
		snprintf(before, sizeof before, "write %lu %lld ", ino,
		    (long long)offset);
	} else {
		snprintf(before, sizeof before, "say %.60s ",
		    program_invocation_short_name);
		len = len < 400 ? len : 400;
	}
	record_octets(lock, before, p, (size_t)len);
}

static void
at_exit(int status, void *ignored)
{
	int lock = record_lock();

	(void)ignored;
	if (lock != -1)
		record(lock, "exit %s %d\n", program_invocation_short_name,
		    status);
	record_unlock(lock);
}

/* ---- the beginning ---- */

static int
is_meant(const char *names)
{
	size_t n = strlen(program_invocation_short_name);
	const char *p = names;

	while (p != NULL && *p != '\0') {
		if (strncmp(p, program_invocation_short_name, n) == 0 &&
		    (p[n] == ':' || p[n] == '\0'))
			return 1;
		p = strchr(p, ':');
		if (p != NULL)
			p++;
	}
	return 0;
}

static void
map_counter(const char *path)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path,
	    O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	void *p;

	if (fd == -1)
		return;
	syscall(SYS_ftruncate, fd, 4096L);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED)
		counter = p;
	syscall(SYS_close, fd);
}

static const char *text_start, *text_end;

/* The first object is the program. */
static int
find_text(struct dl_phdr_info *info, size_t size, void *ignored)
{
	const ElfW(Phdr) *p = info->dlpi_phdr;
	const char *start;
	size_t i;

	(void)size;
	(void)ignored;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (p[i].p_type == PT_LOAD && (p[i].p_flags & PF_X) != 0) {
			start = (const char *)info->dlpi_addr + p[i].p_vaddr;
			text_start = start;
			text_end = start + p[i].p_memsz;
		}
	return 1;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *text = getenv("FAULTS_AT");

	if (!is_meant(getenv("FAULTS_PROGRAM")))
		return;
	log_path = getenv("FAULTS_LOG");
	what_to_do = getenv("FAULTS_DO");
	record_path = getenv("FAULTS_RECORD");
	under = getenv("FAULTS_UNDER");
	is_memory = getenv("FAULTS_MEMORY") != NULL;
	if (text != NULL && what_to_do != NULL) {
		at = (unsigned)strtoul(text, NULL, 10);
		at_on = strchr(text, '-') != NULL;
	}
	if (getenv("FAULTS_COUNTER") != NULL)
		map_counter(getenv("FAULTS_COUNTER"));
	if (under == NULL)
		record_path = NULL;
	if (is_memory)
		dl_iterate_phdr(find_text, NULL);
	is_watched = 1;
	if (record_path != NULL)
		on_exit(at_exit, NULL);
}

/* ---- the calls ---- */

#define REAL(type, name, args) \
	static type (*real) args; \
	if (real == NULL) \
		*(void **)&real = dlsym(RTLD_NEXT, #name)

/* A call whose error is -1 and which is not recorded. */
#define SIMPLE(type, name, params, args, kinds, fd, path) \
	type name params \
	{ \
		REAL(type, name, params); \
		return call(#name, kinds, fd, path) != 0 ? (type)-1 : \
		    real args; \
	}

static int
new_file(int lock, int dirfd, const char *path, int flags, int fd, int was)
{
	char whole[2048];
	const char *name;
	mode_t mode;
	off_t size;

	if (lock == -1 || fd == -1 || (flags & O_CREAT) == 0)
		return fd;
	name = below(dirfd, path, whole, sizeof whole);
	if (name != NULL && !was)
		record(lock, "create %s %lu\n", name,
		    inode(fd, &mode, &size));
	else if (name != NULL && (flags & O_TRUNC) != 0)
		record(lock, "truncate %lu 0\n", inode(fd, &mode, &size));
	return fd;
}

static int
open_file(const char *name, int dirfd, const char *path, int flags,
    mode_t mode)
{
	int lock = -1, fd, was = 0;

	if (call(name, flags & O_CREAT ? FILE_NEW : FILE_OLD, dirfd, path))
		return -1;
	if ((flags & (O_CREAT | O_TRUNC)) != 0) {
		lock = record_lock();
		was = exists(dirfd, path);
	}
	fd = (int)syscall(SYS_openat, dirfd, path, flags, mode);
	new_file(lock, dirfd, path, flags, fd, was);
	record_unlock(lock);
	return fd;
}

static mode_t
open_mode(int flags, va_list ap)
{
	return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ?
	    (mode_t)va_arg(ap, int) : 0;
}

#define OPEN(name) \
	int name(const char *path, int flags, ...) \
	{ \
		va_list ap; \
		mode_t mode; \
		va_start(ap, flags); \
		mode = open_mode(flags, ap); \
		va_end(ap); \
		return open_file("open", AT_FDCWD, path, flags, mode); \
	}
#define OPENAT(name) \
	int name(int dirfd, const char *path, int flags, ...) \
	{ \
		va_list ap; \
		mode_t mode; \
		va_start(ap, flags); \
		mode = open_mode(flags, ap); \
		va_end(ap); \
		return open_file("openat", dirfd, path, flags, mode); \
	}
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
int
__open_2(const char *path, int flags)
{
	return open_file("open", AT_FDCWD, path, flags, 0);
}
int
__openat_2(int dirfd, const char *path, int flags)
{
	return open_file("openat", dirfd, path, flags, 0);
}
int
creat(const char *path, mode_t mode)
{
	return open_file("creat", AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* One name of a directory is made or goes. */
static int
name_changed(int lock, int rc, const char *what, int dirfd, const char *path)
{
	char whole[2048];
	const char *name;

	if (lock != -1 && rc == 0 &&
	    (name = below(dirfd, path, whole, sizeof whole)) != NULL)
		record(lock, "%s %s\n", what, name);
	record_unlock(lock);
	return rc;
}

int
mkdirat(int dirfd, const char *path, mode_t mode)
{
	int lock;

	if (call("mkdirat", NAME_NEW, dirfd, path))
		return -1;
	lock = record_lock();
	return name_changed(lock, (int)syscall(SYS_mkdirat, dirfd, path, mode),
	    "mkdir", dirfd, path);
}
int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

int
mkfifoat(int dirfd, const char *path, mode_t mode)
{
	int lock;

	if (call("mkfifoat", NAME_NEW, dirfd, path))
		return -1;
	lock = record_lock();
	return name_changed(lock, (int)syscall(SYS_mknodat, dirfd, path,
	    mode | S_IFIFO, 0), "fifo", dirfd, path);
}

int
unlinkat(int dirfd, const char *path, int flags)
{
	int lock;

	if (call("unlinkat", NAME_OLD, dirfd, path))
		return -1;
	lock = record_lock();
	return name_changed(lock, (int)syscall(SYS_unlinkat, dirfd, path,
	    flags), "unlink", dirfd, path);
}
int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}
int
rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int
renameat(int from, const char *old, int to, const char *new)
{
	char whole[2048], whole_new[2048];
	const char *name, *name_new;
	int lock, rc;

	if (call("renameat", NAME_NEW, to, new))
		return -1;
	lock = record_lock();
	rc = (int)syscall(SYS_renameat2, from, old, to, new, 0);
	if (lock != -1 && rc == 0) {
		name = below(from, old, whole, sizeof whole);
		name_new = below(to, new, whole_new, sizeof whole_new);
		if (name != NULL && name_new != NULL)
			record(lock, "rename %s %s\n", name, name_new);
	}
	record_unlock(lock);
	return rc;
}
int
rename(const char *old, const char *new)
{
	return renameat(AT_FDCWD, old, AT_FDCWD, new);
}

int
linkat(int from, const char *old, int to, const char *new, int flags)
{
	char whole[2048];
	const char *name;
	struct stat st;
	int lock, rc;

	if (call("linkat", NAME_NEW, to, new))
		return -1;
	lock = record_lock();
	rc = (int)syscall(SYS_linkat, from, old, to, new, flags);
	if (lock != -1 && rc == 0 &&
	    (name = below(to, new, whole, sizeof whole)) != NULL &&
	    syscall(SYS_newfstatat, to, new, &st, AT_SYMLINK_NOFOLLOW) == 0)
		record(lock, "link %lu %s\n", (unsigned long)st.st_ino, name);
	record_unlock(lock);
	return rc;
}
int
link(const char *old, const char *new)
{
	return linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

static const char *
write_kinds(int fd)
{
	mode_t mode;
	off_t size;

	inode(fd, &mode, &size);
	return mode == S_IFREG ? DISK : INPUT;
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t offset)
{
	int e = call("pwrite", write_kinds(fd), fd, NULL), lock;
	ssize_t n;

	if (e > 0)
		return -1;
	if (e == TEAR)
		len /= 2;
	lock = record_lock();
	n = syscall(SYS_pwrite64, fd, p, len, offset);
	record_write(lock, fd, p, n, offset);
	record_unlock(lock);
	if (e == TEAR)
		die(0);
	return n;
}
ssize_t
pwrite64(int fd, const void *p, size_t len, off64_t offset)
{
	return pwrite(fd, p, len, offset);
}

ssize_t
write(int fd, const void *p, size_t len)
{
	int e = call("write", write_kinds(fd), fd, NULL), lock = -1;
	ssize_t n;

	if (e > 0)
		return -1;
	if (e == TEAR)
		len /= 2;
	/* What may block is said before it is done. */
	if (strcmp(write_kinds(fd), DISK) != 0) {
		lock = record_lock();
		record_write(lock, fd, p, (ssize_t)len, -1);
		record_unlock(lock);
		n = syscall(SYS_write, fd, p, len);
	} else {
		lock = record_lock();
		n = syscall(SYS_write, fd, p, len);
		record_write(lock, fd, p, n, -1);
		record_unlock(lock);
	}
	if (e == TEAR)
		die(0);
	return n;
}

int
ftruncate(int fd, off_t len)
{
	int lock, rc;
	mode_t mode;
	off_t size;

	if (call("ftruncate", INPUT, fd, NULL))
		return -1;
	lock = record_lock();
	rc = (int)syscall(SYS_ftruncate, fd, len);
	if (lock != -1 && rc == 0)
		record(lock, "truncate %lu %lld\n", inode(fd, &mode, &size),
		    (long long)len);
	record_unlock(lock);
	return rc;
}
int
ftruncate64(int fd, off64_t len)
{
	return ftruncate(fd, len);
}

static int
sync_file(const char *name, long number, int fd)
{
	char path[2048], whole[2048];
	const char *rest;
	unsigned long ino;
	int lock, rc;
	mode_t mode;
	off_t size;

	if (call(name, DISK, fd, NULL))
		return -1;
	lock = record_lock();
	rc = (int)syscall(number, fd);
	if (lock != -1 && rc == 0) {
		ino = inode(fd, &mode, &size);
		descriptor_path(fd, path, sizeof path);
		rest = below(AT_FDCWD, path, whole, sizeof whole);
		if (mode == S_IFREG)
			record(lock, "sync %lu\n", ino);
		else if (rest != NULL || strcmp(path, under) == 0)
			record(lock, "syncdir %s\n",
			    rest != NULL ? rest : ".");
	}
	record_unlock(lock);
	return rc;
}
int
fsync(int fd)
{
	return sync_file("fsync", SYS_fsync, fd);
}
int
fdatasync(int fd)
{
	return sync_file("fdatasync", SYS_fdatasync, fd);
}

SIMPLE(int, fallocate, (int fd, int mode, off_t from, off_t len),
    (fd, mode, from, len), DISK, fd, NULL)
SIMPLE(int, futimens, (int fd, const struct timespec t[2]), (fd, t), META, fd,
    NULL)
SIMPLE(int, utimensat, (int fd, const char *path, const struct timespec t[2],
    int flags), (fd, path, t, flags), META, fd, path)
SIMPLE(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), META, fd,
    NULL)
SIMPLE(int, fchownat, (int fd, const char *path, uid_t uid, gid_t gid,
    int flags), (fd, path, uid, gid, flags), META, fd, path)
SIMPLE(int, flock, (int fd, int how), (fd, how), "EINTR,ENOLCK", fd, NULL)
SIMPLE(ssize_t, read, (int fd, void *p, size_t len), (fd, p, len), INPUT, fd,
    NULL)
SIMPLE(ssize_t, pread, (int fd, void *p, size_t len, off_t o),
    (fd, p, len, o), INPUT, fd, NULL)
SIMPLE(ssize_t, pread64, (int fd, void *p, size_t len, off64_t o),
    (fd, p, len, o), INPUT, fd, NULL)
SIMPLE(int, fstat, (int fd, struct stat *st), (fd, st), META, fd, NULL)
SIMPLE(int, stat, (const char *path, struct stat *st), (path, st), NAME_OLD,
    AT_FDCWD, path)
SIMPLE(int, fstatat, (int fd, const char *path, struct stat *st, int flags),
    (fd, path, st, flags), NAME_OLD, fd, path)
SIMPLE(int, fstatvfs, (int fd, struct statvfs *st), (fd, st), META, fd, NULL)
SIMPLE(pid_t, fork, (void), (), "ENOMEM", -1, NULL)
SIMPLE(int, pipe, (int v[2]), (v), DESCRIPTORS, -1, NULL)
SIMPLE(int, socketpair, (int d, int t, int p, int v[2]), (d, t, p, v),
    DESCRIPTORS, -1, NULL)
SIMPLE(int, socket, (int d, int t, int p), (d, t, p), DESCRIPTORS, -1, NULL)
SIMPLE(int, memfd_create, (const char *name, unsigned flags), (name, flags),
    DESCRIPTORS, -1, NULL)
SIMPLE(int, mkstemp, (char *path), (path), FILE_NEW, AT_FDCWD, path)
SIMPLE(int, connect, (int fd, const struct sockaddr *a, socklen_t n),
    (fd, a, n), "EINTR", fd, NULL)
SIMPLE(int, accept, (int fd, struct sockaddr *a, socklen_t *n), (fd, a, n),
    "ENOMEM,EINTR,EMFILE", fd, NULL)
SIMPLE(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags),
    (fd, a, n, flags), "ENOMEM,EINTR,EMFILE", fd, NULL)
SIMPLE(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags),
    (fd, m, flags), NET, fd, NULL)
SIMPLE(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags),
    (fd, m, flags), NET, fd, NULL)
SIMPLE(ssize_t, send, (int fd, const void *p, size_t len, int flags),
    (fd, p, len, flags), NET, fd, NULL)
SIMPLE(ssize_t, recv, (int fd, void *p, size_t len, int flags),
    (fd, p, len, flags), NET, fd, NULL)
SIMPLE(int, poll, (struct pollfd *v, nfds_t n, int timeout), (v, n, timeout),
    NET, -1, NULL)
SIMPLE(pid_t, waitpid, (pid_t pid, int *status, int how), (pid, status, how),
    "EINTR", -1, NULL)
SIMPLE(ssize_t, getrandom, (void *p, size_t len, unsigned flags),
    (p, len, flags), "EINTR", -1, NULL)

/* The descriptor is gone, whatever close says. */
int
close(int fd)
{
	int e = call("close", INPUT, fd, NULL);
	int rc = (int)syscall(SYS_close, fd);

	if (e != 0) {
		errno = e;
		return -1;
	}
	return rc;
}

int
fcntl(int fd, int command, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) &&
	    call("fcntl", "EMFILE", fd, NULL))
		return -1;
	return (int)syscall(SYS_fcntl, fd, command, argument);
}
int
fcntl64(int fd, int command, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	return fcntl(fd, command, argument);
}

DIR *
opendir(const char *path)
{
	REAL(DIR *, opendir, (const char *));
	return call("opendir", "EIO," DESCRIPTORS, AT_FDCWD, path) ? NULL :
	    real(path);
}
DIR *
fdopendir(int fd)
{
	REAL(DIR *, fdopendir, (int));
	return call("fdopendir", "ENOMEM", fd, NULL) ? NULL : real(fd);
}
struct dirent *
readdir(DIR *d)
{
	REAL(struct dirent *, readdir, (DIR *));
	return call("readdir", META, dirfd(d), NULL) ? NULL : real(d);
}

int
posix_spawn(pid_t *pid, const char *path,
    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
    char *const argv[], char *const envp[])
{
	int e = call("posix_spawn", "ENOMEM", AT_FDCWD, path);
	REAL(int, posix_spawn, (pid_t *, const char *,
	    const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
	    char *const *, char *const *));

	return e != 0 ? e : real(pid, path, actions, attr, argv, envp);
}
int
posix_spawnp(pid_t *pid, const char *path,
    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
    char *const argv[], char *const envp[])
{
	int e = call("posix_spawnp", "ENOMEM", AT_FDCWD, path);
	REAL(int, posix_spawnp, (pid_t *, const char *,
	    const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
	    char *const *, char *const *));

	return e != 0 ? e : real(pid, path, actions, attr, argv, envp);
}

#ifndef NO_MEMORY
/* ---- memory ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

/* Only what the program itself asks for: the C library's own users of memory
 * do not all look at what they get (glibc 2.36, getpwuid). */
static int
is_ours(const char *caller)
{
	return caller >= text_start && caller < text_end;
}

#define MEMORY(name) (is_memory && is_ours(__builtin_return_address(0)) && \
	count(name, "ENOMEM", -1, NULL) != 0)

void *
malloc(size_t size)
{
	return MEMORY("malloc") ? NULL : __libc_malloc(size);
}
void *
calloc(size_t n, size_t size)
{
	return MEMORY("calloc") ? NULL : __libc_calloc(n, size);
}
void *
realloc(void *p, size_t size)
{
	return MEMORY("realloc") ? NULL : __libc_realloc(p, size);
}
#endif
