/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Roster, trust and blocks are separate tables: from the server, from the user, and from both.
 * Whether a device may have a link, on whatever path, follows from all three and is decided
 * only here.
 */
#include "context.h"

#include <string.h>

uint64_t context_now(const struct context *c)
{
	return c->ops->now(c->owner);
}

uint64_t context_time(const struct context *c)
{
	return c->ops->time(c->owner);
}

void context_random(const struct context *c, void *out, size_t n)
{
	c->ops->random(c->owner, out, n);
}

bool context_is_self(const struct context *c, const char *jid)
{
	return c->jid && !strcmp(jid, c->jid);
}

bool context_blocks(const struct context *c, const char *jid)
{
	return blocklist_hit(c->blocked, jid) || trust_marked(c->trust, jid, MARK_BLOCKED);
}

bool context_is_buddy(const struct context *c, const char *jid)
{
	const struct buddy *buddy;

	if (context_is_self(c, jid))
		return true;
	buddy = presence_buddy(c->presence, jid);
	return buddy && buddy->in_roster &&
	       (buddy->pending_out || buddy->subscription != SUBSCRIPTION_NONE) &&
	       !context_blocks(c, jid);
}

bool context_admits(const struct context *c, const char *jid, const unsigned char *fp)
{
	return trust_allows(trust_lookup(c->trust, jid, fp)) && context_is_buddy(c, jid);
}

/* The device's entry, or NULL. */
static const struct trusted_device *known(const struct context *c, const char *jid,
					  const char *device)
{
	const struct trusted_device *d = trust_devices(c->trust, jid);
	char id[DEVICE_ID_LEN + 1];

	for (; d; d = d->sibling) {
		device_id_of(d->fp, id);
		if (!strcmp(id, device))
			return d;
	}
	return NULL;
}

bool context_trusts_device(const struct context *c, const char *jid, const char *device)
{
	const struct trusted_device *d = known(c, jid, device);

	return d && trust_allows(d->state) && context_is_buddy(c, jid);
}

struct subject context_subject(const struct context *c, const char *jid, const char *device)
{
	const struct trusted_device *d = known(c, jid, device);

	return (struct subject){
		.jid = jid,
		.verified = d && d->state == TRUST_VERIFIED,
		.buddy = presence_buddy(c->presence, jid),
	};
}

bool context_device_waits(const struct context *c, const char *jid, const char *device)
{
	const struct trusted_device *d = known(c, jid, device);

	return d && d->state == TRUST_PENDING;
}

bool context_knows_device(const struct context *c, const char *jid, const char *device)
{
	return known(c, jid, device) != NULL;
}

bool context_counts_as_trusted(const struct context *c, const char *jid)
{
	uint64_t now = context_time(c);

	return trust_any_allowed(trust_person(c->trust, jid)) ||
	       trust_expected(c->trust, jid, now) || trust_asked(c->trust, jid, now);
}

bool context_sees_us(const struct context *c, const char *jid)
{
	const struct buddy *buddy = presence_buddy(c->presence, jid);

	return buddy && (buddy->subscription == SUBSCRIPTION_FROM ||
			 buddy->subscription == SUBSCRIPTION_BOTH);
}

bool context_we_see(const struct context *c, const char *jid)
{
	const struct buddy *buddy = presence_buddy(c->presence, jid);

	return buddy &&
	       (buddy->subscription == SUBSCRIPTION_TO || buddy->subscription == SUBSCRIPTION_BOTH);
}

bool context_shows_itself(const struct context *c, const char *jid)
{
	const struct buddy *buddy = presence_buddy(c->presence, jid);

	return context_is_self(c, jid) ||
	       (buddy && buddy->in_roster && !context_blocks(c, jid) && context_sees_us(c, jid));
}

bool context_hears(const struct context *c, const char *jid)
{
	return context_shows_itself(c, jid) ||
	       (trust_expected(c->trust, jid, context_time(c)) && !context_blocks(c, jid));
}

bool context_welcomes(const struct context *c, const char *jid)
{
	const struct buddy *buddy = presence_buddy(c->presence, jid);

	return trust_asked(c->trust, jid, context_time(c)) ||
	       (buddy && buddy->pending_out && trust_marked(c->trust, jid, MARK_ASKED));
}

bool context_asks_user(const struct context *c, const struct buddy *buddy)
{
	return buddy->pending_in && !context_welcomes(c, buddy->jid);
}

bool context_invited(const struct context *c, const char *jid, const char *sid)
{
	return c->invitations && invitations_first(c->invitations) && !context_blocks(c, jid) &&
	       invitations_expect(c->invitations, c->self, jid, sid, context_now(c));
}

bool context_presence_pending(const struct context *c, const char *jid)
{
	uint64_t now = context_now(c);

	/*
	 * Even the answer to our own ping does not prove that all presences are here: a server
	 * answers with several processes at once.
	 */
	return !c->online_at || now < c->online_at + INQUIRY_SETTLE ||
	       inquiry_pending(c->inquiry, jid, now);
}
