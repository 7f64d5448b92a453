/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Helpers, as in daemon/session.c, with the git process above them: it asks,
 * says what it has to say, sometimes after a hook that takes its time or pushes
 * itself, and reads. A user may kill it at any moment.
 */
#include "nothing.h"
#include "sim.h"

#include <stdio.h>
#include <string.h>

enum {
	ONLINE_TIMEOUT = 4500,
	RESTARTS_MAX = 3,
	LOOKS_MAX = 2,
	ALL_THERE = 8000,		/* ms: then everybody has logged in, and knows who is there */
};

enum step {
	STEP_TIMEOUT,
	STEP_GO_ON,		/* the hook is over */
	STEP_READ,
	STEP_KILL,
	STEP_ASK,		/* for what became of its push */
	STEP_SERVED,		/* it must be, by now */
	STEP_LOOK,		/* who is not seen was asked */
};

static const struct channel_events channel_events;
static const struct errand_events errand_events;

static void look(struct helper *h);

static struct world *world_of(const struct helper *h)
{
	return h->broker->world;
}

static void plan(struct helper *h, uint64_t delay, enum step step)
{
	struct world *w = world_of(h);

	event_add(w, delay, EVENT_HELPER, (uint32_t)(h - w->helpers), h->generation, step);
}

/* Who waits for this one may go on. */
static void tell_others(struct helper *h, bool success)
{
	struct world *w = world_of(h);

	if (h->nested) {
		struct helper *parent = &w->helpers[h->parent];

		if (parent->used && parent->generation == h->parent_generation)
			plan(parent, 1, STEP_GO_ON);
	}
	if (h->background)
		followed(h->broker, h->device, h->share, success ? outcome_find(w, h->id) : NULL);
	if (!h->final)
		return;
	if (!success)
		violation(w, "%s: %s of '%s' from %s fails though everything is well", h->broker->name,
			  service_name(h->service), share_name(h->share),
			  w->brokers[h->device >= 0 ? (unsigned)h->device : h->account].name);
	w->final_left--;
}

/* Whoever is greedy, the others are served. */
static bool must_be_served(const struct helper *h)
{
	const struct world *w = h->broker->world;

	return w->swarm.greedy && w->phase == PHASE_TROUBLE && h->began > ALL_THERE && !h->broker->hostile &&
	       !w->brokers[h->account].hostile;
}

static void finish(struct helper *h, const char *because, bool success)
{
	struct helper **at = &h->broker->helpers;

	if (h->state == HELPER_ENDED)
		return;
	if (!strcmp(because, "busy") && must_be_served(h))
		violation(world_of(h), "%s: the places of %s are all another one's", h->broker->name,
			  world_of(h)->brokers[h->account].name);
	trace(world_of(h), "%s: %s of '%s' ends: %s", h->broker->name, service_name(h->service),
	      share_name(h->share), because);
	h->state = HELPER_ENDED;
	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	errand_destroy(h->errand);
	h->errand = NULL;
	if (h->question)
		neg_withdraw(h->question, because);
	h->question = NULL;
	if (h->channel)
		channel_close(h->channel, because);
	if (h->channel || h->neg)
		violation(world_of(h), "%s: a closed channel is still there", h->broker->name);
	if (h->ending) {
		*h->ending = (struct ending){ .over = true, .success = success, .at = world_of(h)->now };
		snprintf(h->ending->because, sizeof(h->ending->because), "%s", because);
	}
	tell_others(h, success);
	h->used = false;
	h->generation++;
}

void helper_kill(struct helper *h, const char *because)
{
	struct broker *b = h->broker;

	finish(h, because, false);
	for (struct peer *p = b->peers.first; p; p = p->next)
		peer_touch(p);
}

void helpers_kill(struct broker *b, const char *because)
{
	while (b->helpers)
		helper_kill(b->helpers, because);
}

static void pass_on(struct helper *h)
{
	if (h->held_up || h->ended_out)
		return;
	if (h->exited || (stream_write(world_of(h), &h->out, h->channel, UINT64_MAX) &&
			  h->service == SERVICE_RECEIVE_PACK)) {
		h->ended_out = true;
		channel_end(h->channel);
	}
}

unsigned reading_delay(struct world *w)
{
	return w->phase == PHASE_TROUBLE && chance(w, w->swarm.slow_reader) ? between(w, 0, 5000) : below(w, 20);
}

