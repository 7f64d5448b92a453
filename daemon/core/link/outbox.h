/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

/*
 * The numbered records of one direction of a link, each kept from when it is
 * queued until the peer has acknowledged it. A number is given when a record
 * is queued and never changes, so what is sent again on another path is the
 * same. Zero-initialise it; outbox_finish() frees what it holds.
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
	struct outgoing *unsent;	/* next to be sent, or again; in the list, or NULL */
	uint64_t queued;	/* number of the last record queued */
	uint64_t sent;		/* highest number that ever left on a path */
	uint64_t acked;		/* highest number the peer is known to have */
	size_t bytes;		/* of all records kept, headers included */
	unsigned control;	/* control records kept */
};

void outbox_finish(struct outbox *o);

/* A new record at the end, whose payload the caller writes at once, where this points. */
uint8_t *outbox_add(struct outbox *o, enum record_type type, size_t len, bool control);

/* Appends the next unsent record to out; false if there is none. */
bool outbox_send(struct outbox *o, struct buf *out);

/* Whether a peer of this link may say that it has all records up to number. */
bool outbox_plausible(const struct outbox *o, uint64_t number);

/* Forgets the records up to number, which is plausible. */
void outbox_ack(struct outbox *o, uint64_t number);

/* Another path: everything kept is to be sent again. */
void outbox_rewind(struct outbox *o);

/* Something has left and is not yet acknowledged. */
bool outbox_waiting(const struct outbox *o);

#endif
