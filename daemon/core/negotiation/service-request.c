/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each device that was added is a target with at most one negotiation. A fetch has one
 * target under way at a time. A push has all of them, until one wins. The end of a
 * target's negotiation comes to on_refused(), which goes on to the next, and in the end
 * reports the reason that tells the user most. A device whose link ends before it was
 * asked is passed over. As long as the owner may add devices, nothing is reported: the next
 * service_request_start() goes on.
 */
#include "service-request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

struct target {
	struct neg_watch watch;		/* until the target has answered; first, so that a
					   cast leads back */
	struct service_request *request;
	struct negotiations *device;	/* borrowed; NULL if it was lost before it answered */
	void *tag;
	char name[DEVICE_ID_LEN + 1];	/* empty: the device was lost, and may be added again */
	uint8_t id[NEG_ID_BYTES];	/* of the negotiation with it */
	struct negotiation *neg;	/* under way; NULL: not yet, or over */
};

struct service_request {
	enum service service;
	char share[SHARE_NAME_MAX];
	char git_protocol[8];
	const struct service_request_events *events;
	const struct channel_events *channel_events;
	void *owner;
	struct target targets[DEVICES_PER_BUDDY];
	unsigned count;
	unsigned next;			/* targets[next] was not asked yet */
	struct target *winner;		/* the target that gets starting-push */
	char reason[REASON_MAX + 1];	/* the most telling one so far; empty: none */
	/* inside service_request_start(): failure is reported at its end */
	bool starting;
	bool more;			/* the owner may add devices: the request does not fail */
	uint64_t now;
};

/*
 * From the least to the most telling; a reason that is not listed tells less than all of
 * them, and is quoted. That a device has not the share counts only if all say so: one that did not
 * answer may have it. The last ones say that the device is there and can be asked again, whatever
 * the others answered.
 */
static const char *const telling[] = {
	"not-shared",	 "no-path",	  "silent",  "offline",	  "timeout",	 "ended",
	"unreachable",	 "too-old",	  "removed", "untrusted", "unknown-key", "version",
	"unsupported",	 "not-you",	  "busy",    "broken",	  "push-denied", "unverified",
	"rules-changed", "ended-by-user", "idle",    "stopped",	  "gone",	 "restarted",
};

static int how_telling(const char *reason)
{
	for (size_t i = 0; i < ARRAY_SIZE(telling); i++)
		if (!strcmp(telling[i], reason))
			return i;
	return -1;
}

static void note_reason(struct service_request *e, const char *reason)
{
	if (!*e->reason || how_telling(reason) > how_telling(e->reason))
		snprintf(e->reason, sizeof(e->reason), "%s", reason);
}

static void release(struct service_request *e)
{
	for (unsigned i = 0; i < e->count; i++)
		negotiations_unwatch(&e->targets[i].watch);
	free(e);
}

static void fail(struct service_request *e)
{
	const struct service_request_events *events = e->events;
	char reason[REASON_MAX + 1];
	void *owner = e->owner;

	snprintf(reason, sizeof(reason), "%s", *e->reason ? e->reason : "unreachable");
	release(e);
	events->failed(owner, reason);
}

static bool any_under_way(const struct service_request *e)
{
	for (unsigned i = 0; i < e->count; i++)
		if (e->targets[i].neg)
			return true;
	return false;
}

static void ask(struct service_request *e, struct target *c);

/*
 * Asks the next targets until one is under way. With none left, the request has failed, unless
 * more may come.
 */
static void go_on(struct service_request *e)
{
	if (e->starting)
		return;
	while (e->next < e->count && !any_under_way(e))
		ask(e, &e->targets[e->next++]);
	if (any_under_way(e))
		return;
	if (e->more)
		e->events->waiting(e->owner, "more");
	else
		fail(e);
}

