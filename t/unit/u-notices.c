/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notices.h"

#include <stdlib.h>

#include "alloc.h"
#include "context.h"
#include "notifier.h"
#include "tap.h"

enum { MINUTE = 60 * 1000, NOON = 1000000 };

static uint64_t now = 1; /* ms */
static unsigned changes;
static struct buf told;
static bool has_command = true;

static uint64_t on_now(void *owner)
{
	return now;
}

static uint64_t on_time(void *owner)
{
	return NOON + now / 1000;
}

static const struct context_ops context_ops = { .now = on_now, .time = on_time };

static void on_changed(void *owner)
{
	changes++;
}

static const struct notices_events events = { .changed = on_changed };

static struct context context = { .ops = &context_ops, .jid = "alice@example.org" };
static struct notices *notices;

static void begin(void)
{
	now = 1;
	changes = 0;
	timers_init(&context.timers);
	context.trust = trust_create();
	context.blocked = blocklist_create();
	context.presence = presence_create();
	presence_roster_item(context.presence, "bob@example.net", SUBSCRIPTION_BOTH, false, false);
	context.notices = notices = notices_create(&context, &events, NULL);
}

static void finish(void)
{
	notices_destroy(notices);
	presence_destroy(context.presence);
	blocklist_destroy(context.blocked);
	trust_destroy(context.trust);
	timers_finish(&context.timers);
}

static unsigned count(void)
{
	unsigned n = 0;

	for (const struct notice *at = notices_next(notices, NULL); at;
	     at = notices_next(notices, at))
		n++;
	return n;
}

static struct notice *first(void)
{
	return notices_next(notices, NULL);
}

static void is_line_of(const char *account, const struct notice *notice, unsigned more,
		       const char *expected, const char *what)
{
	char *line = notice_line(notice, account, more);

	is_str(line, expected, what);
	free(line);
}

static void is_line(const struct notice *notice, unsigned more, const char *expected,
		    const char *what)
{
	is_line_of(NULL, notice, more, expected, what);
}

static void test_stands(void)
{
	begin();
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", "b2", NULL);
	is_int(changes, 1, "something is to be told");
	is_int(count(), 1, "it stands");
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", "b2", NULL);
	is_int(changes, 1, "the same once more is no news");
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", "b3", NULL);
	notices_add(notices, NOTICE_COMPARES, "carol@example.net", "b2", NULL);
	is_int(count(), 3, "another item or person is another notice");
	notices_settle(notices, NOTICE_COMPARES, "bob@example.net", "b3");
	is_int(count(), 2, "one is settled");
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", "b3", NULL);
	notices_settle(notices, NOTICE_COMPARES, "bob@example.net", NULL);
	is_int(count(), 1, "all of one person");
	is_str(first()->jid, "carol@example.net", "are not those of another");
	notices_settle(notices, NOTICE_COMPARES, "nobody@example.net", NULL);
	notices_add(NULL, NOTICE_COMPARES, "bob@example.net", NULL, NULL);
	notices_settle(NULL, NOTICE_COMPARES, "bob@example.net", NULL);
	ok(!notices_next(NULL, NULL), "without a table nobody is told");
	finish();
}

static void test_once(void)
{
	begin();
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", NULL, NULL);
	notices_said(notices, first());
	changes = 0;
	notices_said(notices, first());
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", NULL, NULL);
	ok(first()->said && !changes, "what was said stays said while it stands");
	notices_settle(notices, NOTICE_COMPARES, "bob@example.net", NULL);
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", NULL, NULL);
	ok(!first()->said, "a buddy who does it again is told again");
	finish();

	begin();
	notices_add(notices, NOTICE_WANTS, "mallory@example.com", NULL, NULL);
	notices_said(notices, first());
	for (int i = 0; i < 10; i++) {
		notices_review(notices);
		notices_reviewed(notices);
		is_int(count(), 0, "what is withdrawn does not stand");
		notices_add(notices, NOTICE_WANTS, "mallory@example.com", NULL, NULL);
		ok(first()->said, "a stranger who asks again and again is told once");
	}
	notices_review(notices);
	notices_reviewed(notices);
	now += (NOTICE_KEPT + 1) * 1000ULL;
	notices_add(notices, NOTICE_WANTS, "mallory@example.com", NULL, NULL);
	ok(!first()->said, "and once more an hour later");
	finish();
}

static void test_review(void)
{
	char *hint;

	begin();
	notices_review(notices);
	notices_add(notices, NOTICE_WANTS, "carol@example.net", NULL, NULL);
	notices_add(notices, NOTICE_DEVICE, "bob@example.net", "0011", NULL);
	notices_reviewed(notices);
	notices_add(notices, NOTICE_INVITATION_USED, "dave@example.net", "i1", NULL);
	is_int(count(), 3, "what a review finds stands");
	notices_review(notices);
	notices_add(notices, NOTICE_DEVICE, "bob@example.net", "0011", NULL);
	notices_reviewed(notices);
	is_int(count(), 2, "what it does not find any more has ended");
	is_int(first()->kind, NOTICE_DEVICE, "and the others stand");
	hint = notice_hint(first());
	is_str(hint, "git xmpp verify bob@example.net",
	       "who is told to look at a device is not handed its fingerprint to type");
	free(hint);
	changes = 0;
	notices_review(notices);
	notices_add(notices, NOTICE_DEVICE, "bob@example.net", "0011", NULL);
	notices_reviewed(notices);
	is_int(changes, 0, "nothing has changed");
	finish();
}

