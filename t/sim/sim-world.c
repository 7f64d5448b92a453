/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run. A seed makes a world and its faults. Events run in the order of their time until
 * the faults end, everything heals and comes to rest. Then every broker pushes to and
 * fetches from every other one, which must work at once. At the end nothing may be left
 * open.
 */
#include "sim.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

enum {
	AT_ONCE = 5000,			/* ms for the last pushes and fetches, all together */
	SETTLE = 1000,			/* ms for the true presences to reach everybody */
	MOMENT = 500,			/* ms to wait at most for an event */
	PARTED = LINK_SUSPEND_MAX + 5 * 1000,	/* ms; after that neither side may have kept
						   the link */
	ON_PATH = 40 * 1000,		/* ms for the links to get to the best paths */
	REST = 5 * 60 * 1000,		/* ms in which no link may change its path */
	EVENTS_PER_RUN = 600 * 1000,	/* more is an endless loop; a greedy run has 400 events
					   a second, for ten minutes */
};

static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t draw(struct world *w)
{
	return next(&w->random);
}

void draw_id(struct world *w, void *id, size_t n)
{
	for (uint8_t *p = id; n > 0; n--)
		*p++ = next(&w->ids);
}

unsigned next_bit(const uint64_t *bits, unsigned words, unsigned from)
{
	unsigned word = from / 64;
	uint64_t left;

	if (word >= words)
		return words * 64;
	left = bits[word] >> from % 64 << from % 64;
	while (!left && ++word < words)
		left = bits[word];
	return left ? word * 64 + __builtin_ctzll(left) : words * 64;
}

unsigned below(struct world *w, unsigned n)
{
	return n ? draw(w) % n : 0;
}

unsigned between(struct world *w, unsigned least, unsigned most)
{
	return most > least ? least + below(w, most - least + 1) : least;
}

bool chance(struct world *w, unsigned thousandths)
{
	return thousandths && below(w, 1000) < thousandths;
}

/* The heap */

static bool before(const struct event *a, const struct event *b)
{
	return a->at < b->at || (a->at == b->at && a->order < b->order);
}

