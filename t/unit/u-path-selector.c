/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "path-selector.h"
#include "tap.h"

/*
 * Two devices, alice who leads and bob who follows, each with a selector for their
 * link, in virtual time. An attempt takes as long as its kind takes, and fails or
 * not as the world of the test says. What happens is written into a trace.
 */

struct side {
	const char *name;
	struct path_selector selector;
	bool blind;			/* does not notice that the path died */
	bool reaches[PATH_KINDS];	/* whether its attempts of this kind get through */
	uint64_t ends[PATH_KINDS];	/* when its attempt is over; 0: none */
	unsigned tries[PATH_KINDS];
};

static struct side sides[2], *alice = &sides[0], *bob = &sides[1];
static uint64_t now, takes[PATH_KINDS];
static int on;				/* the kind of path that joins them, or -1 */
static unsigned cuts;
static bool busy;
static char trace[16384];

__attribute__((format(printf, 1, 2)))
static void note(const char *fmt, ...)
{
	size_t n = strlen(trace);
	va_list ap;

	if (n + 100 > sizeof(trace))
		return;
	n += (size_t)sprintf(trace + n, "[%5" PRIu64 "] ", now);
	va_start(ap, fmt);
	n += (size_t)vsprintf(trace + n, fmt, ap);
	va_end(ap);
	strcpy(trace + n, "\n");
}

static void traced(const char *expected, const char *what)
{
	if (!ok(!strcmp(trace, expected), "%s", what))
		fprintf(stderr, "# is\n%s# expected\n%s", trace, expected);
	trace[0] = '\0';
}

/* Nothing but in-band is possible yet. */
static void begin(void)
{
	memset(sides, 0, sizeof(sides));
	trace[0] = '\0';
	now = 0;
	on = -1;
	busy = false;
	cuts = 0;
	alice->name = "alice";
	bob->name = "bob";
	takes[PATH_INBAND] = 200;
	takes[PATH_PROXY] = 300;
	takes[PATH_DIRECT] = 50;
	for (int i = 0; i < 2; i++) {
		path_selector_init(&sides[i].selector, now);
		path_selector_lead(&sides[i].selector, i == 0);
		sides[i].reaches[PATH_INBAND] = true;
		path_selector_possible(&sides[i].selector, PATH_INBAND, true, now);
	}
}

static void allow(unsigned mask)
{
	for (int i = 0; i < 2; i++)
		path_selector_allow(&sides[i].selector, mask, now);
}

static void possible(enum path_kind kind)
{
	for (int i = 0; i < 2; i++)
		path_selector_possible(&sides[i].selector, kind, true, now);
}

static void attach(enum path_kind kind)
{
	on = (int)kind;
	for (int i = 0; i < 2; i++)
		path_selector_attached(&sides[i].selector, kind, now);
}

static void cut(void)
{
	if (on < 0)
		return;
	on = -1;
	cuts++;
	note("cut");
	for (int i = 0; i < 2; i++)
		if (!sides[i].blind)
			path_selector_detached(&sides[i].selector, now, now);
}

static void finish_attempts(struct side *s)
{
	for (int kind = 0; kind < PATH_KINDS; kind++) {
		if (!s->ends[kind] || s->ends[kind] > now)
			continue;
		s->ends[kind] = 0;
		if (!s->reaches[kind]) {
			path_selector_failed(&s->selector, kind, now);
			continue;
		}
		path_selector_arrived(&s->selector, kind);
		if (!path_selector_wants(&s->selector, kind))
			continue;
		note("%s comes by %s", s->name, path_kind_name(kind));
		attach(kind);
	}
}

