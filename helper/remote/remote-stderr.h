/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_REMOTE_STDERR_H
#define HELPER_REMOTE_STDERR_H

/*
 * Shows the standard error of the far service on ours: line by line behind "remote: ", as
 * git does it, escaped for a terminal, and only up to a limit. Zero-initialise it.
 */

#include <stdbool.h>

#include "buf.h"

enum {
	REMOTE_LINE_MAX = 1000,			/* bytes; longer lines are folded */
	REMOTE_STDERR_MAX = 64 * 1024,		/* bytes; then one line says that there was
						   more */
};

struct remote_stderr {
	struct buf line;	/* a line that has no newline yet */
	size_t shown;
	bool cut;
};

void remote_stderr_add(struct remote_stderr *text, const char *data, size_t n);

/* Shows a last line that had no newline, and frees. */
void remote_stderr_finish(struct remote_stderr *text);

#endif
