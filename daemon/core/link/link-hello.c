/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <string.h>

#include "hello.h"
#include "link-internal.h"
#include "log.h"

/*
 * How a link comes up on a path. The initiator says HELLO; the responder decides, and
 * answers with its own. Each side then sends again what the other has not received. The
 * link ends before anything else is said if a HELLO names other accounts than the path's,
 * or if the answer comes from a device that may not have a link. The decision keeps two
 * devices at one link, however often either of them opens a path, and whichever of them
 * has lost its state.
 */

/* Our own attempt is recent, and wins over the peer's. */
static bool collides(const struct link *l, bool we_win, uint64_t now)
{
	return l->state == LINK_HANDSHAKE && l->initiator && we_win &&
	       now < l->in->attached_at + LINK_COLLISION_MAX;
}

/*
 * The peer has given up this attempt for ours, and its HELLO comes late. It must not end
 * the link that our attempt made.
 */
static bool is_late(const struct link *l, bool we_win, uint64_t now)
{
	return l->in->ours && we_win &&
	       (l->state == LINK_UP || now < l->in->came_up_at + LINK_HELLO_TIMEOUT);
}

static enum link_verdict decide_resume(const struct link *l, const struct link_hello *hello,
				       bool we_win, uint64_t now)
{
	const struct link_internal *in = l->in;

	/* A link that was never up here may be up there: then the answer to our HELLO was lost. */
	if (memcmp(hello->link, l->id, LINK_ID_BYTES) ||
	    (in->was_up && memcmp(hello->instance, l->peer_instance, INSTANCE_BYTES)) ||
	    !outbox_plausible(&in->outbox, hello->received))
		return LINK_REFUSE_GONE;
	return collides(l, we_win, now) ? LINK_REFUSE_COLLISION : LINK_ACCEPT_RESUME;
}

enum link_verdict link_hello_decide(const struct link *l, const struct link_hello *hello,
				    bool we_win, uint64_t now)
{
	const struct link_internal *in;

	if (!l || l->state == LINK_ENDED)
		return hello->resume ? LINK_REFUSE_GONE : LINK_ACCEPT_NEW;
	if (hello->resume)
		return decide_resume(l, hello, we_win, now);
	in = l->in;
	if (!in->was_up)
		return collides(l, we_win, now) ? LINK_REFUSE_COLLISION : LINK_ACCEPT_NEW;
	if (memcmp(hello->instance, l->peer_instance, INSTANCE_BYTES))
		return LINK_REPLACE;
	/*
	 * The peer repeats its attempt, since our answer was lost. It has received nothing,
	 * but may have said something ahead.
	 */
	if (!memcmp(hello->link, l->id, LINK_ID_BYTES) && outbox_plausible(&in->outbox, 0))
		return LINK_ACCEPT_RESUME;
	return is_late(l, we_win, now) ? LINK_REFUSE_COLLISION : LINK_REPLACE;
}

/*
 * Both HELLOs are known: drops the records that the peer has, and lets the rest be sent
 * again.
 */
static void come_up(struct link *l, uint64_t peer_received, const uint8_t *instance, uint64_t now)
{
	struct link_internal *in = l->in;
	unsigned path = in->path;
	bool resumed = in->was_up;

	outbox_ack(&in->outbox, peer_received);
	/* What was said ahead of this answer is on its way. */
	if (!link_speaks_ahead(l))
		outbox_rewind(&in->outbox);
	memcpy(l->peer_instance, instance, INSTANCE_BYTES);
	l->peer_known = true;
	if (!in->was_up) {
		in->ours |= l->initiator;
		in->came_up_at = now;
	}
	if (l->initiator)
		send_window_round_trip(&in->send_window, now - in->attached_at, now);
	in->was_up = true;
	keepalive_waiting(&in->keepalive, outbox_waiting(&in->outbox), now);
	link_enter(l, LINK_UP, resumed ? "resumed" : "new");
	l->events->up(l->owner, resumed);
	if (l->state == LINK_UP && in->path == path)
		link_kick(l);
}

