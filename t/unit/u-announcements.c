/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ledger is told what happens; what it does is written to a trace in
 * words, which is compared. And a world of devices that come, go, restart and fail
 * as a seeded generator wants, watched for what must never happen.
 */
#include <stdlib.h>

#include "alloc.h"
#include "announcements.h"
#include "buf.h"
#include "tap.h"

#define BOB "bob@example.org"
#define INST1 (const uint8_t[INSTANCE_BYTES]){ 1 }
#define INST2 (const uint8_t[INSTANCE_BYTES]){ 2 }

static struct buf trace;
static const char *forbidden;		/* a share nobody may fetch; NULL: none */
static uint64_t last_version;		/* of the last telling */
static uint8_t speaker[INSTANCE_BYTES];	/* the process that answers */
static bool trace_meetings;

static bool on_permitted(void *owner, const char *jid, const char *device, const char *share)
{
	return !forbidden || strcmp(share, forbidden);
}

static void on_tell(void *owner, const char *jid, const char *device, const char *share,
		    uint64_t version, const void *tips, size_t len)
{
	last_version = version;
	buf_printf(&trace, "tell %s %s %.*s\n", device, share, (int)len, (const char *)tips);
}

static void on_meet(void *owner, const char *jid, const char *device)
{
	if (trace_meetings)
		buf_printf(&trace, "meet %s\n", device);
}

static void on_read(void *owner, const char *share)
{
	buf_printf(&trace, "read %s\n", share);
}

static const struct announcements_events events = {
	.permitted = on_permitted,
	.meet = on_meet,
	.tell = on_tell,
	.read = on_read,
};

static void expect(const char *text, const char *what)
{
	is_str(buf_str(&trace), text, what);
	buf_reset(&trace);
}

/* How many lines the trace has; it begins anew. */
static int count_lines(void)
{
	int n = 0;

	for (const char *p = buf_str(&trace); *p; p++)
		n += *p == '\n';
	buf_reset(&trace);
	return n;
}

static struct announcements *begin(void)
{
	buf_reset(&trace);
	forbidden = NULL;
	last_version = 0;
	trace_meetings = false;
	return announcements_create(&events, NULL);
}

static void tips(struct announcements *a, const char *share, const char *text, uint64_t now)
{
	announcements_tips(a, share, text, strlen(text), now);
}

/* It appears, and a link with it is up at once. */
static void online(struct announcements *a, const char *device, const uint8_t *instance,
		   uint64_t now)
{
	memcpy(speaker, instance, INSTANCE_BYTES);
	announcements_device_online(a, BOB, device, now);
	announcements_met(a, BOB, device, instance, now);
}

/* Of the last telling, unless it says otherwise. */
static void told(struct announcements *a, const char *device, const char *share, uint64_t now)
{
	announcements_told(a, BOB, device, share, last_version, speaker, now);
}

static void failed(struct announcements *a, const char *device, const char *share, uint64_t now)
{
	announcements_failed(a, BOB, device, share, last_version, now);
}

static bool resting(const struct announcements *a)
{
	return announcements_deadline(a) == UINT64_MAX;
}

static void t_debounce(void)
{
	struct announcements *a = begin();
	uint64_t now;

	ok(resting(a), "nothing moved: no timer");
	announcements_moved(a, "project", 1000);
	is_int(announcements_deadline(a), 1000 + ANNOUNCE_DEBOUNCE,
	       "a move is waited for to come to rest");
	announcements_moved(a, "project", 1100);
	is_int(announcements_deadline(a), 1100 + ANNOUNCE_DEBOUNCE, "another one puts it off");
	announcements_tick(a, 1100 + ANNOUNCE_DEBOUNCE - 1);
	expect("", "before its time nothing is read");
	announcements_tick(a, 1100 + ANNOUNCE_DEBOUNCE);
	expect("read project\n", "at rest the refs are read");
	ok(resting(a), "once");
	announcements_tick(a, 100000);
	expect("", "and not again");

	for (now = 200000; now < 200000 + ANNOUNCE_DEBOUNCE_MAX; now += ANNOUNCE_DEBOUNCE / 2) {
		announcements_moved(a, "project", now);
		announcements_tick(a, now);
	}
	expect("", "refs that do not come to rest are not read at once");
	is_int(announcements_deadline(a), 200000 + ANNOUNCE_DEBOUNCE_MAX, "but in the end");
	announcements_moved(a, "project", now);
	announcements_tick(a, now);
	expect("read project\n", "they are");

	announcements_moved(a, "project", 300000);
	announcements_moved(a, "other", 300010);
	announcements_share_gone(a, "project");
	is_int(announcements_deadline(a), 300010 + ANNOUNCE_DEBOUNCE,
	       "a share that is gone has no timer");
	announcements_tick(a, 400000);
	expect("read other\n", "nor is it read");
	announcements_destroy(a);
	announcements_destroy(NULL);
}