void event_add(struct world *w, uint64_t delay, enum event_kind kind, uint32_t slot,
	       uint32_t generation, uint64_t arg)
{
	struct event e = {
		.at = w->now + delay, .order = w->order++, .kind = kind, .slot = slot,
		.generation = generation, .arg = arg,
	};
	unsigned i = w->events++;

	if (w->events > EVENTS_MAX)
		violation(w, "too many events");
	while (i > 0 && before(&e, &w->heap[(i - 1) / 2])) {
		w->heap[i] = w->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->heap[i] = e;
}

static struct event event_take(struct world *w)
{
	struct event first = w->heap[0], last = w->heap[--w->events];
	unsigned i = 0;

	for (;;) {
		unsigned child = 2 * i + 1;

		if (child >= w->events)
			break;
		if (child + 1 < w->events && before(&w->heap[child + 1], &w->heap[child]))
			child++;
		if (!before(&w->heap[child], &last))
			break;
		w->heap[i] = w->heap[child];
		i = child;
	}
	w->heap[i] = last;
	return first;
}

/* The making of a world */

/*
 * Each kind of fault is in some seeds only, because many together hide each other's effects.
 */
static unsigned maybe(struct world *w, unsigned most)
{
	return below(w, 2) ? 0 : between(w, 1, most);
}

/*
 * In some worlds users decide about devices all the time. These have more devices of one
 * account, because only such vouch for each other. No number is drawn for it: the worlds of the
 * other seeds stay what they are.
 */
static bool is_about_trust(const struct world *w)
{
	return w->seed % 5 == 3;
}

/* And in some of these they invite each other, and some accounts are strangers at first. */
static bool is_about_invitations(const struct world *w)
{
	return w->seed % 10 == 3;
}

static void draw_swarm(struct world *w)
{
	static const unsigned delays[] = { 5, 40, 200, 1500 };
	static const unsigned blocks[] = { 60, 500, IBB_BLOCK, IBB_BLOCK };
	struct swarm *s = &w->swarm;

	s->delay_max = delays[below(w, 4)];
	s->block = blocks[below(w, 4)];
	s->window = below(w, 3) ? IBB_IN_FLIGHT_MAX : 2048;
	s->span = chance(w, 50) ? between(w, 60000, 150000) : between(w, 2000, 40000);
	s->every = between(w, 100, 3000);
	s->helpers = between(w, 1, 8);
	s->path_loss = maybe(w, 500);
	s->path_silent = maybe(w, 500);
	s->open_fails = maybe(w, 300);
	s->open_silent = maybe(w, 150);
	s->account_loss = maybe(w, 60);
	s->crash = maybe(w, 60);
	s->end_loss = maybe(w, 500);
	s->presence_late = maybe(w, 300);
	s->presence_lost = maybe(w, 200);
	s->presence_twice = maybe(w, 300);
	s->presence_disorder = !below(w, 4);
	s->inventions = maybe(w, 400);
	s->forgetful = below(w, 2);
	s->child_hangs = maybe(w, 200);
	s->child_fails = maybe(w, 200);
	s->child_dies = maybe(w, 150);
	s->child_late = maybe(w, 400);
	s->slow_reader = maybe(w, 300);
	s->helper_killed = maybe(w, 500);
	s->nested = maybe(w, 300);
	s->big = chance(w, 60) ? 300 : 0;
	s->denied = maybe(w, 200);
	s->untrusted = maybe(w, 100);
	s->announcements = below(w, 2);
	s->follows = s->announcements && below(w, 2);
	s->moves = s->announcements ? between(w, 0, 4) : 0;
	s->paths = chance(w, 600);
	s->withholds = below(w, 2);
	s->network_changes = s->paths ? maybe(w, 150) : 0;
	s->dial_changes = s->paths ? maybe(w, 150) : 0;
	s->reloads = s->paths ? maybe(w, 60) : 0;
	s->holes = s->paths && !below(w, 4) ? between(w, 50, 500) : 0;
	s->demands = s->paths ? maybe(w, 400) : 0;
	s->parting = chance(w, 30);
	s->hostile = chance(w, 200) ? (int)below(w, w->count) : -1;
	s->mute = s->hostile >= 0 && below(w, 2);
	s->relays = s->hostile >= 0 ? maybe(w, 700) : 0;
	/* Without a draw: the other worlds are what they are without it. */
	s->compares = w->seed % 4 == 3 ? 500 : 0;
	s->punches = s->paths && w->seed % 3 == 1;
	s->one_nat = s->punches && w->seed % 4 == 1;
	s->hairpins = w->seed % 8 == 1;
	s->isolates = w->seed % 16 < 8;
	/* Small blocks are there to split records, not for big streams. */
	if (s->big && s->block < IBB_BLOCK)
		s->block = IBB_BLOCK;
	if (s->big)
		s->window = IBB_IN_FLIGHT_MAX;
	if (w->count > 2 && chance(w, 100))
		greedy_draw(w);
	if (is_about_trust(w) && !s->greedy) {
		s->hostile = -1;
		s->relays = s->mute = 0;
		s->trust_events = 250;
		s->untrusted = 400;
		s->compares = 500;
		s->invites = is_about_invitations(w) ? 500 : 0;
	}
}

static void draw_rights(struct world *w, struct broker *b)
{
	for (unsigned k = 0; k < w->count; k++) {
		b->trusts[k] = !chance(w, w->swarm.untrusted);
		for (unsigned s = 0; s < SHARES; s++) {
			b->may_push[s][k] = !chance(w, w->swarm.denied);
			b->may_fetch[s][k] = b->may_push[s][k] || below(w, 2);
			b->follow[k][s] = w->swarm.follows && below(w, 2);
		}
	}
	for (unsigned k = 0; k < w->count; k++) {
		for (unsigned s = 0; s < SHARES; s++) {
			b->may_push[s][k] = b->may_push[s][w->brokers[k].account];
			b->may_fetch[s][k] = b->may_fetch[s][w->brokers[k].account];
		}
	}
}

static void make_broker(struct world *w, unsigned index, unsigned account)
{
	struct broker *b = &w->brokers[index];

	*b = (struct broker){ .world = w, .index = index, .account = account };
	snprintf(b->name, sizeof(b->name), "b%u", index % BROKERS_MAX);
	snprintf(b->jid, sizeof(b->jid), "u%u@sim", account % BROKERS_MAX);
	for (unsigned k = 0; k < FINGERPRINT_BYTES; k++)
		b->fp[k] = draw(w);
	device_id_of(b->fp, b->device);
	b->hostile = (int)index == w->swarm.hostile;
	b->transport = PATH_MASK_ALL;
}

static void draw_strangers(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++)
		for (unsigned k = 0; k < i; k++)
			if (w->brokers[i].account == i && w->brokers[k].account == k)
				w->strangers[i][k] = w->strangers[k][i] = below(w, 2);
}

