/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may open a path to us, and for how long it waits: the tables are real, peers are none. */
#include "acceptor.h"

#include <stdlib.h>

#include "bounds.h"
#include "hello.h"
#include "link.h"
#include "peer.h"
#include "tap.h"

#define BOB "bob@x.org"
#define EVE "eve@x.org"

enum { PATHS = 16 };

struct wire {
	struct path path;		/* first */
	struct buf written;
	bool closed, cut;
};

static uint64_t now = 1000;
static bool may_answer = true;
static struct wire wires[PATHS];
static unsigned wire_count, answers, keys_met;
static char answered[JID_MAX];
static enum ibb_path_standing standing;
static char taken_for[JID_MAX], met_at[JID_FULL_MAX];
static struct path *taken;
static unsigned char own[FINGERPRINT_BYTES] = { 9 }, bob[FINGERPRINT_BYTES] = { 1 },
		     other[FINGERPRINT_BYTES] = { 2 };
static struct peers peers;

static uint64_t on_now(void *owner)
{
	return now;
}

static void on_random(void *owner, void *out, size_t n)
{
	memset(out, 7, n);
}

static const struct context_ops context_ops = { .now = on_now,
						.time = on_now,
						.random = on_random };
static struct context context = {
	.ops = &context_ops, .jid = "alice@x.org", .self = "alice@x.org", .fp = own
};

/* In the place of peer.c. */

void peer_take(struct peers *all, const char *jid, const unsigned char *fp, struct path *path,
	       const struct link_hello *hello, struct buf *plain)
{
	strcpy(taken_for, jid);
	taken = path;
}

void peer_end(struct peer *p, const char *reason)
{
}

void peer_touch(struct peer *p)
{
}

void peer_note_absence(struct peer *p, uint64_t grace)
{
}

/* A path that keeps what is written. */

static void on_write(struct path *p, const void *data, size_t n)
{
	buf_append(&((struct wire *)p)->written, data, n);
}

static void on_close(struct path *p)
{
	((struct wire *)p)->closed = true;
}

static void on_cut(struct path *p)
{
	((struct wire *)p)->cut = true;
}

static const char *on_jid(const struct path *p)
{
	return BOB "/r";
}

static const struct path_ops path_ops = {
	.write = on_write, .close = on_close, .cut = on_cut, .jid = on_jid
};

static struct wire *make_wire(enum path_kind kind, const struct path_events *events, void *owner)
{
	struct wire *w = &wires[wire_count++];

	path_init(&w->path, &path_ops, kind, "a path", events, owner);
	return w;
}

static bool on_may_answer(void *arg, const char *bare)
{
	answers++;
	snprintf(answered, sizeof(answered), "%s", bare);
	return may_answer;
}

static struct path *on_accept(void *arg, const void *offer, enum ibb_path_standing who,
			      const struct path_events *events, void *owner)
{
	standing = who;
	return offer ? &make_wire(PATH_INBAND, events, owner)->path : NULL;
}

static void on_met_key(void *owner, const char *jid, const unsigned char *fp)
{
	bool met;

	keys_met++;
	trust_observe(context.trust, jid, fp, now, &met);
}

static void on_met_at(void *owner, const char *full, const char *device)
{
	strcpy(met_at, full);
}

static const struct peers_events events = { .met_key = on_met_key, .met_at = on_met_at };

static struct wire *last_wire(void)
{
	return &wires[wire_count - 1];
}

/* The device of jid says HELLO, as from one account to another. */
static void say_hello(struct wire *w, const char *from, const char *to)
{
	static const uint8_t instance[INSTANCE_BYTES] = { 1 }, id[LINK_ID_BYTES] = { 2 };
	struct link_ends ends = { from, to };
	struct buf plain = { 0 };

	hello_put(&plain, "new", &ends, instance, id, 0);
	path_plain(&w->path, &plain);
	buf_finish(&plain);
}

static bool was_told(const struct wire *w, const char *state)
{
	struct record record;

	return record_parse(buf_data(&w->written), buf_len(&w->written), &record) > 0 &&
	       !strcmp(fields_get((struct fields){ (const char *)record.payload, record.len },
				  "state"), state);
}

static bool is_over(const struct wire *w)
{
	return w->closed || w->cut;
}

/* Forgets those of the test before. */
static void begin(void)
{
	acceptors_end(&peers);
	timers_run(&context.timers, now);
	for (unsigned i = 0; i < wire_count; i++)
		buf_finish(&wires[i].written);
	memset(wires, 0, sizeof(wires));
	wire_count = answers = keys_met = 0;
	taken = NULL;
	*met_at = '\0';
}

