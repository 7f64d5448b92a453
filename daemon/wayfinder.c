/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The route says what to try and when; here it is done, one attempt of each
 * kind at a time. In-band needs the device's full JID, from presence. Direct needs
 * the addresses and the token that the device told us inside the link, and
 * works on when the server is gone. A proxy needs the link up, since its steps are
 * records: whoever has one offers it, and when both do, the offer of the side
 * that leads wins.
 *
 * What can go wrong: an attempt fails (the route waits and tries again), or
 * stands still (each kind has its own timer, and then fails).
 */
#include "wayfinder.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bytestream.h"
#include "dialer.h"
#include "greeting.h"
#include "inband.h"
#include "log.h"
#include "reach.h"
#include "text.h"

enum {
	OFFER_COST = 4000,		/* ms: one offer of a bytestream may come so often */
	OFFERS_AT_ONCE = 5,
};

struct wayfinder {
	struct broker *broker;			/* borrowed */
	const char *jid, *device;		/* the owner's */
	const struct wayfinder_events *events;
	void *owner;
	unsigned char fp[FINGERPRINT_BYTES];	/* of the device; known before any WAYS */
	struct route route;
	char token[WAYS_TOKEN_LEN + 1];		/* named by the device when it dials us */
	struct ways theirs;
	const void *demander;			/* who asked for kinds of path; NULL: nobody */
	unsigned demanded;
	bool told;				/* the device knows our ways, more or less */
	bool linked;				/* the link is attached: records can travel */
	bool stopped;
	struct path *inband;			/* attempts; owned */
	struct dialer *dialer;
	struct bytestream *stream;
	uint64_t offers_paid;			/* the device's offers so far are borne until then */
	char proxy[JID_MAX];			/* that the stream was offered with; empty: it is the device's */
};

static uint64_t now_of(const struct wayfinder *w)
{
	return broker_now(w->broker);
}

static const char *full_jid(const struct wayfinder *w)
{
	struct resource *r = presence_device(w->broker->presence, w->jid, w->device);

	return r ? r->full : NULL;
}

/* Our own wish. */
static unsigned wanted(const struct wayfinder *w)
{
	return w->demander ? w->demanded : reach_allowed(w->broker->reach);
}

unsigned wayfinder_allowed(const struct wayfinder *w)
{
	return wanted(w) & w->theirs.allowed;
}

static void fail(struct wayfinder *w, enum path_kind kind, const char *why)
{
	log_info("%s/%s: no %s path: %s", w->jid, w->device, path_kind_name(kind), why);
	route_failed(&w->route, kind, now_of(w));
	w->events->failed(w->owner, kind, why);
}

static void arrive(struct wayfinder *w, enum path_kind kind, struct path *path, const unsigned char *fp)
{
	route_arrived(&w->route, kind);
	w->events->found(w->owner, path, fp);
}

/* In-band */

static void on_inband_established(void *owner, const unsigned char *fp)
{
	struct wayfinder *w = owner;
	struct path *path = w->inband;

	w->inband = NULL;
	arrive(w, PATH_INBAND, path, fp);
}

static void on_inband_closed(void *owner, const char *why)
{
	struct wayfinder *w = owner;

	w->inband = NULL;
	fail(w, PATH_INBAND, why);
}

/* Nobody sends before we said HELLO, which the new owner does. */
static void on_inband_plain(void *owner, struct buf *plain)
{
}

static size_t on_inband_fill(void *owner, struct buf *out, size_t max)
{
	return 0;
}

static const struct path_events inband_events = {
	.established = on_inband_established,
	.plain = on_inband_plain,
	.fill = on_inband_fill,
	.closed = on_inband_closed,
};

static void open_inband(struct wayfinder *w)
{
	const char *to = full_jid(w);

	if (to && !w->inband)
		w->inband = inband_open(&w->broker->inbands, to, &inband_events, w);
	if (!w->inband)
		fail(w, PATH_INBAND, "it is not online");
}