static void draw_paths(struct world *w)
{
	networks_draw(w);
	for (unsigned i = 0; i < w->count; i++) {
		struct broker *b = &w->brokers[i];

		b->has_proxy = w->swarm.paths && below(w, 2);
		if (!w->swarm.paths || !chance(w, 200))
			continue;
		transport_changes(b);
		w->swarm.picky |= b->transport != PATH_MASK_ALL;
	}
}

static void make_brokers(struct world *w)
{
	static const unsigned char counts[] = { 2, 2, 2, 2, 2, 2, 3, 3, 3, 4 };

	w->count = counts[below(w, sizeof(counts))];
	if (is_about_trust(w))
		w->count = w->seed % 2 ? 4 : 3;
	draw_swarm(w);
	for (unsigned i = 0; i < w->count; i++) {
		bool same = i > 0 && i - w->brokers[i - 1].account < 3 &&
			    chance(w, is_about_trust(w) ? 700 : 350);

		make_broker(w, i, same ? w->brokers[i - 1].account : i);
		w->brokers[i].refs[0] = below(w, 2);
		/*
		 * If one device of an account is seen, the inquirer does not ask for others
		 * that never were.
		 */
		if (same)
			w->swarm.forgetful = false;
	}
	for (unsigned i = 0; w->swarm.greedy && i < w->count; i++)
		w->brokers[i].hostile =
			w->brokers[i].account == w->brokers[w->swarm.hostile].account;
	for (unsigned i = 0; i < w->count; i++)
		draw_rights(w, &w->brokers[i]);
	draw_paths(w);
	if (w->swarm.invites)
		draw_strangers(w);
}

static void plan_parting(struct world *w)
{
	unsigned i = below(w, w->count), k = (i + 1) % w->count;
	uint64_t at = between(w, 1000, 20000);

	event_add(w, at, EVENT_PART, i, 0, k);
	event_add(w, at + PARTED, EVENT_PARTED, i, 0, k);
	w->swarm.span = at + PARTED + 1;
}

/* Something that any broker does, at any moment before everything heals. */
static void plan_sometime(struct world *w, enum event_kind kind)
{
	unsigned broker = below(w, w->count);

	event_add(w, below(w, w->swarm.span), kind, broker, 0, 0);
}

static void plan_run(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++)
		event_add(w, below(w, 2) ? 0 : below(w, 3000), EVENT_LOGIN, i, 0, 0);
	for (unsigned i = 0; i < w->swarm.helpers; i++)
		plan_sometime(w, EVENT_START);
	for (unsigned i = 0; i < w->swarm.moves; i++)
		plan_sometime(w, EVENT_MOVE);
	event_add(w, w->swarm.every, EVENT_FATE, 0, 0, 0);
	if (w->swarm.parting)
		plan_parting(w);
}

/* Events */

static void login(struct broker *b, uint32_t life)
{
	/* Meanwhile it may have crashed, or may be online already. */
	if (b->life != life || b->online)
		return;
	if (!b->running)
		broker_start(b);
	server_login(b);
}

static void touch_all(struct world *w)
{
	for (unsigned i = 0; i < w->count; i++)
		w->brokers[i].touched = true;
}

