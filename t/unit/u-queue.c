/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the queue does is written to a trace in words, which is compared. */
#include "queue.h"

#include <stdlib.h>

#include "alloc.h"
#include "tap.h"

#define BOB "bob@example.org"
#define OLD "1111111111111111111111111111111111111111"
#define NEW "2222222222222222222222222222222222222222"
#define NEW256 "3333333333333333333333333333333333333333333333333333333333333333"
#define UNIX 1700000000			/* now, in unix seconds */

static struct buf trace;
static const char *who_is_online;	/* NULL: nobody */

static void on_run(void *owner, struct queue_entry *e)
{
	buf_printf(&trace, "run %s\n", e->id);
}

static unsigned asked_online;

static bool on_online(void *owner, const char *jid)
{
	asked_online++;
	return who_is_online && !strcmp(jid, who_is_online);
}

static void on_save(void *owner, const struct queue_entry *e)
{
	buf_printf(&trace, "save %s %s%s%s\n", e->id, queue_state_name(e->state),
		   e->error ? ": " : "", e->error ? e->error : "");
}

static void on_gone(void *owner, const struct queue_entry *e, const char *outcome)
{
	buf_printf(&trace, "gone %s %s\n", e->id, outcome);
}

static const struct queue_events events = {
	.run = on_run,
	.online = on_online,
	.save = on_save,
	.gone = on_gone,
};

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

static struct queue *begin(void)
{
	buf_reset(&trace);
	who_is_online = NULL;
	return queue_create(&events, NULL, 1);
}

/* So many ms later, by both clocks. */
#define AT(ms) (ms), UNIX + (ms) / 1000

static struct queue_entry *load(struct queue *q, const char *id, const char *jid, const char *share,
				const char *path)
{
	struct buf f = { 0 };
	struct queue_entry *e;

	fields_add(&f, "jid", jid);
	fields_add(&f, "share", share);
	fields_add(&f, "path", path);
	fields_add(&f, "remote", "origin");
	fields_add_u64(&f, "queued", UNIX - 100);
	fields_add_u64(&f, "expires", UNIX + 1000);
	fields_add(&f, "update", NEW " " OLD " refs/heads/main");
	e = queue_load(q, id, (struct fields){ buf_data(&f), buf_len(&f) });
	buf_finish(&f);
	return e;
}

static void t_delivered(void)
{
	struct queue *q = begin();
	struct queue_entry *e = load(q, "q1", BOB, "project", "/src");

	queue_tick(q, AT(0));
	expect("", "nobody online: it waits");
	is_int(queue_deadline(q, 5000), 1000 * 1000, "until it expires");
	who_is_online = "eve@example.org";
	asked_online = 0;
	ok(!queue_buddy_online(q, "eve@example.org", AT(0)), "another one is not the buddy");
	expect("", "and nothing is done for them");
	is_int(asked_online, 0, "nor looked at");
	who_is_online = BOB;
	is_int(queue_deadline(q, 5000), 5000, "with the buddy online it can run now");
	ok(queue_buddy_online(q, BOB, AT(5000)), "the buddy is");
	expect("save q1 running\nrun q1\n", "it is written that it runs, and it runs");
	is_int(e->tries, 1, "for the first time");
	is_int(queue_deadline(q, 5000) == UINT64_MAX, 1, "that has no timer here");
	queue_buddy_online(q, BOB, AT(5001));
	queue_tick(q, AT(5000 * 1000));
	expect("", "it runs once, and does not expire meanwhile");
	ok(!queue_retry(q, e, AT(5003)) && !queue_drop(q, e),
	   "what runs can be neither retried nor dropped");
	queue_done(q, e, QUEUE_DELIVERED, NULL, 6000);
	expect("gone q1 delivered\n", "delivered it is gone");
	ok(!queue_first(q) && !queue_find(q, "q1"), "from the queue, too");
	is_int(queue_deadline(q, 6000) == UINT64_MAX, 1, "and there is no timer");
	queue_destroy(q);
	queue_destroy(NULL);
}