/* Direct */

static void on_reached(void *owner, struct path *path, const unsigned char *fp)
{
	struct wayfinder *w = owner;

	w->dialer = NULL;
	arrive(w, PATH_DIRECT, path, fp);
}

static void on_not_reached(void *owner, const char *why)
{
	struct wayfinder *w = owner;

	w->dialer = NULL;
	fail(w, PATH_DIRECT, why);
}

static const struct dialer_events dialer_events = {
	.reached = on_reached,
	.failed = on_not_reached,
};

/* The addresses that the device told and that we would dial; how many. */
static size_t dialable(const struct wayfinder *w, struct netaddr out[WAYS_ADDRESSES])
{
	size_t n = 0;

	if (!*w->theirs.token || !reach_may_dial(w->broker->reach))
		return 0;
	for (size_t i = 0; i < w->theirs.n; i++)
		if (netaddr_may_dial(&w->theirs.addresses[i], reach_local(w->broker->reach)))
			out[n++] = w->theirs.addresses[i];
	return n;
}

static void dial(struct wayfinder *w)
{
	struct netaddr to[WAYS_ADDRESSES];
	size_t n = dialable(w, to);

	if (!w->dialer && n)
		w->dialer = dialer_start(w->broker->loop, w->broker->key, to, n, w->fp, w->theirs.token,
					 &dialer_events, w);
	if (!w->dialer)
		fail(w, PATH_DIRECT, "no socket");
}

/* Through a proxy */

static void on_stream_send(void *owner, const struct bytestream_record *record)
{
	struct wayfinder *w = owner;
	struct buf fields = { 0 };

	bytestream_put(record, &fields);
	w->events->send(w->owner, RECORD_BYTESTREAM, &fields);
	buf_finish(&fields);
}

static void on_stream_reached(void *owner, struct path *path, const unsigned char *fp, bool client)
{
	struct wayfinder *w = owner;

	w->stream = NULL;
	if (client) {
		arrive(w, PATH_PROXY, path, fp);
		return;
	}
	route_arrived(&w->route, PATH_PROXY);
	greeting_take(w->broker, path, w->jid, fp);
}

static void on_stream_failed(void *owner, const char *why, bool ours)
{
	struct wayfinder *w = owner;

	w->stream = NULL;
	if (ours && *w->proxy)
		proxies_failed(reach_proxies(w->broker->reach), w->proxy);
	fail(w, PATH_PROXY, why);
}

static const struct bytestream_events stream_events = {
	.send = on_stream_send,
	.reached = on_stream_reached,
	.failed = on_stream_failed,
};

static void offer_proxy(struct wayfinder *w)
{
	const struct proxy *proxy = proxies_best(reach_proxies(w->broker->reach));
	const char *to = full_jid(w);

	if (w->stream)
		return;
	if (proxy && to && w->linked) {
		snprintf(w->proxy, sizeof(w->proxy), "%s", proxy->jid);
		w->stream = bytestream_offer(w->broker->loop, w->broker->key, w->broker->xmpp, proxy,
					     xmpp_jid(w->broker->xmpp), to, reach_local(w->broker->reach),
					     &stream_events, w);
	}
	if (!w->stream)
		fail(w, PATH_PROXY, "none is known");
}

static void refuse_offer(struct wayfinder *w, const struct bytestream_record *offer, const char *reason)
{
	struct bytestream_record answer = { .step = BYTESTREAM_FAILED };

	memcpy(answer.sid, offer->sid, sizeof(answer.sid));
	snprintf(answer.reason, sizeof(answer.reason), "%s", reason);
	on_stream_send(w, &answer);
}

/* To answer is to look up a name and dial where the device says, so it is not done as often as it says. */
static bool too_often(struct wayfinder *w)
{
	uint64_t now = now_of(w), paid = w->offers_paid > now ? w->offers_paid : now;

	if (paid - now > (OFFERS_AT_ONCE - 1) * OFFER_COST)
		return true;
	w->offers_paid = paid + OFFER_COST;
	return false;
}