/* Marks those whom an event is about. Whom it reaches beyond them is marked when it does. */
static void touch(struct world *w, const struct event *e)
{
	struct wire *wire = &w->wires[e->slot % WIRES_MAX];

	switch (e->kind) {
	case EVENT_ARRIVES:
		/* Who sent it learns nothing; with more to send, paths_flush() marks them. */
		if (wire->used)
			wire->end[!e->arg].broker->touched = true;
		break;
	case EVENT_ESTABLISHED:
	case EVENT_CUT:
		if (!wire->used)
			break;
		wire->end[0].broker->touched = wire->end[1].broker->touched = true;
		break;
	case EVENT_CHILD:
		if (w->processes[e->slot % PROCESSES_MAX].used)
			w->processes[e->slot % PROCESSES_MAX].broker->touched = true;
		break;
	case EVENT_HELPER:
		if (w->helpers[e->slot % HELPERS_MAX].used)
			w->helpers[e->slot % HELPERS_MAX].broker->touched = true;
		break;
	case EVENT_PRESENCE:
	case EVENT_QUESTION:
	case EVENT_LOGIN:
	case EVENT_GRACE:
	case EVENT_START:
	case EVENT_REFS:
	case EVENT_FOLLOW:
	case EVENT_LOOK:
		w->brokers[e->slot % BROKERS_MAX].touched = true;
		break;
	default:
		touch_all(w);
		break;
	}
}

static void dispatch(struct world *w, const struct event *e)
{
	struct broker *b = &w->brokers[e->slot % BROKERS_MAX];
	struct wire *wire = &w->wires[e->slot % WIRES_MAX];
	struct service_process *process = &w->processes[e->slot % PROCESSES_MAX];
	struct helper *helper = &w->helpers[e->slot % HELPERS_MAX];
	struct s5b *stream = &w->streams[e->slot % STREAMS_MAX];
	struct puncher *puncher = &w->punchers[e->slot % PUNCHERS_MAX];

	switch (e->kind) {
	case EVENT_ARRIVES:
		if (wire->used && wire->generation == e->generation)
			path_arrives(w, wire, e->arg);
		break;
	case EVENT_ESTABLISHED:
		if (wire->used && wire->generation == e->generation)
			wire_established(w, wire);
		break;
	case EVENT_CUT:
		if (wire->used && wire->generation == e->generation)
			wire_cut(w, wire, e->arg, wire->up ? "it is gone" : IBB_PATH_UNANSWERED);
		break;
	case EVENT_CHILD:
		if (process->used && process->generation == e->generation)
			process_step(process, e->arg);
		break;
	case EVENT_HELPER:
		if (helper->used && helper->generation == e->generation)
			helper_step(helper, e->arg);
		break;
	case EVENT_PRESENCE:
		if (b->online && b->login == e->generation)
			server_says(b, e->arg);
		break;
	case EVENT_QUESTION:
		if (b->online && b->login == e->generation)
			question_step(b, e->arg);
		break;
	case EVENT_LOGIN:
		login(b, e->generation);
		break;
	case EVENT_GRACE:
		if (b->online && b->login == e->generation)
			sessions_wake(&b->sessions);
		break;
	case EVENT_START:
		if (b->running && w->phase == PHASE_TROUBLE)
			user_acts(b);
		break;
	case EVENT_MOVE:
		if (w->phase == PHASE_TROUBLE && !b->hostile)
			announcer_moved(b, chance(w, 200));
		break;
	case EVENT_FATE:
		fate(w);
		break;
	case EVENT_CUT_OFF:
		server_cuts_off(b);
		break;
	case EVENT_REFS:
		if (b->running && b->life == e->generation)
			refs_step(b, e->arg);
		break;
	case EVENT_FOLLOW:
		if (b->running && b->life == e->generation)
			follower_step(b, e->arg);
		break;
	case EVENT_LOOK:
		if (b->running && b->life == e->generation)
			look_step(b, e->arg);
		break;
	case EVENT_STREAM:
		if (stream->used && stream->generation == e->generation)
			stream_step(stream, e->arg);
		break;
	case EVENT_PUNCH:
		if (puncher->used && puncher->generation == e->generation)
			punch_event(puncher, e->arg);
		break;
	case EVENT_NETWORK:
		if (b->running && b->life == e->generation)
			network_noticed(b);
		break;
	case EVENT_PART:
		networks_part(b, &w->brokers[e->arg]);
		break;
	case EVENT_PARTED:
		networks_meet(b, &w->brokers[e->arg]);
		break;
	case EVENT_REQUEST:
		request_arrives(b, e->arg);
		break;
	case EVENT_TIMER:
	case EVENT_KINDS:
		break;
	}
}

/* The broker whose timer is due next, or NULL; and when. */
static struct broker *next_timer(struct world *w, uint64_t *at)
{
	struct broker *of = NULL;

