/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "presence.h"
#include "tap.h"

#define DEV1 "aaaaaaaaaaaaaaaa"
#define DEV2 "bbbbbbbbbbbbbbb7"

static const char *const change_names[] = {
	[PRESENCE_SAME] = "same",
	[PRESENCE_APPEARED] = "appeared",
	[PRESENCE_AGAIN] = "again",
	[PRESENCE_GONE] = "gone",
	[PRESENCE_OTHER] = "other",
};

/* A story: what the server says, one stanza after another, and what is new in it. */
struct line {
	const char *full;
	bool available;
	const char *device;
	enum presence_change change;
	const char *what;
};

static const struct line story[] = {
	{ "bob@example.org/git.a", true, DEV1, PRESENCE_APPEARED, "a broker comes online" },
	{ "bob@example.org/git.a", true, DEV1, PRESENCE_AGAIN,
	  "its presence comes twice: perhaps another process" },
	{ "BOB@Example.org/git.a", true, DEV1, PRESENCE_AGAIN, "or with another case" },
	{ "bob@example.org/phone", true, NULL, PRESENCE_OTHER, "a chat client comes" },
	{ "bob@example.org/phone", true, NULL, PRESENCE_SAME, "and goes away from the keyboard" },
	{ "bob@example.org/git.b", true, DEV2, PRESENCE_APPEARED, "a second device" },
	{ "bob@example.org/git.b", true, NULL, PRESENCE_GONE, "its broker ends" },
	{ "bob@example.org/git.b", true, DEV2, PRESENCE_APPEARED, "and begins again" },
	{ "bob@example.org/git.b", false, NULL, PRESENCE_GONE, "and goes offline" },
	{ "bob@example.org/git.b", false, NULL, PRESENCE_SAME, "which is said twice" },
	{ "bob@example.org/phone", false, NULL, PRESENCE_OTHER, "the chat client goes" },
	{ "bob@example.org/x/y", true, DEV1, PRESENCE_APPEARED, "the device elsewhere" },
	{ "bob@example.org/git.a", false, NULL, PRESENCE_OTHER, "its ghost goes" },
	{ "bob@example.org/git.a", true, DEV1, PRESENCE_APPEARED, "back" },
	{ "bob@example.org/x/y", true, NULL, PRESENCE_OTHER, "the ghost without broker" },
	{ "bob@example.org/git.a", true, DEV2, PRESENCE_APPEARED, "another in its place" },
	{ "bob@example.org", true, DEV1, PRESENCE_SAME, "no resource means nothing" },
	{ "bob@example.org/", true, DEV1, PRESENCE_SAME, "nor an empty one" },
	{ "eve@example.org/git.e", true, DEV1, PRESENCE_SAME, "a stranger is not tracked" },
	{ "eve@example.org/git.e", false, NULL, PRESENCE_SAME, "coming or going" },
	{ "carol@example.org/git", true, DEV1, PRESENCE_SAME, "nor one who only asked" },
	{ "", true, DEV1, PRESENCE_SAME, "nobody is nobody" },
	{ "me@example.org/other", true, DEV2, PRESENCE_APPEARED, "another device of our own" },
};

static void t_story(void)
{
	struct presence *p = presence_create();

	presence_roster_item(p, "me@example.org", SUBSCRIPTION_BOTH, false, false);
	presence_roster_item(p, "Bob@example.org", SUBSCRIPTION_BOTH, false, false);
	presence_pending_in(p, "carol@example.org");
	for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		const struct line *l = &story[i];
		struct resource *r = NULL;
		char gone[DEVICE_ID_LEN + 1] = "";
		enum presence_change change = l->available ?
			presence_available(p, l->full, l->device, 1000 + i, &r) :
			presence_unavailable(p, l->full, 1000 + i, gone);

		is_str(change_names[change], change_names[l->change], l->what);
		if (l->available && change != PRESENCE_SAME && !r)
			ok(false, "%s: the resource is told", l->what);
		if (!l->available && change == PRESENCE_GONE)
			is_str(gone, DEV2, "the device that is gone is named");
	}
	ok(!presence_device(p, "bob@example.org", DEV1),
	   "the device that was replaced is not online");
	is_str(presence_device(p, "bob@example.org", DEV2)->full, "bob@example.org/git.a",
	       "a device is found by its id");
	ok(presence_full(p, "bob@example.org/x/y") != NULL, "a resource by its full JID");
	ok(!presence_full(p, "bob@example.org/X/y"), "whose resource part is compared as it is");

	presence_unavailable(p, "bob@example.org/git.a", 4000, (char[DEVICE_ID_LEN + 1]){ 0 });
	is_str(presence_where(p, "bob@example.org", DEV2), "bob@example.org/git.a",
	       "a broker that went may still be there");
	presence_available(p, "bob@example.org/git.a", NULL, 4001, &(struct resource *){ NULL });
	ok(!presence_where(p, "bob@example.org", DEV2), "unless another program is");

	presence_reset(p, 5000);
	ok(!presence_device(p, "bob@example.org", DEV2), "without connection nobody is online");
	is_int(presence_buddy(p, "bob@example.org")->last_seen, 5000, "it is known when they were");
	is_int(presence_buddy(p, "carol@example.org")->last_seen, 0, "or that they never were");
	presence_destroy(p);
}

