/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device with a link that is up is asked whatever the server says about its
 * presence, for the link knows better. One that is online, but has no
 * link yet, gets one; the errand waits for it to come up.
 */
#include "candidates.h"

#include <string.h>

#include "peer.h"

struct search {
	struct broker *broker;
	const struct address *to;
	const char *prefer;
	unsigned kinds;
	const void *by;
	struct errand *errand;
	struct candidates found;
};

static bool is_meant(const struct search *s, const char *device)
{
	return strcmp(device, s->broker->context.device) && !strncmp(device, s->to->device, strlen(s->to->device));
}

/* In the first round the preferred one, in the second all others. */
static bool is_turn(const struct search *s, const char *device, int round)
{
	return !strcmp(device, s->prefer) == (round == 0);
}

static bool is_ready(const struct search *s, const struct peer *p)
{
	return p->link.state == LINK_UP && (s->kinds == ROUTE_ALL || peer_is_on(p, s->kinds));
}

static void ask(struct search *s, struct peer *p)
{
	uint8_t id[NEG_ID_BYTES];

	context_random(&s->broker->context, id, sizeof(id));
	s->found.asked += errand_add(s->errand, &p->negotiations, id, p);
}

/* Links that are up, on a path of these kinds. */
static void add_linked(struct search *s, int round)
{
	for (struct peer *p = s->broker->peers.first; p; p = p->next)
		if (!strcmp(p->jid, s->to->jid) && is_meant(s, p->device) && is_turn(s, p->device, round) &&
		    is_ready(s, p))
			ask(s, p);
}

static void add_online(struct search *s, const struct resource *r)
{
	struct broker *b = s->broker;
	struct peer *p = peer_find(&b->peers, s->to->jid, r->device);

	if (!trust_expected(b->context.trust, s->to->jid, time(NULL)) && !context_trusts_device(&b->context, s->to->jid, r->device))
		return;
	if (p && is_ready(s, p))
		return;
	p = peer_want(&b->peers, s->to->jid, r->device);
	if (!p)
		return;
	if (s->kinds == ROUTE_ALL) {
		ask(s, p);
		return;
	}
	peer_demand(p, s->by, s->kinds);
	s->found.path_wanted = true;
}

struct candidates candidates_add(struct broker *b, const struct address *to, const char *prefer,
				 unsigned kinds, const void *by, struct errand *errand)
{
	struct search s = {
		.broker = b, .to = to, .prefer = prefer, .kinds = kinds, .by = by, .errand = errand,
	};
	const struct buddy *buddy = b->context.online_at ? presence_buddy(b->context.presence, to->jid) : NULL;

	for (int round = 0; round < 2; round++)
		add_linked(&s, round);
	for (int round = 0; buddy && round < 2; round++)
		for (const struct resource *r = buddy->resources; r; r = r->next)
			if (r->broker && is_meant(&s, r->device) && is_turn(&s, r->device, round))
				add_online(&s, r);
	return s.found;
}

uint64_t candidates_protocol(const struct broker *b, const struct address *to)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, to->jid);
	uint64_t protocol = 0;

	for (const struct resource *r = buddy ? buddy->resources : NULL; r && !protocol; r = r->next)
		if (r->broker && !strncmp(r->device, to->device, strlen(to->device)))
			protocol = resource_protocol(r, context_now(&b->context));
	return protocol;
}

enum message_id candidates_none(const struct broker *b, const struct address *to)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, to->jid);
	bool any = false, broker = false, meant = false;

	if (!strcmp(to->jid, b->context.jid))
		return MSG_OWN_ACCOUNT;
	if (context_blocks(&b->context, to->jid))
		return MSG_BLOCKED;
	if (!buddy || !buddy->in_roster)
		return MSG_NOT_BUDDY;
	if (buddy->subscription != SUBSCRIPTION_BOTH && buddy->subscription != SUBSCRIPTION_TO) {
		if (buddy->refused)
			return MSG_SUBSCRIPTION_REFUSED;
		return buddy->asked || trust_marked(b->context.trust, to->jid, MARK_MEANT) ? MSG_NOT_ACCEPTED : MSG_NO_LONGER_BUDDY;
	}
	for (const struct resource *r = buddy->resources; r; r = r->next) {
		any = true;
		broker |= r->broker;
		meant |= r->broker && !strncmp(r->device, to->device, strlen(to->device));
	}
	if (!any)
		return MSG_BUDDY_OFFLINE;
	if (!broker)
		return MSG_BUDDY_NO_GIT;
	if (candidates_protocol(b, to))
		return MSG_PEER_VERSION;
	return meant ? MSG_DEVICE_UNTRUSTED : MSG_NO_SUCH_DEVICE;
}
