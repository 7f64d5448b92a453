/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the client is told when a session fails: a message of the catalogue (common/message.c)
 * for each reason that a device, a link or a timeout can give.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "candidates.h"
#include "context.h"
#include "device-id.h"
#include "log.h"
#include "peers.h"
#include "session-internal.h"
#include "target-set.h"

void session_fail_with(struct session *s, const struct message *m)
{
	const struct sessions *all = s->all;

	if (s->state == SESSION_ENDED || session_waits_on(s, m))
		return;
	log_about(s->to.jid, LOG_INFO, "%s of %s/%s failed: %s", service_name(s->service),
		  s->to.jid, s->to.share, m->text);
	if (s->task)
		all->events->troubled(all->owner, s->task, s->to.jid, m->id);
	else if (s->asked && !s->logged)
		all->events->unanswered(all->owner, s->to.jid, s->to.share, s->service,
					message_name(m->id));
	if (s->client)
		all->client->failed(s->client, m);
	session_end(s, message_name(m->id));
}

void session_fail(struct session *s, enum message_id id)
{
	const struct context *context = s->all->context;
	const struct buddy *buddy = presence_buddy(context->presence, s->to.jid);
	struct message m;
	char theirs[24], ours[12], seconds[16];

	snprintf(seconds, sizeof(seconds), "%d", NEG_ANSWER_TIMEOUT / 1000);
	snprintf(theirs, sizeof(theirs), "%" PRIu64, target_set_protocol(context, &s->to));
	snprintf(ours, sizeof(ours), "%d", LINK_PROTOCOL);
	message_set(&m, id, "jid", s->to.jid, "share", s->to.share, "device", s->to.device,
		    "transport", transport_name(s->transport), "condition",
		    buddy ? buddy->refused : NULL, "seconds", seconds, "theirs", theirs, "ours",
		    ours, "me", context->jid, NULL);
	session_fail_with(s, &m);
}

struct refusal_row {
	const char *reason;
	enum message_id id;
	bool refusal;		/* the device has refused this request */
	bool final;		/* holds also for a stream under way, which has not just lost its
				   connection */
};

/*
 * What the user is told for each reason of a REFUSE, or of a link that ends. NULL: the reason
 * has no message of its own.
 */
static const struct refusal_row *find_refusal_row(const char *reason)
{
	static const struct refusal_row rows[] = {
		{ "not-shared", MSG_NOT_SHARED, true, true },
		{ "push-denied", MSG_PUSH_DENIED, true, true },
		{ "unverified", MSG_UNVERIFIED, true, true },
		{ "rules-changed", MSG_RULES_CHANGED, false, true },
		{ "busy", MSG_BUSY, true, false },
		{ "broken", MSG_SHARE_BROKEN, true, false },
		{ "untrusted", MSG_NOT_TRUSTED_THERE, true, true },
		{ "unknown-key", MSG_DEVICE_UNTRUSTED, false, false },
		{ "removed", MSG_REMOVED, false, true },
		{ ENDED_BY_USER, MSG_ENDED_THERE, false, true },
		{ "version", MSG_PEER_VERSION, false, false },
		{ "unsupported", MSG_UNSUPPORTED, false, false },
		{ "not-you", MSG_RELAYED, false, false },
		{ "timeout", MSG_TIMEOUT, false, false },
		{ "offline", MSG_BUDDY_OFFLINE, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].reason, reason))
			return &rows[i];
	return NULL;
}

/* A device of the buddy's that is online and has to be compared first, or NULL. */
static const char *find_waiting(const struct session *s)
{
	const struct context *c = s->all->context;
	const struct buddy *buddy = presence_buddy(c->presence, s->to.jid);

	for (const struct resource *r = buddy ? buddy->resources : NULL; r; r = r->next)
		if (r->broker && context_device_waits(c, s->to.jid, r->device))
			return r->device;
	return NULL;
}

/* The trusted device of the buddy's that is not there and was seen last; false if all are. */
static bool find_away(const struct session *s, char device[DEVICE_ID_LEN + 1])
{
	const struct trusted_device *d = trust_devices(s->all->context->trust, s->to.jid);
	const struct trusted_device *away = NULL;
	char id[DEVICE_ID_LEN + 1];

	for (; d; d = d->sibling) {
		device_id_of(d->fp, id);
		if (!trust_allows(d->state) || peer_is_there(s->all->peers, s->to.jid, id) ||
		    (away && away->last_seen >= d->last_seen))
			continue;
		away = d;
		memcpy(device, id, sizeof(id));
	}
	return away;
}

/* The share may be on that device of theirs, which was not asked. */
static void fail_for_device(struct session *s, enum message_id id, const char *device)
{
	struct message m;

	message_set(&m, id, "jid", s->to.jid, "share", s->to.share, "device", device, NULL);
	session_fail_with(s, &m);
}

void session_fail_for_reason(struct session *s, const char *reason)
{
	const struct refusal_row *refusal_row = find_refusal_row(reason);
	bool unknown = refusal_row && refusal_row->id == MSG_NOT_SHARED && !*s->to.device;
	const char *waiting = unknown ? find_waiting(s) : NULL;
	char away[DEVICE_ID_LEN + 1];
	struct message m;

	/* Nobody who may have it has refused it. */
	if (unknown && !waiting && find_away(s, away)) {
		fail_for_device(s, MSG_SHARE_AWAY, away);
		return;
	}
	if (refusal_row && refusal_row->refusal) {
		s->logged = true;
		s->all->events->refused(s->all->owner, s->to.jid, s->to.share, s->service, reason);
	}
	if (waiting) {
		fail_for_device(s, MSG_DEVICE_WAITS, waiting);
		return;
	}
	if (refusal_row) {
		session_fail(s, refusal_row->id);
		return;
	}
	message_set(&m, MSG_CANNOT_REACH, "jid", s->to.jid, "reason", reason, NULL);
	session_fail_with(s, &m);
}

enum message_id session_final_judgement(const char *reason)
{
	const struct refusal_row *refusal_row = find_refusal_row(reason);

	return refusal_row && refusal_row->final ? refusal_row->id : MSG_NONE;
}
