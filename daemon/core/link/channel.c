/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel.h"

#include <assert.h>
#include <stdlib.h>

#include "alloc.h"
#include "channel-internal.h"
#include "fields.h"
#include "log.h"

/*
 * The life of a channel, and what it receives. Data goes to the owner at once, and credit
 * for it goes back when the owner has passed it on. Sending is in channel-send.c.
 *
 * What can go wrong: the peer sends more than it was granted, or out of order. Then it is
 * a trusted device with a broken or hostile broker, and the caller ends the link. Any
 * callback may close the channel, or all of them. So may each call that sends, since the
 * link may ask for data at once. After either, the channel is looked up again.
 */

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
	receive_window_init(&ch->window);
	while (*last)
		last = &(*last)->next;
	*last = ch;
	c->count++;
	return ch;
}

/*
 * Takes the channel out of the list and frees it. closed() is the last that its owner
 * hears.
 */
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
	c->extra -= ch->window.size - CHANNEL_WINDOW;
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

void channel_settle(struct channels *c, uint32_t number)
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

void channel_grant(struct channel *ch, uint32_t window)
{
	assert(!ch->open && window <= CREDIT_MAX);
	ch->open = true;
	ch->credit = window;
}

bool channel_number_is_ours(const struct channels *c, uint32_t number)
{
	return number % 2 == c->next % 2;
}

bool channel_send_number(struct channels *c, enum record_type type, uint32_t number, uint32_t value)
{
	uint8_t payload[8];

	put_be32(payload, number);
	put_be32(payload + 4, value);
	return link_send(c->link, type, payload, sizeof(payload));
}

bool channel_announced(struct channels *c, uint32_t number)
{
	if (channel_number_is_ours(c, number) || number <= c->announced)
		return false;
	c->announced = number;
	return true;
}

static bool is_for_the_taking(const struct channels *c, uint32_t number)
{
	return number != 0 && number <= c->announced && !channel_number_is_ours(c, number) &&
	       !find(c, number) && c->count < CHANNELS_PER_LINK && c->link->state != LINK_ENDED;
}

struct channel *channel_take(struct channels *c, uint32_t number,
			     const struct channel_events *events, void *owner)
{
	struct channel *ch;

	if (!is_for_the_taking(c, number))
		return NULL;
	ch = add(c, number, events, owner);
	ch->open = true;
	ch->credit = CHANNEL_WINDOW;
	return ch;
}

struct channel *channel_accept(struct channels *c, uint32_t number,
			       const struct channel_events *events, void *owner)
{
	if (!is_for_the_taking(c, number) ||
	    !channel_send_number(c, RECORD_ACCEPT, number, CHANNEL_WINDOW))
		return NULL;
	return channel_take(c, number, events, owner);
}

void channel_set_events(struct channel *ch, const struct channel_events *events, void *owner)
{
	ch->events = events;
	ch->owner = owner;
}

bool channel_is_open(const struct channel *ch)
{
	return ch->open;
}

uint32_t channel_number(const struct channel *ch)
{
	return ch->number;
}

static void give_credit(struct channel *ch)
{
	size_t n = ch->end_received ? 0 : receive_window_give(&ch->window);

	if (n > 0)
		channel_send_number(ch->all, RECORD_CREDIT, ch->number, (uint32_t)n);
}

void channel_consumed(struct channel *ch, size_t n)
{
	receive_window_consumed(&ch->window, n);
	give_credit(ch);
}

static void put_close(struct buf *out, uint32_t number, const char *reason)
{
	put_be32(buf_reserve(out, CHANNEL_NUMBER_SIZE), number);
	buf_added(out, CHANNEL_NUMBER_SIZE);
	fields_add(out, "reason", reason);
}