/* Answers the initiator's HELLO, which was accepted. */
static void greet_back(struct link *l, const struct link_hello *hello, uint64_t now)
{
	struct link_internal *in = l->in;

	assert(outbox_plausible(&in->outbox, hello->received));
	if (!in->was_up)
		memcpy(l->id, hello->link, LINK_ID_BYTES);
	/* Only a link that our HELLO made can be resumed before it was up here. */
	in->ours |= hello->resume && !in->was_up;
	in->greeted = true;
	in->hello_due = true;
	in->hello_state = hello->resume ? "resumed" : "new";
	come_up(l, hello->received, hello->instance, now);
}

void link_accept(struct link *l, const struct link_hello *hello, uint64_t now)
{
	link_detach(l, "the peer comes by another path", now);
	if (l->state == LINK_ENDED)
		return;
	link_start_path(l, false, now);
	greet_back(l, hello, now);
}

/* Ends the link because of a HELLO that does not fit this path. Returns -1. */
static int refuse(struct link *l, enum hello_fault fault, uint64_t protocol, const char *why)
{
	if (fault == HELLO_MALFORMED)
		return link_protocol_error(l, RECORD_HELLO, why);
	l->peer_protocol = protocol;
	link_end(l, fault == HELLO_OTHER_PROTOCOL ? "version" : "not-you", false);
	return -1;
}

/* Acts on the state in an answer whose sender is known. */
static int take_state(struct link *l, const struct hello *hello, uint64_t now)
{
	struct link_internal *in = l->in;
	const char *state = hello->state;

	if (!strcmp(state, "gone") || !strcmp(state, "untrusted")) {
		link_end(l, state, false);
		return -1;
	}
	if (!strcmp(state, "collision")) {
		log_debug("%s: link: the peer's own attempt wins", l->peer_name);
		return -1;
	}
	if (strcmp(state, in->was_up ? "resumed" : "new"))
		return link_protocol_error(l, RECORD_HELLO,
					   in->was_up ? "state: resumed, or a refusal"
						      : "state: new, or a refusal");
	if (in->was_up && (hello->received < in->outbox.acked ||
			   memcmp(hello->instance, l->peer_instance, INSTANCE_BYTES))) {
		link_end(l, "gone", true);
		return -1;
	}
	if (!outbox_plausible(&in->outbox, hello->received))
		return link_protocol_error(
			l, RECORD_HELLO, "received: of what was sent, and not below the last one");
	come_up(l, hello->received, hello->instance, now);
	return 0;
}

/* The answer to our HELLO. */
static int take_answer(struct link *l, const struct record *record, uint64_t now)
{
	struct link_ends ends = link_ends(l);
	struct hello hello = { 0 };
	enum hello_fault fault = hello_parse(record, &ends, &hello);

	if (fault != HELLO_GOOD)
		return refuse(l, fault, hello.protocol, hello.why);
	if (l->events->admit && !l->events->admit(l->owner)) {
		link_end(l, "unknown-key", false);
		return -1;
	}
	l->in->greeted = true;
	return take_state(l, &hello, now);
}

/* The initiator's HELLO on a path that was attached before it came. */
static int take_opening(struct link *l, const struct record *record, uint64_t now)
{
	struct link_ends ends = link_ends(l);
	struct link_hello hello;
	enum hello_fault fault = link_hello_parse(record, &ends, &hello);

	if (fault != HELLO_GOOD)
		return refuse(l, fault, hello.protocol, hello.why);
	if (hello.meet)
		return link_protocol_error(l, RECORD_HELLO, "state: new or resume");
	l->in->greeted = true;
	switch (link_hello_decide(l, &hello, false, now)) {
	case LINK_ACCEPT_NEW:
	case LINK_ACCEPT_RESUME:
		greet_back(l, &hello, now);
		return 0;
	default:
		link_end(l, "gone", true);
		return -1;
	}
}

int link_take_hello(struct link *l, const struct record *record, uint64_t now)
{
	return l->initiator ? take_answer(l, record, now) : take_opening(l, record, now);
}