static void t_told_once(void)
{
	struct announcements *a = begin();

	online(a, "a", INST1, 0);
	expect("", "no share is known: nothing to tell");
	announcements_moved(a, "project", 0);
	online(a, "b", INST1, 0);
	expect("", "nor where the tips are not known yet");
	announcements_device_offline(a, BOB, "b");
	announcements_tick(a, ANNOUNCE_DEBOUNCE);
	expect("read project\n", "those are read");
	tips(a, "project", "one", 10);
	expect("tell a project one\n", "tips are told to who is online");
	is_int(announcements_waiting(a), 1, "and waited for");
	tips(a, "project", "one", 20);
	expect("", "the same tips are nothing new");
	told(a, "a", "project", 30);
	is_int(announcements_waiting(a), 0, "who was told is not waited for");
	online(a, "a", INST1, 40);
	announcements_review(a, 40);
	announcements_tick(a, 1000000);
	expect("", "nor told again");
	ok(resting(a), "no timer when nothing waits");

	announcements_device_offline(a, BOB, "a");
	tips(a, "project", "two", 50);
	tips(a, "project", "three", 60);
	expect("", "who is away is not told");
	is_int(announcements_waiting(a), 0, "nor waited for");
	online(a, "a", INST1, 70);
	expect("tell a project three\n", "but of the newest tips when it is back, nothing older");
	told(a, "a", "project", 80);
	announcements_device_offline(a, BOB, "a");
	online(a, "a", INST1, 90);
	expect("", "back without having restarted it knows what it knew");
	online(a, "a", INST2, 100);
	expect("tell a project three\n", "a new process knows nothing");
	told(a, "a", "project", 110);
	announcements_device_offline(a, BOB, "a");
	online(a, "a", INST1, 120);
	expect("tell a project three\n", "whether it was seen to go or not");
	told(a, "a", "project", 130);
	announcements_device_online(a, "eve@example.org", "a", 140);
	expect("tell a project three\n", "the device of another is another device");
	announcements_destroy(a);
}

static void t_empty(void)
{
	struct announcements *a = begin();

	online(a, "a", INST1, 0);
	announcements_tips(a, "project", NULL, 0, 0);
	expect("tell a project \n", "a share without refs is announced too");
	told(a, "a", "project", 0);
	announcements_tips(a, "project", NULL, 0, 0);
	expect("", "once");
	announcements_destroy(a);
}

static void t_newest(void)
{
	struct announcements *a = begin();
	uint64_t first;

	online(a, "a", INST1, 0);
	tips(a, "project", "one", 0);
	expect("tell a project one\n", "told of the first");
	first = last_version;
	tips(a, "project", "two", 10);
	tips(a, "project", "three", 20);
	expect("", "newer ones wait for the answer");
	is_int(announcements_waiting(a), 1, "as one");
	announcements_told(a, BOB, "a", "project", first, speaker, 30);
	expect("tell a project three\n", "then the newest is told");
	ok(last_version > first, "versions rise");
	announcements_told(a, BOB, "a", "project", first, speaker, 35);
	is_int(announcements_waiting(a), 1, "an answer that comes twice is none to the other");
	announcements_failed(a, BOB, "a", "elsewhere", last_version, 35);
	is_int(announcements_waiting(a), 1, "nor one about another share");
	announcements_told(a, BOB, "b", "project", last_version, speaker, 35);
	announcements_told(a, "eve@example.org", "a", "project", last_version, speaker, 35);
	is_int(announcements_waiting(a), 1, "nor one of another device");
	told(a, "a", "project", 40);
	is_int(announcements_waiting(a), 0, "all is told");

	tips(a, "project", "four", 50);
	expect("tell a project four\n", "told of the fourth");
	tips(a, "project", "five", 60);
	failed(a, "a", "project", 70);
	announcements_tick(a, announcements_deadline(a));
	expect("tell a project five\n", "what failed is tried with the newest");
	announcements_destroy(a);
}