static void on_channel_data(void *owner, const void *data, size_t n)
{
	struct helper *h = owner;

	if (!other_of(h->peer)->hostile)
		stream_read(world_of(h), &h->in, data, n);
	h->unconsumed += n;
	if (!h->reading)
		plan(h, reading_delay(world_of(h)), STEP_READ);
	h->reading = true;
}

static void on_channel_exited(void *owner, uint32_t status)
{
	struct helper *h = owner;

	h->exited = true;
	h->status = status;
	h->held_up = false;
	pass_on(h);
}

static void on_channel_writable(void *owner)
{
	pass_on(owner);
}

/* What git tells its user must be what has happened there. */
static bool verify(struct helper *h, const struct broker *by)
{
	struct world *w = world_of(h);
	const struct outcome *o = outcome_find(w, h->id);

	if (by->hostile)
		return false;
	if (!o)
		violation(w, "%s: a status without a process", h->broker->name);
	if (o->status != h->status)
		violation(w, "%s: status %u, and the process ended with %u", h->broker->name, h->status, o->status);
	if (h->status == 0 && !stream_complete(&h->in))
		violation(w, "%s: success, and only %lu bytes of %lu have come", h->broker->name,
			  (unsigned long)h->in.done, (unsigned long)h->in.total);
	if (h->status == 0 && h->service != SERVICE_RECEIVE_PACK)
		w->stats->fetches++;
	return h->status == 0;
}

/* Its user is told that it failed, and believes it. */
static void fail(struct helper *h, const char *reason)
{
	const struct outcome *o = outcome_find(world_of(h), h->id);

	if (h->service == SERVICE_RECEIVE_PACK && o && o->status == 0)
		violation(world_of(h), "%s: a push is said to have failed (%s), and the refs have moved",
			  h->broker->name, reason);
	finish(h, reason, false);
}

void helper_unknown(struct helper *h)
{
	finish(h, "nobody knows what became of it", false);
}

void helper_learns(struct helper *h, unsigned status)
{
	world_of(h)->stats->outcomes++;
	h->status = status;
	finish(h, "its outcome is known", verify(h, h->lost_to));
}

void helper_ask_later(struct helper *h)
{
	plan(h, OUTCOME_AGAIN, STEP_ASK);
}

static void on_channel_closed(void *owner, const char *reason)
{
	struct helper *h = owner;
	struct peer *p = h->peer;

	if (!h->channel)
		violation(world_of(h), "%s: a channel is closed twice", h->broker->name);
	h->channel = NULL;
	neg_done(h->neg, world_of(h)->now);
	if (h->demands)
		peer_release(p, h);
	h->demands = false;
	peer_touch(p);
	h->neg = NULL;
	h->peer = NULL;
	if (h->state == HELPER_ENDED)
		return;
	if (h->exited) {
		finish(h, "done", verify(h, other_of(p)));
	} else if (reason && h->service == SERVICE_RECEIVE_PACK && h->ended_out) {
		trace(world_of(h), "%s: a push to %s is lost: %s", h->broker->name, other_of(p)->name, reason);
		h->state = HELPER_LOST;
		lost_begin(h, other_of(p));
	} else {
		fail(h, reason ? reason : "ended");
	}
}

static const struct channel_events channel_events = {
	.accepted = nothing,
	.data = on_channel_data,
	.stderr_data = nothing_came,
	.end = nothing,
	.exited = on_channel_exited,
	.writable = on_channel_writable,
	.closed = on_channel_closed,
};

/* Before the first byte: a hook that pushes, one that sleeps, or none. */
static void think(struct helper *h)
{
	struct world *w = world_of(h);
	bool trouble = w->phase == PHASE_TROUBLE && !h->final;

	h->held_up = true;
	if (trouble && h->service == SERVICE_RECEIVE_PACK && !h->nested && chance(w, w->swarm.nested) &&
	    helper_start(h->broker, SERVICE_RECEIVE_PACK, h->account, h->device, h->share, h))
		return;
	plan(h, between(w, 0, trouble && chance(w, w->swarm.nested) ? 6000 : 20), STEP_GO_ON);
}

