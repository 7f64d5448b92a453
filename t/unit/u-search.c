/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search.h"
#include "tap.h"

/*
 * One side's search, and what it asks its owner for: b, p and d for an attempt in-band,
 * through a proxy and direct that is begun, upper case for one that is given up, w for ways that
 * are told.
 */

static struct search s;
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
	note("bpd"[kind]);
	if (fails)
		search_failed(&s, kind, now);
}

static void on_give_up(void *owner, enum path_kind kind)
{
	note("BPD"[kind]);
}

static void on_tell(void *owner)
{
	note('w');
}

static const struct search_events events = {
	.begin = on_begin,
	.give_up = on_give_up,
	.tell = on_tell,
};

static void asks(const char *expected, const char *what)
{
	is_str(asked, expected, what);
	asked[0] = '\0';
}

static const struct search_facts everything = {
	.transport = PATH_MASK_ALL, .online = true, .may_dial = true, .proxy = true,
};

static struct ways ways_of(const char *address)
{
	struct ways w = { .allowed = PATH_MASK_ALL };

	strcpy(w.pass.token, "00000000000000000000000000000000");
	w.n = netaddr_parse(address, &w.addresses[0]);
	return w;
}

static void step(uint64_t ms)
{
	now += ms;
	search_step(&s, false, now);
}

/* The link is up in-band. */
static void begin(bool leads)
{
	now = 1000;
	fails = false;
	asked[0] = '\0';
	search_init(&s, &events, NULL, now);
	search_know(&s, &everything, now);
	step(leads ? 0 : 1000);
	asks("b", "a link begins in-band");
	search_lead(&s, leads);
	search_arrived(&s, PATH_INBAND);
	search_attached(&s, PATH_INBAND, now);
	search_tell(&s);
	asks("w", "then our ways are told");
}

static void test_better(void)
{
	struct ways theirs = ways_of("8.8.8.8:1"), nowhere = ways_of("127.0.0.1:1");

	begin(true);
	search_hear(&s, &nowhere, now);
	step(0);
	asks("p", "an address that may not be dialled is none");
	search_hear(&s, &theirs, now);
	step(0);
	asks("d", "another one is dialled, beside the proxy");
	search_arrived(&s, PATH_DIRECT);
	search_attached(&s, PATH_DIRECT, now);
	asks("P", "and when it is there the proxy is not wanted");
	ok(!search_trying(&s), "nothing is left");
	search_detached(&s, now, now);
	step(0);
	asks("db", "without a path direct and in-band are tried together");
	search_stop(&s);
	asks("BD", "until it stops");
	step(100000);
	asks("", "for good");
}

/* Ways that are told again, for another reason, are the same ways. */
static void test_same_ways(void)
{
	struct ways theirs, again;

	memset(&theirs, 0x00, sizeof(theirs));
	memset(&again, 0xff, sizeof(again));
	theirs.allowed = again.allowed = PATH_MASK_ALL;
	theirs.pass = again.pass = ways_of("8.8.8.8:1").pass;
	theirs.n = again.n = netaddr_parse("8.8.8.8:1", &theirs.addresses[0]);
	again.addresses[0].v6 = theirs.addresses[0].v6;
	memcpy(again.addresses[0].ip, theirs.addresses[0].ip, sizeof(theirs.addresses[0].ip));
	again.addresses[0].port = theirs.addresses[0].port;
	begin(true);
	search_hear(&s, &theirs, now);
	step(0);
	asks("d", "an address is dialled");
	for (int i = 0; i < 8; i++) {
		search_failed(&s, PATH_DIRECT, now);
		now += 5 * 60 * 1000;
		search_step(&s, true, now);
	}
	search_failed(&s, PATH_DIRECT, now);
	asked[0] = '\0';
	now += 11 * 1000;
	search_hear(&s, &again, now);
	search_step(&s, true, now);
	ok(!strchr(asked, 'd'), "told again it shortens no wait of what has failed often");
}

static void test_proxy_needs_link(void)
{
	begin(true);
	step(0);
	asks("p", "a proxy is offered");
	search_detached(&s, now, now);
	asks("P", "and given up with the path, for its steps are records");
	step(PATH_SELECTOR_WAIT_MAX);
	asks("b", "without one there is only in-band");
}

static void test_offer(void)
{
	struct bytestream_offer offer = { .from = "bob@b/git.1", .to = "alice@a/git.1" };
	struct ways inband = { .allowed = PATH_MASK(PATH_INBAND) };

	begin(true);
	is_str(search_take_offer(&s, &offer, "alice@a/git.2", "bob@b/git.1"), "not-you", "an offer to somebody else");
	is_str(search_take_offer(&s, &offer, "alice@a/git.1", NULL), "not-you", "or of nobody's is refused");
	is_str(search_take_offer(&s, &(struct bytestream_offer){
			.from = "J\xc3\x9cRGEN@b\xc3\xbc" "cher.test/git.1", .to = "alice@a/git.2" },
		"alice@a/git.1", "j\xc3\xbcrgen@xn--bcher-kva.test/git.1"), "not-you", "one to another resource of ours, too");
	step(0);
	asks("p", "who leads offers");
	is_str(search_take_offer(&s, &offer, "alice@a/git.1", "bob@b/git.1"), "collision",
	       "and wants no other offer then");

	begin(false);
	step(PATH_SELECTOR_FOLLOW);
	asks("p", "who follows offers");
	ok(!search_take_offer(&s, &(struct bytestream_offer){
			.from = "J\xc3\x9cRGEN@b\xc3\xbc" "cher.test/git.1", .to = "alice@a/git.1" },
		"alice@a/git.1", "j\xc3\xbcrgen@xn--bcher-kva.test/git.1"), "and takes the other one, however it is written");
	asks("P", "in place of his own");
	step(1000);
	asks("", "of which there is one at a time");
	search_failed(&s, PATH_PROXY, now);
	step(0);
	asks("p", "but his own was not tried yet");
	search_hear(&s, &inband, now);
	is_str(search_take_offer(&s, &offer, "alice@a/git.1", "bob@b/git.1"), "not-wanted", "nor what a user does not allow");
}

static void test_told_again(void)
{
	struct search_facts facts = everything;
	int somebody, other;

	begin(true);
	facts.online = false;
	search_know(&s, &facts, now);
	asks("", "a device that goes away hears nothing of it");
	search_know(&s, &everything, now);
	asks("w", "when it is back it may try what it could not");
	search_know(&s, &everything, now);
	asks("", "once");
	search_demand(&s, &somebody, PATH_MASK(PATH_DIRECT), now);
	asks("w", "a demand is told");
	is_int(search_allowed(&s), PATH_MASK(PATH_DIRECT), "and counts");
	search_release(&s, &other, now);
	asks("", "for as long as it lasts");
	search_release(&s, &somebody, now);
	asks("w", "and then no more");
	is_int(search_allowed(&s), PATH_MASK_ALL, "for the configuration");
	search_network_changed(&s, now);
	asks("w", "another network is told");
}

static void test_failing_at_once(void)
{
	begin(true);
	fails = true;
	step(0);
	asks("p", "an attempt may fail within its beginning");
	ok(!search_trying(&s), "then there is none");
}

int main(void)
{
	test_better();
	test_same_ways();
	test_proxy_needs_link();
	test_offer();
	test_told_again();
	test_failing_at_once();
	return tap_done();
}