/* Whoever runs the proxy sees our address. If it must not be shown, that is nobody of the device's choice. */
static bool may_show_ourselves(const struct wayfinder *w, const struct bytestream_offer *offer)
{
	const struct reach *reach = w->broker->reach;

	return reach_may_dial(reach) || proxies_know(reach_proxies(reach), offer->jid, offer->host, offer->port);
}

static void take_offer(struct wayfinder *w, const struct bytestream_record *offer)
{
	const char *theirs = full_jid(w), *ours = w->broker->xmpp ? xmpp_jid(w->broker->xmpp) : NULL;

	if (!(wayfinder_allowed(w) & ROUTE_MASK(PATH_PROXY)) || !may_show_ourselves(w, &offer->offer)) {
		refuse_offer(w, offer, "not-wanted");
		return;
	}
	/* The hash that both join by is of full JIDs: a device may use its own and ours, no others. */
	if (!theirs || !ours || strcmp(offer->offer.from, theirs) || strcmp(offer->offer.to, ours)) {
		refuse_offer(w, offer, "not-you");
		return;
	}
	if (w->stream && w->route.leads) {
		refuse_offer(w, offer, "crossed");
		return;
	}
	if (too_often(w)) {
		refuse_offer(w, offer, "busy");
		return;
	}
	bytestream_destroy(w->stream);
	*w->proxy = '\0';
	w->stream = bytestream_answer(w->broker->loop, w->broker->key, offer, reach_local(w->broker->reach),
				      &stream_events, w);
	if (w->stream)
		return;
	route_arrived(&w->route, PATH_PROXY);
	refuse_offer(w, offer, "busy");
}

/* The whole */

struct wayfinder *wayfinder_create(struct broker *b, const char *jid, const char *device,
				   const struct wayfinder_events *events, void *owner)
{
	struct wayfinder *w = xcalloc(1, sizeof(*w));
	unsigned char random[WAYS_TOKEN_BYTES];

	w->broker = b;
	w->jid = jid;
	w->device = device;
	w->events = events;
	w->owner = owner;
	w->theirs.allowed = ROUTE_ALL;
	random_bytes(random, sizeof(random));
	hex_encode(random, sizeof(random), w->token);
	route_init(&w->route, now_of(w));
	wayfinder_refresh(w);
	return w;
}

static void drop_attempts(struct wayfinder *w, enum path_kind up_to)
{
	if (w->inband) {
		path_close(w->inband);
		w->inband = NULL;
		route_arrived(&w->route, PATH_INBAND);
	}
	if (w->stream && up_to >= PATH_PROXY) {
		bytestream_destroy(w->stream);
		w->stream = NULL;
		route_arrived(&w->route, PATH_PROXY);
	}
	if (w->dialer && up_to >= PATH_DIRECT) {
		dialer_destroy(w->dialer);
		w->dialer = NULL;
		route_arrived(&w->route, PATH_DIRECT);
	}
}

void wayfinder_stop(struct wayfinder *w)
{
	w->stopped = true;
	drop_attempts(w, PATH_DIRECT);
}

void wayfinder_destroy(struct wayfinder *w)
{
	free(w);
}

void wayfinder_know(struct wayfinder *w, const unsigned char *fp, bool leads)
{
	memcpy(w->fp, fp, FINGERPRINT_BYTES);
	route_lead(&w->route, leads);
}

bool wayfinder_trying(const struct wayfinder *w)
{
	return w->inband || w->dialer || w->stream;
}

void wayfinder_step(struct wayfinder *w, bool busy)
{
	int kind;

	while (!w->stopped && (kind = route_next(&w->route, busy, now_of(w))) >= 0) {
		if (kind == PATH_INBAND)
			open_inband(w);
		else if (kind == PATH_DIRECT)
			dial(w);
		else
			offer_proxy(w);
	}
}

