/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "path-manager.h"
#include "tap.h"

/*
 * One side's search, and what it asks its owner for: b, p, u and d for an attempt in-band,
 * through a proxy, by both sides at once and direct that is begun, upper case for one that is
 * given up, w for candidates that are told.
 */

static struct path_manager s;
static char asked[64];
static bool fails;
static uint64_t now;

static void note(char c)
{
	size_t n = strlen(asked);

	if (n + 1 < sizeof(asked)) {
		asked[n] = c;
		asked[n + 1] = '\0';
	}
}

static void on_begin(void *owner, enum path_kind kind)
{
	note("bpud"[kind]);
	if (fails)
		path_manager_failed(&s, kind, now);
}

static void on_give_up(void *owner, enum path_kind kind)
{
	note("BPUD"[kind]);
}

static void on_tell(void *owner)
{
	note('w');
}

static const struct path_manager_events events = {
	.begin = on_begin,
	.give_up = on_give_up,
	.tell = on_tell,
};

static void asks(const char *expected, const char *what)
{
	is_str(asked, expected, what);
	asked[0] = '\0';
}

static const struct path_manager_facts everything = {
	.transport = PATH_MASK_ALL, .online = true, .may_dial = true, .proxy = true,
};

static struct candidates candidates_of(const char *address)
{
	struct candidates w = { .allowed = PATH_MASK_ALL };

	strcpy(w.pass.token, "00000000000000000000000000000000");
	w.n = netaddr_parse(address, &w.addresses[0]);
	return w;
}

static void step(uint64_t ms)
{
	now += ms;
	path_manager_step(&s, false, now);
}

/* The link is up in-band. */
static void begin(bool leads)
{
	now = 1000;
	fails = false;
	asked[0] = '\0';
	path_manager_init(&s, &events, NULL, now);
	path_manager_know(&s, &everything, now);
	step(leads ? 0 : 1000);
	asks("b", "a link begins in-band");
	path_manager_lead(&s, leads);
	path_manager_arrived(&s, PATH_INBAND);
	path_manager_attached(&s, PATH_INBAND, now);
	path_manager_tell(&s);
	asks("w", "then our candidates are told");
}

static void test_better(void)
{
	struct candidates theirs = candidates_of("8.8.8.8:1"),
			  nowhere = candidates_of("127.0.0.1:1");

	begin(true);
	path_manager_hear(&s, &nowhere, now);
	step(0);
	asks("p", "an address that may not be dialled is none");
	path_manager_hear(&s, &theirs, now);
	step(0);
	asks("d", "another one is dialled, beside the proxy");
	path_manager_arrived(&s, PATH_DIRECT);
	path_manager_attached(&s, PATH_DIRECT, now);
	asks("P", "and when it is there the proxy is not wanted");
	ok(!path_manager_trying(&s), "nothing is left");
	path_manager_detached(&s, now, now);
	step(0);
	asks("db", "without a path direct and in-band are tried together");
	path_manager_stop(&s);
	asks("BD", "until it stops");
	step(100000);
	asks("", "for good");
}

/* Ways that are told again, for another reason, are the same ways. */
static void test_same_candidates(void)
{
	struct candidates theirs, again;

	memset(&theirs, 0x00, sizeof(theirs));
	memset(&again, 0xff, sizeof(again));
	theirs.allowed = again.allowed = PATH_MASK_ALL;
	theirs.pass = again.pass = candidates_of("8.8.8.8:1").pass;
	theirs.n = again.n = netaddr_parse("8.8.8.8:1", &theirs.addresses[0]);
	again.addresses[0].v6 = theirs.addresses[0].v6;
	memcpy(again.addresses[0].ip, theirs.addresses[0].ip, sizeof(theirs.addresses[0].ip));
	again.addresses[0].port = theirs.addresses[0].port;
	begin(true);
	path_manager_hear(&s, &theirs, now);
	step(0);
	asks("d", "an address is dialled");
	for (int i = 0; i < 8; i++) {
		path_manager_failed(&s, PATH_DIRECT, now);
		now += 5 * 60 * 1000;
		path_manager_step(&s, true, now);
	}
	path_manager_failed(&s, PATH_DIRECT, now);
	asked[0] = '\0';
	now += 11 * 1000;
	path_manager_hear(&s, &again, now);
	path_manager_step(&s, true, now);
	ok(!strchr(asked, 'd'), "told again it shortens no wait of what has failed often");
}

static void test_proxy_needs_link(void)
{
	begin(true);
	step(0);
	asks("p", "a proxy is offered");
	path_manager_detached(&s, now, now);
	asks("P", "and given up with the path, for its steps are records");
	step(PATH_SELECTOR_WAIT_MAX);
	asks("b", "without one there is only in-band");
}

static void test_offer(void)
{
	struct s5b_offer offer = { .from = "bob@b/git.1", .to = "alice@a/git.1" };
	struct candidates inband = { .allowed = PATH_MASK(PATH_INBAND) };

	begin(true);
	is_str(path_manager_take_offer(&s, &offer, "alice@a/git.2", "bob@b/git.1"), "not-you",
	       "an offer to somebody else");
	is_str(path_manager_take_offer(&s, &offer, "alice@a/git.1", NULL), "not-you",
	       "or of nobody's is refused");
	is_str(path_manager_take_offer(&s,
				       &(struct s5b_offer){ .from = "J\xc3\x9cRGEN@b\xc3\xbc"
								    "cher.test/git.1",
							    .to = "alice@a/git.2" },
				       "alice@a/git.1", "j\xc3\xbcrgen@xn--bcher-kva.test/git.1"),
	       "not-you", "one to another resource of ours, too");
	step(0);
	asks("p", "who leads offers");
	is_str(path_manager_take_offer(&s, &offer, "alice@a/git.1", "bob@b/git.1"), "collision",
	       "and wants no other offer then");

	begin(false);
	step(PATH_SELECTOR_FOLLOW);
	asks("p", "who follows offers");
	ok(!path_manager_take_offer(&s,
				    &(struct s5b_offer){ .from = "J\xc3\x9cRGEN@b\xc3\xbc"
								 "cher.test/git.1",
							 .to = "alice@a/git.1" },
				    "alice@a/git.1", "j\xc3\xbcrgen@xn--bcher-kva.test/git.1"),
	   "and takes the other one, however it is written");
	asks("P", "in place of his own");
	step(1000);
	asks("", "of which there is one at a time");
	path_manager_failed(&s, PATH_PROXY, now);
	step(0);
	asks("p", "but his own was not tried yet");
	path_manager_hear(&s, &inband, now);
	is_str(path_manager_take_offer(&s, &offer, "alice@a/git.1", "bob@b/git.1"), "not-wanted",
	       "nor what a user does not allow");
}

