/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the follows do is written to a trace in words, which is compared. */
#include "follows.h"

#include <stdlib.h>

#include "alloc.h"
#include "buf.h"
#include "tap.h"

#define BOB "bob@example.org"
#define SRC "/home/alice/src/.git"

static struct buf trace;

static void on_compare(void *owner, struct follow *f, const void *tips, size_t len)
{
	buf_printf(&trace, "compare %s %.*s\n", f->remote, (int)len, (const char *)tips);
}

static void on_fetch(void *owner, struct follow *f)
{
	buf_printf(&trace, "fetch %s\n", f->remote);
}

static const struct follows_events events = {
	.compare = on_compare,
	.fetch = on_fetch,
};

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

static struct follows *begin(void)
{
	buf_reset(&trace);
	return follows_create(&events, NULL, 1);
}

static void announced(struct follows *all, const char *share, const char *tips, uint64_t now)
{
	follows_announced(all, BOB, share, tips, strlen(tips), now);
}

static void is_state(const struct follow *f, enum follow_state state, const char *what)
{
	is_str(follow_state_name(f->state), follow_state_name(state), what);
}

static void t_happy(void)
{
	struct follows *all = begin();
	struct follow *f = follows_add(all, BOB, "project", SRC, "origin");

	is_state(f, FOLLOW_QUIET, "it begins quiet");
	is_int(follows_deadline(all) == UINT64_MAX, 1, "without a timer");
	announced(all, "other", "one", 0);
	follows_announced(all, "eve@example.org", "project", "one", 3, 0);
	expect("", "what is not followed is nothing to it");
	announced(all, "project", "one", 0);
	expect("compare origin one\n", "announced: compared");
	is_state(f, FOLLOW_COMPARING, "at once");
	follows_compared(all, f, false, 10);
	is_state(f, FOLLOW_QUIET, "nothing new: quiet");
	expect("", "and no process");
	announced(all, "project", "one", 20);
	is_int(follows_deadline(all), 10 + FOLLOW_LOOK_INTERVAL, "nobody has us look all the time");
	follows_tick(all, 10 + FOLLOW_LOOK_INTERVAL);
	expect("compare origin one\n",
	       "each announcement is compared: the refs here may have moved");
	follows_compared(all, f, true, 130);
	expect("fetch origin\n", "something new: fetched");
	is_state(f, FOLLOW_FETCHING, "at once");
	is_int(follows_deadline(all) == UINT64_MAX, 1, "a fetch has no timer here");
	follows_fetched(all, f, FOLLOW_NEWS, NULL, 140, 1700000000);
	is_state(f, FOLLOW_QUIET, "done: quiet");
	is_int(f->last_ok, 1700000000, "when is known");
	ok(!f->error && !f->last_failed, "no failure");
	follows_tick(all, 1000000);
	expect("", "all is done");
	is_int(follows_deadline(all) == UINT64_MAX, 1, "and no timer is left");
	follows_destroy(all);
	follows_destroy(NULL);
}

static void t_meanwhile(void)
{
	struct follows *all = begin();
	struct follow *f = follows_add(all, BOB, "project", SRC, "origin");

	announced(all, "project", "one", 0);
	announced(all, "project", "two", 1);
	announced(all, "project", "three", 2);
	expect("compare origin one\n", "one comparison at a time");
	follows_compared(all, f, false, 3);
	follows_tick(all, 3 + FOLLOW_LOOK_INTERVAL);
	expect("compare origin three\n", "the next is with the newest");
	follows_compared(all, f, true, 204);
	announced(all, "project", "four", 205);
	expect("fetch origin\n", "one fetch at a time");
	follows_fetched(all, f, FOLLOW_NEWS, NULL, 300, 1);
	expect("", "after a fetch the repository rests");
	is_state(f, FOLLOW_QUIET, "meanwhile it is quiet");
	announced(all, "project", "five", 301);
	is_int(follows_deadline(all), 300 + FOLLOW_INTERVAL,
	       "for FOLLOW_INTERVAL, then its turn comes");
	follows_tick(all, 300 + FOLLOW_INTERVAL - 1);
	expect("", "not earlier");
	follows_tick(all, 300 + FOLLOW_INTERVAL);
	expect("compare origin five\n", "with what was announced last");
	follows_compared(all, f, false, 2000);
	is_state(f, FOLLOW_QUIET, "nothing new: quiet");
	is_int(follows_deadline(all) == UINT64_MAX, 1, "each announcement is compared once");
	follows_destroy(all);
}

