/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "wipe.h"

static bool parse_one(const char *text, size_t n, bool (*take)(void *arg, char *line), void *arg)
{
	char *line = xmalloc(n + 1);
	bool taken;

	/* All of it, because all of it is wiped: xstrndup() would stop at a NUL. */
	memcpy(line, text, n);
	line[n] = '\0';
	taken = strlen(line) == n && take(arg, line);
	wipe(line, n);
	free(line);
	return taken;
}

int lines_parse(const char *text, size_t n, bool (*take)(void *arg, char *line), void *arg)
{
	int dropped = 0;

	while (n) {
		const char *stop = memchr(text, '\n', n);
		size_t len = stop ? (size_t)(stop - text) : n;

		dropped += len && !parse_one(text, len, take, arg);
		len += stop != NULL;
		text += len;
		n -= len;
	}
	return dropped;
}
