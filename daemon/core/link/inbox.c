/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inbox.h"

/*
 * One number is enough, because records come in order or not at all. A record with that
 * number or a lower one was delivered before. One beyond the next is the peer's
 * fault.
 */

void inbox_told(struct inbox *i)
{
	i->ack_due = false;
	i->ack_at = UINT64_MAX;
	i->ack_bytes = 0;
}

enum inbox_verdict inbox_take(struct inbox *i, const struct record *record, uint64_t now)
{
	if (record->number <= i->received)
		return INBOX_AGAIN;
	if (record->number != i->received + 1)
		return INBOX_GAP;
	i->received++;
	i->ack_bytes += RECORD_HEADER + record->len;
	if (i->ack_bytes >= LINK_ACK_BYTES) {
		i->ack_due = true;
		i->ack_at = UINT64_MAX;
	} else if (i->ack_at == UINT64_MAX && !i->ack_due) {
		i->ack_at = now + LINK_ACK_DELAY;
	}
	return INBOX_NEW;
}

void inbox_tick(struct inbox *i, uint64_t now)
{
	if (now < i->ack_at)
		return;
	i->ack_due = true;
	i->ack_at = UINT64_MAX;
}

void inbox_put_ack(struct inbox *i, struct buf *out, bool company)
{
	uint8_t number[8];

	if (!i->ack_due && (i->ack_at == UINT64_MAX || !company))
		return;
	put_be64(number, i->received);
	record_put(out, RECORD_ACK, 0, number, sizeof(number));
	inbox_told(i);
}
