/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Presences go to the presence table and to the peers concerned, in-band stanzas to their paths,
 * offers of new paths to an acceptor, news of contacts to contacts.c. A buddy who appears, be it
 * by presence, by an answer or by a link, wakes all that waits for them.
 */
#include "server-events.h"

#include <string.h>
#include <time.h>

#include "acceptor.h"
#include "announcer-port.h"
#include "contacts.h"
#include "device-news.h"
#include "follower.h"
#include "groups.h"
#include "ibb-path.h"
#include "inquirer.h"
#include "jid.h"
#include "join-waiting.h"
#include "local-candidates.h"
#include "log.h"
#include "peer.h"
#include "push-queue.h"
#include "requester.h"
#include "twin-watch.h"

/* A trusted device of jid is online: follows and queued pushes that waited for it go on. */
static void buddy_appeared(struct broker *b, const char *jid)
{
	if (b->context.stopping)
		return;
	follower_buddy_online(b->follower, jid);
	push_queue_buddy_online(b->push_queue, jid);
}

bool broker_reaches(const struct broker *b, const char *jid)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);

	if (!b->context.online_at)
		return false;
	if (b->context.roster_known && !context_is_buddy(&b->context, jid))
		return true;
	for (const struct peer *p = b->peers.first; p; p = p->next)
		if (p->link.state == LINK_UP && !strcmp(p->jid, jid))
			return true;
	if (!buddy)
		return false;
	for (const struct resource *r = buddy->resources; r; r = r->next)
		if (r->broker && strcmp(r->device, b->context.device) &&
		    context_trusts_device(&b->context, jid, r->device))
			return true;
	return false;
}

void broker_linked(struct broker *b, const char *jid)
{
	buddy_appeared(b, jid);
}

void broker_trust_granted(struct broker *b, const char *jid)
{
	/* An untrusted device did not matter, so jid was not asked whether it is there. */
	inquirer_unseen(b->inquirer, jid);
	announcer_reload(b->announcer);
	if (broker_reaches(b, jid))
		buddy_appeared(b, jid);
}

void broker_meet_devices(struct broker *b, const char *jid, bool unknown)
{
	const struct buddy *buddy = presence_buddy(b->context.presence, jid);
	char devices[DEVICES_PER_BUDDY][DEVICE_ID_LEN + 1];
	unsigned n = 0;

	if (!buddy)
		return;
	if (!unknown && strcmp(jid, b->context.jid) &&
	    !trust_expected(b->context.trust, jid, time(NULL)))
		return;
	/*
	 * Collects them first: peer_want() may fail, and that may change the presence table.
	 */
	for (const struct resource *r = buddy->resources; r && n < DEVICES_PER_BUDDY; r = r->next)
		if (r->broker && strcmp(r->device, b->context.device) &&
		    !context_knows_device(&b->context, jid, r->device))
			strcpy(devices[n++], r->device);
	for (unsigned i = 0; i < n; i++)
		peer_want(&b->peers, jid, devices[i]);
}

static void on_grace_over(uv_timer_t *timer)
{
	struct broker *b = timer->data;

	broker_wake(b);
}

void broker_forget_presences(struct broker *b)
{
	for (struct buddy *buddy = presence_buddies(b->context.presence); buddy;
	     buddy = buddy->next)
		for (struct resource *r = buddy->resources; r; r = r->next)
			if (r->broker)
				announcer_device_offline(b->announcer, buddy->jid, r->device);
	presence_reset(b->context.presence, time(NULL));
}

/* Trusted devices may be online even if the server sends no presence of them. */
static void expect_devices(struct broker *b)
{
	char device[DEVICE_ID_LEN + 1];

	for (const struct trust_person *p = trust_persons(b->context.trust); p; p = p->next)
		for (const struct trusted_device *d = p->devices; d; d = d->sibling) {
			device_id_of(d->fp, device);
			if (trust_allows(d->state))
				presence_expect(b->context.presence, p->jid, device);
		}
}

static void on_state(void *owner, enum account_state state, const struct message *trouble)
{
	struct broker *b = owner;

	if (state == ACCOUNT_ONLINE) {
		log_info("online as %s", account_jid(b->xmpp));
		jid_bare_of(account_jid(b->xmpp), b->context.self);
		b->context.online_at = context_now(&b->context);
		contacts_online(b);
		expect_devices(b);
		uv_timer_start(&b->grace, on_grace_over, INQUIRY_SETTLE, 0);
		inquirer_online(b->inquirer, true);
		requester_online(b->requester, true);
		local_candidates_online(b->local_candidates, b->xmpp);
		b->shared->worked(b->shared);
		peers_online(&b->peers, true);
		for (const struct buddy *buddy = presence_buddies(b->context.presence); buddy;
		     buddy = buddy->next)
			if (broker_reaches(b, buddy->jid))
				buddy_appeared(b, buddy->jid);
		device_news_appeared(b->device_news);
		join_waiting_online(b->join_waiting);
	} else if (state == ACCOUNT_OFFLINE || state == ACCOUNT_FAILED) {
		if (trouble && trouble->id != MSG_NONE)
			log_warning("%s", trouble->text);
		b->context.online_at = 0;
		uv_timer_stop(&b->grace);
		broker_forget_presences(b);
		inquirer_online(b->inquirer, false);
		requester_online(b->requester, false);
		ibb_paths_lost(&b->ibb_paths, IBB_PATH_SERVER_LOST);
		local_candidates_online(b->local_candidates, NULL);
		peers_online(&b->peers, false);
	}
	broker_tell_manager(b);
	login_state(b, state, trouble);
	twin_watch_state(b, state, trouble);
	broker_wake(b);
}

