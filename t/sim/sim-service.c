/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The git processes that serve, below the services (git-service.h). Each talks early, late
 * or never, reads when it likes, hangs, or dies by chance. Its output is a stream. Its exit
 * status is kept, because the far end must be told the same.
 *
 * The ops check their caller. These are violations: to write to a process that was left or
 * has ended, to write after the end of its input, and to end its input early.
 */
#include "sim.h"

#include <string.h>

enum { DIED = 128 + 9, CUT = 128, ADVERT = 40 };

enum step {
	STEP_TALK,		/* says its first byte, or ends without one */
	STEP_READ,		/* reads what is in its pipe */
	STEP_FINISH,		/* ends, because it has all it wants */
	STEP_DIE,
	STEP_GONE,		/* has ended, as it was told */
};

static struct world *world_of(const struct service_process *p)
{
	return p->broker->world;
}

static void plan(struct service_process *p, uint64_t delay, enum step step)
{
	struct world *w = world_of(p);

	event_add(w, delay, EVENT_CHILD, (uint32_t)(p - w->processes), p->generation, step);
}

/* ms until a process does something; late at times, if there are faults. */
static unsigned sometime(struct world *w, unsigned least, unsigned late)
{
	bool trouble = w->phase == PHASE_TROUBLE && chance(w, w->swarm.child_late);

	return between(w, least, trouble ? late : 30);
}

static bool mishap(struct world *w, unsigned thousandths)
{
	return w->phase == PHASE_TROUBLE && chance(w, thousandths);
}

static void check_alive(const struct service_process *p, const char *what)
{
	if (!p->used || p->over || p->gone)
		violation(world_of(p), "%s: %s is said to a process that is gone", p->broker->name,
			  what);
}

/* What is known of a process */

/* How many places of the table were ever used; they are taken in turn. */
unsigned processes_used(const struct world *w)
{
	return w->process_next < PROCESSES_MAX ? w->process_next : PROCESSES_MAX;
}

/* The hash chain of an id: by its last digits, which are random. */
static struct service_process **chain_of(struct world *w, const char *id)
{
	uint32_t last;

	memcpy(&last, id + NEG_ID_LEN - sizeof(last), sizeof(last));
	return &w->by_id[(last * 0x9e3779b1u >> 16) % PROCESS_CHAINS];
}

/* To be called whenever used or named have changed. */
static void note_busy(struct service_process *p)
{
	size_t at = p - world_of(p)->processes;
	uint64_t bit = UINT64_C(1) << at % 64;

	if (p->used || p->named)
		p->broker->busy[at / 64] |= bit;
	else
		p->broker->busy[at / 64] &= ~bit;
}

static struct service_process *busy_from(const struct broker *b, unsigned from)
{
	unsigned words = (processes_used(b->world) + 63) / 64;
	unsigned i = next_bit(b->busy, words, from);

	return i < words * 64 ? &b->world->processes[i] : NULL;
}

struct service_process *first_busy(const struct broker *b)
{
	return busy_from(b, 0);
}

struct service_process *next_busy(const struct service_process *p)
{
	return busy_from(p->broker, p - world_of(p)->processes + 1);
}

struct service_process *process_of(const struct broker *b, const char *id)
{
	struct service_process *p = *chain_of(b->world, id);

	while (p && (p->broker != b || p->life != b->life || memcmp(p->id, id, NEG_ID_LEN)))
		p = p->chain;
	return p;
}

bool process_negotiated(const struct service_process *p)
{
	const struct broker *b = p->broker;
	const struct peer *peer = b->running ? b->peer_of[p->of->index] : NULL;
	const struct negotiation *neg = peer ? peer->negotiations.first : NULL;

	while (neg && (neg_ours(neg) || memcmp(neg_id(neg), p->id, NEG_ID_LEN)))
		neg = neg_next(neg);
	return neg;
}

const struct service_process *process_left(const struct broker *b, const struct broker *of,
					   const char *share)
{
	const struct service_process *p = first_busy(b);

	for (; p; p = next_busy(p)) {
		if (p->used && p->of == of && p->service == SERVICE_RECEIVE_PACK && !p->over &&
		    !strcmp(share_name(p->share), share) && !process_negotiated(p))
			return p;
	}
	return NULL;
}

/* Pushes that have lost their negotiation: from now on their outcome must be kept. */
static void note_lost(struct broker *b, struct service_process *p)
{
	bool lives = b->running && p->life == b->life;

	if (!p->named || (lives && process_negotiated(p)))
		return;
	p->named = false;
	note_busy(p);
	b->world->named--;
	if (lives)
		outcome_kept(b, p->of, p->id, p->named_at);
}

