/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_INBOX_H
#define CORE_INBOX_H

/*
 * The other end of the peer's outbox: which of its numbered records have come, and when
 * an ACK is due (delayed ACK, RFC 1122 4.2.3.2). An ACK goes along with other output, or
 * alone after LINK_ACK_DELAY or LINK_ACK_BYTES. An ACK is not acknowledged itself.
 */

#include "record.h"

struct inbox {
	uint64_t received;	/* the last number; all before it have come */
	bool ack_due;		/* an ACK must go, without waiting for other output */
	uint64_t ack_at;	/* when an ACK will be due; UINT64_MAX: it is due, or nothing
				   new has come */
	size_t ack_bytes;	/* bytes taken since the last ACK */
};

enum inbox_verdict {
	INBOX_NEW,		/* counted; to be delivered */
	INBOX_AGAIN,		/* received before: sent again because our last ACK was lost */
	INBOX_GAP,		/* a record before it is missing: the peer's fault */
};

/* The peer has been told what has come: by an ACK, or on a new path by our HELLO. */
void inbox_told(struct inbox *i);
enum inbox_verdict inbox_take(struct inbox *i, const struct record *record, uint64_t now);
void inbox_tick(struct inbox *i, uint64_t now);

/*
 * Appends an ACK if one is due. With company (other output goes, too) an ACK is appended
 * if there is anything to acknowledge.
 */
void inbox_put_ack(struct inbox *i, struct buf *out, bool company);

#endif
