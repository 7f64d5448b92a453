/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "acceptor.h"
#include "alloc.h"
#include "comparison.h"
#include "digest.h"
#include "hello.h"
#include "hex.h"
#include "meeting.h"
#include "path.h"
#include "peers.h"
#include "tap.h"

/*
 * Two brokers, or one and a test that speaks for the other, over wires that carry plaintext.
 * What TLS would prove is written into the wire.
 */

enum { WIRES = 128 };

struct side {
	struct context context;
	struct peers peers;
	struct comparisons *comparisons;
	unsigned char fp[FINGERPRINT_BYTES];
	char device[DEVICE_ID_LEN + 1];
	char jid[64], full[128];
	unsigned begun, same, different, met, over;
	char ended[64];			/* why the last meeting ended */
	unsigned ends;
};

struct wire;

struct end {
	struct path path;
	struct wire *wire;
	struct side *side;		/* NULL: the test speaks */
	struct buf in;			/* for this end */
	unsigned char fp[FINGERPRINT_BYTES];	/* its key */
	const char *far;		/* full JID of the other end */
	bool kicked;
};

struct wire {
	struct end end[2];		/* opener, answerer */
	unsigned char secret;		/* of TLS */
	bool offered, established, used;
};

static uint64_t now;
static uint64_t seed;
static struct wire wires[WIRES];
static unsigned wires_count;
static struct side alice, bob;
static const char *sid_said = "";	/* of the bytestreams that are opened */
static const char *kind_said;		/* NULL: handlers of this test keep quiet */

static uint64_t on_now(void *owner)
{
	return now;
}

static uint64_t on_time(void *owner)
{
	return 1000000 + now / 1000;
}

static void on_random(void *owner, void *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		((unsigned char *)out)[i] = (unsigned char)(seed >> 56);
	}
}

static const struct context_ops context_ops = {
	.now = on_now, .time = on_time, .random = on_random,
};

static void on_kick(struct path *path)
{
	((struct end *)path)->kicked = true;
}

static struct end *other(struct end *e)
{
	return &e->wire->end[e == &e->wire->end[0]];
}

static void on_write(struct path *path, const void *data, size_t n)
{
	buf_append(&other((struct end *)path)->in, data, n);
}

static void on_close(struct path *path)
{
}

static void on_cut(struct path *path)
{
	buf_reset(&other((struct end *)path)->in);
}

static bool on_unsent(const struct path *path)
{
	return false;
}

static const char *on_jid(const struct path *path)
{
	return ((const struct end *)path)->far;
}

static bool on_exporter(const struct path *path, const char *label, unsigned char *out, size_t n)
{
	memset(out, ((const struct end *)path)->wire->secret, n);
	return !strcmp(label, "EXPORTER-git-xmpp-meet");
}

static const struct path_ops path_ops = {
	.kick = on_kick,
	.write = on_write,
	.close = on_close,
	.cut = on_cut,
	.unsent = on_unsent,
	.jid = on_jid,
	.exporter = on_exporter,
};

static struct wire *wire_new(const struct end *opener, const struct end *answerer)
{
	struct wire *w = &wires[wires_count++ % WIRES];

	buf_finish(&w->end[0].in);
	buf_finish(&w->end[1].in);
	*w = (struct wire){ .secret = (unsigned char)wires_count, .used = true };
	w->end[0] = *opener;
	w->end[1] = *answerer;
	w->end[0].wire = w->end[1].wire = w;
	w->end[0].far = answerer->side ? answerer->side->full : "eve@x.org/git";
	w->end[1].far = opener->side ? opener->side->full : "eve@x.org/git";
	return w;
}

static struct end end_of(struct side *s)
{
	struct end e = { .side = s };

	memcpy(e.fp, s->fp, sizeof(e.fp));
	return e;
}

static struct end raw_end(unsigned char key)
{
	struct end e = { .side = NULL };

	memset(e.fp, key, sizeof(e.fp));
	return e;
}

static unsigned char raw_key = 0x40;

static struct path *on_open(void *arg, const char *to, enum ibb_path_standing standing,
			    const struct path_events *events, void *owner)
{
	struct side *s = arg;
	struct end opener = end_of(s), answerer = raw_end(raw_key);
	struct wire *w;

	if (!strcmp(to, alice.full))
		answerer = end_of(&alice);
	else if (!strcmp(to, bob.full))
		answerer = end_of(&bob);
	w = wire_new(&opener, &answerer);
	path_init(&w->end[0].path, &path_ops, PATH_INBAND, "in-band", events, owner);
	return &w->end[0].path;
}

static struct path *on_accept(void *arg, const void *offer, enum ibb_path_standing standing,
			      const struct path_events *events, void *owner)
{
	struct wire *w = (struct wire *)offer;

	path_init(&w->end[1].path, &path_ops, PATH_INBAND, "in-band", events, owner);
	return &w->end[1].path;
}

