/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Only buddies, our own other devices, and strangers who have the link of an invitation get as
 * far as a handshake. All others get the answer of a client that does not know bytestreams. The
 * handshake proves a key; only the HELLO, which names both accounts, says whose key it is. Until
 * then the trust table learns nothing from it. A device that is not trusted is told just that,
 * and its key is remembered as pending.
 *
 * A device that connects by TCP can do so often. It has at most ACCEPTORS_PER_DEVICE at a
 * time, and the oldest makes room for a new one: a device that lost its network dials again
 * while its last acceptor still waits.
 */
#include "acceptor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"
#include "log.h"
#include "peer.h"

struct acceptor {
	struct list link;		/* peers::acceptors, oldest first */
	struct peers *all;		/* borrowed */
	struct path *path;		/* owned until handed to a peer */
	char jid[JID_MAX];		/* bare */
	unsigned char fp[FINGERPRINT_BYTES];
	bool known;			/* fp is valid */
	bool invited;			/* a stranger who has the link of an invitation */
	struct timer timer;		/* limits handshake and HELLO together; then frees the
					   acceptor */
};

/* Called by the timer, so that no function that uses the acceptor is on the stack. */
static void on_reap(void *owner)
{
	free(owner);
}

/* Call it after the path was handed on or closed. */
static void destroy(struct acceptor *g)
{
	g->path = NULL;
	list_remove(&g->link);
	timer_stop(&g->timer);
	timer_init(&g->timer, &g->all->context->timers, on_reap, g);
	timer_set(&g->timer, 0);
}

static void drop(struct acceptor *g)
{
	path_close(g->path);
	destroy(g);
}

static void on_timeout(void *owner)
{
	struct acceptor *g = owner;

	log_about(g->jid, LOG_INFO, "%s: opened a path and did not say HELLO", g->jid);
	drop(g);
}

static void on_established(void *owner, const unsigned char *fp)
{
	struct acceptor *g = owner;

	memcpy(g->fp, fp, sizeof(g->fp));
	g->known = true;
}

static void close_with(struct acceptor *g, const char *state, const struct link_ends *ends)
{
	struct buf refusal = { 0 };

	if (state) {
		link_hello_refusal(state, ends, g->all->context->instance, &refusal);
		path_write(g->path, buf_data(&refusal), buf_len(&refusal));
		buf_finish(&refusal);
	}
	drop(g);
}

static void refuse(struct acceptor *g, enum hello_fault fault, uint64_t protocol, const char *why)
{
	char device[DEVICE_ID_LEN + 1];

	switch (fault) {
	case HELLO_OTHER_PROTOCOL:
		device_id_of(g->fp, device);
		presence_other_protocol(g->all->context->presence, g->jid, device, protocol,
					context_now(g->all->context));
		close_with(g, "version", NULL);
		break;
	case HELLO_OTHER_NAMES:
		close_with(g, "not-you", NULL);
		break;
	default:
		log_about(g->jid, LOG_WARNING,
			  "%s: broke the protocol: a path does not begin with a HELLO record: %s",
			  g->jid, why);
		close_with(g, NULL, NULL);
	}
}

/*
 * The HELLO named both accounts, so the key is the account's: the user may decide about it.
 * False if the key is our own: somebody sends our bytes back to us.
 */
static bool note_key(struct acceptor *g)
{
	if (!memcmp(g->fp, g->all->context->fp, sizeof(g->fp)))
		return false;
	/* The key of a stranger is nothing to the user before they have proven the invitation. */
	if (!g->invited)
		g->all->events->met_key(g->all->owner, g->jid, g->fp);
	return true;
}

/*
 * Whether the device may have what it asks for: a link, if it is trusted, or a meeting, if the
 * user has not rejected it. Asked only now, not when the path came: the user may have decided
 * otherwise meanwhile.
 */
static bool may_have(const struct acceptor *g, bool meeting)
{
	const struct context *c = g->all->context;

	if (!meeting)
		return context_admits(c, g->jid, g->fp);
	return !context_blocks(c, g->jid) && (g->invited || context_hears(c, g->jid)) &&
	       trust_lookup(c->trust, g->jid, g->fp) != TRUST_DISTRUSTED;
}

static void on_plain(void *owner, struct buf *plain)
{
	struct acceptor *g = owner;
	struct link_ends ends = { g->all->context->self, g->jid };
	char full[JID_FULL_MAX] = "", device[DEVICE_ID_LEN + 1];
	enum hello_fault fault = HELLO_MALFORMED;
	struct link_hello hello = { 0 };
	struct peers *all = g->all;
	struct record record;
	long size = record_parse(buf_data(plain), buf_len(plain), &record);

	if (size == 0)
		return;
	hello.why = record_fault(buf_data(plain), buf_len(plain));
	if (size > 0)
		fault = link_hello_parse(&record, &ends, &hello);
	if (fault != HELLO_GOOD) {
		refuse(g, fault, hello.protocol, hello.why);
		return;
	}
	if (hello.meet && path_kind(g->path) != PATH_INBAND) {
		refuse(g, HELLO_MALFORMED, 0, "state: a meeting is in-band");
		return;
	}
	if (!note_key(g) || !may_have(g, hello.meet)) {
		close_with(g, context_blocks(g->all->context, g->jid) ? NULL : "untrusted", &ends);
		return;
	}
	buf_consume(plain, size);
	if (path_kind(g->path) == PATH_INBAND)
		snprintf(full, sizeof(full), "%s", path_jid(g->path));
	if (hello.meet)
		meeting_take(&all->meetings, g->path, g->jid, g->fp, g->invited, plain);
	else
		peer_take(all, g->jid, g->fp, g->path, &hello, plain);
	device_id_of(g->fp, device);
	destroy(g);
	if (*full)
		all->events->met_at(all->owner, full, device);
}

