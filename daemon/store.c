/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "log.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

static void file_trouble(struct message *trouble, const char *path, const char *reason)
{
	message_set(trouble, MSG_STATE_FILE, "path", path, "reason", reason, NULL);
}

/* $variable/git-xmpp, or ~/fallback/git-xmpp; made with its parents. malloc'd, or NULL. */
static char *directory(const char *variable, const char *fallback, struct message *trouble)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	char *path;

	if (base && *base == '/') {
		path = xasprintf("%s/git-xmpp", base);
	} else if (home && *home == '/') {
		path = xasprintf("%s/%s/git-xmpp", home, fallback);
	} else {
		file_trouble(trouble, "~", "HOME is not set");
		return NULL;
	}
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	if (mkdir(path, 0700) && errno != EEXIST) {
		file_trouble(trouble, path, strerror(errno));
		free(path);
		return NULL;
	}
	return path;
}

static char *file_in(char *dir, const char *name)
{
	char *path = dir ? xasprintf("%s/%s", dir, name) : NULL;

	free(dir);
	return path;
}

char *store_state_path(const char *name, struct message *trouble)
{
	return file_in(directory("XDG_STATE_HOME", ".local/state", trouble), name);
}

/* 0; 1 if there is no such file; -1 with *trouble. */
static int read_file(const char *path, struct buf *out, struct message *trouble)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return 1;
	while (fd >= 0 && (n = read(fd, buf_reserve(out, 65536), 65536)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		buf_added(out, n);
		if (buf_len(out) > FILE_MAX) {
			close(fd);
			file_trouble(trouble, path, "it is too large");
			return -1;
		}
	}
	if (fd < 0 || n < 0) {
		file_trouble(trouble, path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t done = write(fd, data, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		data += done;
		n -= done;
	}
	return fsync(fd);
}

static int write_file(const char *path, const char *data, size_t n, struct message *trouble)
{
	char *temporary = xasprintf("%s.%d", path, (int)getpid());
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int result = -1;

	if (fd >= 0) {
		result = write_all(fd, data, n);
		close(fd);
		if (result == 0)
			result = rename(temporary, path);
	}
	if (result) {
		file_trouble(trouble, path, strerror(errno));
		unlink(temporary);
	}
	free(temporary);
	return result;
}

static struct device_key *make_key(const char *path, struct message *trouble)
{
	struct device_key *key = device_key_generate();
	char *pem = device_key_pem(key);
	int result = write_file(path, pem, strlen(pem), trouble);

	explicit_bzero(pem, strlen(pem));
	free(pem);
	if (result) {
		device_key_destroy(key);
		return NULL;
	}
	log_info("made the device key '%s'", path);
	return key;
}

struct device_key *store_key(struct message *trouble)
{
	char *path = file_in(directory("XDG_DATA_HOME", ".local/share", trouble), "key");
	struct device_key *key = NULL;
	struct buf pem = { 0 };
	struct stat st;

	if (!path)
		return NULL;
	if (stat(path, &st) == 0 && (st.st_mode & 077)) {
		file_trouble(trouble, path, "others can read it: chmod 0600");
		free(path);
		return NULL;
	}
	switch (read_file(path, &pem, trouble)) {
	case 0:
		key = device_key_parse(buf_str(&pem));
		if (!key)
			file_trouble(trouble, path, "it is not a device key");
		explicit_bzero(buf_data(&pem), buf_len(&pem));
		break;
	case 1:
		key = make_key(path, trouble);
		break;
	default:
		break;
	}
	buf_finish(&pem);
	free(path);
	return key;
}

int store_read_trust(struct trust *trust, struct message *trouble)
{
	char *path = store_state_path("devices", trouble);
	struct buf text = { 0 };
	int result, dropped;

	if (!path)
		return -1;
	result = read_file(path, &text, trouble);
	if (result == 0) {
		dropped = trust_parse(trust, buf_str(&text), buf_len(&text));
		if (dropped)
			log_warning("'%s': %d lines were not understood", path, dropped);
	}
	buf_finish(&text);
	free(path);
	return result < 0 ? -1 : 0;
}

int store_write_trust(const struct trust *trust, struct message *trouble)
{
	char *path = store_state_path("devices", trouble);
	struct buf text = { 0 };
	int result;

	if (!path)
		return -1;
	trust_write(trust, &text);
	result = write_file(path, buf_str(&text), buf_len(&text), trouble);
	buf_finish(&text);
	free(path);
	return result;
}