static bool on_may_answer(void *arg, const char *bare)
{
	return true;
}

static const struct connector_ops connector_ops = { .open_inband = on_open };

static void on_met_key(void *owner, const char *jid, const unsigned char *fp)
{
	struct side *s = owner;
	bool changed;

	s->met++;
	trust_observe(s->context.trust, jid, fp, on_time(NULL), &changed);
}

static void on_met_at(void *owner, const char *full, const char *device)
{
}

static void on_doubted(void *owner, const char *full, const char *condition)
{
}

static const struct peers_events peers_events = {
	.met_key = on_met_key,
	.met_at = on_met_at,
	.doubted = on_doubted,
};

static void on_begun(void *owner, const char *jid, const unsigned char *fp)
{
	((struct side *)owner)->begun++;
}

static void on_told(void *owner, const char *jid, const unsigned char *fp, bool same)
{
	struct side *s = owner;

	s->same += same;
	s->different += !same;
}

static void on_over(void *owner, const char *jid, const unsigned char *fp)
{
	((struct side *)owner)->over++;
}

static const struct comparison_events comparison_events = {
	.begun = on_begun, .told = on_told, .over = on_over,
};

/* A kind of this test: it counts, and answers what asks for that. */
static void on_up(void *owner, struct meeting *m)
{
	struct buf fields = { 0 };

	if (kind_said)
		meeting_say(m, kind_said, &fields);
}

static const char *on_heard(void *owner, struct meeting *m, struct fields f)
{
	const char *does = fields_get(f, "does");

	if (does && !strcmp(does, "end"))
		meeting_end(m, "done");
	return does && !strcmp(does, "fault") ? "does: something else" : NULL;
}

static void on_ended(void *owner, struct meeting *m, const char *reason)
{
	struct side *s = owner;

	s->ends++;
	snprintf(s->ended, sizeof(s->ended), "%s", reason);
}

static const struct meeting_kind test_kind = {
	.name = "test", .up = on_up, .heard = on_heard, .ended = on_ended,
};

static void side_init(struct side *s, const char *name, unsigned char key)
{
	*s = (struct side){ .begun = 0 };
	snprintf(s->jid, sizeof(s->jid), "%s@x.org", name);
	snprintf(s->full, sizeof(s->full), "%s@x.org/git", name);
	memset(s->fp, key, sizeof(s->fp));
	device_id_of(s->fp, s->device);
	s->context = (struct context){
		.ops = &context_ops, .digests = &openssl_digests, .jid = s->jid, .fp = s->fp,
		.trust = trust_create(), .presence = presence_create(),
		.blocked = blocklist_create(), .online_at = 1, .owner = s,
	};
	snprintf(s->context.self, sizeof(s->context.self), "%s", s->jid);
	timers_init(&s->context.timers);
	peers_init(&s->peers, &s->context);
	s->peers.events = &peers_events;
	s->peers.owner = s;
	s->peers.connectors.ops = &connector_ops;
	s->peers.connectors.arg = s->peers.arg = s;
	s->peers.may_answer = on_may_answer;
	s->peers.accept_inband = on_accept;
	s->comparisons = comparisons_create(&s->peers.meetings, &comparison_events, s);
	meetings_add_kind(&s->peers.meetings, &test_kind, s);
}

static void side_finish(struct side *s)
{
	peers_end(&s->peers, "stopped");
	comparisons_destroy(s->comparisons);
	timers_run(&s->context.timers, now);
	peers_finish(&s->peers);
	timers_finish(&s->context.timers);
	presence_destroy(s->context.presence);
	blocklist_destroy(s->context.blocked);
	trust_destroy(s->context.trust);
}

/* Each sees the other's presence; nobody trusts anybody. */
static void see(struct side *s, const char *jid, const char *full, const char *device)
{
	struct resource *r;

	presence_roster_item(s->context.presence, jid, SUBSCRIPTION_BOTH, false, false);
	presence_available(s->context.presence, full, device, on_time(NULL), &r);
}

static void carry(struct wire *w)
{
	for (unsigned i = 0; i < 2; i++) {
		struct end *e = &w->end[i], *far = other(e);

		if (!e->side)
			continue;
		if (!e->path.over && e->kicked) {
			e->kicked = false;
			path_fill(&e->path, &far->in, 100000);
		}
		if (!e->path.over && buf_len(&e->in))
			path_plain(&e->path, &e->in);
		if (!e->path.over && far->side && far->path.over)
			path_over(&e->path, "closed by the other side");
	}
}

