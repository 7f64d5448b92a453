/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a device becomes a peer, whose key it has to have, and how it ends. Paths lead nowhere. */
#include "peers.h"

#include <stdlib.h>

#include "acceptor.h"
#include "bounds.h"
#include "hello.h"
#include "log.h"
#include "peer.h"
#include "tap.h"

#define ALICE "alice@x.org"
#define BOB   "bob@x.org"
#define CAROL "carol@x.org"

enum { PATHS = 16 };

struct wire {
	struct path path;		/* first */
	bool over;
};

static uint64_t now = 1000;
static unsigned char chance;
static struct wire wires[PATHS];
static unsigned wire_count;
static unsigned char own[FINGERPRINT_BYTES] = { 9 }, bob[FINGERPRINT_BYTES] = { 1 },
		     other[FINGERPRINT_BYTES] = { 2 };
static char id[DEVICE_ID_LEN + 1];	/* of bob's device */
static struct peers peers;
static struct buf trace;

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

static uint64_t on_now(void *owner)
{
	return now;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, ++chance, n);
}

static const struct context_ops context_ops = { .now = on_now,
						.time = on_now,
						.random = on_random };
static struct context context = { .ops = &context_ops,
				  .jid = ALICE,
				  .self = ALICE,
				  .fp = own,
				  .transport = PATH_MASK_ALL,
				  .path_timeout = LINK_SUSPEND_MAX,
				  .online_at = 1 };

/* Paths. */

static void on_kick(struct path *p)
{
}

static void on_write(struct path *p, const void *data, size_t n)
{
}

static void on_close(struct path *p)
{
	((struct wire *)p)->over = true;
}

static const char *on_jid(const struct path *p)
{
	return BOB "/r";
}

static const struct path_ops path_ops = {
	.kick = on_kick, .write = on_write, .close = on_close, .cut = on_close, .jid = on_jid
};

static struct wire *make_wire(enum path_kind kind, const struct path_events *events, void *owner)
{
	struct wire *w = &wires[wire_count++];

	path_init(&w->path, &path_ops, kind, "a path", events, owner);
	return w;
}

static void on_facts(void *arg, struct connector_facts *out)
{
	*out = (struct connector_facts){ .jid = ALICE "/r" };
}

static void on_candidates(void *arg, const struct pass *pass, struct candidates *out)
{
	*out = (struct candidates){ .allowed = PATH_MASK_ALL };
}

static bool on_has_proxy(void *arg, bool wanted)
{
	return false;
}

static struct path *on_open_inband(void *arg, const char *to, enum ibb_path_standing standing,
				   const struct path_events *events, void *owner)
{
	buf_printf(&trace, "opens a path to %s\n", to);
	return &make_wire(PATH_INBAND, events, owner)->path;
}

static const struct connector_ops connector_ops = {
	.facts = on_facts,
	.candidates = on_candidates,
	.has_proxy = on_has_proxy,
	.open_inband = on_open_inband,
};

/* What is told. */

static void on_made(void *owner, struct peer *p)
{
	buf_printf(&trace, "made\n");
}

static void on_met_key(void *owner, const char *jid, const unsigned char *fp)
{
	buf_printf(&trace, "met a key\n");
}

static void on_doubted(void *owner, const char *full, const char *condition)
{
	buf_printf(&trace, "doubts %s\n", full);
}

static void on_up(void *owner, struct peer *p, bool resumed)
{
	buf_printf(&trace, "up\n");
}

static void on_down(void *owner, struct peer *p)
{
	buf_printf(&trace, "down\n");
}

static void on_ended(void *owner, struct peer *p, const char *reason)
{
	buf_printf(&trace, "ended: %s\n", reason);
}

static void on_rested(void *owner)
{
}

static void on_used(void *owner)
{
	buf_printf(&trace, "%s%s\n", peers.busy ? "busy" : "at rest",
		   peers.worse ? ", on a worse path" : "");
}

static const struct peers_events events = { .made = on_made,
					    .met_key = on_met_key,
					    .doubted = on_doubted,
					    .up = on_up,
					    .down = on_down,
					    .ended = on_ended,
					    .rested = on_rested,
					    .used = on_used };

static void run(uint64_t later)
{
	now += later;
	timers_run(&context.timers, now);
}

/* Ends all, and begins anew with nobody. */
static void begin(void)
{
	peers_end(&peers, "over");
	run(0);
	buf_reset(&trace);
	memset(wires, 0, sizeof(wires));
	wire_count = 0;
}