static void test_news(void)
{
	begin();
	notices_add(notices, NOTICE_COMPARED, "bob@example.net", NULL, NULL);
	now += NOTICE_NEWS_KEPT * 2000ULL;
	is_int(count(), 1, "news waits until somebody reads it");
	notices_said(notices, first());
	is_int(count(), 1, "and stands for a while then");
	now += NOTICE_NEWS_KEPT * 1000ULL;
	is_int(count(), 0, "not for ever");
	notices_add(notices, NOTICE_COMPARED, "bob@example.net", NULL, NULL);
	now += NOTICE_NEWS_MAX * 1000ULL;
	is_int(count(), 0, "not even if nobody does");
	finish();
}

static void test_text(void)
{
	begin();
	notices_add(notices, NOTICE_WANTS, "bob@example.net", NULL, NULL);
	is_line(first(), 0,
		"xmpp: bob@example.net wants to be your buddy  (git xmpp accept "
		"bob@example.net)",
		"a line says what, and what to type");
	is_line_of("alice@example.org", first(), 0,
		   "xmpp: alice@example.org: bob@example.net wants to be your buddy  (git xmpp "
		   "accept bob@example.net)",
		   "and of which account, if there are several");
	is_line(first(), 3,
		"xmpp: bob@example.net wants to be your buddy  (git xmpp accept "
		"bob@example.net); 3 more: git xmpp status",
		"and for how many others it stands");
	notices_clear(notices);
	notices_add(notices, NOTICE_WANTS, "-x$(y);`z`@example.net", NULL, NULL);
	is_line(first(), 0,
		"xmpp: -x$(y);`z`@example.net wants to be your buddy  (git xmpp accept "
		"-- '-x$(y);`z`@example.net')",
		"what is typed is quoted for a shell");
	notices_clear(notices);
	notices_add(notices, NOTICE_GROUP_WIDENED, "bob@example.net", "my\033[2J team", NULL);
	is_line(first(), 0,
		"xmpp: bob@example.net is in your group my\\x1b[2J team, and has "
		"no right of it yet  (git xmpp share --accept-group='my\\x1b[2J team' "
		"--member=bob@example.net)",
		"what a terminal would obey is visible");
	notices_clear(notices);
	notices_add(notices, NOTICE_RIGHT_UNWRITTEN, "bob@example.net", "a b", "push");
	is_line(first(), 0,
		"xmpp: bob@example.net has joined, and the right to push 'a b' could not be "
		"written into your configuration  (git xmpp share --name='a b' "
		"--push=bob@example.net)",
		"a hint says what to do again");
	finish();
}

static void test_file(void)
{
	struct buf out = { 0 }, again = { 0 };
	char *file;

	begin();
	notices_add(notices, NOTICE_WANTS, "mallory@example.com", NULL, NULL);
	notices_add(notices, NOTICE_INVITATION_TRIED, "m\xc3\xbc@example.com", "i1",
		    "the time is over,\n 100%");
	notices_add(notices, NOTICE_DIFFERS, "bob@example.net", "b2", NULL);
	notices_said(notices, first());
	notices_ran(notices, notices_next(notices, first()));
	notices_write(notices, &out);
	file = xstrdup(buf_str(&out));
	notices_clear(notices);
	is_int(notices_parse(notices, file, strlen(file)), 0, "a file is read");
	is_int(count(), 3, "a request stands, for the server may not say it again");
	is_str(notices_next(notices, first())->detail, "the time is over,\n 100%",
	       "details come back");
	ok(!notices_next(notices, first())->said && notices_next(notices, first())->ran,
	   "so does who was told");
	notices_add(notices, NOTICE_WANTS, "mallory@example.com", NULL, NULL);
	ok(first()->said, "and what waits as before is not told anew");
	notices_review(notices);
	notices_keep(notices, first());
	notices_reviewed(notices);
	is_int(count(), 3, "it stands on while a review keeps it");
	notices_write(notices, &again);
	is_str(buf_str(&again), file, "the file is the same");
	is_int(notices_parse(notices, file, strlen(file)), 3, "one is there once");
	notices_clear(notices);
	for (size_t i = 0; i < strlen(file); i++) {
		notices_parse(notices, file, i);
		notices_clear(notices);
	}
	notices_parse(notices, file, strlen(file));
	notices_review(notices);
	notices_reviewed(notices);
	is_int(count(), 2, "one that a review does not find has ended");
	notices_clear(notices);
	buf_reset(&out);
	notices_add(notices, NOTICE_DEVICE, "bob@example.net", "b1", NULL);
	notices_write(notices, &out);
	notices_clear(notices);
	is_int(notices_parse(notices, buf_str(&out), buf_len(&out)), 0, "another one is read");
	is_int(count(), 0, "and stands when a review finds it");
	notices_clear(notices);
	buf_reset(&out);
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", "b2", NULL);
	notices_write(notices, &out);
	notices_clear(notices);
	is_int(notices_parse(notices, buf_str(&out), buf_len(&out)), 0, "a comparison is read");
	is_int(count(), 0, "but its words are gone: nobody is asked to look at them");
	is_int(notices_parse(notices,
			     "wants 1 0 0 0 a@b - %00\nwants 1 0 0 2 a@b - -\n"
			     "wants 1 0 0 0 a@b - - \nno 1 0 0 0 a@b - -\nwants\n",
			     90),
	       5, "what is malformed is dropped");
	free(file);
	buf_finish(&out);
	buf_finish(&again);
	finish();
}

