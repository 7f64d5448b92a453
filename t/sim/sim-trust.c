/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shipped device-news.c in the world, and what the broker does when a device or a person
 * has lost a right: the same calls as in daemon/broker/revocation.c and the commands there,
 * because these files are not pure. A server blocks for all programs of an account; where it
 * cannot, the trust table has the mark.
 *
 * Whom their users have shut out is remembered here as well, so that a decision of the core is
 * not measured by itself.
 */
#include "sim.h"

#include <string.h>

#include "acceptor.h"
#include "comparison.h"

enum loss { LOSS_UNTRUSTED, LOSS_REMOVED, LOSS_BLOCKED };

static const struct {
	const char *reason;
	enum message_id told;
} losses[] = {
	[LOSS_UNTRUSTED] = { "untrusted", MSG_DEVICE_UNTRUSTED },
	[LOSS_REMOVED] = { "removed", MSG_NOT_BUDDY },
	[LOSS_BLOCKED] = { "blocked", MSG_BLOCKED },
};

/* device: NULL for all of the person. */
static struct peer *next_peer(const struct broker *b, const char *jid, const char *device)
{
	for (struct peer *p = b->peers.first; p; p = p->next)
		if (!strcmp(p->jid, jid) && (!device || !strcmp(p->device, device)))
			return p;
	return NULL;
}

static void revoke(struct broker *b, const char *jid, const char *device, enum loss why)
{
	struct peer *p;

	sessions_revoke(&b->sessions, jid, device, losses[why].told, losses[why].reason);
	while ((p = next_peer(b, jid, device)))
		peer_revoke(p, losses[why].reason, why == LOSS_BLOCKED);
	acceptors_revoke(&b->peers, jid, device);
	meetings_revoke(&b->peers.meetings, jid, device, why != LOSS_UNTRUSTED);
	if (why != LOSS_UNTRUSTED)
		comparisons_forget(b->comparisons, jid);
	git_service_orphans_revoke(&b->git_services, jid, device, losses[why].reason);
}

void revoke_device(struct broker *b, const char *jid, const unsigned char *fp)
{
	char device[DEVICE_ID_LEN + 1];

	device_id_of(fp, device);
	revoke(b, jid, device, LOSS_UNTRUSTED);
}

bool trust_lost(const struct broker *b, const struct broker *other)
{
	return b->world->swarm.trust_events && !b->hostile &&
	       (b->thrown_out[other->index] || b->blocks[other->account] ||
		!context_admits(&b->context, other->jid, other->fp));
}

static void on_remember(void *arg)
{
}

static bool on_keep(void *arg)
{
	return true;
}

static void on_save(void *arg)
{
}

void trust_follow(struct broker *b)
{
	const struct world *w = b->world;

	for (unsigned i = 0; i < w->count; i++)
		b->trusts[i] =
			trust_allows(trust_lookup(b->trust, w->brokers[i].jid, w->brokers[i].fp));
}

void trust_granted(struct broker *b, const char *jid)
{
	trust_follow(b);
	device_news_decided(b->device_news, jid);
	announcer_reload(b->announcer);
	inquirer_unseen(b->inquirer, jid);
}

static void on_vouched(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by)
{
	struct broker *b = arg;

	trace(b->world, "%s: a device of %s is vouched for", b->name, jid);
	trust_follow(b);

	inquirer_unseen(b->inquirer, jid);
	announcer_reload(b->announcer);
}

static void on_lost(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by)
{
	struct broker *b = arg;

	trace(b->world, "%s: a device of %s is trusted no more", b->name, jid);
	trust_follow(b);
	revoke_device(b, jid, fp);
}

static void on_revoked(void *arg, const char *jid, const unsigned char *fp, const unsigned char *by)
{
}

static void on_compared(void *arg, const char *jid, const unsigned char *fp)
{
}

static const struct device_news_ops device_news_ops = {
	.remember = on_remember,
	.keep = on_keep,
	.save = on_save,
	.vouched = on_vouched,
	.lost = on_lost,
	.revoked = on_revoked,
	.compared = on_compared,
};

void trust_start(struct broker *b)
{
	b->device_news = device_news_create(&b->context, &b->peers, &device_news_ops, b);
}

