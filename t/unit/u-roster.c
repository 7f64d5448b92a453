/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "roster.h"
#include "tap.h"

#define ME "me@example.org"
#define BOB "bob@example.org"
#define CAROL "carol@example.org"
#define DAVE "dave@example.org"

/* jid has a trusted device. */
static void pair(struct trust *t, const char *jid)
{
	unsigned char fp[FINGERPRINT_BYTES] = { 0 };
	bool changed;

	/* A key of their own. */
	memcpy(fp, jid, strcspn(jid, "@"));
	trust_invite(t, jid, 1);
	trust_observe(t, jid, fp, 1, &changed);
}

struct item {
	const char *jid;
	enum subscription subscription;
};

/* Compares with these items, up to one without a JID; who is lost, as "a b". */
static const char *compare(struct trust *t, const struct item *items, bool *changed, bool *emptied)
{
	static char text[256];
	struct roster *r = roster_begin();
	struct roster_losses losses;

	for (; items->jid; items++)
		roster_item(r, items->jid, items->subscription);
	roster_compare(r, t, ME, 10, &losses, changed);
	roster_destroy(r);
	text[0] = '\0';
	for (size_t i = 0; i < losses.count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, losses.jids[i]);
	}
	*emptied = losses.emptied;
	roster_losses_finish(&losses);
	return text;
}

static void t_compare(void)
{
	static const struct item both[] = {
		{ BOB, SUBSCRIPTION_BOTH }, { CAROL, SUBSCRIPTION_TO },
		{ "eve@example.org", SUBSCRIPTION_BOTH }, { NULL, 0 },
	};
	static const struct item half[] = { { BOB, SUBSCRIPTION_TO },
					    { CAROL, SUBSCRIPTION_NONE },
					    { NULL, 0 } };
	static const struct item without[] = { { BOB, SUBSCRIPTION_FROM }, { NULL, 0 } };
	static const struct item twice[] = { { BOB, SUBSCRIPTION_NONE },
					     { BOB, SUBSCRIPTION_BOTH },
					     { NULL, 0 } };
	static const struct item nobody[] = { { NULL, 0 } };
	struct trust *t = trust_create();
	bool changed, emptied;

	pair(t, BOB);
	pair(t, CAROL);
	pair(t, ME);
	is_str(compare(t, both, &changed, &emptied), "", "nobody is lost whom the roster has");
	ok(changed && trust_marked(t, BOB, MARK_GRANTED), "that bob sees us is remembered");
	ok(trust_marked(t, CAROL, MARK_LISTED) && !trust_marked(t, CAROL, MARK_GRANTED),
	   "and that carol does not");
	ok(!trust_person(t, "eve@example.org"), "of others nothing");
	is_str(compare(t, both, &changed, &emptied), "", "again");
	ok(!changed, "there is nothing to remember");
	is_str(compare(t, half, &changed, &emptied), BOB, "who does not see us any more is lost");
	ok(!emptied, "which is a decision");
	is_str(compare(t, without, &changed, &emptied), CAROL,
	       "who is in it no more as well, if they never saw us");
	is_str(compare(t, twice, &changed, &emptied), CAROL, "the last of two items counts");
	is_str(compare(t, nobody, &changed, &emptied), BOB " " CAROL,
	       "with nobody in it, everybody");
	ok(emptied, "which is said");
	trust_suspend(t, BOB, 50);
	trust_suspend(t, CAROL, 50);
	is_str(compare(t, nobody, &changed, &emptied), "",
	       "who is suspended is not lost once more");
	ok(!emptied, "and that is not an empty roster that takes anybody away");
	trust_destroy(t);
}