static void who_may_open(void)
{
	begin();
	is_int(acceptor_offered(&peers, EVE "/r", "", ""), GREETING_UNKNOWN,
	       "a stranger learns nothing of us");
	is_int(acceptor_offered(&peers, BOB "/r", "", ""), GREETING_TAKEN, "a buddy is answered");
	is_int(standing, IBB_PATH_AWAITED, "whose device a link is made with");
	is_int(answers, 0, "as often as they like");
	acceptor_offered(&peers, BOB "/other", "", "");
	is_int(standing, IBB_PATH_TRUSTED, "another client of theirs is not that device");
	is_int(answers, 1, "and costs one of their answers");
	is_str(answered, BOB, "as that of their account");
	may_answer = false;
	is_int(acceptor_offered(&peers, BOB "/other", "", ""), GREETING_TOO_OFTEN,
	       "of which they have so many");
	may_answer = true;
	trust_mark(context.trust, BOB, MARK_BLOCKED, true, now);
	is_int(acceptor_offered(&peers, BOB "/r", "", ""), GREETING_UNKNOWN,
	       "to somebody who is blocked we are not there");
	trust_mark(context.trust, BOB, MARK_BLOCKED, false, now);
	is_int(acceptor_offered(&peers, BOB "/r", "", NULL), GREETING_TAKEN,
	       "an offer that was refused below was answered");
}

/* Mixes what it is given; that is enough to tell inputs apart. */
static void mix(const void *key, size_t key_len, const void *text, size_t len,
		unsigned char out[JOIN_PROOF_BYTES])
{
	uint64_t h = 14695981039346656037U;

	for (size_t n = 0; n < key_len + len; n++) {
		const unsigned char *from = n < key_len ? key : text;

		h = (h ^ from[n < key_len ? n : n - key_len]) * 1099511628211U;
	}
	for (unsigned i = 0; i < JOIN_PROOF_BYTES; i++) {
		h = (h ^ h >> 29) * 1099511628211U;
		out[i] = (unsigned char)(h >> 40);
	}
}

static void who_is_invited(void)
{
	const struct invitation as = { .id = "00000001", .secret = { 5 }, .expires = 1000000 };
	const struct join_ends eves = { .inviter = "alice@x.org", .joiner = EVE };
	char sid[JOIN_SID_LEN + 1];
	struct wire *w;

	begin();
	join_sid(mix, as.secret, &eves, 0, sid);
	is_int(acceptor_offered(&peers, EVE "/r", sid, ""), GREETING_UNKNOWN,
	       "nobody is invited yet");
	context.invitations = invitations_create(mix);
	invitations_add(context.invitations, &as, now);
	is_int(acceptor_offered(&peers, EVE "/r", "000000000000000000", ""), GREETING_UNKNOWN,
	       "a stranger without the link learns nothing of us");
	is_int(acceptor_offered(&peers, "mallory@x.org/r", sid, ""), GREETING_UNKNOWN,
	       "nor does one who has seen another one's sid");
	is_int(answers, 0, "and takes nobody's answers");
	is_int(acceptor_offered(&peers, EVE "/r", sid, ""), GREETING_TAKEN,
	       "who has the link is heard");
	is_int(standing, IBB_PATH_STRANGER, "as the stranger that they are");
	is_int(answers, 1, "as often as a buddy");
	is_str(answered, "@invited", "but all of them count as one, whatever their JIDs are");
	w = last_wire();
	path_established(&w->path, other);
	say_hello(w, EVE, "alice@x.org");
	ok(!taken && was_told(w, "untrusted"), "but gets no link");
	is_int(keys_met, 0, "nor is their key remembered");
	trust_mark(context.trust, EVE, MARK_BLOCKED, true, now);
	is_int(acceptor_offered(&peers, EVE "/r", sid, ""), GREETING_UNKNOWN,
	       "nor are they heard when they are blocked");
	trust_mark(context.trust, EVE, MARK_BLOCKED, false, now);
	invitations_destroy(context.invitations);
	context.invitations = NULL;
}

