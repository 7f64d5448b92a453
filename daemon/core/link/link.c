/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "link-internal.h"
#include "log.h"

/*
 * Both sides say HELLO, then records flow. A numbered record stays in the outbox until
 * the peer's ACK, so that the next path can begin with what the last one lost. The
 * receiver's inbox knows what has come and owes the ACK. The keepalive finds out whether
 * the peer is still there. fill() is asked for data only when nothing else waits, one
 * record at a time, so a control record never waits behind more than one record of data.
 *
 * What can go wrong: the path dies or falls silent (SUSPENDED, then the next path or the
 * end), the peer has restarted (its HELLO says so), or the peer breaks the rules, which
 * inside TLS is a bug or malice and ends the link. A callback may end the link or change
 * its path, so both are checked again after each call.
 */

const char *link_state_name(enum link_state state)
{
	static const char *const names[] = {
		[LINK_IDLE] = "idle",
		[LINK_HANDSHAKE] = "handshake",
		[LINK_UP] = "up",
		[LINK_SUSPENDED] = "suspended",
		[LINK_ENDED] = "ended",
	};

	return names[state];
}

void link_enter(struct link *l, enum link_state state, const char *because)
{
	log_debug("%s: link %s -> %s, %s", l->peer_name, link_state_name(l->state),
		 link_state_name(state), because);
	l->state = state;
}

void link_init(struct link *l, const struct link_events *events, void *owner,
	       const uint8_t id[LINK_ID_BYTES], const uint8_t instance[INSTANCE_BYTES],
	       const struct link_ends *ends, const char *peer_name)
{
	*l = (struct link){ .events = events, .owner = owner, .state = LINK_IDLE,
			    .suspend_max = LINK_SUSPEND_MAX };
	memcpy(l->id, id, LINK_ID_BYTES);
	memcpy(l->instance, instance, INSTANCE_BYTES);
	strncpy(l->peer_name, peer_name, sizeof(l->peer_name) - 1);
	l->in = xcalloc(1, sizeof(*l->in));
	l->in->us = xstrdup(ends->us);
	l->in->them = xstrdup(ends->them);
	inbox_told(&l->in->inbox);
	l->in->fill_size = RECORD_PAYLOAD_MAX;
}

void link_finish(struct link *l)
{
	if (!l->in)
		return;
	outbox_finish(&l->in->outbox);
	free(l->in->us);
	free(l->in->them);
	free(l->in);
	l->in = NULL;
}

struct link_ends link_ends(const struct link *l)
{
	return (struct link_ends){ l->in->us, l->in->them };
}

void link_kick(struct link *l)
{
	struct link_internal *in = l->in;

	if (!in->quiet || !in->attached ||
	    !(l->state == LINK_UP || in->hello_due || link_speaks_ahead(l)))
		return;
	in->quiet = false;
	l->events->kick(l->owner);
}

void link_end(struct link *l, const char *reason, bool tell)
{
	struct link_internal *in = l->in;

	if (l->state == LINK_ENDED)
		return;
	/* A peer whose HELLO was not checked is not told the reason. */
	if (tell && in->attached && in->greeted) {
		in->bye_due = true;
		strncpy(in->bye, reason, REASON_MAX);
	}
	link_enter(l, LINK_ENDED, reason);
	outbox_finish(&in->outbox);
	l->events->ended(l->owner, reason);
}

void link_bye(struct link *l, const char *reason)
{
	link_end(l, reason, true);
}

int link_protocol_error(struct link *l, unsigned type, const char *rule)
{
	log_about(l->peer_name, LOG_WARNING, "%s: broke the protocol: %s record (%u): %s",
		  l->peer_name, record_type_name(type), type, rule);
	link_end(l, "protocol", true);
	return -1;
}

/* Paths */

void link_start_path(struct link *l, bool initiator, uint64_t now)
{
	struct link_internal *in = l->in;

	l->initiator = initiator;
	in->attached = true;
	in->path++;
	in->dead = false;
	in->quiet = true;
	in->starved = false;
	in->greeted = false;
	in->hello_due = false;
	in->pong_due = false;
	in->attached_at = in->acked_at = in->now = now;
	inbox_told(&in->inbox);
	keepalive_start(&in->keepalive, l->on_trial, now);
	send_window_start(&in->send_window);
}

void link_attach(struct link *l, bool initiator, uint64_t now)
{
	struct link_internal *in = l->in;

	assert(l->state == LINK_IDLE || l->state == LINK_SUSPENDED);
	link_start_path(l, initiator, now);
	if (initiator) {
		in->hello_due = true;
		in->hello_state = in->was_up ? "resume" : "new";
		/* What was said ahead on a path before may have been refused there. */
		outbox_rewind(&in->outbox);
	}
	link_enter(l, LINK_HANDSHAKE, initiator ? "a path of ours" : "a path of the peer's");
	link_kick(l);
}

void link_detach(struct link *l, const char *why, uint64_t now)
{
	struct link_internal *in = l->in;

	if (!in->attached)
		return;
	in->attached = false;
	in->bye_due = false;
	if (l->state == LINK_UP) {
		/*
		 * If the path died of silence, the wait for another began with that
		 * silence.
		 */
		in->suspended_at = keepalive_silent_since(&in->keepalive, now);
		link_enter(l, LINK_SUSPENDED, why);
		l->events->down(l->owner);
	} else if (l->state == LINK_HANDSHAKE) {
		link_enter(l, in->was_up ? LINK_SUSPENDED : LINK_IDLE, why);
	}
}

/* Records that the owner sends */