static void t_back_off(void)
{
	struct announcements *a = begin();
	uint64_t now = 1000, pause = ANNOUNCE_RETRY_FIRST;
	bool doubled = true;

	online(a, "a", INST1, now);
	tips(a, "project", "one", now);
	for (int i = 0; i < 12; i++) {
		failed(a, "a", "project", now);
		doubled = doubled && announcements_deadline(a) == now + pause;
		announcements_tick(a, now + pause - 1);
		doubled = doubled && announcements_deadline(a) == now + pause;
		now += pause;
		announcements_tick(a, now);
		pause = pause * 2 < ANNOUNCE_RETRY_MAX ? pause * 2 : ANNOUNCE_RETRY_MAX;
		doubled = doubled && resting(a);
	}
	ok(doubled, "each failure doubles the pause, up to ANNOUNCE_RETRY_MAX");
	buf_reset(&trace);
	failed(a, "a", "project", now);
	expect("", "it rests");
	tips(a, "project", "two", now + 1);
	tips(a, "other", "one", now + 1);
	expect("", "also when refs move");
	is_int(announcements_waiting(a), 2, "which waits");
	announcements_review(a, now + 2);
	expect("tell a other one\n", "a review ends the rest, and another share is tried first");
	told(a, "a", "other", now + 3);
	expect("tell a project two\n", "who can be told one can be told the next");
	failed(a, "a", "project", now + 4);
	is_int(announcements_deadline(a), now + 4 + ANNOUNCE_RETRY_FIRST,
	       "after a success the pause is short again");
	announcements_device_offline(a, BOB, "a");
	ok(resting(a), "nobody is waited for who is away");
	online(a, "a", INST1, now + 5);
	expect("tell a project two\n", "who reappears is tried at once");
	failed(a, "a", "project", now + 6);
	is_int(announcements_deadline(a), now + 6 + ANNOUNCE_RETRY_FIRST, "with a short pause");
	announcements_share_gone(a, "project");
	ok(resting(a), "with nothing left to tell there is no timer");
	announcements_destroy(a);
}

/* Presence and the answer to a telling under way come in any order. */
static void t_presence_meanwhile(void)
{
	struct announcements *a = begin();

	tips(a, "project", "one", 0);
	online(a, "a", INST1, 0);
	expect("tell a project one\n", "told");
	announcements_device_offline(a, BOB, "a");
	is_int(announcements_waiting(a), 0, "who is away meanwhile is not waited for");
	online(a, "a", INST1, 10);
	online(a, "a", INST1, 20);
	expect("", "a device that reappears is not told twice at the same time");
	told(a, "a", "project", 30);
	expect("", "the answer of before counts");

	online(a, "a", INST2, 40);
	expect("tell a project one\n", "restarted: told");
	online(a, "a", INST1, 50);
	expect("", "restarted again: the answer is awaited first");
	announcements_told(a, BOB, "a", "project", last_version, INST2, 60);
	expect("tell a project one\n", "but it is not the new process that was told");
	announcements_device_offline(a, BOB, "a");
	failed(a, "a", "project", 70);
	ok(resting(a), "failed, and away: nothing to wait for");
	online(a, "a", INST1, 80);
	expect("tell a project one\n", "until it is back");
	announcements_device_offline(a, BOB, "a");
	online(a, "a", INST1, 90);
	failed(a, "a", "project", 100);
	expect("tell a project one\n", "a failure of before it was back is no reason to rest");
	failed(a, "a", "project", 110);
	is_int(announcements_deadline(a), 110 + ANNOUNCE_RETRY_FIRST, "one after it is");
	announcements_tick(a, 110 + ANNOUNCE_RETRY_FIRST);
	expect("tell a project one\n", "tried again");
	announcements_device_offline(a, BOB, "a");
	told(a, "a", "project", 6000);
	online(a, "a", INST1, 7000);
	expect("", "the last word of a device that goes away counts");
	announcements_destroy(a);
}

