/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LINK_INTERNAL_H
#define CORE_LINK_INTERNAL_H

/*
 * The private part of a link, shared by link.c, link-hello.c, link-input.c and
 * link-output.c.
 */

#include "inbox.h"
#include "keepalive.h"
#include "link.h"
#include "outbox.h"
#include "send-window.h"

struct link_internal {
	struct outbox outbox;		/* records sent or queued */
	struct inbox inbox;		/* records received, and the ACK that is due */
	char *us, *them;		/* owned; link_ends() */
	bool was_up;
	bool ours;			/* it first came up by an attempt of ours */
	uint64_t came_up_at;		/* when it first came up */
	bool filling;			/* inside events->fill() */
	bool overflowed;		/* a record had no room: the link must end, at the next
					   tick or input */
	size_t fill_size;
	uint64_t suspended_at;
	uint64_t now;			/* the last `now` passed in */

	/* of the present path */
	bool attached;
	unsigned path;			/* counts paths, so that a change inside a callback is
					   noticed */
	bool dead;			/* link_path_dead() */
	bool quiet;			/* link_output() has given all it had: more needs a kick */
	bool starved;			/* data waits for acknowledgements */
	bool greeted;			/* the peer's HELLO was checked: more than our HELLO
					   may be said */
	bool hello_due;
	const char *hello_state;
	bool bye_due;
	char bye[REASON_MAX + 1];
	bool pong_due;
	uint8_t pong[PING_PAYLOAD_MAX];
	size_t pong_len;
	uint64_t attached_at;
	uint64_t acked_at;		/* when an ACK last covered a new record */
	struct keepalive keepalive;
	uint64_t control_sent, control_received;
	struct send_window send_window;
};

/* Whether control records may go out although the answer to our HELLO has not come. */
static inline bool link_speaks_ahead(const struct link *l)
{
	return l->state == LINK_HANDSHAKE && l->initiator && l->ahead && !l->in->was_up;
}

/* link.c */

/* Changes the state, and logs the change with its reason. All changes go through here. */
void link_enter(struct link *l, enum link_state state, const char *because);
void link_start_path(struct link *l, bool initiator, uint64_t now);
void link_kick(struct link *l);
void link_end(struct link *l, const char *reason, bool tell);
/*
 * Ends the link because a record of this type broke a rule ("field: rule"). Returns -1,
 * since the path must be closed, too.
 */
int link_protocol_error(struct link *l, unsigned type, const char *rule);

/*
 * link-hello.c: takes the first record on a path that was attached before it came.
 * Returns 0 or -1 as link_input() does.
 */
int link_take_hello(struct link *l, const struct record *record, uint64_t now);

#endif
