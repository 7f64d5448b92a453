/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each share has a watch. When the watch reports a move, the ledger (announcements.c) asks, a
 * moment later, for the refs to be read. When they are read, the ledger says which devices to
 * tell. For each a peer is wanted, and gets a can-push. The ledger is told the result and
 * tries again when it should. It learns from each link that comes up which process of a device
 * knows what. If it asks for that, a link is made.
 */
#include "announcer.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "announcements.h"
#include "log.h"
#include "negotiation.h"
#include "peer.h"

/* A share that is announced. */
struct watched_share {
	struct watched_share *next;	/* announcer::watched */
	struct announcer *announcer;	/* borrowed */
	char name[SHARE_NAME_MAX];
	char *path;			/* owned */
	struct refwatch *watch;		/* owned */
	struct refs_read *read;		/* owned while it reads */
	bool keep;			/* announcer_reload() has found the share again */
};

/* One device being told of one version. */
struct telling {
	struct telling *next;		/* announcer::tellings */
	struct announcer *announcer;	/* borrowed */
	struct negotiation *neg;	/* under way; NULL: failed, which on_timer() reports */
	struct peer *peer;		/* borrowed, while neg is under way */
	char *jid;			/* owned */
	char device[DEVICE_ID_LEN + 1];
	char share[SHARE_NAME_MAX];
	uint64_t version;
};

/*
 * A device whose link has to be looked at: the link has ended, or it was up when the ledger
 * asked.
 */
struct news {
	struct news *next;		/* announcer::news */
	char *jid;			/* owned */
	char device[DEVICE_ID_LEN + 1];
};

struct announcer {
	struct context *context;	/* borrowed */
	struct peers *peers;		/* borrowed */
	const struct announcer_ops *ops;
	void *arg;
	struct announcements *ledger;	/* owned */
	struct watched_share *watched;	/* owned */
	struct telling *tellings;	/* owned */
	struct news *news;		/* owned */
	bool too_many;			/* more shares than are announced; that was said */
	struct timer timer;
};

static void set_timer(struct announcer *a)
{
	uint64_t at = announcements_deadline(a->ledger);

	for (const struct telling *t = a->tellings; t; t = t->next)
		if (!t->neg)
			at = 0;
	if (a->news)
		at = 0;
	timer_set(&a->timer, at);
}

static void free_telling(struct telling *t)
{
	struct telling **at = &t->announcer->tellings;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	free(t->jid);
	free(t);
}

static void on_seen(void *owner)
{
	struct telling *t = owner;
	struct announcer *a = t->announcer;

	announcements_told(a->ledger, t->jid, t->device, t->share, t->version,
			   t->peer->link.peer_instance, context_now(a->context));
	free_telling(t);
	set_timer(a);
}

/*
 * on_timer() tells the ledger, not this function: the peer may be ending because its device
 * has restarted. The ledger does not know that yet, and would tell the new process twice.
 */
static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
	struct telling *t = owner;

	log_debug("%s/%s was not told of '%s': %s", t->jid, t->device, t->share, reason);
	t->neg = NULL;
	set_timer(t->announcer);
}

static void on_wanted(void *owner, struct negotiation *neg)
{
}

static void on_waiting(void *owner, struct negotiation *neg, const char *state)
{
}

static void on_open(void *owner, struct negotiation *neg, struct channel *channel)
{
}

/* An announcement is seen or refused; the other events do not come. */
static const struct initiator_events initiator_events = {
	.wanted = on_wanted,
	.waiting = on_waiting,
	.open = on_open,
	.seen = on_seen,
	.refused = on_refused,
};

static bool on_permitted(void *owner, const char *jid, const char *device, const char *share)
{
	struct announcer *a = owner;
	const struct policy *policy = a->context->policy;
	const struct share *found;
	struct subject subject;

	/* This is asked for each share, whenever a device appears; most can be told of none. */
	if (!policy_concerns(policy, jid) || !context_trusts_device(a->context, jid, device))
		return false;
	subject = context_subject(a->context, jid, device);
	return policy_check(policy, &subject, SERVICE_UPLOAD_PACK, share, &found) == POLICY_ALLOWED;
}

