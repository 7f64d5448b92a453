/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a peer. peer_want() makes one for a session, an announcement, a pairing or the
 * outcome of a push, and peer_take() (peer-path.c) for an incoming path. The peer ends with its
 * link (peer-link.c). It has one timer, for whatever of its parts is due first.
 */
#include "peer-internal.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"

static void on_timer(void *owner);

bool peer_may_carry(const struct peer *p)
{
	return p->path && connector_allowed(p->connector) & PATH_MASK(path_kind(p->path));
}

void peer_note_stall(struct peer *p, uint64_t now)
{
	bool waits = p->link.busy && connector_allowed(p->connector) != PATH_MASK_ALL;

	if (stall_note(&p->stall, waits, p->link.state == LINK_UP && peer_may_carry(p), now))
		link_wake(&p->link);
}

static void count(bool *counts, bool now, unsigned *n)
{
	if (*counts != now)
		*n += now ? 1 : -1;
	*counts = now;
}

/* Whether a better path would be of use now, to this link as well. */
static void note_use(struct peer *p)
{
	struct peers *all = p->all;
	unsigned busy = all->busy, worse = all->worse;
	bool is_busy = !p->ended && p->link.busy;
	bool is_worse = is_busy && p->link.state == LINK_UP && p->path &&
			path_kind(p->path) != PATH_DIRECT &&
			connector_allowed(p->connector) & PATH_MASK(PATH_DIRECT);

	count(&p->counts_busy, is_busy, &all->busy);
	count(&p->counts_worse, is_worse, &all->worse);
	if (all->events->used && (!busy != !all->busy || !worse != !all->worse))
		all->events->used(all->owner);
}

void peer_touch(struct peer *p)
{
	uint64_t now = context_now(p->all->context), at, other;

	if (p->ended)
		return;
	p->link.busy = p->channels.count || p->negotiations.count;
	if (p->link.busy) {
		p->idle_since = 0;
	} else if (!p->idle_since) {
		p->idle_since = now;
		p->all->events->rested(p->all->owner);
	}
	peer_note_stall(p, now);
	note_use(p);
	at = link_deadline(&p->link);
	other = negotiations_deadline(&p->negotiations);
	at = other < at ? other : at;
	other = connector_deadline(p->connector, p->link.busy);
	at = other < at ? other : at;
	other = absence_deadline(&p->absence);
	at = other < at ? other : at;
	other = stall_deadline(&p->stall, p->link.suspend_max);
	at = other < at ? other : at;
	if (p->idle_since && p->idle_since + LINK_IDLE_CLOSE < at)
		at = p->idle_since + LINK_IDLE_CLOSE;
	timer_set(&p->timer, at);
}

/* Called by the timer, so that no function that uses the peer is on the stack. */
static void on_reap(void *owner)
{
	struct peer *p = owner;

	p->all->events->rested(p->all->owner);
	link_finish(&p->link);
	connector_destroy(p->connector);
	free(p->jid);
	free(p);
}

struct peer *peer_create(struct peers *all, const char *jid, const char *device)
{
	struct peer *p = xcalloc(1, sizeof(*p));
	struct link_ends ends = { all->context->self, jid };
	char *name = xasprintf("%s/%s", jid, device);
	uint8_t id[LINK_ID_BYTES];

	context_random(all->context, id, sizeof(id));
	p->all = all;
	p->jid = xstrdup(jid);
	strncpy(p->device, device, DEVICE_ID_LEN);
	link_init(&p->link, &peer_link_events, p, id, all->context->instance, &ends, name);
	p->link.suspend_max = all->context->path_timeout;
	p->connector =
		connector_create(&all->connectors, p->jid, p->device, &peer_connector_events, p);
	channels_init(&p->channels, &p->link, true);
	negotiations_init(&p->negotiations, &peer_negotiation_events, p, &p->channels);
	timer_init(&p->timer, &all->context->timers, on_timer, p);
	timer_init(&p->reaper, &all->context->timers, on_reap, p);
	p->next = all->first;
	all->first = p;
	free(name);
	all->events->made(all->owner, p);
	return p;
}

/* A link that has ended may still have a BYE to send. */
static void say_last_word(struct peer *p)
{
	struct buf last = { 0 };

	if (p->path && !p->cut && p->link.state == LINK_ENDED &&
	    link_output(&p->link, &last, RECORD_PAYLOAD_MAX, context_now(p->all->context)))
		path_write(p->path, buf_data(&last), buf_len(&last));
	buf_finish(&last);
}

static void let_go(const struct peer *p, struct path *path)
{
	if (p->cut)
		path_cut(path);
	else
		path_close(path);
}

void peer_over(struct peer *p, const char *reason)
{
	struct peer **at = &p->all->first;

	if (p->ended)
		return;
	p->ended = true;
	note_use(p);
	log_about(p->jid, LOG_INFO, "link with %s/%s ended: %s", p->jid, p->device, reason);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	negotiations_now(&p->negotiations, context_now(p->all->context));
	channels_finish(&p->channels, reason);
	negotiations_finish(&p->negotiations, reason, context_now(p->all->context));
	connector_stop(p->connector);
	say_last_word(p);
	if (p->path)
		let_go(p, p->path);
	if (p->left)
		let_go(p, p->left);
	p->path = p->left = NULL;
	timer_stop(&p->timer);
	timer_set(&p->reaper, 0);
	p->all->events->ended(p->all->owner, p, reason);
}

void peer_end(struct peer *p, const char *reason)
{
	if (p->ended)
		return;
	/* link_bye() ends the peer too, unless the link had ended before. */
	link_bye(&p->link, reason);
	peer_over(p, reason);
}

void peer_revoke(struct peer *p, const char *reason, bool quietly)
{
	p->cut = quietly || (p->path && path_unsent(p->path));
	peer_end(p, reason);
}

struct peer *peer_want(struct peers *all, const char *jid, const char *device)
{
	struct peer *p = peer_find(all, jid, device);
	const struct resource *r;

	if (p)
		return p;
	r = presence_device(all->context->presence, jid, device);
	if (!r || resource_protocol(r, context_now(all->context)) ||
	    !context_is_buddy(all->context, jid))
		return NULL;
	p = peer_create(all, jid, device);
	connector_step(p->connector, true);
	if (p->ended)
		return NULL;
	peer_touch(p);
	return p;
}

static void on_timer(void *owner)
{
	struct peer *p = owner;
	uint64_t now = context_now(p->all->context);

	link_tick(&p->link, now);
	if (!p->ended && link_path_dead(&p->link))
		peer_drop_path(p, "it is silent", false);
	if (!p->ended)
		negotiations_tick(&p->negotiations, now);
	if (p->ended)
		return;
	if (absence_over(&p->absence, &p->link, &p->channels, now)) {
		peer_over(p, "offline");
		return;
	}
	if (stall_over(&p->stall, p->link.suspend_max, now)) {
		peer_end(p, "no-path");
		return;
	}
	if (p->idle_since && now >= p->idle_since + LINK_IDLE_CLOSE) {
		/*
		 * "idle" is only for a link that is up: without a path the device does not
		 * hear of this end.
		 */
		peer_end(p, p->link.state == LINK_UP ? "idle" : "no-path");
		return;
	}
	connector_step(p->connector, p->link.busy);
	peer_touch(p);
}