/* Presence does not say which process is there; a link does. */
static void t_meeting(void)
{
	struct announcements *a = begin();

	trace_meetings = true;
	tips(a, "project", "one", 0);
	announcements_device_online(a, BOB, "a", 0);
	expect("tell a project one\n", "who has seen nothing is told, whoever it is");
	announcements_told(a, BOB, "a", "project", last_version, INST1, 20);
	announcements_device_offline(a, BOB, "a");
	expect("", "which says who that was");
	announcements_device_online(a, BOB, "a", 30);
	expect("meet a\n", "who was away and has seen something is met");
	is_int(announcements_waiting(a), 1, "for it may have to be told");
	announcements_met(a, BOB, "a", INST1, 40);
	expect("", "the process of before knows");
	is_int(announcements_waiting(a), 0, "and nothing waits");
	announcements_device_online(a, BOB, "a", 50);
	expect("meet a\n", "one that says only once more that it is there is met as well");
	announcements_met(a, BOB, "a", INST2, 60);
	expect("tell a project one\n", "another process is told");
	announcements_told(a, BOB, "a", "project", last_version, INST2, 70);

	announcements_lost(a, BOB, "a", 100);
	is_int(announcements_deadline(a), 100 + ANNOUNCE_RETRY_FIRST,
	       "when its link ends it may have restarted: met, in a while");
	announcements_tick(a, 100 + ANNOUNCE_RETRY_FIRST);
	expect("meet a\n", "then");
	announcements_lost(a, BOB, "a", 6000);
	is_int(announcements_deadline(a), 6000 + 2 * ANNOUNCE_RETRY_FIRST, "if that fails, later");
	announcements_device_online(a, BOB, "a", 7000);
	expect("meet a\n", "or when it appears");
	tips(a, "project", "two", 7010);
	expect("", "what moves meanwhile waits for it");
	announcements_met(a, BOB, "a", INST2, 7020);
	expect("tell a project two\n", "and is told then, once");
	announcements_lost(a, BOB, "a", 7030);
	announcements_met(a, BOB, "a", INST1, 7040);
	failed(a, "a", "project", 7050);
	is_int(announcements_deadline(a), 7050 + ANNOUNCE_RETRY_FIRST,
	       "what was told on a link that ended is told again");
	announcements_tick(a, 7050 + ANNOUNCE_RETRY_FIRST);
	expect("tell a project two\n", "to the process that is there");
	announcements_told(a, BOB, "a", "project", last_version, INST1, 13000);

	forbidden = "project";
	announcements_device_online(a, BOB, "a", 14000);
	expect("", "who may not be told is not met");
	forbidden = NULL;
	announcements_review(a, 14010);
	expect("meet a\n", "before they may be");
	announcements_device_offline(a, BOB, "a");
	announcements_lost(a, BOB, "a", 14020);
	ok(resting(a), "who is away is not met");
	announcements_destroy(a);
}

static void t_permission(void)
{
	struct announcements *a = begin();

	forbidden = "secret";
	online(a, "a", INST1, 0);
	tips(a, "secret", "one", 0);
	tips(a, "project", "one", 0);
	expect("tell a project one\n", "only what may be fetched is told");
	is_int(announcements_waiting(a), 1, "and only that is waited for");
	told(a, "a", "project", 0);
	announcements_review(a, 0);
	expect("", "a review that finds nothing new tells nothing");
	forbidden = NULL;
	announcements_review(a, 0);
	expect("tell a secret one\n", "what is allowed now is told after a review");
	tips(a, "project", "two", 0);
	forbidden = "project";
	told(a, "a", "secret", 0);
	expect("", "permission is asked when the turn comes");
	forbidden = NULL;
	tips(a, "project", "three", 0);
	expect("tell a project three\n", "each time");
	announcements_destroy(a);
}

static void t_share_gone(void)
{
	struct announcements *a = begin();
	uint64_t first;

	online(a, "a", INST1, 0);
	tips(a, "project", "one", 0);
	tips(a, "other", "one", 0);
	expect("tell a project one\n", "told of one share at a time");
	first = last_version;
	announcements_share_gone(a, "project");
	expect("tell a other one\n", "a share that is gone is not waited for");
	announcements_share_gone(a, "project");
	announcements_share_gone(a, "nothing");
	announcements_told(a, BOB, "a", "project", first, speaker, 0);
	is_int(announcements_waiting(a), 1, "its answer means nothing");
	tips(a, "project", "one", 0);
	told(a, "a", "other", 0);
	expect("tell a project one\n", "a share that is back is told of like a new one");
	announcements_told(a, BOB, "a", "project", first, speaker, 0);
	is_int(announcements_waiting(a), 1, "the answer about its predecessor is not about it");
	told(a, "a", "project", 0);
	announcements_share_gone(a, "other");
	tips(a, "third", "one", 0);
	expect("tell a third one\n", "who had seen a share has not seen the one in its place");
	announcements_destroy(a);
}

