/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <string.h>

#include "channel-internal.h"

/*
 * Written bytes wait in the channel until three things hold: the link asks for data
 * (channels_fill()), the peer has given credit, and it is the channel's turn. So the link
 * never holds more than one record that it cannot send. Standard error goes before data,
 * END after all data, EXIT after everything.
 */

void channel_write(struct channel *ch, const void *data, size_t n)
{
	assert(!ch->ending);
	if (n == 0)
		return;
	buf_append(&ch->out, data, n);
	if (ch->open && ch->credit > 0)
		link_wake(ch->all->link);
}

void channel_write_stderr(struct channel *ch, const void *data, size_t n)
{
	size_t left = CHANNEL_STDERR_MAX - ch->err_total;

	n = n < left ? n : left;
	if (n == 0 || ch->exit_sent)
		return;
	ch->err_total += n;
	buf_append(&ch->err, data, n);
	if (ch->open)
		link_wake(ch->all->link);
}

void channel_end(struct channel *ch)
{
	if (ch->ending)
		return;
	ch->ending = true;
	if (ch->open)
		link_wake(ch->all->link);
}

void channel_exit(struct channel *ch, uint32_t status)
{
	if (ch->exiting)
		return;
	ch->ending = true;
	ch->exiting = true;
	ch->status = status;
	if (ch->open)
		link_wake(ch->all->link);
}

/*
 * The type and the payload's size of the next record that the channel can send now; 0:
 * none.
 */
static size_t next_record(const struct channel *ch, size_t max, enum record_type *type)
{
	if (!ch->open || ch->exit_sent)
		return 0;
	max -= CHANNEL_NUMBER_SIZE;
	if (buf_len(&ch->err) > 0) {
		*type = RECORD_STDERR;
		return CHANNEL_NUMBER_SIZE + least(buf_len(&ch->err), max);
	}
	if (buf_len(&ch->out) > 0) {
		*type = RECORD_DATA;
		return ch->credit > 0 ? CHANNEL_NUMBER_SIZE +
						least(least(buf_len(&ch->out), max), ch->credit)
				      : 0;
	}
	if (ch->ending && !ch->end_sent) {
		*type = RECORD_END;
		return CHANNEL_NUMBER_SIZE;
	}
	if (ch->exiting) {
		*type = RECORD_EXIT;
		return CHANNEL_NUMBER_SIZE + 4;
	}
	return 0;
}

static void send_bytes(struct channel *ch, enum record_type type, struct buf *from, size_t n)
{
	uint8_t *payload = link_send_room(ch->all->link, type, CHANNEL_NUMBER_SIZE + n);

	if (payload) {
		put_be32(payload, ch->number);
		memcpy(payload + CHANNEL_NUMBER_SIZE, buf_data(from), n);
	}
	buf_consume(from, n);
}

/* Inside fill() link_send() only queues: it neither kicks nor ends the link. */
static void send_record(struct channel *ch, enum record_type type, size_t size)
{
	struct channels *c = ch->all;
	uint32_t number = ch->number;
	uint8_t end[CHANNEL_NUMBER_SIZE];

	switch (type) {
	case RECORD_STDERR:
		send_bytes(ch, type, &ch->err, size - CHANNEL_NUMBER_SIZE);
		break;
	case RECORD_DATA:
		ch->credit -= size - CHANNEL_NUMBER_SIZE;
		ch->sent += size - CHANNEL_NUMBER_SIZE;
		send_bytes(ch, type, &ch->out, size - CHANNEL_NUMBER_SIZE);
		ch->events->writable(ch->owner);
		break;
	case RECORD_END:
		ch->end_sent = true;
		put_be32(end, number);
		link_send(c->link, type, end, sizeof(end));
		channel_settle(c, number);
		break;
	default:
		ch->exit_sent = true;
		channel_send_number(c, type, number, ch->status);
		channel_settle(c, number);
		break;
	}
}

/* Gives the turn to the next channel, which may send quantum bytes more. */
static void pass_on(struct channels *c, size_t quantum)
{
	c->turn = c->turn && c->turn->next ? c->turn->next : c->first;
	c->turn->deficit += quantum;
}

bool channels_fill(struct channels *c)
{
	size_t max = least(link_fill_size(c->link), CHANNEL_QUANTUM);

	/*
	 * Goes round all channels and back to the first: with its new quantum any record
	 * fits.
	 */
	for (unsigned i = 0; i <= c->count && c->first; i++) {
		enum record_type type;
		size_t size;

		if (!c->turn)
			pass_on(c, max);
		size = next_record(c->turn, max, &type);
		if (size > 0 && size <= c->turn->deficit) {
			c->turn->deficit -= size;
			send_record(c->turn, type, size);
			return true;
		}
		if (size == 0)
			c->turn->deficit = 0;
		pass_on(c, max);
	}
	return false;
}