	*at = UINT64_MAX;
	for (unsigned i = 0; i < w->count; i++) {
		uint64_t next = timers_next(&w->brokers[i].context.timers);

		if (next >= *at)
			continue;
		*at = next;
		of = &w->brokers[i];
	}
	return of;
}

/* Whether nothing more happens at this moment. */
static bool moment_is_over(struct world *w)
{
	uint64_t timer;

	next_timer(w, &timer);
	return timer > w->now && !(w->events && w->heap[0].at <= w->now);
}

/*
 * Runs one event or timer, and checks the invariants. In a sparse world they are checked when time
 * goes on: what is wrong only between two events of one moment, nobody can wait for.
 */
void world_step(struct world *w, uint64_t until)
{
	uint64_t timer, at;
	struct broker *of = next_timer(w, &timer);

	at = w->events && w->heap[0].at <= timer ? w->heap[0].at : timer;
	if (at >= until) {
		w->now = until;
		return;
	}
	w->now = at > w->now ? at : w->now;
	if (w->events && w->heap[0].at <= timer) {
		struct event e = event_take(w);

		touch(w, &e);
		dispatch(w, &e);
		w->stats->kinds[e.kind]++;
	} else {
		w->stats->kinds[EVENT_TIMER]++;
		of->touched = true;
		broker_timers(of);
	}
	paths_flush(w);
	for (unsigned i = 0; i < w->count; i++)
		if (w->brokers[i].touched || !w->sparse)
			peers_note(&w->brokers[i]);
	processes_note(w);
	if (!w->sparse || moment_is_over(w))
		check_touched(w);
	w->stats->events++;
	if (++w->steps > EVENTS_PER_RUN)
		violation(w, "this does not end");
}

/* Starts a fetch from an account of which one device refuses: another one must serve it. */
static void start_choosy(struct world *w)
{
	for (unsigned i = 0; i + 1 < w->count; i++) {
		unsigned k = i + below(w, 2);

		if (w->brokers[i].account != w->brokers[i + 1].account)
			continue;
		for (unsigned from = 0; from < w->count; from++) {
			if (w->brokers[from].account == w->brokers[i].account)
				continue;
			/*
			 * If the fetching broker restricts kinds of path, its session asks
			 * only the first device that has such a path.
			 */
			if (w->brokers[from].transport != PATH_MASK_ALL)
				continue;
			w->brokers[k].may_push[1][from] = w->brokers[k].may_fetch[1][from] = false;
			broker_configure(&w->brokers[k]);
			w->final_left++;
			helper_start(&w->brokers[from], SERVICE_UPLOAD_PACK, w->brokers[i].account,
				     -1, 1, NULL);
		}
		/* One such fetch is enough: with more, no device that serves might be left. */
		return;
	}
}

/* Starts the last pushes and fetches, all at the same moment. */
static void start_final(struct world *w)
{
	trace(w, "everybody pushes to everybody, and fetches");
	w->phase = PHASE_FINAL;
	w->final_at = w->now;
	w->starting_final = true;
	for (unsigned i = 0; i < w->count; i++) {
		for (unsigned k = 0; k < w->count; k++) {
			if (i == k)
				continue;
			w->final_left += 2;
			helper_start(&w->brokers[i], SERVICE_RECEIVE_PACK, w->brokers[k].account, k,
				     0, NULL);
			helper_start(&w->brokers[i], SERVICE_UPLOAD_PACK, w->brokers[k].account, k,
				     0, NULL);
		}
		if (w->swarm.trust_events)
			user_lists(&w->brokers[i]);
	}
	if (w->swarm.invites)
		join_final(w);
	start_choosy(w);
	w->starting_final = false;
	paths_flush(w);
	touch_all(w);
}