void trust_finish(struct broker *b)
{
	device_news_destroy(b->device_news);
	b->device_news = NULL;
}

/* When everything heals, whoever is blocked is unblocked. */
static void unblock_all(struct broker *b)
{
	for (unsigned i = 0; i < b->world->count; i++) {
		trust_mark(b->trust, b->world->brokers[i].jid, MARK_BLOCKED, false, 0);
		b->blocks[i] = BLOCKED_NOT;
	}
}

void trust_load(struct broker *b)
{
	if (buf_len(&b->trust_kept))
		trust_parse(b->trust, buf_str(&b->trust_kept), buf_len(&b->trust_kept));
	buf_reset(&b->trust_kept);
	if (b->world->phase != PHASE_TROUBLE)
		unblock_all(b);
}

void trust_load_blocks(struct broker *b)
{
	for (unsigned i = 0; i < b->world->count; i++)
		if (b->blocks[i] == BLOCKED_BY_SERVER)
			blocklist_add(b->context.blocked, b->world->brokers[i].jid);
}

void trust_keep(struct broker *b)
{
	buf_reset(&b->trust_kept);
	if (b->world->swarm.trust_events)
		trust_write(b->trust, &b->trust_kept);
}

static struct peer *next_forgotten(const struct broker *b, const char *jid)
{
	for (struct peer *p = b->peers.first; p; p = p->next)
		if (!strcmp(p->jid, jid) && p->link.state == LINK_UP &&
		    !context_admits(&b->context, jid, p->fp))
			return p;
	return NULL;
}

/* What the broker's commands do after each decision. */
static void obey(struct broker *b, const char *jid)
{
	const struct trusted_device *d = trust_devices(b->trust, jid);
	unsigned char fps[DEVICES_PER_BUDDY][FINGERPRINT_BYTES];
	struct peer *p;
	unsigned n = 0;

	for (; d; d = d->sibling)
		if (!trust_allows(d->state))
			memcpy(fps[n++], d->fp, FINGERPRINT_BYTES);
	trust_follow(b);
	for (unsigned i = 0; i < n; i++)
		revoke_device(b, jid, fps[i]);
	while ((p = next_forgotten(b, jid))) {
		memcpy(fps[0], p->fp, sizeof(fps[0]));
		revoke_device(b, jid, fps[0]);
	}
	trust_granted(b, jid);
}

void trust_by_hand(struct broker *b, const struct broker *other)
{
	b->thrown_out[other->index] = false;
	trust_verify(b->trust, other->jid, other->fp, b->world->now / 1000);
}

void user_verifies(struct broker *b, const struct broker *other)
{
	/* The command refuses it. */
	if (context_blocks(&b->context, other->jid))
		return;
	trace(b->world, "%s: its user verifies %s", b->name, other->name);
	trust_by_hand(b, other);
	obey(b, other->jid);
}

/* A device that is not known cannot be named to the command. */
static void throw_out(struct broker *b, const struct broker *other)
{
	if (trust_lookup(b->trust, other->jid, other->fp) != TRUST_UNKNOWN)
		b->thrown_out[other->index] = true;
}

void user_distrusts(struct broker *b, const struct broker *other)
{
	trace(b->world, "%s: its user distrusts %s", b->name, other->name);
	throw_out(b, other);
	trust_distrust(b->trust, other->jid, other->fp, b->world->now / 1000);
	if (b->account == other->account)
		trust_untell(b->trust);
	obey(b, other->jid);
}

static void retire(struct broker *b, const struct broker *other)
{
	struct world *w = b->world;

	trace(w, "%s: its user retires %s", b->name, other->name);
	throw_out(b, other);
	trust_retire(b->trust, b->jid, other->fp, b->fp, w->now / 1000);
	obey(b, other->jid);
}

/* Those of a person that were trusted; another one may still be admitted by add. */
static void lose_person(struct broker *b, const struct broker *other, enum loss why)
{
	struct world *w = b->world;

	for (unsigned i = 0; i < w->count; i++)
		if (w->brokers[i].account == other->account &&
		    trust_allows(trust_lookup(b->trust, other->jid, w->brokers[i].fp)))
			b->thrown_out[i] = true;
	trust_suspend(b->trust, other->jid, w->now / 1000);
	trust_follow(b);
	revoke(b, other->jid, NULL, why);
	announcer_reload(b->announcer);
}

