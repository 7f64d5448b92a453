/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An announcement leaves its tips with each follow of the share, and makes the follow want a
 * turn. The turn comes when its lane is at rest. A turn is one comparison and, if that finds
 * something, one fetch; then the lane rests for FOLLOW_INTERVAL. Turns are taken in the order
 * in which they were wanted. An announcement during a turn replaces the tips and makes the
 * follow want another turn.
 *
 * What can go wrong: the fetch fails; or it brings nothing, since what was announced is not
 * there. Then the follow pauses, and the pause doubles until a fetch brings something.
 * Announcements do not end the pause, because they cost a buddy nothing. The pause ends when
 * the buddy appears, but not more often than every FOLLOW_APPEARED. A fetch may also last as
 * long as the buddy likes: it takes a turn of that buddy, and no other buddy's.
 *
 * A share that is newly followed catches up once, because nobody announces again what it has
 * missed. If that brings nothing, there is no pause.
 */
#include "follows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "backoff.h"
#include "log.h"
#include "quota.h"

enum {
	TIPS_MAX = 16384,		/* bytes; no record carries more */
	ERROR_MAX = 1024,
	/*
	 * Limits the processes that start, here and there, when a buddy with many shares comes
	 * online.
	 */
	TURNS_PER_BUDDY = 4,
};

/*
 * The follows of one buddy in one git directory, which take turns. The lanes of other buddies
 * in that directory do not wait for this one.
 */
struct lane {
	struct lane *next;
	char *path, *jid;		/* owned */
	unsigned follows;		/* number of follows in the lane; freed with the last one */
	struct follow *busy;		/* the follow whose turn it is; NULL: none */
	uint64_t rests_until;
};

struct follow_internal {
	struct quota_place place;	/* taken while the follow has a turn */
	struct lane *lane;		/* borrowed from follows */
	bool marked;			/* not added again since follows_mark() */
	bool added;			/* newly added since follows_mark() */
	bool catches_up;		/* it wants a turn to catch up, not for an announcement */
	bool own_turn;			/* its present turn is one to catch up */
	void *tips;			/* the newest tips; owned; NULL: all were compared */
	size_t len;
	uint64_t wanted;		/* its place in the order of turns; 0: it wants none */
	unsigned pause;			/* ms of pause after the last fetch that brought nothing */
	uint64_t held_until;		/* no turn before this time */
	uint64_t tried_at;		/* ms; when the last fetch ended; 0: none has */
};

struct follows {
	const struct follows_events *events;
	void *owner;
	struct follow *first, **tail;	/* owned */
	unsigned count;
	struct lane *lanes;		/* owned */
	struct quota turns;
	uint64_t last_wanted;
	uint32_t random;
};

const char *follow_state_name(enum follow_state state)
{
	static const char *const names[] = { "quiet", "comparing", "fetching", "waiting" };

	return names[state];
}

/* The only function that changes the state. */
static void enter(struct follow *f, enum follow_state state, const char *because)
{
	log_debug("follow %s/%s in '%s': %s -> %s, %s", f->jid, f->share, f->path,
		  follow_state_name(f->state), follow_state_name(state), because);
	f->state = state;
}

struct follows *follows_create(const struct follows_events *events, void *owner, uint32_t seed)
{
	struct follows *all = xcalloc(1, sizeof(*all));

	all->events = events;
	all->owner = owner;
	all->random = seed;
	all->tail = &all->first;
	quota_init(&all->turns, FOLLOW_TURNS_MAX, false);
	return all;
}

static struct lane *take_lane(struct follows *all, const char *path, const char *jid)
{
	struct lane *l = all->lanes;

	while (l && (strcmp(l->path, path) || strcmp(l->jid, jid)))
		l = l->next;
	if (!l) {
		l = xcalloc(1, sizeof(*l));
		l->path = xstrdup(path);
		l->jid = xstrdup(jid);
		l->next = all->lanes;
		all->lanes = l;
	}
	l->follows++;
	return l;
}

static void end_turn(struct follow *f)
{
	if (f->in->lane->busy == f)
		f->in->lane->busy = NULL;
	quota_leave(&f->in->place);
}

static void leave_lane(struct follows *all, struct follow *f)
{
	struct lane *l = f->in->lane, **at = &all->lanes;

	end_turn(f);
	if (--l->follows)
		return;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	free(l->path);
	free(l->jid);
	free(l);
}

/* Removes the follow at *at and frees it. */
static void drop(struct follows *all, struct follow **at)
{
	struct follow *f = *at;

	*at = f->next;
	if (all->tail == &f->next)
		all->tail = at;
	all->count--;
	leave_lane(all, f);
	free(f->in->tips);
	free(f->in);
	free(f->path);
	free(f->remote);
	free(f->error);
	free(f);
}

