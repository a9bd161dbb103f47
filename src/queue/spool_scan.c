/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at what is there, without taking it. */
#include "queue/spool_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compat.h"

static DIR *
open_directory(const struct spool *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;

	if (d == NULL && fd != -1)
		close(fd);
	return d;
}

static int
scan_directory(const struct spool *s, const char *name, const char *account,
    int (*each)(void *arg, const struct spool_item *item, struct fault *f),
    void *arg, struct fault *f)
{
	struct spool_item item = { account, NULL, 0, 0 };
	DIR *d = open_directory(s, name);
	const struct dirent *entry;
	struct stat st;
	int rc = 0;

	while (d != NULL && rc == 0 && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    fstatat(dirfd(d), entry->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
			continue;
		item.id = entry->d_name;
		item.next = st.st_mtime;
		item.size = (long long)st.st_size;
		rc = each(arg, &item, f);
	}
	if (d != NULL)
		closedir(d);
	return rc;
}

int
spool_scan(struct spool *s, int (*each)(void *arg,
    const struct spool_item *item, struct fault *f), void *arg,
    struct fault *f)
{
	DIR *d = open_directory(s, "queue");
	struct buf account = BUF_INIT, directory = BUF_INIT;
	const struct dirent *entry;
	int rc = 0;

	/* One that nobody has put anything in yet. */
	if (d == NULL && errno == ENOENT)
		return 0;
	if (d == NULL)
		return spool_fault(s, f, EX_IOERR, "cannot read", "queue");
	while (rc == 0 && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    spool_take_account(&account, entry->d_name) == -1)
			continue;
		buf_reset(&directory);
		buf_addf(&directory, "queue/%s", entry->d_name);
		rc = scan_directory(s, directory.data, account.data, each,
		    arg, f);
	}
	closedir(d);
	buf_release(&account);
	buf_release(&directory);
	return rc;
}

int
spool_scan_failed(struct spool *s, int (*each)(void *arg,
    const struct spool_item *item, struct fault *f), void *arg,
    struct fault *f)
{
	return scan_directory(s, "failed", NULL, each, arg, f);
}

/* 1 when there is such a file, which no id from outside can lead out of. */
static int
has_entry(const struct spool *s, const char *account, const char *id)
{
	struct buf path = BUF_INIT;
	struct stat st;
	int has;

	if (*id == '.' || strchr(id, '/') != NULL || *id == '\0')
		return 0;
	spool_put_path(&path, account, id);
	has = fstatat(s->fd, path.data, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
	buf_release(&path);
	return has;
}

int
spool_find(const struct spool *s, const char *id, struct buf *account,
    int *has_failed)
{
	DIR *d = open_directory(s, "queue");
	const struct dirent *entry;
	int is_there = 0;

	while (d != NULL && !is_there && (entry = readdir(d)) != NULL)
		is_there = entry->d_name[0] != '.' &&
		    spool_take_account(account, entry->d_name) == 0 &&
		    has_entry(s, account->data, id);
	if (d != NULL)
		closedir(d);
	*has_failed = !is_there && has_entry(s, NULL, id);
	return is_there || *has_failed;
}

void
spool_clean(struct spool *s)
{
	DIR *d = open_directory(s, "tmp");
	const struct dirent *entry;
	struct stat st;
	int fd;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(d), entry->d_name,
		    O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (fd == -1)
			continue;
		/* It may have got its name in between, or have been removed,
		 * and another one be called so: then it stays. */
		if (compat_lock(fd) == 0 && fstat(fd, &st) == 0 &&
		    st.st_nlink != 0)
			unlinkat(dirfd(d), entry->d_name, 0);
		close(fd);
	}
	if (d != NULL)
		closedir(d);
}
