/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device with a link that is up is asked whatever the server says about its
 * presence, for the link knows better. One that is online, but has no
 * link yet, gets one; the errand waits for it to come up.
 */
#include "candidates.h"

#include <string.h>

#include "peer.h"

static bool is_meant(const struct broker *b, const struct address *to, const char *device)
{
	return strcmp(device, b->device) && !strncmp(device, to->device, strlen(to->device));
}

static bool add(struct errand *errand, struct peer *p)
{
	return errand_add(errand, &p->negotiations, p);
}

/* Links that are up, on a path of these kinds. */
static unsigned add_linked(struct broker *b, const struct address *to, unsigned kinds, struct errand *errand)
{
	unsigned n = 0;

	for (struct peer *p = b->peers; p; p = p->next)
		if (!strcmp(p->jid, to->jid) && is_meant(b, to, p->device) && p->link.state == LINK_UP &&
		    (kinds == ROUTE_ALL || peer_is_on(p, kinds)) && add(errand, p))
			n++;
	return n;
}

struct candidates candidates_add(struct broker *b, const struct address *to, unsigned kinds, const void *by,
				 struct errand *errand)
{
	struct candidates found = { .asked = add_linked(b, to, kinds, errand) };
	const struct buddy *buddy = presence_buddy(b->presence, to->jid);

	if (!buddy || !b->online_at)
		return found;
	for (const struct resource *r = buddy->resources; r; r = r->next) {
		struct peer *p;

		if (!r->broker || !is_meant(b, to, r->device) ||
		    !(trust_expected(b->trust, to->jid) || broker_trusts_device(b, to->jid, r->device)))
			continue;
		p = peer_find(b, to->jid, r->device);
		if (p && p->link.state == LINK_UP && (kinds == ROUTE_ALL || peer_is_on(p, kinds)))
			continue;
		p = peer_want(b, to->jid, r->device);
		if (!p)
			continue;
		if (kinds == ROUTE_ALL) {
			found.asked += add(errand, p);
		} else {
			peer_demand(p, by, kinds);
			found.path_wanted = true;
		}
	}
	return found;
}

enum message_id candidates_none(const struct broker *b, const struct address *to)
{
	const struct buddy *buddy = presence_buddy(b->presence, to->jid);
	bool any = false, broker = false;

	if (!strcmp(to->jid, broker_jid(b)))
		return MSG_OWN_ACCOUNT;
	if (!buddy || !buddy->in_roster)
		return MSG_NOT_BUDDY;
	if (buddy->asked && buddy->subscription != SUBSCRIPTION_BOTH && buddy->subscription != SUBSCRIPTION_TO)
		return MSG_NOT_ACCEPTED;
	for (const struct resource *r = buddy->resources; r; r = r->next) {
		any = true;
		broker |= r->broker;
	}
	if (!any)
		return MSG_BUDDY_OFFLINE;
	if (!broker)
		return MSG_BUDDY_NO_GIT;
	return *to->device ? MSG_NO_SUCH_DEVICE : MSG_DEVICE_UNTRUSTED;
}
