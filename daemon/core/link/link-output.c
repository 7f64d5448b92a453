/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fields.h"
#include "hello.h"
#include "link-internal.h"

/*
 * What a link sends when its path can take it, in this order: HELLO, PONG, PING, the
 * records that wait, then records of data, one at a time as fill() gives them. An ACK
 * that is not urgent goes along with other output.
 */

enum { FILL_MIN = 512 };	/* bytes; the headers of smaller records would cost too much */

/*
 * Queues the next record of data by fill(). False if there is none, or if it has to wait.
 */
static bool ask_for_data(struct link *l, size_t room)
{
	struct link_internal *in = l->in;
	bool more;

	if (send_window_full(&in->send_window, in->outbox.bytes)) {
		in->starved = true;
		return false;
	}
	in->fill_size = room > RECORD_HEADER + FILL_MIN ? room - RECORD_HEADER : FILL_MIN;
	in->filling = true;
	more = l->events->fill(l->owner);
	in->filling = false;
	return more && l->state == LINK_UP && in->outbox.unsent;
}

static void put_bye(struct link_internal *in, struct buf *out)
{
	struct buf payload = { 0 };

	fields_add(&payload, "reason", in->bye);
	record_put(out, RECORD_BYE, 0, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
	in->bye_due = false;
}

/* Sends the next record that waits. */
static void put_record(struct link_internal *in, struct buf *out, uint64_t now)
{
	outbox_send(&in->outbox, out);
	keepalive_sent(&in->keepalive, true, now);
	keepalive_waiting(&in->keepalive, true, now);
	send_window_sent(&in->send_window, in->outbox.sent, now);
}

/* Appends numbered records until out has max bytes after start. */
static void put_records(struct link *l, struct buf *out, size_t start, size_t max, uint64_t now)
{
	struct link_internal *in = l->in;

	while (buf_len(out) - start < max) {
		if (!in->outbox.unsent && !ask_for_data(l, max - (buf_len(out) - start))) {
			in->quiet = true;
			return;
		}
		put_record(in, out, now);
	}
}

/* Appends what a link that is UP has to send. */
static void put_all(struct link *l, struct buf *out, size_t start, size_t max, uint64_t now)
{
	struct link_internal *in = l->in;

	if (in->pong_due) {
		record_put(out, RECORD_PONG, 0, in->pong, in->pong_len);
		in->pong_due = false;
	}
	keepalive_put_ping(&in->keepalive, out, now);
	put_records(l, out, start, max, now);
	if (l->state != LINK_UP)
		return;
	/*
	 * The initiator knows the round trip from HELLO. The responder sends a PING with
	 * its first records to measure it.
	 */
	if (!in->send_window.min_rtt && outbox_waiting(&in->outbox) &&
	    !in->keepalive.ping_sent_at) {
		in->keepalive.ping_due = true;
		keepalive_put_ping(&in->keepalive, out, now);
	}
	inbox_put_ack(&in->inbox, out, buf_len(out) > start);
}

/*
 * Appends control records behind our HELLO. The peer judges the HELLO before it looks at them,
 * and drops them if it refuses; they are kept, as all are until they are acknowledged.
 */
static void put_ahead(struct link_internal *in, struct buf *out, size_t start, size_t max)
{
	while (buf_len(out) - start < max && outbox_send(&in->outbox, out))
		;
	in->quiet = !in->outbox.unsent;
}

size_t link_output(struct link *l, struct buf *out, size_t max, uint64_t now)
{
	struct link_internal *in = l->in;
	size_t start = buf_len(out);

	if (!in->attached)
		return 0;
	in->now = now;
	if (l->busy)
		keepalive_used(&in->keepalive, now);
	in->quiet = l->state != LINK_UP;
	if (in->hello_due) {
		struct link_ends ends = link_ends(l);

		hello_put(out, in->hello_state, &ends, l->instance, l->initiator ? l->id : NULL,
			  in->inbox.received);
		in->hello_due = false;
	}
	if (l->state == LINK_UP)
		put_all(l, out, start, max, now);
	else if (link_speaks_ahead(l))
		put_ahead(in, out, start, max);
	if (in->bye_due)
		put_bye(in, out);
	if (buf_len(out) > start)
		keepalive_sent(&in->keepalive, false, now);
	return buf_len(out) - start;
}

size_t link_urgent(struct link *l, struct buf *out, size_t max, uint64_t now)
{
	struct link_internal *in = l->in;
	size_t start = buf_len(out);

	if (!in->attached || l->state != LINK_UP)
		return 0;
	in->now = now;
	while (in->outbox.unsent && in->outbox.unsent->control &&
	       buf_len(out) - start + RECORD_HEADER + in->outbox.unsent->len <= max)
		put_record(in, out, now);
	return buf_len(out) - start;
}
