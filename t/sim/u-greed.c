/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One device takes all it can, and another one must still be served, in the simulator's
 * world (stage.h). The first opens in-band paths, one a millisecond, and sends nothing on
 * any of them. STAGE_TRACE=1 in the environment prints the minutes of a scenario that fails.
 */
#include "stage.h"

#include "log.h"
#include "tap.h"

enum { ALICE, CAROL, EVE };

/* Alice, and two buddies of hers; Eve is hostile. */
static struct world *open_with_eve(bool trusted)
{
	struct world *w = stage_open(3, 2);

	make_puppet(w, EVE);
	w->brokers[ALICE].trusts[EVE] = trusted;
	w->brokers[CAROL].trusts[EVE] = trusted;
	broker_configure(&w->brokers[ALICE]);
	broker_configure(&w->brokers[CAROL]);
	return w;
}

/* Floods for ms, or until the helper has ended. */
static void flood(struct world *w, unsigned ms, const struct ending *e)
{
	for (; ms && !(e && e->over); ms--) {
		path_open_raw(&w->brokers[EVE], &w->brokers[ALICE], true);
		play(w, 1);
	}
}

static bool served(struct world *w, struct helper *h, struct ending *e)
{
	need(h);
	flood(w, SERVED, e);
	return e->over && e->success;
}

static void first_link(bool trusted)
{
	struct world *w = open_with_eve(trusted);
	struct ending e;

	flood(w, 5000, NULL);
	need(w->brokers[ALICE].ibb_paths.used >= INBANDS_MAX / 8);
	need(served(w, fetch(w, CAROL, ALICE, &e), &e));
	stage_close(w);
}

static void a_stranger_floods(void)
{
	first_link(false);
}

static void a_buddy_floods(void)
{
	first_link(true);
}

static void who_is_flooded_opens(void)
{
	struct world *w = open_with_eve(true);
	struct ending e;

	flood(w, 5000, NULL);
	need(served(w, fetch(w, ALICE, CAROL, &e), &e));
	stage_close(w);
}

static void a_link_waits_for_a_path(void)
{
	struct world *w = open_with_eve(true);
	struct ending e;

	push_big(w, CAROL, ALICE, &e);
	flood(w, 3000, NULL);
	for (unsigned i = 0; i < 3; i++) {
		push_big(w, CAROL, ALICE, &e);
		lose_path(w, CAROL, ALICE, false);
		flood(w, SERVED, &e);
		need(e.over && e.success);
	}
	stage_close(w);
}

/* The path of the link between the two, seen from Alice; NULL if there is none. */
static const struct path *path_with_eve(struct world *w)
{
	const struct peer *p = peer_with(&w->brokers[ALICE], &w->brokers[EVE]);

	return p && p->link.state == LINK_UP ? p->path : NULL;
}

/* The flooder has a link of its own with Alice. */
static void a_device_of_the_flooder_itself(void)
{
	struct world *w = open_with_eve(true);
	const struct path *path;
	struct ending e;

	fetch(w, ALICE, EVE, &e);
	play(w, 2000);
	path = path_with_eve(w);
	need(path);
	flood(w, 5000, NULL);
	need(w->brokers[ALICE].ibb_paths.used >= INBANDS_MAX / 8);
	need(path_with_eve(w) == path);
	stage_close(w);
}

int main(void)
{
	static const struct { void (*scenario)(void); const char *what; } rows[] = {
		{ a_stranger_floods,
		  "a stranger opens all it can: another one's first fetch is served" },
		{ a_buddy_floods, "a buddy does: the same" },
		{ who_is_flooded_opens, "what we open ourselves finds a place as well" },
		{ a_link_waits_for_a_path, "a link that lost its path finds another one" },
		{ a_device_of_the_flooder_itself,
		  "the link that the flooder has itself is none the worse" },
	};

	world_silence();
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *wrong = perform(rows[i].scenario);

		if (!ok(!wrong, "%s", rows[i].what))
			printf("# %s\n", wrong);
	}
	return tap_done();
}
