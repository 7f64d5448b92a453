/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "accountfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "log.h"

enum { PIECE_MAX = 200 };	/* of a path between two slashes; a file system takes 255 */

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

char *accountfile_path(enum userfile_place place, const char *jid, const char *name, struct message *trouble)
{
	char directory[ACCOUNT_DIRECTORY_MAX], *inside, *path;

	accountfile_directory(jid, directory);
	inside = xasprintf("accounts/%s/%s", directory, name);
	path = userfile_path(place, inside, trouble);
	free(inside);
	return path;
}

char *accountfile_adopt(enum userfile_place place, const char *jid, const char *name, struct message *trouble)
{
	char *path = accountfile_path(place, jid, name, trouble), *old;

	if (!path)
		return NULL;
	/* Whatever keeps us from seeing that there is one is met again when it is read. */
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return path;
	old = userfile_path(place, name, trouble);
	if (old && rename(old, path) == 0) {
		log_info("'%s' is the account's now: '%s'", old, path);
	} else if (!old || errno != ENOENT) {
		if (old)
			message_set(trouble, MSG_STATE_FILE, "path", old, "reason", strerror(errno), NULL);
		free(path);
		path = NULL;
	}
	free(old);
	return path;
}
