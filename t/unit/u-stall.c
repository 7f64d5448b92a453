/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stall.h"

#include "path-selector.h"
#include "tap.h"

enum { MAX = 600 * 1000, SHORT = PATH_SELECTOR_STEADY - 1 };

static uint64_t now = 1000;

/* Waits for a path of the kind wanted that comes after `gap` and is lost after `life`. */
static void flap(struct stall *s, uint64_t gap, uint64_t life)
{
	now += gap;
	stall_note(s, true, true, now);
	now += life;
	stall_lost(s, now);
	stall_note(s, true, false, now);
}

static void a_wait(void)
{
	struct stall s = { 0 };
	uint64_t begun = now;

	is_int(stall_deadline(&s, MAX), UINT64_MAX, "nothing waits");
	ok(!stall_note(&s, true, false, now), "data waits");
	is_int(stall_deadline(&s, MAX), begun + MAX, "... so long");
	now += MAX - 1;
	stall_note(&s, true, false, now);
	ok(!stall_over(&s, MAX, now) && stall_over(&s, MAX, now + 1), "... and no longer");
	ok(stall_note(&s, true, true, now), "a path has come: the link is woken");
	ok(!stall_note(&s, true, true, now + MAX), "... once");
	ok(!stall_over(&s, MAX, now + MAX), "and where data may go there is no end");
	stall_note(&s, true, false, now);
	stall_note(&s, false, false, now);
	is_int(stall_deadline(&s, MAX), UINT64_MAX, "nor where nothing is open");
}

static void a_path_that_flaps(void)
{
	struct stall s = { 0 };
	uint64_t begun = now;

	stall_note(&s, true, false, now);
	while (now < begun + MAX)
		flap(&s, 20 * 1000, SHORT);
	ok(stall_over(&s, MAX, now), "a path that comes and dies does not make the wait longer");

	s = (struct stall){ 0 };
	stall_note(&s, true, false, now);
	flap(&s, 20 * 1000, SHORT);
	flap(&s, 20 * 1000, SHORT + 1);
	is_int(stall_deadline(&s, MAX), now + MAX, "one that lasted does");
	begun = now;
	now += 20 * 1000;
	stall_note(&s, true, true, now);
	stall_lost(&s, now + SHORT);
	now += 60 * 1000;
	stall_note(&s, true, false, now);
	is_int(stall_deadline(&s, MAX), begun + MAX, "... but not one that lasted and was silent");
	stall_moved(&s);
	is_int(stall_deadline(&s, MAX), begun + MAX, "what comes by another path is nothing");
	stall_note(&s, true, true, now);
	stall_moved(&s);
	stall_lost(&s, now);
	stall_note(&s, true, false, now);
	is_int(stall_deadline(&s, MAX), now + MAX, "what came by it begins the wait anew");
}

/* The kinds that are allowed may change, and the link stays on its path. */
static void a_wish_that_changes(void)
{
	struct stall s = { 0 };

	stall_note(&s, true, false, now);
	now += MAX - 1;
	stall_note(&s, true, true, now);
	now += SHORT + 1;
	stall_note(&s, true, false, now);
	is_int(stall_deadline(&s, MAX), now + MAX, "a wait after a long time is another one");
}

int main(void)
{
	a_wait();
	a_path_that_flaps();
	a_wish_that_changes();
	return tap_done();
}
