/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "devicekey.h"
#include "fields.h"
#include "hello.h"
#include "inbox.h"
#include "log.h"
#include "outbox.h"
#include "pulse.h"

/*
 * Both sides say HELLO, then records flow: every numbered one goes through the
 * outbox, where it stays until the peer's ACK, so that the next path can begin
 * with what the last one lost; and through the peer's inbox, which knows what
 * came and owes the ACK. The pulse tells whether anybody is there. fill() is
 * asked for data only when nothing else waits, one record at a time, so control
 * never stands behind more than that.
 *
 * What can go wrong: the path dies or falls silent (SUSPENDED, then the next
 * path or the end), the peer restarted (its HELLO says so), or it breaks the
 * rules, which inside TLS is a bug or malice and ends the link. Callbacks may
 * end the link or change its path, so whoever called one looks again.
 */

enum { FILL_MIN = 512 };	/* a record of less would be mostly header */

struct link_internal {
	struct outbox outbox;		/* what we send */
	struct inbox inbox;		/* what we have of the peer's, and owe an ACK for */
	bool has_id;
	bool was_up;
	bool ours;			/* it came up by an attempt of ours */
	bool filling;			/* inside events->fill() */
	bool overflowed;		/* a record had no room: the link must end, at the next tick or input */
	size_t fill_size;
	uint64_t suspended_at;

	/* of the present path */
	bool attached;
	unsigned path;			/* counts them, to notice a change under a callback */
	bool dead;			/* link_path_dead() */
	bool quiet;			/* link_output() has given all it had: more needs a kick */
	bool starved;			/* data waits for acknowledgements */
	bool hello_due;
	const char *hello_state;
	bool bye_due;
	char bye[REASON_MAX + 1];
	bool pong_due;
	uint8_t pong[PING_PAYLOAD_MAX];
	size_t pong_len;
	uint64_t attached_at;
	struct pulse pulse;
};

const char *link_state_name(enum link_state state)
{
	static const char *const names[] = {
		[LINK_IDLE] = "idle",
		[LINK_GREETING] = "greeting",
		[LINK_UP] = "up",
		[LINK_SUSPENDED] = "suspended",
		[LINK_ENDED] = "ended",
	};

	return names[state];
}

static void enter(struct link *l, enum link_state state, const char *because)
{
	log_info("%s: link %s -> %s, %s", l->peer_name, link_state_name(l->state),
		 link_state_name(state), because);
	l->state = state;
}

void link_init(struct link *l, const struct link_events *events, void *owner,
	       const uint8_t instance[INSTANCE_BYTES], const char *peer_name)
{
	*l = (struct link){ .events = events, .owner = owner, .state = LINK_IDLE };
	memcpy(l->instance, instance, INSTANCE_BYTES);
	strncpy(l->peer_name, peer_name, sizeof(l->peer_name) - 1);
	l->in = xcalloc(1, sizeof(*l->in));
	inbox_told(&l->in->inbox);
	l->in->fill_size = RECORD_PAYLOAD_MAX;
}

void link_finish(struct link *l)
{
	if (!l->in)
		return;
	outbox_finish(&l->in->outbox);
	free(l->in);
	l->in = NULL;
}

static void kick(struct link *l)
{
	struct link_internal *in = l->in;

	if (!in->quiet || !in->attached || !(l->state == LINK_UP || in->hello_due))
		return;
	in->quiet = false;
	l->events->kick(l->owner);
}

static void end(struct link *l, const char *reason, bool tell)
{
	struct link_internal *in = l->in;

	if (l->state == LINK_ENDED)
		return;
	if (tell && in->attached) {
		in->bye_due = true;
		strncpy(in->bye, reason, REASON_MAX);
	}
	enter(l, LINK_ENDED, reason);
	outbox_finish(&in->outbox);
	l->events->ended(l->owner, reason);
}

void link_bye(struct link *l, const char *reason)
{
	end(l, reason, true);
}

/* The peer broke the rules. -1, for the path must be closed too. */
static int protocol_error(struct link *l, const char *what)
{
	log_warning("%s: link: %s", l->peer_name, what);
	end(l, "protocol", true);
	return -1;
}

/* Paths */

static void start_path(struct link *l, bool initiator, uint64_t now)
{
	struct link_internal *in = l->in;

	l->initiator = initiator;
	in->attached = true;
	in->path++;
	in->dead = false;
	in->quiet = true;
	in->starved = false;
	in->hello_due = false;
	in->pong_due = false;
	in->attached_at = now;
	inbox_told(&in->inbox);
	pulse_start(&in->pulse, now);
}