static void appear_at(const char *full)
{
	struct resource *r;

	presence_available(context.presence, full, id, 1, &r);
}

static void appear(void)
{
	appear_at(BOB "/r");
}

static void who_is_a_peer(void)
{
	struct peer *p;

	begin();
	ok(!peer_want(&peers, BOB, id), "a device that is not there is no peer");
	ok(!peer_is_there(&peers, BOB, id), "for it is not there");
	appear();
	ok(peer_is_there(&peers, BOB, id), "but when its presence came it is");
	presence_other_protocol(context.presence, BOB, id, LINK_PROTOCOL + 1, now);
	ok(!peer_want(&peers, BOB, id), "nor is one that speaks another protocol");
	presence_our_protocol(context.presence, BOB, id);
	trust_mark(context.trust, BOB, MARK_BLOCKED, true, now);
	ok(!peer_want(&peers, BOB, id), "nor one of somebody who is blocked");
	trust_mark(context.trust, BOB, MARK_BLOCKED, false, now);
	p = peer_want(&peers, BOB, id);
	expect("made\nopens a path to " BOB "/r\n", "one that is wanted has a path made to it");
	ok(p && peer_want(&peers, BOB, id) == p, "once");
	ok(!peer_find(&peers, CAROL, id), "the same device in another account is another peer");
	ok(!peers_linked(&peers, BOB, id), "and has no link yet");
	ok(peer_by_token(&peers, connector_pass(p->connector, 1)->token) == p,
	   "it is found by the pass that is told to it");
	ok(!peer_by_token(&peers, "00"), "and by no other");
}

static struct wire *connect_to(const unsigned char *fp)
{
	struct wire *w;

	begin();
	peer_want(&peers, BOB, id);
	w = &wires[0];
	buf_reset(&trace);
	path_established(&w->path, fp);
	return w;
}

/* The device answers our HELLO, as a device of that account. */
static void answer(struct wire *w, const char *jid)
{
	static const uint8_t instance[INSTANCE_BYTES] = { 1 };
	struct link_ends ends = { jid, ALICE };
	struct buf plain = { 0 };

	hello_put(&plain, "new", &ends, instance, NULL, 0);
	path_plain(&w->path, &plain);
	buf_finish(&plain);
}

static void whose_key(void)
{
	struct wire *w = connect_to(other);

	expect("ended: unknown-key\n", "a device that holds another key is not talked to");
	ok(w->over, "and its path is closed");
	w = connect_to(bob);
	expect("", "the right key may go on");
	ok(!w->over && peers.first->path == &w->path, "on this path");
	answer(w, BOB);
	expect("met a key\nup\n", "the link is up when the device has said whose it is");
	w = connect_to(bob);
	answer(w, CAROL);
	expect("ended: not-you\n", "of a device that says it is another's nothing is learnt");
	trust_suspend(context.trust, BOB, now);
	w = connect_to(bob);
	answer(w, BOB);
	expect("met a key\nended: unknown-key\n", "a link comes up for trusted devices only");
	trust_distrust(context.trust, BOB, bob, now);
	w = connect_to(bob);
	expect("ended: unknown-key\n", "a device that is distrusted is not told who we are");
	trust_verify(context.trust, BOB, bob, now);
}

/* The device begins anew, as the same process, while the link is up here. */
static void begins_anew_there(void)
{
	static const struct link_hello hello = { .instance = { 1 }, .link = { 7 } };
	struct buf plain = { 0 };
	struct wire *w;

	own[0] = 0;
	w = connect_to(bob);
	answer(w, BOB);
	run(LINK_COLLISION_MAX);
	buf_reset(&trace);
	peer_take(&peers, BOB, bob, &make_wire(PATH_INBAND, NULL, NULL)->path, &hello, &plain);
	expect("", "a HELLO that may be a late one is refused");
	ok(wires[1].over && !w->over, "and its path closed");
	run(LINK_PROBE_TIMEOUT);
	ok(w->over, "but the path of the link has to show that it works");
	run(LINK_HELLO_TIMEOUT);
	peer_take(&peers, BOB, bob, &make_wire(PATH_INBAND, NULL, NULL)->path, &hello, &plain);
	ok(strstr(buf_str(&trace), "ended: gone\n"), "else the device has its new link");
	own[0] = 9;
}

