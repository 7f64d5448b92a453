/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * follows.c says when to compare and when to fetch. Here each followed share has the
 * comparison or the git process that runs for it, and remembers which version was fetched
 * last. A buddy can announce what is not there, so a second look at the refs shows whether a
 * fetch brought anything. A followed share that has left the configuration takes all of that
 * with it.
 */
#include "follower.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"

/* Seconds between two lines of the journal for failures of one followed share. */
enum { FAILURES_EVERY = 3600 };

struct followed {
	struct followed *next;		/* follower::followed */
	struct follower *follower;	/* borrowed */
	struct follow *follow;		/* borrowed from follows */
	struct refcompare *compare;	/* owned while COMPARING, and at the end of FETCHING */
	struct git_run *git;		/* owned while FETCHING */
	uint64_t refs;			/* digest of the refs here before the fetch; 0: unknown */
	char *tips;			/* the tips that are compared; owned */
	size_t len;
	uint64_t told_at;		/* unix seconds: the last failure in the journal; 0: none */
	unsigned untold;		/* number of failures since then without a line */
	char *device;			/* the device that announced the tips; owned; NULL: not
					   known */
	char *version;			/* version of the tips compared last; owned; NULL: they had
					   none */
	char *fetched;			/* version of the tips fetched last; owned; NULL: none */
};

struct follower {
	struct context *context;	/* borrowed */
	const struct follower_ops *ops;
	void *arg;
	struct follows *follows;	/* owned */
	struct followed *followed;	/* owned */
	struct timer timer;
};

static void set_timer(struct follower *f)
{
	timer_set(&f->timer, follows_deadline(f->follows));
}

static void on_timer(void *owner)
{
	struct follower *f = owner;

	follows_tick(f->follows, context_now(f->context));
	set_timer(f);
}

static struct followed *followed_of(struct follower *f, struct follow *follow)
{
	struct followed *d = f->followed;

	while (d && d->follow != follow)
		d = d->next;
	if (d)
		return d;
	d = xcalloc(1, sizeof(*d));
	d->follower = f;
	d->follow = follow;
	d->next = f->followed;
	f->followed = d;
	return d;
}

static void drop(struct followed *d)
{
	const struct follower *f = d->follower;

	if (d->compare)
		f->ops->cancel(f->arg, d->compare);
	if (d->git)
		f->ops->release(f->arg, d->git);
	free(d->device);
	free(d->version);
	free(d->fetched);
	free(d->tips);
	free(d);
}

static void on_compared(void *owner, bool something_new, uint64_t refs)
{
	struct followed *d = owner;
	struct follower *f = d->follower;

	d->compare = NULL;
	d->refs = refs;
	log_debug("%s/%s: %s in '%s'", d->follow->jid, d->follow->share,
		  something_new ? "something new" : "nothing new", d->follow->path);
	follows_compared(f->follows, d->follow, something_new, context_now(f->context));
	set_timer(f);
}

static void compare(void *owner, struct follow *follow, const void *tips, size_t len)
{
	struct follower *f = owner;
	struct followed *d = followed_of(f, follow);
	struct fields fields = { .data = tips, .len = len };

	free(d->device);
	d->device = xstrdup(fields_get(fields, "from"));
	free(d->version);
	d->version = xstrdup(fields_get(fields, "version"));
	free(d->tips);
	d->tips = xmalloc(len ? len : 1);
	memcpy(d->tips, tips, len);
	d->len = len;
	d->compare = f->ops->compare(f->arg, follow, fields, d->fetched, on_compared, d);
}

static void write_event(const struct followed *d, const char *result, const char *text,
			unsigned left_out)
{
	const struct follower *f = d->follower;

	f->ops->journal(f->arg, d->follow, result, text, left_out);
}

static void tell_news(struct followed *d)
{
	const struct follow *follow = d->follow;

	d->told_at = d->untold = 0;
	write_event(d, "ok", follow->path, 0);
	log_about(follow->jid, LOG_INFO, "%s/%s: fetched '%s' in '%s'", follow->jid, follow->share,
		  follow->remote, follow->path);
}