static bool within(uint64_t actual, uint64_t from, unsigned pause)
{
	return actual >= from + pause && actual <= from + pause + pause / 2;
}

static void t_unreachable(void)
{
	struct queue *q = begin();
	struct queue_entry *e = load(q, "q1", BOB, "project", "/src");
	unsigned pause = QUEUE_RETRY_FIRST;
	uint64_t now = 1000;
	bool good = true;

	e->expires = UNIX + 1000000;
	who_is_online = BOB;
	queue_tick(q, AT(now));
	expect("save q1 running\nrun q1\n", "it runs");
	for (int i = 0; i < 12; i++) {
		queue_done(q, e, QUEUE_UNREACHABLE, "no way", now);
		good = good && within(e->retry_at, now, pause) &&
		       queue_deadline(q, now) == e->retry_at;
		queue_tick(q, AT(e->retry_at - 1));
		good = good && e->state == QUEUE_WAITING;
		now = e->retry_at;
		queue_tick(q, AT(now));
		good = good && e->state == QUEUE_RUNNING;
		pause = pause * 2 < QUEUE_RETRY_MAX ? pause * 2 : QUEUE_RETRY_MAX;
	}
	ok(good, "each failure doubles the pause, up to QUEUE_RETRY_MAX, and chance adds to it");
	is_int(e->tries, 13, "tries are counted");
	buf_reset(&trace);
	queue_done(q, e, QUEUE_UNREACHABLE, "no way", now);
	expect("save q1 waiting: no way\n", "why is written down");
	who_is_online = NULL;
	is_int(queue_deadline(q, 0), e->end_at,
	       "with the buddy away only its expiry is waited for");
	queue_tick(q, AT(e->retry_at));
	expect("", "and nothing is tried");
	who_is_online = BOB;
	queue_buddy_online(q, BOB, AT(now));
	expect("save q1 running: no way\nrun q1\n", "who appears ends the pause");
	queue_done(q, e, QUEUE_UNREACHABLE, "no way", now);
	buf_reset(&trace);
	queue_buddy_online(q, "carol@example.org", AT(now));
	expect("", "another one who appears does not");
	queue_buddy_online(q, BOB, AT(now));
	buf_reset(&trace);
	queue_done(q, e, QUEUE_UNREACHABLE, NULL, now);
	expect("save q1 waiting\n", "an error is that of the last try");
	ok(within(e->retry_at, now, QUEUE_RETRY_FIRST),
	   "after the buddy has appeared pauses are short again");
	ok(queue_retry(q, e, AT(now)), "by hand it is tried at once");
	expect("save q1 waiting\nsave q1 running\nrun q1\n", "and runs");
	queue_done(q, e, QUEUE_UNREACHABLE, "no way", now);
	ok(within(e->retry_at, now, QUEUE_RETRY_FIRST), "with a short pause after it");
	queue_destroy(q);
}

static void t_refused(void)
{
	struct queue *q = begin();
	struct queue_entry *e = load(q, "q1", BOB, "project", "/src");

	who_is_online = BOB;
	queue_tick(q, AT(0));
	buf_reset(&trace);
	queue_done(q, e, QUEUE_REFUSED, "main has moved", 0);
	expect("save q1 failed: main has moved\n", "refused it is kept");
	queue_tick(q, AT(999999));
	queue_buddy_online(q, BOB, AT(999999));
	expect("", "not tried again, and does not expire");
	is_int(queue_deadline(q, 0) == UINT64_MAX, 1, "it has no timer");
	ok(queue_retry(q, e, AT(999999)), "but by hand it is");
	expect("save q1 waiting: main has moved\nsave q1 running: main has moved\nrun q1\n",
	       "and runs");
	is_int(e->expires, UNIX + 1000, "with the expiry it had");
	queue_done(q, e, QUEUE_REFUSED, NULL, 0);
	expect("save q1 failed: refused\n", "a failure has a reason, even if none is given");
	ok(queue_drop(q, e), "or dropped");
	expect("gone q1 dropped\n", "which removes it");
	ok(!queue_first(q), "from the queue, too");
	queue_destroy(q);
}

