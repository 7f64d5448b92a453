/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Serving, as in daemon/serve.c, and the git process below it: it talks early,
 * late or never, reads when it likes, dies when it is told to by chance. What it says is a
 * stream; the status that it ends with is kept, for the far end must be told the same.
 */
#include "nothing.h"
#include "sim.h"

#include <string.h>

enum { ROOM_LOW = 64 * 1024, DIED = 137, ADVERT = 40 };

enum step {
	STEP_TALK,		/* its first byte, or its end without one */
	STEP_READ,		/* takes what is in its pipe */
	STEP_FINISH,		/* has all it wants */
	STEP_DIE,
	STEP_GONE,		/* it was told to end, and has */
};

static struct world *world_of(const struct serve *s)
{
	return s->broker->world;
}

static void plan(struct serve *s, uint64_t delay, enum step step)
{
	struct world *w = world_of(s);

	event_add(w, delay, EVENT_CHILD, (uint32_t)(s - w->serves), s->generation, step);
}

/* Its place is free, and whoever waited for its turn goes on. */
static void give_back(struct serve *s)
{
	struct peer *p = s->broker->running ? peer_with(s->broker, s->of) : NULL;

	services_end(&s->run);
	if (!p)
		return;
	negotiations_turn_free(&p->negotiations, world_of(s)->now);
	peer_touch(p);
}

static void release(struct serve *s)
{
	s->used = s->ending = false;
	s->generation++;
	give_back(s);
}

static void finish(struct serve *s)
{
	struct world *w = world_of(s);
	struct serve **at = &s->broker->serves;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (s->peer)
		peer_touch(s->peer);
	s->peer = NULL;
	tail_finish(&s->tail);
	if (s->child_over) {
		s->used = false;
		s->generation++;
		return;
	}
	services_ending(&s->run);
	s->ending = true;
	s->generation++;
	plan(s, between(w, 0, w->phase == PHASE_TROUBLE && chance(w, w->swarm.child_late) ? 5000 : 30), STEP_GONE);
}

const struct serve *serve_left(const struct broker *b, const struct broker *of, const char *share)
{
	const struct world *w = b->world;

	for (unsigned i = 0; i < SERVES_MAX; i++) {
		const struct serve *s = &w->serves[i];

		if (s->used && s->broker == b && s->of == of && s->service == SERVICE_RECEIVE_PACK && !s->child_over &&
		    (s->orphan || s->ending) && !strcmp(share_name(s->share), share))
			return s;
	}
	return NULL;
}

static void note_outcome(struct serve *s, unsigned status, bool complete)
{
	struct world *w = world_of(s);
	struct outcome *o = &w->outcomes[w->outcome_next++ % OUTCOMES];

	*o = (struct outcome){ .status = status, .complete = complete, .refs = s->refs };
	strcpy(o->id, s->id);
}

const struct outcome *outcome_find(const struct world *w, const char *id)
{
	for (unsigned i = 0; i < OUTCOMES; i++)
		if (!strcmp(w->outcomes[i].id, id))
			return &w->outcomes[i];
	return NULL;
}

/* The moment at which a push is all there and nobody knows yet what becomes of it. */
static void maybe_cut_off(struct serve *s)
{
	struct world *w = world_of(s);
	const struct broker *b = below(w, 2) ? s->broker : other_of(s->peer);

	if (w->phase != PHASE_TROUBLE || s->service != SERVICE_RECEIVE_PACK || !chance(w, w->swarm.end_loss))
		return;
	event_add(w, below(w, 30), EVENT_CUT_OFF, b->index, 0, 0);
}

/* The process has what it came for. */
static void want_to_finish(struct serve *s)
{
	struct world *w = world_of(s);
	bool trouble = w->phase == PHASE_TROUBLE;

	if (s->finishing || s->child_over)
		return;
	s->finishing = true;
	if (trouble && (chance(w, w->swarm.child_hangs) || (w->swarm.greedy && s->by_hostile)))
		s->hangs = true;
	else
		plan(s, between(w, 0, trouble && chance(w, w->swarm.child_late) ? 8000 : 30), STEP_FINISH);
}