void processes_note(struct world *w)
{
	for (unsigned i = 0; w->named && i < w->count; i++)
		for (struct service_process *p = first_busy(&w->brokers[i]); p; p = next_busy(p))
			note_lost(&w->brokers[i], p);
}

static void note_outcome(struct service_process *p, unsigned status)
{
	struct world *w = world_of(p);
	struct outcome *o = &w->outcomes[w->outcome_next++ % OUTCOMES];

	*o = (struct outcome){ .status = status, .complete = status == 0, .refs = p->refs };
	strcpy(o->id, p->id);
}

const struct outcome *outcome_find(const struct world *w, const char *id)
{
	/* The newest: what the first one was told may be said anew to a restarted broker. */
	for (unsigned i = 1; i <= OUTCOMES; i++) {
		const struct outcome *o = &w->outcomes[(w->outcome_next - i) % OUTCOMES];

		if (!strcmp(o->id, id))
			return o;
	}
	return NULL;
}

/* The life of a process */

/*
 * A push has arrived whole and its outcome is not known yet: this is when a side may lose
 * its connection.
 */
static void maybe_cut_off(struct service_process *p)
{
	struct world *w = world_of(p);
	const struct broker *b = below(w, 2) ? p->broker : p->of;

	if (p->service == SERVICE_RECEIVE_PACK && mishap(w, w->swarm.end_loss))
		event_add(w, below(w, 30), EVENT_CUT_OFF, b->index, 0, 0);
}

/* The process has all its input, or no more will come. */
static void want_to_finish(struct service_process *p)
{
	struct world *w = world_of(p);
	bool endless = w->phase == PHASE_TROUBLE && w->swarm.greedy && p->by_hostile;

	if (p->finishing)
		return;
	p->finishing = true;
	if (mishap(w, w->swarm.child_hangs) || endless)
		p->hangs = true;
	else
		plan(p, sometime(w, 0, 8000), STEP_FINISH);
}

/* Writes its output, as far as somebody reads it. */
static void write_on(struct service_process *p)
{
	uint64_t upto = !p->talked ? 0 : p->finishing ? UINT64_MAX : p->advert;

	upto = upto < p->out.total ? upto : p->out.total;
	while (!p->hangs && !p->over && !p->gone && !p->paused && p->out.done < upto) {
		size_t n = upto - p->out.done;
		const uint8_t *bytes = stream_take(world_of(p), &p->out, &n);

		p->events->output(p->owner, bytes, n);
	}
}

/* Begins its output; traces that if its negotiation still exists. */
static void say_first(struct service_process *p)
{
	struct world *w = world_of(p);

	p->talked = true;
	p->talked_at = w->now;
	p->refs = p->broker->refs[p->share];
	write_on(p);
	if (process_negotiated(p))
		trace(w, "%s: %s '%s' of %s: started", p->broker->name, service_name(p->service),
		      share_name(p->share), p->of->name);
}

static void exit_with(struct service_process *p, unsigned status, int term_signal)
{
	struct world *w = world_of(p);
	unsigned told = term_signal ? 128u + term_signal : status;
	bool moves = !told && p->service == SERVICE_RECEIVE_PACK && !p->by_hostile;

	p->over = true;
	p->used = false;
	note_busy(p);
	p->generation++;
	note_outcome(p, told);
	if (moves) {
		announcer_moved(p->broker, p->share);
		w->stats->pushes++;
	}
	trace(w, "%s: %s '%s' of %s exits with %u", p->broker->name, service_name(p->service),
	      share_name(p->share), p->of->name, told);
	p->events->exited(p->owner, status, term_signal);
}

static void talk(struct service_process *p)
{
	struct world *w = world_of(p);

	if (mishap(w, w->swarm.child_fails)) {
		trace(w, "%s: %s '%s' breaks", p->broker->name, service_name(p->service),
		      share_name(p->share));
		exit_with(p, CUT, 0);
		return;
	}
	if (mishap(w, w->swarm.child_dies))
		plan(p, between(w, 0, 500), STEP_DIE);
	if (p->finishing)
		plan(p, 0, STEP_FINISH);
	say_first(p);
}

static void read_on(struct service_process *p)
{
	size_t n = p->held;

	p->held = 0;
	p->reading = false;
	if (n)
		p->events->wrote(p->owner, n);
	if (p->over || p->gone || p->hangs)
		return;
	if (p->service != SERVICE_RECEIVE_PACK && !p->by_hostile && stream_complete(&p->in))
		want_to_finish(p);
	write_on(p);
}

