/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What all kinds of path have in common: an owner, who may change, and one end, which
 * either side may bring about. The owner may close the path inside any of its events. So
 * after each event the path looks at `over` before anything else.
 */
#include "path.h"

#include <assert.h>
#include <stdio.h>

#include "token-bucket.h"

void path_init(struct path *p, const struct path_ops *ops, enum path_kind kind, const char *name,
	       const struct path_events *events, void *owner)
{
	*p = (struct path){ .ops = ops, .kind = kind, .events = events, .owner = owner };
	snprintf(p->name, sizeof(p->name), "%s", name);
}

void path_set_owner(struct path *p, const struct path_events *events, void *owner)
{
	p->events = events;
	p->owner = owner;
}

void path_kick(struct path *p)
{
	if (p->up && !p->over)
		p->ops->kick(p);
}

void path_keep(struct path *p, struct token_bucket *bandwidth)
{
	p->bandwidth = bandwidth;
	if (p->ops->keep && !p->over)
		p->ops->keep(p);
}

void path_write(struct path *p, const void *data, size_t n)
{
	if (p->up && !p->over)
		p->ops->write(p, data, n);
}

bool path_exporter(const struct path *p, const char *label, unsigned char *out, size_t n)
{
	return p->up && p->ops->exporter && p->ops->exporter(p, label, out, n);
}

void path_close(struct path *p)
{
	assert(!p->over);
	p->over = true;
	p->ops->close(p);
}

void path_cut(struct path *p)
{
	assert(!p->over);
	p->over = true;
	p->ops->cut(p);
}

bool path_unsent(const struct path *p)
{
	return p->ops->unsent(p);
}

enum path_kind path_kind(const struct path *p)
{
	return p->kind;
}

const char *path_name(const struct path *p)
{
	return p->name;
}

const char *path_jid(const struct path *p)
{
	return p->ops->jid ? p->ops->jid(p) : NULL;
}

bool path_ends(const struct path *p, struct netaddr *ours, struct netaddr *theirs)
{
	return p->ops->ends && p->ops->ends(p, ours, theirs);
}

uint64_t path_rate(const struct path *p)
{
	return p->ops->rate ? p->ops->rate(p) : 0;
}

bool path_throttled(const struct path *p)
{
	return p->ops->throttled && p->ops->throttled(p);
}

bool path_congestion(const struct path *p, char name[PATH_CONGESTION_SIZE])
{
	return p->ops->congestion && p->ops->congestion(p, name);
}

size_t path_allowed(const struct path *p, uint64_t now, uint64_t *wait)
{
	size_t allowed = p->bandwidth ? token_bucket_room(p->bandwidth, now) : SIZE_MAX;
	uint64_t at = allowed ? now : token_bucket_deadline(p->bandwidth);

	*wait = at > now ? at - now : 0;
	return allowed;
}

void path_spend(const struct path *p, size_t bytes, uint64_t now)
{
	if (p->bandwidth)
		token_bucket_spend(p->bandwidth, bytes, now);
}

void path_established(struct path *p, const unsigned char *fp)
{
	p->up = true;
	if (p->events->established)
		p->events->established(p->owner, fp);
}

void path_plain(struct path *p, struct buf *plain)
{
	if (p->up && !p->over && p->events->plain)
		p->events->plain(p->owner, plain);
}

size_t path_fill(struct path *p, struct buf *out, size_t max)
{
	return p->up && !p->over && p->events->fill ? p->events->fill(p->owner, out, max) : 0;
}

size_t path_urgent(struct path *p, struct buf *out, size_t max)
{
	return p->up && !p->over && p->events->urgent ? p->events->urgent(p->owner, out, max) : 0;
}

void path_over(struct path *p, const char *why)
{
	assert(!p->over);
	p->over = true;
	p->events->closed(p->owner, why);
}
