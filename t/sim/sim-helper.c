/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Helpers are clients of the broker's sessions, with the git process above them. git asks,
 * sends its stream, sometimes after a hook that takes time or itself pushes, and reads. A
 * user may kill it at any moment. A helper never answers a session within the session's
 * call, because the real one is a process at the other end of a socket.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "session-internal.h"

enum {
	PATIENCE = 2 * LINK_SUSPEND_MAX,	/* ms that a user waits for one kind of path */
	ALL_THERE = 8000,		/* ms until everybody has logged in and is seen */
};

enum step {
	STEP_BEGIN,		/* it was told that the service runs */
	STEP_GO_ON,		/* its hook has ended, or it has credit */
	STEP_READ,
	STEP_KILL,
	STEP_SERVED,		/* it must be served by now */
};

static struct world *world_of(const struct helper *h)
{
	return h->broker->world;
}

/* The type by which a session knows a helper. */
static struct session_client *client_of(struct helper *h)
{
	return (struct session_client *)h;
}

static struct helper *helper_of(struct session_client *c)
{
	return (struct helper *)c;
}

static void plan(struct helper *h, uint64_t delay, enum step step)
{
	struct world *w = world_of(h);

	event_add(w, delay, EVENT_HELPER, (uint32_t)(h - w->helpers), h->generation, step);
}

/* Tells those who wait for this helper that it has ended. */
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
		violation(w, "%s: %s of '%s' from %s fails though everything is well",
			  h->broker->name, service_name(h->service), share_name(h->share),
			  w->brokers[h->device >= 0 ? (unsigned)h->device : h->account].name);
	w->final_left--;
}

/* Whether this helper must be served although another account is greedy. */
static bool must_be_served(const struct helper *h)
{
	const struct world *w = h->broker->world;

	return w->swarm.greedy && w->phase == PHASE_TROUBLE && h->began > ALL_THERE &&
	       !h->broker->hostile && !w->brokers[h->account].hostile;
}

static const char *draw_kind(struct world *w)
{
	static const char *const kinds[] = { "direct", "proxy", "inband" };

	return kinds[below(w, 3)];
}

/* Some users demand one kind of path for a link that is in use. There may be no such path. */
static void maybe_demand(struct helper *h)
{
	struct world *w = world_of(h);
	struct peer *p = peer_with(h->broker, h->by);

	if (!p || w->phase != PHASE_TROUBLE || !chance(w, w->swarm.demands))
		return;
	h->demands = true;
	plan(h, PATIENCE, STEP_KILL);
	peer_demand(p, h, transport_kinds(draw_kind(w)));
}

static void release(struct helper *h)
{
	struct peer *p = h->demands ? peer_with(h->broker, h->by) : NULL;

	if (p)
		peer_release(p, h);
	h->demands = false;
}

/* Ends a helper. Its session has closed it, or was abandoned. */
static void finish(struct helper *h, const char *because, bool success)
{
	struct helper **at = &h->broker->helpers;

	if (!strcmp(because, "busy") && must_be_served(h))
		violation(world_of(h), "%s: the places of %s are all another one's",
			  h->broker->name, world_of(h)->brokers[h->account].name);
	trace(world_of(h), "%s: %s of '%s' ends: %s", h->broker->name, service_name(h->service),
	      share_name(h->share), because);
	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	release(h);
	if (h->ending) {
		*h->ending =
			(struct ending){ .over = true, .success = success, .at = world_of(h)->now };
		snprintf(h->ending->because, sizeof(h->ending->because), "%s", because);
	}
	tell_others(h, success);
	h->used = false;
	h->generation++;
}

void helper_kill(struct helper *h, const char *because)
{
	struct session *s = h->session;

	h->session = NULL;
	session_abandoned(s);
	finish(h, because, false);
}

void helpers_kill(struct broker *b, const char *because)
{
	while (b->helpers)
		helper_kill(b->helpers, because);
}

/* Sends as much as the credit allows. False if its session has ended meanwhile. */
static bool say_some(struct helper *h)
{
	struct world *w = world_of(h);

	while (h->session && h->credit && h->out.done < h->out.total) {
		uint64_t left = h->out.total - h->out.done;
		size_t n = h->credit < FRAME_MAX ? h->credit : FRAME_MAX;
		const uint8_t *bytes;

		n = n < left ? n : left;
		bytes = stream_take(w, &h->out, &n);
		h->credit -= n;
		session_data(h->session, bytes, n);
	}
	return h->session;
}

