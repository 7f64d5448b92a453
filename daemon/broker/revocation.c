/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our sessions end first, because they know what to tell the user. Then the links end, with
 * the negotiations, services and announcements on them. Last come acceptors, which have no
 * link yet, and services whose link is gone.
 */
#include "revocation.h"

#include <string.h>

#include "acceptor.h"
#include "comparison.h"
#include "git-service.h"
#include "log.h"
#include "peer.h"
#include "push-queue.h"

static const struct {
	const char *reason;		/* in BYE, and of each end */
	enum message_id told;		/* to users of this machine */
} ends[] = {
	[REVOKED_REMOVED] = { "removed", MSG_NOT_BUDDY },
	[REVOKED_DISTRUSTED] = { "untrusted", MSG_DEVICE_UNTRUSTED },
	[REVOKED_BLOCKED] = { "blocked", MSG_BLOCKED },
};

static struct peer *next_peer(const struct broker *b, const char *jid, const char *device)
{
	for (struct peer *p = b->peers.first; p; p = p->next)
		if (!strcmp(p->jid, jid) && (!device || !strcmp(p->device, device)))
			return p;
	return NULL;
}

void revoke_rights(struct broker *b, const char *jid, const char *device, enum revocation why)
{
	struct peer *p;

	sessions_revoke(&b->sessions, jid, device, ends[why].told, ends[why].reason);
	while ((p = next_peer(b, jid, device)))
		peer_revoke(p, ends[why].reason, why == REVOKED_BLOCKED);
	acceptors_revoke(&b->peers, jid, device);
	meetings_revoke(&b->peers.meetings, jid, device, why != REVOKED_DISTRUSTED);
	if (why != REVOKED_DISTRUSTED)
		comparisons_forget(b->comparisons, jid);
	git_service_orphans_revoke(&b->git_services, jid, device, ends[why].reason);
	if (!context_is_buddy(&b->context, jid))
		push_queue_buddy_online(b->push_queue, jid);
}

/* A peer of jid whose device was forgotten, which leaves nothing in the table. */
static struct peer *next_forgotten(const struct broker *b, const char *jid)
{
	for (struct peer *p = b->peers.first; p; p = p->next)
		if (!strcmp(p->jid, jid) && p->link.state == LINK_UP &&
		    !context_admits(&b->context, jid, p->fp))
			return p;
	return NULL;
}

void revoke_untrusted(struct broker *b, const char *jid)
{
	char devices[DEVICES_PER_BUDDY][DEVICE_ID_LEN + 1];
	struct peer *p;
	unsigned n = 0;

	for (const struct trusted_device *d = trust_devices(b->context.trust, jid); d;
	     d = d->sibling)
		if (!trust_allows(d->state))
			device_id_of(d->fp, devices[n++]);
	for (unsigned i = 0; i < n; i++)
		revoke_rights(b, jid, devices[i], REVOKED_DISTRUSTED);
	while ((p = next_forgotten(b, jid))) {
		strcpy(devices[0], p->device);
		revoke_rights(b, jid, devices[0], REVOKED_DISTRUSTED);
	}
}