static void what_hello_says(void)
{
	struct wire *w;

	begin();
	acceptor_offered(&peers, BOB "/r", "", "");
	w = last_wire();
	path_established(&w->path, bob);
	is_int(keys_met, 0, "a key proves nothing by itself");
	say_hello(w, BOB, "alice@x.org");
	ok(taken == &w->path && !strcmp(taken_for, BOB) && !is_over(w),
	   "a trusted device that says for whom it is gets a link");
	is_str(met_at, BOB "/r", "and was seen at that address");

	begin();
	acceptor_offered(&peers, BOB "/r", "", "");
	w = last_wire();
	path_established(&w->path, bob);
	say_hello(w, EVE, "alice@x.org");
	ok(!taken && !keys_met && is_over(w) && was_told(w, "not-you"),
	   "of a HELLO for others nothing is learnt, and it is told so");

	begin();
	acceptor_offered(&peers, BOB "/r", "", "");
	w = last_wire();
	path_established(&w->path, other);
	say_hello(w, BOB, "alice@x.org");
	ok(!taken && keys_met == 1 && is_over(w) && was_told(w, "untrusted"),
	   "a second key is remembered, and told that it is not trusted");

	begin();
	acceptor_offered(&peers, BOB "/r", "", "");
	w = last_wire();
	path_established(&w->path, own);
	say_hello(w, BOB, "alice@x.org");
	ok(!taken && !keys_met && is_over(w), "our own key is nobody else's");
}

static void how_long_it_waits(void)
{
	begin();
	acceptor_offered(&peers, BOB "/r", "", "");
	now += 2 * LINK_HELLO_TIMEOUT - 1;
	timers_run(&context.timers, now);
	ok(!is_over(last_wire()), "a path that was opened to us has its time to say HELLO");
	now++;
	timers_run(&context.timers, now);
	ok(is_over(last_wire()) && list_alone(&peers.acceptors), "and no more");
}

static struct wire *dialled_by(const unsigned char *fp)
{
	struct wire *w = make_wire(PATH_DIRECT, NULL, NULL);

	acceptor_take(&peers, &w->path, BOB, fp);
	return w;
}

static void how_many_wait(void)
{
	struct wire *first;

	begin();
	first = dialled_by(bob);
	dialled_by(other);
	for (unsigned i = 1; i < ACCEPTORS_PER_DEVICE; i++)
		dialled_by(bob);
	ok(!is_over(first), "a device may dial several times");
	dialled_by(bob);
	ok(is_over(first) && !is_over(&wires[1]) && !is_over(&wires[2]),
	   "its oldest path makes room for one too many, and no other one does");
}

static void when_trust_ends(void)
{
	char id[DEVICE_ID_LEN + 1];
	struct wire *known, *others, *unknown;

	begin();
	device_id_of(bob, id);
	known = dialled_by(bob);
	others = dialled_by(other);
	acceptor_offered(&peers, BOB "/r", "", "");
	unknown = last_wire();
	acceptors_revoke(&peers, EVE, NULL);
	ok(!is_over(known) && !is_over(others) && !is_over(unknown),
	   "what others lose is nothing to them");
	acceptors_revoke(&peers, BOB, id);
	ok(known->cut && !others->cut, "a device that is shut out loses its path, no other does");
	ok(unknown->cut, "nor is one kept that may be its");
	ok(!buf_len(&known->written), "without a last word");
	acceptors_revoke(&peers, BOB, NULL);
	ok(others->cut && list_alone(&peers.acceptors), "or all of the account do");
}

int main(void)
{
	struct resource *r;
	bool met;
	struct peer link = { .jid = (char[]){ BOB }, .all = &peers };

	timers_init(&context.timers);
	context.presence = presence_create();
	context.trust = trust_create();
	context.blocked = blocklist_create();
	peers_init(&peers, &context);
	peers.events = &events;
	peers.may_answer = on_may_answer;
	peers.accept_inband = on_accept;
	presence_roster_item(context.presence, BOB, SUBSCRIPTION_BOTH, false, false);
	device_id_of(bob, link.device);
	presence_available(context.presence, BOB "/r", link.device, 1, &r);
	trust_observe(context.trust, BOB, bob, now, &met);
	trust_verify(context.trust, BOB, bob, now);
	peers.first = &link;
	who_may_open();
	who_is_invited();
	what_hello_says();
	how_long_it_waits();
	how_many_wait();
	when_trust_ends();
	begin();
	peers.first = NULL;
	timers_finish(&context.timers);
	peers_finish(&peers);
	blocklist_destroy(context.blocked);
	presence_destroy(context.presence);
	trust_destroy(context.trust);
	return tap_done();
}
