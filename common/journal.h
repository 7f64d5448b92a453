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
	const char *text;		/* a sentence for people, with all of what follows */
	/* The same in parts; empty where it is not known, and in lines of older versions. */
	uint64_t bytes;			/* of a transfer */
	const char *way;		/* the path of a transfer, as path_name() */
	const char *refs;		/* of a push, with their fate */
	const char *why;		/* why it was refused, or failed */
	const char *account;		/* ours, bare */
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

/* Where a reader is in the journal. Zero-initialise it: before the first event. */
struct journal_place {
	uint64_t file;			/* inode of the file that is being read; 0: none */
	uint64_t at;			/* bytes of it that were read */
};

/*
 * Calls each() for all events behind the place, oldest first, and moves the place behind them.
 * A line that is being written is left for the next call. As journal_read() otherwise.
 */
int journal_read_on(struct journal_place *place,
		    void (*each)(void *arg, const struct journal_event *event), void *arg,
		    struct message *trouble);

#endif