static void on_wanted(void *owner, struct negotiation *neg)
{
	struct target *c = owner;
	struct service_request *e = c->request;

	if (e->winner) {
		negotiations_unwatch(&c->watch);
		c->neg = NULL;
		neg_withdraw(neg, "served");
		return;
	}
	e->winner = c;
	for (unsigned i = 0; i < e->count; i++) {
		struct target *other = &e->targets[i];

		if (other == c || !other->neg)
			continue;
		negotiations_unwatch(&other->watch);
		neg_withdraw(other->neg, "served");
		other->neg = NULL;
	}
	neg_start_push(neg, c->device->now);
}

static void on_waiting(void *owner, struct negotiation *neg, const char *state)
{
	struct target *c = owner;

	c->request->events->waiting(c->request->owner, state);
}

static void on_open(void *owner, struct negotiation *neg, struct channel *channel)
{
	struct target *c = owner;
	struct service_request *e = c->request;
	const struct service_request_events *events = e->events;
	void *service_request_owner = e->owner, *tag = c->tag;

	channel_set_events(channel, e->channel_events, service_request_owner);
	c->neg = NULL;
	service_request_destroy(e);
	events->open(service_request_owner, neg, channel, tag);
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
	struct target *c = owner;
	struct service_request *e = c->request;

	c->neg = NULL;
	if (c->device) {
		e->now = c->device->now;
		negotiations_unwatch(&c->watch);
	}
	if (e->winner == c)
		e->winner = NULL;
	note_reason(e, reason);
	go_on(e);
}

static const struct initiator_events initiator_events = {
	.wanted = on_wanted,
	.waiting = on_waiting,
	.open = on_open,
	.refused = on_refused,
};

/*
 * The link of a target ended. If it was asked, on_refused() follows. If not, another target is
 * being asked, or the request has not begun, so nothing is to be done.
 */
static void on_gone(struct neg_watch *watch, const char *reason)
{
	struct target *c = (struct target *)watch;

	c->request->now = c->device->now;
	c->device = NULL;
	*c->name = '\0';
	note_reason(c->request, reason);
}

static void ask(struct service_request *e, struct target *c)
{
	if (!c->device)
		return;
	c->neg = neg_begin(c->device, c->id, e->service, e->share, e->git_protocol,
			   &initiator_events, e->channel_events, c, e->now);
	if (c->neg)
		return;
	negotiations_unwatch(&c->watch);
	note_reason(e, "busy");
}

struct service_request *service_request_create(enum service service, const char *share,
					       const char *git_protocol,
					       const struct service_request_events *events,
					       const struct channel_events *channel_events,
					       void *owner)
{
	struct service_request *e = xcalloc(1, sizeof(*e));

	e->service = service;
	strncpy(e->share, share, sizeof(e->share) - 1);
	strncpy(e->git_protocol, git_protocol ? git_protocol : "", sizeof(e->git_protocol) - 1);
	e->events = events;
	e->channel_events = channel_events;
	e->owner = owner;
	return e;
}

static bool was_added(const struct service_request *e, const char *name)
{
	for (unsigned i = 0; i < e->count; i++)
		if (!strcmp(e->targets[i].name, name))
			return true;
	return false;
}

bool service_request_add(struct service_request *e, struct negotiations *device, const char *name,
			 const uint8_t id[NEG_ID_BYTES], void *tag)
{
	struct target *c;

	if (e->count == DEVICES_PER_BUDDY || was_added(e, name))
		return false;
	c = &e->targets[e->count++];
	*c = (struct target){ .watch.gone = on_gone, .request = e, .device = device, .tag = tag };
	memcpy(c->id, id, sizeof(c->id));
	strncpy(c->name, name, DEVICE_ID_LEN);
	negotiations_watch(device, &c->watch);
	return true;
}

void service_request_start(struct service_request *e, bool more, uint64_t now)
{
	e->now = now;
	e->more = more;
	if (e->service == SERVICE_RECEIVE_PACK && !e->winner) {
		e->starting = true;
		while (e->next < e->count)
			ask(e, &e->targets[e->next++]);
		e->starting = false;
	}
	go_on(e);
}

void service_request_destroy(struct service_request *e)
{
	if (!e)
		return;
	for (unsigned i = 0; i < e->count; i++)
		if (e->targets[i].neg)
			neg_withdraw(e->targets[i].neg, "cancelled");
	release(e);
}