static void t_fairness(void)
{
	struct announcements *a = begin();
	char name[32];
	uint64_t silent;

	for (int i = 0; i < ANNOUNCE_AT_ONCE - 1; i++) {
		snprintf(name, sizeof(name), "silent%d@example.org", i);
		announcements_device_online(a, name, "silent", 0);
	}
	tips(a, "x", "1", 0);
	tips(a, "y", "1", 0);
	tips(a, "z", "1", 0);
	silent = last_version;
	buf_reset(&trace);
	online(a, "a", INST1, 0);
	expect("tell a x 1\n",
	       "who does not answer takes one place, however many shares there are");
	online(a, "b", INST1, 0);
	online(a, "c", INST1, 0);
	expect("", "ANNOUNCE_AT_ONCE are told at once, no more");
	is_int(announcements_waiting(a), 3 * (ANNOUNCE_AT_ONCE + 2), "all of it waits");
	forbidden = "z";
	is_int(announcements_waiting(a), 2 * (ANNOUNCE_AT_ONCE + 2),
	       "but for what may not be fetched");
	forbidden = NULL;
	told(a, "a", "x", 0);
	expect("tell b x 1\n", "the next in line follows");
	tips(a, "y", "2", 0);
	told(a, "b", "x", 0);
	expect("tell c x 1\n", "also when the refs move meanwhile");
	tips(a, "z", "2", 0);
	told(a, "c", "x", 0);
	expect("tell a y 2\n", "before the first comes again");
	announcements_device_offline(a, BOB, "b");
	told(a, "a", "y", 0);
	expect("tell c y 2\n", "who goes away leaves the line");
	announcements_told(a, "silent0@example.org", "silent", "x", silent, speaker, 0);
	expect("tell silent y 2\n", "a place that becomes free is taken");
	announcements_share_gone(a, "x");
	ok(buf_len(&trace) > 0, "as are those of a share that goes");
	announcements_destroy(a);
}

/* One with many devices, none of which answers. */
static void t_silent_account(void)
{
	struct announcements *a = begin();
	char name[32];

	for (int i = 0; i < DEVICES_PER_BUDDY; i++) {
		snprintf(name, sizeof(name), "silent%d", i);
		announcements_device_online(a, "eve@example.org", name, 0);
	}
	tips(a, "project", "1", 0);
	is_int(count_lines(), ANNOUNCE_AT_ONCE / 2,
	       "the devices of one account take half of the places");
	online(a, "laptop", INST1, 0);
	expect("tell laptop project 1\n", "and another one's is told at once");
	announcements_destroy(a);
}

