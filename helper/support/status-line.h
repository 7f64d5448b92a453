/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_STATUS_LINE_H
#define HELPER_STATUS_LINE_H

/*
 * The last line of standard error, which says what is going on and is replaced by what comes
 * next, like "waiting for bob@example.org (4 s)". It is shown only if git wants progress, and
 * cut to the width of the terminal. Zero-initialise it, with wanted set.
 */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct status_line {
	bool wanted;		/* git asked for progress */
	struct buf text;	/* escaped; empty: there is nothing to say */
	int64_t since;		/* ms of monotonic_ms(); when the wait began */
	int64_t next;		/* ms; when the line is shown, or counts on; 0: not */
	bool visible;
};

/* A wait has begun: text is shown after a second, and from then on with its seconds. */
void status_line_wait(struct status_line *l, const char *text);
/* Another text for the same wait; empty: the line is hidden. */
void status_line_set(struct status_line *l, const char *text);
/* Shows text now, without counting. */
void status_line_show(struct status_line *l, const char *text);

/* How long to sleep until status_line_tick() has something to do, in ms; -1: any time. */
int status_line_timeout(const struct status_line *l);
void status_line_tick(struct status_line *l);

/* To be called before anything else is printed on standard error. */
void status_line_hide(struct status_line *l);
void status_line_finish(struct status_line *l);

#endif