void follows_destroy(struct follows *all)
{
	if (!all)
		return;
	while (all->first)
		drop(all, &all->first);
	quota_finish(&all->turns);
	free(all);
}

void follows_mark(struct follows *all)
{
	for (struct follow *f = all->first; f; f = f->next) {
		f->in->marked = true;
		f->in->added = false;
	}
}

static bool is_of(const struct follow *f, const char *jid, const char *share)
{
	return !strcmp(f->jid, jid) && !strcmp(f->share, share);
}

struct follow *follows_add(struct follows *all, const char *jid, const char *share,
			   const char *path, const char *remote)
{
	struct follow *f = all->first;

	while (f && !(is_of(f, jid, share) && !strcmp(f->path, path) && !strcmp(f->remote, remote)))
		f = f->next;
	if (f) {
		f->in->marked = false;
		return f;
	}
	if (all->count == FOLLOWS_MAX || strlen(jid) >= sizeof(f->jid) ||
	    strlen(share) >= sizeof(f->share))
		return NULL;
	f = xcalloc(1, sizeof(*f));
	strcpy(f->jid, jid);
	strcpy(f->share, share);
	f->path = xstrdup(path);
	f->remote = xstrdup(remote);
	f->in = xcalloc(1, sizeof(*f->in));
	f->in->lane = take_lane(all, path, jid);
	f->in->added = true;
	*all->tail = f;
	all->tail = &f->next;
	all->count++;
	return f;
}

void follows_sweep(struct follows *all)
{
	for (struct follow **at = &all->first; *at;) {
		if ((*at)->in->marked)
			drop(all, at);
		else
			at = &(*at)->next;
	}
}

static bool may_have_turn(const struct follows *all, const char *jid)
{
	struct quota_place *victim;

	return quota_held(&all->turns, jid, true) < TURNS_PER_BUDDY &&
	       quota_ask(&all->turns, jid, true, &victim) == QUOTA_YES;
}

/*
 * When the follow's turn can come; UINT64_MAX if it wants none, or another turn has to end
 * before.
 */
static uint64_t turn_at(const struct follows *all, const struct follow *f)
{
	const struct lane *l = f->in->lane;

	if (!f->in->wanted || l->busy || !may_have_turn(all, f->jid))
		return UINT64_MAX;
	return l->rests_until > f->in->held_until ? l->rests_until : f->in->held_until;
}

static void begin_turn(struct follows *all, struct follow *f)
{
	f->in->lane->busy = f;
	quota_take(&all->turns, &f->in->place, f->jid, true);
	f->in->place.unfinished = false;
	f->in->wanted = 0;
	f->in->own_turn = f->in->catches_up;
	f->in->catches_up = false;
	f->retry_at = 0;
	enter(f, FOLLOW_COMPARING, "its turn has come");
	all->events->compare(all->owner, f, f->in->tips, f->in->len);
}

static void go_on(struct follows *all, uint64_t now)
{
	struct follow *next;

	do {
		next = NULL;
		for (struct follow *f = all->first; f; f = f->next)
			if (turn_at(all, f) <= now && (!next || f->in->wanted < next->in->wanted))
				next = f;
		if (next)
			begin_turn(all, next);
	} while (next);
}

/* If the follow wants a turn already, it keeps its place. */
static void want_turn(struct follows *all, struct follow *f)
{
	if (!f->in->wanted)
		f->in->wanted = ++all->last_wanted;
}

/* Tips that say only that there are more refs. */
static const char unknown_tips[] = "cut=1";

static void keep_tips(struct follow *f, const void *tips, size_t len)
{
	if (len > TIPS_MAX) {
		tips = unknown_tips;
		len = sizeof(unknown_tips);
	}
	free(f->in->tips);
	f->in->tips = xmalloc(len ? len : 1);
	if (len)
		memcpy(f->in->tips, tips, len);
	f->in->len = len;
}

void follows_announced(struct follows *all, const char *jid, const char *share, const void *tips,
		       size_t len, uint64_t now)
{
	for (struct follow *f = all->first; f; f = f->next) {
		if (!is_of(f, jid, share))
			continue;
		f->in->catches_up = false;
		keep_tips(f, tips, len);
		want_turn(all, f);
	}
	go_on(all, now);
}

void follows_catch_up(struct follows *all, uint64_t now)
{
	for (struct follow *f = all->first; f; f = f->next) {
		if (!f->in->added || f->in->wanted)
			continue;
		f->in->catches_up = true;
		keep_tips(f, unknown_tips, sizeof(unknown_tips));
		want_turn(all, f);
	}
	go_on(all, now);
}