static void t_bounds(void)
{
	struct announcements *a = begin();
	char name[32];

	for (int i = 0; i <= SHARES_MAX; i++) {
		snprintf(name, sizeof(name), "share%d", i);
		tips(a, name, "1", 0);
		announcements_moved(a, name, 0);
	}
	online(a, "a", INST1, 0);
	is_int(announcements_waiting(a), SHARES_MAX, "a share too many is ignored");
	buf_reset(&trace);
	announcements_share_gone(a, "share5");
	tips(a, "late", "1", 0);
	is_int(announcements_waiting(a), SHARES_MAX, "one that goes makes room");
	announcements_destroy(a);

	a = begin();
	tips(a, "project", "one", 0);
	online(a, "first", INST1, 0);
	told(a, "first", "project", 0);
	online(a, "second", INST1, 0);
	told(a, "second", "project", 0);
	announcements_device_offline(a, BOB, "first");
	for (int i = 0; i < DEVICES_PER_BUDDY + ANNOUNCE_AT_ONCE - 1; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		online(a, name, INST1, 0);
		told(a, name, "project", 0);
		announcements_device_offline(a, BOB, name);
	}
	buf_reset(&trace);
	online(a, "second", INST2, 0);
	told(a, "second", "project", 0);
	buf_reset(&trace);
	online(a, "first", INST1, 0);
	expect("tell first project one\n", "of many devices that are away the oldest is forgotten");
	told(a, "first", "project", 0);
	online(a, "second", INST2, 0);
	expect("", "never one that is online");
	online(a, "device-id-too-long", INST1, 0);
	expect("", "what presence does not let through is not let in");
	announcements_device_online(a, "first@example.org", "a", 0);
	announcements_met(a, "first@example.org", "a", INST1, 0);
	announcements_told(a, "first@example.org", "a", "project", last_version, INST1, 0);
	announcements_device_offline(a, "first@example.org", "a");
	for (int i = 0; i < BUDDIES_MAX; i++) {
		snprintf(name, sizeof(name), "b%d@example.org", i);
		announcements_device_online(a, name, "a", 0);
		announcements_met(a, name, "a", INST1, 0);
		announcements_told(a, name, "a", "project", last_version, INST1, 0);
		announcements_device_offline(a, name, "a");
	}
	buf_reset(&trace);
	online(a, "first", INST1, 0);
	expect("", "of many accounts those online are known");
	announcements_device_online(a, "first@example.org", "a", 0);
	expect("tell a project one\n", "others are forgotten when there are too many");
	announcements_destroy(a);
}

/*
 * The world of the random test: what each process of a device has been told, as
 * the device sees it.
 */
enum { DEVICES = 12, SHARES = 4, STEPS = 4000, SEEDS = 25 };

struct pair {
	uint64_t under_way;		/* the version; 0: none */
	uint64_t number;		/* in its tips */
	unsigned instance;		/* that was being told */
	bool dead;			/* over a link that has ended */
	uint64_t told, told_number;	/* the last one, to the process of now */
};

struct world {
	struct announcements *a;
	uint32_t random;
	uint64_t now;
	uint64_t refs[SHARES];		/* as they are: a number, and all that the tips are */
	uint64_t newest[SHARES];	/* as they were when the ledger was given them */
	struct {
		bool online, meeting;
		bool up;		/* a link with the process of now is, and the ledger was not
					   told yet */
		unsigned instance;
		struct pair pairs[SHARES];
	} devices[DEVICES];
	bool allowed[DEVICES][SHARES];
	unsigned under_way, tellings;
	const char *broken;		/* the first rule that was */
};

static uint32_t chance(struct world *w, uint32_t n)
{
	w->random = w->random * 1664525 + 1013904223;
	return (w->random >> 8) % n;
}

static void never(struct world *w, bool bad, const char *what)
{
	if (bad && !w->broken)
		w->broken = what;
}

static void names_of(unsigned device, char *jid, char *id)
{
	sprintf(jid, "buddy%u@example.org", device / 3);
	sprintf(id, "device%u", device % 3);
}

static void numbers_of(const char *jid, const char *id, const char *share, unsigned *device,
		       unsigned *s)
{
	*device = (unsigned)atoi(jid + strlen("buddy")) * 3 + (unsigned)atoi(id + strlen("device"));
	*s = (unsigned)atoi(share + strlen("share"));
}

static bool world_permitted(void *owner, const char *jid, const char *device, const char *share)
{
	struct world *w = owner;
	unsigned d, s;

	numbers_of(jid, device, share, &d, &s);
	return w->allowed[d][s];
}

static void world_tell(void *owner, const char *jid, const char *device, const char *share,
		       uint64_t version, const void *data, size_t len)
{
	struct world *w = owner;
	unsigned d, s;
	struct pair *p;
	uint64_t number;

	numbers_of(jid, device, share, &d, &s);
	p = &w->devices[d].pairs[s];
	memcpy(&number, data, sizeof(number));
	never(w, !w->devices[d].online, "one who is away is told");
	never(w, !w->allowed[d][s], "one who may not fetch is told");
	never(w, p->under_way != 0, "two tellings under way for one pair");
	never(w, number != w->newest[s], "not the newest tips are told");
	never(w, version == p->told, "a process is told twice of a version");
	never(w, version < p->told, "an older version is told after a newer one");
	never(w, ++w->under_way > ANNOUNCE_AT_ONCE, "more than ANNOUNCE_AT_ONCE are told");
	p->under_way = version;
	p->number = number;
	p->instance = w->devices[d].instance;
	p->dead = false;
	w->devices[d].up = true;
	w->tellings++;
}

