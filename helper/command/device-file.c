/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broker does it, because the key is in its hands: it stops to use the key in the same
 * step. What is left here is the passphrase, and the name of the file, which the broker cannot
 * resolve in another directory.
 */
#include "device-file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exit-status.h"
#include "fields.h"
#include "output.h"
#include "passphrase.h"
#include "query.h"

/* False with *trouble. */
static bool absolute(const char *file, char path[PATH_MAX], struct message *trouble)
{
	size_t n = 0;
	bool fits;

	if (*file != '/' && !getcwd(path, PATH_MAX)) {
		message_set(trouble, MSG_STATE_FILE, "path", file, "reason", strerror(errno), NULL);
		return false;
	}
	if (*file != '/')
		n = strlen(path);
	fits = n + 1 + strlen(file) < PATH_MAX && n + 1 + strlen(file) < FIELD_VALUE_MAX;
	if (fits)
		snprintf(path + n, PATH_MAX - n, "%s%s", n ? "/" : "", file);
	else
		message_set(trouble, MSG_STATE_FILE, "path", file, "reason", strerror(ENAMETOOLONG),
			    NULL);
	return fits;
}

static int tell(bool export, const char *path, struct buf *passphrase, struct message *trouble)
{
	struct query answer = { 0 };
	struct buf command = { .secret = true };
	int result;

	fields_add(&command, "verb", export ? "device-export" : "device-import");
	fields_add(&command, "path", path);
	fields_add(&command, "passphrase", buf_str(passphrase));
	result = query_get(&answer, &command, autostart_allowed(), trouble);
	buf_finish(&command);
	if (!result && *answer.message)
		puts(answer.message);
	query_finish(&answer);
	return result;
}

int device_file(bool export, const char *file, const char *passphrase_file)
{
	struct message trouble = { .id = MSG_NONE };
	struct buf passphrase = { .secret = true };
	char path[PATH_MAX];
	bool done;

	done = absolute(file, path, &trouble) &&
	       passphrase_get(passphrase_file, export, &passphrase, &trouble) &&
	       !tell(export, path, &passphrase, &trouble);
	buf_finish(&passphrase);
	return done ? STATUS_OK : report_trouble(&trouble, false);
}
