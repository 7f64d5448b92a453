/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A key that is in use on two machines is one device that is online twice. So the file is
 * complete and on the disk before the key is taken away here, and no crash can lose the key;
 * a crash in between leaves a file that the user removes and a key that is still used. The
 * invitations and joinings are taken away before the key: a crash may lose them, and never lets one
 * be used on both machines.
 *
 * On the other machine the tables are written before the key: without a key they do nothing.
 */
#include "device-move.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accountfile.h"
#include "alloc.h"
#include "device-archive.h"
#include "digest.h"
#include "io.h"
#include "log.h"
#include "state-files.h"
#include "wipe.h"

static const char pem_end[] = "-----END CERTIFICATE-----\n";
/* A line of the trust table has more words. */
static const char invitations_begin[] = "\ninvitations\n";
/* A line of the table of invitations has more words, too. */
static const char joinings_begin[] = "\njoinings\n";

static int file_trouble(struct message *trouble, const char *path, const char *reason)
{
	message_set(trouble, MSG_STATE_FILE, "path", path, "reason", reason, NULL);
	return -1;
}

static void finish_secret(struct buf *b)
{
	if (b->base)
		wipe(b->base, b->cap);
	buf_finish(b);
}

static int archive_trouble(struct message *trouble, const char *path, enum archive_result result)
{
	if (result == ARCHIVE_NO_MEMORY)
		return file_trouble(trouble, path, "there is not the memory for its passphrase");
	message_set(trouble, result == ARCHIVE_FOREIGN ? MSG_EXPORT_FOREIGN : MSG_EXPORT_LOCKED,
		    "path", path, NULL);
	return -1;
}

/* 0, or -1 with errno, also if the file system cannot sync a directory. */
static int sync_directory_of(const char *path)
{
	char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd < 0 ? -1 : fsync(fd), error = errno;

	free(copy);
	if (fd >= 0)
		close(fd);
	errno = error;
	return result;
}

/* A new file. 0, or -1 with *trouble and without the file. */
static int write_new(const char *path, const struct buf *data, struct message *trouble)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int result, error;

	if (fd < 0)
		return file_trouble(trouble, path, strerror(errno));
	result = io_write_all(fd, buf_data(data), buf_len(data)) || fsync(fd) ? -1 : 0;
	error = errno;
	if (close(fd) && result == 0) {
		result = -1;
		error = errno;
	}
	if (!result)
		sync_directory_of(path);
	else
		unlink(path);
	return result ? file_trouble(trouble, path, strerror(error)) : 0;
}

/* Reads the file and opens it; the content is secret. */
static int read_content(const char *path, const char *passphrase, struct buf *content,
			struct message *trouble)
{
	enum archive_result opened;
	struct buf archive = { 0 };
	struct stat st;
	int result;

	if (stat(path, &st))
		return file_trouble(trouble, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return file_trouble(trouble, path, "it is not a file");
	result = userfile_read(path, &archive, trouble);
	if (result == 1)
		file_trouble(trouble, path, strerror(ENOENT));
	if (!result) {
		opened = archive_open(buf_data(&archive), buf_len(&archive), passphrase, content);
		if (opened != ARCHIVE_DONE)
			result = archive_trouble(trouble, path, opened);
	}
	buf_finish(&archive);
	return result ? -1 : 0;
}

static void write_content(const char *jid, const struct device_key *key, const struct trust *trust,
			  const struct invitations *invitations, const struct joinings *joinings,
			  struct buf *content)
{
	char *pem = device_key_pem(key);

	buf_printf(content, "jid %s\n", jid);
	buf_puts(content, pem);
	trust_write(trust, content);
	/* What was written ends with a newline. */
	buf_puts(content, invitations_begin + 1);
	invitations_write(invitations, content);
	/* Older versions do not understand it. */
	if (joinings_first(joinings)) {
		buf_puts(content, joinings_begin + 1);
		joinings_write(joinings, content);
	}
	wipe(pem, strlen(pem));
	free(pem);
}

/* Whether the file at path has this content. */
static int read_back(const char *path, const char *passphrase, const struct buf *content,
		     struct message *trouble)
{
	struct buf again = { 0 };
	int result = read_content(path, passphrase, &again, trouble);

	if (!result && (buf_len(&again) != buf_len(content) ||
			memcmp(buf_data(&again), buf_data(content), buf_len(content)) != 0))
		result = file_trouble(trouble, path, "it is not what was written");
	finish_secret(&again);
	return result;
}

static int give_key_up(const char *jid, struct message *trouble)
{
	char *path = accountfile_path(USERFILE_DATA, jid, "key", trouble);
	char *aside = path ? accountfile_path(USERFILE_DATA, jid, "key.exported", trouble) : NULL;
	int result = aside ? userfile_move(path, aside, trouble) : -1;

	free(aside);
	free(path);
	return result;
}

static int remove_table(const char *jid, const char *name, struct message *trouble)
{
	char *path = accountfile_path(USERFILE_STATE, jid, name, trouble);
	int result = path ? userfile_remove(path, trouble) : -1;

	free(path);
	return result;
}

static int give_up(const char *jid, const struct invitations *invitations,
		   const struct joinings *joinings, struct message *trouble)
{
	struct message again;

	if (!remove_table(jid, "invitations", trouble) && !remove_table(jid, "joinings", trouble) &&
	    !give_key_up(jid, trouble))
		return 0;
	if (state_files_write_invitations(jid, invitations, &again) ||
	    state_files_write_joinings(jid, joinings, &again))
		log_error("%s", again.text);
	return -1;
}

int device_move_export(const char *path, const char *passphrase, const char *jid,
		       const struct device_key *key, const struct trust *trust,
		       const struct invitations *invitations, const struct joinings *joinings,
		       struct message *trouble)
{
	struct buf content = { 0 }, archive = { 0 };
	enum archive_result sealed;
	int result;

