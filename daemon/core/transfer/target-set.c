/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device with a link that is up is asked, whatever the server says of its presence: the link
 * knows better. A device that is online without a link gets one, and the request waits for
 * that.
 */
#include "target-set.h"

#include <string.h>

#include "context.h"
#include "peer.h"

struct selection {
	struct context *context;
	struct peers *peers;
	const struct target_set_wanted *wanted;
	struct service_request *request;
	struct target_set found;
};

static bool is_meant(const struct selection *s, const char *device)
{
	const char *prefix = s->wanted->to->device;

	return strcmp(device, s->context->device) && !strncmp(device, prefix, strlen(prefix));
}

/* Round 0 takes the preferred device, round 1 all others. */
static bool is_turn(const struct selection *s, const char *device, int round)
{
	return !strcmp(device, s->wanted->prefer) == (round == 0);
}

static bool is_ready(const struct selection *s, const struct peer *p)
{
	unsigned kinds = s->wanted->kinds;

	return p->link.state == LINK_UP && (kinds == PATH_MASK_ALL || peer_is_on(p, kinds));
}

static void ask(struct selection *s, struct peer *p)
{
	uint8_t id[NEG_ID_BYTES];

	context_random(s->context, id, sizeof(id));
	s->found.asked += service_request_add(s->request, &p->negotiations, p->device, id, p);
}

/* Adds the devices with a link that is up, on a path of these kinds. */
static void add_linked(struct selection *s, int round)
{
	for (struct peer *p = s->peers->first; p; p = p->next)
		if (!strcmp(p->jid, s->wanted->to->jid) && is_meant(s, p->device) &&
		    is_turn(s, p->device, round) && is_ready(s, p))
			ask(s, p);
}

static bool is_trusted(const struct selection *s, const char *jid, const char *device)
{
	const struct context *c = s->context;

	return trust_expected(c->trust, jid, context_time(c)) ||
	       context_trusts_device(c, jid, device);
}

static void add_online(struct selection *s, const struct resource *r)
{
	const char *jid = s->wanted->to->jid;
	struct peer *p = peer_find(s->peers, jid, r->device);

	if (!is_trusted(s, jid, r->device))
		return;
	if (p && is_ready(s, p))
		return;
	p = peer_want(s->peers, jid, r->device);
	if (!p)
		return;
	if (s->wanted->kinds == PATH_MASK_ALL) {
		ask(s, p);
		return;
	}
	peer_demand(p, s->wanted->by, s->wanted->kinds);
	s->found.path_wanted = true;
}

struct target_set target_set_add(struct context *context, struct peers *peers,
				 const struct target_set_wanted *wanted,
				 struct service_request *request)
{
	struct selection s = {
		.context = context, .peers = peers, .wanted = wanted, .request = request
	};
	const struct buddy *buddy =
		context->online_at ? presence_buddy(context->presence, wanted->to->jid) : NULL;

	for (int round = 0; round < 2; round++)
		add_linked(&s, round);
	for (int round = 0; buddy && round < 2; round++)
		for (const struct resource *r = buddy->resources; r; r = r->next)
			if (r->broker && is_meant(&s, r->device) && is_turn(&s, r->device, round))
				add_online(&s, r);
	return s.found;
}

uint64_t target_set_protocol(const struct context *context, const struct address *to)
{
	const struct buddy *buddy = presence_buddy(context->presence, to->jid);
	uint64_t protocol = 0;

	for (const struct resource *r = buddy ? buddy->resources : NULL; r && !protocol;
	     r = r->next)
		if (r->broker && !strncmp(r->device, to->device, strlen(to->device)))
			protocol = resource_protocol(r, context_now(context));
	return protocol;
}

enum message_id target_set_none(const struct context *context, const struct address *to)
{
	const struct buddy *buddy = presence_buddy(context->presence, to->jid);
	bool any = false, broker = false, meant = false;

	if (!strcmp(to->jid, context->jid))
		return MSG_OWN_ACCOUNT;
	if (context_blocks(context, to->jid))
		return MSG_BLOCKED;
	if (!buddy || !buddy->in_roster)
		return MSG_NOT_BUDDY;
	if (buddy->subscription != SUBSCRIPTION_BOTH && buddy->subscription != SUBSCRIPTION_TO) {
		if (buddy->refused)
			return MSG_SUBSCRIPTION_REFUSED;
		if (buddy->pending_out || trust_marked(context->trust, to->jid, MARK_MEANT))
			return MSG_NOT_ACCEPTED;
		return MSG_NO_LONGER_BUDDY;
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
	if (target_set_protocol(context, to))
		return MSG_PEER_VERSION;
	return meant ? MSG_DEVICE_UNTRUSTED : MSG_NO_SUCH_DEVICE;
}