static void t_interrupted(void)
{
	struct queue *q = begin();
	struct queue_entry *e = load(q, "q1", BOB, "project", "/src");

	who_is_online = BOB;
	queue_tick(q, AT(0));
	expect("save q1 running\nrun q1\n", "it runs");
	queue_interrupted(q, e);
	expect("save q1 waiting\n", "and waits, in its file too, when we end in the middle of it");
	queue_destroy(q);
}

static void t_expiry(void)
{
	struct queue *q = begin();
	struct queue_entry *e = load(q, "q1", BOB, "project", "/src");

	queue_tick(q, AT(7));
	queue_tick(q, AT(999 * 1000));
	expect("", "a second before its expiry it waits");
	is_int(queue_deadline(q, 999 * 1000), 1000 * 1000 + 7, "for that second");
	who_is_online = BOB;
	queue_buddy_online(q, BOB, AT(1000 * 1000 + 7));
	expect("save q1 failed: expired\n", "then it is too late, even for the buddy who appears");
	ok(queue_retry(q, e, AT(2000 * 1000)), "by hand it can be tried");
	expect("save q1 waiting: expired\nsave q1 running: expired\nrun q1\n", "and runs");
	is_int(e->expires, UNIX + 2000 + QUEUE_EXPIRY, "with a new expiry");
	queue_destroy(q);
	q = begin();
	e = load(q, "q1", BOB, "project", "/src");
	e->expires = UINT64_MAX - 1;
	queue_tick(q, AT(7));
	is_int(queue_deadline(q, 7), 7 + QUEUE_EXPIRY * UINT64_C(1000),
	       "an expiry beyond all time does no harm");
	queue_destroy(q);
}

#define YEAR UINT64_C(31536000)

/* The clock is set while it waits. */
static void t_clock_set(void)
{
	struct queue *q = begin();
	struct queue_entry *e = load(q, "q1", BOB, "project", "/src");

	queue_tick(q, AT(0));
	queue_tick(q, 1000, UNIX + YEAR);
	expect("save q1 waiting\n", "forward: it waits, and its file knows the new time");
	is_int(e->expires, UNIX + YEAR + 999, "with what it had left");
	queue_tick(q, 2000, UNIX - YEAR);
	expect("save q1 waiting\n", "back");
	is_int(e->expires, UNIX - YEAR + 998, "with what it had left");
	ok(e->queued <= e->expires, "nor is it younger than when it expires");
	queue_tick(q, 3000, UNIX - YEAR + 5);
	expect("", "some seconds are no jump");
	queue_tick(q, 1000 * 1000, UNIX - YEAR + 997);
	expect("save q1 failed: expired\n", "its own time counts on");
	queue_destroy(q);
}

/* The clock is wrong while it is loaded. */
static void t_clock_wrong(void)
{
	struct queue *q = begin();
	struct queue_entry *e = load(q, "q1", BOB, "project", "/src");

	queue_tick(q, 0, 1000);
	is_int(queue_deadline(q, 0), 1100 * 1000, "what is from a future has its whole time");
	queue_tick(q, 1000, UNIX);
	ok(e->state == QUEUE_WAITING, "and waits when the clock is right");
	queue_destroy(q);
	q = begin();
	load(q, "q1", BOB, "project", "/src");
	queue_tick(q, 0, UNIX + 1000);
	expect("save q1 failed: expired\n", "what is too old when we begin is");
	queue_destroy(q);
}

