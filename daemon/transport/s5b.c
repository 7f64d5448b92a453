/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "s5b.h"

/*
 * Both sides begin alike: they look up the proxy's name, dial its addresses one after the
 * other, and ask the proxy for the bytestream. The offering side does so while its offer is
 * on the way. When it has joined, and the device says that it has too, the offering side
 * tells the proxy to connect the two, as only it may (XEP-0065), and starts TLS. The other
 * side has waited for TLS since it joined.
 *
 * What can fail: the name does not resolve, no address may be dialled, none answers, the
 * proxy refuses, the handshake fails, the device gives up or falls silent. Each failure ends
 * the bytestream here, and there by a record. One timer limits the whole.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "disco.h"
#include "fingerprint.h"
#include "log.h"
#include "netaddr.h"
#include "pass-key.h"
#include "s5b-hash.h"
#include "sockaddr.h"
#include "socks5.h"
#include "tcp-path.h"
#include "text.h"

enum { ADDRESSES_MAX = 4, ACTIVATION_TIMEOUT = 10 * 1000 };

enum stage {
	STAGE_LOOKING_UP,	/* the proxy's name */
	STAGE_JOINING,		/* TCP and SOCKS5 to one of its addresses */
	STAGE_JOINED,		/* offering: waiting for the device to join */
	STAGE_ACTIVATING,	/* offering: waiting for the proxy to connect the two */
	STAGE_HANDSHAKE,	/* TLS between the two devices */
	STAGE_OVER,		/* waits for its handles to close */
};

static const char *const stages[] = {
	[STAGE_LOOKING_UP] = "looking up",
	[STAGE_JOINING] = "joining",
	[STAGE_JOINED] = "joined",
	[STAGE_ACTIVATING] = "activating",
	[STAGE_HANDSHAKE] = "handshake",
	[STAGE_OVER] = "over",
};

struct s5b {
	uv_loop_t *loop;
	const struct device_key *key;	/* borrowed */
	unsigned char fp[FINGERPRINT_BYTES];	/* the device's */
	struct account *xmpp;		/* borrowed; NULL if the device is the offering side */
	const struct s5b_events *events;
	void *owner;
	struct s5b_record offer;
	bool offering, local;
	enum stage stage;
	bool device_joined;
	struct netaddr addresses[ADDRESSES_MAX];
	size_t n_addresses, next;
	struct path *path;		/* owned */
	uint64_t activation;		/* the request; 0: none is open */
	uv_getaddrinfo_t lookup;
	struct quota_place place;	/* of the look-up, if the device named the host:
					   s5b_hold() */
	uv_timer_t timer;
	int open;			/* lookup and timer that are open; freed at 0 */
};

static void enter(struct s5b *b, enum stage stage, const char *because)
{
	log_debug("bytestream %.8s: %s -> %s, %s", b->offer.pass.token, stages[b->stage],
		  stages[stage], because);
	b->stage = stage;
}

static void drop(struct s5b *b)
{
	if (--b->open == 0)
		free(b);
}

static void on_timer_closed(uv_handle_t *handle)
{
	drop(handle->data);
}

/* Ends everything but the memory, which the handles still need. */
static void release(struct s5b *b, const char *because)
{
	enter(b, STAGE_OVER, because);
	if (b->activation)
		account_forget(b->xmpp, b->activation);
	b->activation = 0;
	if (b->path)
		path_close(b->path);
	b->path = NULL;
	uv_cancel((uv_req_t *)&b->lookup);
	uv_close((uv_handle_t *)&b->timer, on_timer_closed);
}

/* reason: the word for the device; NULL: do not tell it. ours: as in s5b_events.failed. */
static void fail(struct s5b *b, const char *why, const char *reason, bool ours)
{
	const struct s5b_events *events = b->events;
	void *owner = b->owner;
	struct s5b_record record = b->offer;

	release(b, why);
	if (reason) {
		record.step = S5B_FAILED;
		snprintf(record.reason, sizeof(record.reason), "%s", reason);
		events->send(owner, &record);
	}
	events->failed(owner, why, ours);
}

static void activate(struct s5b *b);