/* Carries all that is on its way, and lets the timers run. */
static void pump(void)
{
	for (unsigned turn = 0; turn < 30; turn++) {
		for (unsigned i = 0; i < WIRES; i++) {
			struct wire *w = &wires[i];
			struct end *to = &w->end[1];

			if (!w->used)
				continue;
			if (!w->offered) {
				w->offered = true;
				if (to->side && acceptor_offered(&to->side->peers, to->far,
								 sid_said, w) != GREETING_TAKEN)
					w->used = false;
				continue;
			}
			if (!w->established) {
				w->established = true;
				if (to->side)
					path_established(&to->path, w->end[0].fp);
				if (w->end[0].side)
					path_established(&w->end[0].path, to->fp);
			}
			carry(w);
		}
		if (alice.context.ops)
			timers_run(&alice.context.timers, now);
		if (bob.context.ops)
			timers_run(&bob.context.timers, now);
	}
}

static void begin(void)
{
	for (unsigned i = 0; i < WIRES; i++)
		wires[i].used = false;
	side_init(&alice, "alice", 0x10);
	side_init(&bob, "bob", 0x20);
	see(&alice, bob.jid, bob.full, bob.device);
	see(&bob, alice.jid, alice.full, alice.device);
	kind_said = NULL;
}

static void end(void)
{
	side_finish(&alice);
	side_finish(&bob);
	for (unsigned i = 0; i < WIRES; i++) {
		buf_finish(&wires[i].end[0].in);
		buf_finish(&wires[i].end[1].in);
	}
}

/* What the test says, and sees, at the end that it has. */

static void say_record(struct end *to, enum record_type type, const char *const *pairs)
{
	struct buf payload = { 0 };

	for (; pairs && *pairs; pairs += 2)
		fields_add(&payload, pairs[0], pairs[1]);
	record_put(&to->in, type, record_type_numbered(type) ? 1 : 0, buf_data(&payload),
		   buf_len(&payload));
	buf_finish(&payload);
	pump();
}

#define SAY(to, ...) say_record(to, RECORD_MEET, (const char *const[]){ __VA_ARGS__, NULL })

/* Takes the next record that came to the test's end. */
static enum record_type hear(struct end *at, const char *key, char *value, size_t room)
{
	struct record record;
	long size = record_parse(buf_data(&at->in), buf_len(&at->in), &record);
	struct fields f = { (const char *)record.payload, record.len };
	const char *found;

	*value = '\0';
	if (size <= 0)
		return 0;
	found = fields_get(f, key);
	snprintf(value, room, "%s", found ? found : "");
	buf_consume(&at->in, (size_t)size);
	return record.type;
}

static bool hears(struct end *at, enum record_type type, const char *key, const char *expected)
{
	char value[128];
	enum record_type came = hear(at, key, value, sizeof(value));

	if (came == type && !strcmp(value, expected))
		return true;
	printf("# came %s %s=%s\n", record_type_name(came), key, value);
	return false;
}

static void say_hello(struct end *to, const char *state, const char *from, bool opener)
{
	static const uint8_t instance[INSTANCE_BYTES], id[LINK_ID_BYTES];
	struct link_ends ends = { from, to->side->jid };

	hello_put(&to->in, state, &ends, instance, opener ? id : NULL, 0);
	pump();
}

/* Eve, whom the test speaks for, opens a path to bob. Returns his end. */
static struct end *eve_opens(struct side *s, unsigned char key)
{
	struct end opener = raw_end(key), answerer = end_of(s);
	struct wire *w = wire_new(&opener, &answerer);

	pump();
	return &w->end[1];
}

static struct end *eve_meets(struct side *s, unsigned char key)
{
	struct end *e = eve_opens(s, key);

	say_hello(e, "meet", "eve@x.org", true);
	ok(hears(other(e), RECORD_HELLO, "state", "meet"), "HELLO meet is answered by HELLO meet");
	return e;
}

static void know_eve(struct side *s, unsigned char key)
{
	unsigned char fp[FINGERPRINT_BYTES];
	char device[DEVICE_ID_LEN + 1];

	memset(fp, key, sizeof(fp));
	device_id_of(fp, device);
	see(s, "eve@x.org", "eve@x.org/git", device);
}

static struct comparison_view look(const struct side *s, const struct side *at)
{
	return comparison_look(s->comparisons, at->jid, at->device);
}

static unsigned meetings_of(struct side *s)
{
	const struct list *all = &s->peers.meetings.list;
	unsigned n = 0;

	for (const struct list *r = all->next; r != all; r = r->next)
		n++;
	return n;
}

/* The tests */