static void what_fails(void)
{
	begin();
	peer_want(&peers, BOB, id);
	buf_reset(&trace);
	path_over(&wires[0].path, "no");
	expect("doubts " BOB "/r\nended: unreachable\n", "the only attempt that fails is the end");

	begin();
	peer_want(&peers, BOB, id);
	buf_reset(&trace);
	path_over(&wires[0].path, IBB_PATH_UNANSWERED);
	expect("doubts " BOB "/r\n", "unless it had no answer, for a stanza may be lost");
	run(60 * 1000);
	expect("opens a path to " BOB "/r\n", "then it is made again");
	path_over(&wires[1].path, IBB_PATH_UNANSWERED);
	expect("doubts " BOB "/r\nended: unreachable\n", "once");

	begin();
	peer_want(&peers, BOB, id);
	buf_reset(&trace);
	path_over(&wires[0].path, PATH_HANDSHAKE_UNANSWERED);
	run(60 * 1000);
	expect("doubts " BOB "/r\nopens a path to " BOB "/r\n", "or was silent in the handshake");
	path_established(&wires[1].path, bob);
	path_over(&wires[1].path, IBB_PATH_UNKNOWN);
	expect("doubts " BOB "/r\nended: unreachable\n", "which is not repeated without end");

	begin();
	connect_to(bob);
	path_over(&wires[0].path, "it is silent");
	expect("doubts " BOB "/r\nended: unreachable\n",
	       "but a HELLO that may have been heard is not said again");

	begin();
	connect_to(bob);
	path_over(&wires[0].path, IBB_PATH_UNKNOWN);
	run(60 * 1000);
	expect("doubts " BOB "/r\nopens a path to " BOB "/r\n",
	       "unless another process answers, which knows of no such path");
}

static void disappear_from(const char *full)
{
	char device[DEVICE_ID_LEN + 1];

	presence_unavailable(context.presence, full, 1, device);
}

static void disappear(void)
{
	disappear_from(BOB "/r");
	peer_presence(peers.first, false);
}

/* The broker of the device restarts, and has the same JID as before. */
static void who_restarts(void)
{
	begin();
	peer_want(&peers, BOB, id);
	buf_reset(&trace);
	disappear();
	run(0);
	ok(!wires[0].over, "a path under way to a device that is said to be offline goes on");
	expect("", "for the server may have made it up");
	appear();
	peer_presence(peers.first, true);
	run(0);
	ok(wires[0].over, "when the device comes anew, that path leads to nobody");
	expect("opens a path to " BOB "/r\n", "and another one is made at once");

	path_established(&wires[1].path, bob);
	disappear();
	appear();
	peer_presence(peers.first, true);
	run(0);
	ok(!wires[1].over, "a HELLO that was said is not said again meanwhile");
	answer(&wires[1], BOB);
	expect("met a key\nup\n", "and the link comes up");

	begin();
	peer_want(&peers, BOB, id);
	buf_reset(&trace);
	appear_at(BOB "/s");
	peer_presence(peers.first, true);
	run(0);
	ok(wires[0].over, "one under way to where the device was ends when it is elsewhere");
	expect("opens a path to " BOB "/s\n", "though nobody has said that it left");
	disappear_from(BOB "/s");
}

/* A path that bob's device has opened, and said HELLO on. */
static struct wire *take(uint8_t instance, uint8_t link, bool resume)
{
	struct link_hello hello = { .protocol = LINK_PROTOCOL, .resume = resume };
	struct wire *w = make_wire(PATH_DIRECT, NULL, NULL);
	struct buf plain = { 0 };

	memset(hello.instance, instance, sizeof(hello.instance));
	memset(hello.link, link, sizeof(hello.link));
	peer_take(&peers, BOB, bob, &w->path, &hello, &plain);
	return w;
}

static void what_comes(void)
{
	struct wire *first, *second;

	begin();
	second = take(1, 1, true);
	expect("", "a link that we do not know is not resumed");
	ok(second->over && !peers.first, "and makes no peer");
	first = take(1, 1, false);
	expect("made\nup\n", "one that is new is up at once");
	ok(peers_linked(&peers, BOB, id) && !first->over, "on the path that came");
	second = take(1, 1, true);
	expect("down\nup\n", "it is resumed on another path");
	ok(first->over && !second->over, "and the one before is closed");
	take(2, 2, false);
	expect("ended: restarted\nmade\nup\n", "another process has another link");
	ok(second->over, "the path of the old one is closed");
	take(2, 3, false);
	expect("ended: gone\nmade\nup\n", "so has one that lost its side");
}

