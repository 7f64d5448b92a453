/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHANNEL_INTERNAL_H
#define CORE_CHANNEL_INTERNAL_H

/* The private record of a channel, shared by channel.c and channel-send.c. */

#include "channel.h"
#include "receive-window.h"

enum { CHANNEL_NUMBER_SIZE = 4 };

struct channel {
	struct channel *next;		/* channels::first */
	struct channels *all;		/* borrowed */
	uint32_t number;
	const struct channel_events *events;
	void *owner;
	bool open;			/* false: OPENING */

	/* what we send */
	struct buf out, err;
	size_t credit;			/* bytes of data that we may still send */
	size_t err_total;		/* bytes of standard error queued so far */
	size_t deficit;			/* bytes that are left of this turn */
	bool ending, end_sent;
	bool exiting, exit_sent;
	uint32_t status;
	uint64_t sent;

	/* what we receive */
	struct receive_window window;
	size_t err_received;
	bool end_received, exit_received;
	uint64_t received;
};

static inline size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Sends a record whose payload is a channel's number and a value. */
bool channel_send_number(struct channels *c, enum record_type type, uint32_t number,
			 uint32_t value);

/*
 * Closes the channel of this number, if there is one, once both ends of data and the exit
 * status were exchanged.
 */
void channel_settle(struct channels *c, uint32_t number);

#endif