uint64_t wayfinder_deadline(const struct wayfinder *w, bool busy)
{
	return route_deadline(&w->route, busy);
}

void wayfinder_attached(struct wayfinder *w, enum path_kind kind)
{
	w->linked = true;
	drop_attempts(w, kind);
	route_attached(&w->route, kind, now_of(w));
	wayfinder_refresh(w);
}

void wayfinder_detached(struct wayfinder *w, uint64_t worked_until)
{
	w->linked = false;
	/* Its steps are records, and may take as long as the link does to come back. */
	if (w->stream) {
		bytestream_destroy(w->stream);
		w->stream = NULL;
		route_failed(&w->route, PATH_PROXY, now_of(w));
	}
	route_worked(&w->route, worked_until);
	route_detached(&w->route, now_of(w));
	wayfinder_refresh(w);
}

bool wayfinder_wants(const struct wayfinder *w, enum path_kind kind)
{
	return route_wants(&w->route, kind);
}

void wayfinder_tell(struct wayfinder *w)
{
	struct buf fields = { 0 };
	struct ways ours;

	reach_ways(w->broker->reach, w->token, &ours);
	ours.allowed = wanted(w);
	ways_put(&ours, &fields);
	w->told = true;
	w->events->send(w->owner, RECORD_WAYS, &fields);
	buf_finish(&fields);
}

int wayfinder_record(struct wayfinder *w, const struct record *record)
{
	struct bytestream_record step;
	struct ways theirs;

	if (record->type == RECORD_WAYS) {
		if (ways_parse(record, &theirs))
			return -1;
		if (theirs.n != w->theirs.n || memcmp(theirs.addresses, w->theirs.addresses, sizeof(theirs.addresses)))
			route_possible(&w->route, PATH_DIRECT, false, now_of(w));
		w->theirs = theirs;
		wayfinder_refresh(w);
		return 0;
	}
	if (bytestream_parse(record, &step))
		return -1;
	if (step.step == BYTESTREAM_OFFER)
		take_offer(w, &step);
	else if (w->stream)
		bytestream_record(w->stream, &step);
	return 0;
}

void wayfinder_refresh(struct wayfinder *w)
{
	const struct broker *b = w->broker;
	struct netaddr to[WAYS_ADDRESSES];
	bool online = b->xmpp && full_jid(w);
	uint64_t now = now_of(w);

	route_allow(&w->route, wayfinder_allowed(w), now);
	route_possible(&w->route, PATH_INBAND, online, now);
	route_possible(&w->route, PATH_DIRECT, dialable(w, to) > 0, now);
	/* The proxies are asked for by the first link that has nothing better. */
	route_possible(&w->route, PATH_PROXY,
		       online && w->linked && w->route.current >= 0 && w->route.current != PATH_DIRECT &&
		       xmpp_jid(b->xmpp) && proxies_best(reach_proxies(b->reach)), now);
}

void wayfinder_network_changed(struct wayfinder *w)
{
	route_network_changed(&w->route, now_of(w));
	wayfinder_refresh(w);
	if (w->told)
		wayfinder_tell(w);
}

void wayfinder_demand(struct wayfinder *w, const void *by, unsigned kinds)
{
	unsigned before = wanted(w);

	w->demander = by;
	w->demanded = kinds;
	if (wanted(w) == before)
		return;
	wayfinder_refresh(w);
	if (w->told)
		wayfinder_tell(w);
}

void wayfinder_release(struct wayfinder *w, const void *by)
{
	unsigned before = wanted(w);

	if (w->demander != by)
		return;
	w->demander = NULL;
	if (wanted(w) == before)
		return;
	wayfinder_refresh(w);
	if (w->told)
		wayfinder_tell(w);
}

bool wayfinder_expects(const struct wayfinder *w, const char *token)
{
	return !strcmp(w->token, token);
}
