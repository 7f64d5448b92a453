/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the follower has done is written to a trace in words, which is compared. One
 * comparison and one git run at a time, and each test says how they end.
 */
#include "follower.h"

#include <stdlib.h>

#include "alloc.h"
#include "buf.h"
#include "log.h"
#include "tap.h"

#define BOB "bob@example.org"
#define SRC "/home/alice/src/.git"

struct refcompare {
	follower_compared_fn *done;
	void *owner;
};

struct git_run {
	follower_fetched_fn *done;
	void *owner;
};

static struct buf trace;
static uint64_t now, unix_now;
static struct context context;
static struct refcompare comparing;
static struct git_run fetching;
static bool followed;			/* the configuration has BOB's project */

static uint64_t on_now(void *owner)
{
	return now;
}

static uint64_t on_time(void *owner)
{
	return unix_now;
}

static const struct context_ops context_ops = { .now = on_now, .time = on_time };

static struct refcompare *on_compare(void *arg, const struct follow *follow, struct fields tips,
				     const char *last_version, follower_compared_fn *done,
				     void *owner)
{
	comparing = (struct refcompare){ .done = done, .owner = owner };
	buf_printf(&trace, "compare %s from %s, last %s\n", fields_get(tips, "version"),
		   fields_get(tips, "from"), last_version ? last_version : "none");
	return &comparing;
}

static void on_cancel(void *arg, struct refcompare *compare)
{
	comparing.done = NULL;
	buf_printf(&trace, "cancel\n");
}

static struct git_run *on_fetch(void *arg, const struct follow *follow, const char *device,
				follower_fetched_fn *done, void *owner)
{
	fetching = (struct git_run){ .done = done, .owner = owner };
	buf_printf(&trace, "fetch %s from %s\n", follow->remote, device ? device : "any");
	return &fetching;
}

static void on_release(void *arg, struct git_run *git)
{
	fetching.done = NULL;
	buf_printf(&trace, "release\n");
}

static void on_journal(void *arg, const struct follow *follow, const char *result,
		       const char *text, unsigned left_out)
{
	buf_printf(&trace, "journal %s %s %u\n", result, text, left_out);
}

static void on_configured(void *arg, struct follows *follows)
{
	if (followed)
		follows_add(follows, BOB, "project", SRC, "origin");
}

static const struct follower_ops ops = {
	.compare = on_compare,
	.cancel = on_cancel,
	.fetch = on_fetch,
	.release = on_release,
	.journal = on_journal,
	.configured = on_configured,
};

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

static struct follower *begin(void)
{
	buf_reset(&trace);
	now = 1000;
	unix_now = 1700000000;
	followed = true;
	comparing.done = NULL;
	fetching.done = NULL;
	context.ops = &context_ops;
	timers_init(&context.timers);
	return follower_create(&context, &ops, NULL, 1);
}

static void end(struct follower *f)
{
	follower_destroy(f);
	is_int(timers_next(&context.timers) == UINT64_MAX, 1, "no timer is left");
	timers_finish(&context.timers);
	buf_reset(&trace);
}

/* Until the next comparison. */
static void wait_for_comparison(void)
{
	while (!comparing.done && timers_next(&context.timers) != UINT64_MAX) {
		uint64_t next = timers_next(&context.timers);

		unix_now += next > now ? (next - now + 999) / 1000 : 0;
		now = next > now ? next : now;
		timers_run(&context.timers, now);
	}
}

static void announced(struct follower *f, const char *device, const char *tips)
{
	struct buf fields = { 0 };

	fields_add(&fields, "version", tips);
	fields_add(&fields, "from", "somebody-else");
	follower_announced(f, BOB, device, "project",
			   (struct fields){ buf_data(&fields), buf_len(&fields) });
	buf_finish(&fields);
	wait_for_comparison();
}

static void compared(bool something_new, uint64_t refs)
{
	follower_compared_fn *done = comparing.done;

	comparing.done = NULL;
	done(comparing.owner, something_new, refs);
}

static void fetched(int status, const char *error)
{
	follower_fetched_fn *done = fetching.done;

	fetching.done = NULL;
	done(fetching.owner, status, "", error);
}

