/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run is in the list from its start to the end of its process. Its place is in the
 * quota, which picks the oldest place that may make room. Which places may changes with
 * time, so this is set anew before each question.
 */
#include "services.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"

static struct service_run *run_of_place(struct quota_place *place)
{
	return (struct service_run *)((char *)place - offsetof(struct service_run, place));
}

/*
 * Changes the state, and logs the change. All changes but the first and last go through
 * here.
 */
static void enter(struct service_run *run, enum service_state state)
{
	static const char *const names[] = { "attached", "orphan", "ending" };

	log_debug("%s/%s %s '%s': %s -> %s", run->jid, run->device, service_name(run->service),
		  run->share, names[run->state], names[state]);
	run->state = state;
}

void services_init(struct services *s)
{
	quota_init(&s->quota, SERVICES_MAX, false);
	list_init(&s->runs);
}

void services_finish(struct services *s)
{
	assert(list_alone(&s->runs));
	quota_finish(&s->quota);
}

static bool makes_room(const struct service_run *run, uint64_t now)
{
	return run->state == SERVICE_ATTACHED &&
	       (run->service != SERVICE_RECEIVE_PACK || run->cut_off) &&
	       now >= run->moved_at + SERVICE_SILENT;
}

static enum quota_verdict ask(struct services *s, const char *jid, uint64_t now,
			      struct quota_place **victim)
{
	for (struct list *r = s->runs.next; r != &s->runs; r = r->next) {
		struct service_run *run = (struct service_run *)r;

		run->place.unfinished = makes_room(run, now);
	}
	return quota_ask(&s->quota, jid, true, victim);
}

bool services_ask(struct services *s, const char *jid, uint64_t now)
{
	struct quota_place *victim;

	return ask(s, jid, now, &victim) != QUOTA_NO;
}

bool services_begin(struct services *s, struct service_run *run, const char *jid,
		    const char *device, enum service service, const char *share, uint64_t now,
		    struct service_run **victim)
{
	struct quota_place *place;
	enum quota_verdict verdict = ask(s, jid, now, &place);

	*victim = NULL;
	if (verdict == QUOTA_NO)
		return false;
	if (verdict == QUOTA_ROOM) {
		*victim = run_of_place(place);
		quota_leave(place);
	}
	quota_take(&s->quota, &run->place, jid, true);
	run->jid = xstrdup(jid);
	run->device = xstrdup(device);
	run->share = xstrdup(share);
	run->service = service;
	run->state = SERVICE_ATTACHED;
	run->moved_at = now;
	list_init(&run->link);
	list_append(&s->runs, &run->link);
	return true;
}

void services_moved(struct service_run *run, uint64_t now)
{
	run->moved_at = now;
}

void services_cut_off(struct service_run *run, bool cut_off, bool whole)
{
	run->cut_off = cut_off && !whole;
}

void services_orphan(struct service_run *run)
{
	enter(run, SERVICE_ORPHAN);
}

void services_ending(struct service_run *run)
{
	if (run->jid && run->state != SERVICE_ENDING)
		enter(run, SERVICE_ENDING);
}

void services_end(struct service_run *run)
{
	if (!run->jid)
		return;
	quota_leave(&run->place);
	list_remove(&run->link);
	free(run->jid);
	free(run->device);
	free(run->share);
	*run = (struct service_run){ .state = SERVICE_ENDING };
}

bool services_hold_turn(const struct services *s, const char *jid, const char *device,
			const char *share)
{
	for (const struct list *r = s->runs.next; r != &s->runs; r = r->next) {
		const struct service_run *run = (const struct service_run *)r;

		if (run->state != SERVICE_ATTACHED && run->service == SERVICE_RECEIVE_PACK &&
		    !strcmp(run->share, share) && !strcmp(run->device, device) &&
		    !strcmp(run->jid, jid))
			return true;
	}
	return false;
}
