/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_JOURNAL_H
#define COMMON_JOURNAL_H

/*
 * The journal: events that happened without a command, for "git xmpp log". One line an
 * event in $XDG_STATE_HOME/git-xmpp/events, fields separated by tabs and escaped. A file
 * that has grown to JOURNAL_MAX is renamed to events.old, and replaces the previous one.
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
	const char *what;		/* what the event is about: an id, a remote, refs */
	const char *result;		/* "ok", "failed" ... one word */
	const char *text;		/* a sentence for people */
};

/*
 * Appends an event, without a sync. when 0 means now; NULL is an empty field. If writing
 * fails, the failure is logged.
 */
void journal_add(const struct journal_event *event);

enum { JOURNAL_LEFT_OUT_MAX = 48 };

/*
 * A text to be put behind that of an event: how many events before it were left out, as
 * log_admits() has counted. "" if count is 0. Written to out, and returned.
 */
const char *journal_left_out(unsigned count, char out[JOURNAL_LEFT_OUT_MAX]);

/*
 * Calls each() for the last n events, oldest first; the event is valid during the call. A
 * missing journal has no events. -1 with *trouble if it cannot be read.
 */
int journal_read(size_t n, void (*each)(void *arg, const struct journal_event *event), void *arg,
		 struct message *trouble);

#endif