/* The journal has one line for many failures, which may go on for as long as the buddy likes. */
static void tell_failure(struct followed *d, const char *error)
{
	const struct follow *follow = d->follow;
	uint64_t now = context_time(d->follower->context);

	log_about(follow->jid, LOG_WARNING, "%s/%s: cannot fetch '%s' in '%s': %s", follow->jid,
		  follow->share, follow->remote, follow->path, error);
	if (d->told_at && now < d->told_at + FAILURES_EVERY) {
		d->untold++;
		return;
	}
	write_event(d, "failed", error, d->untold);
	d->told_at = now;
	d->untold = 0;
}

static void finish(struct followed *d, enum follow_outcome outcome, const char *error)
{
	struct follower *f = d->follower;

	follows_fetched(f->follows, d->follow, outcome, error, context_now(f->context),
			context_time(f->context));
	set_timer(f);
}

/* The second look at the refs. If they cannot be read, git's success counts as news. */
static void on_looked_again(void *owner, bool something_new, uint64_t refs)
{
	struct followed *d = owner;

	d->compare = NULL;
	if (refs && refs == d->refs) {
		log_debug("%s/%s: nothing came to '%s'", d->follow->jid, d->follow->share,
			  d->follow->path);
		finish(d, FOLLOW_NOTHING, NULL);
		return;
	}
	tell_news(d);
	finish(d, FOLLOW_NEWS, NULL);
}

static void on_fetched(void *owner, int status, const char *output, const char *error)
{
	struct followed *d = owner;
	const struct follower *f = d->follower;
	struct fields tips = { .data = d->tips, .len = d->len };

	d->git = NULL;
	if (status == 0) {
		free(d->fetched);
		d->fetched = xstrdup(d->version);
		d->compare = f->ops->compare(f->arg, d->follow, tips, d->fetched, on_looked_again,
					     d);
		return;
	}
	if (!*error)
		error = "git fetch failed and did not say why";
	tell_failure(d, error);
	finish(d, FOLLOW_FAILED, error);
}

static void fetch(void *owner, struct follow *follow)
{
	struct follower *f = owner;
	struct followed *d = followed_of(f, follow);

	d->git = f->ops->fetch(f->arg, follow, d->device, on_fetched, d);
}

static const struct follows_events follows_events = {
	.compare = compare,
	.fetch = fetch,
};

static bool still_there(const struct follower *f, const struct follow *follow)
{
	const struct follow *other = follows_first(f->follows);

	while (other && other != follow)
		other = other->next;
	return other;
}

static void read_config(struct follower *f)
{
	follows_mark(f->follows);
	f->ops->configured(f->arg, f->follows);
	follows_sweep(f->follows);
	for (struct followed **p = &f->followed; *p;) {
		struct followed *d = *p;

		if (still_there(f, d->follow)) {
			p = &d->next;
			continue;
		}
		*p = d->next;
		drop(d);
	}
}

void follower_reload(struct follower *f)
{
	if (!f)
		return;
	read_config(f);
	follows_catch_up(f->follows, context_now(f->context));
	set_timer(f);
}

struct follower *follower_create(struct context *context, const struct follower_ops *ops, void *arg,
				 uint32_t seed)
{
	struct follower *f = xcalloc(1, sizeof(*f));

	f->context = context;
	f->ops = ops;
	f->arg = arg;
	f->follows = follows_create(&follows_events, f, seed);
	timer_init(&f->timer, &context->timers, on_timer, f);
	read_config(f);
	return f;
}

void follower_announced(struct follower *f, const char *jid, const char *device, const char *share,
			struct fields tips)
{
	struct buf told = { 0 };

	if (!f)
		return;
	/*
	 * Our own field "from" goes first, so that fields_get() finds it, and not one that the
	 * device sent.
	 */
	fields_add(&told, "from", device);
	buf_append(&told, tips.data, tips.len);
	follows_announced(f->follows, jid, share, buf_data(&told), buf_len(&told),
			  context_now(f->context));
	buf_finish(&told);
	set_timer(f);
}

void follower_buddy_online(struct follower *f, const char *jid)
{
	if (!f)
		return;
	follows_buddy_online(f->follows, jid, context_now(f->context));
	set_timer(f);
}

const struct follow *follower_first(const struct follower *f)
{
	return f ? follows_first(f->follows) : NULL;
}

void follower_destroy(struct follower *f)
{
	if (!f)
		return;
	while (f->followed) {
		struct followed *d = f->followed;

		f->followed = d->next;
		drop(d);
	}
	follows_destroy(f->follows);
	timer_stop(&f->timer);
	free(f);
}