static void t_order(void)
{
	struct queue *q = begin();
	struct queue_entry *a = load(q, "q1", BOB, "project", "/src"),
			   *b = load(q, "q2", BOB, "project", "/src");
	struct queue_entry *c = load(q, "q3", BOB, "other", "/src"),
			   *d = load(q, "q4", BOB, "project", "/elsewhere");

	who_is_online = BOB;
	queue_tick(q, AT(0));
	expect("save q1 running\nrun q1\nsave q4 running\nrun q4\n",
	       "one at a time in a repository");
	load(q, "q6", "carol@example.org", "project", "/src");
	who_is_online = "carol@example.org";
	queue_tick(q, AT(0));
	expect("save q6 running\nrun q6\n",
	       "of a buddy: a push that never ends is no reason for another one's to wait");
	queue_done(q, queue_find(q, "q6"), QUEUE_DELIVERED, NULL, 0);
	buf_reset(&trace);
	who_is_online = BOB;
	queue_done(q, d, QUEUE_DELIVERED, NULL, 0);
	buf_reset(&trace);
	queue_tick(q, AT(0));
	expect("", "until it has ended");
	queue_done(q, a, QUEUE_UNREACHABLE, "no way", 0);
	buf_reset(&trace);
	is_int(queue_deadline(q, 3), 3, "then another can run at once");
	queue_tick(q, AT(3));
	expect("save q3 running\nrun q3\n", "but not a later one to the same share");
	queue_tick(q, AT(a->retry_at));
	expect("", "one at a time, also when a pause is over");
	queue_done(q, c, QUEUE_DELIVERED, NULL, 0);
	buf_reset(&trace);
	queue_tick(q, AT(a->retry_at));
	expect("save q1 running: no way\nrun q1\n", "the first is tried again first");
	queue_done(q, a, QUEUE_REFUSED, "no", 0);
	buf_reset(&trace);
	queue_tick(q, AT(0));
	expect("save q2 running\nrun q2\n", "one that failed holds up nobody");
	queue_retry(q, a, AT(0));
	expect("save q1 waiting: no\n", "retried by hand it waits for its turn");
	queue_done(q, b, QUEUE_DELIVERED, NULL, 0);
	buf_reset(&trace);
	queue_tick(q, AT(0));
	expect("save q1 running: no\nrun q1\n", "which comes");
	queue_done(q, a, QUEUE_UNREACHABLE, "no way", 0);
	buf_reset(&trace);
	load(q, "q5", "carol@example.org", "project", "/src");
	who_is_online = "carol@example.org";
	queue_tick(q, AT(0));
	expect("save q5 running\nrun q5\n", "a share of another buddy is another share");
	queue_destroy(q);
}

static void t_one_buddy(void)
{
	struct queue *q = begin();
	struct queue_entry *e = NULL;
	char id[32], path[32];

	for (int i = 1; i <= 6; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		snprintf(path, sizeof(path), "/r%d", i);
		e = load(q, id, BOB, "project", path);
	}
	ok(queue_find(q, "q6") == e && !queue_find(q, "q7"), "an entry is found by its id");
	who_is_online = BOB;
	queue_tick(q, AT(0));
	expect("save q1 running\nrun q1\nsave q2 running\nrun q2\nsave q3 running\nrun q3\n"
	       "save q4 running\nrun q4\n", "four run at once for a buddy");
	is_int(queue_deadline(q, 0), 1000 * 1000, "the others wait for them");
	queue_done(q, queue_find(q, "q2"), QUEUE_DELIVERED, NULL, 0);
	queue_tick(q, AT(0));
	expect("gone q2 delivered\nsave q5 running\nrun q5\n", "and follow");
	load(q, "q7", "carol@example.org", "project", "/r7");
	who_is_online = "carol@example.org";
	queue_buddy_online(q, "carol@example.org", AT(0));
	expect("save q7 running\nrun q7\n", "another buddy does not wait for him");
	queue_destroy(q);
}

/* The fields of a file: key=value, each ended by '|' here. */
static struct queue_entry *load_text(struct queue *q, const char *id, const char *text)
{
	char *copy = xstrdup(text);
	struct queue_entry *e;

	for (char *c = copy; *c; c++)
		if (*c == '|')
			*c = '\0';
	e = queue_load(q, id, (struct fields){ copy, strlen(text) });
	free(copy);
	return e;
}

#define TARGET "jid=bob@example.org|share=project|path=/src|remote=origin|"
#define TIMES "queued=1|expires=2|"
#define UPDATE "update=" NEW " " OLD " refs/heads/main|"