void s5b_record(struct s5b *b, const struct s5b_record *record)
{
	char why[REASON_MAX + 32];

	if (strcmp(record->pass.token, b->offer.pass.token) != 0)
		return;
	if (record->step == S5B_FAILED) {
		snprintf(why, sizeof(why), "the device gave up: %s",
			 *record->reason ? record->reason : "failed");
		/* Counts against our proxy: one that others cannot reach is not the best. */
		fail(b, why, NULL, b->offering && !strcmp(record->reason, "unreachable"));
	} else if (record->step == S5B_JOINED && b->offering && !b->device_joined) {
		b->device_joined = true;
		if (b->stage == STAGE_JOINED)
			activate(b);
	}
}

static void on_established(void *owner, const unsigned char *fp)
{
	struct s5b *b = owner;
	const struct s5b_events *events = b->events;
	struct path *path = b->path;
	bool client = b->offering;

	owner = b->owner;
	b->path = NULL;
	release(b, "TLS is established");
	events->reached(owner, path, fp, client);
}

static void begin_tls(struct s5b *b, const char *because)
{
	enter(b, STAGE_HANDSHAKE, because);
	tcp_path_begin(b->path);
}

static void on_activated(void *arg, const char *error)
{
	struct s5b *b = arg;
	char why[128];

	b->activation = 0;
	if (!error) {
		begin_tls(b, "the proxy has connected us");
		return;
	}
	snprintf(why, sizeof(why), "the proxy does not connect us: %.64s", error);
	fail(b, why, "not-activated", true);
}

static void activate(struct s5b *b)
{
	struct buf query = { 0 };

	enter(b, STAGE_ACTIVATING, "both are there");
	buf_printf(&query, "<query xmlns='" NS_BYTESTREAMS "' sid='%s'><activate>",
		   b->offer.pass.token);
	text_xml(&query, b->offer.offer.to);
	buf_puts(&query, "</activate></query>");
	/* Ask the JID that the proxy gave: it may have a resource, and answer at no other. */
	b->activation = account_request(b->xmpp, b->offer.offer.jid, "set", buf_str(&query),
					ACTIVATION_TIMEOUT, on_activated, b);
	buf_finish(&query);
	if (!b->activation)
		fail(b, "our server is not there to activate it", "not-activated", true);
}

static void on_joined(void *owner)
{
	struct s5b *b = owner;
	struct s5b_record record = b->offer;

	if (b->offering) {
		enter(b, STAGE_JOINED, "the proxy knows us");
		if (b->device_joined)
			activate(b);
		return;
	}
	/* Wait for TLS first: the record makes the device start it. */
	begin_tls(b, "the proxy knows us");
	if (b->stage != STAGE_HANDSHAKE)
		return;		/* early data was not TLS; fail() has told the device */
	record.step = S5B_JOINED;
	b->events->send(b->owner, &record);
}

static void join(struct s5b *b, const char *why);

static void on_closed(void *owner, const char *why)
{
	struct s5b *b = owner;

	b->path = NULL;
	if (b->stage == STAGE_JOINING)
		join(b, why);
	else
		fail(b, why, "lost", false);
}

/* Once the path is established, it has another owner. */
static const struct path_events path_events = {
	.established = on_established,
	.closed = on_closed,
};

/* "proxy proxy.example.org". The JID comes from outside, so it is escaped. */
static void put_name(const struct s5b *b, struct buf *out)
{
	const char *jid = b->offer.offer.jid;

	buf_puts(out, "proxy ");
	text_escape(out, jid, strcspn(jid, "/"), false);
}

/* Dials the next address; why: what happened to the one before. */
static void join(struct s5b *b, const char *why)
{
	const struct s5b_offer *offer = &b->offer.offer;
	char hash[SOCKS5_HASH_LEN + 1];
	struct buf name = { 0 };
	struct pass_use use;

	s5b_hash(b->offer.pass.token, offer->from, offer->to, hash);
	pass_use(&b->offer.pass, 1, b->offering, device_key_fingerprint(b->key), b->fp, &use);
	put_name(b, &name);
	while (!b->path && b->next < b->n_addresses)
		b->path = tcp_path_join(b->loop, b->key, &b->addresses[b->next++], hash, &use,
					b->offering, buf_str(&name), on_joined, &path_events, b);
	buf_finish(&name);
	if (b->path)
		enter(b, STAGE_JOINING, why);
	else
		fail(b, why, "unreachable", b->offering);
}