static void on_closed(void *owner, const char *why)
{
	destroy(owner);
}

static const struct path_events events = {
	.established = on_established,
	.plain = on_plain,
	.closed = on_closed,
};

/*
 * Whether the full JID is where the device of one of our peers is, or was last seen, and that
 * device is trusted.
 */
static bool is_awaited(const struct peers *all, const char *jid, const char *full)
{
	for (const struct peer *p = all->first; p; p = p->next) {
		const char *where = strcmp(p->jid, jid) ? NULL
							: presence_where(all->context->presence,
									 jid, p->device);

		if (where && !strcmp(where, full))
			return context_trusts_device(all->context, jid, p->device);
	}
	return false;
}

static enum ibb_path_standing standing(const struct peers *all, const char *jid, const char *full)
{
	if (is_awaited(all, jid, full))
		return IBB_PATH_AWAITED;
	return context_counts_as_trusted(all->context, jid) ? IBB_PATH_TRUSTED : IBB_PATH_STRANGER;
}

static struct acceptor *create(struct peers *all, const char *jid, uint64_t timeout)
{
	struct acceptor *g = xcalloc(1, sizeof(*g));

	g->all = all;
	strcpy(g->jid, jid);
	timer_init(&g->timer, &all->context->timers, on_timeout, g);
	timer_set(&g->timer, context_now(all->context) + timeout);
	list_append(&all->acceptors, &g->link);
	return g;
}

enum acceptor_verdict acceptor_offered(struct peers *all, const char *from, const char *sid,
				       const void *offer)
{
	enum ibb_path_standing who;
	char jid[JID_MAX];
	struct acceptor *g;
	bool heard;

	if (!jid_bare_of(from, jid) || blocklist_hit(all->context->blocked, from))
		return GREETING_UNKNOWN;
	heard = context_hears(all->context, jid);
	if (!heard && !context_invited(all->context, jid, sid))
		return GREETING_UNKNOWN;
	who = standing(all, jid, from);
	/*
	 * A handshake costs more than the answer to a ping, so offers are limited in number as
	 * those are. Whoever has a link may open from any number of JIDs, so all of them count
	 * as one.
	 */
	if (who != IBB_PATH_AWAITED && !all->may_answer(all->arg, heard ? jid : "@invited"))
		return GREETING_TOO_OFTEN;
	g = create(all, jid, 2 * LINK_HELLO_TIMEOUT);
	g->invited = !heard;
	g->path = all->accept_inband(all->arg, offer, who, &events, g);
	if (!g->path)
		destroy(g);
	return GREETING_TAKEN;
}

/* The device's oldest acceptor, if the device has as many as it may have; else NULL. */
static struct acceptor *one_too_many(const struct peers *all, const unsigned char *fp)
{
	struct acceptor *oldest = NULL;
	unsigned n = 0;

	for (struct list *r = all->acceptors.prev; r != &all->acceptors; r = r->prev) {
		struct acceptor *g = (struct acceptor *)r;

		if (!g->known || memcmp(g->fp, fp, sizeof(g->fp)))
			continue;
		oldest = g;
		n++;
	}
	return n < ACCEPTORS_PER_DEVICE ? NULL : oldest;
}

void acceptor_take(struct peers *all, struct path *path, const char *jid, const unsigned char *fp)
{
	struct acceptor *g = one_too_many(all, fp);

	if (g)
		drop(g);
	g = create(all, jid, LINK_HELLO_TIMEOUT);
	g->path = path;
	path_set_owner(path, &events, g);
	on_established(g, fp);
}

void acceptors_revoke(struct peers *all, const char *jid, const char *device)
{
	struct list *r = all->acceptors.next, *next;

	for (; r != &all->acceptors; r = next) {
		struct acceptor *g = (struct acceptor *)r;
		char id[DEVICE_ID_LEN + 1];

		/* path_cut() calls nothing of ours, so next stays valid. */
		next = r->next;
		if (g->known)
			device_id_of(g->fp, id);
		if (strcmp(g->jid, jid) || (device && g->known && strcmp(id, device)))
			continue;
		path_cut(g->path);
		destroy(g);
	}
}

void acceptors_end(struct peers *all)
{
	while (!list_alone(&all->acceptors))
		drop((struct acceptor *)all->acceptors.next);
}
