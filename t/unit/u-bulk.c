/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bulk.h"

#include "tap.h"

/* A connection whose queue is as long as the test says. */
static size_t unsent;
static bool fits = true;
static unsigned told;

size_t strophe_loop_unsent(const struct strophe_loop *l)
{
	return unsent;
}

bool stream_path_fits(const struct stream *e)
{
	return fits;
}

static struct bulk bulk;

/* More than one owner waits: the second is told to wait while the first hands over. */
static void on_bulk(void *owner)
{
	told++;
	unsent = SIZE_MAX;
	bulk_ready(&bulk, 1000);
}

static const struct account_events events = { .bulk = on_bulk };

int main(void)
{
	struct stream stanzas = { .events = &events };

	bulk_init(&bulk, &stanzas);
	ok(!bulk_ready(&bulk, 0), "offline there is no room");
	is_int(bulk_deadline(&bulk), UINT64_MAX, "and none to wait for");
	bulk_allow(&bulk, true);
	ok(bulk_ready(&bulk, 0), "online there is");
	is_int(bulk_deadline(&bulk), UINT64_MAX, "and nobody waits");

	unsent = SIZE_MAX;
	ok(!bulk_ready(&bulk, 100), "a long queue has none");
	is_int(bulk_deadline(&bulk), 150, "and is looked at again");
	ok(!bulk_ready(&bulk, 120), "whoever asks meanwhile");
	is_int(bulk_deadline(&bulk), 150, "puts that off by nothing");
	bulk_check(&bulk, 150);
	is_int(bulk_deadline(&bulk), 200, "nor does one look");
	unsent = 0;
	bulk_check(&bulk, 170);
	is_int(told, 1, "when it is short, even before that, the owner is told");
	is_int(bulk_deadline(&bulk), 1050, "who may wait again at once");

	unsent = 0;
	fits = false;
	bulk_check(&bulk, 1050);
	is_int(told, 1, "without a place for the answer there is no room either");
	stanzas.events = NULL;
	fits = true;
	bulk_check(&bulk, 1100);
	is_int(bulk_deadline(&bulk), UINT64_MAX, "an account that is leaving tells nobody");
	is_int(told, 1, "nothing");

	stanzas.events = &events;
	fits = false;
	bulk_ready(&bulk, 2000);
	bulk_allow(&bulk, false);
	fits = true;
	bulk_allow(&bulk, true);
	bulk_check(&bulk, 3000);
	is_int(told, 1, "who waited when the connection was lost is not told: the state says it");
	return tap_done();
}