static void compare_and_fail(struct follows *all, struct follow *f, uint64_t now)
{
	follows_compared(all, f, true, now);
	follows_fetched(all, f, FOLLOW_FAILED, "it is broken", now, 1700000001);
	buf_reset(&trace);
}

static bool within(uint64_t actual, uint64_t from, unsigned pause)
{
	return actual >= from + pause && actual <= from + pause + pause / 2;
}

static void t_failure(void)
{
	struct follows *all = begin();
	struct follow *f = follows_add(all, BOB, "project", SRC, "origin");
	unsigned pause = FOLLOW_BACKOFF_FIRST;
	uint64_t now = 0;
	bool good = true;

	announced(all, "project", "one", now);
	for (int i = 0; i < 12; i++) {
		compare_and_fail(all, f, now);
		good = good && within(f->retry_at, now, pause) &&
		       follows_deadline(all) == f->retry_at;
		follows_tick(all, f->retry_at - 1);
		good = good && f->state == FOLLOW_WAITING;
		now = f->retry_at;
		follows_tick(all, now);
		good = good && f->state == FOLLOW_COMPARING;
		pause = pause * 2 < FOLLOW_BACKOFF_MAX ? pause * 2 : FOLLOW_BACKOFF_MAX;
	}
	ok(good, "each failure doubles the pause, up to FOLLOW_BACKOFF_MAX, and chance adds to it");
	expect("compare origin one\n", "then the tips are compared again");
	is_str(f->error, "it is broken", "the error is known");
	is_int(f->last_failed, 1700000001, "and when");

	compare_and_fail(all, f, now);
	is_state(f, FOLLOW_WAITING, "failed again");
	announced(all, "project", "two", now + 1);
	is_int(follows_deadline(all), f->retry_at,
	       "an announcement does not end the pause: it costs nothing");
	follows_buddy_online(all, "eve@example.org", now + FOLLOW_APPEARED);
	expect("", "another who appears is none of its business");
	follows_buddy_online(all, BOB, now + 5000);
	is_int(follows_deadline(all), now + FOLLOW_APPEARED, "the buddy who appears shortens it");
	now += FOLLOW_APPEARED;
	follows_tick(all, now);
	expect("compare origin two\n", "and the newest is compared");
	compare_and_fail(all, f, now);
	ok(within(f->retry_at, now, FOLLOW_APPEARED), "the next pause is short again");
	follows_buddy_online(all, BOB, now + FOLLOW_APPEARED);
	expect("compare origin two\n", "who was not tried for a while is tried when they appear");
	now += FOLLOW_APPEARED;
	compare_and_fail(all, f, now);
	ok(within(f->retry_at, now, FOLLOW_APPEARED), "however often they do, a try costs a pause");

	now = f->retry_at;
	follows_tick(all, now);
	buf_reset(&trace);
	follows_compared(all, f, true, now);
	announced(all, "project", "three", now);
	follows_fetched(all, f, FOLLOW_FAILED, NULL, now, 1700000002);
	is_state(f, FOLLOW_WAITING, "what was announced during a fetch that failed waits as well");
	ok(within(follows_deadline(all), now, 2 * FOLLOW_APPEARED), "as long");
	ok(f->error != NULL, "a failure has a reason, even if none is given");
	buf_reset(&trace);
	now = f->retry_at;
	follows_tick(all, now);
	expect("compare origin three\n", "the newest is compared then");
	follows_compared(all, f, false, now);
	is_state(f, FOLLOW_QUIET, "if somebody else has fetched it, all is well");
	ok(!f->error, "and no error is left");

	now += FOLLOW_LOOK_INTERVAL;
	announced(all, "project", "four", now);
	compare_and_fail(all, f, now);
	ok(within(f->retry_at, now, 4 * FOLLOW_APPEARED),
	   "but nothing came of the last tries: the next failure is no first one");
	now = f->retry_at;
	follows_tick(all, now);
	follows_compared(all, f, true, now);
	follows_fetched(all, f, FOLLOW_NEWS, NULL, now, 1700000003);
	ok(!f->error && f->last_ok == 1700000003, "a success ends the error");
	follows_buddy_online(all, BOB, now + 5000);
	is_state(f, FOLLOW_QUIET, "who is quiet stays so when the buddy appears");
	now += FOLLOW_INTERVAL;
	announced(all, "project", "five", now);
	compare_and_fail(all, f, now);
	ok(within(f->retry_at, now, FOLLOW_BACKOFF_FIRST),
	   "after news the next failure is a first one");
	follows_destroy(all);
}

