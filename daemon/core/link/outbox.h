/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

/*
 * The numbered records of one direction of a link (retransmission queue, RFC 9293 3.4). A
 * record is kept from when it is queued until the peer has acknowledged it. It gets its
 * number when it is queued and keeps it, so a replay on another path is the same.
 * Zero-initialise the outbox; outbox_finish() frees what it holds.
 */

#include "record.h"

struct outgoing {
	struct outgoing *next;
	uint64_t number;
	enum record_type type;
	bool control;		/* counts in outbox::control */
	size_t len;
	uint8_t payload[];
};

struct outbox {
	struct outgoing *first, *last;	/* owned */
	struct outgoing *unsent;	/* borrowed: next to be sent, or sent again; NULL: none */
	uint64_t queued;	/* number of the last record queued */
	uint64_t sent;		/* highest number that ever left on a path */
	uint64_t acked;		/* highest number the peer is known to have */
	size_t bytes;		/* of all records kept, headers included */
	unsigned control;	/* control records kept */
};

void outbox_finish(struct outbox *o);

/*
 * Adds a record at the end. The caller writes the payload at once, where the result
 * points.
 */
uint8_t *outbox_add(struct outbox *o, enum record_type type, size_t len, bool control);

/* Appends the next unsent record to out; false if there is none. */
bool outbox_send(struct outbox *o, struct buf *out);

/* Whether a correct peer may say that it has all records up to number. */
bool outbox_plausible(const struct outbox *o, uint64_t number);

/* Forgets the records up to number, which is plausible. */
void outbox_ack(struct outbox *o, uint64_t number);

/* On another path: everything kept is to be sent again. */
void outbox_rewind(struct outbox *o);

/* Whether something has left and is not acknowledged yet. */
bool outbox_waiting(const struct outbox *o);

#endif