static void test_opening(void)
{
	char value[64];
	struct end *e;

	begin();
	know_eve(&bob, 0x40);
	e = eve_meets(&bob, 0x40);
	is_int(bob.met, 1, "the key is noted, so that the user can decide about it");
	is_int(trust_lookup(bob.context.trust, "eve@x.org", other(e)->fp), TRUST_PENDING,
	       "and gives no right");
	is_int(meetings_of(&bob), 1, "there is a meeting");
	SAY(e, "kind", "unheard-of");
	ok(hears(other(e), RECORD_MEET, "state", "unsupported"), "an unknown kind is answered");
	SAY(e, "kind", "unheard-of", "state", "unsupported");
	is_int(hear(other(e), "kind", value, sizeof(value)), 0, "but such an answer is not");
	SAY(e, "kind", "test", "does", "end");
	ok(hears(other(e), RECORD_BYE, "reason", "done"), "a handler may end it from inside");
	ok(e->path.over && meetings_of(&bob) == 0, "then the path is closed");
	e = eve_meets(&bob, 0x40);
	say_record(e, RECORD_BYE, (const char *const[]){ "reason", "enough", NULL });
	is_str(bob.ended, "enough", "BYE ends it, and its reason is told");
	end();
}

static void test_refusals(void)
{
	static const enum record_type others[] = {
		RECORD_HELLO, RECORD_ACK, RECORD_PING, RECORD_CAN_PUSH, RECORD_PUSH_REQUEST,
		RECORD_CANDIDATES, RECORD_DATA, RECORD_SKIPPED,
	};
	static const char *const faults[][4] = {
		{ "no-kind", "1", NULL, NULL },
		{ "kind", "Not A Word", NULL, NULL },
		{ "kind", "", NULL, NULL },
		{ "kind", "test", "does", "fault" },
	};
	struct end *e;

	begin();
	know_eve(&bob, 0x40);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		e = eve_meets(&bob, 0x40);
		say_record(e, others[i], NULL);
		ok(hears(other(e), RECORD_BYE, "reason", "protocol") && e->path.over,
		   "%s has no place in a meeting", record_type_name(others[i]));
	}
	e = eve_meets(&bob, 0x40);
	say_record(e, RECORD_SKIPPED_PATH, NULL);
	is_int(meetings_of(&bob), 1, "what a later version may say is skipped");
	for (unsigned i = 0; i < MEETING_RECORDS_MAX; i++)
		SAY(e, "kind", "test");
	is_int(meetings_of(&bob), 1, "as many records as may come");
	SAY(e, "kind", "test");
	is_int(meetings_of(&bob), 0, "one more ends it");
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		const char *const pairs[] = { faults[i][0], faults[i][1], faults[i][2],
					      faults[i][3], NULL };

		e = eve_meets(&bob, 0x40);
		say_record(e, RECORD_MEET, pairs);
		is_str(bob.ended, "protocol", "a MEET that is not as it should be");
	}
	e = eve_meets(&bob, 0x40);
	record_put(&e->in, RECORD_MEET, 0, "kind=test", 9);
	pump();
	is_str(bob.ended, "protocol", "fields that are none");

	e = eve_opens(&bob, 0x40);
	say_hello(e, "meet", "alice@x.org", true);
	ok(hears(other(e), RECORD_HELLO, "state", "not-you"), "another name is refused");
	e = eve_opens(&bob, 0x20);
	say_hello(e, "meet", "eve@x.org", true);
	ok(hears(other(e), RECORD_HELLO, "state", "untrusted"), "our own key is refused");
	trust_distrust(bob.context.trust, "eve@x.org", NULL, 1000000);
	e = eve_opens(&bob, 0x40);
	say_hello(e, "meet", "eve@x.org", true);
	ok(hears(other(e), RECORD_HELLO, "state", "untrusted") && meetings_of(&bob) == 0,
	   "a key that the user has rejected is refused");
	e = eve_opens(&bob, 0x41);
	trust_mark(bob.context.trust, "eve@x.org", MARK_BLOCKED, true, on_time(NULL));
	say_hello(e, "meet", "eve@x.org", true);
	ok(!buf_len(&other(e)->in) && e->path.over, "somebody who is blocked hears nothing");
	end();
}

static const struct meeting_kind open_kind = {
	.name = "open", .invited = true, .up = on_up, .heard = on_heard, .ended = on_ended,
};