	write_content(jid, key, trust, invitations, joinings, &content);
	sealed = archive_seal(buf_data(&content), buf_len(&content), passphrase, &archive);
	result = sealed == ARCHIVE_DONE ? write_new(path, &archive, trouble)
					: archive_trouble(trouble, path, sealed);
	if (!result) {
		result = read_back(path, passphrase, &content, trouble);
		if (!result)
			result = give_up(jid, invitations, joinings, trouble);
		if (result)
			unlink(path);
	}
	finish_secret(&content);
	buf_finish(&archive);
	return result;
}

/*
 * Cuts the text in front of a table whose first line is "\nname\n", and returns the table. The
 * line before that has its newline, also where a table in between is empty; *n is the length of
 * the text without what was cut. "" if there is no such table.
 */
static const char *cut_table(const char *text, size_t *n, const char *begin)
{
	const char *split = *n ? strstr(text - 1, begin) : NULL;

	if (!split || split >= text + *n)
		return "";
	*n = (size_t)(split + 1 - text);
	return split + strlen(begin);
}

/* The tables, which begin behind the key. False if a line is not understood. */
static bool parse_tables(const char *text, struct device_move *out)
{
	size_t n = strlen(text), rest;
	const char *invitations = cut_table(text, &n, invitations_begin);
	const char *joinings;

	rest = strlen(invitations);
	joinings = cut_table(invitations, &rest, joinings_begin);
	out->trust = trust_create();
	out->invitations = invitations_create(openssl_digests.hmac);
	out->joinings = joinings_create();
	return !trust_parse(out->trust, text, n) &&
	       !invitations_parse(out->invitations, invitations, rest) &&
	       !joinings_parse(out->joinings, joinings, strlen(joinings));
}

static int parse(const char *path, struct buf *content, const char *jid, struct device_move *out,
		 struct message *trouble)
{
	const char *text = buf_str(content), *line = strchr(text, '\n');
	const char *end = strstr(text, pem_end);
	char *owner, *pem;

	if (strlen(text) != buf_len(content) || strncmp(text, "jid ", 4) != 0 || !line || !end ||
	    end < line)
		return file_trouble(trouble, path, "its content is not understood");
	owner = xstrndup(text + 4, (size_t)(line - text) - 4);
	if (strcmp(owner, jid) != 0) {
		message_set(trouble, MSG_EXPORT_OTHER, "path", path, "jid", owner, "me", jid, NULL);
		free(owner);
		return -1;
	}
	free(owner);
	end += strlen(pem_end);
	pem = xstrndup(line + 1, (size_t)(end - line) - 1);
	out->key = device_key_parse(pem);
	wipe(pem, strlen(pem));
	free(pem);
	if (!out->key || !parse_tables(end, out))
		return file_trouble(trouble, path, "its content is not understood");
	return 0;
}

int device_move_read(const char *path, const char *passphrase, const char *jid,
		     struct device_move *out, struct message *trouble)
{
	struct buf content = { 0 };
	int result;

	*out = (struct device_move){ 0 };
	result = read_content(path, passphrase, &content, trouble);
	if (!result)
		result = parse(path, &content, jid, out, trouble);
	finish_secret(&content);
	return result;
}

int device_move_import(const struct device_move *move, const char *jid, struct message *trouble)
{
	char *path = accountfile_path(USERFILE_DATA, jid, "key", trouble), *pem;
	int result;

	if (!path)
		return -1;
	pem = device_key_pem(move->key);
	result = state_files_write_trust(jid, move->trust, trouble);
	if (!result)
		result = state_files_write_invitations(jid, move->invitations, trouble);
	if (!result)
		result = state_files_write_joinings(jid, move->joinings, trouble);
	if (!result)
		result = userfile_write(path, pem, strlen(pem), trouble);
	wipe(pem, strlen(pem));
	free(pem);
	free(path);
	if (result)
		return -1;
	path = accountfile_path(USERFILE_DATA, jid, "key.exported", trouble);
	/* Beside a key nobody reads it. */
	if (path && unlink(path) && errno != ENOENT)
		log_warning("cannot remove '%s': %s", path, strerror(errno));
	free(path);
	return 0;
}

void device_move_finish(struct device_move *move)
{
	device_key_destroy(move->key);
	trust_destroy(move->trust);
	invitations_destroy(move->invitations);
	joinings_destroy(move->joinings);
}
