/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_INBOX_H
#define CORE_INBOX_H

/*
 * The other end of an outbox: which numbered records of the peer have come,
 * and when it is to be told. An ACK rides on other output, or goes alone after
 * LINK_ACK_DELAY or LINK_ACK_BYTES. It is not acknowledged itself.
 */

#include "record.h"

struct inbox {
	uint64_t received;	/* the last number; all before it have come */
	bool ack_due;		/* without waiting for other output */
	uint64_t ack_at;	/* when it will be due; UINT64_MAX: it is, or there is nothing to
				   say */
	size_t ack_bytes;	/* taken since the last ACK */
};

enum inbox_verdict {
	INBOX_NEW,		/* counted; to be delivered */
	INBOX_AGAIN,		/* we have it: sent again because our last ACK was lost */
	INBOX_GAP,		/* one before it is missing, which no correct peer does */
};

/* The peer knows what has come: by ACK, or on a new path by our HELLO. */
void inbox_told(struct inbox *i);
enum inbox_verdict inbox_take(struct inbox *i, const struct record *record, uint64_t now);
void inbox_tick(struct inbox *i, uint64_t now);

/* Appends an ACK if it is due or, with company, if there is anything to acknowledge. */
void inbox_put_ack(struct inbox *i, struct buf *out, bool company);

#endif