/* Sends on. A fetch keeps its side open, as that of upload-pack does. */
static void go_on(struct helper *h)
{
	if (h->held_up || h->ended_out || h->exited || !say_some(h))
		return;
	if (h->out.done < h->out.total || h->service != SERVICE_RECEIVE_PACK)
		return;
	h->ended_out = true;
	session_data_end(h->session);
}

unsigned reading_delay(struct world *w)
{
	return w->phase == PHASE_TROUBLE && chance(w, w->swarm.slow_reader) ? between(w, 0, 5000)
									    : below(w, 20);
}

/*
 * Checks that the status which git reports is that of the process. Returns whether it is
 * success.
 */
static bool verify(struct helper *h)
{
	struct world *w = world_of(h);
	const struct outcome *o = outcome_find(w, h->id);

	if (h->by->hostile)
		return false;
	if (!o)
		violation(w, "%s: a status without a process", h->broker->name);
	if (o->status != h->status)
		violation(w, "%s: status %u, and the process ended with %u", h->broker->name,
			  h->status, o->status);
	if (h->status == 0 && !stream_complete(&h->in))
		violation(w, "%s: success, and only %lu bytes of %lu have come", h->broker->name,
			  (unsigned long)h->in.done, (unsigned long)h->in.total);
	if (h->status == 0 && h->service != SERVICE_RECEIVE_PACK)
		w->stats->fetches++;
	return h->status == 0;
}

/*
 * The user was told that the push failed. That must be true, unless the message says that
 * the outcome is unknown.
 */
static void check_failure(struct helper *h)
{
	const struct outcome *o = *h->id ? outcome_find(world_of(h), h->id) : NULL;

	if (h->service == SERVICE_RECEIVE_PACK && o && o->status == 0 &&
	    h->error != MSG_PUSH_UNKNOWN)
		violation(world_of(h),
			  "%s: a push is said to have failed (%s), and the refs have moved",
			  h->broker->name, message_name(h->error));
}

static void on_note(struct session_client *c, const char *kind, const char *text)
{
	struct helper *h = helper_of(c);

	trace(world_of(h), "%s: is told: %s", h->broker->name, text);
	if (h->session->state != SESSION_LOST)
		return;
	trace(world_of(h), "%s: a push to %s is lost: %s", h->broker->name, h->by->name,
	      h->session->lost_because);
	h->lost = true;
	world_of(h)->stats->lost_pushes++;
}

static void on_ready(struct session_client *c, const struct session_ready *ready)
{
	struct helper *h = helper_of(c);
	struct world *w = world_of(h);
	unsigned size = between(w, 10, 1000);

	h->by = device_find(w, ready->device);
	strcpy(h->id, h->session->neg_id);
	if (h->service == SERVICE_RECEIVE_PACK && !h->final && chance(w, w->swarm.big))
		size = between(w, 1000, 3 * CHANNEL_WINDOW);
	if (h->service == SERVICE_RECEIVE_PACK && w->swarm.push_size)
		size = w->swarm.push_size;
	stream_init(&h->out, h->id, false, size);
	stream_init(&h->in, h->id, true, 0);
	h->credit = FRAME_WINDOW;
	trace(w, "%s: %s of '%s' from %s is open", h->broker->name, service_name(h->service),
	      share_name(h->share), h->by->name);
	h->held_up = true;
	plan(h, 0, STEP_BEGIN);
}

static void on_data(struct session_client *c, const void *data, size_t n)
{
	struct helper *h = helper_of(c);

	if (trust_lost(h->broker, h->by))
		violation(world_of(h), "%s: git reads a byte of %s, which is not trusted",
			  h->broker->name, h->by->name);
	if (!h->by->hostile)
		stream_read(world_of(h), &h->in, data, n);
	h->unconsumed += n;
	if (!h->reading)
		plan(h, reading_delay(world_of(h)), STEP_READ);
	h->reading = true;
}

static void on_stderr_data(struct session_client *c, const void *data, size_t n)
{
}