static void on_channel_data(void *owner, const void *data, size_t n)
{
	struct serve *s = owner;
	struct world *w = world_of(s);

	services_moved(&s->run, w->now);
	if (!s->active) {
		s->active = true;
		s->late = w->now >= s->opened_at + NEG_IDLE_PUSH;
		neg_active(s->neg);
	}
	if (!other_of(s->peer)->hostile)
		stream_read(w, &s->in, data, n);
	else
		s->in.done += n;
	if (s->child_over) {
		channel_consumed(s->channel, n);
		return;
	}
	s->held += n;
	if (!s->reading)
		plan(s, reading_delay(w), STEP_READ);
	s->reading = true;
}

static void on_channel_end(void *owner)
{
	struct serve *s = owner;

	s->in_ended = true;
	if (s->child_over)
		return;
	if (s->service == SERVICE_RECEIVE_PACK)
		tail_begin(&s->tail, s->out.done);
	maybe_cut_off(s);
	if (!other_of(s->peer)->hostile && !stream_complete(&s->in))
		violation(world_of(s), "%s: the end of data comes early from %s", s->broker->name,
			  other_of(s->peer)->name);
	want_to_finish(s);
}

/* What the process has to say, as far as there is room; its end. */
static void write_on(struct serve *s)
{
	struct world *w = world_of(s);
	uint64_t upto = !s->talked ? 0 : s->finishing ? UINT64_MAX : s->advert;

	if (s->hangs || s->child_over)
		return;
	s->paused = false;
	upto = upto < s->out.total ? upto : s->out.total;
	while (s->out.done < upto && (s->orphan || channel_room(s->channel))) {
		size_t n = s->orphan ? SIZE_MAX : channel_room(s->channel);
		const uint8_t *bytes;

		n = n < upto - s->out.done ? n : upto - s->out.done;
		bytes = stream_take(w, &s->out, &n);
		services_moved(&s->run, w->now);
		tail_add(&s->tail, bytes, n);
		if (s->orphan)
			outcomes_add(s->broker->outcomes, s->id, bytes, n);
		else
			channel_write(s->channel, bytes, n);
	}
	if (!s->orphan && channel_room(s->channel) < ROOM_LOW)
		s->paused = true;
}

static void exit_with(struct serve *s, unsigned status)
{
	bool complete = status == 0 && s->service == SERVICE_RECEIVE_PACK;

	s->child_over = true;
	s->status = status;
	give_back(s);
	note_outcome(s, status, status == 0);
	if (complete && !s->by_hostile) {
		announcer_moved(s->broker, s->share);
		world_of(s)->stats->pushes++;
	}
	if (s->orphan) {
		trace(world_of(s), "%s: a push that lost its link ends with %u", s->broker->name, status);
		outcomes_done(s->broker->outcomes, s->id, status, world_of(s)->now);
		finish(s);
		return;
	}
	channel_end(s->channel);
	channel_exit(s->channel, status);
}

/* A push that has all it needs goes on when its link is lost. */
static bool has_outcome(const struct serve *s, const char *reason)
{
	static const char *const lost[] = { "gone", "no-path", "offline", "unreachable" };

	if (!s->tail.on)
		return false;
	if (!reason)
		return true;
	for (size_t i = 0; i < sizeof(lost) / sizeof(*lost); i++)
		if (!strcmp(reason, lost[i]))
			return true;
	return false;
}

static void keep_outcome(struct serve *s)
{
	struct broker *b = s->broker;
	struct peer *p = s->peer;

	outcome_kept(b, other_of(p), s->id, s->tail.from);
	outcomes_begin(b->outcomes, other_of(p)->jid, other_of(p)->device, s->id, &s->tail, b->world->now);
	if (s->child_over) {
		outcomes_done(b->outcomes, s->id, s->status, b->world->now);
		return;
	}
	trace(b->world, "%s: a push of %s goes on without a link", b->name, other_of(p)->name);
	s->orphan = true;
	services_orphan(&s->run);
	s->peer = NULL;
	if (!s->hangs)
		plan(s, 0, s->finishing ? STEP_FINISH : STEP_READ);
}

void serves_end_orphans(struct broker *b)
{
	struct serve *s = b->serves;

	while (s) {
		struct serve *next = s->next;

		if (s->orphan)
			finish(s);
		s = next;
	}
	for (unsigned i = 0; i < SERVES_MAX; i++)
		if (b->world->serves[i].used && b->world->serves[i].broker == b && b->world->serves[i].ending)
			release(&b->world->serves[i]);
}