void link_attach(struct link *l, bool initiator, uint64_t now)
{
	struct link_internal *in = l->in;

	assert(l->state == LINK_IDLE || l->state == LINK_SUSPENDED);
	start_path(l, initiator, now);
	if (initiator) {
		if (!in->has_id)
			random_bytes(l->id, LINK_ID_BYTES);
		in->has_id = true;
		in->hello_due = true;
		in->hello_state = in->was_up ? "resume" : "new";
	}
	enter(l, LINK_GREETING, initiator ? "a path of ours" : "a path of the peer's");
	kick(l);
}

void link_detach(struct link *l, const char *why, uint64_t now)
{
	struct link_internal *in = l->in;

	if (!in->attached)
		return;
	in->attached = false;
	in->bye_due = false;
	if (l->state == LINK_UP) {
		in->suspended_at = now;
		enter(l, LINK_SUSPENDED, why);
		l->events->down(l->owner);
	} else if (l->state == LINK_GREETING) {
		enter(l, in->was_up ? LINK_SUSPENDED : LINK_IDLE, why);
	}
}

/* Both HELLOs are known: what the peer has is forgotten, the rest goes again. */
static void come_up(struct link *l, uint64_t peer_received, const uint8_t *instance, uint64_t now)
{
	struct link_internal *in = l->in;
	unsigned path = in->path;
	bool resumed = in->was_up;

	outbox_ack(&in->outbox, peer_received);
	outbox_rewind(&in->outbox);
	memcpy(l->peer_instance, instance, INSTANCE_BYTES);
	l->peer_known = true;
	if (!in->was_up)
		in->ours = l->initiator;
	in->was_up = true;
	pulse_waiting(&in->pulse, outbox_waiting(&in->outbox), now);
	enter(l, LINK_UP, resumed ? "resumed" : "new");
	l->events->up(l->owner, resumed);
	if (l->state == LINK_UP && in->path == path)
		kick(l);
}

/* The initiator's HELLO was judged well. */
static void greet_back(struct link *l, const struct link_hello *hello, uint64_t now)
{
	struct link_internal *in = l->in;

	assert(outbox_plausible(&in->outbox, hello->received));
	if (!in->was_up) {
		memcpy(l->id, hello->link, LINK_ID_BYTES);
		in->has_id = true;
	}
	in->hello_due = true;
	in->hello_state = hello->resume ? "resumed" : "new";
	come_up(l, hello->received, hello->instance, now);
}

void link_accept(struct link *l, const struct link_hello *hello, uint64_t now)
{
	link_detach(l, "the peer comes by another path", now);
	if (l->state == LINK_ENDED)
		return;
	start_path(l, false, now);
	greet_back(l, hello, now);
}

/* HELLO */

static enum link_verdict judge_resume(const struct link *l, const struct link_hello *hello,
				      bool we_win)
{
	if (!l->in->was_up || memcmp(hello->link, l->id, LINK_ID_BYTES) ||
	    memcmp(hello->instance, l->peer_instance, INSTANCE_BYTES) ||
	    !outbox_plausible(&l->in->outbox, hello->received))
		return LINK_REFUSE_GONE;
	if (l->state == LINK_GREETING && l->initiator && we_win)
		return LINK_REFUSE_CROSSED;
	return LINK_ACCEPT_RESUME;
}

enum link_verdict link_hello_judge(const struct link *l, const struct link_hello *hello,
				   bool we_win)
{
	const struct link_internal *in;

	if (!l || l->state == LINK_ENDED)
		return hello->resume ? LINK_REFUSE_GONE : LINK_ACCEPT_NEW;
	if (hello->resume)
		return judge_resume(l, hello, we_win);
	in = l->in;
	if (!in->was_up)
		return l->state == LINK_GREETING && l->initiator && we_win ?
			LINK_REFUSE_CROSSED : LINK_ACCEPT_NEW;
	if (memcmp(hello->instance, l->peer_instance, INSTANCE_BYTES))
		return LINK_REPLACE;
	/* The same attempt: our answer was lost, and the peer has neither sent nor received. */
	if (!memcmp(hello->link, l->id, LINK_ID_BYTES) && in->inbox.received == 0 &&
	    outbox_plausible(&in->outbox, 0))
		return LINK_ACCEPT_RESUME;
	/* An attempt that the peer gave up for ours comes late: it must not end what came of ours. */
	if (l->state == LINK_UP && in->ours && we_win)
		return LINK_REFUSE_CROSSED;
	return LINK_REPLACE;
}