static const struct { const char *text; bool good; const char *what; } files[] = {
	{ TARGET TIMES UPDATE, true, "what is needed" },
	{ TARGET TIMES UPDATE "color=blue|", true, "a field of tomorrow" },
	{ TARGET TIMES UPDATE "state=waiting|tries=3|error=no way|", true, "all there is" },
	{ TARGET TIMES "update=- " OLD " refs/heads/main|", true, "a ref to be deleted" },
	{ TARGET TIMES "update=" NEW " - refs/tags/v1.0|", true, "a new ref" },
	{ TARGET TIMES "update=" NEW256 " " NEW256 " refs/heads/main|", true, "SHA-256" },
	{ TARGET TIMES UPDATE "update=" NEW " - refs/heads/a/b.c@d-e|", true, "two refs" },
	{ "", false, "nothing" },
	{ TARGET TIMES, false, "no ref" },
	{ TARGET UPDATE, false, "no times" },
	{ TARGET "queued=1|" UPDATE, false, "no expiry" },
	{ TARGET "expires=2|" UPDATE, false, "no time" },
	{ TARGET "queued=x|expires=2|" UPDATE, false, "a time that is no number" },
	{ TARGET "queued=1|expires=99999999999999999999|" UPDATE, false, "an expiry too large" },
	{ TARGET "queued=3|expires=2|" UPDATE, false, "expired before it was queued" },
	{ TIMES UPDATE, false, "no target" },
	{ "share=project|path=/src|remote=origin|" TIMES UPDATE, false, "no buddy" },
	{ "jid=bob|share=project|path=/src|remote=origin|" TIMES UPDATE, false, "no address" },
	{ "jid=bob@example.org/x|share=project|path=/src|remote=origin|" TIMES UPDATE, false,
	  "a resource" },
	{ "jid=bob@example.org|path=/src|remote=origin|" TIMES UPDATE, false, "no share" },
	{ "jid=bob@example.org|share=../x|path=/src|remote=origin|" TIMES UPDATE, false,
	  "a bad share" },
	{ "jid=bob@example.org|share=project|remote=origin|" TIMES UPDATE, false, "no path" },
	{ "jid=bob@example.org|share=project|path=src|remote=origin|" TIMES UPDATE, false,
	  "a relative path" },
	{ "jid=bob@example.org|share=project|path=/src|" TIMES UPDATE, false, "no remote" },
	{ "jid=bob@example.org|share=project|path=/src|remote=|" TIMES UPDATE, false,
	  "an empty remote" },
	{ "jid=bob@example.org|share=project|path=/src|remote=-o|" TIMES UPDATE, false,
	  "an option" },
	{ "jid=bob@example.org|share=project|path=/src|remote=a\nb|" TIMES UPDATE, false,
	  "a line break" },
	{ TARGET TIMES UPDATE "state=done|", false, "an unknown state" },
	{ TARGET TIMES UPDATE "tries=-1|", false, "tries below none" },
	{ TARGET TIMES UPDATE "tries=4294967296|", false, "tries beyond counting" },
	{ TARGET TIMES UPDATE UPDATE, false, "a ref twice" },
	{ TARGET TIMES UPDATE "update=|", false, "an empty ref beside a good one" },
	{ TARGET TIMES UPDATE "Bad=1|", false, "no fields" },
	{ TARGET TIMES UPDATE "error=cut", false, "a file cut off" },
	{ TARGET TIMES "update=- - refs/heads/main|", false, "nothing to nothing" },
	{ TARGET TIMES "update=" NEW256 " " OLD " refs/heads/main|", false,
	  "two kinds of objects" },
	{ TARGET TIMES "update=" NEW " refs/heads/main|", false, "a word too few" },
	{ TARGET TIMES "update=" NEW "|", false, "two words too few" },
	{ TARGET TIMES "update=" NEW " " OLD " refs/heads/main x|", false, "a word too many" },
	{ TARGET TIMES "update=" NEW "  " OLD " refs/heads/main|", false, "a space too many" },
	{ TARGET TIMES "update=" NEW "0 " OLD " refs/heads/main|", false, "a digit too many" },
	{ TARGET TIMES "update=" NEW " 111111111111111111111111111111111111111 refs/heads/main|",
	  false,
	  "a digit too few" },
	{ TARGET TIMES "update=2222222 1111111 refs/heads/main|", false, "short names" },
	{ TARGET TIMES "update=HEAD " OLD " refs/heads/main|", false, "a name for an object" },
	{ TARGET TIMES "update=ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD " OLD " refs/heads/main|",
	  false,
	  "upper case" },
	{ TARGET TIMES UPDATE "directory=/home/a b|variable=GIT_DIR=x=y|variable=PATH=|", true,
	  "a place" },
	{ TARGET TIMES UPDATE "directory=home|", false, "a place that is relative" },
	{ TARGET TIMES UPDATE "variable=GIT_DIR=/x|", false, "a variable without a place" },
	{ TARGET TIMES UPDATE "directory=/x|variable=GIT_CONFIG_COUNT=1|", false,
	  "a variable that is not kept" },
	{ TARGET TIMES UPDATE "directory=/x|variable=GIT_DI=/x|", false, "half a variable" },
	{ TARGET TIMES UPDATE "directory=/x|variable==/x|", false, "no variable" },
	{ TARGET TIMES UPDATE "directory=/x|variable=GIT_DIR|", false,
	  "a variable without a value" },
};