static void who_dials(void)
{
	struct wire *w;

	begin();
	take(1, 1, false);
	w = make_wire(PATH_DIRECT, NULL, NULL);
	peer_arrived(peers.first, &w->path, other);
	ok(w->over && list_alone(&peers.acceptors), "a pass is for the device it was told to");
	w = make_wire(PATH_DIRECT, NULL, NULL);
	peer_arrived(peers.first, &w->path, bob);
	ok(!w->over && !list_alone(&peers.acceptors), "which says HELLO first");
	peers_end(&peers, "stopped");
	ok(w->over && list_alone(&peers.acceptors) && !peers.first,
	   "what has no link yet ends with the links");
}

static void when_it_ends(void)
{
	char gone[DEVICE_ID_LEN + 1];

	begin();
	take(1, 1, false);
	buf_reset(&trace);
	run(LINK_IDLE_CLOSE - 1);
	ok(peers.first, "a link at rest stays for a while");
	run(1);
	expect("ended: idle\n", "and ends");

	begin();
	take(1, 1, false);
	context.path_timeout = 5000;
	peers_reload(&peers);
	path_over(&wires[0].path, "cut");
	presence_unavailable(context.presence, BOB "/r", now, gone);
	buf_reset(&trace);
	run(4999);
	ok(peers.first, "a link waits for a path as long as the user has said last");
	run(1);
	expect("ended: no-path\n", "and no longer");
	context.path_timeout = LINK_SUSPEND_MAX;

	begin();
	take(1, 1, false);
	path_over(&wires[0].path, "cut");
	buf_reset(&trace);
	peers_online(&peers, false);
	run(ABSENCE_RETURN);
	ok(peers.first, "while we are offline nobody is taken for absent");
	peers_online(&peers, true);
	run(ABSENCE_RETURN - 1);
	ok(peers.first, "when we are back, others have their time to come back");
	run(1);
	expect("ended: offline\n", "and are gone if they do not");
}

static void on_refused(void *owner, struct negotiation *neg, const char *reason)
{
}

/* Something is open on the link. */
static struct negotiation *open_something(void)
{
	static const struct initiator_events none = { .refused = on_refused };
	static const uint8_t neg_id[NEG_ID_BYTES] = { 7 };
	struct negotiation *neg =
		peers_ops.announce(peers.first, neg_id, "share", "", 0, &none, NULL);

	peer_touch(peers.first);
	return neg;
}

static void how_it_is_used(void)
{
	struct negotiation *neg;
	struct wire *w;

	appear();
	w = connect_to(bob);
	answer(w, BOB);
	buf_reset(&trace);
	neg = open_something();
	expect("busy, on a worse path\n", "a link that is busy in-band needs a better path");
	peers_ops.withdraw(neg, "cancelled");
	peer_touch(peers.first);
	expect("at rest\n", "when nothing is open on it, it needs none");

	begin();
	take(1, 1, false);
	buf_reset(&trace);
	open_something();
	expect("busy\n", "a link on a direct path needs none either");
	peer_end(peers.first, "over");
	ok(!peers.busy && !peers.worse, "one that has ended is not counted");
}

int main(void)
{
	bool met;

	log_set_level(LOG_ERROR);
	timers_init(&context.timers);
	context.presence = presence_create();
	context.trust = trust_create();
	context.blocked = blocklist_create();
	peers_init(&peers, &context);
	peers.events = &events;
	peers.connectors.ops = &connector_ops;
	device_id_of(bob, id);
	presence_roster_item(context.presence, BOB, SUBSCRIPTION_BOTH, false, false);
	presence_roster_item(context.presence, CAROL, SUBSCRIPTION_BOTH, false, false);
	trust_observe(context.trust, BOB, bob, now, &met);
	trust_verify(context.trust, BOB, bob, now);
	who_is_a_peer();
	whose_key();
	begins_anew_there();
	what_fails();
	who_restarts();
	what_comes();
	who_dials();
	when_it_ends();
	how_it_is_used();
	begin();
	timers_finish(&context.timers);
	peers_finish(&peers);
	blocklist_destroy(context.blocked);
	presence_destroy(context.presence);
	trust_destroy(context.trust);
	buf_finish(&trace);
	return tap_done();
}