static void t_kept(void)
{
	static const struct item nobody[] = { { NULL, 0 } };
	static const struct item asked[] = { { DAVE, SUBSCRIPTION_NONE }, { NULL, 0 } };
	struct trust *t = trust_create();
	bool changed, emptied;

	trust_invite(t, DAVE, 5);
	is_str(compare(t, nobody, &changed, &emptied), "",
	       "who was only just added was never in it");
	ok(trust_expected(t, DAVE, 10), "and is still expected");
	is_str(compare(t, asked, &changed, &emptied), "", "the server has the request");
	is_str(compare(t, nobody, &changed, &emptied), DAVE, "and loses it: somebody took it back");
	trust_destroy(t);

	t = trust_create();
	trust_mark(t, DAVE, MARK_BLOCKED, true, 1);
	is_str(compare(t, nobody, &changed, &emptied), "", "who is blocked need not be in it");
	pair(t, BOB);
	is_str(compare(t, nobody, &changed, &emptied), BOB,
	       "a trusted device from before there were marks is not enough");
	trust_mark(t, BOB, MARK_MEANT, true, 1);
	is_str(compare(t, nobody, &changed, &emptied), "",
	       "who is still to be asked is not missed");
	trust_mark(t, BOB, MARK_LISTED, true, 1);
	is_str(compare(t, nobody, &changed, &emptied), BOB, "until they were in it once");
	trust_destroy(t);
}

static void t_push(void)
{
	struct trust *t = trust_create();
	bool changed;

	ok(!roster_note(t, BOB, SUBSCRIPTION_BOTH, false, 1, &changed) && !changed,
	   "of whom nothing is known nothing is kept");
	ok(!roster_note(t, BOB, SUBSCRIPTION_NONE, true, 1, &changed), "nor taken away");
	pair(t, BOB);
	ok(trust_asked(t, BOB, 2), "we added bob");
	ok(!roster_note(t, BOB, SUBSCRIPTION_NONE, false, 2, &changed) && changed,
	   "who has not answered");
	ok(!roster_note(t, BOB, SUBSCRIPTION_TO, false, 2, &changed), "then lets us see him");
	ok(trust_asked(t, BOB, 2), "a request of his is still answered");
	ok(!roster_note(t, BOB, SUBSCRIPTION_NONE, false, 2, &changed),
	   "not any more: he saw nothing of us, and loses nothing");
	ok(!roster_note(t, BOB, SUBSCRIPTION_BOTH, false, 2, &changed) && changed,
	   "they see each other");
	ok(!trust_asked(t, BOB, 2), "and a request is not waited for");
	ok(!roster_note(t, BOB, SUBSCRIPTION_FROM, false, 2, &changed), "he hides from us");
	ok(!roster_note(t, BOB, SUBSCRIPTION_BOTH, false, 2, &changed) && !changed, "and does not");
	ok(roster_note(t, BOB, SUBSCRIPTION_TO, false, 2, &changed) && !changed,
	   "he may not see us any more: he is lost");
	ok(roster_note(t, BOB, SUBSCRIPTION_NONE, false, 2, &changed), "still");
	trust_suspend(t, BOB, 50);
	ok(!roster_note(t, BOB, SUBSCRIPTION_NONE, false, 2, &changed),
	   "until that has been seen to");
	ok(roster_note(t, BOB, SUBSCRIPTION_NONE, true, 2, &changed),
	   "who is taken out is lost, whatever was remembered");
	trust_destroy(t);
}

/* More than a table of buddies holds: those beyond are not lost. */
static void t_many(void)
{
	struct roster *r = roster_begin();
	struct trust *t = trust_create();
	struct roster_losses losses;
	bool changed;
	char jid[64];

	for (unsigned i = 0; i < BUDDIES_MAX + 100; i++) {
		snprintf(jid, sizeof(jid), "buddy%u@example.org", i);
		roster_item(r, jid, SUBSCRIPTION_BOTH);
	}
	pair(t, jid);
	roster_compare(r, t, ME, 10, &losses, &changed);
	is_int(losses.count, 0, "the last of a long roster is found");
	roster_losses_finish(&losses);
	roster_destroy(r);
	r = roster_begin();
	for (unsigned i = 0; i < 200; i++) {
		snprintf(jid, sizeof(jid), "friend%u@example.org", i);
		pair(t, jid);
	}
	roster_item(r, "friend0@example.org", SUBSCRIPTION_BOTH);
	roster_compare(r, t, ME, 10, &losses, &changed);
	is_int(losses.count, 200, "many can be lost at once");
	ok(!losses.emptied, "while one is left it is no empty roster");
	roster_losses_finish(&losses);
	roster_destroy(r);
	trust_destroy(t);
}

int main(void)
{
	t_compare();
	t_kept();
	t_push();
	t_many();
	return tap_done();
}