/* Somebody announces what is not there, for ever. */
static void t_nothing_comes(void)
{
	struct follows *all = begin();
	struct follow *f = follows_add(all, BOB, "project", SRC, "origin");
	unsigned fetches = 0;
	uint64_t now = 0;
	char tips[16];

	for (; now < 3600 * 1000; now += 500) {
		snprintf(tips, sizeof(tips), "%u", (unsigned)now);
		announced(all, "project", tips, now);
		if (now % 20000 == 0)
			follows_buddy_online(all, BOB, now);
		follows_tick(all, now);
		if (f->state != FOLLOW_COMPARING)
			continue;
		follows_compared(all, f, true, now);
		fetches++;
		follows_fetched(all, f, FOLLOW_NOTHING, NULL, now, 1);
		is_state(f, FOLLOW_QUIET, "a fetch that brings nothing is no failure");
	}
	ok(fetches <= 12, "who announces twice a second for an hour causes %u fetches", fetches);
	now = 2 * 3600 * 1000 + 2 * FOLLOW_BACKOFF_MAX;
	follows_tick(all, now);
	follows_compared(all, f, true, now);
	follows_fetched(all, f, FOLLOW_NEWS, NULL, now, 1);
	announced(all, "project", "next", now);
	is_int(follows_deadline(all), now + FOLLOW_INTERVAL,
	       "one that brings news ends the pauses");
	buf_reset(&trace);
	follows_destroy(all);
}

static void t_one_repository(void)
{
	struct follows *all = begin();
	struct follow *a = follows_add(all, BOB, "project", SRC, "a");
	struct follow *b = follows_add(all, BOB, "project", SRC, "b");
	struct follow *c = follows_add(all, BOB, "other", SRC, "c");
	struct follow *d = follows_add(all, BOB, "other", "/elsewhere", "d");
	struct follow *e = follows_add(all, "carol@example.org", "project", SRC, "e");
	uint64_t now = FOLLOW_LOOK_INTERVAL;

	announced(all, "other", "one", 0);
	announced(all, "project", "two", 0);
	expect("compare c one\ncompare d one\n", "one at a time of a buddy in a repository");
	follows_announced(all, "carol@example.org", "project", "her", 3, 0);
	expect("compare e her\n", "another buddy's does not wait for it");
	follows_compared(all, d, true, 0);
	expect("fetch d\n", "another one goes its own way");
	follows_compared(all, c, false, 0);
	expect("compare a two\n", "turns are taken in the order they were wanted");
	announced(all, "other", "three", 0);
	follows_compared(all, a, true, 0);
	expect("fetch a\n", "a fetch holds up the others of its buddy");
	follows_compared(all, e, true, 0);
	expect("fetch e\n", "and nobody else's, however long it lasts");
	follows_fetched(all, a, FOLLOW_NEWS, NULL, 50, 1);
	is_int(follows_deadline(all), 50 + FOLLOW_INTERVAL,
	       "the next waits for the repository to rest");
	follows_tick(all, 50 + FOLLOW_INTERVAL);
	expect("compare b two\n", "also that of another remote");
	follows_compared(all, b, false, 2000);
	expect("compare c three\n", "and the last");
	follows_fetched(all, d, FOLLOW_FAILED, "no", 2000, 1);
	is_state(d, FOLLOW_WAITING, "a failure elsewhere");
	announced(all, "other", "four", 2000);
	announced(all, "project", "five", 2000);
	announced(all, "other", "six", 2000);
	follows_compared(all, c, false, 2000);
	expect("compare a five\n", "whoever was looked at just now lets the others go first");
	follows_compared(all, a, false, 2000 + now);
	expect("compare c six\n", "who is announced again keeps their place, with the newest");
	follows_compared(all, c, false, 2000 + now);
	expect("compare b five\n", "and so on");
	follows_compared(all, b, false, 2000 + now);
	is_state(a, FOLLOW_QUIET, "until all is quiet");
	is_state(b, FOLLOW_QUIET, "of this buddy");
	follows_destroy(all);
}