/*
 * Looks at the device's link later, because a peer may be ending now, or the ledger may be
 * calling.
 */
static void look_later(struct announcer *a, const char *jid, const char *device)
{
	struct news *n = a->news;

	while (n && (strcmp(n->device, device) || strcmp(n->jid, jid)))
		n = n->next;
	if (!n) {
		n = xcalloc(1, sizeof(*n));
		n->jid = xstrdup(jid);
		strcpy(n->device, device);
		n->next = a->news;
		a->news = n;
	}
	set_timer(a);
}

static void free_news(struct news *n)
{
	free(n->jid);
	free(n);
}

static void on_meet(void *owner, const char *jid, const char *device)
{
	struct announcer *a = owner;
	struct peer *peer = a->peers->ops->want(a->peers, jid, device);

	/* A link that is being made is reported by announcer_met() or announcer_lost(). */
	if (!peer || peer->link.state == LINK_UP)
		look_later(a, jid, device);
}

static void on_tell(void *owner, const char *jid, const char *device, const char *share,
		    uint64_t version, const void *tips, size_t len)
{
	struct announcer *a = owner;
	struct peer *peer = a->peers->ops->want(a->peers, jid, device);
	struct telling *t = xcalloc(1, sizeof(*t));
	uint8_t id[NEG_ID_BYTES];

	t->announcer = a;
	t->jid = xstrdup(jid);
	strcpy(t->device, device);
	strcpy(t->share, share);
	t->version = version;
	t->next = a->tellings;
	a->tellings = t;
	if (!peer)
		return;		/* on_timer() reports the failure: not within the call */
	t->peer = peer;
	context_random(a->context, id, sizeof(id));
	t->neg = a->peers->ops->announce(peer, id, share, tips, len, &initiator_events, t);
}

static struct watched_share *find(const struct announcer *a, const char *name)
{
	for (struct watched_share *w = a->watched; w; w = w->next)
		if (!strcmp(w->name, name))
			return w;
	return NULL;
}

static void on_tips(void *owner, const void *tips, size_t len, const char *error)
{
	struct watched_share *w = owner;
	struct announcer *a = w->announcer;

	w->read = NULL;
	if (tips) {
		announcements_tips(a->ledger, w->name, tips, len, context_now(a->context));
	} else {
		log_warning("share '%s' is not announced: %s", w->name, error);
		announcements_unread(a->ledger, w->name, context_now(a->context));
	}
	set_timer(a);
}

static void on_read(void *owner, const char *share)
{
	struct announcer *a = owner;
	struct watched_share *w = find(a, share);

	if (!w)
		return;
	/* A reading that is under way may have missed the last move. */
	if (w->read)
		a->ops->cancel(a->arg, w->read);
	w->read = a->ops->read(a->arg, w->path, on_tips, w);
}

static const struct announcements_events announcements_events = {
	.permitted = on_permitted,
	.meet = on_meet,
	.tell = on_tell,
	.read = on_read,
};

static void on_moved(void *owner)
{
	struct watched_share *w = owner;
	struct announcer *a = w->announcer;

	announcements_moved(a->ledger, w->name, context_now(a->context));
	set_timer(a);
}

static void look(struct announcer *a, const struct news *n)
{
	const struct peer *p = a->peers->ops->find(a->peers, n->jid, n->device);
	uint64_t now = context_now(a->context);

	if (p && p->link.state == LINK_UP)
		announcements_met(a->ledger, n->jid, n->device, p->link.peer_instance, now);
	else
		announcements_lost(a->ledger, n->jid, n->device, now);
}

static void report_news(struct announcer *a)
{
	struct news *n = a->news, *next;

	/* What look() adds to the news waits for the next timer. */
	a->news = NULL;
	for (; n; n = next) {
		next = n->next;
		look(a, n);
		free_news(n);
	}
}

static void report_failures(struct announcer *a)
{
	struct telling *t = a->tellings, *next;

	for (; t; t = next) {
		next = t->next;
		if (t->neg)
			continue;
		/*
		 * A new telling that begins here goes to the front of the list, and waits for
		 * the next timer.
		 */
		announcements_failed(a->ledger, t->jid, t->device, t->share, t->version,
				     context_now(a->context));
		free_telling(t);
	}
}