static void on_data_end(struct session_client *c)
{
}

static void on_exited(struct session_client *c, uint32_t status)
{
	struct helper *h = helper_of(c);

	if (h->exited)
		violation(world_of(h), "%s: git exits twice", h->broker->name);
	h->exited = true;
	h->status = status;
}

static void on_failed(struct session_client *c, const struct message *m)
{
	helper_of(c)->error = m->id;
}

static void on_credit(struct session_client *c, size_t n)
{
	struct helper *h = helper_of(c);

	h->credit += n;
	if (h->credit > FRAME_WINDOW)
		violation(world_of(h), "%s: credit for more than was said", h->broker->name);
	if (!h->held_up)
		plan(h, below(world_of(h), 5), STEP_GO_ON);
}

static void on_close(struct session_client *c)
{
	struct helper *h = helper_of(c);
	bool success = false;

	h->session = NULL;
	if (h->exited) {
		world_of(h)->stats->outcomes += h->lost;
		success = verify(h);
	} else if (h->error == MSG_NONE) {
		violation(world_of(h), "%s: a helper is let go without a word", h->broker->name);
	} else {
		check_failure(h);
	}
	finish(h, h->exited ? "done" : message_name(h->error), success);
}

static void on_moving(struct session_client *c, uint64_t sent, uint64_t total, uint64_t rate)
{
	struct helper *h = helper_of(c);

	if (sent > total)
		violation(world_of(h), "%s: more has left than git has written", h->broker->name);
}

const struct session_client_ops helper_ops = {
	.note = on_note,
	.moving = on_moving,
	.ready = on_ready,
	.data = on_data,
	.stderr_data = on_stderr_data,
	.data_end = on_data_end,
	.exited = on_exited,
	.failed = on_failed,
	.credit = on_credit,
	.close = on_close,
};

/* The only trouble of a simulated account is that it is offline. */
static const struct message *on_trouble(void *owner)
{
	return NULL;
}

static void on_awaited(void *owner, struct message *out)
{
	const struct broker *b = owner;

	if (b->context.online_at)
		out->id = MSG_NONE;
	else
		message_set(out, MSG_NOT_ONLINE, "jid", b->jid, NULL);
}

const struct session_ops session_account_ops = {
	.trouble = on_trouble,
	.awaited = on_awaited,
};

/* The journal */

static void on_over(void *owner, const struct transfer *t)
{
	const struct broker *b = owner;

	trace(b->world, "%s: its journal: %s of '%s', %s", b->name, service_name(t->service),
	      t->share, witness_result_name(witness_result(t->witness, t->reason)));
}

static void on_refused(void *owner, const char *jid, const char *share, enum service service,
		       const char *reason)
{
	const struct broker *b = owner;

	trace(b->world, "%s: its journal: %s of '%s', refused: %s", b->name, service_name(service),
	      share, reason);
}

static void on_unanswered(void *owner, const char *jid, const char *share, enum service service,
			  const char *reason)
{
	const struct broker *b = owner;

	trace(b->world, "%s: its journal: %s of '%s' failed, %s", b->name, service_name(service),
	      share, reason);
}

static void on_push_noted(void *owner, const struct unsettled_push *push)
{
	struct broker *b = owner;

	b->noted++;
}

static void on_push_cut(void *owner, const struct unsettled_push *push)
{
	struct broker *b = owner;

	b->noted--;
	trace(b->world, "%s: a push of '%s' is cut: %s", b->name, push->share, push->reason);
	witness_finish(push->witness);
	witness_init(push->witness, SERVICE_RECEIVE_PACK);
}

static void on_push_settled(void *owner, const char *id)
{
	struct broker *b = owner;

	b->noted--;
}

static void on_troubled(void *owner, const char *task, const char *jid, enum message_id id)
{
}

const struct session_events session_events = {
	.over = on_over,
	.refused = on_refused,
	.unanswered = on_unanswered,
	.push_noted = on_push_noted,
	.push_cut = on_push_cut,
	.push_settled = on_push_settled,
	.troubled = on_troubled,
};