/*
 * Ends a turn without a failure: drops the last error, and the tips unless another turn is
 * wanted.
 */
static void be_quiet(struct follow *f, const char *because)
{
	enter(f, FOLLOW_QUIET, because);
	free(f->error);
	f->error = NULL;
	if (f->in->wanted)
		return;
	free(f->in->tips);
	f->in->tips = NULL;
}

void follows_compared(struct follows *all, struct follow *f, bool something_new, uint64_t now)
{
	assert(f->state == FOLLOW_COMPARING);
	if (something_new) {
		enter(f, FOLLOW_FETCHING, "something is new");
		all->events->fetch(all->owner, f);
		return;
	}
	end_turn(f);
	/* A comparison costs little, but runs in a thread that others wait for. */
	if (f->in->held_until < now + FOLLOW_LOOK_INTERVAL)
		f->in->held_until = now + FOLLOW_LOOK_INTERVAL;
	be_quiet(f, "nothing is new");
	go_on(all, now);
}

/* Makes the follow pause after a fetch that failed or brought nothing. */
static void hold(struct follows *all, struct follow *f, uint64_t now)
{
	f->in->held_until = now + backoff_next(&f->in->pause, FOLLOW_BACKOFF_FIRST,
					       FOLLOW_BACKOFF_MAX, &all->random);
}

static void try_later(struct follows *all, struct follow *f, const char *error, uint64_t now)
{
	char *reason = xstrndup(error ? error : "unknown", ERROR_MAX);

	free(f->error);
	f->error = reason;
	hold(all, f, now);
	f->retry_at = f->in->held_until;
	/*
	 * What was announced meanwhile is compared after the pause: its fetch would fail like
	 * this one.
	 */
	f->in->wanted = 0;
	enter(f, FOLLOW_WAITING, reason);
}

void follows_fetched(struct follows *all, struct follow *f, enum follow_outcome outcome,
		     const char *error, uint64_t now, uint64_t unix_now)
{
	assert(f->state == FOLLOW_FETCHING);
	end_turn(f);
	f->in->lane->rests_until = now + FOLLOW_INTERVAL;
	f->in->tried_at = now;
	switch (outcome) {
	case FOLLOW_NEWS:
		f->last_ok = unix_now;
		f->in->pause = 0;
		be_quiet(f, "fetched");
		break;
	case FOLLOW_NOTHING:
		f->last_ok = unix_now;
		if (!f->in->own_turn)
			hold(all, f, now);
		be_quiet(f, "fetched, and nothing came");
		break;
	case FOLLOW_FAILED:
		f->last_failed = unix_now;
		try_later(all, f, error, now);
		break;
	}
	go_on(all, now);
}

/*
 * The buddy has appeared. A presence costs a buddy as little as an announcement, so the next
 * try is not before FOLLOW_APPEARED after the last one. If the buddy was away for long, that
 * is at once, and the pause after it is short.
 */
static void end_pause(struct follow *f)
{
	uint64_t earliest = f->in->tried_at + FOLLOW_APPEARED;

	if (f->in->held_until > earliest)
		f->in->held_until = earliest;
	if (f->in->pause > FOLLOW_APPEARED / 2)
		f->in->pause = FOLLOW_APPEARED / 2;
	f->retry_at = f->in->held_until;
}

void follows_buddy_online(struct follows *all, const char *jid, uint64_t now)
{
	for (struct follow *f = all->first; f; f = f->next) {
		if (f->state != FOLLOW_WAITING || strcmp(f->jid, jid))
			continue;
		end_pause(f);
		want_turn(all, f);
	}
	go_on(all, now);
}

/* When the follow has to be looked at. */
static uint64_t due_at(const struct follows *all, const struct follow *f)
{
	if (f->state == FOLLOW_WAITING && !f->in->wanted)
		return f->retry_at;
	return turn_at(all, f);
}

uint64_t follows_deadline(const struct follows *all)
{
	uint64_t deadline = UINT64_MAX;

	for (const struct follow *f = all->first; f; f = f->next)
		if (due_at(all, f) < deadline)
			deadline = due_at(all, f);
	return deadline;
}

void follows_tick(struct follows *all, uint64_t now)
{
	for (struct follow *f = all->first; f; f = f->next)
		if (f->state == FOLLOW_WAITING && f->retry_at <= now)
			want_turn(all, f);
	go_on(all, now);
}

struct follow *follows_first(const struct follows *all)
{
	return all->first;
}

bool follows_any(const struct follows *all, const char *jid, const char *share)
{
	for (const struct follow *f = all->first; f; f = f->next)
		if (is_of(f, jid, share))
			return true;
	return false;
}