/* The answer to our HELLO. */
static int take_answer(struct link *l, const struct record *record, uint64_t now)
{
	uint8_t instance[INSTANCE_BYTES];
	uint64_t received;
	const char *state = hello_parse(record, instance, &received);
	struct link_internal *in = l->in;

	if (!state)
		return protocol_error(l, "HELLO not understood");
	if (!strcmp(state, "gone") || !strcmp(state, "untrusted")) {
		end(l, state, false);
		return -1;
	}
	if (!strcmp(state, "crossed")) {
		log_debug("%s: link: the peer's own attempt wins", l->peer_name);
		return -1;
	}
	if (strcmp(state, in->was_up ? "resumed" : "new"))
		return protocol_error(l, "HELLO answers what was not asked");
	if (in->was_up && (received < in->outbox.acked ||
			   memcmp(instance, l->peer_instance, INSTANCE_BYTES))) {
		end(l, "gone", true);
		return -1;
	}
	if (!outbox_plausible(&in->outbox, received))
		return protocol_error(l, "HELLO with an impossible number");
	come_up(l, received, instance, now);
	return 0;
}

/* The initiator's HELLO on a path that was attached before it came. */
static int take_hello(struct link *l, const struct record *record, uint64_t now)
{
	struct link_hello hello;

	if (link_hello_parse(record, &hello))
		return protocol_error(l, "HELLO not understood");
	switch (link_hello_judge(l, &hello, false)) {
	case LINK_ACCEPT_NEW:
	case LINK_ACCEPT_RESUME:
		greet_back(l, &hello, now);
		return 0;
	default:
		end(l, "gone", true);
		return -1;
	}
}

/* Input */

static int take_ack(struct link *l, const struct record *record, uint64_t now)
{
	struct link_internal *in = l->in;
	uint64_t number;

	if (record->len != 8)
		return protocol_error(l, "malformed ACK");
	number = get_be64(record->payload);
	if (!outbox_plausible(&in->outbox, number))
		return protocol_error(l, "ACK of what was not sent, or taken back");
	outbox_ack(&in->outbox, number);
	pulse_waiting(&in->pulse, outbox_waiting(&in->outbox), now);
	if (in->starved && in->outbox.bytes < LINK_UNACKED_MAX) {
		in->starved = false;
		kick(l);
	}
	return 0;
}

static int take_ping(struct link *l, const struct record *record)
{
	struct link_internal *in = l->in;

	if (record->len > PING_PAYLOAD_MAX)
		return protocol_error(l, "malformed PING");
	/* Only the last one is answered, so that a flood of them is not doubled. */
	in->pong_len = record->len;
	if (record->len > 0)
		memcpy(in->pong, record->payload, record->len);
	in->pong_due = true;
	kick(l);
	return 0;
}

static int take_numbered(struct link *l, const struct record *record, uint64_t now)
{
	struct link_internal *in = l->in;
	unsigned path = in->path;

	switch (inbox_take(&in->inbox, record, now)) {
	case INBOX_AGAIN:
		return 0;
	case INBOX_GAP:
		return protocol_error(l, "a record is missing");
	case INBOX_NEW:
		l->events->deliver(l->owner, record);
		if (l->state == LINK_UP && in->path == path && in->inbox.ack_due)
			kick(l);
	}
	return 0;
}

static int take(struct link *l, const struct record *record, uint64_t now)
{
	if (record->type == RECORD_BYE) {
		end(l, record_reason(record, "bye"), false);
		return -1;
	}
	if (l->state == LINK_GREETING) {
		if (record->type != RECORD_HELLO)
			return protocol_error(l, "HELLO does not come first");
		return l->initiator ? take_answer(l, record, now) : take_hello(l, record, now);
	}
	switch (record->type) {
	case RECORD_HELLO:
		return protocol_error(l, "HELLO comes twice");
	case RECORD_ACK:
		return take_ack(l, record, now);
	case RECORD_PING:
		return take_ping(l, record);
	case RECORD_PONG:
		pulse_pong(&l->in->pulse, record, now);
		return 0;
	default:
		return take_numbered(l, record, now);
	}
}

int link_input(struct link *l, struct buf *plain, uint64_t now)
{
	struct link_internal *in = l->in;
	unsigned path = in->path;

	if (!in->attached || l->state == LINK_ENDED)
		return -1;
	if (buf_len(plain) > 0)
		pulse_heard(&in->pulse, now);
	for (;;) {
		struct record record;
		long size = record_parse(buf_data(plain), buf_len(plain), &record);
		int ret;

		if (in->overflowed) {
			end(l, "overflow", true);
			return -1;
		}
		if (size == 0)
			return 0;
		if (size < 0)
			return protocol_error(l, "malformed record");
		ret = take(l, &record, now);
		buf_consume(plain, (size_t)size);
		if (ret || l->state == LINK_ENDED)
			return -1;
		/* A callback took the path away, or changed it: the rest is nobody's. */
		if (!in->attached || in->path != path)
			return 0;
	}
}

/* Output */