static void on_errand_open(void *owner, struct negotiation *neg, struct channel *channel, void *tag)
{
	struct helper *h = owner;
	struct world *w = world_of(h);
	unsigned size = between(w, 10, 1000);

	if (!h->errand)
		violation(w, "%s: an errand ends twice", h->broker->name);
	h->errand = NULL;
	h->neg = neg;
	h->channel = channel;
	h->peer = tag;
	h->state = HELPER_OPEN;
	strcpy(h->id, neg_id(neg));
	if (h->service == SERVICE_RECEIVE_PACK && !h->final && chance(w, w->swarm.big))
		size = between(w, 1000, 3 * CHANNEL_WINDOW);
	if (h->service == SERVICE_RECEIVE_PACK && w->swarm.push_size)
		size = w->swarm.push_size;
	stream_init(&h->out, h->id, false, size);
	stream_init(&h->in, h->id, true, 0);
	trace(w, "%s: %s of '%s' from %s is open", h->broker->name, service_name(h->service),
	      share_name(h->share), other_of(h->peer)->name);
	if (w->phase == PHASE_TROUBLE && chance(w, w->swarm.demands)) {
		static const char *const kinds[] = { "direct", "proxy", "inband" };

		h->demands = true;
		peer_demand(h->peer, h, ways_transport(kinds[below(w, 3)]));
	}
	think(h);
	peer_touch(h->peer);
}

static bool is_worth_another_look(const char *reason)
{
	static const char *const reasons[] = { "gone", "restarted", "stopped", "idle", "offline" };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (!strcmp(reason, reasons[i]))
			return true;
	return false;
}

static void on_errand_failed(void *owner, const char *reason)
{
	struct helper *h = owner;

	if (!h->errand)
		violation(world_of(h), "%s: an errand ends twice", h->broker->name);
	h->errand = NULL;
	if (is_worth_another_look(reason) && h->restarts++ < RESTARTS_MAX) {
		h->state = HELPER_WAITING;
		h->looks = 0;
		plan(h, ONLINE_TIMEOUT, STEP_TIMEOUT);
		look(h);
		return;
	}
	finish(h, reason, false);
}

static void on_errand_waiting(void *owner, const char *state)
{
}

static const struct errand_events errand_events = {
	.open = on_errand_open,
	.failed = on_errand_failed,
	.waiting = on_errand_waiting,
};

static bool add_candidates(struct helper *h, const struct buddy *buddy, bool linked)
{
	struct broker *b = h->broker;
	bool any = false;

	for (const struct resource *r = buddy->resources; r; r = r->next) {
		struct broker *other = r->broker ? device_find(b->world, r->device) : NULL;
		uint8_t id[NEG_ID_BYTES];
		struct peer *p;

		if (!other || other == b || !b->trusts[other->index] ||
		    (h->device >= 0 && other->index != (unsigned)h->device))
			continue;
		p = peer_with(b, other);
		if (linked != (p && p->link.state == LINK_UP))
			continue;
		p = peer_wanted(b, other);
		draw_id(b->world, id, sizeof(id));
		if (p && errand_add(h->errand, &p->negotiations, id, p))
			any = true;
	}
	return any;
}

static bool is_pending(const struct helper *h)
{
	return inquirer_pending(h->broker->inquirer, h->broker->world->brokers[h->account].jid);
}

static void look(struct helper *h)
{
	struct broker *b = h->broker;
	struct world *w = b->world;
	struct buddy *buddy;
	bool linked, others;

	if (!b->online)
		return;
	buddy = presence_buddy(b->presence, w->brokers[h->account].jid);
	h->errand = errand_create(h->service, share_name(h->share), NULL, &errand_events, &channel_events, h);
	linked = buddy && add_candidates(h, buddy, true);
	others = buddy && add_candidates(h, buddy, false);
	if (linked || others) {
		h->state = HELPER_ASKING;
		errand_start(h->errand, w->now);
		for (struct peer *p = b->peers.first; p; p = p->next)
			peer_touch(p);
		return;
	}
	errand_destroy(h->errand);
	h->errand = NULL;
	if (!h->looks) {
		h->looks = 1;
		inquirer_want(b->inquirer, w->brokers[h->account].jid);
		if (is_pending(h))
			plan(h, INQUIRY_PATIENCE, STEP_LOOK);
	}
	if (w->now >= b->online_at + INQUIRY_SETTLE && !is_pending(h))
		finish(h, "offline", false);
}

