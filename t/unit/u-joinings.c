/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "joinings.h"

#include "join-proof.h"
#include "tap.h"

enum { UNIX = 1000000, DAY = 24 * 3600, NOW = 5000 };

static uint32_t chance = 1;

static struct invitation_link link_of(const char *jid, unsigned char secret)
{
	struct invitation_link link = { .until = 0 };

	snprintf(link.jid, sizeof(link.jid), "%s", jid);
	memset(link.fp, 7, sizeof(link.fp));
	memset(link.secret, secret, sizeof(link.secret));
	return link;
}

static struct joining *add(struct joinings *all, const char *jid, unsigned char secret,
			   uint64_t until)
{
	struct invitation_link link = link_of(jid, secret);

	link.until = until;
	return joinings_add(all, &link, UNIX, NOW, &chance);
}

static void pauses(void)
{
	struct joinings *all = joinings_create();
	struct joining *one = add(all, "alice@example.org", 1, 0);
	uint64_t now = NOW, pause;

	ok(one && !joinings_due(all, NOW), "what was just tried is not due");
	ok(joinings_deadline(all, true, UNIX, NOW) >= NOW + JOINING_PAUSE_FIRST &&
		   joinings_deadline(all, true, UNIX, NOW) <= NOW + JOINING_PAUSE_FIRST * 3 / 2,
	   "but after a pause");
	for (unsigned i = 0; i < 9; i++) {
		now = joinings_deadline(all, true, UNIX, now);
		ok(joinings_due(all, now) == one, "it is due then");
		is_int(joining_begin(one), i % JOIN_ATTEMPTS, "the sids are used in turn");
		ok(!joinings_due(all, now + DAY), "it is not due while an attempt is under way");
		joining_unanswered(one, now, &chance);
	}
	pause = joinings_deadline(all, true, UNIX, now) - now;
	ok(pause >= JOINING_PAUSE_MAX && pause <= JOINING_PAUSE_MAX * 3 / 2,
	   "the pauses become longer, up to the longest");
	joinings_online(all, now);
	ok(joinings_due(all, now) == one, "a login makes it due");
	joining_begin(one);
	joining_unanswered(one, now, &chance);
	ok(joinings_deadline(all, true, UNIX, now) <= now + JOINING_PAUSE_FIRST * 3 / 2,
	   "and the pauses begin anew");
	joining_seen(one, true, now);
	ok(joinings_due(all, now) == one, "so does the inviter, who is seen");
	joining_begin(one);
	joining_unanswered(one, now, &chance);
	joining_seen(one, true, now);
	ok(!joinings_due(all, now), "once, while they are there");
	joining_seen(one, false, now);
	ok(!joinings_due(all, now), "not when they go");
	joining_seen(one, true, now);
	ok(joinings_due(all, now) == one, "but when they come back");
	joinings_destroy(all);
}

static void one_at_a_time(void)
{
	struct joinings *all = joinings_create();
	struct joining *one = add(all, "alice@example.org", 1, 0);
	struct joining *two = add(all, "bob@example.org", 2, 0);

	one->due = NOW + 20;
	two->due = NOW + 10;
	ok(joinings_due(all, NOW + 30) == two, "the one that is due longest is tried");
	joining_begin(two);
	ok(!joinings_due(all, NOW + 30), "and no other one meanwhile");
	ok(joinings_deadline(all, true, UNIX, NOW + 30) > NOW + DAY * 1000ULL,
	   "nor does time make one due");
	joining_unanswered(two, NOW + 30, &chance);
	ok(joinings_due(all, NOW + 30) == one, "then the next one");
	ok(joinings_deadline(all, false, UNIX, NOW + 30) > NOW + DAY * 1000ULL,
	   "offline none is due by time");
	joinings_destroy(all);
}

