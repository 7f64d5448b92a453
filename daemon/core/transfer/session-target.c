/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Decides which device is asked. A session looks again whenever the account's state or a
 * presence changes, and starts the request as soon as there is a device that can be asked. A
 * buddy who is not seen may be online all the same, so an inquiry (inquirer.h) asks before the
 * user is told that the buddy is offline.
 *
 * Where only some kinds of path are allowed, a device may be there whose path is still being
 * made. The request begins without that device, and does not fail before the path has come or
 * was waited for in vain.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "candidates.h"
#include "context.h"
#include "inquirer.h"
#include "session-internal.h"
#include "target-set.h"

enum {
	RETURN_TIMEOUT = 4500,		/* ms, for a device that has restarted to come back */
	PATH_TIMEOUT = 15000,		/* ms, for a path of a kind that is wanted */
	RESTARTS_MAX = 3,
	LOOKS_MAX = 2,			/* of INQUIRY_PATIENCE each, for a device to answer */
};

/* Whether an answer to the inquiry may still show a device. */
static bool is_pending(const struct session *s)
{
	return inquirer_pending(s->all->inquirer, s->to.jid);
}

static unsigned count_appearances(const struct session *s)
{
	const struct buddy *buddy = presence_buddy(s->all->context->presence, s->to.jid);

	return buddy ? buddy->appeared : 0;
}

/*
 * Fails, because no device can be asked. If the buddy's server was not reached, that does not
 * show that the buddy is offline, and the message says so.
 */
static void fail_unseen(struct session *s)
{
	enum message_id id = target_set_none(s->all->context, &s->to);
	bool gone = id == MSG_BUDDY_OFFLINE && s->refusal && !strcmp(s->refusal, "unreachable");

	if (s->refusal && !gone) {
		session_fail_for_reason(s, s->refusal);
		return;
	}
	if (id == MSG_BUDDY_OFFLINE && inquirer_unreachable(s->all->inquirer, s->to.jid))
		id = MSG_BUDDY_UNSEEN;
	session_fail(s, id);
}

/* Has the buddy asked, once, to show themselves, and waits a moment for that. */
static void ask_buddy(struct session *s)
{
	s->looks = 1;
	inquirer_want(s->all->inquirer, s->to.jid);
	if (is_pending(s))
		session_set_timer(s, INQUIRY_PATIENCE);
}

/* That one of them, which stays; NULL: it is none. */
static const char *one_of(const char *reason, const char *const reasons[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(reason, reasons[i]))
			return reasons[i];
	return NULL;
}

/*
 * Whether the reason is that the device restarted, or closed the link as we asked: it may be
 * there again.
 */
static bool is_worth_another_look(const char *reason)
{
	static const char *const reasons[] = { "gone", "restarted", "stopped", "idle", "offline" };

	return one_of(reason, reasons, ARRAY_SIZE(reasons));
}

/*
 * The reason, if another device of the buddy may serve what this one refused, or the same device
 * after it has moved; else NULL.
 */
static const char *worth_another_device(const char *reason)
{
	static const char *const reasons[] = { "unreachable", "not-shared", "broken", "version" };

	return one_of(reason, reasons, ARRAY_SIZE(reasons));
}

/*
 * Has devices that are not seen asked to show themselves; session_look() goes on when they
 * have answered or not. False if that is no use.
 */
static bool await_others(struct session *s, const char *reason)
{
	if (s->refusal)
		return false;
	s->refusal = worth_another_device(reason);
	if (!s->refusal)
		return false;
	s->path_until = 0;
	ask_buddy(s);
	if (!is_pending(s) && s->appeared == count_appearances(s))
		return false;
	session_enter(s, SESSION_WAITING, reason);
	if (s->appeared != count_appearances(s))
		session_look(s);
	return true;
}

static void on_request_open(void *owner, struct negotiation *neg, struct channel *channel,
			    void *tag)
{
	struct session *s = owner;
	struct peer *p = tag;

	s->request = NULL;
	s->neg = neg;
	s->channel = channel;
	s->peer = p;
	memcpy(s->neg_id, neg_id(neg), sizeof(s->neg_id));
	memcpy(s->device, p->device, sizeof(s->device));
	s->path_name = xstrdup(p->path_name);
	timer_stop(&s->timer);
	session_enter(s, SESSION_OPEN, "the far service runs");
	s->all->client->ready(s->client, &(struct session_ready){
		.jid = p->jid,
		.device = p->device,
		.path = peer_path_name(p),
		.trust = trust_state_name(trust_lookup(s->all->context->trust, p->jid, p->fp)),
	});
	session_pass_on(s);
	peer_touch(p);
}