static void t_ill_formed(void)
{
	static const char *const rows[] = {
		"", "aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa1", "AAAAAAAAAAAAAAAA",
		"aaaaaaaa/../aaaa",
	};
	struct presence *p = presence_create();
	struct resource *r;

	presence_roster_item(p, "bob@example.org", SUBSCRIPTION_BOTH, false, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char gone[DEVICE_ID_LEN + 1];

		ok(presence_available(p, "bob@example.org/a", rows[i], 1, &r) == PRESENCE_OTHER &&
			   !r->broker,
		   "device '%s' is no broker", rows[i]);
		presence_unavailable(p, "bob@example.org/a", 2, gone);
	}
	presence_destroy(p);
}

static void t_roster(void)
{
	struct presence *p = presence_create();
	struct buddy *b =
		presence_roster_item(p, "bob@example.org", SUBSCRIPTION_NONE, true, false);
	struct resource *r;

	ok(b && b->pending_out && b->subscription == SUBSCRIPTION_NONE, "we asked bob");
	ok(presence_pending_in(p, "bob@example.org") == b && b->pending_in, "bob asks us");
	ok(presence_roster_item(p, "bob@example.org", SUBSCRIPTION_BOTH, false, false) == b,
	   "an item changes the buddy, it does not replace it");
	ok(!b->pending_in && !b->pending_out && b->subscription == SUBSCRIPTION_BOTH,
	   "both were answered");
	ok(!presence_pending_in(p, "bob@example.org")->pending_in,
	   "who sees us wants nothing more");
	presence_available(p, "bob@example.org/a", DEV1, 1, &r);
	ok(!presence_roster_item(p, "bob@example.org", SUBSCRIPTION_NONE, false, true),
	   "bob is taken out");
	ok(!presence_buddy(p, "bob@example.org"), "with all that was known");
	ok(!presence_full(p, "bob@example.org/a"), "online or not");
	ok(!presence_buddies(p), "nobody is left");
	ok(!presence_roster_item(p, "example.org", SUBSCRIPTION_BOTH, false, false),
	   "a server is no buddy");
	ok(!presence_roster_item(p, "bob@example.org/a", SUBSCRIPTION_BOTH, false, false),
	   "nor is a full JID");
	ok(!presence_roster_item(p, "bob@example.org", SUBSCRIPTION_BOTH, false, true),
	   "who is not there can be removed");
	presence_destroy(p);
}

/* As many groups as a list of them has room for; the rest is not known. */
static void t_groups(void)
{
	static const char groups[] = "team\0friends\0";
	struct presence *p = presence_create();
	struct buddy *b =
		presence_roster_item(p, "bob@example.org", SUBSCRIPTION_BOTH, false, false);
	char many[2 * BUDDY_GROUPS_MAX];
	size_t n = 0;

	ok(!buddy_in_group(b, "team"), "at first somebody is in no group");
	ok(!presence_roster_groups(p, "bob@example.org", NULL), "which is nothing new");
	ok(presence_roster_groups(p, "bob@example.org", groups), "then in two");
	ok(!presence_roster_groups(p, "bob@example.org", groups), "the same is nothing new");
	ok(buddy_in_group(b, "team") && buddy_in_group(b, "friends"), "and is in both");
	ok(!buddy_in_group(b, "tea") && !buddy_in_group(b, "Team") && !buddy_in_group(b, ""),
	   "and in no other");
	ok(!buddy_in_group(NULL, "team"), "nobody is in none");
	ok(!presence_roster_groups(p, "eve@example.org", groups), "who is unknown has none");
	ok(presence_roster_groups(p, "bob@example.org", "friends\0"), "one is taken away");
	ok(!buddy_in_group(b, "team") && buddy_in_group(b, "friends"), "and no other");
	for (int i = 0; n + 16 < sizeof(many); i++)
		n += snprintf(many + n, sizeof(many) - n, "group %d", i) + 1;
	many[n] = '\0';
	ok(presence_roster_groups(p, "bob@example.org", many), "too many");
	ok(buddy_in_group(b, "group 0") && !buddy_in_group(b, "group 150"), "are not all kept");
	presence_roster_begin(p);
	ok(buddy_in_group(b, "group 0"), "while the roster is read again, the last one counts");
	presence_roster_item(p, "bob@example.org", SUBSCRIPTION_BOTH, false, false);
	presence_roster_groups(p, "bob@example.org", NULL);
	ok(!buddy_in_group(b, "group 0"), "until it says otherwise");
	presence_roster_groups(p, "bob@example.org", many);
	b->in_roster = false;
	ok(!buddy_in_group(b, "group 0"), "outside of the roster there are no groups");
	presence_destroy(p);
}

