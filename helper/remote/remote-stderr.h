/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_REMOTE_STDERR_H
#define HELPER_REMOTE_STDERR_H

/*
 * What the far service says on its standard error, shown on ours: line by
 * line behind "remote: ", as git does it, with nothing in it that a terminal
 * could obey, and only so much of it. Zero-initialise it.
 */

#include <stdbool.h>

#include "buf.h"

enum {
	REMOTE_LINE_MAX = 1000,			/* bytes; longer lines are folded */
	REMOTE_STDERR_MAX = 64 * 1024,		/* bytes; one line tells that there was more */
};

struct remote_stderr {
	struct buf line;	/* begun, not yet shown */
	size_t shown;
	bool cut;
};

void remote_stderr_add(struct remote_stderr *text, const char *data, size_t n);

/* Shows a last line that had no newline, and frees. */
void remote_stderr_finish(struct remote_stderr *text);

#endif