static void look_again(struct helper *h)
{
	if (!is_pending(h) || h->looks++ == LOOKS_MAX)
		finish(h, "offline", false);
	else
		plan(h, INQUIRY_PATIENCE, STEP_LOOK);
}

void helpers_wake(struct broker *b)
{
	struct helper *h, *next;

	for (h = b->helpers; h; h = next) {
		next = h->next;
		if (h->state == HELPER_WAITING)
			look(h);
	}
}

void helper_step(struct helper *h, unsigned step)
{
	size_t n = h->unconsumed;

	switch (step) {
	case STEP_TIMEOUT:
		if (h->state == HELPER_WAITING)
			finish(h, "offline", false);
		return;
	case STEP_LOOK:
		if (h->state == HELPER_WAITING && h->broker->online)
			look_again(h);
		return;
	case STEP_SERVED:
		if (must_be_served(h) && (h->state == HELPER_WAITING || h->state == HELPER_ASKING))
			violation(world_of(h), "%s: %s of '%s' from %s is not served, so much another one takes",
				  h->broker->name, service_name(h->service), share_name(h->share),
				  world_of(h)->brokers[h->account].name);
		return;
	case STEP_KILL:
		world_of(h)->stats->killed++;
		helper_kill(h, "cancelled");
		return;
	case STEP_ASK:
		lost_ask(h);
		return;
	case STEP_READ:
		h->unconsumed = 0;
		h->reading = false;
		if (n && h->channel)
			channel_consumed(h->channel, n);
		break;
	default:
		h->held_up = false;
		if (h->channel)
			pass_on(h);
		break;
	}
	if (h->peer)
		peer_touch(h->peer);
}

static struct helper *add(struct broker *b)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < HELPERS_MAX; i++) {
		struct helper *h = &w->helpers[i];
		uint32_t generation = h->generation;

		if (h->used)
			continue;
		*h = (struct helper){ .used = true, .generation = generation, .broker = b };
		h->next = b->helpers;
		b->helpers = h;
		return h;
	}
	return NULL;
}

struct helper *helper_start(struct broker *b, enum service service, unsigned account, int device,
			    unsigned share, struct helper *parent)
{
	struct world *w = b->world;
	struct helper *h = add(b);
	uint32_t generation;

	if (!h)
		return NULL;
	generation = h->generation;
	h->service = service;
	h->account = account;
	h->device = device;
	h->share = share;
	h->began = w->now;
	h->final = w->starting_final;
	h->ending = w->ending;
	if (parent) {
		h->nested = true;
		h->parent = (uint32_t)(parent - w->helpers);
		h->parent_generation = parent->generation;
	}
	trace(w, "%s: a user wants %s of '%s' from %s%s", b->name, service_name(service), share_name(share),
	      device >= 0 ? w->brokers[device].name : w->brokers[account].name, parent ? ", from a hook" : "");
	plan(h, ONLINE_TIMEOUT, STEP_TIMEOUT);
	if (w->swarm.greedy)
		plan(h, SERVED, STEP_SERVED);
	if (w->phase == PHASE_TROUBLE && chance(w, w->swarm.helper_killed))
		plan(h, below(w, 2) ? between(w, 0, 200) : between(w, 0, 20000), STEP_KILL);
	look(h);
	return h->generation == generation ? h : NULL;
}

void user_acts(struct broker *b)
{
	static const enum service services[] = {
		SERVICE_RECEIVE_PACK, SERVICE_RECEIVE_PACK, SERVICE_RECEIVE_PACK,
		SERVICE_UPLOAD_PACK, SERVICE_UPLOAD_PACK, SERVICE_UPLOAD_ARCHIVE,
	};
	struct world *w = b->world;
	struct broker *other = &w->brokers[below(w, w->count)];
	bool both = chance(w, 300);
	unsigned share = below(w, 10) ? 0 : 1;
	enum service service = services[below(w, 6)];

	if (other == b)
		other = &w->brokers[(b->index + 1) % w->count];
	if (b->running && !b->hostile)
		helper_start(b, service, other->account, chance(w, 700) ? -1 : (int)other->index, share, NULL);
	/* Both at the same moment, or the same one twice. */
	if (both && other->running && !other->hostile)
		helper_start(other, SERVICE_RECEIVE_PACK, b->account, -1, share, NULL);
	else if (chance(w, 200) && b->running && !b->hostile)
		helper_start(b, service, other->account, -1, share, NULL);
}