/* Ends the process once all its output is written. */
static void end(struct service_process *p)
{
	struct world *w = world_of(p);
	bool push = p->service == SERVICE_RECEIVE_PACK;

	write_on(p);
	if (p->gone || p->over || p->hangs || p->out.done < p->out.total)
		return;
	if (p->cut && !p->in_ended && (p->by_hostile || !stream_complete(&p->in)))
		exit_with(p, CUT, 0);
	else
		exit_with(p, push && mishap(w, w->swarm.child_fails), 0);
}

/* Ends a process that was left, and tells the one who left it. */
static void release(struct service_process *p)
{
	p->used = false;
	note_busy(p);
	p->over = true;
	p->generation++;
	p->gone(p->gone_arg);
}

void process_step(struct service_process *p, unsigned step)
{
	switch (step) {
	case STEP_GONE:
		release(p);
		break;
	case STEP_TALK:
		talk(p);
		break;
	case STEP_READ:
		read_on(p);
		break;
	case STEP_FINISH:
		if (p->talked)
			end(p);
		break;
	default:
		exit_with(p, 0, 9);
		break;
	}
}

void process_die(struct service_process *p)
{
	exit_with(p, 0, 9);
	paths_flush(world_of(p));
}

void processes_unhang(struct world *w)
{
	for (unsigned i = 0; i < processes_used(w); i++) {
		struct service_process *p = &w->processes[i];

		if (!p->used || !p->hangs || p->gone)
			continue;
		p->hangs = false;
		if (!p->talked || p->finishing)
			plan(p, between(w, 0, 100), p->talked ? STEP_FINISH : STEP_TALK);
		if (!p->reading)
			plan(p, 0, STEP_READ);
	}
}

void processes_end(struct broker *b)
{
	for (unsigned i = 0; i < processes_used(b->world); i++)
		if (b->world->processes[i].used && b->world->processes[i].broker == b)
			release(&b->world->processes[i]);
}

/* The table */

static unsigned share_by_name(const struct broker *b, const char *name)
{
	unsigned i = 0;

	while (i < SHARES && strcmp(share_name(i), name))
		i++;
	if (i == SHARES)
		violation(b->world, "%s: serves '%s', which it has not", b->name, name);
	return i;
}

static bool is_directory(struct service_host *host, const char *path)
{
	struct world *w = host->broker->world;

	return !mishap(w, w->swarm.child_fails);
}

static void forget(struct service_process *p)
{
	struct service_process **at = chain_of(world_of(p), p->id);

	while (*at != p)
		at = &(*at)->chain;
	*at = p->chain;
}

/*
 * Takes places in turn, so that a process that has ended is remembered for as long as
 * possible.
 */
static struct service_process *take(struct world *w)
{
	struct service_process *p;
	uint32_t generation;

	do
		p = &w->processes[w->process_next++ % PROCESSES_MAX];
	while (p->used || p->named);
	generation = p->generation;
	if (p->broker)
		forget(p);
	*p = (struct service_process){ .used = true, .generation = generation };
	strcpy(p->id, w->starting);
	p->chain = *chain_of(w, p->id);
	*chain_of(w, p->id) = p;
	return p;
}

static void begin(struct service_process *p, struct world *w)
{
	unsigned size = between(w, 10, 2000);

	if (mishap(w, w->swarm.big))
		size = between(w, 2000, 3 * CHANNEL_WINDOW);
	if (p->service == SERVICE_RECEIVE_PACK)
		size = between(w, 10, 300);
	p->advert = STREAM_HEADER + ADVERT;
	stream_init(&p->out, p->id, true, ADVERT + size);
	stream_init(&p->in, p->id, false, 0);
	if (mishap(w, w->swarm.child_hangs))
		p->hangs = true;
	else
		plan(p, sometime(w, 1, 10000), STEP_TALK);
}

static struct service_process *on_start(struct service_host *host,
					const struct service_start *start,
					const struct service_events *events, void *owner,
					const char **why)
{
	struct broker *b = host->broker;
	struct world *w = b->world;
	struct service_process *p;

	if (mishap(w, w->swarm.child_fails)) {
		*why = "no more processes";
		return NULL;
	}
	p = take(w);
	p->broker = b;
	note_busy(p);
	p->life = b->life;
	p->of = device_find(w, start->device);
	p->events = events;
	p->owner = owner;
	p->service = start->service;
	p->share = share_by_name(b, start->share);
	p->by_hostile = p->of->hostile;
	/*
	 * An upload-archive is open at once. For others this time is not used before they
	 * talk.
	 */
	p->talked_at = w->now;
	begin(p, w);
	return p;
}

/*
 * The commands of a push of an honest device have arrived: its outcome matters to that
 * device.
 */
static void note_named(struct service_process *p)
{
	if (p->service != SERVICE_RECEIVE_PACK || p->by_hostile || p->in.done < STREAM_HEADER ||
	    p->was_named)
		return;
	p->named = p->was_named = true;
	p->named_at = p->out.done;
	world_of(p)->named++;
}

