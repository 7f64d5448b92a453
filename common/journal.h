/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_JOURNAL_H
#define COMMON_JOURNAL_H

/*
 * The journal: what happened by itself, for "git xmpp log". One line an event
 * in $XDG_STATE_HOME/git-xmpp/events, fields separated by tabs and escaped; a file that
 * has grown to JOURNAL_MAX becomes events.old, in place of the one before.
 */

#include <stddef.h>
#include <stdint.h>

#include "message.h"

enum { JOURNAL_MAX = 1024 * 1024 };

struct journal_event {
	uint64_t when;			/* unix seconds */
	const char *kind;		/* "follow", "queue" ... one word */
	const char *jid;
	const char *share;
	const char *what;		/* its object: an id, a remote, refs */
	const char *result;		/* "ok", "failed" ... one word */
	const char *text;		/* a sentence for people */
};

/*
 * when 0 is now; NULL is an empty field. Appends without a sync; what cannot be
 * written is logged.
 */
void journal_add(const struct journal_event *event);

enum { JOURNAL_LEFT_OUT_MAX = 48 };

/*
 * For the end of a text, in the buffer given: how many events were left out
 * before this one, by log_admits(). "" if none were.
 */
const char *journal_left_out(unsigned count, char out[JOURNAL_LEFT_OUT_MAX]);

/*
 * Calls each for the last n events, oldest first; the event is valid during the
 * call. No journal has no events. -1 with *trouble when it cannot be read.
 */
int journal_read(size_t n, void (*each)(void *arg, const struct journal_event *event), void *arg,
		 struct message *trouble);

#endif