/* A whole roster says who is in it, and by that who is not. */
static void t_whole_roster(void)
{
	struct presence *p = presence_create();

	presence_roster_item(p, "me@example.org", SUBSCRIPTION_BOTH, false, false);
	presence_roster_item(p, "bob@example.org", SUBSCRIPTION_BOTH, false, false);
	presence_roster_item(p, "carol@example.org", SUBSCRIPTION_TO, false, false);
	presence_pending_in(p, "dave@example.org");
	presence_roster_begin(p);
	presence_roster_item(p, "me@example.org", SUBSCRIPTION_BOTH, false, false);
	presence_roster_item(p, "bob@example.org", SUBSCRIPTION_FROM, false, false);
	presence_roster_end(p);
	ok(presence_buddy(p, "me@example.org") != NULL, "we are always there");
	is_int(presence_buddy(p, "bob@example.org")->subscription, SUBSCRIPTION_FROM,
	       "bob is, as it says now");
	ok(!presence_buddy(p, "carol@example.org"), "carol is not any more");
	ok(presence_buddy(p, "dave@example.org") != NULL, "who asks never was");
	presence_destroy(p);
}

/* What became of requests. */
static void t_requests(void)
{
	struct presence *p = presence_create();
	struct buddy *b =
		presence_roster_item(p, "bob@example.org", SUBSCRIPTION_NONE, true, false);

	presence_refused(p, "eve@example.org", "item-not-found");
	ok(!presence_buddy(p, "eve@example.org"), "an error of somebody unknown is nobody's");
	presence_refused(p, "bob@example.org", "remote-server-not-found");
	is_str(b->refused, "remote-server-not-found", "that bob cannot be asked is known");
	presence_roster_item(p, "bob@example.org", SUBSCRIPTION_NONE, false, false);
	is_str(b->refused, "remote-server-not-found", "and stays known");
	presence_refused(p, "bob@example.org", NULL);
	ok(!b->refused, "until he is asked anew");
	presence_refused(p, "bob@example.org", "declined");
	presence_roster_item(p, "bob@example.org", SUBSCRIPTION_TO, false, false);
	ok(!b->refused, "or says yes");
	presence_pending_in(p, "bob@example.org");
	ok(presence_pending_in_over(p, "bob@example.org") && !b->pending_in,
	   "what he asks can be declined");
	ok(!presence_pending_in_over(p, "bob@example.org"), "once");
	presence_pending_in(p, "eve@example.org");
	ok(presence_pending_in_over(p, "Eve@example.org"), "of somebody who is not in the roster");
	ok(!presence_buddy(p, "eve@example.org"), "nothing is left then");
	presence_destroy(p);
}