/* Buddies whose fetches never end. */
static void t_places(void)
{
	struct follows *all = begin();
	unsigned turns = 0;
	char jid[32], path[32];

	for (int i = 0; i < 8; i++) {
		snprintf(jid, sizeof(jid), "eve%d@example.org", i);
		for (int k = 0; k < 10; k++) {
			snprintf(path, sizeof(path), "/r%d/%d", i, k);
			follows_add(all, jid, "project", path, "origin");
		}
		follows_announced(all, jid, "project", "one", 3, 0);
	}
	for (struct follow *f = follows_first(all); f; f = f->next)
		turns += f->state == FOLLOW_COMPARING;
	ok(turns < FOLLOW_TURNS_MAX, "%u turns of eight who take all they can", turns);
	buf_reset(&trace);
	follows_add(all, BOB, "project", SRC, "bob");
	follows_announced(all, BOB, "project", "one", 3, 0);
	expect("compare bob one\n", "leave one for another");
	follows_destroy(all);
}

static void t_one_buddy(void)
{
	struct follows *all = begin();
	struct follow *f[7];
	char path[16];
	unsigned turns = 0;

	for (int i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "/r%d", i);
		f[i] = follows_add(all, BOB, "project", path, path);
	}
	f[6] = follows_add(all, "carol@example.org", "project", "/carol", "carol");
	announced(all, "project", "one", 0);
	for (int i = 0; i < 6; i++)
		turns += f[i]->state == FOLLOW_COMPARING;
	is_int(turns, 4, "a buddy has four turns at once");
	is_int(follows_deadline(all) == UINT64_MAX, 1, "the others need no timer");
	buf_reset(&trace);
	follows_announced(all, "carol@example.org", "project", "two", 3, 0);
	expect("compare carol two\n", "another buddy does not wait for him");
	follows_compared(all, f[0], false, 0);
	expect("compare /r4 one\n", "the next follows");
	follows_destroy(all);
}

/* What was announced before it was followed is lost, so that nothing else would bring it. */
static void t_catch_up(void)
{
	struct follows *all = begin();
	struct follow *a = follows_add(all, BOB, "project", SRC, "a"), *b, *c;

	follows_mark(all);
	follows_add(all, BOB, "project", SRC, "a");
	b = follows_add(all, BOB, "project", "/b", "b");
	c = follows_add(all, BOB, "project", "/c", "c");
	follows_sweep(all);
	announced(all, "project", "one", 0);
	buf_reset(&trace);
	follows_compared(all, a, false, 0);
	follows_compared(all, c, false, 0);
	follows_catch_up(all, 0);
	follows_tick(all, FOLLOW_LOOK_INTERVAL);
	expect("compare c cut=1\n",
	       "who is new is compared with what nobody knows, the others are not");
	follows_compared(all, c, true, 200);
	follows_fetched(all, c, FOLLOW_NOTHING, NULL, 300, 1700000000);
	expect("fetch c\n", "it fetches");
	announced(all, "project", "two", 300 + FOLLOW_INTERVAL);
	expect("compare a two\ncompare c two\n",
	       "that nothing came of it is no reason for a pause");
	follows_compared(all, c, true, 1400);
	follows_fetched(all, c, FOLLOW_NOTHING, NULL, 1500, 1700000000);
	announced(all, "project", "three", 1500 + FOLLOW_INTERVAL);
	follows_compared(all, b, false, 1500 + FOLLOW_INTERVAL);
	follows_catch_up(all, 1500 + FOLLOW_INTERVAL);
	buf_reset(&trace);
	follows_tick(all, 1500 + FOLLOW_INTERVAL);
	expect("", "a pause that an announcement has earned is not ended by it");
	follows_destroy(all);
}