static void test_flood(void)
{
	unsigned known = 0;
	char jid[64];

	begin();
	for (unsigned i = 0; i < 4 * NOTICES_MAX; i++) {
		snprintf(jid, sizeof(jid), "m%u@%u.example.com", i, i % 700);
		notices_add(notices, NOTICE_INVITATION_TRIED, jid, "i1", "no");
	}
	ok(count() <= NOTICES_MAX / 2, "strangers have half of the places");
	for (unsigned i = 0; i < 300; i++) {
		snprintf(jid, sizeof(jid), "q%u", i);
		notices_add(notices, NOTICE_QUEUE_FAILED, "bob@example.net", jid, "no");
	}
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", NULL, NULL);
	for (const struct notice *at = first(); at; at = notices_next(notices, at))
		known += notices_class(notices, at) != NOTICE_STRANGER;
	ok(known > 100, "the others find theirs: %u", known);
	finish();
}

static bool on_run(void *owner, const struct notice *notice, unsigned more)
{
	if (!has_command)
		return false;
	buf_printf(&told, "%s%s+%u", buf_len(&told) ? " " : "", notice->jid, more);
	return true;
}

static const struct notifier_ops notifier_ops = { .run = on_run };

static void run_timers(void)
{
	for (int i = 0; i < 10; i++)
		timers_run(&context.timers, now);
}

static void is_told(const char *expected, const char *what)
{
	run_timers();
	is_str(buf_str(&told), expected, what);
	buf_reset(&told);
}

static void test_notifier(void)
{
	struct notifier notifier;
	unsigned runs = 0;
	char jid[64];

	begin();
	notifier_init(&notifier, &context, &notifier_ops, NULL);
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", "b1", NULL);
	notifier_wake(&notifier);
	is_told("bob@example.net+0", "the command is told");
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", "b2", NULL);
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", "b3", NULL);
	notifier_wake(&notifier);
	is_told("", "one runs at a time");
	notifier_ended(&notifier);
	is_told("bob@example.net+1", "and the next one tells what came meanwhile");
	notifier_ended(&notifier);
	is_told("", "each is told once");
	for (unsigned i = 0; i < 20; i++) {
		snprintf(jid, sizeof(jid), "c%u", i);
		notices_add(notices, NOTICE_COMPARES, "bob@example.net", jid, NULL);
		notifier_wake(&notifier);
		run_timers();
		if (notifier.running)
			notifier_ended(&notifier);
		run_timers();
	}
	is_told("bob@example.net+0 bob@example.net+0 bob@example.net+0", "five runs at once");
	now += MINUTE - 2;
	is_told("", "then none for a minute");
	now += 2;
	is_told("bob@example.net+16", "and the one after it tells all");
	notifier_ended(&notifier);

	for (unsigned i = 0; i < 600; i++) {
		snprintf(jid, sizeof(jid), "m%u@example.com", i);
		notices_add(notices, NOTICE_WANTS, jid, NULL, NULL);
		notifier_wake(&notifier);
		run_timers();
		runs += notifier.running;
		if (notifier.running)
			notifier_ended(&notifier);
		now += 1000;
	}
	ok(runs == 1, "strangers make it run once in ten minutes: %u", runs);
	buf_reset(&told);
	notices_add(notices, NOTICE_COMPARES, "bob@example.net", "x", NULL);
	now += MINUTE;
	run_timers();
	ok(buf_len(&told), "it runs again");
	notifier_ended(&notifier);
	run_timers();
	ok(strstr(buf_str(&told), "bob@example.net+0"),
	   "and strangers keep no buddy from being told");
	if (notifier.running)
		notifier_ended(&notifier);
	run_timers();
	buf_reset(&told);

	has_command = false;
	notices_add(notices, NOTICE_COPIED, "alice@example.org", NULL, NULL);
	notifier_wake(&notifier);
	is_told("", "who has no command is not told by it");
	is_int((int64_t)timers_next(&context.timers), -1, "and nothing is tried");
	has_command = true;
	notifier_wake(&notifier);
	is_told("alice@example.org+0", "until there is one");
	notifier_finish(&notifier);
	buf_finish(&told);
	finish();
}

int main(void)
{
	test_stands();
	test_once();
	test_review();
	test_news();
	test_text();
	test_file();
	test_flood();
	test_notifier();
	return tap_done();
}
