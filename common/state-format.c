/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table is written without the lines of it that were not understood. So a broker of an
 * earlier version does not begin with what a later one has written, however little of that is
 * new.
 */
#include "state-format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "decimal.h"
#include "userfile.h"

static int compare(const char *path, const char *number, struct message *trouble)
{
	char ours[16];
	uint64_t theirs;

	if (!decimal_parse(number, UINT64_MAX, &theirs)) {
		message_set(trouble, MSG_STATE_FILE, "path", path, "reason", "it is no number",
			    NULL);
		return -1;
	}
	if (theirs <= STATE_FORMAT)
		return 0;
	snprintf(ours, sizeof(ours), "%d", STATE_FORMAT);
	message_set(trouble, MSG_STATE_NEWER, "path", path, "theirs", number, "ours", ours, NULL);
	return -1;
}

int state_format_check(struct message *trouble)
{
	char *path = userfile_name(USERFILE_STATE, "format"), *line;
	struct buf text = { 0 };
	int result = path ? userfile_read(path, &text, trouble) : 1;

	if (result == 0) {
		line = xstrndup(buf_str(&text), strcspn(buf_str(&text), "\n"));
		result = compare(path, line, trouble);
		free(line);
	}
	buf_finish(&text);
	free(path);
	return result < 0 ? -1 : 0;
}
