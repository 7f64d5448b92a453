/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "link-internal.h"

/*
 * What a link receives. The first record of a path is HELLO, which link-hello.c takes. Of
 * the others, numbered records go through the inbox to the owner; unnumbered ones are
 * about the path itself.
 */

static int take_ack(struct link *l, const struct record *record, uint64_t now)
{
	struct link_internal *in = l->in;
	size_t kept = in->outbox.bytes;
	uint64_t number;

	if (record->len != 8)
		return link_protocol_error(l, RECORD_ACK, "number: eight bytes");
	number = get_be64(record->payload);
	if (!outbox_plausible(&in->outbox, number))
		return link_protocol_error(l, RECORD_ACK,
					   "number: of what was sent, and not below the last one");
	if (number > in->outbox.acked)
		in->acked_at = now;
	outbox_ack(&in->outbox, number);
	keepalive_waiting(&in->keepalive, outbox_waiting(&in->outbox), now);
	send_window_acked(&in->send_window, number, kept - in->outbox.bytes, now);
	if (in->outbox.bytes == 0 && !l->busy)
		send_window_rest(&in->send_window);
	if (in->starved && in->outbox.bytes < in->send_window.limit) {
		in->starved = false;
		link_kick(l);
	}
	return 0;
}

static int take_ping(struct link *l, const struct record *record)
{
	struct link_internal *in = l->in;

	if (record->len > PING_PAYLOAD_MAX)
		return link_protocol_error(l, RECORD_PING, "payload: at most 16 bytes");
	/* Only the last PING is answered, so that a flood of them is not doubled. */
	in->pong_len = record->len;
	if (record->len > 0)
		memcpy(in->pong, record->payload, record->len);
	in->pong_due = true;
	link_kick(l);
	return 0;
}

static void take_pong(struct link *l, const struct record *record, uint64_t now)
{
	uint64_t rtt = keepalive_pong(&l->in->keepalive, record, now);

	if (rtt)
		send_window_round_trip(&l->in->send_window, rtt, now);
}

static int take_numbered(struct link *l, const struct record *record, uint64_t now)
{
	struct link_internal *in = l->in;
	unsigned path = in->path;

	switch (inbox_take(&in->inbox, record, now)) {
	case INBOX_AGAIN:
		return 0;
	case INBOX_GAP:
		return link_protocol_error(l, record->type, "number: the next one");
	case INBOX_NEW:
		in->control_received += record->type != RECORD_DATA;
		if (record_type_known(record->type))
			l->events->deliver(l->owner, record);
		if (l->state == LINK_UP && in->path == path && in->inbox.ack_due)
			link_kick(l);
	}
	return 0;
}

static int take(struct link *l, const struct record *record, uint64_t now)
{
	if (l->state == LINK_HANDSHAKE) {
		if (record->type != RECORD_HELLO)
			return link_protocol_error(l, record->type, "type: HELLO comes first");
		return link_take_hello(l, record, now);
	}
	switch (record->type) {
	case RECORD_BYE:
		link_end(l, record_reason(record, "bye"), false);
		return -1;
	case RECORD_HELLO:
		return link_protocol_error(l, RECORD_HELLO, "type: once on a path");
	case RECORD_ACK:
		return take_ack(l, record, now);
	case RECORD_PING:
		return take_ping(l, record);
	case RECORD_PONG:
		take_pong(l, record, now);
		return 0;
	default:
		return record_type_numbered(record->type) ? take_numbered(l, record, now) : 0;
	}
}

int link_input(struct link *l, struct buf *plain, uint64_t now)
{
	struct link_internal *in = l->in;
	unsigned path = in->path;

	if (!in->attached || l->state == LINK_ENDED)
		return -1;
	in->now = now;
	if (buf_len(plain) > 0)
		keepalive_heard(&in->keepalive, now);
	for (;;) {
		struct record record;
		long size = record_parse(buf_data(plain), buf_len(plain), &record);
		int ret;

		if (in->overflowed) {
			link_end(l, "overflow", true);
			return -1;
		}
		if (size == 0)
			return 0;
		if (size < 0)
			return link_protocol_error(l, (uint8_t)*buf_data(plain),
						   record_fault(buf_data(plain), buf_len(plain)));
		ret = take(l, &record, now);
		buf_consume(plain, (size_t)size);
		if (ret || l->state == LINK_ENDED)
			return -1;
		/*
		 * A callback detached or replaced this path: the rest of its bytes is not
		 * read.
		 */
		if (!in->attached || in->path != path)
			return 0;
	}
}