static void t_configuration(void)
{
	struct follows *all = begin();
	struct follow *a = follows_add(all, BOB, "project", SRC, "a"), *b, *c;
	char path[32];
	char *too_long = xcalloc(1, JID_MAX + 1);

	b = follows_add(all, BOB, "project", SRC, "b");
	ok(follows_any(all, BOB, "project"), "it is followed");
	ok(!follows_any(all, BOB, "other") && !follows_any(all, "eve@example.org", "project"),
	   "others are not");
	ok(follows_add(all, BOB, "project", SRC, "a") == a, "adding what is there changes nothing");
	ok(b != a && follows_first(all) == a && a->next == b,
	   "they are in the order they were added");
	announced(all, "project", "one", 0);
	expect("compare a one\n", "the first has its turn");
	follows_mark(all);
	ok(follows_add(all, BOB, "project", SRC, "b") == b, "one is added again");
	c = follows_add(all, BOB, "other", SRC, "c");
	follows_sweep(all);
	ok(follows_first(all) == b && b->next == c && !c->next, "what is not is gone");
	is_int(follows_deadline(all), 0, "whoever waited for it need not");
	follows_tick(all, 0);
	expect("compare b one\n", "and has his turn");
	follows_mark(all);
	ok(follows_add(all, BOB, "project", SRC, "b") == b, "the turn of one that stays");
	follows_sweep(all);
	is_state(b, FOLLOW_COMPARING, "goes on");
	ok(!b->next, "the last can go, too");
	c = follows_add(all, BOB, "other", SRC, "c");
	ok(b->next == c, "and come again");
	follows_mark(all);
	follows_sweep(all);
	ok(!follows_first(all) && !follows_any(all, BOB, "project"), "all can go");
	is_int(follows_deadline(all) == UINT64_MAX, 1, "and nothing waits");

	for (int i = 0; i < FOLLOWS_MAX; i++) {
		snprintf(path, sizeof(path), "/r%d", i);
		if (!follows_add(all, BOB, "project", path, "origin"))
			ok(false, "FOLLOWS_MAX can be added");
	}
	ok(!follows_add(all, BOB, "project", "/more", "origin"), "one more cannot");
	ok(follows_add(all, BOB, "project", "/r0", "origin") != NULL,
	   "one that is there still can");
	follows_destroy(all);

	all = begin();
	memset(too_long, 'a', JID_MAX);
	ok(!follows_add(all, too_long, "project", SRC, "a"), "no address is so long");
	ok(!follows_add(all, BOB, too_long, SRC, "a"), "nor a share's name");
	free(too_long);
	follows_destroy(all);
}

static size_t tips_len;
static char tips_start[8];

static void measure(void *owner, struct follow *f, const void *tips, size_t len)
{
	tips_len = len;
	memcpy(tips_start, tips, len < sizeof(tips_start) ? len : sizeof(tips_start));
}

static void t_tips(void)
{
	static const struct follows_events measuring = { .compare = measure, .fetch = on_fetch };
	struct follows *all = follows_create(&measuring, NULL, 1);
	struct follow *f = follows_add(all, BOB, "project", SRC, "a");
	char *tips = xcalloc(1, 20000);

	memset(tips, 'x', 19999);
	follows_announced(all, BOB, "project", tips, 16384, 0);
	is_int(tips_len, 16384, "tips are kept as they came");
	follows_compared(all, f, false, 0);
	follows_announced(all, BOB, "project", tips, 16385, 1000);
	is_int(tips_len, 6, "but for too many of them");
	is_str(tips_start, "cut=1", "which is said");
	follows_compared(all, f, false, 1000);
	follows_announced(all, BOB, "project", NULL, 0, 2000);
	is_int(tips_len, 0, "a share without refs has none");
	follows_compared(all, f, true, 2000);
	free(tips);
	follows_destroy(all);
}

int main(void)
{
	t_happy();
	t_meanwhile();
	t_failure();
	t_nothing_comes();
	t_one_repository();
	t_places();
	t_one_buddy();
	t_catch_up();
	t_configuration();
	t_tips();
	buf_finish(&trace);
	return tap_done();
}
