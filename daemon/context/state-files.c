/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state-files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "accountfile.h"
#include "alloc.h"
#include "log.h"
#include "wipe.h"

static void file_trouble(struct message *trouble, const char *path, const char *reason)
{
	message_set(trouble, MSG_STATE_FILE, "path", path, "reason", reason, NULL);
}

static struct device_key *make_key(const char *path, struct message *trouble)
{
	struct device_key *key = device_key_generate();
	char *pem = device_key_pem(key);
	int result = userfile_write(path, pem, strlen(pem), trouble);

	wipe(pem, strlen(pem));
	free(pem);
	if (result) {
		device_key_destroy(key);
		return NULL;
	}
	log_info("made the device key '%s'", path);
	return key;
}

/*
 * Whether the key was moved to another machine (device-move.h): then none is made or adopted
 * in its place.
 */
static bool was_exported(const char *jid, struct message *trouble)
{
	char *path = accountfile_path(USERFILE_DATA, jid, "key", trouble);
	char *aside = accountfile_path(USERFILE_DATA, jid, "key.exported", trouble);
	bool result = path && aside && access(path, F_OK) && !access(aside, F_OK);

	if (result)
		message_set(trouble, MSG_DEVICE_EXPORTED, "jid", jid, "path", aside, NULL);
	free(aside);
	free(path);
	return result;
}

char *state_files_moved(const char *jid, char **path)
{
	struct message trouble;
	char *file = accountfile_path(USERFILE_DATA, jid, "moved", &trouble), to[JID_MAX];
	char *line;
	struct buf text = { 0 };
	bool known = false;

	if (file && userfile_read(file, &text, &trouble) == 0) {
		line = xstrndup(buf_str(&text), strcspn(buf_str(&text), "\n"));
		known = jid_bare(line, to);
		free(line);
	}
	buf_finish(&text);
	if (path && known)
		*path = file;
	else
		free(file);
	return known ? xstrdup(to) : NULL;
}

/* Whether the key went to another account of the user: then none is made in its place. */
static bool was_moved(const char *jid, struct message *trouble)
{
	char *path = accountfile_path(USERFILE_DATA, jid, "key", trouble), *file = NULL;
	char *to = path && access(path, F_OK) ? state_files_moved(jid, &file) : NULL;
	bool moved;

	if (to)
		message_set(trouble, MSG_ACCOUNT_MOVED, "jid", jid, "to", to, "path", file, NULL);
	moved = to != NULL;
	free(file);
	free(path);
	free(to);
	return moved;
}

struct device_key *state_files_key(const char *jid, struct message *trouble)
{
	struct device_key *key = NULL;
	struct buf pem = { 0 };
	struct stat st;
	char *path;

	if (was_exported(jid, trouble) || was_moved(jid, trouble))
		return NULL;
	path = accountfile_adopt(USERFILE_DATA, jid, "key", trouble);
	if (!path)
		return NULL;
	if (stat(path, &st) == 0 && (st.st_mode & 077)) {
		file_trouble(trouble, path, "others can read it: chmod 0600");
		free(path);
		return NULL;
	}
	switch (userfile_read(path, &pem, trouble)) {
	case 0:
		key = device_key_parse(buf_str(&pem));
		if (!key)
			file_trouble(trouble, path, "it is not a device key");
		wipe(buf_data(&pem), buf_len(&pem));
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

/*
 * Reads a file of the account into a table; a file that is not there is an empty one. take()
 * returns how many lines it dropped. path is freed; NULL: *trouble is set.
 */
static int read_state(char *path, int (*take)(void *table, const char *text, size_t n), void *table,
		      struct message *trouble)
{
	struct buf text = { .secret = true };
	int result, dropped;

	if (!path)
		return -1;
	result = userfile_read(path, &text, trouble);
	if (result == 0) {
		dropped = take(table, buf_str(&text), buf_len(&text));
		if (dropped)
			log_warning("'%s': %d lines were not understood", path, dropped);
	}
	buf_finish(&text);
	free(path);
	return result < 0 ? -1 : 0;
}

static int take_trust(void *table, const char *text, size_t n)
{
	int dropped = trust_parse(table, text, n);

	trust_expire(table, time(NULL));
	return dropped;
}

int state_files_read_trust(const char *jid, struct trust *trust, struct message *trouble)
{
	return read_state(accountfile_adopt(USERFILE_STATE, jid, "devices", trouble), take_trust,
			  trust, trouble);
}

/* Writes text to a file of the account, and ends it. */
static int write_state(const char *jid, const char *name, struct buf *text, struct message *trouble)
{
	char *path = accountfile_path(USERFILE_STATE, jid, name, trouble);
	int result = -1;

	if (path)
		result = userfile_write(path, buf_str(text), buf_len(text), trouble);
	buf_finish(text);
	free(path);
	return result;
}

int state_files_write_trust(const char *jid, const struct trust *trust, struct message *trouble)
{
	struct buf text = { 0 };

	trust_write(trust, &text);
	return write_state(jid, "devices", &text, trouble);
}

static int take_invitations(void *table, const char *text, size_t n)
{
	int dropped = invitations_parse(table, text, n);

	invitations_expire(table, time(NULL));
	return dropped;
}

int state_files_read_invitations(const char *jid, struct invitations *invitations,
				 struct message *trouble)
{
	return read_state(accountfile_path(USERFILE_STATE, jid, "invitations", trouble),
			  take_invitations, invitations, trouble);
}

int state_files_write_invitations(const char *jid, const struct invitations *invitations,
				  struct message *trouble)
{
	struct buf text = { .secret = true };

	invitations_write(invitations, &text);
	return write_state(jid, "invitations", &text, trouble);
}

static int take_joinings(void *table, const char *text, size_t n)
{
	return joinings_parse(table, text, n);
}

int state_files_read_joinings(const char *jid, struct joinings *joinings, struct message *trouble)
{
	return read_state(accountfile_path(USERFILE_STATE, jid, "joinings", trouble), take_joinings,
			  joinings, trouble);
}

int state_files_write_joinings(const char *jid, const struct joinings *joinings,
			       struct message *trouble)
{
	struct buf text = { .secret = true };

	joinings_write(joinings, &text);
	return write_state(jid, "joinings", &text, trouble);
}

static int take_notices(void *table, const char *text, size_t n)
{
	return notices_parse(table, text, n);
}

int state_files_read_notices(const char *jid, struct notices *notices, struct message *trouble)
{
	return read_state(accountfile_path(USERFILE_STATE, jid, "notices", trouble), take_notices,
			  notices, trouble);
}

int state_files_write_notices(const char *jid, const struct notices *notices,
			      struct message *trouble)
{
	struct buf text = { 0 };

	notices_write(notices, &text);
	return write_state(jid, "notices", &text, trouble);
}