void world_end(struct world *w)
{
	w->phase = PHASE_OVER;
	for (unsigned i = 0; i < w->count; i++) {
		if (w->brokers[i].running)
			broker_stop(&w->brokers[i]);
		buf_finish(&w->brokers[i].trust_kept);
		join_forget_disk(&w->brokers[i]);
		paths_flush(w);
	}
	for (unsigned i = 0; i < w->wires_used; i++)
		for (unsigned k = 0; k < 2; k++)
			if (w->wires[i].used)
				wire_cut(w, &w->wires[i], k, "the world ends");
	for (unsigned i = 0; i < processes_used(w); i++)
		if (w->processes[i].used)
			violation(w, "a process is left over");
	for (unsigned i = 0; i < w->helpers_used; i++)
		if (w->helpers[i].used)
			violation(w, "a helper is left over");
	for (unsigned i = 0; i < w->wires_used; i++)
		if (w->wires[i].used)
			violation(w, "a path is left over");
	for (unsigned i = 0; i < w->streams_used; i++)
		if (w->streams[i].used)
			violation(w, "a bytestream is left over");
	for (unsigned i = 0; i < w->punchers_used; i++)
		if (w->punchers[i].used)
			violation(w, "an attempt to punch is left over");
	buf_finish(&w->scratch);
}

/* Clears all but what is borrowed. */
static void reset(struct world *w, uint64_t seed)
{
	struct stats *stats = w->stats;
	const uint8_t *pattern = w->pattern;
	bool tracing = w->trace;

	memset(w->wires, 0, w->wires_used * sizeof(*w->wires));
	memset(w->streams, 0, w->streams_used * sizeof(*w->streams));
	memset(w->punchers, 0, w->punchers_used * sizeof(*w->punchers));
	memset(w->dialers, 0, w->dialers_used * sizeof(*w->dialers));
	memset(w->helpers, 0, w->helpers_used * sizeof(*w->helpers));
	memset(w->tells, 0, w->tells_used * sizeof(*w->tells));
	memset(w->processes, 0, processes_used(w) * sizeof(*w->processes));
	memset(w, 0, offsetof(struct world, wires));
	w->stats = stats;
	w->pattern = pattern;
	w->trace = tracing;
	w->seed = seed;
	w->random = seed * 0x2545f4914f6cdd1d;
	w->ids = ~w->random;
}

static bool nothing_passes(void *arg, enum log_book book, const char *party, unsigned *left_out)
{
	*left_out = 0;
	return false;
}

void world_silence(void)
{
	log_set_level(LOG_NOTHING);
	log_set_gate(nothing_passes, NULL);
}

void world_make_quiet(struct world *w, uint64_t seed, unsigned count)
{
	reset(w, seed);
	w->count = count;
	w->swarm = (struct swarm){
		.delay_max = 10,
		.block = IBB_BLOCK,
		.window = IBB_IN_FLIGHT_MAX,
		.announcements = true,
		.hostile = -1,
	};
	for (unsigned i = 0; i < count; i++)
		make_broker(w, i, i);
	for (unsigned i = 0; i < count; i++)
		draw_rights(w, &w->brokers[i]);
}

/* Every link is on the best path there is, and must stay there. */
static void rest(struct world *w)
{
	uint64_t until = w->now + REST;

	check_paths(w);
	note_rest(w);
	while (w->now < until)
		world_step(w, until);
	check_rest(w);
}

void world_conclude(struct world *w)
{
	uint64_t rest_from;

	heal(w);
	touch_all(w);
	do
		world_step(w, w->now + MOMENT);
	while (w->now < w->healed_at + SETTLE || !quiescent(w));
	/* If ways may swallow data, nothing is sure to work at once. */
	if (!w->swarm.holes)
		start_final(w);
	while (w->final_left) {
		world_step(w, w->now + MOMENT);
		if (w->now > w->final_at + AT_ONCE)
			violation(w, "%u of the last pushes and fetches do not come to an end",
				  w->final_left);
	}
	rest_from = w->healed_at + ON_PATH;
	w->healed_at = w->now;
	while (!quiescent(w) ||
	       (w->swarm.paths && (w->now < rest_from || !paths_settled(w, ON_PATH))))
		world_step(w, w->now + MOMENT);
	while (joins_wait(w)) {
		world_step(w, w->now + MOMENT);
		if (w->now > rest_from + ON_PATH)
			violation(w, "somebody waits to join for ever");
	}
	check_announced(w);
	if (w->swarm.paths)
		rest(w);
	check_all(w);
	w->stats->virtual_ms += w->now;
	w->stats->runs++;
	world_end(w);
}

void world_run(struct world *w, uint64_t seed)
{
	reset(w, seed);
	w->sparse = true;
	make_brokers(w);
	plan_run(w);
	while (w->now < w->swarm.span)
		world_step(w, w->swarm.span);
	world_conclude(w);
}