/*
 * remove, and a block, take the trust from all devices of a person; add brings nobody back
 * whom the user has decided about.
 */
static void remove_person(struct broker *b, const struct broker *other)
{
	trace(b->world, "%s: its user removes the person of %s", b->name, other->name);
	if (!join_decided(b, other->jid))
		return;
	lose_person(b, other, LOSS_REMOVED);
	if (below(b->world, 2))
		trust_invite(b->trust, other->jid, b->world->now / 1000);
}

static void block(struct broker *b, const struct broker *other)
{
	struct world *w = b->world;
	bool by_server = below(w, 2);

	trace(w, "%s: its user blocks the person of %s%s", b->name, other->name,
	      by_server ? ", at the server" : "");
	if (!join_decided(b, other->jid))
		return;
	w->stats->blocks++;
	b->blocks[other->account] = by_server ? BLOCKED_BY_SERVER : BLOCKED_HERE;
	/* A mark has a time that is not 0. */
	if (by_server)
		blocklist_add(b->context.blocked, other->jid);
	else
		trust_mark(b->trust, other->jid, MARK_BLOCKED, true, 1 + w->now / 1000);
	lose_person(b, other, LOSS_BLOCKED);
}

/* Gives nothing back but the way to verify a device. */
static void unblock(struct broker *b, const struct broker *other)
{
	if (!b->blocks[other->account])
		return;
	trace(b->world, "%s: its user unblocks the person of %s", b->name, other->name);
	b->blocks[other->account] = BLOCKED_NOT;
	blocklist_remove(b->context.blocked, other->jid);
	trust_mark(b->trust, other->jid, MARK_BLOCKED, false, 0);
}

void trust_event(struct world *w)
{
	struct broker *b = &w->brokers[below(w, w->count)];
	const struct broker *other = &w->brokers[below(w, w->count)];
	unsigned what = below(w, 8);

	if (!b->running || b == other || b->hostile || other->hostile)
		return;
	w->stats->decisions++;
	if (what < 3)
		user_verifies(b, other);
	else if (what < 4)
		user_distrusts(b, other);
	else if (b->account == other->account)
		retire(b, other);
	else if (what < 6)
		remove_person(b, other);
	else if (what < 7)
		block(b, other);
	else
		unblock(b, other);
	sessions_wake(&b->sessions);
}

/* The device of an entry of somebody's table; NULL: it is of a person that is none here. */
static const struct broker *device_with(const struct world *w, const struct trusted_device *d)
{
	for (unsigned i = 0; i < w->count; i++)
		if (!memcmp(w->brokers[i].fp, d->fp, FINGERPRINT_BYTES) &&
		    !strcmp(w->brokers[i].jid, d->jid))
			return &w->brokers[i];
	return NULL;
}

static void note_state(struct broker *b, const struct broker *other, enum trust_state state)
{
	if (!other)
		return;
	if (trust_allows(state) && b->thrown_out[other->index])
		violation(b->world, "%s: %s is %s, and no user has done that", b->name, other->name,
			  trust_state_name(state));
	b->thrown_out[other->index] |= trust_rejects(state) || state == TRUST_SUSPENDED;
}

void check_trust(struct broker *b)
{
	for (const struct peer *p = b->peers.first; p; p = p->next)
		if (p->link.state == LINK_UP && trust_lost(b, other_of(p)))
			violation(b->world, "%s: a link with %s is up, which is not trusted",
				  b->name, p->device);
	for (const struct trusted_device *d = trust_first(b->trust); d; d = d->next) {
		if (d->state == TRUST_VOUCHED &&
		    (!d->by || trust_lookup(b->trust, d->jid, d->by) != TRUST_VERIFIED))
			violation(b->world, "%s: a device of %s is trusted on nobody's word",
				  b->name, d->jid);
		note_state(b, device_with(b->world, d), d->state);
	}
}