static const struct { const char *ref; bool good; } refs[] = {
	{ "refs/heads/main", true },
	{ "refs/heads/k\303\266ln", true },
	{ "refs/heads/a.lockb", true },
	{ "refs/heads/@", true },
	{ "refs/x", true },
	{ "", false },
	{ "main", false },
	{ "heads/main", false },
	{ "refs", false },
	{ "refs/", false },
	{ "refs/heads/", false },
	{ "refs//main", false },
	{ "refs/heads/../x", false },
	{ "refs/heads/a..b", false },
	{ "refs/heads/.a", false },
	{ "refs/heads/a.", false },
	{ "refs/heads/a.lock", false },
	{ "refs/heads/a.lock/b", false },
	{ "refs/heads/a@{1}", false },
	{ "refs/heads/a b", false },
	{ "refs/heads/a\tb", false },
	{ "refs/heads/a\nb", false },
	{ "refs/heads/a\177", false },
	{ "refs/heads/a~1", false },
	{ "refs/heads/a^", false },
	{ "refs/heads/a:b", false },
	{ "refs/heads/a?", false },
	{ "refs/heads/*", false },
	{ "refs/heads/[a]", false },
	{ "refs/heads/a\\b", false },
};

/* Bob has another address. */
static void t_moved(void)
{
	static const char to[] = "bob@example.net";
	struct queue *q = begin();
	struct queue_entry *runs, *failed, *waits, *hers;

	failed = load(q, "q1", BOB, "failed", "/src");
	who_is_online = BOB;
	queue_tick(q, AT(0));
	queue_done(q, failed, QUEUE_REFUSED, "no", 0);
	runs = load(q, "q2", BOB, "runs", "/src");
	queue_tick(q, AT(0));
	waits = load(q, "q3", BOB, "waits", "/src");
	hers = load(q, "q4", "eve@example.org", "hers", "/src");
	free(waits->remote);
	waits->remote = xstrdup("xmpp::" BOB "/waits");
	buf_reset(&trace);
	is_int(queue_move(q, BOB, to, 1000), 3, "what is queued for bob goes to his new address");
	expect("save q1 failed: no\nsave q2 running\nsave q3 waiting\n", "it is written");
	is_str(failed->jid, to, "also what has failed");
	is_str(hers->jid, "eve@example.org", "but nobody else's");
	is_str(waits->remote, "xmpp::bob@example.net/waits", "a remote that is a URL changes");
	is_str(failed->remote, "origin", "one with a name is the repository's");
	who_is_online = to;
	queue_done(q, runs, QUEUE_UNREACHABLE, "cut", 1000);
	buf_reset(&trace);
	queue_buddy_online(q, to, AT(QUEUE_RETRY_FIRST - 1));
	expect("", "the remotes have time to change, whoever is online");
	is_int(queue_deadline(q, QUEUE_RETRY_FIRST - 1), 1000 + QUEUE_RETRY_FIRST, "a moment");
	queue_tick(q, AT(1000 + QUEUE_RETRY_FIRST));
	expect("save q2 running: cut\nrun q2\n", "then it is pushed there, in its order");
	queue_done(q, runs, QUEUE_DELIVERED, NULL, 9000);
	queue_tick(q, AT(9000));
	expect("gone q2 delivered\nsave q3 running\nrun q3\n", "one after the other");
	is_int(queue_move(q, BOB, to, 9000), 0, "nothing is left for the old one");
	queue_destroy(q);
}

