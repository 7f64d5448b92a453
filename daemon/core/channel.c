/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fields.h"
#include "log.h"

/*
 * What an owner writes waits in the channel until the link asks for data
 * (channels_fill()), the peer has given credit and it is the channel's turn;
 * so the link never holds more than one record that it cannot send. Standard
 * error goes before data, END after all data, EXIT after everything.
 *
 * What can go wrong: the peer sends more than it was granted, or out of order.
 * It is a trusted device with a broken or hostile broker then, and the caller
 * ends the link. Any callback may close the channel, or all of them, so after
 * one a channel is looked up again.
 */

enum {
	NUMBER_SIZE = 4,
	STDERR_RECEIVE_MAX = 2 * CHANNEL_STDERR_MAX,
	/* So much must be consumed before it is worth a CREDIT record. */
	CREDIT_WORTH = CHANNEL_WINDOW / 4,
	/* More credit than this is nonsense. */
	CREDIT_MAX = 1 << 30,
};

struct channel {
	struct channel *next;		/* channels::first */
	struct channels *all;		/* borrowed */
	uint32_t number;
	const struct channel_events *events;
	void *owner;
	bool open;			/* else OPENING */

	/* what we send */
	struct buf out, err;
	size_t credit;			/* bytes of data the peer wants */
	size_t err_total;		/* of standard error ever queued */
	size_t deficit;			/* bytes of this turn that are left */
	bool ending, end_sent;
	bool exiting, exit_sent;
	uint32_t status;
	uint64_t sent;

	/* what we receive */
	size_t granted;			/* bytes the peer may still send */
	size_t held;			/* delivered and not consumed */
	size_t owed;			/* consumed, and no credit given yet */
	size_t err_received;
	bool end_received, exit_received;
	uint64_t received;
};

void channels_init(struct channels *c, struct link *link, bool odd)
{
	*c = (struct channels){ .link = link, .next = odd ? 1 : 2 };
}

static struct channel *find(const struct channels *c, uint32_t number)
{
	struct channel *ch = c->first;

	while (ch && ch->number != number)
		ch = ch->next;
	return ch;
}

static struct channel *add(struct channels *c, uint32_t number,
			   const struct channel_events *events, void *owner)
{
	struct channel *ch = xcalloc(1, sizeof(*ch));
	struct channel **last = &c->first;

	ch->all = c;
	ch->number = number;
	ch->events = events;
	ch->owner = owner;
	ch->granted = CHANNEL_WINDOW;
	while (*last)
		last = &(*last)->next;
	*last = ch;
	c->count++;
	return ch;
}

/* Takes it out and frees it. The last thing its owner hears is closed(). */
static void finish(struct channel *ch, const char *reason)
{
	struct channels *c = ch->all;
	struct channel **at = &c->first;
	const struct channel_events *events = ch->events;
	void *owner = ch->owner;

	while (*at != ch)
		at = &(*at)->next;
	*at = ch->next;
	if (c->turn == ch)
		c->turn = ch->next;
	c->count--;
	buf_finish(&ch->out);
	buf_finish(&ch->err);
	free(ch);
	events->closed(owner, reason);
}

void channels_finish(struct channels *c, const char *reason)
{
	while (c->first)
		finish(c->first, reason);
}

/* Closes it if both sides have said everything. */
static void settle(struct channels *c, uint32_t number)
{
	struct channel *ch = find(c, number);

	if (ch && ch->end_sent && ch->end_received && (ch->exit_sent || ch->exit_received))
		finish(ch, NULL);
}

struct channel *channel_open(struct channels *c, const struct channel_events *events, void *owner)
{
	struct channel *ch;

	if (c->count >= CHANNELS_PER_LINK || c->next > UINT32_MAX - 2 ||
	    c->link->state == LINK_ENDED)
		return NULL;
	ch = add(c, c->next, events, owner);
	c->next += 2;
	return ch;
}

static bool is_ours(const struct channels *c, uint32_t number)
{
	return number % 2 == c->next % 2;
}

static bool send_number(struct channels *c, enum record_type type, uint32_t number, uint32_t value)
{
	uint8_t payload[8];

	put_be32(payload, number);
	put_be32(payload + 4, value);
	return link_send(c->link, type, payload, sizeof(payload));
}

struct channel *channel_accept(struct channels *c, uint32_t number,
			       const struct channel_events *events, void *owner)
{
	struct channel *ch;

	if (number == 0 || is_ours(c, number) || find(c, number) ||
	    c->count >= CHANNELS_PER_LINK)
		return NULL;
	if (!send_number(c, RECORD_ACCEPT, number, CHANNEL_WINDOW))
		return NULL;
	ch = add(c, number, events, owner);
	ch->open = true;
	ch->credit = CHANNEL_WINDOW;
	return ch;
}