/* Queues the next record of data, if there is one and it may be sent. */
static bool ask_for_data(struct link *l, size_t room)
{
	struct link_internal *in = l->in;
	bool more;

	if (in->outbox.bytes >= LINK_UNACKED_MAX) {
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

/* Numbered records until max bytes are in out since start. */
static void put_records(struct link *l, struct buf *out, size_t start, size_t max, uint64_t now)
{
	struct link_internal *in = l->in;

	while (buf_len(out) - start < max) {
		if (!in->outbox.unsent && !ask_for_data(l, max - (buf_len(out) - start))) {
			in->quiet = true;
			return;
		}
		outbox_send(&in->outbox, out);
		pulse_sent(&in->pulse, true, now);
		pulse_waiting(&in->pulse, true, now);
	}
}

/* What an UP link has to say. */
static void put_all(struct link *l, struct buf *out, size_t start, size_t max, uint64_t now)
{
	struct link_internal *in = l->in;

	if (in->pong_due) {
		record_put(out, RECORD_PONG, 0, in->pong, in->pong_len);
		in->pong_due = false;
	}
	pulse_put_ping(&in->pulse, out, now);
	put_records(l, out, start, max, now);
	if (l->state == LINK_UP)
		inbox_put_ack(&in->inbox, out, buf_len(out) > start);
}

size_t link_output(struct link *l, struct buf *out, size_t max, uint64_t now)
{
	struct link_internal *in = l->in;
	size_t start = buf_len(out);

	if (!in->attached)
		return 0;
	in->quiet = l->state != LINK_UP;
	if (in->hello_due) {
		hello_put(out, in->hello_state, l->instance, l->initiator ? l->id : NULL,
			  in->inbox.received);
		in->hello_due = false;
	}
	if (l->state == LINK_UP)
		put_all(l, out, start, max, now);
	if (in->bye_due)
		put_bye(in, out);
	if (buf_len(out) > start)
		pulse_sent(&in->pulse, false, now);
	return buf_len(out) - start;
}

bool link_send(struct link *l, enum record_type type, const void *payload, size_t len)
{
	struct link_internal *in = l->in;
	bool control = !in->filling || type < RECORD_ACCEPT;

	if (l->state == LINK_ENDED)
		return false;
	/* Whoever sends is in the middle of something: the end waits until that is done. */
	if (in->overflowed || (control && in->outbox.control >= LINK_CONTROL_QUEUE_MAX)) {
		in->overflowed = true;
		return false;
	}
	outbox_add(&in->outbox, type, payload, len, control);
	if (l->state == LINK_UP)
		kick(l);
	return true;
}

size_t link_fill_size(const struct link *l)
{
	return l->in->fill_size < RECORD_PAYLOAD_MAX ? l->in->fill_size : RECORD_PAYLOAD_MAX;
}

void link_wake(struct link *l)
{
	if (l->state == LINK_UP)
		kick(l);
}

size_t link_unacked(const struct link *l)
{
	return l->in->outbox.bytes;
}

/* Time */

static struct pulse_mood mood_of(const struct link *l)
{
	return (struct pulse_mood){ .busy = l->busy, .nudge = l->nudge };
}

uint64_t link_deadline(const struct link *l)
{
	const struct link_internal *in = l->in;
	uint64_t at;

	if (in->overflowed && l->state != LINK_ENDED)
		return 0;
	switch (l->state) {
	case LINK_GREETING:
		return in->dead ? UINT64_MAX : in->attached_at + LINK_HELLO_TIMEOUT;
	case LINK_UP:
		if (in->dead)
			return UINT64_MAX;
		at = pulse_deadline(&in->pulse, mood_of(l));
		return at < in->inbox.ack_at ? at : in->inbox.ack_at;
	case LINK_SUSPENDED:
		return in->suspended_at + LINK_SUSPEND_MAX;
	default:
		return UINT64_MAX;
	}
}

static void tick_up(struct link *l, uint64_t now)
{
	struct link_internal *in = l->in;

	inbox_tick(&in->inbox, now);
	in->dead = pulse_tick(&in->pulse, mood_of(l), now) == PULSE_DEAD;
	if (in->inbox.ack_due || in->pulse.ping_due)
		kick(l);
}

void link_tick(struct link *l, uint64_t now)
{
	struct link_internal *in = l->in;

	if (in->overflowed)
		end(l, "overflow", true);
	switch (l->state) {
	case LINK_GREETING:
		in->dead = now >= in->attached_at + LINK_HELLO_TIMEOUT;
		break;
	case LINK_UP:
		tick_up(l, now);
		break;
	case LINK_SUSPENDED:
		if (now >= in->suspended_at + LINK_SUSPEND_MAX)
			end(l, "no-path", false);
		break;
	default:
		break;
	}
}

bool link_path_dead(const struct link *l)
{
	return l->in->attached && l->in->dead;
}

uint64_t link_heard_at(const struct link *l)
{
	return l->in->pulse.heard_at;
}

uint64_t link_rtt(const struct link *l)
{
	return l->in->pulse.rtt;
}