static enum asker on_asker(void *owner, const char *bare)
{
	const struct broker *b = owner;

	if (!context_shows_itself(&b->context, bare))
		return ASKER_STRANGER;
	return context_counts_as_trusted(&b->context, bare) ? ASKER_TRUSTED : ASKER_BUDDY;
}

/* Passes on what the presence table has learned of a resource. */
static void note_here(struct broker *b, const char *bare, enum presence_change change,
		      struct resource *r)
{
	struct peer *peer;

	if (!r || !r->broker || !strcmp(r->device, b->context.device))
		return;
	if (change == PRESENCE_APPEARED || change == PRESENCE_AGAIN) {
		peer = peer_find(&b->peers, bare, r->device);
		if (peer)
			peer_presence(peer, true);
		announcer_device_online(b->announcer, bare, r->device);
	}
	if (change == PRESENCE_APPEARED) {
		log_about(bare, LOG_INFO, "%s: device %s is online", bare, r->device);
		broker_meet_devices(b, bare, false);
		if (context_trusts_device(&b->context, bare, r->device)) {
			buddy_appeared(b, bare);
			device_news_appeared(b->device_news);
		}
		broker_wake(b);
	}
}

/*
 * Answers a presence that asks for ours. The answer asks for nothing, so two brokers do not
 * loop.
 */
static void answer_presence(struct broker *b, const char *full, const char *bare)
{
	if (context_shows_itself(&b->context, bare) && account_may_answer(b->xmpp, bare))
		account_available(b->xmpp, full, false);
}

static void on_available(void *owner, const char *full, const char *device, bool asks)
{
	struct broker *b = owner;
	struct resource *r = NULL;
	enum presence_change change;
	char bare[JID_MAX];

	if (!jid_bare_of(full, bare))
		return;
	if (device && !strcmp(device, b->context.device) && !strcmp(bare, b->context.jid))
		twin_watch_seen(b, full);
	inquirer_heard(b->inquirer, bare, NULL);
	change = presence_available(b->context.presence, full, device, time(NULL), &r);
	note_here(b, bare, change, r);
	if (asks && r)
		answer_presence(b, full, bare);
}

void broker_answered(struct broker *b, const char *full)
{
	struct resource *r;
	enum presence_change change = presence_answered(b->context.presence, full, time(NULL), &r);
	char bare[JID_MAX];

	if (change != PRESENCE_SAME && jid_bare_of(full, bare))
		note_here(b, bare, change, r);
	/* A session may wait for this resource. If it is no broker, that wait is over. */
	broker_wake(b);
}

void broker_met_at(struct broker *b, const char *full, const char *device)
{
	struct resource *r;
	enum presence_change change;
	char bare[JID_MAX];

	/* Without a subscription the server would not tell us when they go offline. */
	if (!jid_bare_of(full, bare) || !context_we_see(&b->context, bare) ||
	    presence_device(b->context.presence, bare, device))
		return;
	change = presence_available(b->context.presence, full, device, time(NULL), &r);
	note_here(b, bare, change, r);
}

void broker_device_gone(struct broker *b, const char *full, const char *device)
{
	char bare[JID_MAX];
	struct peer *peer;

	if (!jid_bare_of(full, bare))
		return;
	log_about(bare, LOG_INFO, "%s: device %s went offline", bare, device);
	announcer_device_offline(b->announcer, bare, device);
	peer = peer_find(&b->peers, bare, device);
	if (peer)
		peer_presence(peer, false);
	join_waiting_wake(b->join_waiting);
	inquirer_unseen(b->inquirer, bare);
}

static void on_unavailable(void *owner, const char *full)
{
	struct broker *b = owner;
	char device[DEVICE_ID_LEN + 1];

	twin_watch_gone(b, full);
	if (presence_unavailable(b->context.presence, full, time(NULL), device) == PRESENCE_GONE)
		broker_device_gone(b, full, device);
}

/*
 * An error came back from a bare or full JID: a stanza did not reach them. That does not
 * tell whether they are online.
 */
static void on_doubted(void *owner, const char *jid, const char *condition)
{
	struct broker *b = owner;
	const struct resource *r =
		jid_resource(jid) ? presence_full(b->context.presence, jid) : NULL;
	char bare[JID_MAX];

	if (!jid_bare_of(jid, bare))
		return;
	inquirer_heard(b->inquirer, bare, condition);
	for (struct peer *p = b->peers.first; p; p = p->next)
		if (!strcmp(p->jid, bare) && (!r || !strcmp(p->device, r->device)))
			peer_doubt(p);
	inquirer_doubt(b->inquirer, jid, condition);
}

static void on_ibb(void *owner, const struct ibb_stanza *stanza)
{
	struct broker *b = owner;

	if (stanza->kind != IBB_OPEN)
		ibb_paths_stanza(&b->ibb_paths, stanza);
	else if (acceptor_offered(&b->peers, stanza->from, stanza->sid, stanza) == GREETING_UNKNOWN)
		account_reply_error(b->xmpp, stanza->from, stanza->id, "service-unavailable");
}

static void on_bulk(void *owner)
{
	struct broker *b = owner;

	ibb_paths_bulk(&b->ibb_paths);
}

const struct account_events broker_account_events = {
	.state = on_state,
	.asker = on_asker,
	.roster_begin = contacts_roster_begin,
	.roster_end = contacts_roster_end,
	.roster = contacts_roster,
	.groups = groups_roster,
	.available = on_available,
	.unavailable = on_unavailable,
	.doubted = on_doubted,
	.refused = contacts_refused,
	.blocklist = contacts_blocklist,
	.blocking = contacts_blocking,
	.subscription = contacts_subscription,
	.ibb = on_ibb,
	.bulk = on_bulk,
};
