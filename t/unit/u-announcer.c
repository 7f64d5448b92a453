/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the announcer does is written to a trace in words, which is compared. There is one link,
 * which is as a test wants it, and one telling at a time, and each test says how that ends.
 */
#include "announcer.h"

#include <stdlib.h>

#include "alloc.h"
#include "announcements.h"
#include "buf.h"
#include "log.h"
#include "negotiation.h"
#include "peer.h"
#include "tap.h"

#define BOB "bob@example.org"

struct refwatch {
	struct refwatch *next;
	announcer_moved_fn *moved;
	void *owner;
	char *path;			/* owned */
};

struct refs_read {
	announcer_tips_fn *done;
	void *owner;
};

static struct buf trace;
static uint64_t now;
static struct context context;
static struct peers peers;
static struct peer link_to_bob;
static bool reachable;			/* a peer for him can be made */
static struct refwatch *watches;
static struct refs_read reading;
static const struct initiator_events *telling;	/* NULL: none is under way */
static void *telling_owner;
static const unsigned char key[FINGERPRINT_BYTES] = { 1 };
static char device[DEVICE_ID_LEN + 1];

static uint64_t on_now(void *owner)
{
	return now;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, 7, n);
}

static const struct context_ops context_ops = {
	.now = on_now,
	.time = on_now,
	.random = on_random,
};

static struct peer *on_find(const struct peers *all, const char *jid, const char *of)
{
	return reachable ? &link_to_bob : NULL;
}

static struct peer *on_want(struct peers *all, const char *jid, const char *of)
{
	buf_printf(&trace, "want\n");
	return reachable ? &link_to_bob : NULL;
}

static struct negotiation *on_announce(struct peer *p, const uint8_t id[NEG_ID_BYTES],
				       const char *share, const void *tips, size_t len,
				       const struct initiator_events *events, void *owner)
{
	buf_printf(&trace, "tell %s %.*s\n", share, (int)len, (const char *)tips);
	telling = events;
	telling_owner = owner;
	/* Nobody looks inside. */
	return (struct negotiation *)&telling;
}

static void on_withdraw(struct negotiation *neg, const char *reason)
{
	buf_printf(&trace, "withdraw %s\n", reason);
	telling = NULL;
}

static const struct peers_ops one_link = {
	.find = on_find,
	.want = on_want,
	.announce = on_announce,
	.withdraw = on_withdraw,
};

static struct refwatch *on_watch(void *arg, const char *path, announcer_moved_fn *moved,
				 void *owner)
{
	struct refwatch *w = xcalloc(1, sizeof(*w));

	*w = (struct refwatch){ watches, moved, owner, xstrdup(path) };
	watches = w;
	buf_printf(&trace, "watch %s\n", path);
	return w;
}

static void on_unwatch(void *arg, struct refwatch *watch)
{
	struct refwatch **at = &watches;

	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	buf_printf(&trace, "unwatch %s\n", watch->path);
	free(watch->path);
	free(watch);
}

static struct refs_read *on_read(void *arg, const char *path, announcer_tips_fn *done,
				 void *owner)
{
	reading = (struct refs_read){ done, owner };
	buf_printf(&trace, "read %s\n", path);
	return &reading;
}

static void on_cancel(void *arg, struct refs_read *read)
{
	reading.done = NULL;
	buf_printf(&trace, "cancel\n");
}

static const struct announcer_ops ops = {
	.watch = on_watch,
	.unwatch = on_unwatch,
	.read = on_read,
	.cancel = on_cancel,
};

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

static void share(const char *name, const char *path, bool allow)
{
	struct share *s = policy_share(context.policy, name);

	share_set_path(s, path);
	if (allow)
		share_allow(s, BOB, false);
}

/* BOB is a buddy with one trusted device, whose link is up. */
static struct announcer *begin(void)
{
	bool changed;

