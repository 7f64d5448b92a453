/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LINK_INTERNAL_H
#define CORE_LINK_INTERNAL_H

/*
 * A link from inside: for link.c, and for link-hello.c, link-input.c,
 * link-output.c that stand on it.
 */

#include "inbox.h"
#include "keepalive.h"
#include "link.h"
#include "outbox.h"
#include "send-window.h"

struct link_internal {
	struct outbox outbox;		/* what we send */
	struct inbox inbox;		/* what we have of the peer's, and owe an ACK for */
	char *us, *them;		/* owned; link_ends() */
	bool was_up;
	bool ours;			/* it came up by an attempt of ours */
	uint64_t came_up_at;		/* then */
	bool filling;			/* inside events->fill() */
	bool overflowed;		/* a record had no room: the link must end, at the next tick
					   or input */
	size_t fill_size;
	uint64_t suspended_at;
	uint64_t now;			/* what we were last told */

	/* of the present path */
	bool attached;
	unsigned path;			/* counts them, to notice a change under a callback */
	bool dead;			/* link_path_dead() */
	bool quiet;			/* link_output() has given all it had: more needs a kick */
	bool starved;			/* data waits for acknowledgements */
	bool greeted;			/* the peer's HELLO was checked: it may hear more than
					   ours */
	bool hello_due;
	const char *hello_state;
	bool bye_due;
	char bye[REASON_MAX + 1];
	bool pong_due;
	uint8_t pong[PING_PAYLOAD_MAX];
	size_t pong_len;
	uint64_t attached_at;
	uint64_t acked_at;		/* when an ACK last told something new */
	struct keepalive keepalive;
	uint64_t control_sent, control_received;
	struct send_window send_window;
};

/* link.c */

/* The one writer of the state. */
void link_enter(struct link *l, enum link_state state, const char *because);
void link_start_path(struct link *l, bool initiator, uint64_t now);
void link_kick(struct link *l);
void link_end(struct link *l, const char *reason, bool tell);
/*
 * The peer broke a rule ("field: rule") with a record of this type. -1, for the
 * path must be closed too.
 */
int link_protocol_error(struct link *l, unsigned type, const char *rule);

/*
 * link-hello.c: a HELLO has come first on a path that was attached before. 0,
 * or -1 as link_input().
 */
int link_take_hello(struct link *l, const struct record *record, uint64_t now);

#endif
