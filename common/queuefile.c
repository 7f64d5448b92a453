/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Beside the entries lies the file "last", with the number given last, so that the id of a
 * push that was delivered long ago is not given to another push. The file is locked while
 * the number is raised. A crash in between skips a number.
 */
#include "queuefile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "alloc.h"
#include "text.h"
#include "userfile.h"

enum { DIGITS_MAX = 9, NUMBER_MAX = 999999999, SHORT_OBJECT = 7 };

const char *const queuefile_variables[QUEUEFILE_VARIABLES] = {
	"PATH", "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_NAMESPACE",
	"GIT_OBJECT_DIRECTORY",
	"GIT_ALTERNATE_OBJECT_DIRECTORIES",
};

static int failed(struct message *trouble, const char *path)
{
	message_set(trouble, MSG_STATE_FILE, "path", path, "reason", strerror(errno), NULL);
	return -1;
}

bool queuefile_id_valid(const char *id)
{
	size_t n = strlen(id);

	return n >= 2 && n <= 1 + DIGITS_MAX && id[0] == 'q' && id[1] != '0' &&
	       id[1 + strspn(id + 1, "0123456789")] == '\0';
}

static char *path_of(const char *name, struct message *trouble)
{
	char *in_state = xasprintf("queue/%s", name),
	     *path = userfile_path(USERFILE_STATE, in_state, trouble);

	free(in_state);
	return path;
}

char *queuefile_path(const char *id, struct message *trouble)
{
	return path_of(id, trouble);
}

static unsigned number_of(const char *id)
{
	return strtoul(id + 1, NULL, 10);
}

/* The highest number of the existing entries: "last" may have been lost. */
static unsigned highest(const char *last_path)
{
	char *directory = xstrndup(last_path, strrchr(last_path, '/') - last_path);
	DIR *dir = opendir(directory);
	const struct dirent *entry;
	unsigned most = 0;

	while (dir && (entry = readdir(dir)))
		if (queuefile_id_valid(entry->d_name) && number_of(entry->d_name) > most)
			most = number_of(entry->d_name);
	if (dir)
		closedir(dir);
	free(directory);
	return most;
}

/* Raises the number in the file, which is locked. 0 on failure, with errno. */
static unsigned count_up(int fd, const char *path)
{
	char text[16] = "";
	unsigned long number;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		return 0;
	number = strtoul(text, NULL, 10);
	if (number < highest(path))
		number = highest(path);
	if (++number > NUMBER_MAX) {
		errno = EOVERFLOW;
		return 0;
	}
	n = snprintf(text, sizeof(text), "%u\n", (unsigned)number);
	errno = ENOSPC;		/* if pwrite() writes only a part */
	return pwrite(fd, text, n, 0) == n && fdatasync(fd) == 0 ? (unsigned)number : 0;
}

int queuefile_new_id(char id[QUEUEFILE_ID_MAX], struct message *trouble)
{
	char *path = path_of("last", trouble);
	unsigned number = 0;
	int fd;

	if (!path)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		number = count_up(fd, path);
	if (number)
		snprintf(id, QUEUEFILE_ID_MAX, "q%u", number);
	else
		failed(trouble, path);
	if (fd >= 0)
		close(fd);
	free(path);
	return number ? 0 : -1;
}

int queuefile_write(const char *id, struct fields f, struct message *trouble)
{
	char *path = path_of(id, trouble);
	int result = path ? userfile_write(path, f.data, f.len, trouble) : -1;

	free(path);
	return result;
}

int queuefile_read(const char *id, struct buf *out, struct message *trouble)
{
	char *path = path_of(id, trouble);
	size_t before = buf_len(out);
	int result = path ? userfile_read(path, out, trouble) : -1;
	struct fields f = { .len = buf_len(out) - before };

	if (f.len)
		f.data = buf_data(out) + before;
	if (result == 0 && (!f.len || !fields_valid(f))) {
		message_set(trouble, MSG_STATE_FILE, "path", path, "reason", "it is damaged", NULL);
		result = -1;
	}
	free(path);
	return result;
}

int queuefile_remove(const char *id, struct message *trouble)
{
	char *path = path_of(id, trouble);
	int result = path ? userfile_remove(path, trouble) : -1;

	free(path);
	return result;
}

static int by_number(const void *a, const void *b)
{
	unsigned x = number_of(a), y = number_of(b);

	return (x > y) - (x < y);
}

/* Appends the names of the entries to the array *ids. 0, or -1 with errno. */
static int read_names(DIR *dir, char (**ids)[QUEUEFILE_ID_MAX], int *count)
{
	const struct dirent *entry;
	int room = 0;

	while (errno = 0, (entry = readdir(dir))) {
		if (!queuefile_id_valid(entry->d_name))
			continue;
		if (*count == room) {
			room += QUEUEFILES_MAX;
			*ids = xrealloc(*ids, room * sizeof(**ids));
		}
		strcpy((*ids)[(*count)++], entry->d_name);
	}
	return errno ? -1 : 0;
}

int queuefile_list(char (**ids)[QUEUEFILE_ID_MAX], struct message *trouble)
{
	char *path = path_of("", trouble);
	DIR *dir = path ? opendir(path) : NULL;
	int count = 0;

	*ids = NULL;
	if (!path)
		return -1;
	if (!dir || read_names(dir, ids, &count))
		count = failed(trouble, path);
	if (dir)
		closedir(dir);
	free(path);
	if (count > 0)
		qsort(*ids, count, sizeof(**ids), by_number);
	return count < QUEUEFILES_MAX ? count : QUEUEFILES_MAX;
}

static void put_object(struct buf *out, const char *object)
{
	text_escape(out, object, strnlen(object, SHORT_OBJECT), false);
}

void queuefile_update_text(struct buf *out, const char *src, const char *dst, const char *expect)
{
	static const char heads[] = "refs/heads/", tags[] = "refs/tags/";

	if (!strncmp(dst, heads, strlen(heads)))
		dst += strlen(heads);
	else if (!strncmp(dst, tags, strlen(tags)))
		dst += strlen(tags);
	text_escape(out, dst, strlen(dst), false);
	buf_puts(out, " ");
	if (!*src) {
		buf_puts(out, "[delete]");
	} else if (!*expect) {
		buf_puts(out, "[new] ");
		put_object(out, src);
	} else {
		put_object(out, expect);
		buf_puts(out, "..");
		put_object(out, src);
	}
}