static void t_files(void)
{
	struct queue *q = begin();

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct queue_entry *e = load_text(q, "q1", files[i].text);

		ok(!e == !files[i].good, "%s: %s", files[i].what,
		   files[i].good ? "loaded" : "not loaded");
		if (e)
			queue_drop(q, e);
	}
	for (size_t i = 0; i < ARRAY_SIZE(refs); i++) {
		char *text = xasprintf(TARGET TIMES "update=" NEW " - %s|", refs[i].ref);
		struct queue_entry *e = load_text(q, "q1", text);

		ok(!e == !refs[i].good, "ref %zu of the table is %s", i,
		   refs[i].good ? "good" : "bad");
		if (e)
			queue_drop(q, e);
		free(text);
	}
	queue_destroy(q);
}

static void t_round_trip(void)
{
	struct queue *q = begin(), *other = queue_create(&events, NULL, 1);
	struct queue_entry *e = load_text(
		q, "q12",
		"jid=Bob@Example.org|share=team/site|path=/home/a b/.git|"
		"remote=origin|directory=/home/a b|variable=GIT_DIR=../x=y|variable=PATH=/bin|"
		"queued=5|expires=6|state=failed|tries=7|error=no way|" UPDATE "update=- " OLD
		" refs/heads/old|update=" NEW " - refs/heads/new|");
	struct buf once = { 0 }, twice = { 0 };
	struct queue_entry *again;

	ok(e->state == QUEUE_FAILED && e->tries == 7 && e->queued == 5 && e->expires == 6,
	   "numbers are read");
	is_str(e->id, "q12", "the id");
	is_str(e->jid, BOB, "the buddy, in lower case");
	is_str(e->share, "team/site", "the share");
	is_str(e->path, "/home/a b/.git", "the path");
	is_str(e->remote, "origin", "the remote");
	is_str(e->directory, "/home/a b", "where git runs");
	is_str(e->variables[0], "GIT_DIR", "with which variables");
	is_str(e->variables[1], "../x=y", "of which value");
	is_str(e->variables[3], "/bin", "all of them");
	ok(!e->variables[4], "and no more");
	is_str(e->error, "no way", "the error");
	is_str(e->updates->src, NEW, "the first ref: what it becomes");
	is_str(e->updates->expect, OLD, "what it was");
	is_str(e->updates->dst, "refs/heads/main", "where");
	is_str(e->updates->next->src, "", "the second is deleted");
	is_str(e->updates->next->next->expect, "", "the third is new");
	ok(!e->updates->next->next->next, "there are three");
	queue_entry_write(e, &once);
	again = queue_load(other, "q12", (struct fields){ buf_data(&once), buf_len(&once) });
	if (ok(again != NULL, "what is written is read"))
		queue_entry_write(again, &twice);
	ok(buf_len(&once) == buf_len(&twice) &&
		   !memcmp(buf_data(&once), buf_data(&twice), buf_len(&once)),
	   "and is the same");

	e = load_text(q, "q13", TARGET TIMES UPDATE "state=running|tries=2|");
	is_str(queue_state_name(e->state), "waiting", "what ran when the broker ended waits");
	is_int(e->tries, 2, "and knows that it ran");
	buf_finish(&once);
	buf_finish(&twice);
	queue_destroy(q);
	queue_destroy(other);
}