/* Before the first byte: runs a hook that pushes, one that sleeps, or none. */
static void think(struct helper *h)
{
	struct world *w = world_of(h);
	bool trouble = w->phase == PHASE_TROUBLE && !h->final;

	if (trouble && h->service == SERVICE_RECEIVE_PACK && !h->nested &&
	    chance(w, w->swarm.nested) &&
	    helper_start(h->broker, SERVICE_RECEIVE_PACK, h->account, h->device, h->share, h))
		return;
	plan(h, between(w, 0, trouble && chance(w, w->swarm.nested) ? 6000 : 20), STEP_GO_ON);
}

void helper_step(struct helper *h, unsigned step)
{
	struct world *w = world_of(h);

	switch (step) {
	case STEP_BEGIN:
		maybe_demand(h);
		think(h);
		break;
	case STEP_GO_ON:
		h->held_up = false;
		go_on(h);
		break;
	case STEP_READ:
		h->unconsumed = 0;
		h->reading = false;
		session_drained(h->session);
		break;
	case STEP_KILL:
		w->stats->killed++;
		helper_kill(h, "cancelled");
		break;
	case STEP_SERVED:
		if (must_be_served(h) && !h->by)
			violation(w,
				  "%s: %s of '%s' from %s is not served, so much another one takes",
				  h->broker->name, service_name(h->service), share_name(h->share),
				  w->brokers[h->account].name);
		break;
	}
}

static struct helper *add(struct broker *b)
{
	struct world *w = b->world;

	struct helper *h = w->helpers;

	while (h < w->helpers + w->helpers_used && h->used)
		h++;
	if (h == w->helpers + HELPERS_MAX)
		return NULL;
	w->helpers_used += h == w->helpers + w->helpers_used;
	*h = (struct helper){ .used = true, .generation = h->generation, .broker = b };
	h->next = b->helpers;
	b->helpers = h;
	return h;
}

/* Some users demand a kind of path from the start (see maybe_demand()). */
static const char *draw_transport(const struct helper *h)
{
	struct world *w = world_of(h);

	return w->phase == PHASE_TROUBLE && chance(w, w->swarm.demands / 4) ? draw_kind(w) : NULL;
}

static void open_session(struct helper *h)
{
	const struct world *w = world_of(h);
	const char *transport = draw_transport(h);
	struct buf fields = { 0 };

	fields_add(&fields, "service", service_name(h->service));
	fields_add(&fields, "jid", w->brokers[h->account].jid);
	fields_add(&fields, "share", share_name(h->share));
	fields_add(&fields, "device", h->device >= 0 ? w->brokers[h->device].device : NULL);
	fields_add(&fields, "transport", transport);
	h->session = session_create(&h->broker->sessions, client_of(h));
	/* Paths of that kind may come and go before they carry anything, again and again. */
	if (transport || h->broker->transport != PATH_MASK_ALL)
		plan(h, PATIENCE, STEP_KILL);
	session_open(h->session, (struct fields){ buf_data(&fields), buf_len(&fields) });
	buf_finish(&fields);
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
	trace(w, "%s: a user wants %s of '%s' from %s%s", b->name, service_name(service),
	      share_name(share), device >= 0 ? w->brokers[device].name : w->brokers[account].name,
	      parent ? ", from a hook" : "");
	if (w->swarm.greedy)
		plan(h, SERVED, STEP_SERVED);
	w->stats->met[MET_SERVED] += must_be_served(h);
	if (w->phase == PHASE_TROUBLE && chance(w, w->swarm.helper_killed))
		plan(h, below(w, 2) ? between(w, 0, 200) : between(w, 0, 20000), STEP_KILL);
	open_session(h);
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
		helper_start(b, service, other->account, chance(w, 700) ? -1 : (int)other->index,
			     share, NULL);
	/* Both sides push at the same moment, or this one asks twice. */
	if (both && other->running && !other->hostile)
		helper_start(other, SERVICE_RECEIVE_PACK, b->account, -1, share, NULL);
	else if (chance(w, 200) && b->running && !b->hostile)
		helper_start(b, service, other->account, -1, share, NULL);
	if (w->swarm.compares && chance(w, w->swarm.compares)) {
		user_compares(b, other);
		if (both)
			user_compares(other, b);
	}
	if (w->swarm.trust_events && chance(w, 400))
		user_lists(b);
}