/* Known to speak another protocol, until it may be another process. */
static void t_protocol(void)
{
	struct presence *p = presence_create();
	struct buddy *b =
		presence_roster_item(p, "bob@example.org", SUBSCRIPTION_BOTH, false, false);
	char gone[DEVICE_ID_LEN + 1];
	struct resource *r;

	presence_available(p, "bob@example.org/git", DEV1, 1, &r);
	is_int(resource_protocol(r, 1000), 0, "of a new device no other protocol is known");
	presence_other_protocol(p, "bob@example.org", DEV2, 3, 1000);
	is_int(buddy_protocol(b, 1000), 0, "nor if one is met in it that does not show itself");
	presence_other_protocol(p, "bob@example.org", DEV1, 3, 1000);
	is_int(resource_protocol(r, 1000 + LINK_VERSION_KEPT - 1), 3,
	       "one that was met in another is not asked again");
	is_int(buddy_protocol(b, 1000), 3, "and its buddy is shown with it");
	is_int(resource_protocol(r, 1000 + LINK_VERSION_KEPT), 0, "for an hour");
	presence_unavailable(p, "bob@example.org/git", 2, gone);
	presence_available(p, "bob@example.org/git", DEV1, 3, &r);
	is_int(resource_protocol(r, 2000), 0, "or until it has gone and come");
	presence_other_protocol(p, "bob@example.org", DEV1, 3, 1000);
	presence_available(p, "bob@example.org/chat", NULL, 2, &r);
	is_int(resource_protocol(presence_device(p, "bob@example.org", DEV1), 1000), 3,
	       "what another resource says changes nothing");
	presence_available(p, "bob@example.org/git", DEV1, 3, &r);
	is_int(resource_protocol(r, 1000), 0, "what it says itself has it tried again");
	presence_other_protocol(p, "bob@example.org", DEV1, 3, 1000);
	presence_our_protocol(p, "bob@example.org", DEV2);
	is_int(resource_protocol(r, 1000), 3, "a link with another device does not");
	presence_our_protocol(p, "bob@example.org", DEV1);
	is_int(resource_protocol(r, 1000), 0, "one with it does");
	presence_destroy(p);
}

static void t_resources_bounded(void)
{
	struct presence *p = presence_create();
	enum presence_change change;
	struct resource *r;
	char full[64];

	presence_roster_item(p, "bob@example.org", SUBSCRIPTION_BOTH, false, false);
	presence_available(p, "bob@example.org/git", DEV1, 1, &r);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(full, sizeof(full), "bob@example.org/chat%u", i);
		presence_available(p, full, NULL, 2 + i, &r);
	}
	ok(!presence_full(p, "bob@example.org/chat84"), "the oldest chat clients are forgotten");
	ok(presence_full(p, "bob@example.org/chat85") != NULL, "the newest are known");
	ok(presence_device(p, "bob@example.org", DEV1) != NULL,
	   "the broker is, though older than all");

	for (char c = 'a'; c < 'a' + DEVICES_PER_BUDDY - 1; c++) {
		char device[] = DEV2;

		device[0] = c;
		snprintf(full, sizeof(full), "bob@example.org/git%c", c);
		presence_available(p, full, device, 200, &r);
	}
	change = presence_available(p, "bob@example.org/more", "ccccccccccccccc7", 300, &r);
	ok(change == PRESENCE_SAME && !r, "one broker more than the bound is not tracked");
	ok(presence_device(p, "bob@example.org", DEV1) != NULL, "and pushes nobody out");
	presence_destroy(p);
}

static void t_many(void)
{
	struct presence *p = presence_create();
	struct resource *r;
	struct buddy *b;
	bool ordered = true, known = true;
	unsigned n = 0, taken = 0;
	char jid[64];

	for (unsigned i = 0; i < BUDDIES_MAX + 10; i++) {
		snprintf(jid, sizeof(jid), "buddy%u@example.org", i);
		taken += presence_roster_item(p, jid, SUBSCRIPTION_BOTH, false, false) != NULL;
	}
	is_int(taken, BUDDIES_MAX, "so many buddies may be in the roster");
	for (b = presence_buddies(p); b; b = b->next) {
		snprintf(jid, sizeof(jid), "buddy%u@example.org", n++);
		ordered &= !strcmp(b->jid, jid);
		known &= presence_buddy(p, jid) == b;
		strcat(jid, "/git");
		presence_available(p, jid, DEV1, 1, &r);
	}
	ok(ordered && n == BUDDIES_MAX, "they are listed in the order they came");
	ok(known, "and found by their JID");
	presence_roster_item(p, jid, SUBSCRIPTION_NONE, false, true);
	for (unsigned i = 1; i < BUDDIES_MAX; i += 2) {
		snprintf(jid, sizeof(jid), "buddy%u@example.org", i);
		presence_roster_item(p, jid, SUBSCRIPTION_NONE, false, true);
	}
	b = presence_roster_item(p, "new@example.org", SUBSCRIPTION_BOTH, false, false);
	for (n = 0; b && b->next; n++)
		b = b->next;
	ok(b && n == 0, "after removals, the last one taken out among them, a new one is the last");
	presence_reset(p, 9);
	presence_destroy(p);
}

int main(void)
{
	t_story();
	t_ill_formed();
	t_roster();
	t_groups();
	t_whole_roster();
	t_requests();
	t_protocol();
	t_resources_bounded();
	t_many();
	return tap_done();
}
