/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "path.h"

#include <assert.h>
#include <stdio.h>

/*
 * What all kinds of path have in common: ciphertext in, TLS, plaintext to the
 * owner, and back. The owner may close the path, or hand it on, from within any
 * of its events; the memory lasts until the kind's handles are closed, so each
 * event is followed by a look at `over` and nothing else.
 */

enum {
	TLS_RECORD = 16384,
	TLS_OVERHEAD = 22,	/* of one record: header, type, tag */
	LITTLE = 4096,		/* where no more than that passes, no more is kept */
};

void path_init(struct path *p, const struct path_ops *ops, enum path_kind kind, const char *name,
	       const struct device_key *key, bool client, const struct pass_use *use,
	       const struct path_events *events, void *owner)
{
	*p = (struct path){ .ops = ops, .kind = kind, .events = events, .owner = owner };
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->tls = tls_create(key, client, use, &p->cipher);
}

void path_finish(struct path *p)
{
	buf_finish(&p->plain_in);
	buf_finish(&p->plain_out);
	buf_finish(&p->cipher);
	tls_destroy(p->tls);
	p->tls = NULL;
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

void path_keep(struct path *p)
{
	if (p->ops->keep && !p->over)
		p->ops->keep(p);
}

void path_write(struct path *p, const void *data, size_t n)
{
	if (p->up && !p->over)
		tls_write(p->tls, data, n);
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
	buf_reset(&p->cipher);
	p->ops->cut(p);
}

bool path_unsent(const struct path *p)
{
	return buf_len(&p->cipher) || (p->ops->unsent && p->ops->unsent(p));
}

enum path_kind path_kind(const struct path *p)
{
	return p->kind;
}

const char *path_name(const struct path *p)
{
	return p->name;
}

uint64_t path_rate(const struct path *p)
{
	return p->ops->rate ? p->ops->rate(p) : 0;
}

bool path_throttled(const struct path *p)
{
	return p->ops->throttled && p->ops->throttled(p);
}

/* A buffer that much has passed through need not stay as big when little does. */
static void rest(struct buf *b, size_t passed)
{
	if (!buf_len(b) && passed < LITTLE && b->cap > LITTLE)
		buf_finish(b);
}

const char *path_take(struct path *p, const void *data, size_t n)
{
	int result = tls_input(p->tls, data, n, &p->plain_in);

	if (!p->up && tls_established(p->tls)) {
		p->up = true;
		p->events->established(p->owner, tls_peer_fingerprint(p->tls));
	}
	if (p->up && !p->over && buf_len(&p->plain_in))
		p->events->plain(p->owner, &p->plain_in);
	rest(&p->plain_in, n);
	if (p->over || !result)
		return NULL;
	return result < 0 ? "TLS failed" : "closed by the other side";
}

bool path_fill(struct path *p, size_t room)
{
	size_t overhead = (room / (TLS_RECORD + TLS_OVERHEAD) + 1) * TLS_OVERHEAD, n;
	bool good;

	assert(room > overhead);
	if (!p->up || p->over)
		return false;
	p->events->fill(p->owner, &p->plain_out, room - overhead);
	n = buf_len(&p->plain_out);
	good = n && !p->over && tls_write(p->tls, buf_data(&p->plain_out), n) == 0;
	buf_reset(&p->plain_out);
	if (n)
		rest(&p->plain_out, n);
	return good;
}

void path_over(struct path *p, const char *why)
{
	assert(!p->over);
	p->over = true;
	p->events->closed(p->owner, why);
}