static void t_second_look(void)
{
	struct follower *f = begin();

	expect("", "a start fetches nothing by itself");
	announced(f, "device-1", "v1");
	expect("compare v1 from device-1, last none\n",
	       "the announcer cannot name another device than itself");
	compared(true, 7);
	expect("fetch origin from device-1\n", "who announced is asked first");
	fetched(0, "");
	expect("compare v1 from device-1, last v1\n", "a fetch that went well is looked at");
	compared(true, 8);
	expect("journal ok " SRC " 0\n", "other refs are there: news");
	is_int(follower_first(f)->last_ok, 1700000000, "the time of it is known");

	announced(f, "device-2", "v2");
	expect("compare v2 from device-2, last v1\n", "the version that was fetched is remembered");
	compared(true, 8);
	fetched(0, "");
	buf_reset(&trace);
	compared(true, 8);
	expect("", "the same refs are there: no news");

	announced(f, "device-2", "v3");
	expect("compare v3 from device-2, last v2\n", "it counts as fetched nevertheless");
	compared(true, 0);
	fetched(0, "");
	buf_reset(&trace);
	compared(true, 0);
	expect("journal ok " SRC " 0\n", "where the refs cannot be read, git's word has to do");
	end(f);
}

static void t_failures(void)
{
	struct follower *f = begin();

	announced(f, "device-1", "v1");
	compared(true, 7);
	buf_reset(&trace);
	fetched(128, "no");
	expect("journal failed no 0\n", "a failure is in the journal");
	is_str(follower_first(f)->error, "no", "and in the status");
	wait_for_comparison();
	expect("compare v1 from device-1, last none\n",
	       "what failed was not fetched, and is tried again");
	compared(true, 7);
	buf_reset(&trace);
	fetched(128, "");
	expect("", "the next one is not, within the hour");
	is_str(follower_first(f)->error, "git fetch failed and did not say why",
	       "but is in the status, with words of ours if git has none");
	unix_now += 3600;
	wait_for_comparison();
	compared(true, 7);
	buf_reset(&trace);
	fetched(128, "still no");
	expect("journal failed still no 1\n",
	       "after an hour there is a line again, which counts it");
	wait_for_comparison();
	compared(true, 7);
	fetched(0, "");
	compared(false, 9);
	buf_reset(&trace);
	announced(f, "device-1", "v2");
	compared(true, 9);
	buf_reset(&trace);
	fetched(1, "again");
	expect("journal failed again 0\n", "after news a failure is one of its own");
	end(f);
}

static void t_not_followed(void)
{
	struct follower *f = begin();

	announced(f, "device-1", "v1");
	buf_reset(&trace);
	followed = false;
	follower_reload(f);
	expect("cancel\n", "who is not followed any more is not compared with");
	ok(!follower_first(f), "nothing is followed");
	followed = true;
	follower_reload(f);
	wait_for_comparison();
	ok(comparing.done, "what is followed anew catches up");
	compared(true, 7);
	buf_reset(&trace);
	follower_reload(f);
	expect("", "a reload that changes nothing ends nothing");
	followed = false;
	follower_reload(f);
	expect("release\n", "a git that runs is let go");

	followed = true;
	follower_reload(f);
	wait_for_comparison();
	buf_reset(&trace);
	follower_destroy(f);
	expect("cancel\n", "the end of all cancels too");
	timers_finish(&context.timers);
}

static void t_appears(void)
{
	struct follower *f = begin();

	announced(f, "device-1", "v1");
	compared(true, 7);
	fetched(128, "no");
	now += FOLLOW_APPEARED;
	timers_run(&context.timers, now);
	compared(true, 7);
	fetched(128, "no");
	buf_reset(&trace);
	now += FOLLOW_APPEARED;
	follower_buddy_online(f, "eve@example.org");
	ok(!comparing.done, "somebody else appears: nothing");
	follower_buddy_online(f, BOB);
	expect("compare v1 from device-1, last none\n", "who appears is tried at once");
	end(f);
}

static void t_nobody(void)
{
	follower_reload(NULL);
	follower_announced(NULL, BOB, "device-1", "project", (struct fields){ 0 });
	follower_buddy_online(NULL, BOB);
	ok(!follower_first(NULL), "without a follower nothing is followed");
	follower_destroy(NULL);
}

int main(void)
{
	log_set_level(LOG_ERROR);
	t_second_look();
	t_failures();
	t_not_followed();
	t_appears();
	t_nobody();
	buf_finish(&trace);
	return tap_done();
}