static void on_timer(void *owner)
{
	struct announcer *a = owner;

	report_news(a);
	report_failures(a);
	announcements_tick(a->ledger, context_now(a->context));
	set_timer(a);
}

static void unwatch(struct watched_share *w)
{
	const struct announcer *a = w->announcer;
	struct watched_share **at = &w->announcer->watched;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	a->ops->unwatch(a->arg, w->watch);
	if (w->read)
		a->ops->cancel(a->arg, w->read);
	free(w->path);
	free(w);
}

static void watch(struct announcer *a, const struct share *share)
{
	struct watched_share *w = xcalloc(1, sizeof(*w));

	w->announcer = a;
	strcpy(w->name, share->name);
	w->path = xstrdup(share->path);
	w->keep = true;
	w->next = a->watched;
	a->watched = w;
	w->watch = a->ops->watch(a->arg, w->path, on_moved, w);
}

/* The share behind the last one that is announced, or NULL. */
static const struct share *end_of_announced(const struct announcer *a)
{
	const struct share *s = policy_first(a->context->policy);

	for (unsigned n = 0; s && n < SHARES_MAX; s = s->next)
		n += s->path != NULL;
	return s;
}

void announcer_reload(struct announcer *a)
{
	struct watched_share *w, *next;
	const struct share *end;

	if (!a)
		return;
	end = end_of_announced(a);
	if (end && !a->too_many)
		log_warning("more than %d shares: '%s' and those behind it are not announced",
			    SHARES_MAX, end->name);
	a->too_many = end;
	for (w = a->watched; w; w = w->next)
		w->keep = false;
	for (const struct share *s = policy_first(a->context->policy); s != end; s = s->next) {
		w = find(a, s->name);
		if (w && s->path && !strcmp(w->path, s->path))
			w->keep = true;
	}
	for (w = a->watched; w; w = next) {
		next = w->next;
		if (w->keep)
			continue;
		announcements_share_gone(a->ledger, w->name);
		unwatch(w);
	}
	for (const struct share *s = policy_first(a->context->policy); s != end; s = s->next)
		if (s->path && !find(a, s->name))
			watch(a, s);
	announcements_review(a->ledger, context_now(a->context));
	set_timer(a);
}

struct announcer *announcer_create(struct context *context, struct peers *peers,
				   const struct announcer_ops *ops, void *arg)
{
	struct announcer *a = xcalloc(1, sizeof(*a));

	a->context = context;
	a->peers = peers;
	a->ops = ops;
	a->arg = arg;
	a->ledger = announcements_create(&announcements_events, a);
	timer_init(&a->timer, &context->timers, on_timer, a);
	announcer_reload(a);
	return a;
}

void announcer_device_online(struct announcer *a, const char *jid, const char *device)
{
	if (!a)
		return;
	announcements_device_online(a->ledger, jid, device, context_now(a->context));
	set_timer(a);
}

void announcer_device_offline(struct announcer *a, const char *jid, const char *device)
{
	if (!a)
		return;
	announcements_device_offline(a->ledger, jid, device);
	set_timer(a);
}

void announcer_met(struct announcer *a, const char *jid, const char *device,
		   const uint8_t instance[INSTANCE_BYTES])
{
	if (!a)
		return;
	announcements_met(a->ledger, jid, device, instance, context_now(a->context));
	set_timer(a);
}

void announcer_lost(struct announcer *a, const char *jid, const char *device)
{
	if (a)
		look_later(a, jid, device);
}

unsigned announcer_waiting(const struct announcer *a)
{
	return a ? announcements_waiting(a->ledger) : 0;
}

void announcer_destroy(struct announcer *a)
{
	if (!a)
		return;
	while (a->tellings) {
		struct telling *t = a->tellings;

		if (t->neg)
			a->peers->ops->withdraw(t->neg, "cancelled");
		free_telling(t);
	}
	while (a->watched)
		unwatch(a->watched);
	while (a->news) {
		struct news *n = a->news;

		a->news = n->next;
		free_news(n);
	}
	timer_stop(&a->timer);
	announcements_destroy(a->ledger);
	free(a);
}