static void take_addresses(struct s5b *b, const struct addrinfo *list)
{
	struct netaddr a;

	for (; list && b->n_addresses < ADDRESSES_MAX; list = list->ai_next) {
		if (!sockaddr_to(list->ai_addr, &a) || !netaddr_may_dial(&a, b->local))
			continue;
		a.port = b->offer.offer.port;
		b->addresses[b->n_addresses++] = a;
	}
}

static void on_looked_up(uv_getaddrinfo_t *lookup, int status, struct addrinfo *list)
{
	struct s5b *b = lookup->data;
	char why[128];

	quota_leave(&b->place);
	if (b->stage != STAGE_OVER && status < 0) {
		snprintf(why, sizeof(why), "the proxy's name does not resolve: %s",
			 uv_strerror(status));
		fail(b, why, "unreachable", b->offering);
	} else if (b->stage != STAGE_OVER) {
		take_addresses(b, list);
		if (b->n_addresses)
			join(b, "its name resolved");
		else
			fail(b, "the proxy has no address that may be dialled", "unreachable",
			     b->offering);
	}
	uv_freeaddrinfo(list);
	drop(b);
}

static void on_timeout(uv_timer_t *timer)
{
	struct s5b *b = timer->data;
	char why[64];

	snprintf(why, sizeof(why), "no progress in time (%s)", stages[b->stage]);
	fail(b, why, "timeout",
	     b->offering && b->stage != STAGE_JOINED && b->stage != STAGE_HANDSHAKE);
}

static struct s5b *start(uv_loop_t *loop, const struct device_key *key, const unsigned char *fp,
			 const struct s5b_record *offer, bool local,
			 const struct s5b_events *events, void *owner)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct s5b *b = xcalloc(1, sizeof(*b));

	b->lookup.data = b;
	if (uv_getaddrinfo(loop, &b->lookup, on_looked_up, offer->offer.host, NULL, &hints) < 0) {
		free(b);
		return NULL;
	}
	b->loop = loop;
	b->key = key;
	memcpy(b->fp, fp, sizeof(b->fp));
	b->offer = *offer;
	b->local = local;
	b->events = events;
	b->owner = owner;
	b->open = 2;
	uv_timer_init(loop, &b->timer);
	b->timer.data = b;
	uv_timer_start(&b->timer, on_timeout, S5B_TIMEOUT, 0);
	return b;
}

static bool copy(char *out, size_t size, const char *text)
{
	return (size_t)snprintf(out, size, "%s", text) < size;
}

struct s5b *s5b_offer(uv_loop_t *loop, const struct device_key *key, const unsigned char *fp,
		      struct account *xmpp, const struct s5b_proxy *proxy, const char *from,
		      const char *to, bool local, const struct s5b_events *events, void *owner)
{
	struct s5b_record record = { .step = S5B_OFFER, .offer.port = proxy->port };
	struct s5b_offer *offer = &record.offer;
	struct s5b *b;

	if (!copy(offer->jid, sizeof(offer->jid), proxy->jid) ||
	    !copy(offer->host, sizeof(offer->host), proxy->host) ||
	    !copy(offer->from, sizeof(offer->from), from) ||
	    !copy(offer->to, sizeof(offer->to), to))
		return NULL;
	pass_make(&record.pass);
	b = start(loop, key, fp, &record, local, events, owner);
	if (!b)
		return NULL;
	b->offering = true;
	b->xmpp = xmpp;
	events->send(owner, &record);
	return b;
}

struct s5b *s5b_answer(uv_loop_t *loop, const struct device_key *key, const unsigned char *fp,
		       const struct s5b_record *offer, bool local,
		       const struct s5b_events *events, void *owner)
{
	return start(loop, key, fp, offer, local, events, owner);
}

void s5b_hold(struct s5b *b, struct quota *lookups, const char *jid)
{
	quota_take(lookups, &b->place, jid, true);
	b->place.unfinished = false;
}

const char *s5b_sid(const struct s5b *b)
{
	return b->offer.pass.token;
}

void s5b_destroy(struct s5b *b)
{
	if (b)
		release(b, "not wanted any more");
}
