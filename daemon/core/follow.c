/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An announcement leaves its tips with each follow of the share, and makes it
 * want a turn. The turn comes when its repository is at rest, and is one comparison and, if
 * that finds something, one fetch; then the repository rests for FOLLOW_INTERVAL. Turns are taken in
 * the order they were wanted. What is announced during a turn replaces the tips and wants another.
 *
 * What can go wrong: the fetch fails. Then the turn comes again, with the newest tips,
 * when the back-off is over, the buddy appears, or something is announced; whichever is first.
 */
#include "follow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "backoff.h"
#include "log.h"

enum {
	TIPS_MAX = 16384,		/* no record carries more */
	ERROR_MAX = 1024,
	/* So that a buddy with many shares who comes online does not start as many processes, here and there. */
	TURNS_PER_BUDDY = 4,
};

/* A git directory; several remotes of it may be followed. */
struct repository {
	struct repository *next;
	char *path;			/* owned */
	unsigned follows;		/* whose it is; freed with the last one */
	struct follow *busy;		/* whose turn it is; NULL: nobody's */
	uint64_t rests_until;
};

struct follow_internal {
	struct repository *repository;	/* borrowed from follows */
	bool marked;			/* not added again since follow_mark() */
	void *tips;			/* the newest; owned, NULL: all of them were compared */
	size_t len;
	uint64_t wanted;		/* its place among those who want a turn; 0: it does not */
	unsigned pause;			/* after the last failure */
};

struct follows {
	const struct follow_events *events;
	void *owner;
	struct follow *first, **tail;	/* owned */
	unsigned count;
	struct repository *repositories;	/* owned */
	uint64_t last_wanted;
	uint32_t random;
};

const char *follow_state_name(enum follow_state state)
{
	static const char *const names[] = { "quiet", "comparing", "fetching", "waiting" };

	return names[state];
}

/* The one writer of the state. */
static void enter(struct follow *f, enum follow_state state, const char *because)
{
	log_debug("follow %s/%s in '%s': %s -> %s, %s", f->jid, f->share, f->path,
		  follow_state_name(f->state), follow_state_name(state), because);
	f->state = state;
}

struct follows *follow_create(const struct follow_events *events, void *owner, uint32_t seed)
{
	struct follows *all = xcalloc(1, sizeof(*all));

	all->events = events;
	all->owner = owner;
	all->random = seed;
	all->tail = &all->first;
	return all;
}

static struct repository *take_repository(struct follows *all, const char *path)
{
	struct repository *r = all->repositories;

	while (r && strcmp(r->path, path))
		r = r->next;
	if (!r) {
		r = xcalloc(1, sizeof(*r));
		r->path = xstrdup(path);
		r->next = all->repositories;
		all->repositories = r;
	}
	r->follows++;
	return r;
}

static void leave_repository(struct follows *all, struct follow *f)
{
	struct repository *r = f->in->repository, **at = &all->repositories;

	if (r->busy == f)
		r->busy = NULL;
	if (--r->follows)
		return;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	free(r->path);
	free(r);
}

/* Takes out the follow at *at. */
static void drop(struct follows *all, struct follow **at)
{
	struct follow *f = *at;

	*at = f->next;
	if (all->tail == &f->next)
		all->tail = at;
	all->count--;
	leave_repository(all, f);
	free(f->in->tips);
	free(f->in);
	free(f->path);
	free(f->remote);
	free(f->error);
	free(f);
}

void follow_destroy(struct follows *all)
{
	if (!all)
		return;
	while (all->first)
		drop(all, &all->first);
	free(all);
}

void follow_mark(struct follows *all)
{
	for (struct follow *f = all->first; f; f = f->next)
		f->in->marked = true;
}

static bool is_of(const struct follow *f, const char *jid, const char *share)
{
	return !strcmp(f->jid, jid) && !strcmp(f->share, share);
}

struct follow *follow_add(struct follows *all, const char *jid, const char *share, const char *path,
			  const char *remote)
{
	struct follow *f = all->first;

	while (f && !(is_of(f, jid, share) && !strcmp(f->path, path) && !strcmp(f->remote, remote)))
		f = f->next;
	if (f) {
		f->in->marked = false;
		return f;
	}
	if (all->count == FOLLOWS_MAX || strlen(jid) >= sizeof(f->jid) || strlen(share) >= sizeof(f->share))
		return NULL;
	f = xcalloc(1, sizeof(*f));
	strcpy(f->jid, jid);
	strcpy(f->share, share);
	f->path = xstrdup(path);
	f->remote = xstrdup(remote);
	f->in = xcalloc(1, sizeof(*f->in));
	f->in->repository = take_repository(all, path);
	*all->tail = f;
	all->tail = &f->next;
	all->count++;
	return f;
}

void follow_sweep(struct follows *all)
{
	for (struct follow **at = &all->first; *at;) {
		if ((*at)->in->marked)
			drop(all, at);
		else
			at = &(*at)->next;
	}
}