void channel_set_events(struct channel *ch, const struct channel_events *events, void *owner)
{
	ch->events = events;
	ch->owner = owner;
}

uint32_t channel_number(const struct channel *ch)
{
	return ch->number;
}

size_t channel_room(const struct channel *ch)
{
	size_t queued = buf_len(&ch->out);

	return queued < CHANNEL_WINDOW ? CHANNEL_WINDOW - queued : 0;
}

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

	assert(!ch->exiting);
	n = n < left ? n : left;
	if (n == 0)
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

void channel_consumed(struct channel *ch, size_t n)
{
	size_t owed;

	assert(n <= ch->held);
	ch->held -= n;
	ch->owed += n;
	owed = ch->owed;
	if (owed < CREDIT_WORTH || ch->end_received)
		return;
	ch->owed = 0;
	ch->granted += owed;
	send_number(ch->all, RECORD_CREDIT, ch->number, (uint32_t)owed);
}

static void put_close(struct buf *out, uint32_t number, const char *reason)
{
	put_be32(buf_reserve(out, NUMBER_SIZE), number);
	buf_added(out, NUMBER_SIZE);
	fields_add(out, "reason", reason);
}

void channel_close(struct channel *ch, const char *reason)
{
	struct channels *c = ch->all;
	struct buf payload = { 0 };

	/* First, for closed() may free what reason points to. */
	put_close(&payload, ch->number, reason);
	finish(ch, reason);
	link_send(c->link, RECORD_CLOSE, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
}

uint64_t channel_sent(const struct channel *ch)
{
	return ch->sent;
}

uint64_t channel_received(const struct channel *ch)
{
	return ch->received;
}

/* Sending, in turns */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The type and size (its payload's) of the next record a channel can send now; 0: none. */
static size_t next_record(const struct channel *ch, size_t max, enum record_type *type)
{
	if (!ch->open || ch->exit_sent)
		return 0;
	max -= NUMBER_SIZE;
	if (buf_len(&ch->err) > 0) {
		*type = RECORD_STDERR;
		return NUMBER_SIZE + least(buf_len(&ch->err), max);
	}
	if (buf_len(&ch->out) > 0) {
		*type = RECORD_DATA;
		return ch->credit > 0 ? NUMBER_SIZE + least(least(buf_len(&ch->out), max), ch->credit) : 0;
	}
	if (ch->ending && !ch->end_sent) {
		*type = RECORD_END;
		return NUMBER_SIZE;
	}
	if (ch->exiting) {
		*type = RECORD_EXIT;
		return NUMBER_SIZE + 4;
	}
	return 0;
}

static void send_bytes(struct channel *ch, enum record_type type, struct buf *from, size_t n)
{
	uint8_t payload[RECORD_PAYLOAD_MAX];

	put_be32(payload, ch->number);
	memcpy(payload + NUMBER_SIZE, buf_data(from), n);
	buf_consume(from, n);
	link_send(ch->all->link, type, payload, NUMBER_SIZE + n);
}

/* Inside fill() link_send() only queues: it neither kicks nor ends the link. */
static void send_record(struct channel *ch, enum record_type type, size_t size)
{
	struct channels *c = ch->all;
	uint32_t number = ch->number;
	uint8_t end[NUMBER_SIZE];

	switch (type) {
	case RECORD_STDERR:
		send_bytes(ch, type, &ch->err, size - NUMBER_SIZE);
		break;
	case RECORD_DATA:
		ch->credit -= size - NUMBER_SIZE;
		ch->sent += size - NUMBER_SIZE;
		send_bytes(ch, type, &ch->out, size - NUMBER_SIZE);
		if (!ch->ending)
			ch->events->writable(ch->owner);
		break;
	case RECORD_END:
		ch->end_sent = true;
		put_be32(end, number);
		link_send(c->link, type, end, sizeof(end));
		settle(c, number);
		break;
	default:
		ch->exit_sent = true;
		send_number(c, type, number, ch->status);
		settle(c, number);
		break;
	}
}

/* The next one's turn, which may send as much as a record has room for now. */
static void pass_on(struct channels *c, size_t quantum)
{
	c->turn = c->turn && c->turn->next ? c->turn->next : c->first;
	c->turn->deficit += quantum;
}

bool channels_fill(struct channels *c)
{
	size_t max = least(link_fill_size(c->link), CHANNEL_QUANTUM);

	/* Once around, and the one whose turn it was again: with a new quantum any record fits. */
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

/* Receiving. Each returns -1 for what a correct peer does not send. */

static int take_accept(struct channel *ch, const uint8_t *p, size_t n)
{
	struct link *link = ch->all->link;

	if (n != 4 || ch->open || get_be32(p) > CREDIT_MAX)
		return -1;
	ch->open = true;
	ch->credit = get_be32(p);
	ch->events->accepted(ch->owner);
	link_wake(link);
	return 0;
}

static int take_credit(struct channel *ch, const uint8_t *p, size_t n)
{
	bool was_dry = ch->credit == 0;

	if (n != 4 || !ch->open || get_be32(p) > CREDIT_MAX - ch->credit)
		return -1;
	ch->credit += get_be32(p);
	if (was_dry && buf_len(&ch->out) > 0)
		link_wake(ch->all->link);
	return 0;
}

static int take_data(struct channel *ch, const uint8_t *p, size_t n)
{
	if (!ch->open || ch->end_received || n > ch->granted)
		return -1;
	ch->granted -= n;
	ch->held += n;
	ch->received += n;
	if (n > 0)
		ch->events->data(ch->owner, p, n);
	return 0;
}

static int take_stderr(struct channel *ch, const uint8_t *p, size_t n)
{
	if (!ch->open || ch->exit_received || n > STDERR_RECEIVE_MAX - ch->err_received)
		return -1;
	ch->err_received += n;
	if (n > 0)
		ch->events->stderr_data(ch->owner, p, n);
	return 0;
}

static int take_end(struct channel *ch, const uint8_t *p, size_t n)
{
	struct channels *c = ch->all;
	uint32_t number = ch->number;

	if (n != 0 || !ch->open || ch->end_received)
		return -1;
	ch->end_received = true;
	ch->events->end(ch->owner);
	settle(c, number);
	return 0;
}

static int take_exit(struct channel *ch, const uint8_t *p, size_t n)
{
	struct channels *c = ch->all;
	uint32_t number = ch->number;

	if (n != 4 || !ch->end_received || ch->exit_received)
		return -1;
	ch->exit_received = true;
	/* Nobody reads what waits for credit here, which may never come; END must not wait behind it. */
	buf_reset(&ch->out);
	ch->events->exited(ch->owner, get_be32(p));
	link_wake(c->link);
	settle(c, number);
	return 0;
}

static int take_close(struct channel *ch, const uint8_t *p, size_t n)
{
	struct record fields = { .type = RECORD_CLOSE, .payload = p, .len = n };

	finish(ch, record_reason(&fields, "closed"));
	return 0;
}

/*
 * For a number without a channel. The peer may have announced it and given it
 * up before we took it, in any order with others: nothing is kept for it, nothing
 * is lost. When it took what we had given up, it did not know and is told again.
 */
static int take_late(struct channels *c, uint32_t number, enum record_type type)
{
	struct buf payload = { 0 };

	if (number == 0 || (is_ours(c, number) && number >= c->next))
		return -1;
	if (!is_ours(c, number) || type != RECORD_ACCEPT)
		return 0;
	put_close(&payload, number, "gone");
	link_send(c->link, RECORD_CLOSE, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
	return 0;
}

int channels_record(struct channels *c, const struct record *record)
{
	static int (*const takers[])(struct channel *, const uint8_t *, size_t) = {
		[RECORD_ACCEPT - RECORD_ACCEPT] = take_accept,
		[RECORD_CREDIT - RECORD_ACCEPT] = take_credit,
		[RECORD_DATA - RECORD_ACCEPT] = take_data,
		[RECORD_STDERR - RECORD_ACCEPT] = take_stderr,
		[RECORD_END - RECORD_ACCEPT] = take_end,
		[RECORD_EXIT - RECORD_ACCEPT] = take_exit,
		[RECORD_CLOSE - RECORD_ACCEPT] = take_close,
	};
	struct channel *ch;
	uint32_t number;

	assert(record->type >= RECORD_ACCEPT && record->type <= RECORD_CLOSE);
	if (record->len < NUMBER_SIZE)
		return -1;
	number = get_be32(record->payload);
	ch = find(c, number);
	if (!ch)
		return take_late(c, number, record->type);
	if (takers[record->type - RECORD_ACCEPT](ch, record->payload + NUMBER_SIZE,
						 record->len - NUMBER_SIZE) == 0)
		return 0;
	log_debug("channel %u: unexpected %s", number, record_type_name(record->type));
	return -1;
}