static void world_meet(void *owner, const char *jid, const char *device)
{
	struct world *w = owner;
	unsigned d, s;

	numbers_of(jid, device, "share0", &d, &s);
	never(w, !w->devices[d].online, "one who is away is met");
	never(w, w->devices[d].meeting, "two meetings with one device");
	never(w, ++w->under_way > ANNOUNCE_AT_ONCE, "more than ANNOUNCE_AT_ONCE are told");
	w->devices[d].meeting = true;
}

static void world_read(void *owner, const char *share)
{
	struct world *w = owner;
	unsigned s = (unsigned)atoi(share + strlen("share"));

	w->newest[s] = w->refs[s];
	announcements_tips(w->a, share, &w->newest[s], sizeof(w->newest[s]), w->now);
}

static const struct announcements_events world_events = {
	.permitted = world_permitted,
	.meet = world_meet,
	.tell = world_tell,
	.read = world_read,
};

static const uint8_t *instance_of(unsigned number)
{
	static uint8_t bytes[INSTANCE_BYTES];

	number++;
	memcpy(bytes, &number, sizeof(number));
	return bytes;
}

/* A link with the device is up, or ends. */
static void link_news(struct world *w, unsigned d, bool up)
{
	char jid[32], id[16];

	names_of(d, jid, id);
	w->under_way -= w->devices[d].meeting;
	w->devices[d].meeting = w->devices[d].up = false;
	if (up)
		announcements_met(w->a, jid, id, instance_of(w->devices[d].instance), w->now);
	else
		announcements_lost(w->a, jid, id, w->now);
}

static void answer(struct world *w, unsigned d, unsigned s, bool good)
{
	struct pair *p = &w->devices[d].pairs[s];
	uint64_t version;
	char jid[32], id[16], share[16];

	if (w->devices[d].meeting || w->devices[d].up)
		link_news(w, d, good || w->devices[d].up);
	version = p->under_way;
	if (!version)
		return;
	good &= !p->dead;
	names_of(d, jid, id);
	sprintf(share, "share%u", s);
	p->under_way = 0;
	w->under_way--;
	/* Told: it was the process that was told which answered, even if it is no more. */
	if (good && p->instance == w->devices[d].instance) {
		p->told = version;
		p->told_number = p->number;
	}
	if (good)
		announcements_told(w->a, jid, id, share, version, instance_of(p->instance), w->now);
	else
		announcements_failed(w->a, jid, id, share, version, w->now);
}

static void restart(struct world *w, unsigned d)
{
	w->devices[d].instance++;
	/* A link that was up was with the one before. */
	w->devices[d].up = false;
	for (unsigned s = 0; s < SHARES; s++)
		w->devices[d].pairs[s].told = w->devices[d].pairs[s].told_number = 0;
}

static void appear(struct world *w, unsigned d, bool restarted)
{
	char jid[32], id[16];

	if (restarted)
		restart(w, d);
	w->devices[d].online = true;
	names_of(d, jid, id);
	announcements_device_online(w->a, jid, id, w->now);
}

static void move(struct world *w, unsigned s)
{
	char share[16];

	sprintf(share, "share%u", s);
	w->refs[s]++;
	world_read(w, share);
}

static void step(struct world *w)
{
	unsigned d = chance(w, DEVICES), s = chance(w, SHARES);
	char jid[32], id[16], share[16];

	names_of(d, jid, id);
	w->now += chance(w, 1000);
	switch (chance(w, 18)) {
	case 0:
		move(w, s);
		break;
	case 16:
		/* Nobody says so but the end of its link, over which no answer comes any more. */
		restart(w, d);
		for (s = 0; s < SHARES; s++)
			w->devices[d].pairs[s].dead = true;
		link_news(w, d, false);
		break;
	case 17:
		if (w->devices[d].online)
			link_news(w, d, true);
		break;
	case 1:
		sprintf(share, "share%u", s);
		w->refs[s] += chance(w, 2);
		announcements_moved(w->a, share, w->now);
		break;
	case 2:
		appear(w, d, false);
		break;
	case 3:
		appear(w, d, true);
		break;
	case 4:
		w->devices[d].online = false;
		announcements_device_offline(w->a, jid, id);
		break;
	case 5:
		w->allowed[d][s] = !w->allowed[d][s];
		announcements_review(w->a, w->now);
		break;
	case 6:
	case 7:
		answer(w, d, s, false);
		break;
	default:
		answer(w, d, s, true);
		break;
	}
	if (announcements_deadline(w->a) <= w->now)
		announcements_tick(w->a, w->now);
}