uint8_t *link_send_room(struct link *l, enum record_type type, size_t len)
{
	struct link_internal *in = l->in;
	bool control = !in->filling || type < RECORD_ACCEPT;

	if (l->state == LINK_ENDED)
		return NULL;
	/*
	 * The caller is in the middle of its own work: the link ends at the next tick or
	 * input.
	 */
	if (in->overflowed || (control && in->outbox.control >= LINK_CONTROL_QUEUE_MAX)) {
		in->overflowed = true;
		return NULL;
	}
	in->control_sent += type != RECORD_DATA;
	if (l->state == LINK_UP || link_speaks_ahead(l)) {
		/* A full path, which asks only when it has room, may have a place for this. */
		in->quiet |= control && !in->outbox.unsent;
		link_kick(l);
	}
	return outbox_add(&in->outbox, type, len, control);
}

bool link_send(struct link *l, enum record_type type, const void *payload, size_t len)
{
	uint8_t *room = link_send_room(l, type, len);

	if (room && len > 0)
		memcpy(room, payload, len);
	return room;
}

size_t link_fill_size(const struct link *l)
{
	return l->in->fill_size < RECORD_PAYLOAD_MAX ? l->in->fill_size : RECORD_PAYLOAD_MAX;
}

void link_wake(struct link *l)
{
	if (l->state == LINK_UP)
		link_kick(l);
}

bool link_owes_channels(const struct link *l)
{
	for (const struct outgoing *r = l->in->outbox.first; r; r = r->next)
		if (r->type >= RECORD_ACCEPT)
			return true;
	return false;
}

uint64_t link_queued(const struct link *l)
{
	return l->in->outbox.queued;
}

uint64_t link_acknowledged(const struct link *l)
{
	return l->in->outbox.acked;
}

size_t link_unacked(const struct link *l)
{
	return l->in->outbox.bytes;
}

/* Time */

static struct keepalive_interval mood_of(const struct link *l)
{
	return (struct keepalive_interval){ .busy = l->busy, .tail_probe = l->tail_probe };
}

/*
 * When a path without a HELLO is dead: after LINK_HELLO_TIMEOUT, on trial LINK_PROBE_TIMEOUT.
 * If the link was up and its suspend_max ends sooner, then at that time, but not before
 * LINK_PROBE_TIMEOUT.
 */
static uint64_t hello_deadline(const struct link *l)
{
	const struct link_internal *in = l->in;
	uint64_t at = in->attached_at + (l->on_trial ? LINK_PROBE_TIMEOUT : LINK_HELLO_TIMEOUT),
		 last;

	if (!in->was_up)
		return at;
	last = in->suspended_at + l->suspend_max;
	if (last < in->attached_at + LINK_PROBE_TIMEOUT)
		last = in->attached_at + LINK_PROBE_TIMEOUT;
	return at < last ? at : last;
}

uint64_t link_deadline(const struct link *l)
{
	const struct link_internal *in = l->in;
	uint64_t at;

	if (in->overflowed && l->state != LINK_ENDED)
		return 0;
	switch (l->state) {
	case LINK_HANDSHAKE:
		return in->dead ? UINT64_MAX : hello_deadline(l);
	case LINK_UP:
		if (in->dead)
			return UINT64_MAX;
		at = keepalive_deadline(&in->keepalive, mood_of(l));
		return at < in->inbox.ack_at ? at : in->inbox.ack_at;
	case LINK_SUSPENDED:
		return in->suspended_at + l->suspend_max;
	default:
		return UINT64_MAX;
	}
}

uint64_t link_patience(const struct link *l)
{
	if (!l->in->was_up || l->state == LINK_UP || l->state == LINK_ENDED)
		return 0;
	return l->in->suspended_at + l->suspend_max;
}

static void tick_up(struct link *l, uint64_t now)
{
	struct link_internal *in = l->in;

	inbox_tick(&in->inbox, now);
	in->dead = keepalive_tick(&in->keepalive, mood_of(l), now) == KEEPALIVE_DEAD;
	if (in->inbox.ack_due || in->keepalive.ping_due)
		link_kick(l);
}

void link_tick(struct link *l, uint64_t now)
{
	struct link_internal *in = l->in;

	in->now = now;
	if (in->overflowed)
		link_end(l, "overflow", true);
	switch (l->state) {
	case LINK_HANDSHAKE:
		in->dead = now >= hello_deadline(l);
		break;
	case LINK_UP:
		tick_up(l, now);
		break;
	case LINK_SUSPENDED:
		if (now >= in->suspended_at + l->suspend_max)
			link_end(l, "no-path", false);
		break;
	default:
		break;
	}
}

void link_probe(struct link *l, uint64_t now)
{
	if (l->state != LINK_UP)
		return;
	keepalive_probe(&l->in->keepalive, now);
	link_kick(l);
}

bool link_path_dead(const struct link *l)
{
	return l->in->attached && l->in->dead;
}

uint64_t link_control_sent(const struct link *l)
{
	return l->in->control_sent;
}

uint64_t link_control_received(const struct link *l)
{
	return l->in->control_received;
}

uint64_t link_heard_at(const struct link *l)
{
	return l->in->keepalive.heard_at;
}

uint64_t link_rtt(const struct link *l)
{
	return l->in->keepalive.rtt;
}

uint64_t link_min_rtt(const struct link *l)
{
	return l->in->send_window.min_rtt;
}

uint64_t link_worked_until(const struct link *l, uint64_t now)
{
	const struct link_internal *in = l->in;
	uint64_t heard = keepalive_silent_since(&in->keepalive, now),
		 waiting = in->keepalive.waiting_since;

	/* The peer has not said HELLO yet. */
	if (l->state == LINK_HANDSHAKE)
		return in->attached_at;
	if (!waiting)
		return heard;
	if (waiting < in->acked_at)
		waiting = in->acked_at;
	return waiting < heard ? waiting : heard;
}

uint64_t link_now(const struct link *l)
{
	return l->in->now;
}