static bool has_turn(const struct follow *f)
{
	return f->in->repository->busy == f;
}

static unsigned turns_of(const struct follows *all, const char *jid)
{
	unsigned count = 0;

	for (const struct follow *f = all->first; f; f = f->next)
		count += has_turn(f) && !strcmp(f->jid, jid);
	return count;
}

/* When its turn can come; UINT64_MAX if it wants none, or another one has to end before. */
static uint64_t turn_at(const struct follows *all, const struct follow *f)
{
	const struct repository *r = f->in->repository;

	if (!f->in->wanted || r->busy || turns_of(all, f->jid) >= TURNS_PER_BUDDY)
		return UINT64_MAX;
	return r->rests_until;
}

static void begin_turn(struct follows *all, struct follow *f)
{
	f->in->repository->busy = f;
	f->in->wanted = 0;
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

/* Who wants one already keeps its place. */
static void want_turn(struct follows *all, struct follow *f)
{
	if (!f->in->wanted)
		f->in->wanted = ++all->last_wanted;
}

static void keep_tips(struct follow *f, const void *tips, size_t len)
{
	/* Too many to keep them: what cut says, that there are others. */
	static const char cut[] = "cut=1";

	if (len > TIPS_MAX) {
		tips = cut;
		len = sizeof(cut);
	}
	free(f->in->tips);
	f->in->tips = xmalloc(len ? len : 1);
	if (len)
		memcpy(f->in->tips, tips, len);
	f->in->len = len;
}

void follow_announced(struct follows *all, const char *jid, const char *share, const void *tips,
		      size_t len, uint64_t now)
{
	for (struct follow *f = all->first; f; f = f->next) {
		if (!is_of(f, jid, share))
			continue;
		keep_tips(f, tips, len);
		want_turn(all, f);
	}
	go_on(all, now);
}

/* All is well: the trouble there was, if any, is over. */
static void be_quiet(struct follow *f, const char *because)
{
	enter(f, FOLLOW_QUIET, because);
	f->in->pause = 0;
	free(f->error);
	f->error = NULL;
	if (f->in->wanted)
		return;
	free(f->in->tips);
	f->in->tips = NULL;
}

void follow_compared(struct follows *all, struct follow *f, bool something_new, uint64_t now)
{
	assert(f->state == FOLLOW_COMPARING);
	if (something_new) {
		enter(f, FOLLOW_FETCHING, "something is new");
		all->events->fetch(all->owner, f);
		return;
	}
	f->in->repository->busy = NULL;
	be_quiet(f, "nothing is new");
	go_on(all, now);
}

static void try_later(struct follows *all, struct follow *f, const char *error, uint64_t now)
{
	char *reason = xstrndup(error ? error : "unknown", ERROR_MAX);

	free(f->error);
	f->error = reason;
	f->retry_at = now + backoff_next(&f->in->pause, FOLLOW_BACKOFF_FIRST, FOLLOW_BACKOFF_MAX,
					 &all->random);
	/* What was announced meanwhile is compared then: its fetch would fail like this one. */
	f->in->wanted = 0;
	enter(f, FOLLOW_WAITING, reason);
}

void follow_fetched(struct follows *all, struct follow *f, bool ok, const char *error,
		    uint64_t now, uint64_t unix_now)
{
	assert(f->state == FOLLOW_FETCHING);
	f->in->repository->busy = NULL;
	f->in->repository->rests_until = now + FOLLOW_INTERVAL;
	if (ok) {
		f->last_ok = unix_now;
		be_quiet(f, "fetched");
	} else {
		f->last_failed = unix_now;
		try_later(all, f, error, now);
	}
	go_on(all, now);
}

void follow_buddy_online(struct follows *all, const char *jid, uint64_t now)
{
	for (struct follow *f = all->first; f; f = f->next) {
		if (f->state != FOLLOW_WAITING || strcmp(f->jid, jid))
			continue;
		f->in->pause = 0;
		want_turn(all, f);
	}
	go_on(all, now);
}

/* When it has to be looked at. */
static uint64_t due_at(const struct follows *all, const struct follow *f)
{
	if (f->state == FOLLOW_WAITING && !f->in->wanted)
		return f->retry_at;
	return turn_at(all, f);
}

uint64_t follow_deadline(const struct follows *all)
{
	uint64_t deadline = UINT64_MAX;

	for (const struct follow *f = all->first; f; f = f->next)
		if (due_at(all, f) < deadline)
			deadline = due_at(all, f);
	return deadline;
}

void follow_tick(struct follows *all, uint64_t now)
{
	for (struct follow *f = all->first; f; f = f->next)
		if (f->state == FOLLOW_WAITING && f->retry_at <= now)
			want_turn(all, f);
	go_on(all, now);
}

struct follow *follow_first(const struct follows *all)
{
	return all->first;
}

bool follow_any(const struct follows *all, const char *jid, const char *share)
{
	for (const struct follow *f = all->first; f; f = f->next)
		if (is_of(f, jid, share))
			return true;
	return false;
}