static void begin_punching(bool leads, bool dialable)
{
	struct path_manager_facts facts = everything;
	struct candidates theirs = { .allowed = PATH_MASK_ALL };

	if (dialable)
		theirs = candidates_of("8.8.8.8:4711");
	theirs.punches = true;
	begin(leads);
	facts.punch = true;
	facts.proxy = false;
	path_manager_know(&s, &facts, now);
	path_manager_hear(&s, &theirs, now);
	asked[0] = '\0';
}

static void test_punch(void)
{
	begin_punching(true, false);
	step(0);
	asks("u", "where nobody can be dialled both sides connect at once");
	is_str(path_manager_take_punch(&s, true), "collision", "by one offer");
	path_manager_attached(&s, PATH_PROXY, now);
	ok(path_manager_trying(&s), "a proxy is no reason to give that up");
	path_manager_attached(&s, PATH_DIRECT, now);
	asks("U", "a direct path is");
	is_str(path_manager_take_punch(&s, true), "not-wanted", "and to answer none");

	begin_punching(true, true);
	step(0);
	asks("d", "an address is dialled first");
	step(PATH_SELECTOR_PUNCH_AFTER);
	asks("u", "for a moment");
	path_manager_detached(&s, now, now);
	step(0);
	ok(strchr(asked, 'U'), "what is settled by records is given up with the path");

	begin_punching(false, false);
	step(PATH_SELECTOR_FOLLOW);
	asks("u", "who follows offers later");
	is_str(path_manager_take_punch(&s, false), "busy", "answers not too often");
	ok(!path_manager_take_punch(&s, true), "and takes the other offer");
	asks("U", "in place of its own");
	path_manager_failed(&s, PATH_PUNCH, now);
	step(0);
	asks("u", "which is made then");

	begin_punching(false, false);
	path_manager_know(&s, &everything, now);
	is_str(path_manager_take_punch(&s, true), "not-wanted",
	       "a user who shows no address answers none");
}

static void test_put_off(void)
{
	begin(true);
	step(0);
	asks("p", "a proxy is offered");
	path_manager_put_off(&s, PATH_PROXY, now);
	ok(!path_manager_trying(&s), "to a device that is busy");
	step(PATH_SELECTOR_OFF_FIRST - 1);
	asks("", "which has some time");
	step(1);
	asks("p", "before it is offered again");
}

static void test_told_again(void)
{
	struct path_manager_facts facts = everything;
	int somebody, other;

	begin(true);
	facts.online = false;
	path_manager_know(&s, &facts, now);
	asks("", "a device that goes away hears nothing of it");
	path_manager_know(&s, &everything, now);
	asks("w", "when it is back it may try what it could not");
	path_manager_know(&s, &everything, now);
	asks("", "once");
	path_manager_demand(&s, &somebody, PATH_MASK(PATH_DIRECT), now);
	asks("w", "a demand is told");
	is_int(path_manager_allowed(&s), PATH_MASK(PATH_DIRECT), "and counts");
	path_manager_release(&s, &other, now);
	asks("", "for as long as it lasts");
	path_manager_release(&s, &somebody, now);
	asks("w", "and then no more");
	is_int(path_manager_allowed(&s), PATH_MASK_ALL, "for the configuration");
	path_manager_network_changed(&s, now);
	asks("w", "another network is told");
}

static void test_another_session(void)
{
	struct path_manager_facts facts = everything;

	begin(true);
	path_manager_detached(&s, now, now);
	step(0);
	asks("b", "without a path there is an attempt in-band");
	facts.online = false;
	path_manager_know(&s, &facts, now);
	asks("", "which goes on when the device goes offline");
	path_manager_know(&s, &everything, now);
	asks("Bw", "and leads to nobody when it comes anew");
	step(0);
	asks("b", "so that there is another one at once");
	path_manager_device_moved(&s, now);
	asks("B", "nor does one lead anywhere whose device is at another JID");
	step(0);
	asks("b", "and it is made to that one");

	begin(true);
	step(0);
	asks("p", "an offer of a proxy");
	path_manager_failed(&s, PATH_PROXY, now);
	step(60 * 60 * 1000);
	asks("", "that has failed is not made again while nothing is open");
	path_manager_device_moved(&s, now);
	step(0);
	asks("p", "but it is when the device is at another JID, for it named that");
}

static void test_failing_at_once(void)
{
	begin(true);
	fails = true;
	step(0);
	asks("p", "an attempt may fail within its beginning");
	ok(!path_manager_trying(&s), "then there is none");
}

int main(void)
{
	test_better();
	test_same_candidates();
	test_proxy_needs_link();
	test_offer();
	test_punch();
	test_put_off();
	test_told_again();
	test_another_session();
	test_failing_at_once();
	return tap_done();
}
