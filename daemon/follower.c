/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core says when to compare and when to fetch; here each followed share
 * has its thread-pool job or its git child, and remembers which version was fetched last. A
 * followed share that left the configuration takes both with it.
 */
#include "follower.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc.h"
#include "follow-config.h"
#include "gitrun.h"
#include "journal.h"
#include "log.h"
#include "refcompare.h"

struct followed {
	struct followed *next;		/* follower::followed */
	struct follower *follower;	/* borrowed */
	struct follow *follow;		/* the core's */
	struct refcompare *compare;	/* owned while COMPARING */
	struct gitrun *git;		/* owned while FETCHING */
	char *device;			/* that announced them; owned, NULL: not known */
	char *version;			/* of the tips compared last; owned, NULL: they had none */
	char *fetched;			/* of those fetched last; owned, NULL: none */
};

struct follower {
	uv_loop_t *loop;
	char *socket_path;		/* owned */
	struct follows *follows;	/* owned */
	struct followed *followed;	/* owned */
	uv_timer_t timer;
};

static void on_timer(uv_timer_t *timer);

static void set_timer(struct follower *f)
{
	uint64_t at = follow_deadline(f->follows), now = uv_now(f->loop);

	if (at == UINT64_MAX)
		uv_timer_stop(&f->timer);
	else
		uv_timer_start(&f->timer, on_timer, at > now ? at - now : 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	struct follower *f = timer->data;

	follow_tick(f->follows, uv_now(f->loop));
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
	refcompare_cancel(d->compare);
	gitrun_destroy(d->git);
	free(d->device);
	free(d->version);
	free(d->fetched);
	free(d);
}

static void on_compared(void *owner, bool something_new)
{
	struct followed *d = owner;
	struct follower *f = d->follower;

	d->compare = NULL;
	log_debug("%s/%s: %s in '%s'", d->follow->jid, d->follow->share,
		  something_new ? "something new" : "nothing new", d->follow->path);
	follow_compared(f->follows, d->follow, something_new, uv_now(f->loop));
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
	d->compare = refcompare_start(f->loop, follow->path, follow->remote, tips, len, d->fetched,
				      on_compared, d);
}

static void tell(const struct follow *follow, bool ok, const char *text)
{
	struct journal_event event = {
		.kind = "follow",
		.jid = follow->jid,
		.share = follow->share,
		.what = follow->remote,
		.result = ok ? "ok" : "failed",
	};
	char more[JOURNAL_LEFT_OUT_MAX], *whole;
	unsigned left_out;

	if (log_admits(LOG_EVENTS, follow->jid, &left_out)) {
		event.text = whole = xasprintf("%s%s", text, journal_left_out(left_out, more));
		journal_add(&event);
		free(whole);
	}
	if (ok)
		log_about(follow->jid, LOG_INFO, "%s/%s: fetched '%s' in '%s'", follow->jid, follow->share, follow->remote, follow->path);
	else
		log_about(follow->jid, LOG_WARNING, "%s/%s: cannot fetch '%s' in '%s': %s", follow->jid, follow->share,
			    follow->remote, follow->path, text);
}

static void on_fetched(void *owner, int status, const char *output, const char *error)
{
	struct followed *d = owner;
	struct follower *f = d->follower;
	bool ok = status == 0;

	d->git = NULL;
	if (ok) {
		free(d->fetched);
		d->fetched = xstrdup(d->version);
		error = d->follow->path;
	} else if (!*error) {
		error = "git fetch failed and did not say why";
	}
	tell(d->follow, ok, error);
	follow_fetched(f->follows, d->follow, ok, ok ? NULL : error, uv_now(f->loop), time(NULL));
	set_timer(f);
}

static void fetch(void *owner, struct follow *follow)
{
	struct follower *f = owner;
	struct followed *d = followed_of(f, follow);
	const char *const args[] = { "fetch", "--", follow->remote, NULL };

	d->git = gitrun_start(f->loop, follow->path, args, f->socket_path, d->device, on_fetched, d);
}

static const struct follow_events follow_events = {
	.compare = compare,
	.fetch = fetch,
};

static bool still_there(const struct follower *f, const struct follow *follow)
{
	const struct follow *other = follow_first(f->follows);

	while (other && other != follow)
		other = other->next;
	return other;
}

void follower_reload(struct follower *f)
{
	if (!f)
		return;
	follow_mark(f->follows);
	/* A file in the middle of being edited is no reason to forget everything. */
	if (config_read_follows(f->follows))
		follow_sweep(f->follows);
	for (struct followed **p = &f->followed; *p;) {
		struct followed *d = *p;

		if (still_there(f, d->follow)) {
			p = &d->next;
			continue;
		}
		*p = d->next;
		drop(d);
	}
	set_timer(f);
}

struct follower *follower_create(uv_loop_t *loop, const char *socket_path, uint32_t seed)
{
	struct follower *f = xcalloc(1, sizeof(*f));

	f->loop = loop;
	f->socket_path = xstrdup(socket_path);
	f->follows = follow_create(&follow_events, f, seed);
	uv_timer_init(loop, &f->timer);
	f->timer.data = f;
	follower_reload(f);
	return f;
}

void follower_announced(struct follower *f, const char *jid, const char *device, const char *share,
			struct fields tips)
{
	struct buf told = { 0 };

	if (!f)
		return;
	/* Ours goes first, so that it is the one that is found. */
	fields_add(&told, "from", device);
	buf_append(&told, tips.data, tips.len);
	follow_announced(f->follows, jid, share, buf_data(&told), buf_len(&told), uv_now(f->loop));
	buf_finish(&told);
	set_timer(f);
}

void follower_buddy_online(struct follower *f, const char *jid)
{
	if (!f)
		return;
	follow_buddy_online(f->follows, jid, uv_now(f->loop));
	set_timer(f);
}

const struct follow *follower_first(const struct follower *f)
{
	return f ? follow_first(f->follows) : NULL;
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct follower *f = handle->data;

	free(f->socket_path);
	free(f);
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
	follow_destroy(f->follows);
	f->follows = NULL;
	uv_close((uv_handle_t *)&f->timer, on_timer_closed);
}