	context = (struct context){ .ops = &context_ops, .jid = "alice@example.org" };
	timers_init(&context.timers);
	context.policy = policy_create(context.jid);
	context.trust = trust_create();
	context.presence = presence_create();
	context.blocked = blocklist_create();
	presence_roster_item(context.presence, BOB, SUBSCRIPTION_BOTH, false, false);
	trust_observe(context.trust, BOB, key, now / 1000, &changed);
	trust_verify(context.trust, BOB, key, 100);
	device_id_of(key, device);
	share("project", "/project", true);
	reachable = true;
	link_to_bob.link.state = LINK_UP;
	memset(link_to_bob.link.peer_instance, 1, INSTANCE_BYTES);
	telling = NULL;
	reading.done = NULL;
	peers.ops = &one_link;
	return announcer_create(&context, &peers, &ops, NULL);
}

static void end(struct announcer *a)
{
	announcer_destroy(a);
	ok(!watches && !reading.done && !telling, "nothing is left under way");
	is_int(timers_next(&context.timers) == UINT64_MAX, 1, "no timer is left");
	timers_finish(&context.timers);
	policy_destroy(context.policy);
	trust_destroy(context.trust);
	presence_destroy(context.presence);
	blocklist_destroy(context.blocked);
	buf_reset(&trace);
}

static void run(uint64_t ms)
{
	uint64_t until = now + ms;

	while (timers_next(&context.timers) <= until) {
		if (timers_next(&context.timers) > now)
			now = timers_next(&context.timers);
		timers_run(&context.timers, now);
	}
	now = until;
}

static void moved(void)
{
	watches->moved(watches->owner);
	run(ANNOUNCE_DEBOUNCE);
}

static void read_as(const char *tips, const char *error)
{
	announcer_tips_fn *done = reading.done;

	reading.done = NULL;
	done(reading.owner, tips, tips ? strlen(tips) : 0, error);
}

static void seen(void)
{
	const struct initiator_events *events = telling;

	telling = NULL;
	events->seen(telling_owner);
}

static void refused(void)
{
	const struct initiator_events *events = telling;

	telling = NULL;
	events->refused(telling_owner, NULL, "no");
}

static void met(struct announcer *a)
{
	announcer_device_online(a, BOB, device);
	announcer_met(a, BOB, device, link_to_bob.link.peer_instance);
}

static void t_reading(void)
{
	struct announcer *a = begin();

	expect("watch /project\n", "a share is watched");
	moved();
	expect("read /project\n", "refs that moved are read");
	moved();
	expect("cancel\nread /project\n", "what moved while they are read is not missed");
	read_as(NULL, "it is not there");
	expect("", "what cannot be read");
	run(2 * ANNOUNCE_RETRY_FIRST);
	expect("read /project\n", "is read again");
	read_as("one", NULL);
	met(a);
	expect("want\ntell project one\n", "who is there is told");
	seen();
	run(3600 * 1000);
	expect("", "once");
	moved();
	end(a);
}

static void t_permitted(void)
{
	struct announcer *a;

	a = begin();
	share("secret", "/secret", false);
	announcer_reload(a);
	expect("watch /project\nwatch /secret\n", "a share that is new is watched too");
	met(a);
	moved();
	read_as("hidden", NULL);
	run(10 * 1000);
	expect("read /secret\n", "who may not fetch is not told");
	share("secret", "/secret", true);
	announcer_reload(a);
	expect("want\ntell secret hidden\n", "until they may");
	seen();
	trust_distrust(context.trust, BOB, key, 100);
	moved();
	read_as("more", NULL);
	run(10 * 1000);
	expect("read /secret\n", "nor is a device that is not trusted");
	end(a);
}

static void t_reload(void)
{
	struct announcer *a = begin();

	announcer_reload(a);
	moved();
	expect("watch /project\nread /project\n", "a reload that changes nothing ends nothing");
	share("project", "/elsewhere", true);
	announcer_reload(a);
	expect("unwatch /project\ncancel\nwatch /elsewhere\n", "a share that moved is another one");
	policy_destroy(context.policy);
	context.policy = policy_create(context.jid);
	announcer_reload(a);
	expect("unwatch /elsewhere\n", "one that is gone is not watched");
	end(a);
}