static void expires(void)
{
	struct joinings *all = joinings_create();
	struct joining *one = add(all, "alice@example.org", 1, UNIX + 100);
	struct joining *two = add(all, "bob@example.org", 2, 0);
	struct joining *three = add(all, "carol@example.org", 3, UNIX + 999 * DAY);

	ok(!add(all, "dave@example.org", 4, UNIX), "one that has expired does not wait");
	ok(one->until == UNIX + 100, "an invitation says how long it is good");
	ok(two->until == UNIX + INVITATION_DAYS_MAX * DAY &&
		   three->until == UNIX + INVITATION_DAYS_MAX * DAY,
	   "none waits for longer than one may be open");
	ok(joinings_deadline(all, false, UNIX, NOW) == NOW + 100 * 1000,
	   "its end is waited for, also offline");
	ok(!joinings_expired(all, UNIX + 99), "it waits until then");
	ok(joinings_expired(all, UNIX + 100) == one, "and no longer");
	joining_begin(one);
	ok(!joinings_expired(all, UNIX + 100), "an attempt that is under way is not ended");
	joining_unanswered(one, NOW, &chance);
	joinings_drop(all, one);
	ok(!joinings_expired(all, UNIX + 100), "what was dropped is gone");
	joinings_destroy(all);
}

static void is_found(void)
{
	struct joinings *all = joinings_create();
	struct joining *one = add(all, "alice@example.org", 1, 0);
	struct invitation_link link = link_of("alice@example.org", 1);

	ok(add(all, "alice@example.org", 1, 0) == one, "the same link waits once");
	ok(joinings_find(all, &link) == one, "it is found by its link");
	link.secret[5]++;
	ok(!joinings_find(all, &link), "not by another secret");
	link = link_of("alice@example.org", 1);
	link.fp[5]++;
	ok(!joinings_find(all, &link), "nor by another key");
	link = link_of("mallory@example.org", 1);
	ok(!joinings_find(all, &link), "nor by another address");
	ok(joinings_of(all, "alice@example.org") == one && !joinings_of(all, "alice@example.or"),
	   "it is found by its inviter");
	for (unsigned char i = 2; i <= JOININGS_MAX; i++)
		ok(add(all, "alice@example.org", i, 0) != NULL, "many of one inviter may wait");
	ok(!add(all, "alice@example.org", 99, 0), "but not any number");
	joinings_destroy(all);
}

#define KEY    "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9"
#define LINK   "xmpp:alice@example.org?git-join;key=" KEY ";secret=aaaqeayeaudaocajbifqydiob4"
#define SECOND "xmpp:alice@example.org?git-join;key=" KEY ";secret=baaqeayeaudaocajbifqydiob4"

static void is_kept(void)
{
	static const char text[] = "1000 2000 "
				   "xmpp:alice@example.org?git-join;key=" KEY
				   ";until=2000;secret=aaaqeayeaudaocajbifqydiob4;share=a%20b\n"
				   "1001 3000 " SECOND ";kind=device\n";
	static const char *const wrong[] = {
		"1000 2000\n",
		"1000 2000 xmpp:alice@example.org?git-join\n",
		"1000 2000x " LINK "\n",
		"x 2000 " LINK "\n",
		"1000 9223372036854775807 " LINK "\n",
		"1000  " LINK "\n",
		"1 2 " LINK "\n1 2 " LINK "\n",
	};
	struct joinings *all = joinings_create();
	struct buf out = { 0 };

	is_int(joinings_parse(all, text, strlen(text)), 0, "a file is read");
	joinings_write(all, &out);
	is_str(buf_str(&out), text, "and written as it was");
	ok(joinings_due(all, NOW) == joinings_first(all), "what it holds is due");
	buf_finish(&out);
	joinings_destroy(all);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		all = joinings_create();
		is_int(joinings_parse(all, wrong[i], strlen(wrong[i])), 1, "that is dropped");
		joinings_destroy(all);
	}
	for (unsigned i = 0; i <= JOININGS_MAX; i++)
		buf_printf(&out, "1 2 xmpp:a%u@b?git-join;key=" KEY ";secret=%s\n", i,
			   "aaaqeayeaudaocajbifqydiob4");
	all = joinings_create();
	is_int(joinings_parse(all, buf_str(&out), buf_len(&out)), 1, "so is one too many");
	joinings_destroy(all);
	buf_finish(&out);
}

int main(void)
{
	pauses();
	one_at_a_time();
	expires();
	is_found();
	is_kept();
	return tap_done();
}