static void on_write(struct service_process *p, const void *data, size_t n)
{
	struct world *w = world_of(p);

	check_alive(p, "something");
	if (trust_lost(p->broker, p->of))
		violation(w, "%s: git reads a byte of %s, which is not trusted", p->broker->name,
			  p->of->name);
	if (p->in_ended)
		violation(w, "%s: something is written after the end", p->broker->name);
	if (!p->in.done)
		p->late = w->now >= p->talked_at + NEG_IDLE_PUSH;
	if (p->by_hostile)
		p->in.done += n;
	else
		stream_read(w, &p->in, data, n);
	note_named(p);
	p->held += n;
	if (!p->reading)
		plan(p, reading_delay(w), STEP_READ);
	p->reading = true;
}

static void on_end_input(struct service_process *p)
{
	struct world *w = world_of(p);

	check_alive(p, "an end");
	if (p->in_ended || p->cut)
		violation(w, "%s: its input ends twice", p->broker->name);
	p->in_ended = true;
	maybe_cut_off(p);
	if (!p->by_hostile && !stream_complete(&p->in))
		violation(w, "%s: the end of data comes early from %s", p->broker->name,
			  p->of->name);
	want_to_finish(p);
}

/* A process that has not talked is not in a hook, and has nothing to wait for. */
static void wake_up(struct service_process *p)
{
	p->finishing = true;
	if (p->hangs)
		plan(p, below(world_of(p), 30), STEP_TALK);
	p->hangs = false;
}

static void on_cut_input(struct service_process *p)
{
	check_alive(p, "an end");
	if (p->service != SERVICE_RECEIVE_PACK)
		violation(world_of(p), "%s: %s goes on without its device", p->broker->name,
			  service_name(p->service));
	p->cut = true;
	trace(world_of(p), "%s: a push of %s goes on without a link", p->broker->name, p->of->name);
	if (p->talked)
		want_to_finish(p);
	else
		wake_up(p);
}

static void on_pause(struct service_process *p, bool pause)
{
	check_alive(p, "a pause");
	p->paused = pause;
	if (!pause && !p->hangs)
		plan(p, 0, p->finishing ? STEP_FINISH : STEP_READ);
}

static void on_limit(struct service_process *p, uint64_t ms)
{
	check_alive(p, "a limit");
	plan(p, ms, STEP_DIE);
}

static void on_leave(struct service_process *p, void (*gone)(void *arg), void *arg)
{
	struct world *w = world_of(p);

	check_alive(p, "farewell");
	p->gone = gone;
	p->gone_arg = arg;
	/* Cancels all its other events. */
	p->generation++;
	plan(p, sometime(w, 0, 5000), STEP_GONE);
}

const struct service_ops process_ops = {
	.is_directory = is_directory,
	.start = on_start,
	.write = on_write,
	.end_input = on_end_input,
	.cut_input = on_cut_input,
	.pause = on_pause,
	.limit = on_limit,
	.leave = on_leave,
};

/* For the shipped peers */

const char *service_authorize(struct broker *b, struct peer *peer, enum service service,
			      const char *share)
{
	return git_service_authorize(&b->git_services, peer, service, share);
}

void *service_start(struct broker *b, struct peer *peer, struct negotiation *neg)
{
	char id[NEG_ID_LEN + 1];
	void *serving;

	strcpy(id, neg_id(neg));
	b->world->starting = id;
	serving = git_service_start(&b->git_services, peer, neg);
	if (serving)
		process_of(b, id)->serving = serving;
	return serving;
}

void service_stop(struct broker *b, void *serving)
{
	const struct service_process *p = first_busy(b);

	while (p && (!p->used || p->gone || p->cut || p->serving != serving))
		p = next_busy(p);
	if (!p)
		violation(b->world, "%s: a service is stopped that does not run", b->name);
	if (git_service_view(serving).channel)
		violation(b->world, "%s: a service is stopped that is open", b->name);
	git_service_stop(serving);
}

/* What services report */

static void on_over(void *owner, const struct transfer *t)
{
	const struct broker *b = owner;

	trace(b->world, "%s: %s '%s' of %s: %s", b->name, service_name(t->service), t->share,
	      t->jid, t->reason ? t->reason : "done");
}

static void on_refused(void *owner, const char *jid, const char *share, enum service service,
		       const char *reason)
{
	const struct broker *b = owner;

	trace(b->world, "%s: %s '%s' is refused to %s: %s", b->name, service_name(service), share,
	      jid, reason);
}

const struct git_services_events git_service_events = { .over = on_over, .refused = on_refused };
