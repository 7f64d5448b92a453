/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "move-record.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buf.h"
#include "log.h"
#include "userfile.h"

static char *record_path(struct message *trouble)
{
	return userfile_path(USERFILE_STATE, "moving", trouble);
}

static char *record_of(const char *from, const char *to)
{
	return xasprintf("%s %s\n", from, to);
}

bool move_record_is(const char *from, const char *to)
{
	struct message trouble;
	struct buf text = { 0 };
	char *path = record_path(&trouble), *line = record_of(from, to);
	bool same = path && !userfile_read(path, &text, &trouble) && !strcmp(buf_str(&text), line);

	buf_finish(&text);
	free(line);
	free(path);
	return same;
}

bool move_record_begin(const char *from, const char *to, struct message *trouble)
{
	char *path = record_path(trouble), *line = record_of(from, to);
	bool written = path && !userfile_write(path, line, strlen(line), trouble);

	free(line);
	free(path);
	return written;
}

void move_record_end(void)
{
	struct message trouble;
	char *path = record_path(&trouble);

	/* One that stays lets a move that was done be said again, no more. */
	if (!path || userfile_remove(path, &trouble))
		log_warning("%s", trouble.text);
	free(path);
}
