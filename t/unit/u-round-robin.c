/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "round-robin.h"
#include "tap.h"

/* Each has a letter; what a round came to is the letters in order. */
struct taker {
	struct round_robin_entry turn;
	char name;
	struct taker *removes[4];	/* in its turn */
	struct taker *adds;
	bool begins;			/* a round of its own */
	bool stops;			/* the round: it took all there was */
	bool there;
};

static struct round_robin turns;
static struct taker a = { .name = 'a' }, b = { .name = 'b' }, c = { .name = 'c' },
		    d = { .name = 'd' };
static char said[64];

static void add(struct taker *who)
{
	round_robin_add(&turns, &who->turn);
	who->there = true;
}

static void leave(struct taker *who)
{
	round_robin_remove(&who->turn);
	who->there = false;
}

static void reset(void)
{
	struct taker *all[] = { &a, &b, &c, &d };

	round_robin_init(&turns);
	for (unsigned i = 0; i < 4; i++)
		*all[i] = (struct taker){ .name = 'a' + i };
	add(&a);
	add(&b);
	add(&c);
}

static void go_round(void)
{
	struct round_robin_entry *t;

	round_robin_begin(&turns);
	while ((t = round_robin_next(&turns)) && strlen(said) < sizeof(said) - 1) {
		struct taker *who = (struct taker *)t;

		said[strlen(said)] = who->there ? who->name : '!';
		for (unsigned i = 0; i < 4 && who->removes[i]; i++)
			leave(who->removes[i]);
		if (who->adds)
			add(who->adds);
		who->adds = NULL;
		if (who->begins) {
			who->begins = false;
			go_round();
		}
		if (who->stops)
			break;
	}
}

static const char *a_round(void)
{
	memset(said, 0, sizeof(said));
	go_round();
	return said;
}

static void test_order(void)
{
	round_robin_init(&turns);
	is_str(a_round(), "", "nobody is there");
	reset();
	is_str(a_round(), "abc", "each has one turn");
	is_str(a_round(), "abc", "and one in the next round");
	a.stops = true;
	is_str(a_round(), "a", "who takes all there is ends the round");
	is_str(a_round(), "bca", "and is the last one next time");
}

static void test_leaving(void)
{
	static const struct {
		struct taker *whose, *removes[4];
		const char *round, *next, *what;
	} rows[] = {
		{ &a, { &a }, "abc", "bc", "the first one leaves in its turn" },
		{ &b, { &b }, "abc", "ac", "the one in the middle" },
		{ &c, { &c }, "abc", "ab", "the last one" },
		{ &a, { &b }, "ac", "ac", "the one who is next" },
		{ &b, { &a }, "abc", "bc", "one who had their turn" },
		{ &a, { &a, &b }, "ac", "c", "the first one and the next" },
		{ &b, { &a, &c }, "ab", "b", "all others" },
		{ &a, { &a, &b, &c }, "a", "", "all" },
		{ &c, { &a, &b, &c }, "abc", "", "all, in the last turn" },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		reset();
		for (unsigned j = 0; j < 4; j++)
			rows[i].whose->removes[j] = rows[i].removes[j];
		is_str(a_round(), rows[i].round, rows[i].what);
		for (unsigned j = 0; j < 4; j++)
			rows[i].whose->removes[j] = NULL;
		is_str(a_round(), rows[i].next, "... and the next round is of who is left");
	}
}

static void test_coming(void)
{
	reset();
	b.adds = &d;
	is_str(a_round(), "abc", "who comes waits for the next round");
	is_str(a_round(), "abdc", "and has a turn in it");

	reset();
	b.removes[0] = &b;
	b.adds = &b;
	is_str(a_round(), "abc", "who leaves and comes again has no second one");

	reset();
	a.removes[0] = &a;
	a.removes[1] = &b;
	a.removes[2] = &c;
	a.adds = &d;
	is_str(a_round(), "a", "who comes when all have left waits as well");
	is_str(a_round(), "d", "and has a turn in the next one");

	reset();
	a.begins = true;
	is_str(a_round(), "abca", "a round within a round serves for both");
}

int main(void)
{
	test_order();
	test_leaving();
	test_coming();
	return tap_done();
}