static void t_failures(void)
{
	struct announcer *a = begin();

	moved();
	read_as("one", NULL);
	met(a);
	buf_reset(&trace);
	refused();
	expect("", "a telling that failed is not begun again within the call");
	run(0);
	expect("", "nor at once");
	run(2 * ANNOUNCE_RETRY_FIRST);
	expect("want\ntell project one\n", "but after a pause");
	refused();
	reachable = false;
	run(3 * ANNOUNCE_RETRY_FIRST);
	expect("want\n", "no link can be made: that failed too");
	run(5 * ANNOUNCE_RETRY_FIRST);
	expect("want\n", "and is tried again");
	reachable = true;
	run(100 * ANNOUNCE_RETRY_FIRST);
	expect("want\ntell project one\n", "until it can be");
	end(a);
}

static void t_restarted(void)
{
	struct announcer *a = begin();

	moved();
	read_as("one", NULL);
	met(a);
	seen();
	buf_reset(&trace);
	announcer_lost(a, BOB, device);
	expect("", "a link that ended is not looked at within the call");
	announcer_lost(a, BOB, device);
	run(0);
	expect("", "a link is up again, with the same process: nothing is told");
	memset(link_to_bob.link.peer_instance, 2, INSTANCE_BYTES);
	announcer_lost(a, BOB, device);
	run(0);
	expect("want\ntell project one\n", "another process is told");
	seen();
	link_to_bob.link.state = LINK_IDLE;
	announcer_lost(a, BOB, device);
	run(10 * 60 * 1000);
	ok(strstr(buf_str(&trace), "want") != NULL, "where no link is up one is made");
	ok(!strstr(buf_str(&trace), "tell"), "and nothing told before it is known who is there");
	end(a);
}

/* The announcer learns of a link that was up already when it asked for one. */
static void t_met_already(void)
{
	struct announcer *a = begin();

	moved();
	read_as("one", NULL);
	met(a);
	seen();
	announcer_device_offline(a, BOB, device);
	buf_reset(&trace);
	announcer_device_online(a, BOB, device);
	expect("want\n", "who appears is met");
	run(0);
	expect("", "they are the same process, which has seen everything");
	memset(link_to_bob.link.peer_instance, 3, INSTANCE_BYTES);
	announcer_device_offline(a, BOB, device);
	announcer_device_online(a, BOB, device);
	run(0);
	expect("want\nwant\ntell project one\n", "or another one, which has not");
	announcer_destroy(NULL);
	announcer_reload(NULL);
	announcer_lost(NULL, BOB, device);
	buf_reset(&trace);
	announcer_destroy(a);
	expect("withdraw cancelled\nunwatch /project\n",
	       "the end of all withdraws what is under way");
	timers_finish(&context.timers);
	policy_destroy(context.policy);
	trust_destroy(context.trust);
	presence_destroy(context.presence);
	blocklist_destroy(context.blocked);
}

static unsigned count_watches(void)
{
	unsigned count = 0;

	for (const struct refwatch *w = watches; w; w = w->next)
		count++;
	return count;
}

static void t_too_many(void)
{
	struct announcer *a = begin();
	char name[SHARE_NAME_MAX];

	for (unsigned i = 1; i <= SHARES_MAX; i++) {
		snprintf(name, sizeof(name), "share%u", i);
		share(name, "/share", false);
	}
	announcer_reload(a);
	is_int(count_watches(), SHARES_MAX, "shares beyond the bound are not watched");
	end(a);
}

int main(void)
{
	log_set_level(LOG_ERROR);
	t_reading();
	t_permitted();
	t_reload();
	t_failures();
	t_restarted();
	t_met_already();
	t_too_many();
	buf_finish(&trace);
	return tap_done();
}