/* Everybody answers, all timers fire: false if that does not end. */
static bool settle(struct world *w)
{
	for (unsigned round = 0; round < 1000; round++) {
		uint64_t deadline;

		for (unsigned i = 0; i < DEVICES * SHARES; i++)
			answer(w, i / SHARES, i % SHARES, chance(w, 4) != 0);
		deadline = announcements_deadline(w->a);
		if (!w->under_way && deadline == UINT64_MAX)
			return true;
		if (!w->under_way) {
			w->now = deadline > w->now ? deadline : w->now;
			announcements_tick(w->a, w->now);
		}
	}
	return false;
}

static void look(struct world *w)
{
	for (unsigned d = 0; d < DEVICES; d++)
		for (unsigned s = 0; s < SHARES; s++)
			never(w, w->devices[d].online && w->allowed[d][s] &&
			      w->devices[d].pairs[s].told_number != w->refs[s],
			      "a device online was not told of the newest version");
	never(w, announcements_waiting(w->a) != 0, "at rest something waits");
}

static void t_random(void)
{
	unsigned tellings = 0;

	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct world w = { .random = seed };

		w.a = announcements_create(&world_events, &w);
		for (unsigned d = 0; d < DEVICES; d++)
			for (unsigned s = 0; s < SHARES; s++)
				w.allowed[d][s] = chance(&w, 4) != 0;
		for (unsigned i = 0; i < STEPS && !w.broken; i++) {
			step(&w);
			if (i % 500 == 499) {
				never(&w, !settle(&w), "it does not come to rest");
				look(&w);
			}
		}
		tellings += w.tellings;
		ok(!w.broken, "seed %u: every device online is told the newest version, once%s%s",
		   seed, w.broken ? ": never: " : "", w.broken ? w.broken : "");
		announcements_destroy(w.a);
	}
	printf("# %u tellings\n", tellings);
}

static void t_unread(void)
{
	struct announcements *a = begin();
	uint64_t pause = ANNOUNCE_RETRY_FIRST, now = 1000;

	announcements_unread(a, "project", now);
	is_int(announcements_deadline(a), UINT64_MAX,
	       "of a share that is not known nothing is read");
	announcements_moved(a, "project", now);
	now = announcements_deadline(a);
	announcements_tick(a, now);
	expect("read project\n", "refs have moved: they are read");
	for (int i = 0; i < 12; i++) {
		announcements_unread(a, "project", now);
		if (announcements_deadline(a) < now + pause ||
		    announcements_deadline(a) > now + pause + ANNOUNCE_DEBOUNCE)
			break;
		now = announcements_deadline(a);
		announcements_tick(a, now);
		pause = pause < ANNOUNCE_RETRY_MAX / 2 ? 2 * pause : ANNOUNCE_RETRY_MAX;
	}
	is_int(count_lines(), 12,
	       "they could not be: they are read again, after pauses that double, for ever");
	announcements_unread(a, "project", now);
	announcements_moved(a, "project", now);
	ok(announcements_deadline(a) <= now + ANNOUNCE_DEBOUNCE, "... and at once when they move");
	announcements_tick(a, announcements_deadline(a));
	announcements_tips(a, "project", "x", 1, now);
	announcements_unread(a, "project", now);
	ok(announcements_deadline(a) <= now + ANNOUNCE_RETRY_FIRST + ANNOUNCE_DEBOUNCE,
	   "what could be read is tried soon when it fails");
	announcements_destroy(a);
	buf_reset(&trace);
}

int main(void)
{
	t_debounce();
	t_told_once();
	t_empty();
	t_newest();
	t_back_off();
	t_presence_meanwhile();
	t_meeting();
	t_permission();
	t_share_gone();
	t_fairness();
	t_silent_account();
	t_bounds();
	t_unread();
	t_random();
	buf_finish(&trace);
	return tap_done();
}