static void on_request_failed(void *owner, const char *reason)
{
	struct session *s = owner;

	s->request = NULL;
	if (is_worth_another_look(reason) && s->restarts++ < RESTARTS_MAX) {
		session_enter(s, SESSION_WAITING, "the device restarted");
		s->looks = 0;
		session_set_timer(s, RETURN_TIMEOUT);
		session_look(s);
		return;
	}
	if (!await_others(s, reason))
		session_fail_for_reason(s, reason);
}

/* The devices can be asked only when their link is on a path of a kind that the user wants. */
static void tell_path_wanted(struct session *s)
{
	char *text;

	if (s->path_told)
		return;
	s->path_told = true;
	text = xasprintf("looking for a path of the kind '%s' to %s", transport_name(s->transport),
			 s->to.jid);
	session_note(s, "progress", text);
	free(text);
}

static void on_request_waiting(void *owner, const char *state)
{
	struct session *s = owner;
	char *text;

	if (!strcmp(state, "more")) {
		tell_path_wanted(s);
		return;
	}
	if (!strcmp(state, "deferred"))
		text = xasprintf("%s is busy with another push to '%s'; waiting", s->to.jid,
				 s->to.share);
	else
		text = xasprintf("%s is starting '%s'", s->to.jid, s->to.share);
	session_note(s, "progress", text);
	free(text);
}

static const struct service_request_events service_request_events = {
	.open = on_request_open,
	.failed = on_request_failed,
	.waiting = on_request_waiting,
};

/*
 * Adds to the request the devices that can be asked. The time in which the others get a path
 * begins when the first of them is found.
 */
static struct target_set add_targets(struct session *s)
{
	const struct sessions *all = s->all;
	uint64_t now = context_now(all->context);
	struct target_set found;

	found = target_set_add(all->context, all->peers,
			       &(struct target_set_wanted){
				       .to = &s->to,
				       .prefer = s->prefer,
				       .kinds = s->transport,
				       .by = s,
			       },
			       s->request);
	if (found.path_wanted && !s->path_until)
		s->path_until = now + PATH_TIMEOUT;
	if (found.path_wanted && now < s->path_until)
		timer_set(&s->timer, s->path_until);
	return found;
}

/* The request fails when all have refused, unless a path is still waited for. */
static void start(struct session *s, bool path_wanted)
{
	const struct sessions *all = s->all;
	uint64_t now = context_now(all->context);

	service_request_start(s->request, path_wanted && now < s->path_until, now);
	for (struct peer *p = all->peers->first; p; p = p->next)
		peer_touch(p);
}

/* Starts the request if a device can be asked. A link that is up needs no server for that. */
static bool ask(struct session *s, struct target_set *found)
{
	s->request = service_request_create(s->service, s->to.share, s->git_protocol,
					    &service_request_events, &session_channel_events, s);
	*found = add_targets(s);
	if (found->asked) {
		s->appeared = count_appearances(s);
		session_enter(s, SESSION_ASKING, "somebody can be asked");
		start(s, found->path_wanted);
		return true;
	}
	service_request_destroy(s->request);
	s->request = NULL;
	return false;
}

/* The request is under way, and the path of another device may have come. */
static void look_further(struct session *s)
{
	struct target_set found;

	if (!s->path_until)
		return;
	found = add_targets(s);
	start(s, found.path_wanted);
}

void session_look(struct session *s)
{
	const struct sessions *all = s->all;
	const struct message *trouble;
	struct target_set found;

	if (s->state == SESSION_ASKING) {
		look_further(s);
		return;
	}
	/* No new device has come: those that were asked would refuse again. */
	if (s->refusal && s->appeared == count_appearances(s)) {
		if (!is_pending(s))
			fail_unseen(s);
		return;
	}
	if (ask(s, &found))
		return;
	trouble = all->ops->trouble(all->owner);
	if (trouble) {
		session_fail_with(s, trouble);
		return;
	}
	if (!all->context->online_at)
		return;
	if (found.path_wanted) {
		tell_path_wanted(s);
		return;
	}
	if (!s->looks)
		ask_buddy(s);
	if (!context_presence_pending(all->context, s->to.jid))
		fail_unseen(s);
}

static void look_again(struct session *s)
{
	if (!is_pending(s) || s->looks++ == LOOKS_MAX)
		fail_unseen(s);
	else
		session_set_timer(s, INQUIRY_PATIENCE);
}

void session_waited(struct session *s)
{
	struct message m = { .id = MSG_NONE };

	if (s->patient) {
		session_look_afresh(s);
		return;
	}
	if (s->state == SESSION_ASKING) {
		look_further(s);
		return;
	}
	if (s->path_until) {
		session_fail(s, MSG_NO_PATH);
		return;
	}
	if (s->looks) {
		look_again(s);
		return;
	}
	s->all->ops->awaited(s->all->owner, &m);
	if (m.id == MSG_NONE)
		session_fail(s, MSG_BUDDY_OFFLINE);
	else
		session_fail_with(s, &m);
}
