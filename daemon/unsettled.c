/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *   ASKING    the device has told                 -> gone, in the journal
 *             it was not there                    -> WAITING, "unknown" in the journal
 *             it does not know (it was restarted) -> LOOKING, "unknown" in the journal
 *   WAITING   the device is online                -> ASKING
 *   LOOKING   "git ls-remote" has told            -> gone, in the journal
 *             it could not                        -> WAITING, not before LOOK_PAUSE is over
 *
 * "unknown" is said once.
 */
#include "unsettled.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "lostpush.h"
#include "negotiation.h"
#include "presence.h"
#include "transferlog.h"

enum { LOOK_PAUSE = 60 * 1000 };	/* ms */

enum unsettled_state { UNSETTLED_ASKING, UNSETTLED_WAITING, UNSETTLED_LOOKING };

struct entry {
	struct entry *next;
	struct unsettled *all;
	enum unsettled_state state;
	char *jid, *share, *path, *reason;	/* owned */
	char device[DEVICE_ID_LEN + 1], id[NEG_ID_LEN + 1];
	uint64_t sent, received;
	struct witness witness;
	struct lost_push *question;	/* owned while ASKING */
	struct gitrun *look;		/* owned while LOOKING */
	uint64_t look_at;		/* ms; not before */
	bool told;			/* the journal says that it is unknown */
};

struct unsettled {
	struct broker *broker;		/* borrowed */
	struct gitrun_host host;
	struct entry *first;		/* owned, oldest first */
	unsigned count;
};

static void enter(struct entry *e, enum unsettled_state state, const char *because)
{
	static const char *const names[] = { "asking", "waiting", "looking" };

	log_debug("push %.8s to %s/%s: %s -> %s, %s", e->id, e->jid, e->share, names[e->state], names[state], because);
	e->state = state;
}

static void forget(struct entry *e)
{
	struct entry **at = &e->all->first;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	e->all->count--;
	lost_push_destroy(e->question);
	gitrun_destroy(e->look);
	witness_finish(&e->witness);
	free(e->jid);
	free(e->share);
	free(e->path);
	free(e->reason);
	free(e);
}

static void say(const struct entry *e, const char *note)
{
	transferlog_add(&(struct transfer){
		.jid = e->jid,
		.share = e->share,
		.service = SERVICE_RECEIVE_PACK,
		.sent = e->sent,
		.received = e->received,
		.path = e->path,
		.witness = &e->witness,
		.reason = e->reason,
		.note = note,
	});
}

static void say_unknown(struct entry *e)
{
	if (!e->told)
		say(e, NULL);
	e->told = true;
}

static void settle(struct entry *e, const char *note)
{
	log_info("what became of a push to %s/%s is known", e->jid, e->share);
	say(e, note);
	forget(e);
}

static void on_rest(void *owner, const void *data, size_t n)
{
	struct entry *e = owner;

	e->received += n;
	witness_answers(&e->witness, data, n);
}

static void on_exited(void *owner, uint32_t status)
{
	struct entry *e = owner;

	witness_exited(&e->witness, status);
	settle(e, e->told ? "asked for later" : NULL);
}

static void on_looked(void *owner, int status, const char *output, const char *error)
{
	struct entry *e = owner;

	e->look = NULL;
	if (status == 0 && witness_sees_refs(&e->witness, output)) {
		settle(e, "by the refs that are there");
		return;
	}
	e->look_at = broker_now(e->all->broker) + LOOK_PAUSE;
	enter(e, UNSETTLED_WAITING, status == 0 ? "the refs do not tell" : error);
}

/* Whoever served it has forgotten it. */
static void look(struct entry *e)
{
	size_t len = strlen(e->share);
	/* One such ending of an address is dropped when it is read. */
	bool dropped = len > 4 && !strcmp(e->share + len - 4, ".git");
	char *url = xasprintf("xmpp::%s/%s%s", e->jid, e->share, dropped ? ".git" : "");
	const char *const args[] = { "ls-remote", "-q", "--", url, NULL };
	const struct gitrun_task task = { .args = args, .git_dir = "/", .directory = "/", .only_reads = true };

	enter(e, UNSETTLED_LOOKING, "the device does not know");
	e->look = gitrun_start(&e->all->host, &task, on_looked, e);
	free(url);
}

static void on_unknown(void *owner, bool answered)
{
	struct entry *e = owner;

	lost_push_destroy(e->question);
	e->question = NULL;
	say_unknown(e);
	if (answered)
		look(e);
	else
		enter(e, UNSETTLED_WAITING, "the device is not there");
}

static const struct lost_push_events lost_push_events = {
	.rest = on_rest,
	.exited = on_exited,
	.unknown = on_unknown,
};

static void ask(struct entry *e)
{
	e->question = lost_push_create(e->all->broker, e->jid, e->device, e->id, e->received, &lost_push_events, e);
}

struct unsettled *unsettled_create(struct broker *b, const struct gitrun_host *host)
{
	struct unsettled *u = xcalloc(1, sizeof(*u));

	u->broker = b;
	u->host = *host;
	return u;
}

void unsettled_add(struct unsettled *u, const struct unsettled_push *push)
{
	struct entry *e, **last;

	if (!u) {
		witness_finish(push->witness);
		return;
	}
	if (u->count == UNSETTLED_MAX)
		forget(u->first);
	e = xcalloc(1, sizeof(*e));
	e->all = u;
	e->jid = xstrdup(push->jid);
	e->share = xstrdup(push->share);
	e->path = xstrdup(push->path);
	e->reason = xstrdup(push->reason);
	snprintf(e->device, sizeof(e->device), "%s", push->device);
	snprintf(e->id, sizeof(e->id), "%s", push->id);
	e->sent = push->sent;
	e->received = push->received;
	e->witness = *push->witness;
	witness_init(push->witness, SERVICE_RECEIVE_PACK);
	for (last = &u->first; *last; last = &(*last)->next)
		continue;
	*last = e;
	u->count++;
	if (push->asked) {
		e->state = UNSETTLED_WAITING;
		say_unknown(e);
	} else {
		ask(e);
	}
}

void unsettled_wake(struct unsettled *u)
{
	for (struct entry *e = u ? u->first : NULL; e; e = e->next) {
		if (e->state != UNSETTLED_WAITING || broker_now(u->broker) < e->look_at ||
		    !presence_device(u->broker->presence, e->jid, e->device))
			continue;
		enter(e, UNSETTLED_ASKING, "the device is there");
		ask(e);
	}
}

void unsettled_destroy(struct unsettled *u)
{
	if (!u)
		return;
	while (u->first) {
		say_unknown(u->first);
		forget(u->first);
	}
	free(u);
}