static void on_channel_writable(void *owner)
{
	struct serve *s = owner;

	services_moved(&s->run, world_of(s)->now);
	if (!s->paused || s->child_over || channel_room(s->channel) < ROOM_LOW)
		return;
	s->paused = false;
	plan(s, 0, s->finishing && !s->hangs ? STEP_FINISH : STEP_READ);
}

static void on_channel_closed(void *owner, const char *reason)
{
	struct serve *s = owner;
	struct world *w = world_of(s);

	if (!s->channel)
		violation(w, "%s: a channel is closed twice", s->broker->name);
	trace(w, "%s: %s '%s' of %s: %s", s->broker->name, service_name(s->service), share_name(s->share),
	      other_of(s->peer)->name, reason ? reason : "done");
	s->channel = NULL;
	if (has_outcome(s, reason))
		keep_outcome(s);
	if (!s->orphan)
		services_ending(&s->run);
	neg_done(s->neg, w->now);
	s->neg = NULL;
	if (!s->orphan)
		finish(s);
}

static const struct channel_events channel_events = {
	.accepted = nothing,
	.data = on_channel_data,
	.stderr_data = nothing_came,
	.end = on_channel_end,
	.exited = nothing_exited,
	.writable = on_channel_writable,
	.closed = on_channel_closed,
};

static bool open_channel(struct serve *s)
{
	struct world *w = world_of(s);

	if (s->channel)
		return true;
	s->channel = neg_started(s->neg, &channel_events, s, w->now);
	if (!s->channel)
		return false;
	s->opened_at = w->now;
	s->refs = s->broker->refs[s->share];
	trace(w, "%s: %s '%s' of %s: started", s->broker->name, service_name(s->service),
	      share_name(s->share), other_of(s->peer)->name);
	peer_touch(s->peer);
	return true;
}

/* The process talks, or ends without a word. */
static void talk(struct serve *s)
{
	struct world *w = world_of(s);
	bool trouble = w->phase == PHASE_TROUBLE;

	if (trouble && chance(w, w->swarm.child_fails)) {
		trace(w, "%s: %s '%s' breaks", s->broker->name, service_name(s->service), share_name(s->share));
		if (s->channel) {
			exit_with(s, DIED);
			return;
		}
		neg_failed(s->neg, "broken", w->now);
		s->neg = NULL;
		s->child_over = true;
		give_back(s);
		finish(s);
		return;
	}
	if (!open_channel(s))
		return;
	s->talked = true;
	if (trouble && chance(w, w->swarm.child_dies))
		plan(s, between(w, 0, 500), STEP_DIE);
	if (s->finishing)
		plan(s, 0, STEP_FINISH);
	else
		write_on(s);
}

void serve_step(struct serve *s, unsigned step)
{
	struct world *w = world_of(s);

	if (step == STEP_GONE) {
		release(s);
		return;
	}
	if (s->child_over)
		return;
	switch (step) {
	case STEP_TALK:
		talk(s);
		break;
	case STEP_READ:
		if (s->held && s->channel)
			channel_consumed(s->channel, s->held);
		s->held = 0;
		s->reading = false;
		if ((!s->channel && !s->orphan) || s->hangs)
			break;
		if (s->service != SERVICE_RECEIVE_PACK && !other_of(s->peer)->hostile && stream_complete(&s->in))
			want_to_finish(s);
		write_on(s);
		break;
	case STEP_FINISH:
		if (!s->channel && !s->orphan)
			break;
		write_on(s);
		if (s->out.done == s->out.total)
			exit_with(s, s->service == SERVICE_RECEIVE_PACK && w->phase == PHASE_TROUBLE &&
				  chance(w, w->swarm.child_fails));
		break;
	default:
		serve_die(s);
		break;
	}
	if (s->peer)
		peer_touch(s->peer);
}

void serve_die(struct serve *s)
{
	if (s->channel || s->orphan)
		exit_with(s, DIED);
	if (s->peer)
		peer_touch(s->peer);
	paths_flush(world_of(s));
}

static bool allowed(const struct broker *b, const struct broker *other, enum service service, int share)
{
	if (share < 0)
		return false;
	return b->account == other->account || b->may_push[share][other->index] ||
	       (service != SERVICE_RECEIVE_PACK && b->may_fetch[share][other->index]);
}

