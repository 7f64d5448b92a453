/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "services.h"

#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

enum { RUNS = 256 };

static struct services services;
static struct service_run runs[RUNS];
static unsigned begun;
static struct service_run *victim;

static void begin(void)
{
	services_init(&services);
	memset(runs, 0, sizeof(runs));
	begun = 0;
}

static void end(void)
{
	for (unsigned i = 0; i < begun; i++)
		services_end(&runs[i]);
	services_finish(&services);
}

static bool start(const char *jid, enum service service, uint64_t now)
{
	bool asked = services_ask(&services, jid, now);
	bool got = services_begin(&services, &runs[begun], jid, "laptop", service, "project", now,
				  &victim);

	if (asked != got)
		ok(false, "what is answered before is so then");
	begun += got;
	return got;
}

/* As many as they get, at most n; nobody may have to make room for them. */
static unsigned grab(const char *jid, enum service service, unsigned n, uint64_t now)
{
	unsigned got = 0;

	while (got < n && start(jid, service, now)) {
		if (victim)
			ok(false, "nobody makes room for who is greedy");
		got++;
	}
	return got;
}

static void test_greedy(void)
{
	begin();
	is_int(grab("eve@example.org", SERVICE_UPLOAD_PACK, RUNS, 0), SERVICES_MAX / 2,
	       "who takes all they can gets half");
	is_int(grab("mallory@example.org", SERVICE_RECEIVE_PACK, RUNS, 0), SERVICES_MAX / 4,
	       "the next one half of the rest");
	ok(start("carol@example.org", SERVICE_UPLOAD_PACK, 0) && !victim, "another one is served");
	ok(start("carol@example.org", SERVICE_RECEIVE_PACK, 0) && !victim, "and again");
	end();
}

static void test_orphans(void)
{
	begin();
	grab("eve@example.org", SERVICE_RECEIVE_PACK, RUNS, 0);
	for (unsigned i = 0; i < begun; i++) {
		if (i % 2)
			services_orphan(&runs[i]);
		else
			services_ending(&runs[i]);
	}
	is_int(grab("eve@example.org", SERVICE_RECEIVE_PACK, 1, 0), 0,
	       "what lost its link, or is ending, holds its place");
	for (unsigned i = 0; i < 3; i++)
		services_end(&runs[i]);
	is_int(grab("eve@example.org", SERVICE_RECEIVE_PACK, RUNS, 0), 3,
	       "until its process has ended");
	services_end(&runs[0]);
	ok(true, "which may be said twice");
	end();
}

/* Every place is taken: half by one, a quarter by the next, and so on. */
static void fill(enum service service)
{
	char jid[32];

	begin();
	for (unsigned i = 0; services.quota.used < SERVICES_MAX; i++) {
		snprintf(jid, sizeof(jid), "g%u@example.org", i);
		grab(jid, service, RUNS, 0);
	}
}

static void test_room(void)
{
	fill(SERVICE_UPLOAD_PACK);
	ok(!start("carol@example.org", SERVICE_UPLOAD_PACK, SERVICE_SILENT - 1),
	   "nothing that was silent for less than a minute makes room");
	services_moved(&runs[0], SERVICE_SILENT);
	ok(!start("g1@example.org", SERVICE_UPLOAD_PACK, SERVICE_SILENT),
	   "nothing makes room for who holds something");
	ok(start("carol@example.org", SERVICE_UPLOAD_PACK, SERVICE_SILENT),
	   "for who holds nothing somebody does");
	ok(victim == &runs[1], "the oldest silent one of whoever holds most, not one with traffic");
	services_ending(victim);
	is_int(services.quota.used, SERVICES_MAX, "its place is taken at once");
	services_end(victim);
	is_int(services.quota.used, SERVICES_MAX, "and not given back a second time");
	services_ending(&runs[2]);
	ok(start("dave@example.org", SERVICE_UPLOAD_ARCHIVE, SERVICE_SILENT) && victim == &runs[3],
	   "one that is ending already does not make room");
	for (unsigned i = 0; i < begun; i++)
		services_moved(&runs[i], SERVICE_SILENT);
	ok(!start("erin@example.org", SERVICE_UPLOAD_PACK, SERVICE_SILENT + 1),
	   "where all have traffic nobody makes room");
	end();

	fill(SERVICE_UPLOAD_ARCHIVE);
	ok(start("carol@example.org", SERVICE_UPLOAD_PACK, SERVICE_SILENT) && victim,
	   "an archive only reads, too");
	end();

	fill(SERVICE_RECEIVE_PACK);
	ok(!start("carol@example.org", SERVICE_UPLOAD_PACK, 100 * SERVICE_SILENT),
	   "a push never makes room");
	services_cut_off(&runs[2], true, true);
	ok(!start("carol@example.org", SERVICE_UPLOAD_PACK, 100 * SERVICE_SILENT),
	   "nor one that lost its path with all it needs");
	services_cut_off(&runs[3], true, false);
	services_cut_off(&runs[3], false, false);
	ok(!start("carol@example.org", SERVICE_UPLOAD_PACK, 100 * SERVICE_SILENT),
	   "nor one that has a path again");
	services_cut_off(&runs[4], true, false);
	ok(!start("carol@example.org", SERVICE_UPLOAD_PACK, SERVICE_SILENT - 1),
	   "nor one that has just lost it");
	ok(start("carol@example.org", SERVICE_UPLOAD_PACK, SERVICE_SILENT) && victim == &runs[4],
	   "one that waits for its path makes room for who has nothing");
	end();
}

static bool held(const char *jid, const char *device, const char *share)
{
	return services_hold_turn(&services, jid, device, share);
}

static void test_turns(void)
{
	begin();
	start("alice@example.org", SERVICE_RECEIVE_PACK, 0);
	start("alice@example.org", SERVICE_UPLOAD_PACK, 0);
	ok(!held("alice@example.org", "laptop", "project"),
	   "a push in a negotiation holds the turn there");
	services_orphan(&runs[0]);
	ok(held("alice@example.org", "laptop", "project"), "one that lost its link holds it here");
	ok(!held("alice@example.org", "phone", "project"), "of its device");
	ok(!held("bob@example.org", "laptop", "project"), "of its account");
	ok(!held("alice@example.org", "laptop", "other"), "and of its share");
	services_end(&runs[0]);
	ok(!held("alice@example.org", "laptop", "project"), "until it has ended");
	services_ending(&runs[1]);
	ok(!held("alice@example.org", "laptop", "project"), "a fetch holds nothing");
	start("alice@example.org", SERVICE_RECEIVE_PACK, 0);
	services_ending(&runs[2]);
	ok(held("alice@example.org", "laptop", "project"), "a push that is cut off holds it, too");
	end();
}

int main(void)
{
	test_greedy();
	test_orphans();
	test_room();
	test_turns();
	return tap_done();
}
