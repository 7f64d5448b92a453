/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "accountfile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "hex.h"
#include "log.h"

enum { PIECE_MAX = 200 };	/* bytes between two slashes; a file system takes 255 */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("@-_.", c));
}

void accountfile_directory(const char *jid, char out[ACCOUNT_DIRECTORY_MAX])
{
	size_t piece = 0;

	for (const char *c = jid; *c && c - jid < JID_MAX; c++) {
		if (piece >= PIECE_MAX) {
			*out++ = '/';
			*out++ = '+';
			piece = 1;
		}
		if (is_plain(*c) && !(c == jid && *c == '.')) {
			*out++ = *c;
			piece++;
		} else {
			piece += (size_t)sprintf(out, "%%%02x", (unsigned char)*c);
			out += 3;
		}
	}
	*out = '\0';
}

char *accountfile_path(enum userfile_place place, const char *jid, const char *name,
		       struct message *trouble)
{
	char directory[ACCOUNT_DIRECTORY_MAX], *inside, *path;

	accountfile_directory(jid, directory);
	inside = xasprintf("accounts/%s/%s", directory, name);
	path = userfile_path(place, inside, trouble);
	free(inside);
	return path;
}

/*
 * The JID of a directory's name. False if the name stands for none, or is too long to
 * decode.
 */
static bool jid_of(const char *directory, char out[JID_MAX])
{
	size_t n = 0;

	for (const char *c = directory; *c; c++) {
		char digits[3] = "";

		if (n + 1 >= JID_MAX)
			return false;
		if (*c != '%') {
			out[n++] = *c;
			continue;
		}
		memcpy(digits, c + 1, strnlen(c + 1, 2));
		if (!hex_decode(digits, &out[n++], 1))
			return false;
		c += 2;
	}
	out[n] = '\0';
	return true;
}

/*
 * The account's file in the directory of another spelling of its JID, from when the
 * spellings were two accounts; or NULL.
 */
static char *other_spelling(enum userfile_place place, const char *jid, const char *name)
{
	struct message trouble = { .id = MSG_NONE };
	char *all = userfile_path(place, "accounts", &trouble), *found = NULL;
	DIR *directory = all ? opendir(all) : NULL;
	struct dirent *entry;

	while (directory && !found && (entry = readdir(directory))) {
		char spelling[JID_MAX], bare[JID_MAX];

		if (!jid_of(entry->d_name, spelling) || !strcmp(spelling, jid) ||
		    !jid_bare(spelling, bare) || strcmp(bare, jid))
			continue;
		found = xasprintf("%s/%s/%s", all, entry->d_name, name);
		if (access(found, F_OK)) {
			free(found);
			found = NULL;
		}
	}
	if (directory)
		closedir(directory);
	free(all);
	return found;
}

char *accountfile_adopt(enum userfile_place place, const char *jid, const char *name,
			struct message *trouble)
{
	char *path = accountfile_path(place, jid, name, trouble), *old;

	if (!path)
		return NULL;
	/*
	 * If access() fails for another reason, reading the file will fail for it too, and
	 * report it.
	 */
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return path;
	old = other_spelling(place, jid, name);
	if (!old)
		old = userfile_path(place, name, trouble);
	if (old && rename(old, path) == 0) {
		log_info("'%s' is the account's now: '%s'", old, path);
	} else if (!old || errno != ENOENT) {
		if (old)
			message_set(trouble, MSG_STATE_FILE, "path", old, "reason", strerror(errno),
				    NULL);
		free(path);
		path = NULL;
	}
	free(old);
	return path;
}