static int share_by_name(const char *name)
{
	for (unsigned i = 0; i < SHARES; i++)
		if (!strcmp(share_name(i), name))
			return i;
	return -1;
}

const char *serve_judge(struct peer *p, enum service service, const char *name)
{
	struct broker *b = broker_of(p);
	int share = share_by_name(name);

	if (!b->trusts[other_of(p)->index])
		return "untrusted";
	if (!allowed(b, other_of(p), service, share))
		return service == SERVICE_RECEIVE_PACK && allowed(b, other_of(p), SERVICE_UPLOAD_PACK, share) ?
			"push-denied" : "not-shared";
	if (!services_ask(&b->services, other_of(p)->jid, b->world->now))
		return "busy";
	return NULL;
}

/* It was silent for so long that its place is another one's. */
static void end_silent(struct serve *s)
{
	struct world *w = world_of(s);

	s->made_room = true;
	trace(w, "%s: %s '%s' of %s makes room", s->broker->name, service_name(s->service), share_name(s->share),
	      s->of->name);
	if (s->channel) {
		channel_close(s->channel, "silent");
		return;
	}
	neg_failed(s->neg, "busy", w->now);
	s->neg = NULL;
	finish(s);
}

/* NULL if there is no place. */
static struct serve *add(struct peer *p, struct negotiation *neg)
{
	struct world *w = broker_of(p)->world;
	struct service_run *victim;
	struct serve *s = w->serves;
	uint32_t generation;

	while (s->used)
		s++;
	generation = s->generation;
	*s = (struct serve){ .generation = generation, .broker = broker_of(p), .of = other_of(p), .peer = p, .neg = neg };
	if (!services_begin(&broker_of(p)->services, &s->run, other_of(p)->jid, other_of(p)->device, neg_service(neg),
			    neg_share(neg), w->now, &victim))
		return NULL;
	s->used = true;
	if (victim)
		end_silent((struct serve *)victim);
	s->by_hostile = other_of(p)->hostile;
	s->service = neg_service(neg);
	s->share = share_by_name(neg_share(neg));
	strcpy(s->id, neg_id(neg));
	s->next = broker_of(p)->serves;
	broker_of(p)->serves = s;
	return s;
}

void *serve_start(struct peer *p, struct negotiation *neg)
{
	struct world *w = broker_of(p)->world;
	bool trouble = w->phase == PHASE_TROUBLE;
	unsigned size = between(w, 10, 2000);
	struct serve *s;

	if (trouble && chance(w, w->swarm.child_fails)) {
		neg_failed(neg, "broken", w->now);
		return NULL;
	}
	s = add(p, neg);
	if (!s) {
		neg_failed(neg, "busy", w->now);
		return NULL;
	}
	if (trouble && chance(w, w->swarm.big))
		size = between(w, 2000, 3 * CHANNEL_WINDOW);
	if (s->service == SERVICE_RECEIVE_PACK)
		size = between(w, 10, 300);
	s->advert = STREAM_HEADER + ADVERT;
	stream_init(&s->out, s->id, true, ADVERT + size);
	stream_init(&s->in, s->id, false, 0);
	if (trouble && chance(w, w->swarm.child_hangs))
		s->hangs = true;
	else
		plan(s, between(w, 1, trouble && chance(w, w->swarm.child_late) ? 10000 : 30), STEP_TALK);
	if (s->service == SERVICE_UPLOAD_ARCHIVE && !open_channel(s)) {
		serve_stop(s);
		return NULL;
	}
	return s;
}

void serve_stop(void *serving)
{
	struct serve *s = serving;

	if (!s)
		return;
	if (!s->used)
		violation(world_of(s), "a service is stopped twice");
	if (s->channel)
		violation(world_of(s), "%s: a service is stopped that is open", s->broker->name);
	s->neg = NULL;
	finish(s);
}

void serves_unhang(struct world *w)
{
	for (unsigned i = 0; i < SERVES_MAX; i++) {
		struct serve *s = &w->serves[i];

		if (!s->used || !s->hangs || s->ending)
			continue;
		s->hangs = false;
		plan(s, between(w, 0, 100), s->finishing ? STEP_FINISH : STEP_TALK);
		if (!s->reading)
			plan(s, 0, STEP_READ);
	}
}