static void t_bounds(void)
{
	struct queue *q = begin();
	struct buf f = { 0 };
	char id[32];
	char *long_error = xcalloc(1, 4001);

	ok(!load_text(q, "", TARGET TIMES UPDATE), "an entry has an id");
	ok(!load_text(q, "q123456789012345", TARGET TIMES UPDATE), "that is not too long");
	for (int i = 1; i <= QUEUE_MAX; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		if (!load_text(q, id, TARGET TIMES UPDATE))
			ok(false, "QUEUE_MAX can be loaded");
	}
	ok(!load_text(q, "q9999", TARGET TIMES UPDATE), "one more cannot");
	queue_drop(q, queue_find(q, "q256"));
	queue_drop(q, queue_first(q));
	ok(!load_text(q, "q2", TARGET TIMES UPDATE), "none can twice");
	ok(load_text(q, "q257", TARGET TIMES UPDATE) != NULL, "one that goes makes room");
	is_str(queue_first(q)->id, "q2", "the oldest is the first");
	queue_destroy(q);

	q = begin();
	memset(long_error, 'x', 4000);
	for (const char *p = TARGET TIMES; *p; p++)
		buf_append(&f, *p == '|' ? "" : p, 1);
	fields_add(&f, "error", long_error);
	for (int i = 0; i < QUEUE_UPDATES_MAX; i++)
		fields_addf(&f, "update", NEW " - refs/heads/b%d", i);
	ok(queue_load(q, "q1", (struct fields){ buf_data(&f), buf_len(&f) }) != NULL,
	   "an entry may have QUEUE_UPDATES_MAX refs");
	is_int(strlen(queue_first(q)->error), QUEUE_ERROR_MAX,
	       "of a long error the beginning is kept");
	fields_add(&f, "update", NEW " - refs/heads/more");
	ok(!queue_load(q, "q2", (struct fields){ buf_data(&f), buf_len(&f) }),
	   "one more is too many");
	buf_reset(&f);
	queue_entry_write(queue_first(q), &f);
	ok(fields_valid((struct fields){ buf_data(&f), buf_len(&f) }),
	   "what is written is never too much");
	queue_destroy(q);
	buf_finish(&f);
	free(long_error);
}

/* A file with some bytes changed is loaded, and then written well-formed, or it is not. */
static void t_random(void)
{
	struct queue *q = begin();
	uint32_t random = 5;
	unsigned loaded = 0, bad = 0;

	for (int i = 0; i < 20000; i++) {
		char text[] = TARGET TIMES UPDATE "state=failed|tries=3|error=no|";
		struct buf f = { 0 };
		struct queue_entry *e;

		for (unsigned n = 0; n <= (unsigned)i % 3; n++) {
			random = random * 1664525 + 1013904223;
			text[(random >> 8) % (sizeof(text) - 1)] =
				(char)(random >> 24 ? random >> 24 : 1);
		}
		e = load_text(q, "q1", text);
		if (!e)
			continue;
		loaded++;
		queue_entry_write(e, &f);
		queue_drop(q, e);
		e = queue_load(q, "q1", (struct fields){ buf_data(&f), buf_len(&f) });
		bad += !e;
		if (e)
			queue_drop(q, e);
		buf_finish(&f);
		buf_reset(&trace);
	}
	printf("# %u read\n", loaded);
	ok(loaded > 100 && loaded < 19900, "of files with wrong bytes some are read");
	is_int(bad, 0, "and then written so that they are read again");
	queue_destroy(q);
}

int main(void)
{
	t_delivered();
	t_unreachable();
	t_refused();
	t_interrupted();
	t_expiry();
	t_clock_set();
	t_clock_wrong();
	t_order();
	t_one_buddy();
	t_moved();
	t_files();
	t_round_trip();
	t_bounds();
	t_random();
	buf_finish(&trace);
	return tap_done();
}