static void begin_attempts(struct side *s)
{
	int kind;

	while ((kind = path_selector_next(&s->selector, busy, now)) >= 0) {
		s->tries[kind]++;
		note("%s tries %s", s->name, path_kind_name(kind));
		s->ends[kind] = now + takes[kind];
	}
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Lets time pass. With a pause, every path is cut when it is that old. */
static void run_cutting(uint64_t until, uint64_t pause)
{
	for (;;) {
		uint64_t next = UINT64_MAX;

		for (int i = 0; i < 2; i++) {
			finish_attempts(&sides[i]);
			begin_attempts(&sides[i]);
		}
		if (pause && on >= 0) {
			if (now >= alice->selector.since + pause)
				cut();
			if (on >= 0)
				next = alice->selector.since + pause;
		}
		for (int i = 0; i < 2; i++) {
			next = least(next, path_selector_deadline(&sides[i].selector, busy));
			for (int kind = 0; kind < PATH_KINDS; kind++)
				if (sides[i].ends[kind])
					next = least(next, sides[i].ends[kind]);
		}
		if (next > until)
			break;
		if (next > now)
			now = next;
	}
	now = until;
}

static void run(uint64_t until)
{
	run_cutting(until, 0);
}

/* The link is up in-band, and the two have told each other everything. */
static void begin_told(void)
{
	begin();
	run(200);
	possible(PATH_DIRECT);
	possible(PATH_PROXY);
	trace[0] = '\0';
}

static void test_first(void)
{
	begin();
	run(200);
	traced("[    0] alice tries in-band\n"
	       "[    0] bob tries in-band\n"
	       "[  200] alice comes by in-band\n",
	       "the first path is in-band, and nobody waits for the other");
	is_int(alice->selector.current, PATH_INBAND, "where the link is then");

	begin_told();
	alice->reaches[PATH_DIRECT] = bob->reaches[PATH_DIRECT] = true;
	alice->reaches[PATH_PROXY] = true;
	run(60000);
	traced("[  200] alice tries direct\n"
	       "[  250] alice comes by direct\n",
	       "a direct path is tried at once, and no proxy is bothered");

	begin_told();
	bob->reaches[PATH_DIRECT] = true;
	alice->reaches[PATH_PROXY] = true;
	run(60000);
	traced("[  200] alice tries direct\n"
	       "[  700] bob tries direct\n"
	       "[  750] bob comes by direct\n",
	       "where only the one who follows gets through, he does");

	begin_told();
	alice->reaches[PATH_PROXY] = bob->reaches[PATH_PROXY] = true;
	run(60000);
	traced("[  200] alice tries direct\n"
	       "[  700] bob tries direct\n"
	       "[  900] alice tries proxy\n"
	       "[ 1200] alice comes by proxy\n", "where nobody does, a proxy");

	begin();
	alice->reaches[PATH_PROXY] = true;
	run(200);
	possible(PATH_PROXY);
	run(60000);
	traced("[    0] alice tries in-band\n"
	       "[    0] bob tries in-band\n"
	       "[  200] alice comes by in-band\n"
	       "[  200] alice tries proxy\n"
	       "[  500] alice comes by proxy\n", "and where there is no address, at once");
}

static void test_better(void)
{
	begin_told();
	alice->reaches[PATH_PROXY] = true;
	run(1200);
	ok(path_selector_wants(&alice->selector, PATH_DIRECT), "a better kind is wanted");
	ok(!path_selector_wants(&alice->selector, PATH_PROXY), "the same is not");
	ok(!path_selector_wants(&alice->selector, PATH_INBAND), "nor a worse one");
	trace[0] = '\0';
	run(600000);
	traced("", "at rest, what failed is not tried again");
	is_int(path_selector_deadline(&alice->selector, false), UINT64_MAX,
	       "and nobody is woken up");
	busy = true;
	run(604000);
	traced("[600000] alice tries direct\n"
	       "[600000] bob tries direct\n"
	       "[601050] alice tries direct\n"
	       "[601050] bob tries direct\n"
	       "[603100] alice tries direct\n"
	       "[603100] bob tries direct\n", "while the link is used it is, less and less often");
	run(4200000);
	ok(alice->tries[PATH_DIRECT] >= 16 && alice->tries[PATH_DIRECT] <= 24,
	   "down to once in five minutes (%u times in an hour)", alice->tries[PATH_DIRECT]);
	busy = false;
	trace[0] = '\0';
	run(4800000);
	traced("", "until it is at rest again");
	bob->reaches[PATH_DIRECT] = true;
	busy = true;
	run(5200000);
	is_int(alice->selector.current, PATH_DIRECT,
	       "when one gets through at last, the link moves");
}

static void test_loss(void)
{
	begin_told();
	alice->reaches[PATH_DIRECT] = bob->reaches[PATH_DIRECT] = true;
	run(30000);
	trace[0] = '\0';
	cut();
	run(60000);
	traced("[30000] cut\n"
	       "[30000] alice tries direct\n"
	       "[30000] alice tries in-band\n"
	       "[30050] alice comes by direct\n",
	       "what was best and in-band are tried at once, together");
	alice->reaches[PATH_DIRECT] = bob->reaches[PATH_DIRECT] = false;
	cut();
	run(60700);
	traced("[60000] cut\n"
	       "[60000] alice tries direct\n"
	       "[60000] alice tries in-band\n"
	       "[60200] alice comes by in-band\n"
	       "[60700] alice tries proxy\n"
	       "[60700] bob tries direct\n", "in-band carries on when it is gone");
	run(90000);
	traced("[61400] bob tries proxy\n", "and everything else is tried once by either");

	begin_told();
	alice->reaches[PATH_DIRECT] = bob->reaches[PATH_DIRECT] = true;
	run(30000);
	trace[0] = '\0';
	alice->blind = true;
	cut();
	run(60000);
	traced("[30000] cut\n"
	       "[30500] bob tries direct\n"
	       "[30500] bob tries in-band\n"
	       "[30550] bob comes by direct\n",
	       "the one who follows does not wait for one who sees nothing");

	begin_told();
	alice->reaches[PATH_PROXY] = true;
	run(30000);
	trace[0] = '\0';
	cut();
	run(40000);
	traced("[30000] cut\n"
	       "[30000] alice tries direct\n"
	       "[30000] alice tries in-band\n"
	       "[30200] alice comes by in-band\n"
	       "[30200] alice tries proxy\n"
	       "[30500] alice comes by proxy\n"
	       "[30700] bob tries direct\n", "a proxy needs the link, so in-band goes before it");
}

/* Every path dies when it is a second old, but the link is used all the time. */
static void test_flapping(void)
{
	unsigned direct;

	begin_told();
	alice->reaches[PATH_DIRECT] = bob->reaches[PATH_DIRECT] = true;
	busy = true;
	run_cutting(4100, 1000);
	traced("[  200] alice tries direct\n"
	       "[  250] alice comes by direct\n"
	       "[ 1250] cut\n"
	       "[ 1250] alice tries direct\n"
	       "[ 1250] alice tries in-band\n"
	       "[ 1300] alice comes by direct\n"
	       "[ 2300] cut\n"
	       "[ 2300] alice tries in-band\n"
	       "[ 2500] alice comes by in-band\n"
	       "[ 2800] alice tries direct\n"
	       "[ 2850] alice comes by direct\n"
	       "[ 3850] cut\n"
	       "[ 3850] alice tries in-band\n"
	       "[ 4050] alice comes by in-band\n",
	       "the first redial is at once, the next ones are later");
	direct = alice->tries[PATH_DIRECT] + bob->tries[PATH_DIRECT];
	run_cutting(604100, 1000);
	direct = alice->tries[PATH_DIRECT] + bob->tries[PATH_DIRECT] - direct;
	ok(direct >= 100 && direct <= 160, "no oftener than every four seconds or so (%u in 600)",
	   direct);
	run(620000);
	is_int(alice->selector.current, PATH_DIRECT, "when it stands, the link is on it");
	trace[0] = '\0';
	run(640000);
	cut();
	run(650000);
	traced("[640000] cut\n"
	       "[640000] alice tries direct\n"
	       "[640000] alice tries in-band\n"
	       "[640050] alice comes by direct\n", "and is redialled at once when it dies");
	run(641000);
	trace[0] = '\0';
	cut();
	run(641100);
	traced("[641000] cut\n"
	       "[641000] alice tries direct\n"
	       "[641000] alice tries in-band\n"
	       "[641050] alice comes by direct\n", "even soon: that it flapped is forgotten");
}

static void test_inband_wait(void)
{
	uint64_t failed_at[2] = { 0 }, most = 0;

	begin();
	alice->reaches[PATH_INBAND] = bob->reaches[PATH_INBAND] = false;
	while (now < 300000) {
		for (int i = 0; i < 2; i++) {
			struct side *s = &sides[i];
			bool trying = s->ends[PATH_INBAND] != 0;

			finish_attempts(s);
			if (trying && !s->ends[PATH_INBAND])
				failed_at[i] = now;
			begin_attempts(s);
			if (!s->ends[PATH_INBAND])
				continue;
			if (failed_at[i] && now - failed_at[i] > most)
				most = now - failed_at[i];
			failed_at[i] = 0;
		}
		now += 10;
	}
	is_int(most, PATH_SELECTOR_INBAND_MAX,
	       "without a path, in-band waits for eight seconds at most");
	ok(alice->tries[PATH_INBAND] < 60, "and no less often than that for long (%u in 300 s)",
	   alice->tries[PATH_INBAND]);
	bob->reaches[PATH_INBAND] = true;
	run(310000);
	is_int(alice->selector.current, PATH_INBAND, "so it is back soon");

	for (int i = 0; i < 10; i++)
		path_selector_failed(&alice->selector, PATH_DIRECT, now);
	possible(PATH_DIRECT);
	for (int i = 0; i < 10; i++)
		path_selector_failed(&alice->selector, PATH_DIRECT, now);
	path_selector_detached(&alice->selector, now, now);
	ok(alice->selector.kinds[PATH_DIRECT].not_before <= now + PATH_SELECTOR_INBAND_MAX,
	   "and nothing else waits longer, when there is nothing");
}

static void test_forced(void)
{
	begin();
	allow(PATH_MASK(PATH_DIRECT));
	run(200);
	possible(PATH_DIRECT);
	possible(PATH_PROXY);
	alice->reaches[PATH_PROXY] = bob->reaches[PATH_PROXY] = true;
	bob->reaches[PATH_DIRECT] = true;
	run(20000);
	traced("[    0] alice tries in-band\n"
	       "[    0] bob tries in-band\n"
	       "[  200] alice comes by in-band\n"
	       "[  200] alice tries direct\n"
	       "[  700] bob tries direct\n"
	       "[  750] bob comes by direct\n",
	       "forced to direct, the two meet in-band, and no proxy is tried");
	ok(!path_selector_wants(&alice->selector, PATH_INBAND), "in-band is not wanted then");

	allow(PATH_MASK(PATH_INBAND));
	ok(path_selector_wants(&alice->selector, PATH_INBAND), "forced to in-band, it is");
	run(40000);
	traced("[20000] alice tries in-band\n"
	       "[20200] alice comes by in-band\n", "and the link leaves what is better");
	ok(!path_selector_wants(&alice->selector, PATH_DIRECT), "for good");
	cut();
	run(60000);
	traced("[40000] cut\n"
	       "[40000] alice tries in-band\n"
	       "[40200] alice comes by in-band\n", "and when that dies, nothing else is tried");

	alice->reaches[PATH_DIRECT] = true;
	allow(PATH_MASK_ALL);
	run(80000);
	traced("[60000] alice tries direct\n"
	       "[60050] alice comes by direct\n",
	       "nobody forces anything any more: better paths again");

	allow(PATH_MASK(PATH_PROXY));
	run(80100);
	traced("[80000] alice tries proxy\n", "a proxy, forced, is tried from the direct path");
	run(80400);
	is_int(alice->selector.current, PATH_PROXY, "which is left for it");
}

static void test_network(void)
{
	begin_told();
	busy = true;
	run(120000);
	ok(alice->selector.kinds[PATH_DIRECT].not_before > 121000,
	   "direct has failed so often that it waits");
	alice->reaches[PATH_DIRECT] = bob->reaches[PATH_DIRECT] = true;
	trace[0] = '\0';
	for (int i = 0; i < 2; i++)
		path_selector_network_changed(&sides[i].selector, now);
	run(120400);
	traced("[120000] alice tries direct\n"
	       "[120050] alice comes by direct\n", "another network: it is tried at once");

	begin_told();
	run(60000);
	trace[0] = '\0';
	for (int i = 0; i < 2; i++)
		path_selector_network_changed(&sides[i].selector, now);
	run(90000);
	traced("[60000] alice tries direct\n"
	       "[60500] bob tries direct\n"
	       "[60700] alice tries proxy\n"
	       "[61200] bob tries proxy\n", "at rest too, everything once");

	begin_told();
	alice->reaches[PATH_DIRECT] = bob->reaches[PATH_DIRECT] = true;
	busy = true;
	while (alice->selector.kinds[PATH_DIRECT].calm_at <= now || now < 30000)
		run_cutting(now + 100, 1000);
	is_int(path_selector_next(&alice->selector, true, now), -1, "what flapped waits");
	path_selector_network_changed(&alice->selector, now);
	is_int(path_selector_next(&alice->selector, true, now), PATH_DIRECT,
	       "another network is another chance");

	begin();
	alice->reaches[PATH_INBAND] = bob->reaches[PATH_INBAND] = false;
	run(100000);
	trace[0] = '\0';
	alice->reaches[PATH_INBAND] = true;
	path_selector_network_changed(&alice->selector, now);
	run(100200);
	traced("[100000] alice tries in-band\n"
	       "[100200] alice comes by in-band\n", "and without a path, in-band does not wait");
}

static void test_possible(void)
{
	begin();
	run(200);
	trace[0] = '\0';
	busy = true;
	possible(PATH_DIRECT);
	run(100000);
	trace[0] = '\0';
	possible(PATH_DIRECT);
	run(100100);
	traced("", "what is possible already does not become so");
	path_selector_possible(&alice->selector, PATH_DIRECT, false, now);
	is_int(path_selector_next(&alice->selector, true, 10000000), -1,
	       "what is not is not tried");
	run(101000);
	path_selector_possible(&alice->selector, PATH_DIRECT, true, now);
	run(101020);
	traced("[101000] alice tries direct\n", "what becomes so is, at once");
	path_selector_possible(&alice->selector, PATH_DIRECT, false, now);
	path_selector_possible(&alice->selector, PATH_DIRECT, true, now);
	is_int(path_selector_next(&alice->selector, true, now), -1, "but not twice at a time");

	begin();
	path_selector_possible(&alice->selector, PATH_INBAND, false, 0);
	is_int(path_selector_next(&alice->selector, true, 0), -1,
	       "a device that is not online is not asked");
	is_int(path_selector_deadline(&alice->selector, true), UINT64_MAX, "before it is");
	path_selector_possible(&alice->selector, PATH_INBAND, true, 7000);
	is_int(path_selector_deadline(&alice->selector, true), 7000, "then it is, at once");
}

/*
 * How often a side tries within a time, when each try fails at once and the
 * peer says something at every 100 ms.
 */
static unsigned tries_while(void (*says)(struct path_selector *r, uint64_t at), uint64_t ms)
{
	unsigned tries = 0;
	struct path_selector r;

	path_selector_init(&r, 0);
	path_selector_lead(&r, true);
	path_selector_attached(&r, PATH_INBAND, 0);
	path_selector_possible(&r, PATH_DIRECT, true, 0);
	for (uint64_t at = 0; at < ms; at += 100) {
		int kind;

		says(&r, at);
		while ((kind = path_selector_next(&r, true, at)) >= 0) {
			tries++;
			path_selector_failed(&r, kind, at);
		}
	}
	return tries;
}

/* A link at rest is on a kind that is not allowed, and the allowed one does not work. */
static void test_forced_in_vain(void)
{
	struct path_selector r;
	unsigned tries = 0;

	path_selector_init(&r, 1000);
	path_selector_allow(&r, PATH_MASK(PATH_DIRECT), 1000);
	path_selector_possible(&r, PATH_DIRECT, true, 1000);
	path_selector_attached(&r, PATH_INBAND, 1000);
	for (uint64_t at = 1000; at < 600000; at += 1000) {
		path_selector_allow(&r, PATH_MASK(PATH_DIRECT), at);
		if (path_selector_next(&r, false, at) < 0)
			continue;
		tries++;
		path_selector_failed(&r, PATH_DIRECT, at);
	}
	is_int(tries, 1, "what is allowed is tried once, however often that is said");
}

static void says_nothing(struct path_selector *r, uint64_t at)
{
}

static void says_new_addresses(struct path_selector *r, uint64_t at)
{
	path_selector_possible(r, PATH_DIRECT, false, at);
	path_selector_possible(r, PATH_DIRECT, true, at);
}

static void changes_its_mind(struct path_selector *r, uint64_t at)
{
	path_selector_allow(r, PATH_MASK(PATH_INBAND), at);
	path_selector_allow(r, PATH_MASK_ALL, at);
}

static void test_talkative(void)
{
	unsigned quiet = tries_while(says_nothing, 600000),
		 addresses = tries_while(says_new_addresses, 600000),
		 mind = tries_while(changes_its_mind, 600000);
	struct path_selector r;

	ok(quiet < 12, "what fails is tried %u times in ten minutes", quiet);
	ok(addresses < 300, "and %u times for who tells new addresses ten times a second",
	   addresses);
	ok(mind < 300, "or changes its mind (%u times)", mind);

	path_selector_init(&r, 0);
	path_selector_attached(&r, PATH_INBAND, 0);
	path_selector_lead(&r, true);
	path_selector_possible(&r, PATH_DIRECT, true, 0);
	path_selector_next(&r, true, 0);
	path_selector_failed(&r, PATH_DIRECT, 100);
	says_new_addresses(&r, 20000);
	is_int(path_selector_deadline(&r, false), 20000,
	       "new addresses after a while are tried at once");
}

/* Anything in any order: what the selector says fits together. */
static void test_random(void)
{
	unsigned wrong = 0, attempts = 0;
	uint64_t at = 0;
	struct path_selector r;

	srand(7);
	path_selector_init(&r, at);
	for (int i = 0; i < 300000; i++) {
		int kind = rand() % PATH_KINDS;
		bool used = rand() % 2;
		uint64_t due;
		int next;

		at += (uint64_t)(rand() % 400);
		switch (rand() % 12) {
		case 0:
			path_selector_allow(&r, (unsigned)rand() % (PATH_MASK_ALL + 1), at);
			break;
		case 1:
			path_selector_lead(&r, rand() % 2);
			break;
		case 2:
		case 3:
			path_selector_possible(&r, kind, rand() % 4, at);
			break;
		case 4:
			if (rand() % 8 == 0)
				path_selector_network_changed(&r, at);
			break;
		case 5:
			path_selector_attached(&r, kind, at);
			break;
		case 6:
			path_selector_detached(&r, at, at);
			break;
		case 7:
			path_selector_failed(&r, kind, at);
			break;
		case 8:
			path_selector_arrived(&r, kind);
			break;
		}
		due = path_selector_deadline(&r, used);
		next = path_selector_next(&r, used, at);
		wrong += (next >= 0) != (due <= at);
		if (next >= 0) {
			attempts++;
			wrong += !r.kinds[next].possible || !r.kinds[next].trying ||
				 !path_selector_wants(&r, next);
		}
		if (r.current < 0 && r.kinds[PATH_INBAND].possible && !r.kinds[PATH_INBAND].trying)
			wrong += path_selector_deadline(&r, false) > at + PATH_SELECTOR_INBAND_MAX;
	}
	is_int(wrong, 0, "whatever happens, it is tried when it is due, and in-band soon");
	ok(attempts > 1000, "which it was %u times", attempts);
}

/* A selector on in-band, with a direct path that can be dialled. */
static uint64_t begin_dialling(struct path_selector *r)
{
	path_selector_init(r, 0);
	path_selector_lead(r, true);
	path_selector_possible(r, PATH_INBAND, true, 0);
	path_selector_attached(r, PATH_INBAND, 0);
	path_selector_possible(r, PATH_DIRECT, true, 0);
	return 1000;
}

/*
 * The link goes onto a direct path that lives for so long, and notices its end
 * after another time; then in-band.
 */
static uint64_t live_direct(struct path_selector *r, uint64_t lives, uint64_t silence, uint64_t at)
{
	path_selector_attached(r, PATH_DIRECT, at);
	path_selector_detached(r, at + lives, at + lives + silence);
	at += lives + silence;
	path_selector_attached(r, PATH_INBAND, at);
	return at;
}

static void test_holes(void)
{
	struct path_selector r;
	uint64_t at = begin_dialling(&r);

	at = live_direct(&r, 0, 12000, at);
	is_int(path_selector_deadline(&r, true), at + PATH_SELECTOR_HOLE_FIRST,
	       "a path that swallowed everything is not tried at once");
	at = live_direct(&r, 10, 12000, at);
	is_int(path_selector_deadline(&r, true), at + 2 * PATH_SELECTOR_HOLE_FIRST,
	       "each time later");
	for (int i = 0; i < 10; i++)
		at = live_direct(&r, 10, 12000, at);
	is_int(path_selector_deadline(&r, true), at + PATH_SELECTOR_WAIT_MAX, "but not for ever");
	path_selector_detached(&r, at, at);
	path_selector_possible(&r, PATH_INBAND, false, at);
	is_int(path_selector_deadline(&r, true), at + PATH_SELECTOR_INBAND_MAX,
	       "nor for long where there is no path at all");
	path_selector_network_changed(&r, at);
	is_int(path_selector_deadline(&r, true), at, "another network may have none");
	at = live_direct(&r, PATH_SELECTOR_STEADY, 12000, at);
	is_int(path_selector_deadline(&r, true), at + PATH_SELECTOR_ASIDE,
	       "one that was good for a while is tried again when in-band has been");
	at = live_direct(&r, PATH_SELECTOR_STEADY, 0, at);
	ok(path_selector_deadline(&r, true) <= at, "at once, if it was cut");

	at = begin_dialling(&r);
	path_selector_attached(&r, PATH_DIRECT, at);
	path_selector_network_changed(&r, at + 100);
	path_selector_detached(&r, at + 100, at + 3100);
	path_selector_attached(&r, PATH_INBAND, at + 5000);
	ok(path_selector_deadline(&r, true) <= at + 5000 + PATH_SELECTOR_FOLLOW,
	   "nor is one under which the network changed");

	begin_dialling(&r);
	at = 1000;
	path_selector_detached(&r, at, at + 12000);
	is_int(path_selector_next(&r, true, at + 12000), PATH_DIRECT,
	       "after in-band fell silent direct is tried");
	is_int(path_selector_next(&r, true, at + 12000), PATH_INBAND,
	       "and in-band, which is always tried at once");
}

/* The device goes back to in-band by a path of its own. Returns when. */
static uint64_t led_back(struct path_selector *r, uint64_t lives, uint64_t silence, uint64_t at)
{
	path_selector_attached(r, PATH_DIRECT, at);
	at += lives + silence;
	path_selector_replaced(r, PATH_INBAND, at - silence, at);
	path_selector_attached(r, PATH_INBAND, at);
	return at;
}

/* Since nothing large is sent at rest, a path that swallows may live long. */
static void test_holes_at_rest(void)
{
	struct path_selector r;
	uint64_t at = begin_dialling(&r);

	path_selector_attached(&r, PATH_DIRECT, at);
	is_int(path_selector_next(&r, false, at + 1), -1, "on a direct path, at rest");
	at += 10 * PATH_SELECTOR_STEADY;
	is_int(path_selector_next(&r, true, at), -1, "and used, later");
	path_selector_detached(&r, at, at + 3500);
	path_selector_attached(&r, PATH_INBAND, at + 3500);
	is_int(path_selector_deadline(&r, true), at + 3500 + PATH_SELECTOR_HOLE_FIRST,
	       "one that swallowed in its first use does, however old it was");
	is_int(path_selector_deadline(&r, false), -1, "and is not tried at rest");
	at = live_direct(&r, 10 * PATH_SELECTOR_STEADY, 12000, at + 20000);
	is_int(path_selector_deadline(&r, true), at + 2 * PATH_SELECTOR_HOLE_FIRST,
	       "a kind that has swallowed, and falls silent, has swallowed again");
	path_selector_elsewhere(&r, PATH_DIRECT, at);
	ok(path_selector_deadline(&r, true) <= at, "a device that is elsewhere now is dialled");
	is_int(path_selector_next(&r, true, at), PATH_DIRECT, "there");
	path_selector_arrived(&r, PATH_DIRECT);
	at = live_direct(&r, 10, 3500, at);
	path_selector_elsewhere(&r, PATH_DIRECT, at);
	is_int(path_selector_deadline(&r, true), at + 4 * PATH_SELECTOR_HOLE_FIRST,
	       "but not for saying so again and again");
}

/* The side that is led off a path which swallows has not fallen silent on it by its own clock. */
static void test_led_back(void)
{
	struct path_selector r;
	uint64_t at = begin_dialling(&r);

	at = led_back(&r, 10, 3000, at);
	is_int(path_selector_deadline(&r, true), at + PATH_SELECTOR_HOLE_FIRST,
	       "a path that the device left, and that swallowed, is not tried at once");
	at = led_back(&r, 10, 3000, at);
	is_int(path_selector_deadline(&r, true), at + 2 * PATH_SELECTOR_HOLE_FIRST,
	       "each time later");

	at = begin_dialling(&r);
	at = led_back(&r, 1000, 100, at);
	ok(path_selector_deadline(&r, true) <= at + PATH_SELECTOR_FOLLOW,
	   "one that worked to the last may have been cut: it is tried at once");
	at = led_back(&r, 1000, 100, at);
	ok(path_selector_deadline(&r, true) >= at + PATH_SELECTOR_WAIT_FIRST, "once");

	at = begin_dialling(&r);
	at = led_back(&r, PATH_SELECTOR_STEADY, 3000, at);
	is_int(path_selector_deadline(&r, true), at + PATH_SELECTOR_ASIDE,
	       "one that was good for a while is tried soon");

	at = begin_dialling(&r);
	at = led_back(&r, PATH_SELECTOR_LED_BACK, 0, at);
	is_int(path_selector_deadline(&r, true), at + PATH_SELECTOR_HOLE_FIRST,
	       "one that was left, and not cut, swallows, though nothing waits here");
	at = begin_dialling(&r);
	path_selector_attached(&r, PATH_DIRECT, at);
	path_selector_allow(&r, PATH_MASK(PATH_INBAND), at + 100);
	path_selector_replaced(&r, PATH_INBAND, at + 5000, at + 5000);
	path_selector_attached(&r, PATH_INBAND, at + 5000);
	path_selector_allow(&r, PATH_MASK_ALL, at + 6000);
	is_int(path_selector_deadline(&r, true), at + 6000,
	       "but where its kind was not allowed any more");

	at = begin_dialling(&r);
	path_selector_possible(&r, PATH_PROXY, true, at);
	is_int(path_selector_next(&r, false, at + 1000), PATH_DIRECT, "a proxy was tried at rest");
	is_int(path_selector_next(&r, false, at + 1000), PATH_PROXY, "beside a direct path");
	path_selector_arrived(&r, PATH_PROXY);
	at = led_back(&r, 1000, 100, at + 1000);
	path_selector_possible(&r, PATH_DIRECT, false, at);
	ok(path_selector_deadline(&r, false) <= at + PATH_SELECTOR_PROXY_AFTER,
	   "when that is lost, it is tried once more");

	at = begin_dialling(&r);
	path_selector_attached(&r, PATH_PROXY, at);
	path_selector_replaced(&r, PATH_DIRECT, at, at + 5000);
	path_selector_attached(&r, PATH_DIRECT, at + 5000);
	path_selector_detached(&r, at + 20000, at + 20000);
	path_selector_possible(&r, PATH_DIRECT, false, at + 20000);
	path_selector_possible(&r, PATH_PROXY, true, at + 20000);
	path_selector_attached(&r, PATH_INBAND, at + 20000);
	ok(path_selector_deadline(&r, true) <= at + 20000 + PATH_SELECTOR_FOLLOW,
	   "one that is left for a better one has done nothing wrong");
}

static void test_colliding_moves(void)
{
	struct path_selector r;
	uint64_t at = begin_dialling(&r);

	is_int(path_selector_next(&r, false, at), PATH_DIRECT, "at rest");
	path_selector_arrived(&r, PATH_DIRECT);
	path_selector_attached(&r, PATH_DIRECT, at);
	path_selector_attached(&r, PATH_PROXY, at);
	is_int(path_selector_next(&r, false, at), PATH_DIRECT,
	       "a better path that was given up for the peer's is tried again");
	path_selector_arrived(&r, PATH_DIRECT);
	path_selector_attached(&r, PATH_DIRECT, at);
	is_int(path_selector_deadline(&r, false), -1, "and that is all");
}

static void test_answers(void)
{
	struct path_selector r;
	uint64_t at = begin_dialling(&r);

	path_selector_possible(&r, PATH_DIRECT, false, at);
	path_selector_possible(&r, PATH_PROXY, true, at);
	is_int(path_selector_next(&r, false, at), PATH_PROXY, "a proxy of ours is offered");
	path_selector_answers(&r, PATH_PROXY);
	is_int(path_selector_deadline(&r, false), -1, "and put away for the device's");
	path_selector_failed(&r, PATH_PROXY, at);
	is_int(path_selector_deadline(&r, false), at + PATH_SELECTOR_WAIT_FIRST,
	       "when that came to nothing ours has its turn");
	at += PATH_SELECTOR_WAIT_FIRST;
	is_int(path_selector_next(&r, false, at), PATH_PROXY, "once");
	path_selector_failed(&r, PATH_PROXY, at);
	is_int(path_selector_deadline(&r, false), -1, "only");
	path_selector_answers(&r, PATH_PROXY);
	path_selector_failed(&r, PATH_PROXY, at);
	is_int(path_selector_deadline(&r, false), -1,
	       "and an offer that displaced nothing gives none");
	path_selector_renew(&r, at);
	ok(path_selector_deadline(&r, false) < UINT64_MAX, "news from the device does");
}

/* A selector on in-band that offers a proxy, which the device puts off each time. */
static unsigned offers_put_off(struct path_selector *r, bool used, uint64_t at, uint64_t ms)
{
	unsigned offers = 0;

	for (uint64_t end = at + ms; at < end; at += 100) {
		if (path_selector_next(r, used, at) < 0)
			continue;
		offers++;
		path_selector_put_off(r, PATH_PROXY, at);
	}
	return offers;
}

static void test_put_off(void)
{
	struct path_selector r;
	uint64_t at = begin_dialling(&r);

	path_selector_possible(&r, PATH_DIRECT, false, at);
	path_selector_possible(&r, PATH_PROXY, true, at);
	is_int(path_selector_next(&r, false, at), PATH_PROXY, "a proxy is offered");
	path_selector_put_off(&r, PATH_PROXY, at);
	is_int(path_selector_deadline(&r, false), at + PATH_SELECTOR_OFF_FIRST,
	       "to a device that is busy it is offered again, at rest too");
	at += PATH_SELECTOR_OFF_FIRST;
	is_int(path_selector_next(&r, false, at), PATH_PROXY, "as soon as there is room");
	path_selector_failed(&r, PATH_PROXY, at);
	is_int(path_selector_deadline(&r, false), -1, "a failure then is the one try");

	path_selector_renew(&r, at);
	is_int(offers_put_off(&r, false, at, 3600 * 1000), PATH_SELECTOR_OFFS_MAX,
	       "a device that is busy for ever is left alone, at rest");
	at += 3600 * 1000;
	is_int(path_selector_deadline(&r, false), -1, "and no timer is set for it");
	ok(offers_put_off(&r, true, at, 3600 * 1000) <= 14,
	   "and while the link is used it is asked each five minutes");
	at += 3600 * 1000;
	path_selector_network_changed(&r, at);
	is_int(offers_put_off(&r, false, at, 3600 * 1000), PATH_SELECTOR_OFFS_MAX,
	       "another network is another chance");
}

/* A direct path that both sides opened at once counts as one that was dialled. */
static void test_punched(void)
{
	struct path_selector r;
	uint64_t at = 100000;

	path_selector_init(&r, 0);
	path_selector_lead(&r, true);
	path_selector_possible(&r, PATH_PUNCH, true, 0);
	path_selector_possible(&r, PATH_PROXY, true, 0);
	is_int(path_selector_next(&r, true, 0), -1, "without a path no records can be said");
	path_selector_attached(&r, PATH_INBAND, 0);
	is_int(path_selector_next(&r, true, 0), PATH_PUNCH, "with one it is tried");
	is_int(path_selector_next(&r, true, 0), -1, "a proxy is bothered");
	is_int(path_selector_next(&r, true, PATH_SELECTOR_PROXY_AFTER), PATH_PROXY, "later");
	path_selector_failed(&r, PATH_PUNCH, at);
	path_selector_attached(&r, PATH_PROXY, at);
	ok(path_selector_wants(&r, PATH_PUNCH), "it is better than a proxy");
	path_selector_attached(&r, PATH_DIRECT, at);
	ok(!path_selector_wants(&r, PATH_PUNCH), "and as good as a direct path");
	path_selector_detached(&r, at, at + 5000);
	path_selector_attached(&r, PATH_INBAND, at + 5000);
	path_selector_failed(&r, PATH_PROXY, at + 5000);
	is_int(path_selector_deadline(&r, true), at + 5000 + PATH_SELECTOR_WAIT_FIRST,
	       "only a proxy is tried soon");
	path_selector_possible(&r, PATH_PROXY, false, at);
	is_int(path_selector_deadline(&r, true), at + 5000 + PATH_SELECTOR_HOLE_FIRST,
	       "when a direct path has swallowed everything");
	path_selector_allow(&r, PATH_MASK(PATH_INBAND) | PATH_MASK(PATH_PROXY), at + 6000);
	is_int(path_selector_deadline(&r, true), -1, "who allows no direct path allows none so");
}

/* A device that is busy changes its mind in a loop about what it allows. */
static void test_put_off_talkative(void)
{
	unsigned offers = 0;
	struct path_selector r;

	begin_dialling(&r);
	path_selector_possible(&r, PATH_DIRECT, false, 0);
	path_selector_possible(&r, PATH_PROXY, true, 0);
	for (uint64_t at = 1000; at < 600000; at += 100) {
		changes_its_mind(&r, at);
		offers += offers_put_off(&r, false, at, 100);
	}
	ok(offers < 100, "which is no reason to ask it far more often (%u times in ten minutes)",
	   offers);
}

int main(void)
{
	test_first();
	test_better();
	test_loss();
	test_flapping();
	test_inband_wait();
	test_forced();
	test_forced_in_vain();
	test_network();
	test_possible();
	test_holes();
	test_holes_at_rest();
	test_led_back();
	test_colliding_moves();
	test_answers();
	test_put_off();
	test_punched();
	test_put_off_talkative();
	test_talkative();
	test_random();
	return tap_done();
}