/* Eve is no buddy, and has the link of an invitation that is over. */
static void test_invited(void)
{
	const struct invitation as = { .id = "00000001", .secret = { 5 }, .expires = 1 };
	struct join_ends ends = { .joiner = "eve@x.org" };
	char sid[JOIN_SID_LEN + 1], hex[2 * DIGEST_BYTES + 1], device[DEVICE_ID_LEN + 1];
	struct end *e;

	begin();
	meetings_add_kind(&bob.peers.meetings, &open_kind, &bob);
	bob.context.invitations = invitations_create(openssl_digests.hmac);
	invitations_add(bob.context.invitations, &as, 0);
	ends.inviter = bob.jid;
	join_sid(openssl_digests.hmac, as.secret, &ends, 0, sid);
	sid_said = sid;
	e = eve_meets(&bob, 0x40);
	is_int(bob.met, 0, "the key of an invited stranger is not noted");
	memset(hex, '0', sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	SAY(e, "kind", "compare", "commit", hex);
	ok(hears(other(e), RECORD_MEET, "state", "unsupported"), "they do not compare");
	device_id_of(other(e)->fp, device);
	is_int(comparison_look(bob.comparisons, "eve@x.org", device).state, COMPARISON_NONE,
	       "and take no place among those who do");
	SAY(e, "kind", "test", "does", "end");
	ok(hears(other(e), RECORD_MEET, "state", "unsupported") && meetings_of(&bob) == 1,
	   "nor say anything else");
	SAY(e, "kind", "open", "does", "end");
	ok(hears(other(e), RECORD_BYE, "reason", "done"), "but what invited ones may say");
	sid_said = "";
	invitations_destroy(bob.context.invitations);
	bob.context.invitations = NULL;
	end();
}

static void test_time(void)
{
	begin();
	know_eve(&bob, 0x40);
	eve_meets(&bob, 0x40);
	now += MEETING_TIME - 1;
	pump();
	is_int(meetings_of(&bob), 1, "it lasts");
	now += 2;
	pump();
	is_int(meetings_of(&bob), 0, "and ends");
	is_str(bob.ended, "time-out", "by time");
	eve_meets(&bob, 0x40);
	meetings_revoke(&bob.peers.meetings, "eve@x.org", "another", true);
	is_int(meetings_of(&bob), 1, "another device's is left alone");
	meetings_revoke(&bob.peers.meetings, "eve@x.org", NULL, true);
	is_int(meetings_of(&bob), 0, "it ends when rights are taken away");
	end();
}

/* Alice opens a meeting with eve, whom the test speaks for. */
static struct end *alice_opens(const char *device)
{
	if (!meeting_open(&alice.peers.meetings, "eve@x.org/git", device, &test_kind))
		return NULL;
	pump();
	return &wires[(wires_count - 1) % WIRES].end[0];
}

static void test_answers(void)
{
	char device[DEVICE_ID_LEN + 1], value[64];
	unsigned char fp[FINGERPRINT_BYTES];
	struct end *e;

	begin();
	know_eve(&alice, 0x40);
	memset(fp, 0x40, sizeof(fp));
	device_id_of(fp, device);
	kind_said = "test";
	e = alice_opens(device);
	ok(hears(other(e), RECORD_HELLO, "state", "meet"), "the opener says HELLO meet");
	is_int(hear(other(e), "kind", value, sizeof(value)), 0, "and nothing before the answer");
	is_int(alice.met, 0, "the key is nobody's yet");
	say_hello(e, "meet", "eve@x.org", false);
	ok(hears(other(e), RECORD_MEET, "kind", "test"), "the kind speaks first");
	is_int(alice.met, 1, "the key is theirs");
	SAY(e, "kind", "compare", "commit",
	    "0000000000000000000000000000000000000000000000000000000000000000");
	is_str(alice.ended, "protocol", "a comparison is begun by the side that opened");
	static const struct {
		const char *state, *from, *ended;
	} rows[] = {
		{ "new", "eve@x.org", "protocol" },
		{ "resumed", "eve@x.org", "protocol" },
		{ "untrusted", "eve@x.org", "untrusted" },
		{ "meet", "bob@x.org", "not-you" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = alice_opens(device);
		alice.met = 0;
		say_hello(e, rows[i].state, rows[i].from, false);
		ok(!strcmp(alice.ended, rows[i].ended) && e->path.over && !alice.met,
		   "HELLO %s from %s ends it: %s", rows[i].state, rows[i].from, alice.ended);
	}
	e = alice_opens(device);
	say_record(e, RECORD_HELLO,
		   (const char *const[]){ "protocol", "3", "state", "version", NULL });
	is_str(alice.ended, "version", "another protocol ends it");
	e = alice_opens(bob.device);
	is_str(alice.ended, "unknown-key", "another key than that of the device ends it");
	is_int((int64_t)buf_len(&other(e)->in), 0, "ahead of HELLO");
	end();
}

static void test_compare(void)
{
	struct comparison_view a, b;
	char first[SHORT_WORDS_MAX], second[SHORT_WORDS_MAX];

	begin();
	comparison_want(alice.comparisons, bob.jid, bob.device);
	is_int(look(&alice, &bob).state, COMPARISON_OPENING, "it begins");
	pump();
	a = look(&alice, &bob);
	b = look(&bob, &alice);
	ok(a.state == COMPARISON_DONE && b.state == COMPARISON_DONE, "both have the string");
	words_write(a.bits, SHORT_WORDS, first);
	words_write(b.bits, SHORT_WORDS, second);
	is_str(first, second, "it is the same");
	ok(!memcmp(a.fp, bob.fp, sizeof(a.fp)) && !memcmp(b.fp, alice.fp, sizeof(b.fp)),
	   "with the key that it is of");
	ok(alice.begun == 0 && bob.begun == 1, "the one who did not begin is told");

	comparison_want(bob.comparisons, alice.jid, alice.device);
	pump();
	ok(!memcmp(look(&bob, &alice).bits, a.bits, sizeof(a.bits)),
	   "the other side shows the same one, and begins none");
	comparison_say(bob.comparisons, alice.jid, alice.device, true);
	pump();
	ok(alice.same == 1 && look(&alice, &bob).theirs == RESULT_SAME, "what bob says is told");
	now += 2 * MEETING_TIME;
	pump();
	is_int(meetings_of(&alice), 0, "the meeting is over");
	is_int(look(&alice, &bob).state, COMPARISON_DONE, "the string is still there");
	comparison_say(alice.comparisons, bob.jid, bob.device, false);
	pump();
	ok(bob.different == 1 && meetings_of(&bob) == 0, "what alice says comes by another one");
	now += COMPARISON_KEPT;
	pump();
	is_int(look(&alice, &bob).state, COMPARISON_NONE, "then it is forgotten");
	ok(alice.over == 1 && bob.over == 1, "and nobody is asked to look at it any more");
	comparison_want(alice.comparisons, bob.jid, bob.device);
	pump();
	ok(look(&alice, &bob).state == COMPARISON_DONE &&
		   memcmp(look(&alice, &bob).bits, a.bits, sizeof(a.bits)),
	   "the next one is another string");
	comparisons_forget(alice.comparisons, bob.jid);
	is_int(look(&alice, &bob).state, COMPARISON_NONE, "it can be forgotten");
	end();
}

static void test_collision(void)
{
	begin();
	comparison_want(alice.comparisons, bob.jid, bob.device);
	comparison_want(bob.comparisons, alice.jid, alice.device);
	pump();
	ok(look(&alice, &bob).state == COMPARISON_DONE &&
		   look(&bob, &alice).state == COMPARISON_DONE,
	   "two at the same moment come to one");
	ok(!memcmp(look(&alice, &bob).bits, look(&bob, &alice).bits, SHORT_BYTES),
	   "and to the same string");
	ok(alice.begun == 0 && bob.begun == 1, "that of the lower fingerprint");
	end();
}

static void commitment_of(const unsigned char *nonce, const unsigned char *fp_o,
			  const unsigned char *fp_a, char hex[65])
{
	unsigned char data[17 + 96], made[32];

	memcpy(data, "git-xmpp compare", 17);
	memcpy(data + 17, nonce, 32);
	memcpy(data + 49, fp_o, 32);
	memcpy(data + 81, fp_a, 32);
	openssl_digests.sha256(data, sizeof(data), made);
	hex_encode(made, sizeof(made), hex);
}

/* Eve begins to compare with bob, up to his nonce. */
static struct end *eve_commits(unsigned char key, const char *hex)
{
	struct end *e = eve_meets(&bob, key);

	SAY(e, "kind", "compare", "commit", hex);
	return e;
}

static void test_cheating(void)
{
	unsigned char nonce[32] = { 1 }, eve[32];
	char commit[65], hex[65], value[80], device[DEVICE_ID_LEN + 1];
	struct end *e;

	begin();
	know_eve(&bob, 0x40);
	memset(eve, 0x40, sizeof(eve));
	device_id_of(eve, device);
	commitment_of(nonce, eve, bob.fp, commit);
	hex_encode(nonce, sizeof(nonce), hex);

	e = eve_commits(0x40, commit);
	is_int(hear(other(e), "nonce", value, sizeof(value)), RECORD_MEET, "bob answers");
	is_int((int64_t)strlen(value), 64, "with a nonce");
	is_int(comparison_look(bob.comparisons, "eve@x.org", device).state, COMPARISON_ANSWERED,
	       "and shows nothing before hers");
	SAY(e, "kind", "compare", "nonce", hex);
	is_int(comparison_look(bob.comparisons, "eve@x.org", device).state, COMPARISON_DONE,
	       "with hers, he does");
	SAY(e, "kind", "compare", "nonce", hex);
	is_str(bob.ended, "protocol", "a nonce comes once");

	e = eve_commits(0x40, commit);
	SAY(e, "kind", "compare", "commit", commit);
	is_str(bob.ended, "protocol", "a commitment comes once in a meeting");

	e = eve_commits(0x40, commit);
	hex[0] = '2';
	SAY(e, "kind", "compare", "nonce", hex);
	is_str(bob.ended, "protocol", "another nonce than the one that she was bound to");
	is_int(comparison_look(bob.comparisons, "eve@x.org", device).state, COMPARISON_FAILED,
	       "shows nothing");
	is_str(comparison_look(bob.comparisons, "eve@x.org", device).reason, "commitment",
	       "and bob is told");

	now += 60 * COMPARISON_PAUSE;
	pump();
	for (unsigned i = 0; i < COMPARISONS_AT_ONCE; i++) {
		e = eve_commits(0x40, commit);
		is_int(hear(other(e), "nonce", value, sizeof(value)), RECORD_MEET,
		       "she breaks off, and begins anew");
		ok(*value != '\0', "and bob answers");
		say_record(e, RECORD_BYE, NULL);
	}
	e = eve_commits(0x40, commit);
	ok(hears(other(e), RECORD_MEET, "reason", "too-often"), "but not for ever");
	e = eve_commits(0x41, commit);
	ok(hears(other(e), RECORD_MEET, "reason", "too-often"),
	   "nor as another device of the same JID");
	comparison_want(bob.comparisons, "eve@x.org", device);
	pump();
	e = &wires[(wires_count - 1) % WIRES].end[0];
	hear(other(e), "state", value, sizeof(value));
	say_hello(e, "meet", "eve@x.org", false);
	is_str(comparison_look(bob.comparisons, "eve@x.org", device).reason, "too-often",
	       "nor if bob is made to begin");
	comparison_want(bob.comparisons, alice.jid, alice.device);
	pump();
	is_int(look(&bob, &alice).state, COMPARISON_DONE, "with others he compares all the same");
	now += COMPARISON_PAUSE;
	pump();
	e = eve_commits(0x40, commit);
	ok(hear(other(e), "nonce", value, sizeof(value)) == RECORD_MEET && *value,
	   "after a pause she may once more");
	e = eve_commits(0x40, commit);
	ok(hears(other(e), RECORD_MEET, "reason", "too-often"), "and no more");
	end();
}

static void test_wrong_order(void)
{
	static const char *const rows[][6] = {
		{ "nonce", "00" },
		{ "nonce", "0000000000000000000000000000000000000000000000000000000000000000" },
		{ "commit", "00" },
		{ "commit", "not hex" },
		{ "nothing", "1" },
	};
	char device[DEVICE_ID_LEN + 1], value[80];
	unsigned char eve[32];
	struct end *e;

	begin();
	know_eve(&bob, 0x40);
	memset(eve, 0x40, sizeof(eve));
	device_id_of(eve, device);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = eve_meets(&bob, 0x40);
		*bob.ended = '\0';
		SAY(e, "kind", "compare", rows[i][0], rows[i][1]);
		ok(!strcmp(bob.ended, "protocol") && meetings_of(&bob) == 0,
		   "first of all %s=%.10s", rows[i][0], rows[i][1]);
	}
	is_int(comparison_look(bob.comparisons, "eve@x.org", device).state, COMPARISON_NONE,
	       "there is nothing to show");
	e = eve_meets(&bob, 0x40);
	SAY(e, "kind", "result", "state", "same");
	SAY(e, "kind", "compare", "state", "refused");
	ok(bob.same == 0 && meetings_of(&bob) == 1, "what belongs to no comparison is passed over");
	SAY(e, "kind", "result");
	is_str(bob.ended, "protocol", "a result without state");

	/* Bob opens, and eve answers with what only an opener says. */
	raw_key = 0x40;
	comparison_want(bob.comparisons, "eve@x.org", device);
	pump();
	e = &wires[(wires_count - 1) % WIRES].end[0];
	say_hello(e, "meet", "eve@x.org", false);
	hear(other(e), "state", value, sizeof(value));
	hear(other(e), "commit", value, sizeof(value));
	is_int((int64_t)strlen(value), 64, "bob is bound before eve has said anything");
	SAY(e, "kind", "compare", "commit", value);
	is_str(bob.ended, "protocol", "the answerer says no commitment");
	is_str(comparison_look(bob.comparisons, "eve@x.org", device).reason, "protocol",
	       "the comparison has failed");
	comparison_want(bob.comparisons, "eve@x.org", device);
	pump();
	e = &wires[(wires_count - 1) % WIRES].end[0];
	say_hello(e, "meet", "eve@x.org", false);
	SAY(e, "kind", "compare", "state", "unsupported");
	is_str(comparison_look(bob.comparisons, "eve@x.org", device).reason, "unsupported",
	       "a device that cannot compare");
	end();
}

/* Eve meets bob with another key that has the same device id. */
static struct end *twin_meets(unsigned char key)
{
	struct end opener = raw_end(key), answerer = end_of(&bob);
	struct end *e;

	opener.fp[FINGERPRINT_BYTES - 1] ^= 1;
	e = &wire_new(&opener, &answerer)->end[1];
	pump();
	say_hello(e, "meet", "eve@x.org", true);
	ok(hears(other(e), RECORD_HELLO, "state", "meet"), "a twin meets bob");
	return e;
}

static void test_twin(void)
{
	unsigned char nonce[32] = { 1 }, eve[32];
	char commit[65], hex[65], device[DEVICE_ID_LEN + 1];
	struct comparison_view view;
	struct end *e;

	begin();
	know_eve(&bob, 0x40);
	memset(eve, 0x40, sizeof(eve));
	device_id_of(eve, device);
	commitment_of(nonce, eve, bob.fp, commit);
	hex_encode(nonce, sizeof(nonce), hex);
	for (unsigned i = 0; i < COMPARISONS_AT_ONCE; i++) {
		e = eve_commits(0x40, commit);
		SAY(e, "kind", "compare", "nonce", hex);
	}
	view = comparison_look(bob.comparisons, "eve@x.org", device);
	is_int(view.state, COMPARISON_DONE, "there is a string of eve's key");
	e = twin_meets(0x40);
	SAY(e, "kind", "compare", "commit", commit);
	ok(hears(other(e), RECORD_MEET, "reason", "too-often"), "one more is refused");
	view = comparison_look(bob.comparisons, "eve@x.org", device);
	ok(view.state == COMPARISON_DONE && !memcmp(view.fp, eve, sizeof(eve)),
	   "the string is of the key that it was made with");
	SAY(e, "kind", "result", "state", "same");
	is_int(bob.same, 0, "and only that key says whether it is the same");
	end();
}

/* A string that is made anew, and comes to nothing. */
static void test_again(void)
{
	unsigned char nonce[32] = { 1 }, eve[32];
	char commit[65], hex[65];
	struct end *e;

	begin();
	know_eve(&bob, 0x40);
	memset(eve, 0x40, sizeof(eve));
	commitment_of(nonce, eve, bob.fp, commit);
	hex_encode(nonce, sizeof(nonce), hex);
	e = eve_commits(0x40, commit);
	SAY(e, "kind", "compare", "nonce", hex);
	ok(bob.begun == 1 && bob.over == 0, "bob has a string to look at");
	e = eve_commits(0x40, commit);
	say_record(e, RECORD_BYE, NULL);
	is_int(bob.over, 1, "none is left when the next one comes to nothing");
	now += 2 * COMPARISON_KEPT;
	pump();
	is_int(bob.over, 1, "which is said once");
	end();
}

/* Eve is between the two, with keys of her own, and passes all on: the strings differ. */
static void test_between(void)
{
	unsigned alike = 0;

	for (unsigned i = 0; i < 200; i++) {
		char device[DEVICE_ID_LEN + 1], value[80], from_alice[80];
		unsigned char eve[32], nonce[32];
		struct end *a, *b;
		char commit[65], hex[65];

		begin();
		know_eve(&alice, 0x40);
		know_eve(&bob, 0x40);
		memset(eve, 0x40, sizeof(eve));
		device_id_of(eve, device);
		/* Alice begins with eve, who begins with bob, and shows alice his nonce. */
		comparison_want(alice.comparisons, "eve@x.org", device);
		pump();
		a = &wires[(wires_count - 1) % WIRES].end[0];
		say_hello(a, "meet", "eve@x.org", false);
		hear(other(a), "state", value, sizeof(value));
		hear(other(a), "commit", from_alice, sizeof(from_alice));
		on_random(NULL, nonce, sizeof(nonce));
		commitment_of(nonce, eve, bob.fp, commit);
		hex_encode(nonce, sizeof(nonce), hex);
		b = eve_opens(&bob, 0x40);
		say_hello(b, "meet", "eve@x.org", true);
		hear(other(b), "state", value, sizeof(value));
		SAY(b, "kind", "compare", "commit", commit);
		hear(other(b), "nonce", value, sizeof(value));
		SAY(a, "kind", "compare", "nonce", value);
		SAY(b, "kind", "compare", "nonce", hex);
		alike += comparison_look(alice.comparisons, "eve@x.org", device).state !=
				 COMPARISON_DONE ||
			 comparison_look(bob.comparisons, "eve@x.org", device).state !=
				 COMPARISON_DONE ||
			 !memcmp(comparison_look(alice.comparisons, "eve@x.org", device).bits,
				 comparison_look(bob.comparisons, "eve@x.org", device).bits,
				 SHORT_BYTES);
		end();
	}
	is_int(alike, 0, "somebody in between is found, in 200 of 200");
}

int main(void)
{
	test_opening();
	test_refusals();
	test_invited();
	test_time();
	test_answers();
	test_compare();
	test_collision();
	test_cheating();
	test_wrong_order();
	test_twin();
	test_again();
	test_between();
	return tap_done();
}