void channel_close(struct channel *ch, const char *reason)
{
	struct channels *c = ch->all;
	struct buf payload = { 0 };

	/* Written first, because closed() may free what reason points to. */
	put_close(&payload, ch->number, reason);
	finish(ch, reason);
	link_send(c->link, RECORD_CLOSE, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
}

/* Bytes queued beyond CHANNEL_WINDOW in all channels except but. */
static size_t extra_queued(const struct channels *c, const struct channel *but)
{
	size_t extra = 0;

	for (const struct channel *ch = c->first; ch; ch = ch->next)
		if (ch != but && buf_len(&ch->out) > CHANNEL_WINDOW)
			extra += buf_len(&ch->out) - CHANNEL_WINDOW;
	return extra;
}

/*
 * How many bytes may be queued. A peer that grants much credit has a long path to fill or
 * reads fast, so more may be ready for it.
 */
static size_t queue_limit(const struct channel *ch)
{
	size_t extra, left;

	if (ch->credit <= CHANNEL_WINDOW)
		return CHANNEL_WINDOW;
	extra = least(ch->credit, CHANNEL_WINDOW_MAX) - CHANNEL_WINDOW;
	left = extra_queued(ch->all, ch);
	left = left < CHANNELS_EXTRA_MAX ? CHANNELS_EXTRA_MAX - left : 0;
	return CHANNEL_WINDOW + least(extra, left);
}

size_t channel_room(const struct channel *ch)
{
	size_t queued = buf_len(&ch->out), limit = queue_limit(ch);

	return queued < limit ? limit - queued : 0;
}

bool channel_rest(const struct channel *ch, uint64_t *left)
{
	*left = buf_len(&ch->out);
	return ch->ending;
}

uint64_t channel_sent(const struct channel *ch)
{
	return ch->sent;
}

uint64_t channel_received(const struct channel *ch)
{
	return ch->received;
}

#define NOT_ACCEPTED "type: not before ACCEPT"

/* Receiving. Each function returns NULL, or the rule that the peer has broken. */

static const char *take_accept(struct channel *ch, const uint8_t *p, size_t n)
{
	struct link *link = ch->all->link;

	if (n != 4 || get_be32(p) > CREDIT_MAX)
		return "window: four bytes, at most 2^30";
	if (ch->open)
		return "type: once for a channel";
	ch->open = true;
	ch->credit = get_be32(p);
	ch->events->accepted(ch->owner);
	link_wake(link);
	return NULL;
}

static const char *take_credit(struct channel *ch, const uint8_t *p, size_t n)
{
	struct channels *c = ch->all;
	uint32_t number = ch->number;
	bool was_dry = ch->credit == 0;
	size_t room = channel_room(ch);

	if (!ch->open)
		return NOT_ACCEPTED;
	if (n != 4 || get_be32(p) > CREDIT_MAX - ch->credit)
		return "bytes: four bytes, with what there is at most 2^30";
	ch->credit += get_be32(p);
	if (was_dry && buf_len(&ch->out) > 0)
		link_wake(c->link);
	ch = find(c, number);
	if (ch && !ch->ending && channel_room(ch) > room)
		ch->events->writable(ch->owner);
	return NULL;
}

/* Makes a window larger that holds the sender back, as far as CHANNELS_EXTRA_MAX allows. */
static void widen(struct channel *ch)
{
	struct channels *c = ch->all;
	size_t n = receive_window_growth(&ch->window, CHANNELS_EXTRA_MAX - c->extra,
					 link_min_rtt(c->link), link_now(c->link));

	if (n == 0)
		return;
	log_debug("channel %u: window of %zu bytes", ch->number, ch->window.size + n);
	c->extra += n;
	receive_window_grow(&ch->window, n);
	give_credit(ch);
}

static const char *take_data(struct channel *ch, const uint8_t *p, size_t n)
{
	struct channels *c = ch->all;
	uint32_t number = ch->number;

	if (!ch->open || ch->end_received)
		return ch->open ? "type: nothing after END" : NOT_ACCEPTED;
	if (!receive_window_take(&ch->window, n, link_now(c->link)))
		return "payload: at most the credit";
	ch->received += n;
	widen(ch);
	ch = find(c, number);
	if (ch && n > 0)
		ch->events->data(ch->owner, p, n);
	return NULL;
}

static const char *take_stderr(struct channel *ch, const uint8_t *p, size_t n)
{
	if (!ch->open || ch->exit_received)
		return ch->open ? "type: nothing after EXIT" : NOT_ACCEPTED;
	if (n > CHANNEL_STDERR_MAX - ch->err_received)
		return "payload: at most 65536 bytes for a channel";
	ch->err_received += n;
	if (n > 0)
		ch->events->stderr_data(ch->owner, p, n);
	return NULL;
}

static const char *take_end(struct channel *ch, const uint8_t *p, size_t n)
{
	struct channels *c = ch->all;
	uint32_t number = ch->number;

	if (!ch->open)
		return NOT_ACCEPTED;
	if (n != 0 || ch->end_received)
		return n ? "payload: none" : "type: once each way";
	ch->end_received = true;
	ch->events->end(ch->owner);
	channel_settle(c, number);
	return NULL;
}

static const char *take_exit(struct channel *ch, const uint8_t *p, size_t n)
{
	struct channels *c = ch->all;
	uint32_t number = ch->number;

	if (n != 4)
		return "status: four bytes";
	if (!ch->end_received || ch->exit_received)
		return "type: once, after END";
	ch->exit_received = true;
	/*
	 * The process that would read the queued data is gone, and credit for it may
	 * never come. END must not wait behind it.
	 */
	buf_reset(&ch->out);
	ch->events->exited(ch->owner, get_be32(p));
	link_wake(c->link);
	channel_settle(c, number);
	return NULL;
}

static const char *take_close(struct channel *ch, const uint8_t *p, size_t n)
{
	struct record fields = { .type = RECORD_CLOSE, .payload = p, .len = n };

	if (!fields_valid((struct fields){ (const char *)p, n }))
		return FIELDS_RULE;
	finish(ch, record_reason(&fields, "closed"));
	return NULL;
}

/*
 * A record for a number without a channel. The peer may have announced that channel and
 * closed it before we took it; nothing is kept for it. If the peer accepts a channel that
 * we have closed, our CLOSE crossed its ACCEPT, and we send another.
 */
static const char *take_late(struct channels *c, uint32_t number, enum record_type type)
{
	struct buf payload = { 0 };

	if (number == 0 ||
	    (channel_number_is_ours(c, number) ? number >= c->next : number > c->announced))
		return "channel: one that was announced";
	if (!channel_number_is_ours(c, number) || type != RECORD_ACCEPT)
		return NULL;
	put_close(&payload, number, "gone");
	link_send(c->link, RECORD_CLOSE, buf_data(&payload), buf_len(&payload));
	buf_finish(&payload);
	return NULL;
}

const char *channels_record(struct channels *c, const struct record *record)
{
	static const char *(*const takers[])(struct channel *, const uint8_t *, size_t) = {
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
	if (record->len < CHANNEL_NUMBER_SIZE)
		return "channel: four bytes";
	number = get_be32(record->payload);
	ch = find(c, number);
	if (!ch)
		return take_late(c, number, record->type);
	return takers[record->type - RECORD_ACCEPT](ch, record->payload + CHANNEL_NUMBER_SIZE,
						    record->len - CHANNEL_NUMBER_SIZE);
}
